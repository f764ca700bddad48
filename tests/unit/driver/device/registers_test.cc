#include "driver/device/registers.h"

#include <gtest/gtest.h>

#include <map>

#include "sim/model/model_card.h"

namespace vam::driver {
namespace {

// A card's registers with some changed.
class ChangedBar final : public hal::Bar {
 public:
  explicit ChangedBar(hal::Bar& bar) : bar_(bar) {}
  uint64_t size() const override { return bar_.size(); }
  uint32_t Read32(uint64_t offset) override {
    const auto it = changed.find(offset);
    return it == changed.end() ? bar_.Read32(offset) : it->second;
  }
  void Write32(uint64_t offset, uint32_t value) override { written[offset] = value; }

  std::map<uint64_t, uint32_t> changed;
  std::map<uint64_t, uint32_t> written;

 private:
  hal::Bar& bar_;
};

class RegistersTest : public testing::Test {
 protected:
  ErrorCode ProbeError() {
    const auto regs = Registers::Probe(bar_);
    return regs.has_value() ? ErrorCode::kInternal : regs.error().code;
  }

  sim::ModelCard card_;
  ChangedBar bar_{card_.bar()};
};

TEST_F(RegistersTest, ReadsIdentityAndCapabilities) {
  const auto regs = Registers::Probe(bar_);
  ASSERT_TRUE(regs.has_value()) << ToString(regs.error());
  EXPECT_EQ(regs->identity().map_major, 1);
  EXPECT_EQ(regs->identity().clock_hz, 250'000'000u);
  EXPECT_EQ(regs->capabilities().max_sas, 1024u);
  EXPECT_EQ(regs->capabilities().data_queues, 4);
  EXPECT_EQ(regs->capabilities().window_max, 1024);
  EXPECT_EQ(regs->capabilities().max_bytes, 9728);
  EXPECT_EQ(regs->blocks().size(), 9u);
}

TEST_F(RegistersTest, RefusesStrangers) {
  bar_.changed[map::kRegIdMagic] = 0xffffffff;
  EXPECT_EQ(ProbeError(), ErrorCode::kNotFound);
  bar_.changed[map::kRegIdMagic] = 0x12345678;
  EXPECT_EQ(ProbeError(), ErrorCode::kNotFound);
  bar_.changed.clear();
  bar_.changed[map::kRegIdMapVersion] = 0x00020000;
  EXPECT_EQ(ProbeError(), ErrorCode::kUnsupported);
  // A newer minor version only adds.
  bar_.changed[map::kRegIdMapVersion] = 0x00010009;
  EXPECT_TRUE(Registers::Probe(bar_).has_value());
}

TEST_F(RegistersTest, RefusesImpossibleLists) {
  bar_.changed[map::kRegCapNext] = map::kRegCapBlock;  // a circle
  EXPECT_EQ(ProbeError(), ErrorCode::kDevice);
  bar_.changed[map::kRegCapNext] = 0x20000;
  EXPECT_EQ(ProbeError(), ErrorCode::kDevice);
  bar_.changed[map::kRegCapNext] = 0x1fffe;
  EXPECT_EQ(ProbeError(), ErrorCode::kDevice);
  bar_.changed[map::kRegCapNext] = 0;  // all that follows is missing
  EXPECT_EQ(ProbeError(), ErrorCode::kUnsupported);
  bar_.changed.clear();
  bar_.changed[map::kRegCtrlBlock] = 3 | 2u << 16;
  EXPECT_EQ(ProbeError(), ErrorCode::kUnsupported);
  bar_.changed.clear();
  bar_.changed[map::kRegQueueBlockBase] = 0x20000;
  EXPECT_EQ(ProbeError(), ErrorCode::kDevice);
  bar_.changed.clear();
  bar_.changed[map::kRegCapSas] = 0;
  EXPECT_EQ(ProbeError(), ErrorCode::kDevice);
}

TEST_F(RegistersTest, FindsBlocksThatMoved) {
  bar_.changed[map::kRegQueueBlockBase] = 0x4000;
  const auto regs = Registers::Probe(bar_);
  ASSERT_TRUE(regs.has_value());
  regs->Write(map::BlockType::kQueues, map::RegQueueConfig(2), 77);
  EXPECT_EQ(bar_.written.at(0x4000 + map::RegQueueConfig(2) - map::RegQueueConfig(0)), 77u);
}

TEST_F(RegistersTest, IgnoresUnknownBlocks) {
  // The last block points to one of a type from the future.
  bar_.changed[map::kRegCounterBlockNext] = 0x500;
  bar_.changed[0x500] = 99 | 1u << 16;
  bar_.changed[0x504] = 0;
  const auto regs = Registers::Probe(bar_);
  ASSERT_TRUE(regs.has_value());
  EXPECT_EQ(regs->blocks().back().type, 99);
}

}  // namespace
}  // namespace vam::driver
