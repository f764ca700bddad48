// BAR0 of the whole card against the register table that the map generates: reset values, access
// rights, reserved bits; and what a soft reset, a function reset and a lost bus do.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "driver/gen/vam_reg_table.h"
#include "driver/gen/vam_regs.h"
#include "sim/rtl/rtl_card.h"
#include "tests/support/seed.h"

namespace vam::sim {
namespace {

// Scrubbing is one row per cycle; the largest RAM has a row per SA.
constexpr unsigned kReadyPolls = 10000;

class RegsTest : public ::testing::Test {
 protected:
  RegsTest() : card_(Config()) { WaitReady(); }
  ~RegsTest() override {
    for (const std::string& text : card_.violations()) ADD_FAILURE() << text;
  }

  static RtlConfig Config() {
    RtlConfig config;
    config.knobs.seed = test::TestSeed();
    return config;
  }
  void WaitReady() {
    for (unsigned i = 0; i < kReadyPolls; ++i) {
      if ((card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusReady) != 0) return;
      card_.Step(16);
    }
    FAIL() << "the card does not get ready";
  }
  uint32_t Field(uint32_t offset, uint32_t mask, unsigned shift) {
    return (card_.ReadBar(offset) & mask) >> shift;
  }
  unsigned Queues() {
    return Field(map::kRegCapQueues, map::kCapQueuesDataQueues, map::kCapQueuesDataQueuesShift) + 1;
  }
  unsigned Vectors() {
    return Field(map::kRegCapQueues, map::kCapQueuesVectors, map::kCapQueuesVectorsShift);
  }
  // Elements of an array that this card has.
  uint32_t Existing(const map::RegInfo& reg) {
    if (reg.name.starts_with("queue.") || reg.name.starts_with("doorbell.")) return Queues();
    if (reg.name.starts_with("msix_entry.") || reg.name.starts_with("moderation.")) {
      return Vectors();
    }
    return reg.count;
  }
  // Bits that a test may set without starting anything.
  static uint32_t Harmless(const map::RegInfo& reg) {
    if (reg.name == "queue.config") return reg.writable & ~map::kQueueConfigEnable;
    if (reg.name == "event_ring.config") return reg.writable & ~map::kEventRingConfigEnable;
    return reg.writable;
  }

  RtlCard card_;
};

TEST_F(RegsTest, IdentityAndBlockList) {
  EXPECT_EQ(card_.ReadBar(map::kRegIdMagic), map::kMagic);
  EXPECT_EQ(card_.ReadBar(map::kRegIdMapVersion) >> map::kIdMapVersionMajorShift, map::kMapMajor);
  std::set<uint32_t> types;
  uint32_t at = 0;
  do {
    const uint32_t head = card_.ReadBar(at + map::kBlockHead);
    EXPECT_TRUE(types.insert(head & map::kBlockHeadType).second) << "a type twice, or a loop";
    EXPECT_EQ(head >> map::kBlockHeadVersionShift, 1u);
    at = card_.ReadBar(at + map::kBlockNext);
    ASSERT_LT(at, map::kBarBytes);
  } while (at != 0);
  EXPECT_EQ(types, (std::set<uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(RegsTest, ArraysStandWhereTheirBlocksSay) {
  EXPECT_EQ(card_.ReadBar(map::kRegQueueBlockBase), map::RegQueueConfig(0));
  EXPECT_EQ(card_.ReadBar(map::kRegQueueBlockCount), Queues());
  EXPECT_EQ(card_.ReadBar(map::kRegDoorbellBlockBase), map::RegDoorbellSqTail(0));
  EXPECT_EQ(card_.ReadBar(map::kRegEventBlockBase), map::kRegEventRingConfig);
  EXPECT_EQ(card_.ReadBar(map::kRegMsixBlockBase), map::RegMsixEntryAddrLo(0));
  EXPECT_EQ(card_.ReadBar(map::kRegMsixBlockCount), Vectors());
  EXPECT_EQ(card_.ReadBar(map::kRegCounterBlockBase), map::kRegCountersOutPackets);
}

TEST_F(RegsTest, ResetValues) {
  for (const map::RegInfo& reg : map::kRegs) {
    for (uint32_t i = 0; i < Existing(reg); ++i) {
      const uint32_t value = card_.ReadBar(reg.offset + i * reg.stride);
      EXPECT_EQ(value & reg.constant, reg.reset & reg.constant) << reg.name << " " << i;
      EXPECT_EQ(value & ~reg.readable, 0u) << reg.name << " " << i << ": reserved bits";
    }
    for (uint32_t i = Existing(reg); i < reg.count; ++i) {
      EXPECT_EQ(card_.ReadBar(reg.offset + i * reg.stride), 0u) << reg.name << " " << i;
    }
  }
}

TEST_F(RegsTest, WritableBitsKeepWhatIsWrittenOthersDoNot) {
  for (const map::RegInfo& reg : map::kRegs) {
    if (reg.command != 0) continue;
    for (uint32_t i = 0; i < Existing(reg); ++i) {
      const uint32_t offset = reg.offset + i * reg.stride;
      const uint32_t before = card_.ReadBar(offset);
      for (const uint32_t pattern : {~0u, 0x5a5a5a5au, 0xa5a5a5a5u, 0u}) {
        const uint32_t bits = Harmless(reg);
        card_.WriteBar(offset, (pattern & bits) | ~reg.writable);
        const uint32_t now = card_.ReadBar(offset);
        EXPECT_EQ(now & bits, pattern & bits) << reg.name << " " << i;
        if (reg.readable != reg.writable && reg.constant == reg.readable) {
          EXPECT_EQ(now & ~bits, before & ~bits) << reg.name << " " << i << ": read-only bits";
        }
        EXPECT_EQ(now & ~reg.readable, 0u) << reg.name << " " << i << ": reserved bits";
      }
      card_.WriteBar(offset, before);
    }
  }
}

TEST_F(RegsTest, EachElementOfAnArrayIsItsOwn) {
  for (unsigned i = 0; i < Queues(); ++i) card_.WriteBar(map::RegQueueSqBaseHi(i), 0x1000 + i);
  for (unsigned i = 0; i < Vectors(); ++i) {
    card_.WriteBar(map::RegMsixEntryData(i), 0x2000 + i);
    card_.WriteBar(map::RegModerationVector(i), 0x3000 + i);
  }
  for (unsigned i = 0; i < Queues(); ++i) {
    EXPECT_EQ(card_.ReadBar(map::RegQueueSqBaseHi(i)), 0x1000 + i);
  }
  for (unsigned i = 0; i < Vectors(); ++i) {
    EXPECT_EQ(card_.ReadBar(map::RegMsixEntryData(i)), 0x2000 + i);
    EXPECT_EQ(card_.ReadBar(map::RegModerationVector(i)), 0x3000 + i);
  }
}

TEST_F(RegsTest, SecretsAndCommandsReadZero) {
  for (unsigned i = 0; i < map::kNumCtrlHashKey; ++i) {
    card_.WriteBar(map::RegCtrlHashKey(i), 0xdeadbeef);
    EXPECT_EQ(card_.ReadBar(map::RegCtrlHashKey(i)), 0u);
  }
  EXPECT_EQ(card_.ReadBar(map::kRegCtrlControl), 0u);
}

TEST_F(RegsTest, UnassignedAddressesReadZeroAndIgnoreWrites) {
  for (const uint32_t offset : {0x0080u, 0x0fffu & ~3u, 0x1800u, 0x2ffcu, 0x7000u, 0xfffcu}) {
    card_.WriteBar(offset, ~0u);
    EXPECT_EQ(card_.ReadBar(offset), 0u) << std::hex << offset;
  }
}

TEST_F(RegsTest, ScratchInvertedAndHeartbeat) {
  card_.WriteBar(map::RegTestScratch(0), 0x12345678);
  EXPECT_EQ(card_.ReadBar(map::kRegTestInverted), ~0x12345678u);
  const uint32_t beat = card_.ReadBar(map::kRegCtrlHeartbeat);
  EXPECT_NE(card_.ReadBar(map::kRegCtrlHeartbeat), beat);
}

TEST_F(RegsTest, SoftResetClearsQueuesAndKeepsTheRest) {
  card_.WriteBar(map::RegTestScratch(1), 77);
  card_.WriteBar(map::RegModerationVector(1), 0x50010);
  card_.WriteBar(map::RegMsixEntryAddrLo(1), 0xfee00004);
  card_.WriteBar(map::RegQueueSqBaseLo(1), 0x4000);
  card_.WriteBar(map::kRegCtrlControl, map::kCtrlControlSoftReset);
  EXPECT_EQ(card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusReady, 0u);
  // Registers of blocks in reset are answered all the same.
  EXPECT_EQ(card_.ReadBar(map::RegQueueConfig(1)) & map::kQueueConfigEnable, 0u);
  WaitReady();
  EXPECT_EQ(card_.ReadBar(map::RegQueueSqBaseLo(1)), 0u);
  EXPECT_EQ(card_.ReadBar(map::RegTestScratch(1)), 77u);
  EXPECT_EQ(card_.ReadBar(map::RegModerationVector(1)), 0x50010u);
  EXPECT_EQ(card_.ReadBar(map::RegMsixEntryAddrLo(1)), 0xfee00004u);
  EXPECT_NE(card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusZeroiseDone, 0u);
}

TEST_F(RegsTest, FunctionResetClearsEverything) {
  card_.WriteBar(map::RegTestScratch(1), 77);
  card_.WriteBar(map::RegModerationVector(1), 0x50010);
  EXPECT_TRUE(card_.FunctionReset());
  WaitReady();
  EXPECT_EQ(card_.ReadBar(map::RegTestScratch(1)), 0u);
  EXPECT_EQ(card_.ReadBar(map::RegModerationVector(1)), 0u);
  EXPECT_NE(card_.ReadBar(map::RegMsixEntryControl(1)) & map::kMsixEntryControlMasked, 0u);
}

TEST_F(RegsTest, BusMasterDisableResetsTheCore) {
  card_.WriteBar(map::RegQueueSqBaseLo(1), 0x4000);
  card_.SetBusMaster(false);
  card_.Step(100);
  WaitReady();
  EXPECT_EQ(card_.ReadBar(map::RegQueueSqBaseLo(1)), 0u);
  EXPECT_EQ(card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusBusMaster, 0u);
  card_.SetBusMaster(true);
  EXPECT_NE(card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusBusMaster, 0u);
}

TEST_F(RegsTest, ZeroiseByRegister) {
  card_.WriteBar(map::kRegCtrlControl, map::kCtrlControlZeroise);
  for (unsigned i = 0; i < kReadyPolls; ++i) {
    if ((card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusZeroiseDone) != 0) return;
    card_.Step(16);
  }
  FAIL() << "zeroise does not end";
}

TEST_F(RegsTest, AbsentCardReadsAllOnes) {
  card_.SetPresent(false);
  EXPECT_EQ(card_.ReadBar(map::kRegIdMagic), ~0u);
  card_.SetPresent(true);
  WaitReady();
  EXPECT_EQ(card_.ReadBar(map::kRegIdMagic), map::kMagic);
}

TEST_F(RegsTest, IdleWithoutWork) {
  card_.Step(100);
  EXPECT_TRUE(card_.idle());
  EXPECT_NE(card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusIdle, 0u);
}

}  // namespace
}  // namespace vam::sim
