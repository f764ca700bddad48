#include "tests/cosim/bench.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/cosim/burst.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

constexpr size_t kArenaBytes = 8u << 20;
constexpr size_t kGuard = 32;
constexpr uint8_t kUntouched = 0xa5;
constexpr uint64_t kDeadlineNs = 100 * kNsPerSecond;
constexpr uint64_t kTurnNs = 256;  // 64 cycles of 250 MHz
constexpr size_t kBatch = 64;

// The whole of a piece's memory: guard, destination, guard.
hal::DmaRegion WithGuards(const hal::DmaRegion& piece) {
  return {{piece.host.data() - kGuard, piece.host.size() + 2 * kGuard}, piece.bus - kGuard};
}

bool AllUntouched(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t b) { return b == kUntouched; });
}

}  // namespace

Bench::Bench(const std::string& backend, const driver::DeviceOptions& options)
    : rng_(TestSeed()), card_(MakeBackend(backend)) {
  auto device = driver::Device::Open(*card_, clock_, rng_, options);
  if (!device) {
    ADD_FAILURE() << ToString(device.error());
    std::abort();
  }
  device_ = std::move(*device);
  arena_ = *card_->dma().Allocate(kArenaBytes, 4096);
  queues_.resize(device_->capabilities().data_queues + size_t{1});
}

Bench::~Bench() {
  queues_.clear();
  device_.reset();
  card_->dma().Free(arena_);
  for (const std::string& violation : Violations(*card_)) ADD_FAILURE() << violation;
}

driver::QueuePair& Bench::queue(uint8_t index) {
  if (queues_[index] == nullptr) {
    auto pair = device_->OpenQueue(index, {.sq_log2 = 8, .cq_log2 = 8, .vector = index});
    if (!pair) {
      ADD_FAILURE() << ToString(pair.error());
      std::abort();
    }
    queues_[index] = std::move(*pair);
  }
  return *queues_[index];
}

bool Bench::WaitFor(const std::function<bool()>& done, const char* what) {
  const SystemClock wall;
  const uint64_t start = wall.MonotonicNs();
  while (!done()) {
    card_->Relax();
    clock_.AdvanceNs(kTurnNs);
    if (wall.MonotonicNs() - start > kDeadlineNs) {
      ADD_FAILURE() << "never: " << what;
      return false;
    }
  }
  return true;
}

driver::SaDone Bench::Admin(const Result<uint64_t>& token) {
  driver::SaDone done;
  if (!token) {
    ADD_FAILURE() << ToString(token.error());
    return done;
  }
  WaitFor(
      [&] {
        const auto found = device_->sas().Poll({&done, 1});
        if (!found) {
          ADD_FAILURE() << ToString(found.error());
          return true;
        }
        return *found == 1 && done.token == *token;
      },
      "completion of an SA operation");
  return done;
}

uint32_t Bench::Add(const map::SaCtx& ctx) {
  const driver::SaDone done = Admin(device_->sas().BeginAdd(ctx));
  EXPECT_EQ(ReasonName(done.reason), ReasonName(Reason::kOk));
  return done.handle;
}

map::SaStats Bench::Query(uint32_t handle) {
  const driver::SaDone done = Admin(device_->sas().BeginQuery(handle));
  EXPECT_EQ(ReasonName(done.reason), ReasonName(Reason::kOk));
  return done.stats;
}

hal::DmaRegion Bench::Take(size_t size, unsigned shift) {
  const size_t start = (used_ + kGuard + 63) / 64 * 64 + shift;
  used_ = start + size + kGuard;
  if (used_ > kArenaBytes) std::abort();
  return arena_.Slice(start, size);
}

void Bench::PlaceSource(const Op& op, Placed& placed) {
  std::vector<size_t> pieces = op.src_pieces;
  if (pieces.empty()) pieces = {op.src.size()};
  size_t at = 0;
  unsigned shift = op.src_shift;
  for (const size_t size : pieces) {
    const hal::DmaRegion piece = Take(size, shift);
    std::memcpy(piece.host.data(), op.src.data() + at, size);
    card_->dma().ToDevice(piece);
    placed.src_segments.push_back({piece.bus, static_cast<uint32_t>(size)});
    at += size;
    shift = (shift * 7 + 3) % 64;
  }
}

void Bench::PlaceDestination(const Op& op, Placed& placed) {
  std::vector<size_t> pieces = op.dst_pieces;
  if (pieces.empty()) pieces = {op.dst_size};
  unsigned shift = op.dst_shift;
  for (const size_t size : pieces) {
    const hal::DmaRegion piece = Take(size, shift);
    const hal::DmaRegion whole = WithGuards(piece);
    std::ranges::fill(whole.host, kUntouched);
    card_->dma().ToDevice(whole);
    placed.dst.push_back(piece);
    placed.dst_segments.push_back({piece.bus, static_cast<uint32_t>(size)});
    shift = (shift * 5 + 1) % 64;
  }
}

std::unique_ptr<Bench::Placed> Bench::Place(const Op& op, uint64_t cookie) {
  auto placed = std::make_unique<Placed>();
  PlaceSource(op, *placed);
  PlaceDestination(op, *placed);
  placed->raw = op.raw;
  driver::Submission& s = placed->submission;
  s.op = op.op;
  s.sa_handle = op.handle;
  s.vrf_tag = op.vrf_tag;
  s.cookie = cookie;
  if (op.src_pieces.empty()) {
    s.src = placed->src_segments[0];
  } else {
    s.src_segments = placed->src_segments;
  }
  if (op.dst_pieces.empty()) {
    s.dst = placed->dst_segments[0];
  } else {
    s.dst_segments = placed->dst_segments;
  }
  if (placed->raw) s.raw = &*placed->raw;
  return placed;
}

Answer Bench::Collect(const Op& op, const Placed& placed, const driver::Completion& completion) {
  EXPECT_EQ(completion.op, op.op);
  Answer answer{.reason = completion.reason, .handle = completion.sa_handle, .bytes = {}};
  size_t left = completion.out_size;
  for (const hal::DmaRegion& piece : placed.dst) {
    const hal::DmaRegion whole = WithGuards(piece);
    card_->dma().ToHost(whole);
    const size_t size = std::min(left, piece.host.size());
    answer.bytes.insert(answer.bytes.end(), piece.host.begin(), piece.host.begin() + size);
    left -= size;
    EXPECT_TRUE(AllUntouched(whole.host.first(kGuard))) << "wrote before the destination";
    EXPECT_TRUE(AllUntouched(whole.host.subspan(kGuard + size)))
        << "wrote behind the result, " << ReasonName(answer.reason);
  }
  EXPECT_EQ(left, 0u);
  return answer;
}

Bench::Memory Bench::Look(const Placed& placed) {
  Memory memory;
  for (const hal::DmaRegion& piece : placed.dst) {
    const hal::DmaRegion whole = WithGuards(piece);
    card_->dma().ToHost(whole);
    memory.destination.insert(memory.destination.end(), piece.host.begin(), piece.host.end());
    memory.guards_untouched &=
        AllUntouched(whole.host.first(kGuard)) && AllUntouched(whole.host.last(kGuard));
  }
  memory.untouched = AllUntouched(memory.destination);
  return memory;
}

std::vector<Answer> Bench::Run(std::span<const Op> ops, uint8_t queue_index) {
  std::vector<Answer> answers(ops.size());
  for (size_t first = 0; first < ops.size(); first += kBatch) {
    const auto some = ops.subspan(first, std::min(kBatch, ops.size() - first));
    FreeAll();
    Burst burst(*this, {some.begin(), some.end()}, queue_index);
    burst.Finish([&](const driver::Completion& done) {
      answers[first + done.cookie] = burst.Collect(done);
    });
  }
  return answers;
}

Answer Bench::Run(const Op& op, uint8_t queue_index) { return Run({&op, 1}, queue_index)[0]; }

std::vector<driver::Event> Bench::Events(size_t count) {
  std::vector<driver::Event> events(count);
  size_t found = 0;
  WaitFor(
      [&] {
        const auto more = device_->PollEvents(std::span(events).subspan(found));
        if (!more) {
          ADD_FAILURE() << ToString(more.error());
          return true;
        }
        found += *more;
        return found == count;
      },
      "events");
  return events;
}

}  // namespace vam::test
