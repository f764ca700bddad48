// The IKEv2 state machine: messages and time in, messages out (docs/adr/0012-ikev2-core.md).
#ifndef VAM_SW_IKE_V2_MACHINE_H_
#define VAM_SW_IKE_V2_MACHINE_H_

#include <memory>
#include <string_view>

#include "sw/api/fast.h"
#include "sw/ike/cookie.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/exchange/packet_fault.h"
#include "sw/ike/v2/exchange/sa_init.h"

namespace vam::ike::v2 {

// One thread. Nothing here waits, and nothing that a peer sends can stop it.
class Machine {
 public:
  // All of `parts` must outlive it.
  Machine(const Core::Parts& parts, std::shared_ptr<const Policy> policy);

  // A new configuration. IKE SAs whose profile is gone, and children whose entry is, are deleted.
  void SetPolicy(std::shared_ptr<const Policy> policy);

  // A message of fwd: packets, acquires, events, answers. False: none that IKE takes, or malformed.
  bool Receive(api::MessageType type, uint32_t request, Bytes payload);
  // fwd was restarted: every SA has gone with it (design.md section 7, crash rules).
  void LoseFwd();
  // A new fwd is there: it is told of the IKE SAs that go on, or are being deleted.
  void MeetFwd() {
    core_.TellSpis();
    told_turns_ = 0;
  }
  // Does what is due, or a part of it: next_ns() is then past. Call it at next_ns() at the latest.
  void Poll();
  uint64_t next_ns() const { return core_.next_ns(); }

  Core& core() { return core_; }
  const Core& core() const { return core_; }

 private:
  void OnPacket(const Ends& ends, Bytes message);
  void OnClear(const Ends& ends, const Header& header, Bytes message, const Chain& chain);
  void OnProtected(const Ends& ends, IkeSa& sa, const Header& header, Bytes message,
                   const EncryptedPart& part);
  void OnRequest(const Ends& ends, IkeSa& sa, const Incoming& request);
  void OnAnswer(IkeSa& sa, const Incoming& answer);
  void OnAcquire(const api::Acquire& acquire);
  void OnEvent(const api::Event& event);
  void OnMoved(IkeSa& sa, ChildSa& child, const api::FastEndpoints& to);
  void OnDue(IkeSa& sa);
  IkeSa* FindFor(const Header& header);
  PeerNames::Peer PeerFor(const ChildConfig& config, const net::Address& named);
  IkeSa* FindIkeSa(const ChildConfig& config, const net::Address& peer);
  IkeSa& CallOn(const ChildConfig& config, const PeerNames::Peer& peer, uint32_t interface);
  bool TooManyCalls() const;
  void EndTurn();

  Core core_;
  CookieMaker cookies_;
  SaInitResponder init_;
  FaultNotices faults_;
  uint64_t told_turns_ = 0;  // of the cookies' keys, when fwd was told of them
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_MACHINE_H_
