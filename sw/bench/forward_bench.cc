#include "sw/bench/forward_bench.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "sw/bench/packet_pool.h"
#include "sw/config/parser.h"
#include "sw/fwd/gateway.h"

namespace vam::bench {
namespace {

constexpr size_t kBurst = 32;
constexpr size_t kMinRuns = 25;
constexpr uint32_t kDestinations = 256;
// What stays in a processor's second cache, in and out: more would measure memory.
constexpr uint64_t kMostInFlight = 96;
constexpr uint64_t kStreamPackets = 256;  // of one run: short, so that some are not disturbed
// As the forwarder's own loop: idle turns before it sleeps, and how long.
constexpr unsigned kIdleTurns = 200;
constexpr std::chrono::microseconds kPause{20};

// Gives one burst of frames when told, and takes what is sent.
class LoopPort final : public fwd::Port {
 public:
  LoopPort(std::string name, net::MacAddress mac, rte_mempool* pool)
      : name_(std::move(name)), mac_(mac), pool_(pool) {}

  const std::string& name() const override { return name_; }
  net::MacAddress mac() const override { return mac_; }
  size_t Receive(std::span<rte_mbuf*> frames) override {
    const size_t count = std::min(frames.size(), to_give);
    for (rte_mbuf*& frame : frames.first(count)) {
      frame = CopyToBuffer(pool_, templates[next_++ % templates.size()]);
      VAM_CHECK(frame != nullptr);
    }
    to_give -= count;
    return count;
  }
  size_t Transmit(std::span<rte_mbuf* const> frames) override {
    for (rte_mbuf* frame : frames) rte_pktmbuf_free(frame);
    taken += frames.size();
    return frames.size();
  }

  std::vector<std::vector<uint8_t>> templates;
  size_t to_give = 0;
  uint64_t taken = 0;

 private:
  std::string name_;
  net::MacAddress mac_;
  rte_mempool* pool_;
  size_t next_ = 0;
};

constexpr net::MacAddress MacOf(uint8_t number) { return {{0x02, 0, 0, 0, 0, number}}; }

struct Suite {
  const char* transform;
  const char* inbound_keys;
  const char* outbound_keys;  // a counter mode wants others
};
constexpr Suite kGcm{"esp-gcm 128", "cipher 000102030405060708090a0b0c0d0e0fcafebabe",
                     "cipher f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffacedbad"};
constexpr const char* kCbcKeys =
    "cipher 000102030405060708090a0b0c0d0e0f authenticator "
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr Suite kCbc{"esp-aes 128 esp-sha256-hmac", kCbcKeys, kCbcKeys};

// 10.1.0.0/16 behind port 0, 10.2.0.0/16 behind a router at port 1, in clear or in a tunnel to it.
std::string ConfigText(bool protect, const Suite& suite) {
  std::string text =
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.0.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n" +
      std::string(protect ? " crypto map M\n" : "") +
      "ip route 10.2.0.0 255.255.0.0 192.0.2.2\narp 192.0.2.2 0200.0000.0022 arpa\n";
  if (!protect) return text;
  return text +
         "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
         "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T " +
         std::string(suite.transform) +
         "\n"
         "crypto map M 10 ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n"
         " match address 101\n"
         " set session-key inbound esp 1001 " +
         suite.inbound_keys + "\n set session-key outbound esp 1002 " + suite.outbound_keys + "\n";
}

class ForwardBench {
 public:
  ForwardBench(const Clock& clock, rte_mempool* pool, bool protect, size_t size,
               const Suite& suite = kGcm, unsigned workers = 1) {
    fwd::Gateway::Options options;
    options.workers = workers;
    for (uint8_t i = 0; i < 2; ++i) {
      auto port = std::make_unique<LoopPort>("Ethernet0/" + std::to_string(i),
                                             MacOf(static_cast<uint8_t>(i + 1)), pool);
      ports_[i] = port.get();
      options.ports.push_back({std::move(port), "memory"});
    }
    for (uint32_t n = 0; n < kDestinations; ++n) {
      ports_[0]->templates.push_back(Ipv4Frame(MacOf(1), size, 0x0a020000 + n));
    }
    options.no_card_reason = "No card is measured.";
    options.pool = pool;
    options.clock = &clock;
    options.rng = &rng_;
    gateway_ = fwd::Gateway::Create(std::move(options));
    auto parsed = config::Parse(ConfigText(protect, suite), {.file = "bench"});
    VAM_CHECK(std::holds_alternative<config::Parsed>(parsed));
    gateway_->Commit(std::move(std::get<config::Parsed>(parsed).running), 1);
    // Numbers for the manual SA until it is up.
    for (int idle = 0; idle < 100; idle = gateway_->Quiet() ? idle + 1 : 0) {
      gateway_->RunOnce();
      for (const auto& wanted : gateway_->sas().TakeWanted()) {
        gateway_->sas().AddBlock(wanted.request, {1, uint64_t{1} << 31, ""});
      }
    }
  }

  void Burst() {
    ports_[0]->to_give = kBurst;
    const uint64_t target = ports_[1]->taken + kBurst;
    for (int turn = 0; ports_[1]->taken < target; ++turn) {
      VAM_CHECK(turn < 100);
      gateway_->RunOnce();
    }
  }
  // Bursts one after the other without waiting for each, as a busy port brings them.
  void Stream(uint64_t packets) {
    const uint64_t start = ports_[1]->taken;
    unsigned idle = 0;
    for (uint64_t given = 0; ports_[1]->taken - start < packets;) {
      if (given < packets && given - (ports_[1]->taken - start) < kMostInFlight) {
        ports_[0]->to_give = kBurst;
        given += kBurst;
      }
      idle = gateway_->RunOnce() ? 0 : idle + 1;
      if (idle > kIdleTurns) std::this_thread::sleep_for(kPause);
    }
    VAM_CHECK(gateway_->forwarder().counters()[Reason::kEngineFull] == 0);
  }

 private:
  SeededRng rng_{1};
  std::array<LoopPort*, 2> ports_{};
  std::unique_ptr<fwd::Gateway> gateway_;
};

double Median(std::vector<uint64_t> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return static_cast<double>(*middle);
}

// Of one packet, in the median burst.
double NsPerPacket(const Clock& clock, uint64_t budget_ns, ForwardBench& bench) {
  std::vector<uint64_t> runs;
  uint64_t total = 0;
  for (int i = 0; i < 100; ++i) bench.Burst();
  while (total < budget_ns || runs.size() < kMinRuns) {
    const uint64_t start = clock.MonotonicNs();
    bench.Burst();
    runs.push_back(clock.MonotonicNs() - start);
    total += runs.back();
  }
  return Median(std::move(runs)) / static_cast<double>(kBurst);
}

double WorkersRatio(const Clock& clock, uint64_t budget_ns, rte_mempool* pool, const Suite& suite) {
  std::array<std::unique_ptr<ForwardBench>, 2> benches;
  std::array<std::vector<uint64_t>, 2> runs;
  for (unsigned i = 0; i < 2; ++i) {
    benches[i] = std::make_unique<ForwardBench>(clock, pool, true, 1400, suite, i + 1);
    benches[i]->Stream(kStreamPackets);
  }
  for (uint64_t total = 0; total < 2 * budget_ns || runs[0].size() < kMinRuns;) {
    for (size_t i = 0; i < 2; ++i) {
      const uint64_t start = clock.MonotonicNs();
      benches[i]->Stream(kStreamPackets);
      runs[i].push_back(clock.MonotonicNs() - start);
      total += runs[i].back();
    }
  }
  // The fastest: two threads rarely have two processors of a busy machine to themselves.
  const auto fastest = [](const std::vector<uint64_t>& all) {
    return static_cast<double>(*std::ranges::min_element(all));
  };
  return fastest(runs[0]) / fastest(runs[1]);
}

}  // namespace

Result<std::vector<Figure>> MeasureForwarder(const Clock& clock,
                                             const ForwardBenchOptions& options) {
  VAM_TRY(rte_mempool * pool, PacketPool());
  std::vector<Figure> figures;
  for (const bool protect : {false, true}) {
    for (const size_t size : {size_t{64}, size_t{1400}}) {
      ForwardBench bench(clock, pool, protect, size);
      figures.push_back(
          {"fwd.ns_per_packet",
           NsPerPacket(clock, options.ns_per_figure, bench),
           "ns",
           {{"size", std::to_string(size)}, {"path", protect ? "protect" : "clear"}}});
    }
  }
  for (const Suite* suite : {&kGcm, &kCbc}) {
    figures.push_back({"soft.workers_ratio",
                       WorkersRatio(clock, options.ns_per_figure, pool, *suite),
                       "",
                       {{"size", "1400"},
                        {"path", "protect"},
                        {"transform", suite->transform},
                        {"workers", "2"}}});
  }
  return figures;
}

}  // namespace vam::bench
