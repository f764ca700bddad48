// Reads packets: turns jobs into bursts, in order, as soon as the whole packet has room in the
// ingress buffer.
//
// Burst slots are numbered; slot n uses ID n mod 2^IdWidth, so answers of one ID belong to its
// slots in turn.
module dma_read
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

    input  logic      job_valid_i,
    output logic      job_ready_o,
    input  read_job_t job_i,

    input  logic           verdict_valid_i,  // of the segment lists
    output logic           verdict_ready_o,
    input  reason_e        verdict_i,
    input  logic    [10:0] src_beats_i,
    output logic           seg_re_o,
    output job_t           seg_job_o,
    output logic    [ 2:0] seg_idx_o,
    input  logic    [63:0] seg_addr_i,
    input  logic    [13:0] seg_len_i,

    input logic                  credit_return_i,
    input logic [CreditBits-1:0] credit_amount_i,

    output logic    ar_valid_o,
    input  logic    ar_ready_i,
    output axi_ar_t ar_o,

    // To the ingress buffer: packets, their segments, and their bursts, each in order.
    output logic packet_valid_o,
    input logic packet_ready_i,
    output read_job_t packet_o,
    output logic [10:0] packet_beats_o,  // taken in the buffer; 0: nothing is read
    output logic seg_valid_o,
    input logic seg_ready_i,
    output logic [3:0] seg_off_o,
    output logic [13:0] seg_len_o,
    output logic seg_last_o,
    output logic burst_valid_o,
    input logic burst_ready_i,
    output logic burst_real_o,  // has a slot; otherwise only the reason counts
    output logic [SlotBits-1:0] burst_slot_o,
    output logic burst_last_o,  // of the packet
    output reason_e burst_reason_o,
    output logic [BeatBits-1:0] burst_base_o,  // where its first beat goes

    input  logic [     Slots-1:0] slot_busy_i,
    input  logic [2**IdWidth-1:0] id_dead_i,    // an answer of this ID is missing: not used again
    output logic                  idle_o
);
  typedef enum logic [1:0] {
    StIdle,
    StLoad,  // segment RAM answers
    StBurst
  } state_e;
  state_e state_q;

  read_job_t job_q;
  logic [BeatBits-1:0] base_q;
  logic [SlotBits-1:0] slot_q;

  // A job is taken when everything for it is there.
  logic listed, take, credit_ok, fail, room;
  logic [10:0] beats;
  reason_e reason;
  assign listed = (job_i.src_count | job_i.dst_count) != '0;
  assign reason = (job_i.fault != ReasonOk) ? job_i.fault : listed ? verdict_i : ReasonOk;
  assign fail = (reason != ReasonOk);
  assign beats  = (job_i.src_count != '0) ? src_beats_i
                                          : 11'((17'(job_i.src_len) + 17'(job_i.src[3:0]) +
                                              17'd15) >> 4);
  assign room   = packet_ready_i && (!listed || verdict_valid_i) && (fail ?
      burst_ready_i : credit_ok);
  assign take = (state_q == StIdle) && job_valid_i && room;
  assign job_ready_o = take;
  assign verdict_ready_o = take && listed;

  prim_credit #(
      .Total(IngressBeats)
  ) u_credit (
      .clk_i,
      .rst_ni,
      .take_i(take && !fail),
      .take_amount_i(CreditBits'(beats)),
      .take_ok_o(credit_ok),
      .return_i(credit_return_i),
      .return_amount_i(credit_amount_i)
  );

  assign packet_valid_o = take;
  assign packet_o       = job_i;
  assign packet_beats_o = fail ? '0 : beats;

  // The burst of this cycle.
  burst_t burst;
  logic [3:0] piece;
  logic seg_first, seg_ends, packet_ends, all_dead, usable, go, skip;
  dma_walk u_walk (
      .clk_i,
      .load_i (state_q != StBurst),
      .start_i(state_q == StIdle),
      .addr_i ((state_q == StIdle) ? job_i.src : seg_addr_i),
      .len_i  ((state_q == StIdle) ? job_i.src_len[13:0] : seg_len_i),
      .go_i   (go),
      .burst_o(burst),
      .first_o(seg_first),
      .last_o (seg_ends),
      .off_o  (seg_off_o),
      .len_o  (seg_len_o),
      .index_o(piece)
  );
  assign seg_re_o = take || (state_q == StBurst);
  assign seg_job_o = take ? job_i.job : job_q.job;
  assign seg_idx_o = take ? '0 : piece[2:0] + 3'd1;
  assign seg_last_o = (piece + 4'd1 >= job_q.src_count);
  assign packet_ends = seg_ends && seg_last_o;

  assign all_dead = &id_dead_i;
  assign usable = !slot_busy_i[slot_q] && !id_dead_i[slot_q[IdWidth-1:0]];
  assign skip = (state_q == StBurst) && !all_dead && id_dead_i[slot_q[IdWidth-1:0]];
  assign ar_valid_o = (state_q == StBurst) && usable && burst_ready_i && seg_ready_i;
  assign ar_o = '{id: IdBits'(slot_q[IdWidth-1:0]), addr: burst.addr, len: burst.len};
  // With every ID lost, bursts fail at once.
  assign go = (state_q == StBurst) && burst_ready_i && seg_ready_i && (all_dead || (usable &&
      ar_ready_i));

  assign seg_valid_o = go && seg_first;

  assign burst_valid_o = go || (take && fail);
  assign burst_real_o = go && !all_dead;
  assign burst_slot_o = slot_q;
  assign burst_last_o = (take && fail) || packet_ends;
  assign burst_reason_o = go ? (all_dead ? ReasonDmaTimeout : ReasonOk) : reason;
  assign burst_base_o = base_q;
  assign idle_o = (state_q == StIdle) && !job_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      base_q  <= '0;
      slot_q  <= '0;
    end else begin
      unique case (state_q)
        StIdle:  if (take && !fail) state_q <= (job_i.src_count != '0) ? StLoad : StBurst;
        StLoad:  state_q <= StBurst;
        StBurst: if (go && seg_ends) state_q <= packet_ends ? StIdle : StLoad;
        default: state_q <= StIdle;
      endcase
      if (go) base_q <= base_q + BeatBits'(burst.len) + 1'b1;
      if ((go && !all_dead) || skip) slot_q <= slot_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StIdle) job_q <= job_i;
  end

  logic unused;
  assign unused = ^job_q;
endmodule
