#include "sim/rtl/rtl_card.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "driver/gen/vam_regs.h"
#include "sim/bfm/axi_memory.h"
#include "sim/bfm/host_memory.h"
#include "sim/rtl/core_pins.h"
#include "sim/rtl/order_check.h"

namespace vam::sim {
namespace {

constexpr uint32_t kAllOnes = ~uint32_t{0};
// A register access or a function reset that takes longer has failed.
constexpr unsigned kAnswerCycles = 10000;
constexpr unsigned kFlrCycles = 1000000;
constexpr unsigned kResetCycles = 8;

bfm::AxiMemoryConfig MemoryConfig(const RtlKnobs& knobs, uint64_t seed_offset) {
  bfm::AxiMemoryConfig config;
  config.read_latency = knobs.read_latency;
  config.write_latency = knobs.write_latency;
  config.reorder = knobs.reorder;
  config.seed = knobs.seed + seed_offset;
  config.Stall(knobs.stall);
  return config;
}

}  // namespace

struct RtlCard::Impl {
  explicit Impl(const RtlConfig& given)
      : config(given),
        core(given.knobs.seed),
        data(&host, MemoryConfig(given.knobs, 0)),
        ring(&host, MemoryConfig(given.knobs, 1)),
        order([this](uint64_t addr, std::span<uint8_t> to) { return ReadHost(addr, to); }) {
    if (config.check_order) {
      host.Observe([this](uint64_t addr, std::span<const uint8_t> beat, uint64_t strb) {
        order.Visible(addr, beat, strb);
      });
    }
    host.MapTarget(kMessageBase, kMessageBytes,
                   [this](uint64_t addr, std::span<const uint8_t> beat, uint64_t strb) {
                     Message(addr, beat, strb);
                   });
    // The bus is in reset together with the card and sees nothing of it.
    core.DriveData({});
    core.DriveRing({});
    for (unsigned i = 0; i < kResetCycles; ++i) {
      core.EvalLow();
      core.EvalHigh();
    }
    core.top().rst_ni = 1;
    core.top().bus_master_en_i = 1;
    core.top().link_up_i = 1;
    core.top().msix_enable_i = 1;
    Clock();
  }

  // Requires: addr and to.size() are multiples of 16 (ring entries are).
  bool ReadHost(uint64_t addr, std::span<uint8_t> to) {
    for (size_t done = 0; done < to.size(); done += 16) {
      const auto beat = host.Read(addr + done, 16);
      if (!beat) return false;
      std::memcpy(to.data() + done, beat->data(), 16);
    }
    return true;
  }

  // A message is one 32-bit write.
  void Message(uint64_t addr, std::span<const uint8_t> beat, uint64_t strb) {
    for (unsigned word = 0; word < 4; ++word) {
      if ((strb >> (4 * word) & 0xf) != 0xf) continue;
      uint32_t value = 0;
      std::memcpy(&value, beat.data() + 4 * size_t{word}, sizeof(value));
      if (config.check_order) order.Message(addr + 4 * uint64_t{word}, value);
      if (on_message) on_message(addr + 4 * uint64_t{word}, value);
    }
  }

  // One clock cycle. The data port goes first, so a write of it in the same cycle is seen before a
  // completion.
  void Clock() {
    core.DriveData(data.Drive());
    core.DriveRing(ring.Drive());
    core.EvalLow();
    data.Sample(core.SampleData());
    ring.Sample(core.SampleRing());
    core.EvalHigh();
    ++cycles;
  }

  RtlConfig config;
  CorePins core;
  bfm::HostMemory host;
  bfm::AxiMemory data;
  bfm::AxiMemory ring;
  OrderCheck order;
  std::function<void(uint64_t, uint32_t)> on_message;
  uint64_t cycles = 0;
  bool present = true;
};

RtlCard::RtlCard(const RtlConfig& config) : impl_(std::make_unique<Impl>(config)) {}
RtlCard::~RtlCard() = default;

void RtlCard::Step(uint64_t cycles) {
  for (uint64_t i = 0; i < cycles; ++i) impl_->Clock();
}

uint64_t RtlCard::cycles() const { return impl_->cycles; }

bool RtlCard::idle() const {
  return impl_->core.top().idle_o != 0 && impl_->data.idle() && impl_->ring.idle();
}

uint32_t RtlCard::ReadBar(uint32_t offset) {
  if (!impl_->present || offset >= map::kBarBytes) return kAllOnes;
  auto& top = impl_->core.top();
  top.s_axil_araddr_i = offset;
  top.s_axil_arvalid_i = 1;
  top.s_axil_rready_i = 1;
  for (unsigned i = 0; i < kAnswerCycles; ++i) {
    impl_->core.EvalLow();
    const bool taken = top.s_axil_arvalid_i != 0 && top.s_axil_arready_o != 0;
    const bool answered = top.s_axil_rvalid_o != 0;
    const uint32_t value = top.s_axil_rdata_o;
    impl_->Clock();
    if (taken) top.s_axil_arvalid_i = 0;
    if (!answered) continue;
    top.s_axil_rready_i = 0;
    return value;
  }
  top.s_axil_arvalid_i = 0;
  return kAllOnes;
}

void RtlCard::WriteBar(uint32_t offset, uint32_t value) {
  if (!impl_->present || offset >= map::kBarBytes) return;
  if (impl_->config.check_order) impl_->order.BarWrite(offset, value);
  auto& top = impl_->core.top();
  top.s_axil_awaddr_i = offset;
  top.s_axil_wdata_i = value;
  top.s_axil_wstrb_i = 0xf;
  top.s_axil_awvalid_i = 1;
  top.s_axil_wvalid_i = 1;
  top.s_axil_bready_i = 1;
  for (unsigned i = 0; i < kAnswerCycles; ++i) {
    impl_->core.EvalLow();
    const bool addr_taken = top.s_axil_awvalid_i != 0 && top.s_axil_awready_o != 0;
    const bool data_taken = top.s_axil_wvalid_i != 0 && top.s_axil_wready_o != 0;
    const bool answered = top.s_axil_bvalid_o != 0;
    impl_->Clock();
    if (addr_taken) top.s_axil_awvalid_i = 0;
    if (data_taken) top.s_axil_wvalid_i = 0;
    if (answered) break;
  }
  top.s_axil_awvalid_i = 0;
  top.s_axil_wvalid_i = 0;
  top.s_axil_bready_i = 0;
}

void RtlCard::Map(uint64_t bus, std::span<uint8_t> memory) { impl_->host.Map(bus, memory); }
void RtlCard::Unmap(uint64_t bus) { impl_->host.Unmap(bus); }

void RtlCard::OnMessage(std::function<void(uint64_t, uint32_t)> callback) {
  impl_->on_message = std::move(callback);
}

void RtlCard::SetInterrupts(bool enable, bool function_mask) {
  impl_->core.top().msix_enable_i = enable ? 1 : 0;
  impl_->core.top().msix_mask_i = function_mask ? 1 : 0;
}

void RtlCard::SetBusMaster(bool enable) {
  if (!enable) impl_->order.Reset();
  impl_->core.top().bus_master_en_i = enable ? 1 : 0;
}

void RtlCard::SetPresent(bool present) {
  if (!present) impl_->order.Reset();
  impl_->present = present;
  impl_->core.top().link_up_i = present ? 1 : 0;
}

bool RtlCard::FunctionReset() {
  auto& top = impl_->core.top();
  impl_->order.Reset();
  top.flr_req_i = 1;
  bool done = false;
  for (unsigned i = 0; i < kFlrCycles && !done; ++i) {
    impl_->Clock();
    done = top.flr_done_o != 0;
  }
  top.flr_req_i = 0;
  impl_->Clock();
  return done;
}

void RtlCard::SetKnobs(const RtlKnobs& knobs) {
  impl_->data.Configure(MemoryConfig(knobs, 0));
  impl_->ring.Configure(MemoryConfig(knobs, 1));
}

void RtlCard::Inject(Port port, bfm::AxiFault fault) {
  (port == Port::kData ? impl_->data : impl_->ring).Inject(fault);
}

void RtlCard::ClearFaults() {
  for (bfm::AxiMemory* memory : {&impl_->data, &impl_->ring}) {
    memory->ClearFaults();
    memory->ReleaseHung();
  }
}

bfm::AxiStats RtlCard::stats(Port port) const {
  return (port == Port::kData ? impl_->data : impl_->ring).stats();
}

std::vector<std::string> RtlCard::violations() const {
  std::vector<std::string> all = impl_->order.violations();
  for (const auto& text : impl_->data.violations()) all.push_back("data port, cycle " + text);
  for (const auto& text : impl_->ring.violations()) all.push_back("ring port, cycle " + text);
  return all;
}

Status RtlCard::StartTrace(const std::string& file) { return impl_->core.StartTrace(file); }
void RtlCard::StopTrace() { impl_->core.StopTrace(); }

}  // namespace vam::sim
