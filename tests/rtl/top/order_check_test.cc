// The watcher must catch a card that announces too early, and let a right one pass.
#include "sim/rtl/order_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace vam::sim {
namespace {

constexpr uint64_t kSq = 0x1000;
constexpr uint64_t kCq = 0x2000;
constexpr uint64_t kDst = 0x3008;  // not aligned: the first beat holds bytes of others

class OrderCheckTest : public ::testing::Test {
 protected:
  OrderCheckTest()
      : memory_(0x10000), check_([this](uint64_t addr, std::span<uint8_t> to) {
          std::copy_n(memory_.begin() + static_cast<ptrdiff_t>(addr), to.size(), to.begin());
          return true;
        }) {
    Write(map::RegQueueSqBaseLo(1), kSq);
    Write(map::RegQueueCqBaseLo(1), kCq);
    Write(map::RegQueueConfig(1), map::kQueueConfigEnable | 2u << map::kQueueConfigVectorShift |
                                      3u << map::kQueueConfigSqLog2Shift |
                                      3u << map::kQueueConfigCqLog2Shift);
    Write(map::RegMsixEntryAddrLo(2), 0xfee00008);
    Write(map::RegMsixEntryData(2), 2);
    map::Sqe sqe{};
    sqe.cookie = 77;
    sqe.dst = kDst;
    sqe.dst_len = 100;
    std::memcpy(&memory_[kSq], &sqe, sizeof(sqe));
    Write(map::RegDoorbellSqTail(1), 1);
  }

  void Write(uint32_t offset, uint64_t value) {
    check_.BarWrite(offset, static_cast<uint32_t>(value));
  }
  void Data(uint64_t addr, uint64_t strb) {
    const std::array<uint8_t, 16> beat{};
    check_.Visible(addr, beat, strb);
  }
  void Complete(uint16_t out_len) {
    map::Cqe cqe{};
    cqe.cookie = 77;
    cqe.out_len = out_len;
    std::array<uint8_t, 16> beat{};
    std::memcpy(beat.data(), &cqe, sizeof(cqe));
    check_.Visible(kCq, beat, 0xffff);
  }

  void Arm(uint16_t index) { Write(map::RegDoorbellCqHeadArm(1), index); }
  void Message() { check_.Message(0xfee00008, 2); }

  std::vector<uint8_t> memory_;
  OrderCheck check_;
};

TEST_F(OrderCheckTest, ResultThenCompletionThenMessage) {
  Data(0x3000, 0xff00);
  Data(0x3010, 0x0fff);
  Arm(0);
  Complete(20);
  Message();
  EXPECT_TRUE(check_.violations().empty());
}

TEST_F(OrderCheckTest, CompletionBeforeTheLastByte) {
  Data(0x3000, 0xff00);
  Data(0x3010, 0x07ff);
  Complete(20);
  EXPECT_EQ(check_.violations().size(), 1u);
}

TEST_F(OrderCheckTest, BytesOfOthersDoNotCount) {
  Data(0x3000, 0xffff);
  Data(0x3010, 0x07ff);
  Complete(20);
  EXPECT_EQ(check_.violations().size(), 1u);
}

TEST_F(OrderCheckTest, MessageBeforeItsCompletion) {
  Arm(0);
  Message();
  EXPECT_EQ(check_.violations().size(), 1u);
}

TEST_F(OrderCheckTest, MessageThatWasNotAskedFor) {
  Complete(0);
  Message();
  EXPECT_EQ(check_.violations().size(), 1u);
}

TEST_F(OrderCheckTest, MessageForWhatTheHostAlreadyRead) {
  Arm(0);
  Complete(0);
  Write(map::RegDoorbellCqHead(1), 1);
  Message();
  EXPECT_TRUE(check_.violations().empty()) << "it was under way when the host read";
  Message();
  EXPECT_EQ(check_.violations().size(), 1u);
}

// Two armings, each with an entry of its own, and the host reads both before either message comes.
TEST_F(OrderCheckTest, ArmedAgainWhileTheMessageIsUnderWay) {
  Arm(0);
  Complete(0);
  Arm(1);
  Complete(0);
  Write(map::RegDoorbellCqHead(1), 2);
  Message();
  Message();
  EXPECT_TRUE(check_.violations().empty());
  Message();
  EXPECT_EQ(check_.violations().size(), 1u);
}

// Armed twice behind an entry: the card fires at once for each.
TEST_F(OrderCheckTest, ArmedTwiceBehindOneEntry) {
  Complete(0);
  Arm(0);
  Arm(0);
  Message();
  Write(map::RegDoorbellCqHead(1), 1);
  Message();
  EXPECT_TRUE(check_.violations().empty());
}

TEST_F(OrderCheckTest, ArmedTwiceBeforeTheEntryIsOneMessage) {
  Arm(0);
  Arm(0);
  Complete(0);
  Message();
  EXPECT_TRUE(check_.violations().empty());
  Message();
  EXPECT_EQ(check_.violations().size(), 1u);
}

TEST_F(OrderCheckTest, MessageSentBeforeAResetMayStillArrive) {
  Arm(0);
  Complete(0);
  Write(map::kRegCtrlControl, map::kCtrlControlSoftReset);
  Message();
  EXPECT_TRUE(check_.violations().empty());
}

TEST_F(OrderCheckTest, SlotsMayBeReusedOnceRung) {
  std::fill_n(memory_.begin() + kSq, sizeof(map::Sqe), uint8_t{0xff});
  Complete(20);
  EXPECT_EQ(check_.violations().size(), 1u);
}

}  // namespace
}  // namespace vam::sim
