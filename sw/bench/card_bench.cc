#include "sw/bench/card_bench.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "driver/device/device.h"
#include "sim/rtl/rtl_hal.h"
#include "sw/base/bytes.h"
#include "sw/base/rng.h"
#include "sw/bench/workload.h"

namespace vam::bench {
namespace {

constexpr const char* kTransform = "esp-gcm 128";
constexpr size_t kOverhead = 64;  // outer header, ESP, trailer and ICV of any packet at most
constexpr uint64_t kPollCycles = 32;
constexpr uint64_t kGiveUpCycles = 4'000'000;

enum class Direction : uint8_t { kOut, kIn, kMix };
constexpr std::array<std::pair<Direction, const char*>, 3> kDirections = {
    {{Direction::kOut, "out"}, {Direction::kIn, "in"}, {Direction::kMix, "mix"}}};

struct Latency {
  unsigned read;
  unsigned write;
};
constexpr std::array<Latency, 2> kLatencies = {{{0, 0}, {250, 100}}};

struct Packet {
  size_t inner_bytes = 0;
  hal::DmaRegion inner;
  hal::DmaRegion outer;
  hal::DmaRegion result;
  size_t sa = 0;
};

// Completions of a run and the cycles between the first and the last of them.
struct Span {
  uint64_t cycles = 0;
  size_t packets = 0;
};

struct Run {
  double cycles_per_packet = 0;
  double inner_bits_per_cycle = 0;
  double text_bits_per_cycle = 0;
  uint64_t bubbles = 0;
};

size_t TextBytes(size_t inner) { return (inner + 2 + 3) / 4 * 4; }

// A card with SA pairs; pair i encrypts out what it decrypts in.
class CardRig {
 public:
  static Result<std::unique_ptr<CardRig>> Create(const Clock& clock, Latency latency, size_t pairs);
  ~CardRig();

  Result<Run> Throughput(Direction direction, const Workload& workload, uint64_t run_cycles);
  Result<uint64_t> LatencyCycles(Direction direction);
  uint32_t width() const { return device_->capabilities().data_width; }
  uint32_t max_sas() const { return device_->capabilities().max_sas; }
  uint64_t cycles() {
    return card_->With([](sim::RtlCard& card) { return card.cycles(); });
  }

 private:
  explicit CardRig(Latency latency);

  Result<uint32_t> Add(const map::SaCtx& ctx);
  Status AddPairs(size_t pairs);
  void Layout(const Workload& workload, size_t count);
  driver::Submission Make(const Packet& packet, bool outbound) const;
  // Runs all submissions; what came after completion number `warm`.
  Result<Span> RunAll(std::span<const driver::Submission> submissions, size_t warm);
  void Step(uint64_t cycles) {
    card_->With([cycles](sim::RtlCard& card) { card.Step(cycles); });
  }

  std::unique_ptr<sim::RtlHal> card_;
  SeededRng rng_{1};
  std::unique_ptr<driver::Device> device_;
  std::unique_ptr<driver::QueuePair> queue_;
  std::vector<uint32_t> out_;
  std::vector<uint32_t> in_;
  hal::DmaRegion memory_;
  std::vector<Packet> packets_;
};

constexpr size_t kMemoryBytes = size_t{48} << 20;

CardRig::CardRig(Latency latency) {
  sim::RtlHalConfig config;
  config.clocking = sim::Clocking::kLockstep;
  config.card.knobs.read_latency = latency.read;
  config.card.knobs.write_latency = latency.write;
  config.card.knobs.reorder = latency.read != 0;
  config.card.check_order = false;
  card_ = std::make_unique<sim::RtlHal>(config);
}

CardRig::~CardRig() {
  queue_.reset();
  device_.reset();
  if (!memory_.host.empty()) card_->dma().Free(memory_);
}

Result<std::unique_ptr<CardRig>> CardRig::Create(const Clock& clock, Latency latency,
                                                 size_t pairs) {
  std::unique_ptr<CardRig> rig(new CardRig(latency));
  driver::DeviceOptions options;
  options.timeout_ns = 600 * kNsPerSecond;
  VAM_TRY(rig->device_, driver::Device::Open(*rig->card_, clock, rig->rng_, options));
  VAM_TRY(rig->queue_, rig->device_->OpenQueue(1, {.sq_log2 = 9, .cq_log2 = 9, .vector = 1}));
  VAM_TRY(rig->memory_, rig->card_->dma().Allocate(kMemoryBytes, 4096));
  VAM_TRY_STATUS(rig->AddPairs(pairs == 0 ? rig->max_sas() / 2 : pairs));
  return rig;
}

Result<uint32_t> CardRig::Add(const map::SaCtx& ctx) {
  VAM_TRY(const uint64_t token, device_->sas().BeginAdd(ctx));
  for (uint64_t waited = 0; waited < kGiveUpCycles; waited += kPollCycles) {
    driver::SaDone done;
    VAM_TRY(const size_t found, device_->sas().Poll({&done, 1}));
    if (found == 1 && done.token == token) {
      if (done.reason == Reason::kOk) return done.handle;
      return Err(ErrorCode::kInternal, "the card refused an SA");
    }
    Step(kPollCycles);
  }
  return Err(ErrorCode::kDevice, "the card does not complete an SA operation");
}

Status CardRig::AddPairs(size_t pairs) {
  for (size_t i = 0; i < pairs; ++i) {
    map::SaCtx ctx{};
    ctx.version = 1;
    ctx.suite = 1;
    ctx.icv_len = 16;
    ctx.spi = rng_.U32() | 0x100;
    ctx.ttl = 64;
    ctx.proto = 50;
    StoreBe32(ctx.outer_src.data(), 0x0a000001);
    StoreBe32(ctx.outer_dst.data(), 0x0a000002);
    ctx.sel_sport_hi = ctx.sel_dport_hi = 0xffff;
    rng_.Fill(std::span(ctx.key).first(16));
    rng_.Fill(ctx.salt);
    ctx.sa_id = 2 * i;
    VAM_TRY(const uint32_t out, Add(ctx));
    out_.push_back(out);
    ctx.sa_id += 1;
    ctx.inbound = 1;
    ctx.window = 1024;
    VAM_TRY(const uint32_t in, Add(ctx));
    in_.push_back(in);
  }
  return Ok();
}

void CardRig::Layout(const Workload& workload, size_t count) {
  packets_.clear();
  size_t at = 0;
  const auto take = [this, &at](size_t bytes) {
    const hal::DmaRegion region = memory_.Slice(at, bytes);
    at += (bytes + 63) / 64 * 64;
    return region;
  };
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = workload.SizeOf(i);
    if (at + 3 * (bytes + kOverhead + 64) > kMemoryBytes) break;
    Packet p{.inner_bytes = bytes,
             .inner = take(bytes),
             .outer = take(bytes + kOverhead),
             .result = take(bytes + kOverhead),
             .sa = i % out_.size()};
    uint8_t* h = p.inner.host.data();
    rng_.Fill(p.inner.host);
    h[0] = 0x45;
    StoreBe16(h + 2, static_cast<uint16_t>(bytes));
    StoreBe16(h + 6, 0);
    packets_.push_back(p);
  }
}

driver::Submission CardRig::Make(const Packet& packet, bool outbound) const {
  driver::Submission s;
  s.op = outbound ? map::SqeOp::kEspOut : map::SqeOp::kEspIn;
  s.sa_handle = outbound ? out_[packet.sa] : 0;
  const size_t outer = TextBytes(packet.inner_bytes) + 52;
  const auto size = static_cast<uint32_t>(outbound ? packet.inner_bytes : outer);
  s.src = {outbound ? packet.inner.bus : packet.outer.bus, size};
  const hal::DmaRegion& dst = outbound ? packet.outer : packet.result;
  s.dst = {dst.bus, static_cast<uint32_t>(dst.host.size())};
  return s;
}

Result<Span> CardRig::RunAll(std::span<const driver::Submission> submissions, size_t warm) {
  constexpr size_t kBatch = 128;
  size_t submitted = 0;
  size_t ended = 0;
  size_t first_ended = 0;
  uint64_t first = 0;
  uint64_t last = cycles();
  while (ended < submissions.size()) {
    const size_t batch = std::min(kBatch, submissions.size() - submitted);
    VAM_TRY(const size_t taken, queue_->Submit(submissions.subspan(submitted, batch)));
    submitted += taken;
    Step(kPollCycles);
    std::array<driver::Completion, kBatch> done;
    VAM_TRY(const size_t found, queue_->Poll(done));
    for (size_t i = 0; i < found; ++i) {
      if (done[i].reason != Reason::kOk) {
        return Err(ErrorCode::kInternal, "the card dropped a packet of the measurement");
      }
    }
    const uint64_t now = cycles();
    if (now - last > kGiveUpCycles) return Err(ErrorCode::kDevice, "the card is stuck");
    if (found == 0) continue;
    last = now;
    ended += found;
    if (first_ended == 0 && ended > warm) {
      first = now;
      first_ended = ended;
    }
  }
  return Span{.cycles = last - first, .packets = submissions.size() - first_ended};
}

Result<Run> CardRig::Throughput(Direction direction, const Workload& workload,
                                uint64_t run_cycles) {
  constexpr size_t kWarm = 96;
  const uint64_t per_packet = std::max<uint64_t>(9, workload.MeanSize() / 16 + 3);
  Layout(workload, kWarm + std::max<uint64_t>(run_cycles / per_packet, kWarm));
  std::vector<driver::Submission> prepare;
  std::vector<driver::Submission> measured;
  double inner_bits = 0;
  double text_bits = 0;
  for (size_t i = 0; i < packets_.size(); ++i) {
    const bool outbound =
        direction == Direction::kOut || (direction == Direction::kMix && i % 2 == 0);
    if (!outbound) prepare.push_back(Make(packets_[i], true));
    measured.push_back(Make(packets_[i], outbound));
    inner_bits += 8.0 * static_cast<double>(packets_[i].inner_bytes);
    text_bits += 8.0 * static_cast<double>(TextBytes(packets_[i].inner_bytes));
  }
  // What comes in is what the card sent: the driver is measured, not the peer.
  if (!prepare.empty()) {
    VAM_TRY([[maybe_unused]] const Span prepared, RunAll(prepare, 0));
  }
  const uint64_t bubbles = device_->ReadCounters().lane_bubbles;
  VAM_TRY(const Span span, RunAll(measured, kWarm));
  const double per = static_cast<double>(span.cycles) / static_cast<double>(span.packets);
  const auto count = static_cast<double>(packets_.size());
  return Run{.cycles_per_packet = per,
             .inner_bits_per_cycle = inner_bits / count / per,
             .text_bits_per_cycle = text_bits / count / per,
             .bubbles = device_->ReadCounters().lane_bubbles - bubbles};
}

Result<uint64_t> CardRig::LatencyCycles(Direction direction) {
  Layout({"64", {64}}, 2);
  if (direction == Direction::kIn) {
    const driver::Submission prepare = Make(packets_[0], true);
    VAM_TRY([[maybe_unused]] const Span prepared, RunAll({&prepare, 1}, 0));
  }
  const driver::Submission submission = Make(packets_[0], direction == Direction::kOut);
  const auto ring = [this] {
    return card_->With([](sim::RtlCard& card) { return card.stats(sim::RtlCard::Port::kRing); });
  };
  const bfm::AxiStats before = ring();
  VAM_TRY([[maybe_unused]] const size_t taken, queue_->Submit({&submission, 1}));
  // A descriptor is two beats; a completion is the only ring write of the packet.
  uint64_t fetched = 0;
  uint64_t completed = 0;
  for (uint64_t i = 0; i < kGiveUpCycles && completed == 0; ++i) {
    const bfm::AxiStats now = ring();
    if (fetched == 0 && now.read_beats >= before.read_beats + 2) fetched = cycles();
    if (now.writes > before.writes) completed = cycles();
    Step(1);
  }
  driver::Completion done;
  for (uint64_t i = 0; i < kGiveUpCycles; ++i) {
    VAM_TRY(const size_t found, queue_->Poll({&done, 1}));
    if (found == 1) break;
    Step(1);
  }
  if (done.reason != Reason::kOk || fetched == 0 || completed <= fetched) {
    return Err(ErrorCode::kInternal, "the latency of a packet could not be observed");
  }
  return completed - fetched;
}

// Measures and names the figures of one card after another.
class CardBench {
 public:
  CardBench(const Clock& clock, const CardBenchOptions& options)
      : clock_(clock), options_(options) {}

  Result<std::vector<Figure>> Measure();

 private:
  bool Wanted(const char* name) const { return !options_.wanted || options_.wanted(name); }
  bool WantsThroughput() const {
    return Wanted("card.cycles_per_packet") || Wanted("card.bits_per_cycle") ||
           Wanted("engine.gcm.bits_per_cycle") || Wanted("engine.gcm.bubbles");
  }
  void Add(const char* name, double value, const char* unit,
           const std::map<std::string, std::string>& at) {
    if (Wanted(name)) figures_.push_back({.name = name, .value = value, .unit = unit, .at = at});
  }
  std::map<std::string, std::string> At(CardRig& rig, const char* direction,
                                        const std::string& size, size_t pairs,
                                        Latency latency) const;
  Status MeasureRig(Latency latency, size_t pairs);
  Status MeasureThroughput(CardRig& rig, Latency latency, size_t pairs, const Workload& workload);
  Status MeasureLatency(CardRig& rig, Latency latency, size_t pairs);

  const Clock& clock_;
  const CardBenchOptions& options_;
  std::vector<Figure> figures_;
};

std::map<std::string, std::string> CardBench::At(CardRig& rig, const char* direction,
                                                 const std::string& size, size_t pairs,
                                                 Latency latency) const {
  return {{"width", std::to_string(rig.width())},
          {"size", size},
          {"dir", direction},
          {"sas", pairs == 1 ? "1" : std::to_string(rig.max_sas())},
          {"transform", kTransform},
          {"read_latency", std::to_string(latency.read)}};
}

Status CardBench::MeasureThroughput(CardRig& rig, Latency latency, size_t pairs,
                                    const Workload& workload) {
  for (const auto& [direction, name] : kDirections) {
    VAM_TRY(const Run run, rig.Throughput(direction, workload, options_.cycles_per_run));
    const auto at = At(rig, name, workload.name, pairs, latency);
    Add("card.cycles_per_packet", run.cycles_per_packet, "cycles", at);
    Add("card.bits_per_cycle", run.inner_bits_per_cycle, "bit/cycle", at);
    Add("engine.gcm.bits_per_cycle", run.text_bits_per_cycle, "bit/cycle", at);
    Add("engine.gcm.bubbles", static_cast<double>(run.bubbles), "cycles", at);
  }
  return Ok();
}

Status CardBench::MeasureLatency(CardRig& rig, Latency latency, size_t pairs) {
  for (const auto& [direction, name] : kDirections) {
    if (direction == Direction::kMix) continue;
    VAM_TRY(const uint64_t cycles, rig.LatencyCycles(direction));
    Add("card.latency_cycles", static_cast<double>(cycles), "cycles",
        At(rig, name, "64", pairs, latency));
  }
  return Ok();
}

Status CardBench::MeasureRig(Latency latency, size_t pairs) {
  VAM_TRY(const std::unique_ptr<CardRig> rig, CardRig::Create(clock_, latency, pairs));
  const uint64_t start_ns = clock_.MonotonicNs();
  const uint64_t start = rig->cycles();
  if (pairs == 1 && Wanted("card.latency_cycles")) {
    VAM_TRY_STATUS(MeasureLatency(*rig, latency, pairs));
  }
  if (WantsThroughput() || Wanted("sim.cycles_per_second")) {
    const std::vector<Workload> workloads = Workloads();
    for (const Workload& workload :
         std::span(workloads).first(options_.quick ? 1 : workloads.size())) {
      VAM_TRY_STATUS(MeasureThroughput(*rig, latency, pairs, workload));
    }
  }
  const auto ns = static_cast<double>(clock_.MonotonicNs() - start_ns);
  const auto ran = static_cast<double>(rig->cycles() - start);
  Add("sim.cycles_per_second", ran * static_cast<double>(kNsPerSecond) / ns, "cycles/s",
      {{"width", std::to_string(rig->width())},
       {"sas", pairs == 1 ? "1" : std::to_string(rig->max_sas())},
       {"read_latency", std::to_string(latency.read)}});
  return Ok();
}

Result<std::vector<Figure>> CardBench::Measure() {
  constexpr size_t kAll = 0;
  for (const Latency latency : std::span(kLatencies).first(options_.quick ? 1 : 2)) {
    VAM_TRY_STATUS(MeasureRig(latency, 1));
    if (!options_.quick && WantsThroughput()) VAM_TRY_STATUS(MeasureRig(latency, kAll));
  }
  return std::move(figures_);
}

}  // namespace

Result<std::vector<Figure>> MeasureCard(const Clock& clock, const CardBenchOptions& options) {
  return CardBench(clock, options).Measure();
}

}  // namespace vam::bench
