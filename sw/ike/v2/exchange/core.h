// What the exchanges share: the IKE SAs, the ways out, the configuration, the time.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CORE_H_
#define VAM_SW_IKE_V2_EXCHANGE_CORE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/ike/fwd_client.h"
#include "sw/ike/revocation_client.h"
#include "sw/ike/signer_client.h"
#include "sw/ike/timer_heap.h"
#include "sw/ike/v2/exchange/cause.h"
#include "sw/ike/v2/exchange/request.h"
#include "sw/ike/v2/exchange/tickets.h"
#include "sw/ike/v2/policy/policy.h"
#include "sw/ike/v2/sa/address_leases.h"
#include "sw/ike/v2/sa/half_open_table.h"
#include "sw/ike/v2/sa/ike_sa.h"
#include "sw/ike/v2/sa/peer_choice.h"
#include "sw/ike/v2/sa/peer_names.h"

namespace vam::ike::v2 {

// By which message a peer was sent to another gateway (RFC 5685): the answer to its first one or to
// IKE_AUTH, or a request to one that is up.
enum class RedirectPhase : uint8_t { kInit, kAuth, kActive };

// What operators are told. Called in the order in which things happen; nothing of it is kept.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void IkeUp(const IkeSa& /*sa*/) {}
  // `was_up`: it had been authenticated.
  virtual void IkeDown(const IkeSa& /*sa*/, Cause /*cause*/, bool /*was_up*/) {}
  virtual void ChildUp(const IkeSa& /*sa*/, const ChildSa& /*child*/) {}
  virtual void ChildDown(const IkeSa& /*sa*/, const ChildSa& /*child*/, Cause /*cause*/) {}
  // It has other ends than before (RFC 4555), and its children with it.
  virtual void IkeMoved(const IkeSa& /*sa*/) {}
  // An SA as fwd is about to get it, keys too.
  virtual void Installing(const api::SaInstall& /*install*/) {}
  // A request of ours that was not answered goes out again.
  virtual void Retransmitted(const IkeSa& /*sa*/) {}
  // It goes from its state to `next`.
  virtual void StateChange(const IkeSa& /*sa*/, IkeSa::State /*next*/) {}
  // A message on its way, from its header on: `sent`, or as it came, whoever sent it. Empty: what
  // keeps the mapping of a NAT alive.
  virtual void Packet(const Ends& /*ends*/, bool /*sent*/, Bytes /*message*/) {}
  // The peer dropped a packet of this child, which was not what it is for; how it began.
  virtual void WrongSelectors(const IkeSa& /*sa*/, const ChildSa& /*child*/, Bytes /*packet*/) {}
  // A peer is told to go to another gateway.
  virtual void SentOn(const Ends& /*ends*/, RedirectPhase /*phase*/,
                      const net::Address& /*gateway*/) {}
  // A set-up that failed without an IKE SA of its own, or a message that was dropped.
  virtual void Refused(const Ends& /*ends*/, Cause /*cause*/) {}
};

// One thread. References to IKE SAs are good until the end of the turn that ends them (EndTurn).
class Core {
 public:
  struct Parts {
    const Clock& clock;
    Rng& rng;
    FwdClient& fwd;
    SignerClient& signer;
    RevocationClient& revocation;
    Journal& journal;
  };
  explicit Core(const Parts& parts, std::shared_ptr<const Policy> policy)
      : parts_(parts), policy_(std::move(policy)), tickets_(parts.clock, parts.rng) {
    leases_.SetPools(policy_->pools());
  }

  uint64_t now_ns() const { return parts_.clock.MonotonicNs(); }
  // Since 1970-01-01 UTC: what certificates go by.
  int64_t now_s() const { return static_cast<int64_t>(parts_.clock.WallNs() / kNsPerSecond); }
  Rng& rng() { return parts_.rng; }
  FwdClient& fwd() { return parts_.fwd; }
  SignerClient& signer() { return parts_.signer; }
  RevocationClient& revocation() { return parts_.revocation; }
  Journal& journal() { return parts_.journal; }
  const Policy& policy() const { return *policy_; }
  void SetPolicy(std::shared_ptr<const Policy> policy) {
    policy_ = std::move(policy);
    leases_.SetPools(policy_->pools());
  }
  CauseCounters& causes() { return causes_; }
  const CauseCounters& causes() const { return causes_; }

  // A new one, with an SPI that was never used here.
  IkeSa& Create(const Ends& ends, bool initiator);
  // Null: there is none, or it has gone.
  IkeSa* Find(uint64_t spi);
  const std::unordered_map<uint64_t, std::unique_ptr<IkeSa>>& sas() const { return sas_; }
  // Those that peers began and have not proved.
  size_t half_open() const { return half_open_.size(); }
  const HalfOpenTable& half_open_table() const { return half_open_; }
  // Which peers answer.
  PeerChoice& peers() { return peers_; }
  // What their names stand for.
  PeerNames& names() { return names_; }
  const PeerNames& names() const { return names_; }
  // Which peers have which addresses.
  AddressLeases& leases() { return leases_; }
  const AddressLeases& leases() const { return leases_; }
  // Of session resumption.
  Tickets& tickets() { return tickets_; }
  const Tickets& tickets() const { return tickets_; }
  // As initiator, and not authenticated yet.
  size_t calls() const { return calls_; }
  // Tells a new fwd of all IKE SAs: it sorts what comes in by them.
  void TellSpis();
  // Messages and requests that fwd did not take.
  uint64_t unsent() const { return parts_.fwd.unsent(); }

  // Requests of ours go out in their order, at the end of the turn at the earliest.
  void Begin(IkeSa& sa, std::unique_ptr<Request> request);
  // The answer to the peer's request `id`. Encrypted but for the first.
  void Answer(IkeSa& sa, ExchangeType type, uint32_t id, MessageBuilder& message);
  // The same with one notify and nothing else.
  void AnswerWith(IkeSa& sa, const Header& request, NotifyType type, Bytes data = {});
  // One message that is not kept: an error in clear, an answer without an IKE SA.
  void SendClear(const Ends& ends, Bytes message);
  // The answer of the peer to a request of ours: out of `sent`, or null.
  std::unique_ptr<Request> TakeSent(IkeSa& sa, uint32_t id);

  // The state changes; half-open ones are counted here.
  void SetState(IkeSa& sa, IkeSa::State state);
  // It goes at once, without a message: children are deleted in fwd, requests are lost.
  void End(IkeSa& sa, Cause cause);
  // The child goes at once, without a message.
  void EndChild(IkeSa& sa, ChildSa& child, Cause cause);
  // Of a peer that proved this identity, whatever their state.
  void NotePeer(const IkeSa& sa);
  std::vector<IkeSa*> OfPeer(const Identity& identity);
  // How many are with an address, and which of those that were set up with it have a profile of
  // this name. Thousands may be with one address: a test, a NAT.
  size_t CountWith(const net::Address& remote) const;
  std::vector<IkeSa*> With(const net::Address& remote, std::string_view profile);
  // The only way to change it.
  void SetProfile(IkeSa& sa, std::shared_ptr<const Profile> profile);
  // The peer is somewhere else from now on, behind a NAT or by MOBIKE, or we are: packets go
  // there. With MOBIKE the configuration knows it as before (IkeSa::home).
  void Move(IkeSa& sa, const Ends& ends);

  // fwd's ids, so that its events find their child.
  void NoteSas(const IkeSa& sa, const ChildSa& child);
  // They have gone with fwd: a new one gives the same numbers to others.
  void ForgetFwdSas();
  struct ChildRef {
    IkeSa* sa = nullptr;
    ChildSa* child = nullptr;
  };
  // Nulls: none of ours.
  ChildRef FindChild(uint64_t fwd_sa);

  void Drop(const Ends& ends, Cause cause);
  // To be looked at before the turn ends: a request has what it waited for, or a time is new.
  void Touch(IkeSa& sa);

  // Ends the turn: sends what is ready, sets times, removes what has gone.
  void EndTurn();
  // What is due of SAs, at most of so many: retransmissions, expiry. The exchanges' own times come
  // by `on_due`.
  void OnTime(size_t most, const std::function<void(IkeSa&)>& on_due);
  uint64_t next_ns() const {
    return std::min({timers_.next_ns(), parts_.signer.next_ns(), parts_.revocation.next_ns(),
                     tickets_.next_ns()});
  }

 private:
  static constexpr size_t kMaxTurns = 8;

  template <typename Range>
  std::vector<IkeSa*> Present(const Range& range) {
    std::vector<IkeSa*> out;
    for (auto it = range.first; it != range.second; ++it) {
      if (IkeSa* sa = Find(it->second)) out.push_back(sa);
    }
    return out;
  }
  void Forget(uint64_t spi);
  void CountLess(const net::Address& remote);
  void TellSpi(const IkeSa& sa);
  static Header HeaderOf(const IkeSa& sa, ExchangeType type, uint32_t id);
  void SendWaiting(IkeSa& sa);
  void SendRequest(IkeSa& sa, std::unique_ptr<Request> request);
  Result<Packets> Seal(IkeSa& sa, Header header, MessageBuilder& message);
  void Transmit(const Ends& ends, const Packets& packets);
  void Retransmit(IkeSa& sa);
  void GiveUp(IkeSa& sa, uint32_t id);
  uint64_t DueOf(const IkeSa& sa) const;

  Parts parts_;
  std::shared_ptr<const Policy> policy_;
  CauseCounters causes_;
  AddressLeases leases_;  // before the IKE SAs, which hold some
  std::unordered_map<uint64_t, std::unique_ptr<IkeSa>> sas_;
  std::unordered_map<uint64_t, uint64_t> by_fwd_sa_;   // its IKE SA
  std::unordered_multimap<size_t, uint64_t> by_peer_;  // HashOf the identity
  std::unordered_map<net::Address, size_t, net::AddressHash> count_with_;
  std::unordered_multimap<size_t, uint64_t> by_meeting_;  // MeetingOf
  TimerHeap timers_;
  std::vector<uint64_t> touched_;
  std::vector<uint64_t> gone_;
  PeerChoice peers_;
  PeerNames names_;
  Tickets tickets_;
  HalfOpenTable half_open_;
  size_t calls_ = 0;
  uint64_t last_number_ = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CORE_H_
