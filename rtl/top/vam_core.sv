// The card without its board: everything between BAR0 and two AXI masters.
//
// One clock, synchronous reset. A board puts a PCIe block (or any other host bus) around these
// ports; the simulator drives the same ones. Only wiring here: registers in vam_bar and its region
// blocks, work in dma, esp and sad.
module vam_core
  import vam_map_pkg::*;
  import vam_pkg::*;
  import vam_reg_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned        DataWidth  = 128,          // 256 and 512 follow
    parameter int unsigned        MaxSa      = 1024,         // up to 16384
    parameter int unsigned        NumQueues  = 4,            // data queue pairs, up to 13
    parameter int unsigned        NumVectors = 8,            // MSI-X vectors, up to 16
    parameter int unsigned        IdWidth    = 4,            // of both AXI masters
    parameter int unsigned        ClockHz    = 250_000_000,
    parameter logic        [63:0] BuildId    = 64'd0
) (
    input logic clk_i,
    input logic rst_ni, // power-up

    // BAR0: AXI4-Lite slave, 32 bits.
    output logic s_axil_awready_o,
    input logic s_axil_awvalid_i,
    input logic [16:0] s_axil_awaddr_i,
    output logic s_axil_wready_o,
    input logic s_axil_wvalid_i,
    input logic [31:0] s_axil_wdata_i,
    input logic [3:0] s_axil_wstrb_i,
    input logic s_axil_bready_i,
    output logic s_axil_bvalid_o,
    output logic [1:0] s_axil_bresp_o,
    output logic s_axil_arready_o,
    input logic s_axil_arvalid_i,
    input logic [16:0] s_axil_araddr_i,
    input logic s_axil_rready_i,
    output logic s_axil_rvalid_o,
    output logic [31:0] s_axil_rdata_o,
    output logic [1:0] s_axil_rresp_o,

    // Packet data: AXI4 master, INCR bursts of full beats.
    output logic m_axi_data_arvalid_o,
    input logic m_axi_data_arready_i,
    output logic [IdWidth-1:0] m_axi_data_arid_o,
    output logic [63:0] m_axi_data_araddr_o,
    output logic [7:0] m_axi_data_arlen_o,
    output logic [2:0] m_axi_data_arsize_o,
    output logic [1:0] m_axi_data_arburst_o,
    output logic m_axi_data_awvalid_o,
    input logic m_axi_data_awready_i,
    output logic [IdWidth-1:0] m_axi_data_awid_o,
    output logic [63:0] m_axi_data_awaddr_o,
    output logic [7:0] m_axi_data_awlen_o,
    output logic [2:0] m_axi_data_awsize_o,
    output logic [1:0] m_axi_data_awburst_o,
    input logic m_axi_data_rvalid_i,
    output logic m_axi_data_rready_o,
    input logic [IdWidth-1:0] m_axi_data_rid_i,
    input logic [DataWidth-1:0] m_axi_data_rdata_i,
    input logic [1:0] m_axi_data_rresp_i,
    input logic m_axi_data_rlast_i,
    output logic m_axi_data_wvalid_o,
    input logic m_axi_data_wready_i,
    output logic [DataWidth-1:0] m_axi_data_wdata_o,
    output logic [DataWidth/8-1:0] m_axi_data_wstrb_o,
    output logic m_axi_data_wlast_o,
    input logic m_axi_data_bvalid_i,
    output logic m_axi_data_bready_o,
    input logic [IdWidth-1:0] m_axi_data_bid_i,
    input logic [1:0] m_axi_data_bresp_i,

    // Descriptors, contexts, completions, events, interrupts: AXI4 master, INCR bursts of full
    // beats.
    output logic m_axi_ring_arvalid_o,
    input logic m_axi_ring_arready_i,
    output logic [IdWidth-1:0] m_axi_ring_arid_o,
    output logic [63:0] m_axi_ring_araddr_o,
    output logic [7:0] m_axi_ring_arlen_o,
    output logic [2:0] m_axi_ring_arsize_o,
    output logic [1:0] m_axi_ring_arburst_o,
    output logic m_axi_ring_awvalid_o,
    input logic m_axi_ring_awready_i,
    output logic [IdWidth-1:0] m_axi_ring_awid_o,
    output logic [63:0] m_axi_ring_awaddr_o,
    output logic [7:0] m_axi_ring_awlen_o,
    output logic [2:0] m_axi_ring_awsize_o,
    output logic [1:0] m_axi_ring_awburst_o,
    input logic m_axi_ring_rvalid_i,
    output logic m_axi_ring_rready_o,
    input logic [IdWidth-1:0] m_axi_ring_rid_i,
    input logic [DataWidth-1:0] m_axi_ring_rdata_i,
    input logic [1:0] m_axi_ring_rresp_i,
    input logic m_axi_ring_rlast_i,
    output logic m_axi_ring_wvalid_o,
    input logic m_axi_ring_wready_i,
    output logic [DataWidth-1:0] m_axi_ring_wdata_o,
    output logic [DataWidth/8-1:0] m_axi_ring_wstrb_o,
    output logic m_axi_ring_wlast_o,
    input logic m_axi_ring_bvalid_i,
    output logic m_axi_ring_bready_o,
    input logic [IdWidth-1:0] m_axi_ring_bid_i,
    input logic [1:0] m_axi_ring_bresp_i,

    // Sideband of the PCIe block.
    input logic msix_enable_i,
    input logic msix_mask_i,
    input logic bus_master_en_i,
    input logic link_up_i,
    input logic flr_req_i,  // held until flr_done_o
    output logic flr_done_o,

    output logic idle_o  // nothing pending: the clock may stop until the next BAR access
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_width_check, DataWidth == 128)
  `VAM_ASSERT_STATIC(gen_sa_check, MaxSa >= 16 && MaxSa <= 16384)

  // ---- registers --------------------------------------------------------------------------------
  logic core_rst_n, bar_rst_n;
  bar_control_t control;
  bar_status_t  status;
  faults_t faults, fault_set;
  reg_req_t queue_req, event_req, moderation_req, msix_req, pba_req, counter_req, doorbell_req;
  reg_rsp_t queue_rsp, event_rsp, moderation_rsp, msix_rsp, pba_rsp, counter_rsp, doorbell_rsp;

  vam_bar #(
      .BuildId(BuildId),
      .ClockHz(ClockHz),
      .MaxSa(MaxSa),
      .NumQueues(NumQueues),
      .NumVectors(NumVectors),
      .DataWidth(DataWidth)
  ) u_bar (
      .clk_i,
      .rst_ni(bar_rst_n),
      .s_axil_awready_o,
      .s_axil_awvalid_i,
      .s_axil_awaddr_i,
      .s_axil_wready_o,
      .s_axil_wvalid_i,
      .s_axil_wdata_i,
      .s_axil_wstrb_i,
      .s_axil_bready_i,
      .s_axil_bvalid_o,
      .s_axil_bresp_o,
      .s_axil_arready_o,
      .s_axil_arvalid_i,
      .s_axil_araddr_i,
      .s_axil_rready_i,
      .s_axil_rvalid_o,
      .s_axil_rdata_o,
      .s_axil_rresp_o,
      .control_o(control),
      .status_i(status),
      .faults_o(faults),
      .queue_req_o(queue_req),
      .queue_rsp_i(queue_rsp),
      .event_req_o(event_req),
      .event_rsp_i(event_rsp),
      .moderation_req_o(moderation_req),
      .moderation_rsp_i(moderation_rsp),
      .msix_req_o(msix_req),
      .msix_rsp_i(msix_rsp),
      .pba_req_o(pba_req),
      .pba_rsp_i(pba_rsp),
      .counter_req_o(counter_req),
      .counter_rsp_i(counter_rsp),
      .doorbell_req_o(doorbell_req),
      .doorbell_rsp_i(doorbell_rsp)
  );

  queue_cfg_t [NumQueues:0] queue_cfg;
  queue_status_t [NumQueues:0] queue_status;
  logic doorbell_valid;
  doorbell_t doorbell;

  vam_queue_regs #(
      .NumQueues(NumQueues)
  ) u_queue_regs (
      .clk_i,
      .rst_ni(core_rst_n),
      .req_i(queue_req),
      .rsp_o(queue_rsp),
      .doorbell_req_i(doorbell_req),
      .doorbell_rsp_o(doorbell_rsp),
      .cfg_o(queue_cfg),
      .status_i(queue_status),
      .doorbell_valid_o(doorbell_valid),
      .doorbell_o(doorbell)
  );

  event_cfg_t event_cfg;
  event_status_t event_status;
  logic event_doorbell_valid;
  event_doorbell_t event_doorbell;

  vam_event_regs u_event_regs (
      .clk_i,
      .rst_ni(core_rst_n),
      .req_i(event_req),
      .rsp_o(event_rsp),
      .cfg_o(event_cfg),
      .status_i(event_status),
      .doorbell_valid_o(event_doorbell_valid),
      .doorbell_o(event_doorbell)
  );

  moderation_t [NumVectors-1:0] moderation;
  msix_entry_t [NumVectors-1:0] msix_table;
  logic [NumVectors-1:0] pba;

  vam_irq_regs #(
      .NumVectors(NumVectors)
  ) u_irq_regs (
      .clk_i,
      .rst_ni(bar_rst_n),
      .moderation_req_i(moderation_req),
      .moderation_rsp_o(moderation_rsp),
      .msix_req_i(msix_req),
      .msix_rsp_o(msix_rsp),
      .pba_req_i(pba_req),
      .pba_rsp_o(pba_rsp),
      .moderation_o(moderation),
      .table_o(msix_table),
      .pba_i(pba)
  );

  // ---- reset ------------------------------------------------------------------------------------
  logic isolate_req, isolate_done, drain_fault;
  logic ready, reset_busy, isolated;
  logic sad_ready, counters_ready, zeroise_done;
  logic dma_idle, esp_idle, sad_idle, admin_idle, events_idle;
  logic [20:0] sa_count;

  vam_reset u_reset (
      .clk_i,
      .rst_ni,
      .soft_reset_i(control.soft_reset),
      .flr_req_i,
      .flr_done_o,
      .bus_master_en_i,
      .link_up_i,
      .isolate_req_o(isolate_req),
      .isolate_done_i(isolate_done),
      .core_rst_no(core_rst_n),
      .bar_rst_no(bar_rst_n),
      .scrubbed_i(sad_ready && counters_ready),
      .drain_timeout_i(control.drain_timeout),
      .fault_o(drain_fault),
      .ready_o(ready),
      .busy_o(reset_busy),
      .isolated_o(isolated)
  );

  logic core_idle;
  assign core_idle = ready && dma_idle && esp_idle && sad_idle && admin_idle && events_idle;
  assign idle_o = core_idle && !s_axil_awvalid_i &&
      !s_axil_wvalid_i && !s_axil_arvalid_i && !s_axil_bvalid_o && !s_axil_rvalid_o && !flr_req_i;

  assign status = '{
          ready: ready,
          reset_busy: reset_busy,
          zeroise_done: ready && zeroise_done,
          isolated: isolated,
          link_up: link_up_i,
          bus_master: bus_master_en_i,
          msix_enabled: msix_enable_i,
          msix_masked: msix_mask_i,
          idle: core_idle,
          fault_set: fault_set,
          sa_count: 32'(sa_count)
      };

  // ---- DMA --------------------------------------------------------------------------------------
  axi_req_t data_req, ring_req;
  axi_rsp_t data_rsp, ring_rsp;
  logic admin_valid, admin_ready, admin_done_valid, admin_done_ready;
  admin_op_t   admin_op;
  admin_done_t admin_done;
  logic
      meta_valid, meta_ready, in_valid, in_ready, result_valid, result_ready, out_valid, out_ready;
  pkt_meta_t   meta;
  pkt_result_t result;
  beat_t in_beat, out_beat;
  ended_t ended;
  dma_error_t dma_error;
  logic event_valid, event_ready;
  event_t event_entry;

  dma #(
      .NumQueues(NumQueues),
      .NumVectors(NumVectors),
      .IdWidth(IdWidth),
      // Room is taken for whole packets: two of the largest, and 250 cycles of bus latency at full
      // rate, make 23 KiB.
      .IngressBeats(2048)
  ) u_dma (
      .clk_i,
      .rst_ni(core_rst_n),
      .por_ni(rst_ni),
      .data_req_o(data_req),
      .data_rsp_i(data_rsp),
      .ring_req_o(ring_req),
      .ring_rsp_i(ring_rsp),
      .isolate_req_i(isolate_req),
      .isolate_done_o(isolate_done),
      .bus_master_en_i(bus_master_en_i && link_up_i),
      .idle_o(dma_idle),
      .queue_cfg_i(queue_cfg),
      .queue_status_o(queue_status),
      .doorbell_valid_i(doorbell_valid),
      .doorbell_i(doorbell),
      .event_cfg_i(event_cfg),
      .event_status_o(event_status),
      .event_doorbell_valid_i(event_doorbell_valid),
      .event_doorbell_i(event_doorbell),
      .event_valid_i(event_valid),
      .event_ready_o(event_ready),
      .event_i(event_entry),
      .msix_enable_i,
      .msix_mask_i,
      .msix_table_i(msix_table),
      .moderation_i(moderation),
      .pba_o(pba),
      .timeout_i(
      '{read: control.bus_timeout, write: control.bus_timeout, drain: control.drain_timeout}
      ),
      .admin_valid_o(admin_valid),
      .admin_ready_i(admin_ready),
      .admin_o(admin_op),
      .admin_done_valid_i(admin_done_valid),
      .admin_done_ready_o(admin_done_ready),
      .admin_done_i(admin_done),
      .meta_valid_o(meta_valid),
      .meta_ready_i(meta_ready),
      .meta_o(meta),
      .beat_valid_o(in_valid),
      .beat_ready_i(in_ready),
      .beat_o(in_beat),
      .result_valid_i(result_valid),
      .result_ready_o(result_ready),
      .result_i(result),
      .out_valid_i(out_valid),
      .out_ready_o(out_ready),
      .out_i(out_beat),
      .ended_o(ended),
      .error_o(dma_error)
  );

  assign m_axi_data_arvalid_o = data_req.ar_valid;
  assign m_axi_data_arid_o = IdWidth'(data_req.ar.id);
  assign m_axi_data_araddr_o = data_req.ar.addr;
  assign m_axi_data_arlen_o = data_req.ar.len;
  assign m_axi_data_arsize_o = 3'd4;
  assign m_axi_data_arburst_o = 2'b01;
  assign m_axi_data_rready_o = data_req.r_ready;
  assign m_axi_data_awvalid_o = data_req.aw_valid;
  assign m_axi_data_awid_o = IdWidth'(data_req.aw.id);
  assign m_axi_data_awaddr_o = data_req.aw.addr;
  assign m_axi_data_awlen_o = data_req.aw.len;
  assign m_axi_data_awsize_o = 3'd4;
  assign m_axi_data_awburst_o = 2'b01;
  assign m_axi_data_wvalid_o = data_req.w_valid;
  assign m_axi_data_wdata_o = data_req.w.data;
  assign m_axi_data_wstrb_o = data_req.w.strb;
  assign m_axi_data_wlast_o = data_req.w.last;
  assign m_axi_data_bready_o = data_req.b_ready;
  assign data_rsp = '{
          ar_ready: m_axi_data_arready_i,
          r_valid: m_axi_data_rvalid_i,
          r: '{
              id: IdBits'(m_axi_data_rid_i),
              data: m_axi_data_rdata_i,
              resp: m_axi_data_rresp_i,
              last: m_axi_data_rlast_i
          },
          aw_ready: m_axi_data_awready_i,
          w_ready: m_axi_data_wready_i,
          b_valid: m_axi_data_bvalid_i,
          b: '{id: IdBits'(m_axi_data_bid_i), resp: m_axi_data_bresp_i}
      };

  assign m_axi_ring_arvalid_o = ring_req.ar_valid;
  assign m_axi_ring_arid_o = IdWidth'(ring_req.ar.id);
  assign m_axi_ring_araddr_o = ring_req.ar.addr;
  assign m_axi_ring_arlen_o = ring_req.ar.len;
  assign m_axi_ring_arsize_o = 3'd4;
  assign m_axi_ring_arburst_o = 2'b01;
  assign m_axi_ring_rready_o = ring_req.r_ready;
  assign m_axi_ring_awvalid_o = ring_req.aw_valid;
  assign m_axi_ring_awid_o = IdWidth'(ring_req.aw.id);
  assign m_axi_ring_awaddr_o = ring_req.aw.addr;
  assign m_axi_ring_awlen_o = ring_req.aw.len;
  assign m_axi_ring_awsize_o = 3'd4;
  assign m_axi_ring_awburst_o = 2'b01;
  assign m_axi_ring_wvalid_o = ring_req.w_valid;
  assign m_axi_ring_wdata_o = ring_req.w.data;
  assign m_axi_ring_wstrb_o = ring_req.w.strb;
  assign m_axi_ring_wlast_o = ring_req.w.last;
  assign m_axi_ring_bready_o = ring_req.b_ready;
  assign ring_rsp = '{
          ar_ready: m_axi_ring_arready_i,
          r_valid: m_axi_ring_rvalid_i,
          r: '{
              id: IdBits'(m_axi_ring_rid_i),
              data: m_axi_ring_rdata_i,
              resp: m_axi_ring_rresp_i,
              last: m_axi_ring_rlast_i
          },
          aw_ready: m_axi_ring_awready_i,
          w_ready: m_axi_ring_wready_i,
          b_valid: m_axi_ring_bvalid_i,
          b: '{id: IdBits'(m_axi_ring_bid_i), resp: m_axi_ring_bresp_i}
      };

  // ---- packet path and SAs ----------------------------------------------------------------------
  logic sad_req_valid, sad_req_ready, sad_rsp_valid, sad_rsp_ready;
  logic seq_req_valid, seq_req_ready, seq_rsp_valid, seq_rsp_ready;
  logic commit_req_valid, commit_req_ready, commit_rsp_valid, commit_rsp_ready;
  sad_req_t sad_req;
  sad_rsp_t sad_rsp;
  seq_req_t seq_req;
  seq_rsp_t seq_rsp;
  commit_req_t commit_req;
  commit_rsp_t commit_rsp;
  logic retire, lane_bubble;

  esp u_esp (
      .clk_i,
      .rst_ni(core_rst_n),
      .meta_valid_i(meta_valid),
      .meta_ready_o(meta_ready),
      .meta_i(meta),
      .in_valid_i(in_valid),
      .in_ready_o(in_ready),
      .in_i(in_beat),
      .result_valid_o(result_valid),
      .result_ready_i(result_ready),
      .result_o(result),
      .out_valid_o(out_valid),
      .out_ready_i(out_ready),
      .out_o(out_beat),
      .sad_req_valid_o(sad_req_valid),
      .sad_req_ready_i(sad_req_ready),
      .sad_req_o(sad_req),
      .sad_rsp_valid_i(sad_rsp_valid),
      .sad_rsp_ready_o(sad_rsp_ready),
      .sad_rsp_i(sad_rsp),
      .seq_req_valid_o(seq_req_valid),
      .seq_req_ready_i(seq_req_ready),
      .seq_req_o(seq_req),
      .seq_rsp_valid_i(seq_rsp_valid),
      .seq_rsp_ready_o(seq_rsp_ready),
      .seq_rsp_i(seq_rsp),
      .commit_req_valid_o(commit_req_valid),
      .commit_req_ready_i(commit_req_ready),
      .commit_req_o(commit_req),
      .commit_rsp_valid_i(commit_rsp_valid),
      .commit_rsp_ready_o(commit_rsp_ready),
      .commit_rsp_i(commit_rsp),
      .retire_o(retire),
      .idle_o(esp_idle),
      .lane_bubble_o(lane_bubble)
  );

  logic sa_req_valid, sa_req_ready, sa_rsp_valid, sa_rsp_ready;
  admin_req_t sa_req;
  admin_rsp_t sa_rsp;
  logic sa_event_valid, sa_event_ready;
  event_t sa_event;

  sad #(
      .MaxSa(MaxSa)
  ) u_sad (
      .clk_i,
      .rst_ni(core_rst_n),
      .hash_key_i(control.hash_key),
      .req_valid_i(sad_req_valid),
      .req_ready_o(sad_req_ready),
      .req_i(sad_req),
      .rsp_valid_o(sad_rsp_valid),
      .rsp_ready_i(sad_rsp_ready),
      .rsp_o(sad_rsp),
      .seq_req_valid_i(seq_req_valid),
      .seq_req_ready_o(seq_req_ready),
      .seq_req_i(seq_req),
      .seq_rsp_valid_o(seq_rsp_valid),
      .seq_rsp_ready_i(seq_rsp_ready),
      .seq_rsp_o(seq_rsp),
      .commit_req_valid_i(commit_req_valid),
      .commit_req_ready_o(commit_req_ready),
      .commit_req_i(commit_req),
      .commit_rsp_valid_o(commit_rsp_valid),
      .commit_rsp_ready_i(commit_rsp_ready),
      .commit_rsp_o(commit_rsp),
      .retire_i(retire),
      .admin_req_valid_i(sa_req_valid),
      .admin_req_ready_o(sa_req_ready),
      .admin_req_i(sa_req),
      .admin_rsp_valid_o(sa_rsp_valid),
      .admin_rsp_ready_i(sa_rsp_ready),
      .admin_rsp_o(sa_rsp),
      .event_valid_o(sa_event_valid),
      .event_ready_i(sa_event_ready),
      .event_o(sa_event),
      .ready_o(sad_ready),
      .sa_count_o(sa_count),
      .idle_o(sad_idle)
  );

  vam_admin u_admin (
      .clk_i,
      .rst_ni(core_rst_n),
      .op_valid_i(admin_valid),
      .op_ready_o(admin_ready),
      .op_i(admin_op),
      .done_valid_o(admin_done_valid),
      .done_ready_i(admin_done_ready),
      .done_o(admin_done),
      .sad_req_valid_o(sa_req_valid),
      .sad_req_ready_i(sa_req_ready),
      .sad_req_o(sa_req),
      .sad_rsp_valid_i(sa_rsp_valid),
      .sad_rsp_ready_o(sa_rsp_ready),
      .sad_rsp_i(sa_rsp),
      .zeroise_i(control.zeroise),
      .zeroise_done_o(zeroise_done),
      .idle_o(admin_idle)
  );

  // ---- faults, events, counters -----------------------------------------------------------------
  logic event_error_q;
  always_ff @(posedge clk_i) event_error_q <= core_rst_n && event_status.error;

  assign fault_set = '{
          isolation: drain_fault,
          ring_write: event_status.error && !event_error_q,
          bus_timeout: dma_error.read_timeout || dma_error.write_timeout,
          write_error: dma_error.write_error,
          read_error: dma_error.read_error,
          queue_error: dma_error.queue_error
      };

  vam_events u_events (
      .clk_i,
      .rst_ni(core_rst_n),
      .fault_set_i(fault_set),
      .faults_i(faults),
      .inject_i(control.fault_event),
      .sad_valid_i(sa_event_valid),
      .sad_ready_o(sa_event_ready),
      .sad_i(sa_event),
      .event_valid_o(event_valid),
      .event_ready_i(event_ready),
      .event_o(event_entry),
      .idle_o(events_idle)
  );

  vam_counters u_counters (
      .clk_i,
      .rst_ni(core_rst_n),
      .ready_o(counters_ready),
      .req_i(counter_req),
      .rsp_o(counter_rsp),
      .ended_i(ended),
      .admin_done_i(admin_done_valid && admin_done_ready),
      .lane_bubble_i(lane_bubble),
      .error_i(dma_error),
      .event_i(event_valid && event_ready),
      .busy_i(ready && !(dma_idle && esp_idle))
  );
endmodule
