// Time is passed in: no code outside sw/base reads a clock.
#ifndef VAM_SW_BASE_CLOCK_H_
#define VAM_SW_BASE_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace vam {

inline constexpr uint64_t kNsPerUs = 1'000;
inline constexpr uint64_t kNsPerMs = 1'000'000;
inline constexpr uint64_t kNsPerSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds from an arbitrary start; never goes back. For intervals and time-outs.
  virtual uint64_t MonotonicNs() const = 0;
  // Nanoseconds since 1970-01-01 UTC; may jump. For logs and certificates.
  virtual uint64_t WallNs() const = 0;
};

class SystemClock final : public Clock {
 public:
  uint64_t MonotonicNs() const override;
  uint64_t WallNs() const override;
};

// Processor time that this process has used, in nanoseconds. For show commands alone: nothing may
// act by it.
uint64_t ProcessCpuNs();

// Stands still until told. Any thread may read while one thread advances.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(uint64_t monotonic_ns = 0, uint64_t wall_ns = 0)
      : monotonic_ns_(monotonic_ns), wall_ns_(wall_ns) {}

  uint64_t MonotonicNs() const override { return monotonic_ns_.load(std::memory_order_acquire); }
  uint64_t WallNs() const override { return wall_ns_.load(std::memory_order_acquire); }
  // Moves both clocks forward.
  void AdvanceNs(uint64_t ns) {
    wall_ns_.fetch_add(ns, std::memory_order_acq_rel);
    monotonic_ns_.fetch_add(ns, std::memory_order_acq_rel);
  }

 private:
  std::atomic<uint64_t> monotonic_ns_;
  std::atomic<uint64_t> wall_ns_;
};

}  // namespace vam

#endif  // VAM_SW_BASE_CLOCK_H_
