#include "sw/bench/gateway_bench.h"

#include <fmt/core.h>
#include <malloc.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "sw/base/check.h"
#include "sw/base/control_thread.h"
#include "sw/base/rng.h"
#include "sw/bench/packet_pool.h"
#include "sw/config/effective.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "sw/fwd/config_intake.h"
#include "sw/fwd/gateway.h"
#include "sw/ipsec/warm_up.h"

namespace vam::bench {
namespace {

constexpr uint64_t kRing = 2048;  // frames, as fwd gives an af_packet port
constexpr uint64_t kShowNs = kNsPerSecond;
constexpr uint64_t kCommitNs = kNsPerSecond;
constexpr size_t kMostCommits = 8;
constexpr size_t kQuestionsPerTurn = 64;  // as the role
constexpr size_t kInnerBytes = 64;
constexpr uint64_t kNumbers = 1 << 18;

net::MacAddress PortMac(uint8_t port) { return {{0x02, 0, 0, 1, 0, port}}; }
uint32_t RemoteHost(uint32_t tunnel) { return 0x0A400000 + tunnel; }
std::string V4(uint32_t address) { return net::ToString(net::Address::V4(address)); }

// Frames come at a rate of real time into a ring of bounded length; what leaves is counted.
class RatePort final : public fwd::Port {
 public:
  RatePort(std::string name, net::MacAddress mac, rte_mempool* pool, const Clock& clock)
      : name_(std::move(name)), mac_(mac), pool_(pool), clock_(clock) {}

  const std::string& name() const override { return name_; }
  net::MacAddress mac() const override { return mac_; }

  // Frames to tunnel 1 to `flows` in turn. 0: none come any more.
  void Offer(uint64_t per_second, uint32_t flows) {
    per_second_ = per_second;
    frames_.clear();
    for (uint32_t tunnel = 1; tunnel <= flows; ++tunnel) {
      frames_.push_back(Ipv4Frame(mac_, kInnerBytes, RemoteHost(tunnel)));
    }
    since_ns_ = clock_.MonotonicNs();
    arrived_ = taken_ = lost_ = 0;
  }
  uint64_t lost() const { return lost_; }
  uint64_t sent() const { return sent_; }

  size_t Receive(std::span<rte_mbuf*> frames) override {
    if (per_second_ == 0) return 0;
    arrived_ = (clock_.MonotonicNs() - since_ns_) * per_second_ / kNsPerSecond;
    const uint64_t waiting = arrived_ - taken_ - lost_;
    if (waiting > kRing) lost_ += waiting - kRing;
    const size_t count = std::min<uint64_t>(std::min(waiting, kRing), frames.size());
    for (size_t i = 0; i < count; ++i) {
      frames[i] = CopyToBuffer(pool_, frames_[taken_++ % frames_.size()]);
      if (frames[i] == nullptr) return i;
    }
    return count;
  }
  size_t Transmit(std::span<rte_mbuf* const> frames) override {
    for (rte_mbuf* frame : frames) rte_pktmbuf_free(frame);
    sent_ += frames.size();
    return frames.size();
  }

 private:
  std::string name_;
  net::MacAddress mac_;
  rte_mempool* pool_;
  const Clock& clock_;
  uint64_t per_second_ = 0, since_ns_ = 0, arrived_ = 0, taken_ = 0, lost_ = 0, sent_ = 0;
  std::vector<std::vector<uint8_t>> frames_;
};

// `seed`: of the keys. `mtu`: one line that does not concern tunnels.
std::string Configuration(uint32_t tunnels, uint64_t seed = 1, uint32_t mtu = 1500) {
  SeededRng rng(seed);
  const auto key = [&rng](size_t bytes) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", rng.Below(256));
    return text;
  };
  std::string text =
      "crypto ipsec manual-counter-mode enable\n"
      "crypto ipsec transform-set G esp-gcm 256\n"
      "crypto ipsec transform-set C esp-aes 256 esp-sha256-hmac\n"
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.0.0\n";
  text += fmt::format(" ip mtu {}\n", mtu);
  text +=
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map m\n"
      "ip route 0.0.0.0 0.0.0.0 192.0.2.2\narp 192.0.2.2 0200.00ff.0002 arpa\n";
  for (uint32_t i = 1; i <= tunnels; ++i) {
    const bool gcm = i % 2 == 0;
    text += fmt::format(
        "ip access-list extended list{0}\n permit ip any host {1}\n"
        "crypto map m {0} ipsec-manual\n set peer {2}\n set transform-set {3}\n"
        " set security-association replay window-size 1024\n match address list{0}\n",
        i, V4(RemoteHost(i)), V4(0xC6120000 + i), gcm ? 'G' : 'C');
    for (const char* direction : {"inbound", "outbound"}) {
      text += fmt::format(" set session-key {} esp {} cipher {}", direction, 256 + i,
                          key(gcm ? 36 : 32));
      text += gcm ? "\n" : fmt::format(" authenticator {}\n", key(32));
    }
  }
  return text;
}

uint64_t AnonymousBytes() {
  malloc_trim(0);
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "RssAnon:") continue;
  uint64_t kilobytes = 0;
  status >> kilobytes;
  VAM_CHECK(kilobytes != 0);
  return kilobytes * 1024;
}

config::Running ParseOrDie(const std::string& text) {
  auto parsed = config::Parse(text);
  VAM_CHECK(std::holds_alternative<config::Parsed>(parsed));
  return std::move(std::get<config::Parsed>(parsed).running);
}

std::vector<uint8_t> Encoded(const google::protobuf::MessageLite& message) {
  const std::string text = message.SerializeAsString();
  return {text.begin(), text.end()};
}

struct Loss {
  uint64_t frames = 0;
  uint64_t longest_turn_ns = 0;
};

class Bench {
 public:
  Bench(const Clock& clock, rte_mempool* pool)
      : clock_(clock), control_(fwd::PrepareControlThread), intake_(control_) {
    VAM_CHECK(ipsec::UseEveryAlgorithm());
    fwd::Gateway::Options options;
    for (uint8_t i = 0; i < 2; ++i) {
      auto port =
          std::make_unique<RatePort>(fmt::format("Ethernet0/{}", i), PortMac(i), pool, clock);
      ports_.push_back(port.get());
      options.ports.push_back({std::move(port), "memory"});
    }
    options.no_card_reason = "No card is configured.";
    options.pool = pool;
    options.clock = &clock;
    options.rng = &rng_;
    options.control = &control_;
    gateway_ = fwd::Gateway::Create(std::move(options));
    intake_.SetGateway(gateway_.get(), [](const config::Running&) { return false; });
  }

  // Both copies of the configuration are kept, as mgmt and fwd keep them.
  double Load(const std::string& text) {
    const uint64_t begin = clock_.MonotonicNs();
    running_ = ParseOrDie(text);
    VAM_CHECK(config::CrossCheck(running_).empty());
    gateway_->Commit(ParseOrDie(config::Render(running_, config::Keys::kShown)), ++generation_);
    Settle();
    const uint64_t end = clock_.MonotonicNs();
    return static_cast<double>(end - begin) / static_cast<double>(kNsPerSecond);
  }
  // Until no SA is being made and nothing is left to be freed.
  void Settle() {
    do {
      Turn();
    } while (Turn() || gateway_->broker().busy() || control_.busy());
  }
  // As the role's loop: packets, what the control thread has done, numbers.
  bool Turn() {
    const bool worked = gateway_->RunOnce();
    control_.Poll();
    if (gateway_->applying()) return true;
    const auto wanted = gateway_->sas().TakeWanted(kQuestionsPerTurn);
    for (const auto& each : wanted) {
      gateway_->sas().AddBlock(each.request, {1, kNumbers, ""});
    }
    return worked || !wanted.empty();
  }
  void CheckUp(uint32_t tunnels) const {
    uint32_t up = 0;
    for (const auto& [id, pair] : gateway_->sas().pairs()) {
      up += gateway_->sas().DownReason(pair).empty();
    }
    VAM_CHECK(up == tunnels);
  }

  // Frames lost while one of the two configurations after the other is committed, as mgmt sends it,
  // for at least a second.
  Loss LostInCommits(const GatewayBenchOptions& options, const std::array<std::string, 2>& texts) {
    std::vector<api::Message> messages;
    for (size_t i = 0; i < kMostCommits; ++i) {
      messages.push_back(Prepare(generation_ + 1 + i, texts[i % texts.size()]));
    }
    Loss loss;
    const uint64_t sent = ports_[1]->sent();
    ports_[0]->Offer(options.packets_per_second, std::min<uint32_t>(options.tunnels, 1000));
    const uint64_t until = clock_.MonotonicNs() + kCommitNs;
    for (size_t i = 0; i < messages.size() && (i < 2 || clock_.MonotonicNs() < until); ++i) {
      intake_.Prepare(std::move(messages[i]));
      AwaitAnswer(loss);
      api::Commit commit;
      commit.set_generation(++generation_);
      api::Message committed;
      committed.payload = Encoded(commit);
      intake_.Commit(committed);
      AwaitAnswer(loss);
    }
    loss.frames = ports_[0]->lost();
    ports_[0]->Offer(0, 1);
    VAM_CHECK(ports_[1]->sent() > sent);
    Settle();
    CheckUp(options.tunnels);
    return loss;
  }

  // Frames lost while, if asked for, all tunnels are shown over and over.
  uint64_t Lost(const GatewayBenchOptions& options, bool show) {
    api::ShowRequest request;
    request.set_kind(api::SHOW_IPSEC_SA);
    const api::ShowRequest first = request;
    bool refreshed = false;
    uint64_t whole = 0, pieces = 0;
    const uint64_t sent = ports_[1]->sent();
    ports_[0]->Offer(options.packets_per_second, std::min<uint32_t>(options.tunnels, 1000));
    const uint64_t until = clock_.MonotonicNs() + kShowNs;
    while (clock_.MonotonicNs() < until || (show && whole == 0)) {
      gateway_->RunOnce();
      if (!show) continue;
      // As the role does: counters first, then the piece.
      if (!std::exchange(refreshed, true)) {
        gateway_->RefreshStats(request);
      } else if (!gateway_->StatsPending()) {
        const api::ShowReply reply = gateway_->Show(request);
        VAM_CHECK(reply.error().empty() && !reply.SerializeAsString().empty());
        refreshed = false;
        ++pieces;
        whole += !reply.has_next();
        request = first;
        if (reply.has_next()) *request.mutable_cursor() = reply.next();
      }
    }
    VAM_CHECK(ports_[1]->sent() > sent && (!show || pieces > 1));
    const uint64_t lost = ports_[0]->lost();
    ports_[0]->Offer(0, 1);
    return lost;
  }

 private:
  static api::Message Prepare(uint64_t generation, const std::string& text) {
    api::Prepare prepare;
    prepare.set_generation(generation);
    prepare.set_configuration(text);
    api::Message message;
    message.type = api::MessageType::kPrepare;
    message.payload = Encoded(prepare);
    return message;
  }
  // Turns until the intake has answered, which must not refuse.
  void AwaitAnswer(Loss& loss) {
    while (true) {
      const uint64_t begin = clock_.MonotonicNs();
      Turn();
      const auto answers = intake_.TakeAnswers();
      loss.longest_turn_ns = std::max(loss.longest_turn_ns, clock_.MonotonicNs() - begin);
      if (answers.empty()) continue;
      const bool taken = std::visit([](const auto& reply) { return reply.error().empty(); },
                                    answers.front().reply);
      VAM_CHECK(taken && answers.size() == 1);
      return;
    }
  }

  const Clock& clock_;
  SeededRng rng_{2};
  ControlThread control_;
  fwd::ConfigIntake intake_;
  std::vector<RatePort*> ports_;
  std::unique_ptr<fwd::Gateway> gateway_;
  config::Running running_;
  uint64_t generation_ = 0;
};

}  // namespace

Result<std::vector<Figure>> MeasureGateway(const Clock& clock, const GatewayBenchOptions& options) {
  VAM_TRY(rte_mempool * pool, PacketPool());
  Bench bench(clock, pool);
  const std::string text = Configuration(options.tunnels);
  const std::string tunnels = std::to_string(options.tunnels);
  bench.Load(Configuration(1));  // what is made once is made now
  const uint64_t before = AnonymousBytes();
  const double seconds = bench.Load(text);
  bench.CheckUp(options.tunnels);
  const uint64_t after = AnonymousBytes();
  const double bytes = static_cast<double>(after - before) / (options.tunnels - 1);
  std::vector<Figure> figures = {{"config.load_seconds", seconds, "s", {{"tunnels", tunnels}}},
                                 {"config.bytes_per_tunnel", bytes, "B", {{"tunnels", tunnels}}}};
  for (const bool show : {false, true}) {
    figures.push_back({"show.packets_lost",
                       static_cast<double>(bench.Lost(options, show)),
                       "packets",
                       {{"show", show ? "crypto ipsec sa" : "none"},
                        {"tunnels", tunnels},
                        {"packets_per_second", std::to_string(options.packets_per_second)}}});
  }
  // One line that concerns no tunnel, and the keys of all of them.
  const std::array<std::string, 2> other_line{Configuration(options.tunnels, 1, 1400), text};
  const std::array<std::string, 2> other_keys{Configuration(options.tunnels, 2), text};
  for (const bool keys : {false, true}) {
    const Loss loss = bench.LostInCommits(options, keys ? other_keys : other_line);
    const std::map<std::string, std::string> at = {
        {"changed", keys ? "all keys" : "one line"},
        {"tunnels", tunnels},
        {"packets_per_second", std::to_string(options.packets_per_second)}};
    figures.push_back({"commit.packets_lost", static_cast<double>(loss.frames), "packets", at});
    figures.push_back({"commit.longest_turn_ms",
                       static_cast<double>(loss.longest_turn_ns) / static_cast<double>(kNsPerMs),
                       "ms", at});
  }
  return figures;
}

}  // namespace vam::bench
