// BAR0: the generated register block, with its plain sides turned into packed structs.
//
// Reset by the hard reset and by a function reset, not by a soft reset. Registers that belong to
// other blocks come out as regions: one request at a time (see vam_reg_pkg).
module vam_bar
  import vam_reg_pkg::*;
#(
    parameter logic [63:0] BuildId = 64'd0,
    parameter int unsigned ClockHz = 250_000_000,
    parameter int unsigned MaxSa = 1024,
    parameter int unsigned NumQueues = 4,
    parameter int unsigned NumVectors = 8,
    parameter int unsigned DataWidth = 128
) (
    input logic clk_i,
    input logic rst_ni,

    output logic        s_axil_awready_o,
    input  logic        s_axil_awvalid_i,
    input  logic [16:0] s_axil_awaddr_i,
    output logic        s_axil_wready_o,
    input  logic        s_axil_wvalid_i,
    input  logic [31:0] s_axil_wdata_i,
    input  logic [ 3:0] s_axil_wstrb_i,
    input  logic        s_axil_bready_i,
    output logic        s_axil_bvalid_o,
    output logic [ 1:0] s_axil_bresp_o,
    output logic        s_axil_arready_o,
    input  logic        s_axil_arvalid_i,
    input  logic [16:0] s_axil_araddr_i,
    input  logic        s_axil_rready_i,
    output logic        s_axil_rvalid_o,
    output logic [31:0] s_axil_rdata_o,
    output logic [ 1:0] s_axil_rresp_o,

    output bar_control_t control_o,
    input  bar_status_t  status_i,
    output faults_t      faults_o,

    output reg_req_t queue_req_o,
    input  reg_rsp_t queue_rsp_i,
    output reg_req_t event_req_o,
    input  reg_rsp_t event_rsp_i,
    output reg_req_t moderation_req_o,
    input  reg_rsp_t moderation_rsp_i,
    output reg_req_t msix_req_o,
    input  reg_rsp_t msix_rsp_i,
    output reg_req_t pba_req_o,
    input  reg_rsp_t pba_rsp_i,
    output reg_req_t counter_req_o,
    input  reg_rsp_t counter_rsp_i,
    output reg_req_t doorbell_req_o,
    input  reg_rsp_t doorbell_rsp_i
);
  vam_regs_pkg::vam_regs__in_t  hwif_in;
  vam_regs_pkg::vam_regs__out_t hwif_out;

  // ---- what the card is -------------------------------------------------------------------------
  assign hwif_in.id.build_lo.value.next = BuildId[31:0];
  assign hwif_in.id.build_hi.value.next = BuildId[63:32];
  assign hwif_in.id.clock.hz.next = ClockHz;
  assign hwif_in.cap.sas.max_sa.next = MaxSa;
  assign hwif_in.cap.window_rows.rows.next = MaxSa;
  assign hwif_in.cap.queues.data_queues.next = 8'(NumQueues);
  assign hwif_in.cap.queues.vectors.next = 8'(NumVectors);
  assign hwif_in.cap.datapath.data_width.next = 16'(DataWidth);
  assign hwif_in.cap.datapath.lanes.next = 8'(DataWidth / 128);
  assign hwif_in.queue_block.count.elements.next = 16'(NumQueues + 1);
  assign hwif_in.doorbell_block.count.elements.next = 16'(NumQueues + 1);
  assign hwif_in.event_block.count.elements.next = 16'd1;
  assign hwif_in.msix_block.count.elements.next = 16'(NumVectors);
  assign hwif_in.counter_block.count.elements.next = 16'd16;

  // ---- control and status -----------------------------------------------------------------------
  logic [31:0] heartbeat_q;
  faults_t faults;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) heartbeat_q <= '0;
    else heartbeat_q <= heartbeat_q + 32'd1;
  end

  assign control_o = '{
          soft_reset: hwif_out.ctrl.control.soft_reset.value,
          zeroise: hwif_out.ctrl.control.zeroise.value,
          fault_event: hwif_out.test.inject.fault_event.value,
          bus_timeout: hwif_out.ctrl.bus_timeout.cycles.value,
          drain_timeout: hwif_out.ctrl.drain_timeout.cycles.value,
          hash_key: {
            hwif_out.ctrl.hash_key[3].value.value,
            hwif_out.ctrl.hash_key[2].value.value,
            hwif_out.ctrl.hash_key[1].value.value,
            hwif_out.ctrl.hash_key[0].value.value
          }
      };
  assign faults = '{
          queue_error: hwif_out.ctrl.faults.queue_error.value,
          read_error: hwif_out.ctrl.faults.read_error.value,
          write_error: hwif_out.ctrl.faults.write_error.value,
          bus_timeout: hwif_out.ctrl.faults.bus_timeout.value,
          ring_write: hwif_out.ctrl.faults.ring_write.value,
          isolation: hwif_out.ctrl.faults.isolation.value
      };
  assign faults_o = faults;
  assign hwif_in.ctrl.faults.queue_error.hwset = status_i.fault_set.queue_error;
  assign hwif_in.ctrl.faults.read_error.hwset = status_i.fault_set.read_error;
  assign hwif_in.ctrl.faults.write_error.hwset = status_i.fault_set.write_error;
  assign hwif_in.ctrl.faults.bus_timeout.hwset = status_i.fault_set.bus_timeout;
  assign hwif_in.ctrl.faults.ring_write.hwset = status_i.fault_set.ring_write;
  assign hwif_in.ctrl.faults.isolation.hwset = status_i.fault_set.isolation;
  assign hwif_in.ctrl.status.ready.next = status_i.ready;
  assign hwif_in.ctrl.status.reset_busy.next = status_i.reset_busy;
  assign hwif_in.ctrl.status.zeroise_done.next = status_i.zeroise_done;
  assign hwif_in.ctrl.status.isolated.next = status_i.isolated;
  assign hwif_in.ctrl.status.link_up.next = status_i.link_up;
  assign hwif_in.ctrl.status.bus_master.next = status_i.bus_master;
  assign hwif_in.ctrl.status.msix_enabled.next = status_i.msix_enabled;
  assign hwif_in.ctrl.status.msix_masked.next = status_i.msix_masked;
  assign hwif_in.ctrl.status.idle.next = status_i.idle;
  assign hwif_in.ctrl.status.fault.next = |faults;
  assign hwif_in.ctrl.heartbeat.cycles.next = heartbeat_q;
  assign hwif_in.ctrl.sa_count.count.next = status_i.sa_count;
  assign hwif_in.test.inverted.value.next = ~hwif_out.test.scratch[0].value.value;

  // ---- regions ----------------------------------------------------------------------------------
  // All regions see the same access; only the one that it is for sees it as valid.
  reg_req_t access;
  assign access = '{
          valid: 1'b0,
          write: hwif_out.queues.req_is_wr,
          addr: '0,
          data: hwif_out.queues.wr_data & hwif_out.queues.wr_biten
      };
  function automatic reg_req_t select(reg_req_t common, logic valid, logic [15:0] addr);
    select       = common;
    select.valid = valid;
    select.addr  = addr;
  endfunction

  // What kind of access the pending request of a region is decides which acknowledgement its answer
  // becomes. Only one request is pending over all regions.
  logic write_q;
  logic req_any;
  assign req_any = hwif_out.queues.req || hwif_out.event_ring.req || hwif_out.moderation.req ||
                   hwif_out.msix_table.req || hwif_out.pba.req || hwif_out.counters.req ||
                   hwif_out.doorbells.req;

  always_ff @(posedge clk_i) begin
    if (req_any) write_q <= access.write;
  end

  assign queue_req_o = select(access, hwif_out.queues.req, 16'(hwif_out.queues.addr));
  assign hwif_in.queues.rd_ack = queue_rsp_i.ack && !write_q;
  assign hwif_in.queues.wr_ack = queue_rsp_i.ack && write_q;
  assign hwif_in.queues.rd_data = queue_rsp_i.data;

  assign event_req_o = select(access, hwif_out.event_ring.req, 16'(hwif_out.event_ring.addr));
  assign hwif_in.event_ring.rd_ack = event_rsp_i.ack && !write_q;
  assign hwif_in.event_ring.wr_ack = event_rsp_i.ack && write_q;
  assign hwif_in.event_ring.rd_data = event_rsp_i.data;

  assign moderation_req_o = select(access, hwif_out.moderation.req, 16'(hwif_out.moderation.addr));
  assign hwif_in.moderation.rd_ack = moderation_rsp_i.ack && !write_q;
  assign hwif_in.moderation.wr_ack = moderation_rsp_i.ack && write_q;
  assign hwif_in.moderation.rd_data = moderation_rsp_i.data;

  assign msix_req_o = select(access, hwif_out.msix_table.req, 16'(hwif_out.msix_table.addr));
  assign hwif_in.msix_table.rd_ack = msix_rsp_i.ack && !write_q;
  assign hwif_in.msix_table.wr_ack = msix_rsp_i.ack && write_q;
  assign hwif_in.msix_table.rd_data = msix_rsp_i.data;

  assign pba_req_o = select(access, hwif_out.pba.req, 16'(hwif_out.pba.addr));
  assign hwif_in.pba.rd_ack = pba_rsp_i.ack && !write_q;
  assign hwif_in.pba.wr_ack = pba_rsp_i.ack && write_q;
  assign hwif_in.pba.rd_data = pba_rsp_i.data;

  assign counter_req_o = select(access, hwif_out.counters.req, 16'(hwif_out.counters.addr));
  assign hwif_in.counters.rd_ack = counter_rsp_i.ack && !write_q;
  assign hwif_in.counters.wr_ack = counter_rsp_i.ack && write_q;
  assign hwif_in.counters.rd_data = counter_rsp_i.data;

  assign doorbell_req_o = select(access, hwif_out.doorbells.req, 16'(hwif_out.doorbells.addr));
  assign hwif_in.doorbells.rd_ack = doorbell_rsp_i.ack && !write_q;
  assign hwif_in.doorbells.wr_ack = doorbell_rsp_i.ack && write_q;
  assign hwif_in.doorbells.rd_data = doorbell_rsp_i.data;

  vam_regs u_regs (
      .clk           (clk_i),
      .rst_n         (rst_ni),
      .s_axil_awready(s_axil_awready_o),
      .s_axil_awvalid(s_axil_awvalid_i),
      .s_axil_awaddr (s_axil_awaddr_i),
      .s_axil_awprot (3'd0),
      .s_axil_wready (s_axil_wready_o),
      .s_axil_wvalid (s_axil_wvalid_i),
      .s_axil_wdata  (s_axil_wdata_i),
      .s_axil_wstrb  (s_axil_wstrb_i),
      .s_axil_bready (s_axil_bready_i),
      .s_axil_bvalid (s_axil_bvalid_o),
      .s_axil_bresp  (s_axil_bresp_o),
      .s_axil_arready(s_axil_arready_o),
      .s_axil_arvalid(s_axil_arvalid_i),
      .s_axil_araddr (s_axil_araddr_i),
      .s_axil_arprot (3'd0),
      .s_axil_rready (s_axil_rready_i),
      .s_axil_rvalid (s_axil_rvalid_o),
      .s_axil_rdata  (s_axil_rdata_o),
      .s_axil_rresp  (s_axil_rresp_o),
      .hwif_in,
      .hwif_out
  );
endmodule
