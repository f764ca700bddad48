// The bus model itself: it must see a master's mistakes, and keep writes hidden as long as the bus
// may.
#include "sim/bfm/axi_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::bfm {
namespace {

class AxiMemoryTest : public ::testing::Test {
 protected:
  AxiMemoryTest() : bytes_(8192) { host_.Map(0x10000, bytes_); }

  // One clock with these master pins.
  AxiFromSlave Clock(AxiMemory& memory, const AxiFromMaster& master) {
    const AxiFromSlave slave = memory.Drive();
    memory.Sample(master);
    return slave;
  }
  static AxiFromMaster Write(uint64_t addr, uint32_t beats, bool last) {
    AxiFromMaster m;
    m.aw_valid = true;
    m.aw_addr = addr;
    m.aw_len = beats - 1;
    m.w_valid = true;
    m.w_strb = 0xffff;
    m.w_data[0] = 0x11223344;
    m.w_last = last;
    m.b_ready = true;
    return m;
  }

  std::vector<uint8_t> bytes_;
  HostMemory host_;
};

TEST_F(AxiMemoryTest, SeesBurstsAcrossPagesAndWrongLast) {
  AxiMemory memory(&host_, {});
  AxiFromMaster read;
  read.ar_valid = true;
  read.ar_addr = 0x10ff0;
  read.ar_len = 1;
  Clock(memory, read);
  EXPECT_EQ(memory.violations().size(), 1u);
  Clock(memory, Write(0x10000, 1, false));
  EXPECT_EQ(memory.violations().size(), 2u);
  AxiFromMaster id;
  id.ar_valid = true;
  id.ar_addr = 0x10000;
  id.ar_id = 16;
  Clock(memory, id);
  EXPECT_EQ(memory.violations().size(), 3u);
}

TEST_F(AxiMemoryTest, SeesPayloadThatChangesWhileStalled) {
  AxiMemory memory(&host_, AxiMemoryConfig{.ar_stall = 100});
  AxiFromMaster read;
  read.ar_valid = true;
  read.ar_addr = 0x10000;
  Clock(memory, read);
  EXPECT_TRUE(memory.violations().empty());
  read.ar_addr = 0x10010;
  Clock(memory, read);
  EXPECT_EQ(memory.violations().size(), 1u);
  Clock(memory, {});
  EXPECT_EQ(memory.violations().size(), 2u);
}

TEST_F(AxiMemoryTest, WritesStayHiddenUntilTheirAnswer) {
  AxiMemory memory(&host_, AxiMemoryConfig{.write_latency = 20});
  Clock(memory, Write(0x10000, 1, true));
  AxiFromMaster wait;
  wait.b_ready = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(Clock(memory, wait).b_valid);
    EXPECT_EQ(bytes_[0], 0) << i;
  }
  EXPECT_TRUE(Clock(memory, wait).b_valid);
  EXPECT_EQ(bytes_[0], 0x44);
  EXPECT_TRUE(memory.idle());
}

TEST_F(AxiMemoryTest, UnmappedAndInjectedErrorsLeaveMemoryAlone) {
  AxiMemory memory(&host_, {});
  memory.Inject(
      {.kind = AxiFault::Kind::kSlvErr, .write = true, .first = 0x10000, .last = 0x1000f});
  std::vector<AxiResp> answers;
  AxiFromMaster wait;
  wait.b_ready = true;
  for (uint64_t addr : {0x10000, 0x90000, 0x10010}) {
    Clock(memory, Write(addr, 1, true));
    for (int i = 0; i < 3; ++i) {
      const AxiFromSlave slave = Clock(memory, wait);
      if (slave.b_valid) answers.push_back(slave.b_resp);
    }
  }
  EXPECT_EQ(answers, (std::vector{AxiResp::kSlvErr, AxiResp::kDecErr, AxiResp::kOkay}));
  EXPECT_EQ(bytes_[0], 0);
  EXPECT_EQ(bytes_[16], 0x44);
}

TEST_F(AxiMemoryTest, ReadLatencyIsExact) {
  AxiMemory memory(&host_, AxiMemoryConfig{.read_latency = 7});
  AxiFromMaster read;
  read.ar_valid = true;
  read.ar_addr = 0x10000;
  read.ar_len = 1;
  read.r_ready = true;
  Clock(memory, read);
  read.ar_valid = false;
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(Clock(memory, read).r_valid);
  EXPECT_TRUE(Clock(memory, read).r_valid);
  const AxiFromSlave second = Clock(memory, read);
  EXPECT_TRUE(second.r_valid && second.r_last);
}

}  // namespace
}  // namespace vam::bfm
