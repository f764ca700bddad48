// The SAs that IKE negotiates: SPIs, installation, bundles, lifetimes, removal (design.md, section
// 7). The messages that carry all this are in ike_link.h.
#ifndef VAM_SW_FWD_IKE_SAS_H_
#define VAM_SW_FWD_IKE_SAS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/fwd/compile.h"
#include "sw/fwd/engine_path.h"
#include "sw/fwd/sa_manager.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/temporary_entries.h"
#include "sw/offload/broker.h"

namespace vam::fwd {

// An SA to be installed, as IKE agreed on it.
struct IkeSaRequest {
  ipsec::SaParams params;  // inbound: with the id and the SPI of the reservation; outbound: id 0
  // Ports of ESP in UDP, ours and the peer's; 0: plain. Engines see neither (udp_encap.h).
  uint16_t udp_local = 0, udp_remote = 0;
  uint64_t policy = 0;    // SaSet::id
  uint64_t replaces = 0;  // 0: none
  uint64_t ike_sa = 0;
  uint8_t bundle_index = 0;  // 0: innermost
  uint8_t bundle_size = 1;
  uint64_t soft_ns = 0, hard_ns = 0, idle_ns = 0;  // 0: none
  uint64_t silence_ns = 0;                         // outbound; 0: none
  std::shared_ptr<const SessionPeer> peer;         // outbound
};

// The soft limits where IKE gave only hard ones: 30 s and 256 KB before (IOS-55), or half way of
// what is too short for that.
void SetRekeyPoint(IkeSaRequest& request);

// Belongs to the worker. An SA is larval (its SPI is reserved), being installed, waiting for the
// rest of its bundle, live, or draining.
class IkeSas {
 public:
  static constexpr size_t kMaxLarval = 4096;
  static constexpr uint64_t kMaxLarvalNs = 120 * kNsPerSecond;
  static constexpr uint64_t kAssemblyNs = 30 * kNsPerSecond;     // for all SAs of a bundle to come
  static constexpr uint64_t kHostSetIdleNs = 60 * kNsPerSecond;  // without SAs, then it goes
  // Without ever an SA, then a temporary entry goes.
  static constexpr uint64_t kTemporaryIdleNs = 60 * kNsPerSecond;
  static constexpr uint64_t kDrainNs = 10 * kNsPerSecond;
  // An outbound SA without ESN tells when so many numbers are left.
  static constexpr uint64_t kNumbersLeft = uint64_t{1} << 26;

  // All must outlive this.
  struct Parts {
    offload::Broker& broker;
    EnginePath& path;
    SaSets& sets;
    const SaManager& manual;
    SaIds& ids;
    ipsec::TemporaryPolicy& temporaries;
    const Clock& clock;
    Rng& rng;
    const net::NameTable& names;  // of peers
  };
  explicit IkeSas(const Parts& parts) : parts_(parts), temporaries_(parts.temporaries) {}

  // What a committed generation makes of one entry; `next` null: it is gone, or manual now. Sets
  // follow their lines; those whose line is gone are detached at once and closed by Continue, as
  // are temporary entries that their template would not take any more. Returns the entry that it
  // had, for the caller to free.
  EntryPtr Replace(uint32_t id, const EntryPtr& next);
  // Up to `most` steps of what Replace has left to do. True when nothing is left.
  bool Continue(size_t most);
  // Whether SAs of this set are being made: their SPIs are reserved, or engines are asked.
  bool Negotiates(uint64_t policy) const;
  // nullptr: not a negotiated entry, configured or temporary.
  const CompiledEntry* entry(uint32_t id) const;
  const TemporaryEntries& temporaries() const { return temporaries_; }
  const net::NameTable& names() const { return parts_.names; }

  // The set for what a peer proposed; where the entry is a dynamic map, of a temporary entry that
  // is made for it. kNotFound: no such entry or permit line. kInvalidArgument: the entry is manual,
  // or wants a pair of hosts, or a line or peer is named that the kind of entry has not.
  // kExhausted: no place. Others: see Accept and TemporaryEntries::Open.
  struct Proposal {
    std::string map;
    uint32_t sequence = 0;
    uint32_t line = 0;
    uint16_t interface = kAnyInterface;
    net::Address source, destination;  // as packets go out; of one host each, or none
    // Of a dynamic map: its entry, 0 for the first that takes the proposal; who proposes; what, or
    // nothing when it is no prefix.
    uint32_t dynamic_sequence = 0;
    net::Address peer;
    std::optional<ipsec::Selectors> selectors;
  };
  struct Opened {
    uint64_t policy = 0;            // SaSet::id
    uint32_t dynamic_sequence = 0;  // of the dynamic map's entry that took it; 0: of another kind
  };
  Result<Opened> Open(const Proposal& proposal);

  struct Reservation {
    uint64_t sa_id = 0;
    uint32_t spi = 0;
  };
  // Larval SAs. kNotFound: no such set. kInvalidArgument: a number out of range. kExhausted: too
  // many are larval.
  Result<std::vector<Reservation>> Reserve(uint64_t policy, const net::Address& local,
                                           uint16_t vrf_tag, ipsec::Protocol protocol, size_t count,
                                           uint64_t lifetime_ns);

  // Begins to install; `token` comes back in Installed. An error: nothing was begun.
  Result<uint64_t> Install(IkeSaRequest request, uint32_t token);
  struct Installed {
    uint32_t token = 0;
    uint64_t sa_id = 0;
    Status status;
  };
  std::vector<Installed> TakeInstalled() { return std::exchange(installed_, {}); }

  // Removes an SA and the others of its bundle; with `drain` an inbound one goes on for kDrainNs.
  // kNotFound; kInvalidArgument: an outbound SA does not drain.
  Status Delete(uint64_t sa_id, bool drain);

  // An SA goes on between other ends, with its keys, numbers and window (RFC 4555). kUnavailable:
  // it does not carry packets. kUnsupported: its engine's header cannot be told over: not ESP in
  // tunnel mode, one of a bundle of several, or the other family. kInvalidArgument: no such ends.
  // kExists: an inbound SA has the new address and its SPI.
  struct Ends {
    net::Address local, remote;
    uint16_t udp_local = 0, udp_remote = 0;  // 0: plain
    uint16_t vrf_tag = 0;
  };
  Status Move(uint64_t sa_id, const Ends& ends);

  struct Notice {
    uint64_t sa_id = 0;
    api::EventKind kind = api::EventKind::kHardExpired;
    uint64_t value = 0;              // bytes, packets or number, as the kind says
    api::FastEndpoints endpoints{};  // kEndpointChanged
  };
  std::vector<Notice> TakeNotices() { return std::exchange(notices_, {}); }

  // Removes what `which` accepts, with a notice each; returns how many (SY-64).
  struct Sa;
  size_t Clear(const std::function<bool(const Sa&)>& which);

  // The IKE role has gone: its SAs carry packets until their time is over, or until a new role
  // installs others for their set (design.md, section 7).
  void Orphan();

  // What happened to an SA; false when it is none of these.
  bool OnEvent(const offload::Broker::Event& event);
  // The broker placed, moved or forgot an SA, whosever it is.
  void OnPlacement(uint64_t sa_id);
  // Every turn: time passes, engines answer.
  void Poll();

  enum class State : uint8_t { kLarval, kInstalling, kWaiting, kLive, kDraining };
  struct Sa {
    State state = State::kLarval;
    // Null when its bundle has them: see SettingsOf.
    std::unique_ptr<const ipsec::SaSettings> settings;
    uint64_t policy = 0;
    uint64_t ike_sa = 0;
    uint64_t replaces = 0;
    uint32_t token = 0;
    uint8_t bundle_index = 0, bundle_size = 1;
    std::shared_ptr<const SessionPeer> peer;  // outbound, until its set has it
    bool in_udp = false;
    bool orphan = false;                                   // negotiated by a role that has gone
    BundleRef bundle;                                      // when live or draining
    uint64_t since_ns = 0;                                 // of the state
    uint64_t soft_at_ns = 0, hard_at_ns = 0, ends_ns = 0;  // 0: never; ends: of larval and so on
    uint64_t idle_ns = 0, idle_at_ns = 0, idle_packets = 0;
    uint64_t silence_ns = 0, silence_at_ns = 0;
    uint64_t heard_ns = 0;                         // when it was last seen that packets had come in
    uint64_t heard_packets = 0, sent_packets = 0;  // as of then, or as told last
    uint64_t watched_ns = 0;                       // when its next timer comes
  };
  const std::map<uint64_t, Sa>& sas() const { return sas_; }
  // Of one of `sas`; valid until it changes its state.
  const ipsec::SaSettings& SettingsOf(const Sa& sa) const;

  // How SAs ended, since the start.
  struct Totals {
    uint64_t installed = 0;
    uint64_t refused = 0;
    uint64_t deleted = 0;
    uint64_t expired_time = 0;
    uint64_t expired_volume = 0;  // bytes or packets
    uint64_t never_used = 0;      // larval or in parts for too long
    uint64_t lost = 0;            // with a card
    uint64_t cleared = 0;
    uint64_t orphaned = 0;  // lost their IKE role
  };
  const Totals& totals() const { return totals_; }

 private:
  using SpiKey = std::tuple<net::Address, uint16_t, uint8_t, uint32_t>;
  // Policy, IKE SA, direction; of an SA that is alone its id too, for rekeys of both sides may
  // install two at once.
  using AssemblyKey = std::tuple<uint64_t, uint64_t, uint8_t, uint64_t>;
  using Assembly = std::array<uint64_t, kMaxBundle>;  // SA ids; 0: not there
  struct Timer {
    uint64_t due_ns;
    uint64_t sa_id;
    bool operator>(const Timer& other) const { return due_ns > other.due_ns; }
  };

  static SpiKey KeyOf(const ipsec::SaSettings& sa);
  // By what its engine knows it.
  SpiKey InstalledKeyOf(const Sa& sa) const;
  // Requires: a live SA.
  const PathSa& PathOf(const Sa& sa) const {
    return parts_.sets.Get(sa.bundle)->sas[sa.bundle_index];
  }
  AssemblyKey AssemblyOf(const Sa& sa) const;
  Result<uint32_t> FreeSpi(const ipsec::SaSettings& sa);
  Status Check(const IkeSaRequest& request) const;
  Status CheckInbound(const IkeSaRequest& request) const;
  static Status CheckUdp(const IkeSaRequest& request);
  void TellMoved();
  Status CheckPlace(const IkeSaRequest& request) const;
  uint64_t Register(IkeSaRequest& request, uint32_t token);
  void OnEngine(uint64_t sa_id);
  void Assemble(const AssemblyKey& key);
  void MoveSets(const CompiledEntry& old, const CompiledEntry* next);
  void SetName(const CompiledEntry& entry, bool stands);
  void CloseSet(uint32_t set, api::EventKind why);
  void EndLarval(uint64_t policy);
  Result<Opened> OpenTemporary(const Proposal& proposal, const std::vector<uint32_t>& templates);
  Result<uint32_t> MakeTemporary(const CompiledEntry& from, const DynamicProposal& accepted,
                                 uint16_t interface);
  void CloseTemporary(uint32_t id, api::EventKind why);
  void KeepTemporaries(const CompiledEntry& old, const CompiledEntry* next);
  size_t ReviewTemporaries(size_t most);
  bool HasSas(uint64_t policy) const;
  bool TemporaryHasSas(uint32_t id) const;
  void EndTemporaries();
  void Watch(uint64_t sa_id, Sa& sa);
  void OnTimer(const Timer& timer);
  void SweepHostSets();
  void CheckIdle(uint64_t sa_id, Sa& sa, uint64_t now_ns);
  void CheckSilence(uint64_t sa_id, Sa& sa, uint64_t now_ns);
  struct Traffic {
    uint64_t out = 0, in = 0;  // packets
  };
  Traffic TrafficOf(const Sa& sa) const;
  uint64_t PacketsOf(const Sa& sa) const;
  // Packets per second of an SA in all its life, which the broker places by; none of the id: not
  // known.
  float RateOf(uint64_t sa_id) const;
  std::vector<uint64_t> BundleOf(uint64_t sa_id) const;
  // The whole bundle of the SA. `why`: for a notice each; null: none.
  void Remove(uint64_t sa_id, const api::EventKind* why, uint64_t value);
  // What is needed of an SA whose bundle has gone.
  struct Leaving {
    uint64_t sa_id = 0;
    ipsec::SaSettings settings;
    SpiKey installed;
  };
  void Erase(const Leaving& leaving);
  void DropLost();
  void EndOrphans(uint64_t policy);

  Parts parts_;
  std::map<uint32_t, EntryPtr> entries_;  // negotiated ones and templates, by id
  // Their ids by map and sequence, templates in the order of the dynamic map.
  std::map<std::pair<std::string, uint32_t>, std::vector<uint32_t>> by_name_;
  std::deque<uint64_t> doomed_;  // policies without a line, still to be closed
  // Templates that are others now: from which of its entries on they must be looked at.
  struct Review {
    uint32_t template_id = 0;
    bool all_go = false;
    uint32_t from = 0;
  };
  std::deque<Review> reviews_;
  TemporaryEntries temporaries_;
  std::deque<std::pair<uint64_t, uint32_t>> unused_;  // {when to look, id}: have had no SA yet
  std::vector<uint64_t> emptied_;                     // policies whose last SA went
  std::map<uint64_t, Sa> sas_;
  std::set<std::pair<uint64_t, uint64_t>> by_policy_;  // {policy, id} of each
  std::set<SpiKey> spis_;                              // of all inbound SAs here, until scrubbed
  std::unordered_map<uint64_t, SpiKey> leaving_;       // an engine still scrubs them
  std::map<AssemblyKey, Assembly> assemblies_;
  std::vector<uint64_t> installing_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Installed> installed_;
  std::vector<Notice> notices_;
  size_t larval_ = 0;
  std::unordered_map<uint64_t, size_t> larval_of_;  // by policy
  uint64_t next_sweep_ns_ = 0;
  uint64_t seen_epoch_ = UINT64_MAX;
  bool card_failed_ = false;
  Totals totals_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_IKE_SAS_H_
