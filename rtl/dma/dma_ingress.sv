// Ingress buffer: takes read data in any order of bursts, and hands packets on in order, whole and
// aligned.
//
// Each burst has its place in a ring of beats, given before it was issued. A packet is announced
// when its last beat is here; its segments are then joined to full beats, byte 0 in bits [7:0], the
// last beat zero beyond the packet's end.
module dma_ingress
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned IngressBeats = 1024,
    parameter int unsigned Slots = 64,
    parameter int unsigned IdWidth = 4,
    localparam int unsigned SlotBits = $clog2(Slots),
    localparam int unsigned BeatBits = $clog2(IngressBeats),
    localparam int unsigned CreditBits = $clog2(IngressBeats + 1)
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [23:0] timeout_i,

    input  logic                       packet_valid_i,
    output logic                       packet_ready_o,
    input  read_job_t                  packet_i,
    input  logic      [          10:0] packet_beats_i,
    input  logic                       seg_valid_i,
    output logic                       seg_ready_o,
    input  logic      [           3:0] seg_off_i,
    input  logic      [          13:0] seg_len_i,
    input  logic                       seg_last_i,
    input  logic                       burst_valid_i,
    output logic                       burst_ready_o,
    input  logic                       burst_real_i,
    input  logic      [  SlotBits-1:0] burst_slot_i,
    input  logic                       burst_last_i,
    input  reason_e                    burst_reason_i,
    input  logic      [  BeatBits-1:0] burst_base_i,
    output logic      [     Slots-1:0] slot_busy_o,
    output logic      [2**IdWidth-1:0] id_dead_o,

    input logic   r_valid_i,  // always taken
    input axi_r_t r_i,

    output logic                  credit_return_o,
    output logic [CreditBits-1:0] credit_amount_o,

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
  `include "vam_assert.svh"

  localparam int unsigned Ids = 2 ** IdWidth;
  localparam int unsigned TurnBits = (SlotBits > IdWidth) ? SlotBits - IdWidth : 1;

  // Arrival: which slot an ID's data belong to, and where in it.
  logic [Ids-1:0][TurnBits-1:0] turn_q;
  logic [Ids-1:0][5:0] offset_q;
  logic [Slots-1:0][BeatBits-1:0] base_q;
  logic [Slots-1:0] busy_q, done_q, bad_q;
  logic [Ids-1:0] dead_q;
  logic [IdWidth-1:0] r_id;
  logic [SlotBits-1:0] r_slot;
  logic r_take;

  assign r_id = r_i.id[IdWidth-1:0];
  assign r_slot = SlotBits'({turn_q[r_id], r_id});
  assign r_take = r_valid_i && !dead_q[r_id] && busy_q[r_slot];
  assign slot_busy_o = busy_q;
  assign id_dead_o = dead_q;

  // Bursts in the order of their packets; the oldest leaves when it is complete.
  logic order_valid, order_real, order_last, order_pop, landed_ready;
  logic [SlotBits-1:0] order_slot;
  reason_e order_reason, burst_end, reason_q, packet_end;
  logic late, lost;
  logic [23:0] wait_q;

  prim_fifo #(
      .Width(SlotBits + 2 + $bits(reason_e)),
      .Depth(Slots)
  ) u_order (
      .clk_i,
      .rst_ni,
      .valid_i(burst_valid_i),
      .ready_o(burst_ready_o),
      .data_i ({burst_slot_i, burst_real_i, burst_last_i, burst_reason_i}),
      .valid_o(order_valid),
      .ready_i(order_pop),
      .data_o ({order_slot, order_real, order_last, order_reason})
  );

  assign lost = order_real && !done_q[order_slot] && dead_q[order_slot[IdWidth-1:0]];
  assign order_pop = order_valid && (!order_real || done_q[order_slot] || lost) && landed_ready;
  assign burst_end = !order_real ? order_reason : lost ? ReasonDmaTimeout :
                     bad_q[order_slot] ? ReasonDmaReadError : ReasonOk;
  assign packet_end = (reason_q != ReasonOk) ? reason_q : burst_end;
  // The oldest burst makes no progress for too long: its ID is lost until reset.
  assign late = order_valid && order_real && !done_q[order_slot] && !lost && expired(
      wait_q, timeout_i
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q   <= '0;
      offset_q <= '0;
      busy_q   <= '0;
      done_q   <= '0;
      dead_q   <= '0;
      reason_q <= ReasonOk;
      wait_q   <= '0;
    end else begin
      if (r_take) begin
        offset_q[r_id] <= r_i.last ? '0 : offset_q[r_id] + 1'b1;
        if (r_i.last) begin
          done_q[r_slot] <= 1'b1;
          if (SlotBits > IdWidth) turn_q[r_id] <= turn_q[r_id] + 1'b1;
        end
      end
      if (order_pop) begin
        reason_q <= order_last ? ReasonOk : packet_end;
        if (order_real) begin
          busy_q[order_slot] <= 1'b0;
          done_q[order_slot] <= 1'b0;
        end
      end
      if (burst_valid_i && burst_real_i) busy_q[burst_slot_i] <= 1'b1;
      if (late) dead_q[order_slot[IdWidth-1:0]] <= 1'b1;
      if (!order_valid || order_pop || (r_take && (r_slot == order_slot))) wait_q <= '0;
      else wait_q <= wait_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (burst_valid_i && burst_real_i) begin
      base_q[burst_slot_i] <= burst_base_i;
      bad_q[burst_slot_i]  <= 1'b0;
    end
    if (r_take && (r_i.resp != RespOkay)) bad_q[r_slot] <= 1'b1;
  end

  assign rerr_o     = order_pop && (burst_end == ReasonDmaReadError);
  assign rtimeout_o = late;

  // Whole packets, with how their read ended.
  logic landed_valid, landed_pop;
  logic [$bits(reason_e)-1:0] landed_bits;
  reason_e landed_reason;
  assign landed_reason = reason_e'(landed_bits);
  prim_fifo #(
      .Width($bits(reason_e)),
      .Depth(JobCount)
  ) u_landed (
      .clk_i,
      .rst_ni,
      .valid_i(order_pop && order_last),
      .ready_o(landed_ready),
      .data_i (packet_end),
      .valid_o(landed_valid),
      .ready_i(landed_pop),
      .data_o (landed_bits)
  );

  logic info_valid, join_ready;
  read_job_t info;
  logic [10:0] info_beats;
  prim_fifo #(
      .Width($bits(read_job_t) + 11),
      .Depth(JobCount)
  ) u_info (
      .clk_i,
      .rst_ni,
      .valid_i(packet_valid_i),
      .ready_o(packet_ready_o),
      .data_i ({packet_i, packet_beats_i}),
      .valid_o(info_valid),
      .ready_i(landed_pop),
      .data_o ({info, info_beats})
  );

  logic meta_valid_q;
  pkt_meta_t meta_q;
  assign landed_pop = landed_valid && info_valid && join_ready && (!meta_valid_q || meta_ready_i);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) meta_valid_q <= 1'b0;
    else if (landed_pop) meta_valid_q <= 1'b1;
    else if (meta_ready_i) meta_valid_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (landed_pop) begin
      meta_q <= '{
          job: info.job,
          fault: landed_reason,
          op: info.op,
          src_len: info.src_len,
          dst_cap: info.dst_len,
          vrf_tag: info.vrf_tag,
          sa_handle: info.sa_handle,
          aad_len: info.aad_len,
          tag_len: info.tag_len,
          iv: info.iv
      };
    end
  end
  assign meta_valid_o = meta_valid_q;
  assign meta_o       = meta_q;

  dma_join #(
      .IngressBeats(IngressBeats)
  ) u_join (
      .clk_i,
      .rst_ni,
      .packet_valid_i(landed_pop && (info_beats != '0)),
      .packet_ready_o(join_ready),
      .packet_drop_i(landed_reason != ReasonOk),
      .packet_beats_i(info_beats),
      .seg_valid_i,
      .seg_ready_o,
      .seg_off_i,
      .seg_len_i,
      .seg_last_i,
      .we_i(r_take),
      .waddr_i(base_q[r_slot] + BeatBits'(offset_q[r_id])),
      .wdata_i(r_i.data),
      .credit_return_o,
      .credit_amount_o,
      .beat_valid_o,
      .beat_ready_i,
      .beat_o
  );

  assign idle_o = !order_valid && !landed_valid && !info_valid && !meta_valid_q;

  logic unused;
  assign unused = ^{info.fault, info.src, info.src_count, info.dst_count};

  `VAM_ASSERT(InfoBeforeLanding_A, landed_valid |-> info_valid)
endmodule
