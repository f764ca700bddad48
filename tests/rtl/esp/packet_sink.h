// Takes the packets that a verilated block of rtl/esp puts out as blocks of 16 bytes.
#ifndef VAM_TESTS_RTL_ESP_PACKET_SINK_H_
#define VAM_TESTS_RTL_ESP_PACKET_SINK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/bfm/stream.h"
#include "tests/rtl/bench.h"

namespace vam::esptest {

class PacketSink {
 public:
  PacketSink(uint64_t seed, unsigned gaps) : ready_(seed, {gaps}) {}

  template <typename Dut>
  void Drive(Dut& dut) {
    dut.out_ready_i = ready_.Drive();
  }

  // Call with the outputs settled, before the clock edge.
  template <typename Dut>
  void Sample(const Dut& dut) {
    if (dut.out_valid_o == 0 || dut.out_ready_i == 0) return;
    ++blocks_;
    const test::Block block = test::GetBlock(dut.out_data_o);
    current_.insert(current_.end(), block.begin(), block.end());
    if (dut.out_last_o != 0) {
      packets_.push_back(current_);
      current_.clear();
    }
  }

  // Whole packets, each a multiple of 16 bytes.
  [[nodiscard]] const std::vector<test::Bytes>& packets() const { return packets_; }
  [[nodiscard]] uint64_t blocks() const { return blocks_; }

 private:
  bfm::StreamSink ready_;
  std::vector<test::Bytes> packets_;
  test::Bytes current_;
  uint64_t blocks_ = 0;
};

}  // namespace vam::esptest

#endif  // VAM_TESTS_RTL_ESP_PACKET_SINK_H_
