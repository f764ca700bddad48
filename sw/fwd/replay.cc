#include "sw/fwd/replay.h"

#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

#include "sw/base/log.h"
#include "sw/config/key_file.h"
#include "sw/config/parser.h"
#include "sw/fwd/eal.h"
#include "sw/fwd/gateway.h"
#include "sw/fwd/pcap_file_port.h"

namespace vam::fwd {

namespace {

constexpr unsigned kBuffers = 4096;
// Turns without work that the gateway may take to become quiet: far more than a card needs for a
// burst.
constexpr unsigned kMaxTurns = 2'000'000;
// After the last frame time goes on this long, so that ARP retries end.
constexpr uint64_t kLongestTailNs = 65 * kNsPerSecond;
constexpr uint64_t kTailNs = 10 * kNsPerSecond;
constexpr uint64_t kSeed = 1;

// Replayed numbers protect nothing: no packet leaves a file, so each run may start at 1. False:
// nobody asked.
bool GiveNumbers(SaManager& sas) {
  const std::vector<SaManager::Wanted> asked = sas.TakeWanted();
  for (const SaManager::Wanted& wanted : asked) {
    sas.AddBlock(wanted.request, {1, uint64_t{1} << 32, ""});
  }
  return !asked.empty();
}

class Replayer {
 public:
  explicit Replayer(const ReplayOptions& options) : options_(options) {}

  ReplayReport Run();

 private:
  std::string Load();
  std::string OpenPorts();
  void Settle();
  void Play();
  std::string Json();

  const ReplayOptions& options_;
  ManualClock clock_;
  SeededRng rng_{kSeed};
  config::Running running_;
  rte_mempool* pool_ = nullptr;
  std::vector<PcapFilePort*> ports_;
  std::unique_ptr<Gateway> gateway_;
};

std::string Replayer::Load() {
  std::ifstream file(options_.config_path);
  if (!file) return options_.config_path + ": cannot be read";
  std::stringstream text;
  text << file.rdbuf();
  Result<config::Sealer> sealer = config::Sealer();
  if (!options_.state_dir.empty()) {
    sealer = config::SealerOfState(options_.state_dir);
    if (!sealer) return options_.state_dir + ": " + sealer.error().text;
  }
  SystemRng rng;  // salts the secret of `enable`, which nobody asks for here
  auto parsed =
      config::Parse(text.str(), {.file = options_.config_path, .sealer = &*sealer, .rng = &rng});
  if (auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    std::string lines;
    for (const config::Diagnostic& error : *errors) lines += config::ToString(error) + "\n";
    if (config::MayHoldSealed(text.str()) && options_.state_dir.empty()) {
      lines += "sealed secrets need --state, the state directory of the vamd that sealed them\n";
    }
    return lines;
  }
  running_ = std::move(std::get<config::Parsed>(parsed).running);
  for (const auto* files : {&options_.in, &options_.out}) {
    for (const auto& [name, path] : *files) {
      if (running_.FindInterface(name) == nullptr) {
        return name + ": the configuration has no such interface";
      }
    }
  }
  return "";
}

std::string Replayer::OpenPorts() {
  EalOptions eal;
  eal.file_prefix = "vamreplay" + std::to_string(getpid());
  eal.memory_mb = 128;
  if (const Status started = InitEal(eal); !started) return started.error().text;
  const Result<rte_mempool*> pool = CreateBufferPool("packets", kBuffers);
  if (!pool) return pool.error().text;
  pool_ = *pool;
  Gateway::Options options;
  uint8_t number = 0;
  for (const config::Interface& interface : running_.interfaces) {
    PcapFilePort::Options file;
    file.name = interface.name;
    // Without a `mac-address` statement: a locally administered one, by order.
    file.mac = interface.mac.value_or(net::MacAddress{{0x02, 0, 0, 0, 0, ++number}});
    if (const auto in = options_.in.find(interface.name); in != options_.in.end()) {
      file.in_path = in->second;
    }
    if (const auto out = options_.out.find(interface.name); out != options_.out.end()) {
      file.out_path = out->second;
    }
    auto port = PcapFilePort::Create(std::move(file), pool_, clock_);
    if (!port) return interface.name + ": " + port.error().text;
    ports_.push_back(port->get());
    options.ports.push_back({std::move(*port), "pcap"});
  }
  offload::OpenedCard card =
      offload::OpenCard(options_.card, {.trace_path = options_.trace_path, .lockstep = true});
  if (options_.card != offload::CardBackend::kNone && card.card == nullptr) return card.problem;
  options.card = std::move(card.card);
  options.no_card_reason = std::move(card.problem);
  options.pool = pool_;
  options.clock = &clock_;
  options.rng = &rng_;
  gateway_ = Gateway::Create(std::move(options));
  return "";
}

// Until nothing moves any more without new frames or time.
void Replayer::Settle() {
  for (unsigned turn = 0; turn < kMaxTurns; ++turn) {
    // Numbers that were just given lead to an installation in the next turn.
    const bool worked = gateway_->RunOnce() | GiveNumbers(gateway_->sas());
    const size_t waiting_for_time =
        gateway_->forwarder().WaitingForTime() + gateway_->path().Pending();
    const bool moving = gateway_->forwarder().InFlight() > waiting_for_time ||
                        gateway_->broker().busy() || gateway_->StatsPending();
    if (!worked && !moving) return;
  }
  Log(LogLevel::kError, "replay: packets are stuck in the gateway");
}

void Replayer::Play() {
  Settle();
  uint64_t last = 0;
  while (true) {
    PcapFilePort* next = nullptr;
    for (PcapFilePort* port : ports_) {
      const auto arrival = port->NextArrivalNs();
      if (arrival && (next == nullptr || *arrival < *next->NextArrivalNs())) next = port;
    }
    if (next == nullptr) break;
    const uint64_t arrival = std::max(*next->NextArrivalNs(), clock_.WallNs());
    clock_.AdvanceNs(last == 0 ? arrival - clock_.WallNs() : arrival - last);
    last = arrival;
    next->ReleaseOne();
    Settle();
  }
  // Fragments may wait longer than neighbours do.
  for (uint64_t passed = 0;
       passed < kTailNs || (passed < kLongestTailNs && gateway_->forwarder().InFlight() != 0);
       passed += kNsPerSecond) {
    clock_.AdvanceNs(kNsPerSecond);
    Settle();
  }
}

std::string Replayer::Json() {
  gateway_->RefreshStats();
  Settle();
  google::protobuf::util::JsonPrintOptions print;
  print.always_print_primitive_fields = false;
  print.preserve_proto_field_names = true;
  std::string out = "{";
  const std::pair<const char*, api::ShowKind> parts[] = {
      {"reasons", api::SHOW_REASONS},
      {"interfaces", api::SHOW_INTERFACES},
      {"ipsec_sa", api::SHOW_IPSEC_SA},
      {"crypto_engine", api::SHOW_CRYPTO_ENGINE},
  };
  for (const auto& [name, kind] : parts) {
    api::ShowRequest request;
    request.set_kind(kind);
    const api::ShowReply reply = gateway_->Show(request);
    std::string whole;
    static_cast<void>(google::protobuf::util::MessageToJsonString(reply, &whole, print));
    // A reply prints as {"name":{...}}: its inside is one member of the report.
    if (out.size() > 1) out += ",";
    out += whole.substr(1, whole.size() - 2);
  }
  return out + "}";
}

ReplayReport Replayer::Run() {
  ReplayReport report;
  report.problem = Load();
  if (report.problem.empty()) report.problem = OpenPorts();
  if (!report.problem.empty()) return report;
  gateway_->Commit(running_, 1);
  Play();
  for (const PcapFilePort* port : ports_) {
    if (port->problem().empty()) continue;
    report.problem = port->name() + ": " + port->problem();
    return report;
  }
  const ForwardCounters& counters = gateway_->forwarder().counters();
  report.balanced = counters.received.value() + counters.originated.value() == counters.Ended();
  report.json = Json();
  for (const ReasonInfo& info : kReasons) {
    if (counters[info.reason] == 0) continue;
    report.summary += std::string(info.name) + " " + std::to_string(counters[info.reason]) + "\n";
  }
  return report;
}

}  // namespace

ReplayReport Replay(const ReplayOptions& options) { return Replayer(options).Run(); }

}  // namespace vam::fwd
