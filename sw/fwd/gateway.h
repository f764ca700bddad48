// The whole data plane of one process, put together: ports, forwarder, engines, SAs.
#ifndef VAM_SW_FWD_GATEWAY_H_
#define VAM_SW_FWD_GATEWAY_H_

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/api/log.pb.h"
#include "sw/api/ping.pb.h"
#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/base/control_thread.h"
#include "sw/base/rng.h"
#include "sw/config/running.h"
#include "sw/fwd/compile.h"
#include "sw/fwd/debug_log.h"
#include "sw/fwd/engine_path.h"
#include "sw/fwd/event_log.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/generation.h"
#include "sw/fwd/generation_applier.h"
#include "sw/fwd/ike_link.h"
#include "sw/fwd/ike_sas.h"
#include "sw/fwd/packet_faults.h"
#include "sw/fwd/pinger.h"
#include "sw/fwd/sa_manager.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/session_log.h"
#include "sw/fwd/show.h"
#include "sw/offload/broker.h"
#include "sw/offload/card_engine.h"
#include "sw/offload/spread_engine.h"

struct rte_mempool;

namespace vam::fwd {

struct GatewayPort {
  std::unique_ptr<Port> port;
  std::string device;  // as `show interfaces` names it
};

// One thread, worker 0, drives everything from RunOnce. With more workers the software engine runs
// in threads of its own, 1 to workers - 1, and each SA direction on one of them; no other thread
// sees anything else of this.
class Gateway {
 public:
  static constexpr unsigned kMaxWorkers = 8;

  struct Options {
    std::vector<GatewayPort> ports;
    std::unique_ptr<hal::Card> card;  // null: no card, for `no_card_reason` (a full sentence)
    std::string no_card_reason;
    rte_mempool* pool = nullptr;
    rte_mempool* large_pool = nullptr;  // see Forwarder::set_large_pool
    const Clock* clock = nullptr;
    Rng* rng = nullptr;
    unsigned workers = 1;  // 1: no thread is started. Requires: 1 to kMaxWorkers
    // Where commits are made apart from packets, and what they replace is freed; null: nowhere. It
    // must outlive the gateway, and is not polled after its end.
    ControlThread* control = nullptr;
    // Of peers; null: none is known. It must outlive the gateway.
    const net::NameTable* names = nullptr;
    // What a worker runs; empty: the software engine.
    std::function<std::unique_ptr<ipsec::Engine>()> engine_of_worker = {};
  };

  // A card that does not open is not fatal: its SAs run in software, and the reason is shown.
  static std::unique_ptr<Gateway> Create(Options options);
  // Waits for the workers: their packets are in buffers that go back to the pool here.
  ~Gateway();

  // Makes `running` the state of the data plane, at once; packets wait. Requires: it passed
  // config::CrossCheck; !committing().
  void Commit(config::Running running, uint64_t generation);
  // The part of it that is compiled: policies, routes, SAs.
  void Put(Compiled compiled);
  // The same as Commit while packets flow: made in the control thread, then taken over by the turns
  // that follow, a piece each. Requires: Options::control.
  void BeginCommit(std::unique_ptr<config::Running> running, uint64_t generation);
  // It is being made, or taken over.
  bool committing() const { return builder_ == nullptr || applying(); }
  // What was committed last is what packets meet, and messages of IKE.
  bool in_force() const { return !committing() && !forwarder_->behind(); }
  // It is being taken over: entries are of the one generation or of the other.
  bool applying() const { return applier_->busy(); }
  // Without crypto maps; from the turn on in which its policy is published.
  const config::Running& running() const { return *running_; }
  // Of the configuration that is in force, all of it.
  uint64_t generation() const { return generation_; }

  // One turn; false when there was nothing to do.
  bool RunOnce();

  // Show replies that quote engine counters want fresh ones: call, then wait for !StatsPending().
  // With a request: of the SAs that its piece of the answer will show.
  void RefreshStats() { broker_->RefreshStats(); }
  void RefreshStats(const api::ShowRequest& request);
  bool StatsPending() const { return broker_->StatsPending(); }
  api::ShowReply Show(const api::ShowRequest& request) const;
  DebugLog& debug() { return *debug_; }
  // System messages for mgmt.
  EventLog& events() { return *events_; }

  // A system message for a host (`logging host`). The reason when it could not be sent.
  Status SendLog(const api::LogDatagram& datagram);

  // `ping` (gateway_ping.cc). What a START or NEXT is answered with is in TakePings after some
  // turn.
  void Ping(uint32_t request, const api::PingRequest& message);
  std::vector<Pinger::Answer> TakePings() { return pinger_->Take(); }
  // mgmt is gone, and its operators with it.
  void ForgetPings() { pinger_->ForgetAll(); }

  SaManager& sas() { return *sas_; }
  Forwarder& forwarder() { return *forwarder_; }
  EnginePath& path() { return *path_; }
  SaSets& sets() { return sets_; }
  IkeSas& ike_sas() { return *ike_sas_; }
  IkeLink& ike() { return *ike_; }
  // An IKE role came or went; of one that takes the place of another both. Its SAs stay until they
  // expire, messages to it and IKE SPIs are forgotten. Without a role packets that lack an SA, and
  // IKE messages, end as ike_no_role.
  void SetIkePresent(bool present);
  offload::Broker& broker() { return *broker_; }
  offload::CardEngine* card() { return card_.get(); }
  // Whatever a clear command asks for.
  api::ClearReply Clear(const api::ClearRequest& request);
  // `clear crypto sa`, `clear crypto session`; see clear.h.
  api::ClearReply ClearSas(const api::ClearRequest& request);
  // The counters of all SA sets.
  void ClearFlowCounters();
  // Interface counters only; the reasons of all packets go on, for their sum is an invariant.
  // False: no such interface (empty: all).
  bool ClearInterfaceCounters(const std::string& interface);
  // Nothing on the way, nothing being installed.
  bool Quiet() const;

 private:
  Gateway() = default;
  ShowSources Sources() const;
  class BuildTask;
  void Built(std::unique_ptr<GenerationBuilder> builder, Generation made);
  void Begin(Generation made);
  void ContinueApplying();
  void FreeOld();
  std::string ClearNeighbors(const api::ClearRequest& request);
  std::string ClearMatches(const std::string& list);
  // A full sentence when there can be no such ping.
  std::variant<PingPlan, std::string> PlanPing(const api::PingRequest& request) const;
  std::string FindPingSource(const api::PingRequest& request, OwnEcho& echo) const;
  // gateway_events.cc
  void CollectEvents();
  void SayLinks(const Snapshot& before, const Snapshot& now);
  void SayCard();
  void SaySessions(uint64_t now_ns);

  std::vector<GatewayPort> ports_;
  std::vector<std::string> port_names_;
  const Clock* clock_ = nullptr;
  std::unique_ptr<DebugLog> debug_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<PacketFaults> faults_;
  std::unique_ptr<offload::CardEngine> card_;
  std::unique_ptr<ipsec::Engine> software_;
  const offload::SpreadEngine* workers_ = nullptr;  // it, when it is spread over workers
  std::unique_ptr<offload::Broker> broker_;
  SaSets sets_;
  std::unique_ptr<ipsec::TemporaryPolicy> temporaries_;
  SaIds sa_ids_;
  std::unique_ptr<EnginePath> path_;
  std::unique_ptr<SaManager> sas_;
  const net::NameTable no_names_{};
  std::unique_ptr<IkeSas> ike_sas_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<IkeLink> ike_;
  ControlThread* control_ = nullptr;
  std::unique_ptr<GenerationBuilder> builder_;  // null: it is with a task
  std::unique_ptr<GenerationApplier> applier_;
  std::unique_ptr<Pinger> pinger_;
  std::shared_ptr<const config::Running> running_;
  std::shared_ptr<const Snapshot> snapshot_;
  uint64_t generation_ = 0;
  // Of the generation that is being taken over, and what it replaces.
  uint64_t next_generation_ = 0;
  std::shared_ptr<const config::Running> old_running_;
  std::shared_ptr<const Snapshot> old_snapshot_;

  SessionLog sessions_;
  bool watching_sessions_ = false;
  bool card_told_ = false;  // that it failed
  uint64_t seen_sets_ = 0;  // SaSets::changes() when sessions were looked at
  uint64_t next_sessions_ns_ = 0;
  uint64_t acl_missed_ = 0;  // told so far
  uint64_t next_missed_ns_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_GATEWAY_H_
