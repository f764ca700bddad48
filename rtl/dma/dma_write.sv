// Writes results: turns them into bursts at any alignment and over segments, in order.
//
// Addresses are issued here; dma_split makes the beats; dma_commit waits for the answers. Result n
// belongs to job n.
module dma_write
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned Slots = 32,  // packets whose answers are awaited
    parameter int unsigned IdWidth = 4,
    localparam int unsigned SlotBits = $clog2(Slots)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        result_valid_i,
    output logic        result_ready_o,
    input  pkt_result_t result_i,

    output logic            job_re_o,    // job table, one cycle of latency
    output job_t            job_idx_o,
    input  job_rec_t        job_rec_i,
    output logic            job_free_o,
    output logic            seg_re_o,    // segments, one cycle of latency
    output job_t            seg_job_o,
    output logic     [ 2:0] seg_idx_o,
    input  logic     [63:0] seg_addr_i,
    input  logic     [13:0] seg_len_i,

    output logic    aw_valid_o,
    input  logic    aw_ready_i,
    output axi_aw_t aw_o,

    // To dma_split: one command per piece that is contiguous in memory.
    output logic        piece_valid_o,
    input  logic        piece_ready_i,
    output logic [ 3:0] piece_off_o,
    output logic [13:0] piece_len_o,
    output logic        piece_last_o,   // of the packet
    output logic        piece_drop_o,   // throw the packet's beats away

    // To dma_commit.
    output logic                   burst_o,       // pulse: one more answer for this slot
    output logic                   burst_last_o,  // and it is the last
    output logic  [  SlotBits-1:0] slot_o,
    output logic                   slot_take_o,
    input  logic  [     Slots-1:0] slot_busy_i,
    input  logic  [2**IdWidth-1:0] id_dead_i,
    output logic                   done_valid_o,
    input  logic                   done_ready_i,
    output done_t                  done_o,
    output logic                   done_real_o,   // wait for the slot's answers
    output logic                   idle_o
);
  typedef enum logic [2:0] {
    StIdle,
    StLook,   // job table answers
    StStart,
    StLoad,   // segment RAM answers
    StBurst
  } state_e;
  state_e state_q;

  pkt_result_t res_q;
  job_rec_t job_q;
  logic [13:0] left_q;  // bytes of the packet beyond this piece
  logic [SlotBits-1:0] slot_q;

  assign result_ready_o = (state_q == StIdle);
  assign job_re_o       = (state_q == StIdle) && result_valid_i;
  assign job_idx_o      = result_i.job;

  // Start: decide what is written at all.
  logic has_data, fits, all_dead, wants_slot, slot_ok, skip, start, write;
  reason_e reason;
  assign has_data = (res_q.reason == ReasonOk) && (res_q.out_len != '0);
  assign fits = (res_q.out_len <= job_q.dst_len) && (res_q.out_len <= 16'(MaxPacket));
  assign all_dead = &id_dead_i;
  assign wants_slot = has_data && fits && !all_dead;
  assign slot_ok = !slot_busy_i[slot_q] && !id_dead_i[slot_q[IdWidth-1:0]];
  assign skip = (state_q == StStart) && wants_slot && id_dead_i[slot_q[IdWidth-1:0]];
  assign start      = (state_q == StStart) && done_ready_i && (!has_data || piece_ready_i) &&
      (!wants_slot || slot_ok);
  assign write = start && wants_slot;
  always_comb begin
    reason = res_q.reason;
    if (has_data && !fits) reason = ReasonEngineFault;
    else if (has_data && all_dead) reason = ReasonDmaTimeout;
  end

  assign done_valid_o = start;
  assign done_real_o = write;
  assign slot_take_o = write;
  assign slot_o = slot_q;
  assign done_o = '{
          stamp: job_q.stamp,
          timed: 1'b1,
          qid: job_q.qid,
          sq_head: job_q.sq_head,
          op: job_q.op,
          urgent: job_q.urgent,
          cookie: job_q.cookie,
          sa_handle: res_q.sa_handle,
          out_len: (reason == ReasonOk) ? res_q.out_len : '0,
          reason: reason
      };

  // Bursts.
  burst_t burst;
  logic [3:0] piece;
  logic [13:0] seg_len;
  logic piece_first, piece_ends, packet_ends, go;
  assign seg_len = (seg_len_i < left_q) ? seg_len_i : left_q;
  dma_walk u_walk (
      .clk_i,
      .load_i ((state_q == StStart) || (state_q == StLoad)),
      .start_i(state_q == StStart),
      .addr_i ((state_q == StStart) ? job_q.dst : seg_addr_i),
      .len_i  ((state_q == StStart) ? res_q.out_len[13:0] : seg_len),
      .go_i   (go),
      .burst_o(burst),
      .first_o(piece_first),
      .last_o (piece_ends),
      .off_o  (piece_off_o),
      .len_o  (piece_len_o),
      .index_o(piece)
  );
  assign packet_ends = piece_ends && (left_q == '0);

  assign aw_valid_o = (state_q == StBurst) && (!piece_first || piece_ready_i);
  assign aw_o = '{id: IdBits'(slot_q[IdWidth-1:0]), addr: burst.addr, len: burst.len};
  assign go = aw_valid_o && aw_ready_i;
  assign burst_o = go;
  assign burst_last_o = packet_ends;

  assign piece_drop_o = (state_q == StStart);
  assign piece_valid_o = piece_drop_o ? (start && has_data && !wants_slot) : (go && piece_first);
  assign piece_last_o = piece_drop_o || (left_q == '0);

  assign seg_re_o = (state_q == StStart) || (state_q == StBurst);
  assign seg_job_o = res_q.job;
  assign seg_idx_o = (state_q == StStart) ? '0 : piece[2:0] + 3'd1;

  assign job_free_o = (start && !write) || (go && packet_ends);
  assign idle_o = (state_q == StIdle) && !result_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      slot_q  <= '0;
    end else begin
      unique case (state_q)
        StIdle: if (result_valid_i) state_q <= StLook;
        StLook: state_q <= StStart;
        StStart: if (start) state_q <= !write ? StIdle : (job_q.dst_count != '0) ? StLoad : StBurst;
        StLoad: state_q <= StBurst;
        StBurst: if (go && piece_ends) state_q <= packet_ends ? StIdle : StLoad;
        default: state_q <= StIdle;
      endcase
      if ((go && packet_ends) || skip) slot_q <= slot_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (state_q)
      StIdle:  res_q <= result_i;
      StLook:  job_q <= job_rec_i;
      StStart: left_q <= (job_q.dst_count != '0) ? res_q.out_len[13:0] : '0;
      StLoad:  left_q <= left_q - seg_len;
      default: ;
    endcase
  end

  logic unused;
  assign unused = ^{job_q.src_count, piece[3]};
endmodule
