// Packets from the host to the packet path: dma_read asks for them, dma_ingress takes and hands on.
module dma_packet_in
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned IngressBeats = 1024,
    parameter int unsigned IdWidth = 4
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [23:0] timeout_i,

    input  logic      job_valid_i,
    output logic      job_ready_o,
    input  read_job_t job_i,

    // Verdicts on segment lists, and their source segments one cycle after the request.
    input  logic           verdict_valid_i,
    output logic           verdict_ready_o,
    input  reason_e        verdict_i,
    input  logic    [10:0] src_beats_i,
    output logic           list_re_o,
    output job_t           list_job_o,
    output logic    [ 2:0] list_idx_o,
    input  logic    [63:0] list_addr_i,
    input  logic    [13:0] list_len_i,

    output logic    ar_valid_o,
    input  logic    ar_ready_i,
    output axi_ar_t ar_o,
    input  logic    r_valid_i,  // always taken
    input  axi_r_t  r_i,

    output logic      meta_valid_o,
    input  logic      meta_ready_i,
    output pkt_meta_t meta_o,
    output logic      beat_valid_o,
    input  logic      beat_ready_i,
    output beat_t     beat_o,

    output logic idle_o,
    output logic rerr_o,
    output logic rtimeout_o
);
  // Bursts under way: read latency / cycles per 64-byte packet, and headroom.
  localparam int unsigned Slots = 64;
  localparam int unsigned CreditBits = $clog2(IngressBeats + 1);
  localparam int unsigned SlotBits = $clog2(Slots);
  localparam int unsigned BeatBits = $clog2(IngressBeats);

  logic
      credit_return,
      packet_valid,
      packet_ready,
      seg_valid,
      seg_ready,
      seg_last,
      burst_valid,
      burst_ready;
  logic burst_real, burst_last, read_idle, ingress_idle;
  logic [CreditBits-1:0] credit_amount;
  read_job_t packet;
  logic [10:0] packet_beats;
  logic [3:0] seg_off;
  logic [13:0] seg_len;
  logic [SlotBits-1:0] burst_slot;
  logic [BeatBits-1:0] burst_base;
  reason_e burst_reason;
  logic [Slots-1:0] read_busy;
  logic [2**IdWidth-1:0] read_dead;
  dma_read #(
      .IngressBeats(IngressBeats),
      .Slots(Slots),
      .IdWidth(IdWidth)
  ) u_read (
      .clk_i,
      .rst_ni,
      .job_valid_i,
      .job_ready_o,
      .job_i,
      .verdict_valid_i,
      .verdict_ready_o,
      .verdict_i,
      .src_beats_i,
      .seg_re_o(list_re_o),
      .seg_job_o(list_job_o),
      .seg_idx_o(list_idx_o),
      .seg_addr_i(list_addr_i),
      .seg_len_i(list_len_i),
      .credit_return_i(credit_return),
      .credit_amount_i(credit_amount),
      .ar_valid_o,
      .ar_ready_i,
      .ar_o,
      .packet_valid_o(packet_valid),
      .packet_ready_i(packet_ready),
      .packet_o(packet),
      .packet_beats_o(packet_beats),
      .seg_valid_o(seg_valid),
      .seg_ready_i(seg_ready),
      .seg_off_o(seg_off),
      .seg_len_o(seg_len),
      .seg_last_o(seg_last),
      .burst_valid_o(burst_valid),
      .burst_ready_i(burst_ready),
      .burst_real_o(burst_real),
      .burst_slot_o(burst_slot),
      .burst_last_o(burst_last),
      .burst_reason_o(burst_reason),
      .burst_base_o(burst_base),
      .slot_busy_i(read_busy),
      .id_dead_i(read_dead),
      .idle_o(read_idle)
  );
  dma_ingress #(
      .IngressBeats(IngressBeats),
      .Slots(Slots),
      .IdWidth(IdWidth)
  ) u_ingress (
      .clk_i,
      .rst_ni,
      .timeout_i,
      .packet_valid_i(packet_valid),
      .packet_ready_o(packet_ready),
      .packet_i(packet),
      .packet_beats_i(packet_beats),
      .seg_valid_i(seg_valid),
      .seg_ready_o(seg_ready),
      .seg_off_i(seg_off),
      .seg_len_i(seg_len),
      .seg_last_i(seg_last),
      .burst_valid_i(burst_valid),
      .burst_ready_o(burst_ready),
      .burst_real_i(burst_real),
      .burst_slot_i(burst_slot),
      .burst_last_i(burst_last),
      .burst_reason_i(burst_reason),
      .burst_base_i(burst_base),
      .slot_busy_o(read_busy),
      .id_dead_o(read_dead),
      .r_valid_i,
      .r_i,
      .credit_return_o(credit_return),
      .credit_amount_o(credit_amount),
      .meta_valid_o,
      .meta_ready_i,
      .meta_o,
      .beat_valid_o,
      .beat_ready_i,
      .beat_o,
      .idle_o(ingress_idle),
      .rerr_o,
      .rtimeout_o
  );

  assign idle_o = read_idle && ingress_idle;
endmodule
