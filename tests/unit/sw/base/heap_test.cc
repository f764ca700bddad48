#include "sw/base/heap.h"

#include <gtest/gtest.h>
#include <seccomp.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vam {
namespace {

uint64_t AnonymousKilobytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "RssAnon:") continue;
  uint64_t kilobytes = 0;
  status >> kilobytes;
  return kilobytes;
}

TEST(HeapTrimmerTest, OnceForEachChangeWhenItsAftermathIsOver) {
  HeapTrimmer trimmer;
  uint64_t now_ns = 1;
  EXPECT_FALSE(trimmer.Poll(7, now_ns));
  EXPECT_FALSE(trimmer.Poll(7, now_ns + HeapTrimmer::kDelayNs - 1));
  // Another one meanwhile: its aftermath counts.
  now_ns += HeapTrimmer::kDelayNs - 1;
  EXPECT_FALSE(trimmer.Poll(8, now_ns));
  EXPECT_FALSE(trimmer.Poll(8, now_ns + HeapTrimmer::kDelayNs - 1));
  EXPECT_TRUE(trimmer.Poll(8, now_ns + HeapTrimmer::kDelayNs));
  EXPECT_FALSE(trimmer.Poll(8, now_ns + 9 * HeapTrimmer::kDelayNs));
}

TEST(HeapTrimmerTest, HolesGoBackToTheSystem) {
  constexpr size_t kBlocks = 16'000;
  std::vector<std::unique_ptr<std::byte[]>> blocks(kBlocks);
  for (auto& block : blocks) block = std::make_unique<std::byte[]>(2000);
  // One in 20 stays.
  for (size_t i = 0; i < kBlocks; ++i) {
    if (i % 20 != 0) blocks[i] = nullptr;
  }
  const uint64_t before = AnonymousKilobytes();
  HeapTrimmer trimmer;
  EXPECT_FALSE(trimmer.Poll(1, 1));
  EXPECT_TRUE(trimmer.Poll(1, 1 + HeapTrimmer::kDelayNs));
  EXPECT_LT(AnonymousKilobytes() + 20'000, before);
}

// In a process of its own: no file can be opened, and the heap of a thread grows and shrinks.
void ShrinkConfined(bool prepared) {
  FixHeapLimits();
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false, confined = false;
  std::thread thread([&] {
    if (prepared) ShrinkThreadHeapOnce();
    std::unique_lock lock(mutex);
    ready = true;
    changed.notify_all();
    changed.wait(lock, [&] { return confined; });
    std::vector<std::unique_ptr<std::byte[]>> blocks(2000);
    for (auto& block : blocks) block = std::make_unique<std::byte[]>(1400);
    while (!blocks.empty()) blocks.pop_back();
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ready; });
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 0);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (seccomp_load(filter) != 0) _exit(3);
    confined = true;
    changed.notify_all();
  }
  thread.join();
  _exit(0);
}

TEST(ThreadHeapDeathTest, ShrinksInAConfinedProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(ShrinkConfined(true), testing::ExitedWithCode(0), "");
  // Without it the process is killed: else this would test nothing.
  EXPECT_EXIT(ShrinkConfined(false), testing::KilledBySignal(SIGSYS), "");
}

}  // namespace
}  // namespace vam
