#include "sw/fwd/gateway.h"

#include <utility>

#include "sw/base/log.h"
#include "sw/fwd/eal.h"
#include "sw/fwd/show.h"

namespace vam::fwd {

namespace {

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

}  // namespace

std::unique_ptr<Gateway> Gateway::Create(Options options) {
  std::unique_ptr<Gateway> g(new Gateway);
  auto [card, problem] = OpenCard(options);
  g->card_ = std::move(card);
  g->software_ = std::make_unique<ipsec::SoftEngine>(ipsec::SoftEngine::Config{});
  g->broker_ = std::make_unique<offload::Broker>(g->card_.get(), std::move(problem), *g->software_);
  g->path_ = std::make_unique<EnginePath>(*g->broker_, options.pool);
  g->sas_ = std::make_unique<SaManager>(*g->broker_, *g->path_);
  g->ports_ = std::move(options.ports);
  std::vector<Port*> ports;
  for (const GatewayPort& port : g->ports_) {
    ports.push_back(port.port.get());
    g->port_names_.push_back(port.port->name());
  }
  g->forwarder_ =
      std::make_unique<Forwarder>(std::move(ports), *g->path_, *options.clock, options.pool,
                                  ipsec::SipHashKey{options.rng->U64(), options.rng->U64()});
  g->Commit({}, 0);
  return g;
}

void Gateway::Commit(config::Running running, uint64_t generation) {
  running_ = std::move(running);
  generation_ = generation;
  Compiled compiled = Compile(running_, port_names_, generation, entry_ids_);
  snapshot_ = compiled.snapshot;
  // The policy first: an entry without SAs drops its traffic, so nothing that it protects slips out
  // meanwhile.
  forwarder_->Publish(snapshot_);
  sas_->Apply(std::move(compiled.entries));
}

bool Gateway::RunOnce() {
  const bool worked = forwarder_->RunOnce();
  sas_->Poll();
  return worked;
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

bool Gateway::Quiet() const {
  return forwarder_->InFlight() == 0 && !broker_->busy() && !broker_->StatsPending();
}

api::ShowReply Gateway::Show(const api::ShowRequest& request) {
  ShowSources sources;
  sources.running = &running_;
  sources.snapshot = snapshot_.get();
  sources.forwarder = forwarder_.get();
  sources.path = path_.get();
  sources.sas = sas_.get();
  sources.broker = broker_.get();
  sources.card = card_.get();
  for (const GatewayPort& port : ports_) {
    sources.devices.push_back(port.device);
    sources.macs.push_back(port.port->mac());
  }
  return fwd::Show(sources, request);
}

}  // namespace vam::fwd
