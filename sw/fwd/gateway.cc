#include "sw/fwd/gateway.h"

#include <algorithm>
#include <utility>

#include "sw/base/log.h"
#include "sw/base/text.h"
#include "sw/config/effective.h"
#include "sw/fwd/clear.h"
#include "sw/fwd/eal.h"
#include "sw/fwd/packet.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/ipsec/warm_up.h"
#include "sw/offload/engine_worker.h"

namespace vam::fwd {

namespace {

// Each set in both directions.
constexpr ipsec::SoftEngine::Config kSoftEngine{.max_sas = 2 * SaSets::kMaxSets};

// The card engine over `card`, with the packet buffers mapped; null and the reason if it does not
// come up.
std::pair<std::unique_ptr<offload::CardEngine>, std::string> OpenCard(Gateway::Options& options) {
  if (options.card == nullptr) return {nullptr, options.no_card_reason};
  auto engine = offload::CardEngine::Open(std::move(options.card), *options.clock, *options.rng);
  if (!engine) {
    Log(LogLevel::kError, "card: {}", ToString(engine.error()));
    return {nullptr, std::string("The card did not come up: ") + engine.error().text + "."};
  }
  const Status mapped = (*engine)->MapMemory(PoolMemory(options.pool));
  if (!mapped) {
    Log(LogLevel::kError, "card: {}", ToString(mapped.error()));
    return {nullptr,
            std::string("The card cannot reach packet buffers: ") + mapped.error().text + "."};
  }
  return {std::move(*engine), ""};
}

// Jobs that one worker may hold: workers that hang must leave packets in flight for the others.
uint32_t QueueOf(unsigned engines) {
  return static_cast<uint32_t>(EnginePath::kMaxFlights * 7 / 8 / engines);
}

// libcrypto's and the allocator's state of this thread, while system calls are free.
void PrepareThread() {
  const Status used = ipsec::UseEveryAlgorithm();
  if (!used) Log(LogLevel::kError, "libcrypto in a worker: {}", used.error().text);
}

// The software engine in threads, one for each worker but worker 0.
std::unique_ptr<offload::SpreadEngine> StartWorkers(const Gateway::Options& options) {
  const unsigned count = options.workers - 1;
  std::vector<std::unique_ptr<ipsec::Engine>> engines;
  for (unsigned i = 1; i <= count; ++i) {
    auto engine = options.engine_of_worker ? options.engine_of_worker()
                                           : std::make_unique<ipsec::SoftEngine>(kSoftEngine);
    offload::EngineWorker::Config config;
    config.queue_jobs = QueueOf(count);
    config.thread_name = "vamd-worker-" + std::to_string(i);
    config.prologue = PrepareThread;
    engines.push_back(std::make_unique<offload::EngineWorker>(std::move(engine), config));
  }
  return std::make_unique<offload::SpreadEngine>(std::move(engines), *options.clock);
}

}  // namespace

Gateway::~Gateway() { software_.reset(); }

std::unique_ptr<Gateway> Gateway::Create(Options options) {
  VAM_CHECK(options.workers >= 1 && options.workers <= kMaxWorkers);
  std::unique_ptr<Gateway> g(new Gateway);
  auto [card, problem] = OpenCard(options);
  g->clock_ = options.clock;
  g->debug_ = std::make_unique<DebugLog>(*options.clock);
  g->events_ = std::make_unique<EventLog>(*options.clock);
  g->card_ = std::move(card);
  if (options.workers == 1) {
    g->software_ = std::make_unique<ipsec::SoftEngine>(kSoftEngine);
  } else {
    auto workers = StartWorkers(options);
    g->workers_ = workers.get();
    g->software_ = std::move(workers);
  }
  g->broker_ = std::make_unique<offload::Broker>(g->card_.get(), std::move(problem), *g->software_);
  const ipsec::SipHashKey policy_key{options.rng->U64(), options.rng->U64()};
  g->temporaries_ = std::make_unique<ipsec::TemporaryPolicy>(policy_key);
  g->path_ = std::make_unique<EnginePath>(*g->broker_, g->sets_, options.pool, *options.clock);
  g->sas_ = std::make_unique<SaManager>(*g->broker_, *g->path_, g->sets_, g->sa_ids_, *options.rng);
  g->ike_sas_ = std::make_unique<IkeSas>(IkeSas::Parts{
      *g->broker_, *g->path_, g->sets_, *g->sas_, g->sa_ids_, *g->temporaries_, *options.clock,
      *options.rng, options.names == nullptr ? g->no_names_ : *options.names});
  g->applier_ = std::make_unique<GenerationApplier>(g->sets_, *g->ike_sas_, *g->sas_);
  g->path_->set_debug(g->debug_.get());
  g->sas_->set_debug(g->debug_.get());
  g->path_->set_events(g->events_.get());
  g->ports_ = std::move(options.ports);
  std::vector<Port*> ports;
  for (const GatewayPort& port : g->ports_) {
    ports.push_back(port.port.get());
    g->port_names_.push_back(port.port->name());
  }
  g->control_ = options.control;
  g->builder_ = std::make_unique<GenerationBuilder>(g->port_names_);
  g->forwarder_ = std::make_unique<Forwarder>(std::move(ports), *g->path_, *options.clock,
                                              options.pool, *g->temporaries_, policy_key);
  const SipHashKey faults_key{options.rng->U64(), options.rng->U64()};
  g->faults_ = std::make_unique<PacketFaults>(*options.clock, faults_key);
  g->path_->set_faults(g->faults_.get());
  g->ike_ = std::make_unique<IkeLink>(*g->ike_sas_, *g->path_, *g->forwarder_, *g->faults_);
  g->forwarder_->set_events(g->events_.get());
  g->forwarder_->set_large_pool(options.large_pool);
  g->pinger_ = std::make_unique<Pinger>(*g->forwarder_, *options.clock, *options.rng);
  g->forwarder_->set_echo_listener(g->pinger_.get());
  if (g->card_ != nullptr) {
    g->events_->Say(EventName::kEngineState, "Crypto engine: card 0 State changed to: Enabled");
  }
  g->Commit({}, 0);
  return g;
}

bool Gateway::RunOnce() {
  bool worked = forwarder_->RunOnce();
  FreeOld();
  SayCard();  // while its SAs still tell that they are lost
  for (const offload::Broker::Event& event : broker_->TakeEvents()) {
    if (sas_->OnEvent(event) || ike_sas_->OnEvent(event)) continue;
    Log(LogLevel::kWarning, "SA {}: event {} of an SA that has gone", event.sa_id,
        static_cast<int>(event.type));
  }
  for (const uint64_t sa_id : broker_->TakeChanged()) {
    sas_->OnPlacement(sa_id);
    ike_sas_->OnPlacement(sa_id);
  }
  if (applying()) {
    ContinueApplying();
    worked = true;
  }
  worked |= sas_->Poll();
  ike_sas_->Poll();
  const bool pinged = pinger_->Poll();
  CollectEvents();
  return worked || pinged;
}

api::ClearReply Gateway::ClearSas(const api::ClearRequest& request) {
  return fwd::ClearSas(request, *snapshot_, *sas_, *ike_sas_, sets_);
}

api::ClearReply Gateway::Clear(const api::ClearRequest& request) {
  api::ClearReply reply;
  switch (request.kind()) {
    case api::CLEAR_CRYPTO_SA:
    case api::CLEAR_CRYPTO_SESSION:
      return ClearSas(request);
    case api::CLEAR_CRYPTO_SA_COUNTERS:
      ClearFlowCounters();
      return reply;
    case api::CLEAR_COUNTERS:
      if (!ClearInterfaceCounters(request.interface())) {
        reply.set_error("No such interface: " + request.interface() + ".");
      }
      return reply;
    case api::CLEAR_ACCESS_LIST_COUNTERS:
      reply.set_error(ClearMatches(request.list()));
      return reply;
    case api::CLEAR_ARP:
    case api::CLEAR_NEIGHBORS:
      reply.set_error(ClearNeighbors(request));
      return reply;
    default:
      reply.set_error("The forwarder does not know what to clear.");
      return reply;
  }
}

// A list that nothing looks packets up in has no counters, and none to clear.
std::string Gateway::ClearMatches(const std::string& list) {
  if (!list.empty() && running_->FindAcl(list) == nullptr) {
    return "There is no access list " + list + ".";
  }
  for (const Snapshot::CountedList& counted : snapshot_->counted) {
    if (list.empty() || counted.name == list) counted.counters->Clear();
  }
  return "";
}

std::string Gateway::ClearNeighbors(const api::ClearRequest& request) {
  uint16_t interface = kNoInterface;
  if (!request.interface().empty()) {
    const auto found = std::ranges::find(port_names_, request.interface());
    if (found == port_names_.end()) return "No such interface: " + request.interface() + ".";
    interface = static_cast<uint16_t>(found - port_names_.begin());
  }
  if (request.kind() == api::CLEAR_ARP) {
    forwarder_->ClearArp(interface);
  } else {
    forwarder_->ClearNeighbors(interface);
  }
  return "";
}

void Gateway::ClearFlowCounters() {
  for (const uint32_t set : sets_.All()) sets_.at(set).counters.Clear();
}

bool Gateway::ClearInterfaceCounters(const std::string& interface) {
  bool found = interface.empty();
  for (size_t i = 0; i < port_names_.size(); ++i) {
    if (!interface.empty() && port_names_[i] != interface) continue;
    forwarder_->ClearInterfaceCounters(i);
    found = true;
  }
  return found;
}

Status Gateway::SendLog(const api::LogDatagram& datagram) {
  const std::string& to = datagram.destination();
  const auto address = net::Address::FromBytes(BytesOf(to));
  if (!address) return Err(ErrorCode::kMalformed, "the address of the host has 4 or 16 bytes");
  OwnDatagram out;
  out.destination = *address;
  if (datagram.destination_port() == 0 || datagram.destination_port() > 0xffff) {
    return Err(ErrorCode::kMalformed, "the port of the host is 1 to 65535");
  }
  const std::optional<uint16_t> vrf = snapshot_->FindVrf(datagram.vrf());
  if (!vrf) return Err(ErrorCode::kNotFound, "the host is in a VRF that is not configured");
  out.vrf = *vrf;
  out.source_port = out.destination_port = static_cast<uint16_t>(datagram.destination_port());
  if (const auto* from = running_->FindInterface(datagram.source_interface())) {
    const auto own = out.destination.is_v6() ? config::FirstIpv6(*from) : from->address;
    out.source = own.value_or(net::Address());
  }
  const std::string& payload = datagram.payload();
  out.payload = BytesOf(payload);
  return forwarder_->SendDatagram(out);
}

void Gateway::SetIkePresent(bool present) {
  if (present == path_->ike_present()) return;
  path_->SetIkePresent(present);
  if (!present) ike_sas_->Orphan();
  forwarder_->ike_queues().Reset(present);
  ike_->Forget();
}

bool Gateway::Quiet() const {
  return forwarder_->InFlight() == 0 && !broker_->busy() && !broker_->StatsPending();
}

ShowSources Gateway::Sources() const {
  ShowSources sources;
  sources.running = running_.get();
  sources.snapshot = snapshot_.get();
  sources.forwarder = forwarder_.get();
  sources.path = path_.get();
  sources.sets = &sets_;
  sources.sas = sas_.get();
  sources.ike = ike_sas_.get();
  sources.broker = broker_.get();
  sources.card = card_.get();
  sources.workers = workers_;
  sources.clock = clock_;
  for (const GatewayPort& port : ports_) {
    sources.devices.push_back(port.device);
    sources.macs.push_back(port.port->mac());
  }
  return sources;
}

void Gateway::RefreshStats(const api::ShowRequest& request) {
  for (const uint64_t sa_id : SasOf(Sources(), request)) broker_->RefreshStats(sa_id);
}

api::ShowReply Gateway::Show(const api::ShowRequest& request) const {
  return fwd::Show(Sources(), request);
}

}  // namespace vam::fwd
