// The messages between fwd and an IKE role (sw/api/fast.h): decoded, checked field by field,
// carried out by IkeSas and Forwarder, answered.
#ifndef VAM_SW_FWD_IKE_LINK_H_
#define VAM_SW_FWD_IKE_LINK_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "sw/api/fast_address.h"
#include "sw/api/message.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/fwd/engine_path.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/ike_sas.h"

namespace vam::fwd {

// Pure: bytes of a message to what it asks for, and back. Each refuses what it does not understand
// by an error that names the field: reserved ones that are not 0, numbers outside of their enum,
// addresses with an odd family, ranges that are upside down or, for an engine, no prefix.
using api::FromFast;
using api::ToFast;
Result<ipsec::Selectors> FromFast(const api::FastSelector& selector);
Result<IkeSaRequest> FromFast(const api::SaInstall& message);
Result<IkeSas::Proposal> FromFast(const api::PolicyOpen& message);
// A whole kIkePacket; the message stays where it is.
Result<OwnIke> IkeFromFast(Bytes payload);
// The selector of one packet, and of a line for packets of that family: a wildcard with holes is
// given as the range around it, for the policy line is checked for every packet anyway.
api::FastSelector ToFast(const ipsec::Flow& flow);
api::FastSelector ToFast(const ipsec::PolicyLine& line, bool v6);
// 0: no error; else the code and 1.
uint32_t ErrorField(const Status& status);

// Belongs to the worker.
class IkeLink {
 public:
  static constexpr size_t kMaxOutgoing = 65'536;  // messages that wait to be sent

  // All must outlive the link.
  IkeLink(IkeSas& sas, EnginePath& path, Forwarder& forwarder, PacketFaults& faults)
      : sas_(sas), path_(path), forwarder_(forwarder), faults_(faults) {}

  // A message of the IKE role. False: not one that fwd takes.
  bool Receive(api::MessageType type, uint32_t request, Bytes payload);

  struct Outgoing {
    api::MessageType type{};
    uint32_t request = 0;
    std::vector<uint8_t> payload;
  };
  // Answers, acquires, events and faults, in the order in which they came about; up to `most` of
  // them. Packets for the role are in Forwarder::ike_queues().
  std::vector<Outgoing> Take(size_t most = SIZE_MAX);
  // Another role, or none, is at the other end: what waits was for the one before.
  void Forget();
  // Events and acquires that were not kept because nobody took them.
  uint64_t dropped() const { return dropped_; }

 private:
  void OnReserve(uint32_t request, Bytes payload);
  void OnInstall(uint32_t request, Bytes payload);
  void OnDelete(uint32_t request, Bytes payload);
  void OnMove(uint32_t request, Bytes payload);
  void OnOpen(uint32_t request, Bytes payload);
  void OnPacket(Bytes payload);
  void OnSpi(Bytes payload);
  void OnCookieKeys(Bytes payload);
  void Collect();
  void SendAcquire(const EnginePath::AcquireWanted& wanted);
  template <typename T>
  void Send(api::MessageType type, uint32_t request, const T& message);

  IkeSas& sas_;
  EnginePath& path_;
  Forwarder& forwarder_;
  PacketFaults& faults_;
  std::deque<Outgoing> outgoing_;
  uint64_t dropped_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_IKE_LINK_H_
