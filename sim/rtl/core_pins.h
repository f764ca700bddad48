// The verilated vam_core with its AXI pins as plain structs. Only rtl_card.cc includes this: the
// model's type depends on whether it was built with tracing.
#ifndef VAM_SIM_RTL_CORE_PINS_H_
#define VAM_SIM_RTL_CORE_PINS_H_

#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#if VM_TRACE_FST
#include <verilated_fst_c.h>

#include "Vvam_core_trace_v.h"
#else
#include "Vvam_core_v.h"
#endif

#include "sim/bfm/axi_types.h"
#include "sw/base/result.h"

namespace vam::sim {

#if VM_TRACE_FST
using CoreModel = Vvam_core_trace_v;
#else
using CoreModel = Vvam_core_v;
#endif

class CorePins {
 public:
  // Registers without a reset start at values drawn from the seed.
  explicit CorePins(uint64_t seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0x7fffffff));
    context_.traceEverOn(VM_TRACE_FST != 0);
    top_ = std::make_unique<CoreModel>(&context_);
    top_->clk_i = 0;
    top_->rst_ni = 0;
    top_->s_axil_awvalid_i = top_->s_axil_wvalid_i = top_->s_axil_arvalid_i = 0;
    top_->s_axil_bready_i = top_->s_axil_rready_i = 0;
    top_->msix_enable_i = top_->msix_mask_i = top_->flr_req_i = 0;
    top_->bus_master_en_i = top_->link_up_i = 0;
  }
  ~CorePins() {
    StopTrace();
    top_->final();
  }
  CorePins(const CorePins&) = delete;
  CorePins& operator=(const CorePins&) = delete;

  CoreModel& top() { return *top_; }
  const CoreModel& top() const { return *top_; }

  void EvalLow() {
    top_->clk_i = 0;
    top_->eval();
  }
  void EvalHigh() {
    Dump();
    context_.timeInc(1);
    top_->clk_i = 1;
    top_->eval();
    Dump();
    context_.timeInc(1);
  }

  void DriveData(const bfm::AxiFromSlave& in) {
    top_->m_axi_data_arready_i = in.ar_ready;
    top_->m_axi_data_rvalid_i = in.r_valid;
    top_->m_axi_data_rid_i = static_cast<CData>(in.r_id);
    std::copy_n(in.r_data.begin(), 4, top_->m_axi_data_rdata_i.data());
    top_->m_axi_data_rresp_i = static_cast<CData>(in.r_resp);
    top_->m_axi_data_rlast_i = in.r_last;
    top_->m_axi_data_awready_i = in.aw_ready;
    top_->m_axi_data_wready_i = in.w_ready;
    top_->m_axi_data_bvalid_i = in.b_valid;
    top_->m_axi_data_bid_i = static_cast<CData>(in.b_id);
    top_->m_axi_data_bresp_i = static_cast<CData>(in.b_resp);
  }
  bfm::AxiFromMaster SampleData() const {
    bfm::AxiFromMaster out;
    out.ar_valid = top_->m_axi_data_arvalid_o != 0;
    out.ar_id = top_->m_axi_data_arid_o;
    out.ar_addr = top_->m_axi_data_araddr_o;
    out.ar_len = top_->m_axi_data_arlen_o;
    out.r_ready = top_->m_axi_data_rready_o != 0;
    out.aw_valid = top_->m_axi_data_awvalid_o != 0;
    out.aw_id = top_->m_axi_data_awid_o;
    out.aw_addr = top_->m_axi_data_awaddr_o;
    out.aw_len = top_->m_axi_data_awlen_o;
    out.w_valid = top_->m_axi_data_wvalid_o != 0;
    std::copy_n(top_->m_axi_data_wdata_o.data(), 4, out.w_data.begin());
    out.w_strb = top_->m_axi_data_wstrb_o;
    out.w_last = top_->m_axi_data_wlast_o != 0;
    out.b_ready = top_->m_axi_data_bready_o != 0;
    return out;
  }
  void DriveRing(const bfm::AxiFromSlave& in) {
    top_->m_axi_ring_arready_i = in.ar_ready;
    top_->m_axi_ring_rvalid_i = in.r_valid;
    top_->m_axi_ring_rid_i = static_cast<CData>(in.r_id);
    std::copy_n(in.r_data.begin(), 4, top_->m_axi_ring_rdata_i.data());
    top_->m_axi_ring_rresp_i = static_cast<CData>(in.r_resp);
    top_->m_axi_ring_rlast_i = in.r_last;
    top_->m_axi_ring_awready_i = in.aw_ready;
    top_->m_axi_ring_wready_i = in.w_ready;
    top_->m_axi_ring_bvalid_i = in.b_valid;
    top_->m_axi_ring_bid_i = static_cast<CData>(in.b_id);
    top_->m_axi_ring_bresp_i = static_cast<CData>(in.b_resp);
  }
  bfm::AxiFromMaster SampleRing() const {
    bfm::AxiFromMaster out;
    out.ar_valid = top_->m_axi_ring_arvalid_o != 0;
    out.ar_id = top_->m_axi_ring_arid_o;
    out.ar_addr = top_->m_axi_ring_araddr_o;
    out.ar_len = top_->m_axi_ring_arlen_o;
    out.r_ready = top_->m_axi_ring_rready_o != 0;
    out.aw_valid = top_->m_axi_ring_awvalid_o != 0;
    out.aw_id = top_->m_axi_ring_awid_o;
    out.aw_addr = top_->m_axi_ring_awaddr_o;
    out.aw_len = top_->m_axi_ring_awlen_o;
    out.w_valid = top_->m_axi_ring_wvalid_o != 0;
    std::copy_n(top_->m_axi_ring_wdata_o.data(), 4, out.w_data.begin());
    out.w_strb = top_->m_axi_ring_wstrb_o;
    out.w_last = top_->m_axi_ring_wlast_o != 0;
    out.b_ready = top_->m_axi_ring_bready_o != 0;
    return out;
  }

#if VM_TRACE_FST
  Status StartTrace(const std::string& file) {
    trace_ = std::make_unique<VerilatedFstC>();
    top_->trace(trace_.get(), 99);
    trace_->open(file.c_str());
    if (!trace_->isOpen()) return Err(ErrorCode::kIo, "the trace file cannot be written");
    return {};
  }
  void StopTrace() {
    if (trace_) trace_->close();
    trace_.reset();
  }

 private:
  void Dump() {
    if (trace_) trace_->dump(context_.time());
  }
  std::unique_ptr<VerilatedFstC> trace_;
#else
  Status StartTrace(const std::string&) {
    return Err(ErrorCode::kUnsupported, "this card was built without tracing");
  }
  void StopTrace() {}

 private:
  void Dump() {}
#endif

  VerilatedContext context_;
  std::unique_ptr<CoreModel> top_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_RTL_CORE_PINS_H_
