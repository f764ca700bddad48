// A card with its driver, and operations through it one call each.
#ifndef VAM_TESTS_COSIM_BENCH_H_
#define VAM_TESTS_COSIM_BENCH_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "driver/device/device.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "tests/cosim/backend.h"
#include "tests/cosim/esp_builder.h"

namespace vam::test {

// One packet operation, and where its bytes lie.
struct Op {
  map::SqeOp op = map::SqeOp::kEspOut;
  uint32_t handle = 0;
  uint16_t vrf_tag = 0;
  ByteVector src = {};
  size_t dst_size = 2304;
  std::optional<driver::RawFields> raw = {};
  unsigned src_shift = 0;  // bytes past a 64-byte boundary
  unsigned dst_shift = 0;
  std::vector<size_t> src_pieces = {};  // sizes of segments; empty: one piece
  std::vector<size_t> dst_pieces = {};
};

// An inner packet for an outbound SA; an ESP packet for the inbound SA of the tunnel.
inline Op EspOut(uint32_t handle, ByteVector inner) {
  return {.op = map::SqeOp::kEspOut, .handle = handle, .src = std::move(inner)};
}
inline Op EspIn(const Tunnel& tunnel, ByteVector outer) {
  return {.op = map::SqeOp::kEspIn, .vrf_tag = tunnel.vrf_tag, .src = std::move(outer)};
}

struct Answer {
  Reason reason = Reason::kOk;
  uint32_t handle = 0;
  ByteVector bytes;
};

// The bench fails the running test when the card answers wrongly, not at all, or writes where it
// must not: outside the destination, behind the result, or anywhere for a packet that was dropped.
class Bench {
 public:
  explicit Bench(const std::string& backend, const driver::DeviceOptions& options = {});
  ~Bench();

  hal::Card& card() { return *card_; }
  driver::Device& device() { return *device_; }
  driver::QueuePair& queue(uint8_t index = 1);
  Rng& rng() { return rng_; }

  // Runs an operation of the SA table to its end.
  driver::SaDone Admin(const Result<uint64_t>& token);
  // Adds it; the test fails if that is refused. Returns the handle.
  uint32_t Add(const map::SaCtx& ctx);
  map::SaStats Query(uint32_t handle);

  // Runs all operations on one queue, as many at once as fit, and returns their answers in order.
  std::vector<Answer> Run(std::span<const Op> ops, uint8_t queue = 1);
  Answer Run(const Op& op, uint8_t queue = 1);

  // Turns the card until `done`, or fails the test after 100 s of real time. The driver's clock
  // moves by 256 ns each turn.
  bool WaitFor(const std::function<bool()>& done, const char* what);
  // The next `count` events, in order of arrival.
  std::vector<driver::Event> Events(size_t count);

  // An operation laid out in memory.
  struct Placed {
    driver::Submission submission;
    std::vector<driver::BusRange> src_segments;
    std::vector<driver::BusRange> dst_segments;
    std::vector<hal::DmaRegion> dst;  // with guards around
    std::optional<driver::RawFields> raw;
  };
  // Lays it out and hands its bytes to the card. Valid until the next FreeAll.
  std::unique_ptr<Placed> Place(const Op& op, uint64_t cookie);
  Answer Collect(const Op& op, const Placed& placed, const driver::Completion& completion);

  // What lies at a destination that was given up.
  struct Memory {
    ByteVector destination;
    bool untouched = true;  // nothing was written there
    bool guards_untouched = true;
  };
  Memory Look(const Placed& placed);
  void FreeAll() { used_ = 0; }

 private:
  hal::DmaRegion Take(size_t size, unsigned shift);
  void PlaceSource(const Op& op, Placed& placed);
  void PlaceDestination(const Op& op, Placed& placed);

  ManualClock clock_;  // moves while WaitFor turns the card: no test depends on the machine's pace
  SeededRng rng_;
  std::unique_ptr<hal::Card> card_;
  std::unique_ptr<driver::Device> device_;
  std::vector<std::unique_ptr<driver::QueuePair>> queues_;
  hal::DmaRegion arena_;
  size_t used_ = 0;
};

// A suite that runs on each backend.
class CosimTest : public testing::TestWithParam<std::string> {
 protected:
  static std::string Name(const testing::TestParamInfo<std::string>& info) { return info.param; }
  // The RTL is slow: fewer of the same there.
  bool IsRtl() const { return GetParam().starts_with("rtl"); }
};

#define VAM_COSIM_SUITE(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(Card, suite, testing::ValuesIn(::vam::test::BackendNames()), \
                           [](const auto& param) { return param.param; })

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_BENCH_H_
