// CryptoPath over engines: SA sets have bundles of SAs, SAs have placements, packets become jobs,
// one for each SA of their bundle.
#ifndef VAM_SW_FWD_ENGINE_PATH_H_
#define VAM_SW_FWD_ENGINE_PATH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/fwd/counters.h"
#include "sw/fwd/crypto_path.h"
#include "sw/fwd/debug_log.h"
#include "sw/fwd/event_log.h"
#include "sw/fwd/packet_faults.h"
#include "sw/fwd/pending.h"
#include "sw/fwd/sa_sets.h"
#include "sw/ipsec/engine.h"
#include "sw/net/ports.h"
#include "sw/offload/broker.h"

struct rte_mempool;

namespace vam::fwd {

// Packets through one engine, for `show crypto engine`.
struct EngineCounters {
  Counter packets_out, packets_in;
  Counter bytes_out, bytes_in;  // inner
  std::array<Counter, 256> drops;
};

// Belongs to the worker.
class EnginePath final : public CryptoPath {
 public:
  static constexpr size_t kMaxFlights = 1024;                   // packets with engines
  static constexpr uint64_t kAcquireIntervalNs = kNsPerSecond;  // of one SA set
  static constexpr unsigned kAcquiresPerSecond = 5000;          // in all
  static constexpr uint64_t kMovedIntervalNs = kNsPerSecond;    // of one SA
  static constexpr PendingPackets::Limits kEarly{64, 131'072, 512, kNsPerSecond};

  // All must outlive the path.
  EnginePath(offload::Broker& broker, SaSets& sets, rte_mempool* pool, const Clock& clock);
  ~EnginePath() override;
  EnginePath(const EnginePath&) = delete;
  EnginePath& operator=(const EnginePath&) = delete;

  // Where debug records go; must outlive the path.
  void set_debug(DebugLog* debug) { debug_ = debug; }
  // Where system messages go; must outlive the path.
  void set_events(EventLog* events) { events_ = events; }
  // Where packets go of which IKE may tell their sender; must outlive the path.
  void set_faults(PacketFaults* faults) { faults_ = faults; }

  uint32_t Select(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                  const ipsec::Flow& flow) override;
  Reason Encapsulate(rte_mbuf* packet) override;
  Reason Hold(rte_mbuf* packet, const ipsec::PolicyMatch& match, const ipsec::Flow& flow) override;
  uint32_t ArrivalEntry(const rte_mbuf* packet) const override;
  Reason Decapsulate(rte_mbuf* packet) override;
  void Flush() override;
  size_t Poll(std::span<Done> done) override;
  size_t EncapsulatedBytes(uint32_t set, size_t inner_bytes, size_t header_bytes) const override;
  size_t PlaintextMtu(uint32_t set, size_t path_mtu, size_t header_bytes) const override;
  bool LooksAtPorts(uint32_t set) const override;
  size_t InFlight() const override { return in_flight_ + Pending() + early_ended_.size(); }
  // Part of InFlight that only time or IKE can move.
  size_t Pending() const { return pending_.size() + early_.size(); }

  // Ids of inbound SAs that need more numbers, each once per block.
  std::vector<uint64_t> TakeShortOfNumbers() { return std::exchange(short_of_numbers_, {}); }
  // Inbound bundles whose first packet has come.
  std::vector<BundleRef> TakeFirstInbound() { return std::exchange(first_inbound_, {}); }

  // A verified packet of an SA in UDP came from elsewhere (design.md, section 7).
  struct EndpointMoved {
    uint64_t sa_id = 0;
    net::Address remote;
    uint16_t remote_port = 0;
    uint16_t interface = 0;
  };
  // Each once, at most one a second of each SA.
  std::vector<EndpointMoved> TakeMoved() { return std::exchange(moved_, {}); }

  // Without an IKE role nothing is held: its packets end as kIkeNoRole.
  void SetIkePresent(bool present) { ike_present_ = present; }
  bool ike_present() const { return ike_present_; }
  struct AcquireWanted {
    uint64_t set = 0;  // SaSet::id
    ipsec::PolicyMatch match;
    ipsec::Flow flow;  // of the packet that waits
    uint16_t interface = kAnyInterface;
    uint16_t front_vrf = 0;
  };
  // What IKE is to be asked for.
  std::vector<AcquireWanted> TakeAcquires() { return std::exchange(acquires_, {}); }
  bool Waits(uint64_t set) const { return pending_.Waits(set); }
  // The set has an SA, or its entry is gone: what waits for it goes through policy again.
  void Release(uint64_t set);

  // An SPI of ours for SA `sa_id`, which is still to be made. The peer may use it with its answer
  // (RFC 7296, 2.8), before IKE here has read that: what comes by it is held, within kEarly, and
  // ends as kNoSa else.
  void Expect(const SaSets::InboundKey& key, uint64_t sa_id) { expected_[key] = sa_id; }
  // The SA is there, or it will not be: what was held goes on as if it came now.
  void Settle(const SaSets::InboundKey& key);

  const EngineCounters& engine_counters(bool card) const { return engines_[card ? 0 : 1].counters; }

 private:
  static constexpr size_t kMaxBatch = 64;

  struct Flight {
    rte_mbuf* source = nullptr;
    rte_mbuf* result = nullptr;
    BundleRef bundle;
    uint32_t number = 0;   // inbound: the sequence number on the wire
    uint8_t position = 0;  // in the bundle
    bool last = false;     // the outermost of the bundle: outbound no SA follows
    bool encapsulate = false;
    uint8_t side = 0;  // index into engines_
    net::Ports udp;    // of the last SA outbound; source 0: not in UDP
  };
  struct EngineSide {
    ipsec::Engine* engine = nullptr;
    std::vector<ipsec::Job> batch;
    size_t outstanding = 0;
    EngineCounters counters;
  };
  // Where an inbound ESP or AH packet belongs.
  struct Arrival {
    Reason reason = Reason::kNoSa;
    const SaSets::InboundPlace* place = nullptr;  // kOk: not null
    SaSets::InboundKey key;                       // kOk, kNoSa
    uint32_t number = 0;
  };

  const Bundle* Newest(uint32_t set) const;
  Bundle* Usable(SaSet& set);
  bool IsUp(PathSa& sa);
  void Refresh(PathSa& sa);
  Reason Start(rte_mbuf* packet, Bundle& bundle, size_t position, uint32_t number);
  static Reason CheckMode(rte_mbuf* packet, const Bundle& bundle);
  Arrival Find(const rte_mbuf* packet) const;
  Reason JudgeInbound(const Flight& flight, Bundle* bundle, Reason verdict);
  // The next SA of the bundle, if there is one.
  enum class Next : uint8_t { kDone, kGoesOn, kEnded };
  struct Step {
    Next next = Next::kDone;
    Reason reason = Reason::kOk;
  };
  Step Continue(rte_mbuf* packet, const Flight& flight, Bundle* bundle);
  bool Finish(EngineSide& side, const ipsec::Done& finished, Done& out);
  rte_mbuf* TakeResult(const Flight& flight, EngineSide& side, uint32_t out_bytes);
  void CountDrop(EngineSide& side, SaSet* set, bool encapsulate, Reason reason);
  void NoteEndpoint(const Flight& flight, Bundle& bundle);
  void SayInbound(const Flight& flight, const Bundle& bundle, Reason reason);
  static void CountEnd(SaSet* set, bool encapsulate, Reason reason);
  void TendEngines();
  size_t AbandonFailed(std::span<Done> done);
  size_t PollPending(std::span<Done> done);
  size_t PollEarly(std::span<Done> done);
  // Whether it is the queue's now.
  [[gnu::cold]] bool HoldEarly(rte_mbuf* packet, const SaSets::InboundKey& key);
  // Of a set whose SAs nobody rekeys: IKE is asked for others, once a second, and the packet goes
  // on.
  [[gnu::cold]] void AskAnew(const rte_mbuf* packet, const ipsec::PolicyMatch& match,
                             const ipsec::Flow& flow);
  bool MayAsk(SaSet& set, uint64_t now_ns);
  void AskAgain();

  void SayDrop(const SaSet& set, bool encapsulate, Reason reason) const;

  offload::Broker& broker_;
  SaSets& sets_;
  rte_mempool* pool_;
  const Clock& clock_;
  DebugLog* debug_ = nullptr;
  EventLog* events_ = nullptr;
  PacketFaults* faults_ = nullptr;
  std::array<EngineSide, 2> engines_;  // card, software
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_flights_;
  std::vector<uint64_t> short_of_numbers_;
  std::vector<BundleRef> first_inbound_;
  std::vector<EndpointMoved> moved_;
  size_t in_flight_ = 0;

  PendingPackets pending_;
  std::unordered_map<SaSets::InboundKey, uint64_t, SaSets::InboundHash> expected_;
  PendingPackets early_{kEarly};   // by id of the SA
  std::vector<Done> early_ended_;  // were held, and were refused then
  std::vector<AcquireWanted> acquires_;
  // For each set with packets that wait; the earliest is the first.
  struct Repeat {
    uint64_t due_ns;
    uint32_t set;
    AcquireWanted wanted;
  };
  std::deque<Repeat> repeats_;
  std::vector<uint64_t> ready_;  // sets whose packets may go
  bool ike_present_ = false;
  uint64_t acquire_window_ns_ = 0;  // start of the current second of the limit in all
  unsigned acquires_in_window_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ENGINE_PATH_H_
