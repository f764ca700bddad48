// The one writer of everything that changes with packets: sequence numbers, replay windows,
// counters and sticky events of every SA. One operation per cycle, also on one SA back to back.
//
//   stage 0  choose, read    stage 1  decide, answer    stage 2  write
//
// Admin operations go first (they are rare), then outbound and inbound packets in turn, then the
// readings of the event engine. Limits have no forwarding: nothing enters behind an admin operation
// until it has written.
module sad_rmw
  import vam_map_pkg::*;
  import vam_pkg::*;
  import sad_pkg::*;
#(
    parameter  int unsigned MaxSa   = 1024,
    localparam int unsigned IdxBits = $clog2(MaxSa)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        seq_req_valid_i,
    output logic        seq_req_ready_o,
    input  seq_req_t    seq_req_i,
    output logic        seq_rsp_valid_o,
    input  logic        seq_rsp_ready_i,
    output seq_rsp_t    seq_rsp_o,
    input  logic        commit_req_valid_i,
    output logic        commit_req_ready_o,
    input  commit_req_t commit_req_i,
    output logic        commit_rsp_valid_o,
    input  logic        commit_rsp_ready_i,
    output commit_rsp_t commit_rsp_o,

    // Admin: all inputs hold until admin_done_o; the reading is valid with it. While boot_i the
    // rows are still undefined, and what they seem to say about events is not believed.
    input  logic                      boot_i,
    input  logic                      admin_valid_i,
    input  rmw_op_e                   admin_op_i,
    input  logic        [IdxBits-1:0] admin_index_i,
    input  logic        [       63:0] admin_seq_i,     // RmwInit
    input  sa_limits_t                admin_limits_i,  // RmwInit, RmwModify
    input  event_mask_t               admin_mask_i,    // RmwAck
    output logic                      admin_done_o,

    // Event engine: a reading, valid with peek_done_o.
    input  logic               peek_valid_i,
    output logic               peek_ready_o,
    input  logic [IdxBits-1:0] peek_index_i,
    output logic               peek_done_o,

    output sa_snapshot_t snapshot_o,  // of the admin operation or reading that is done

    // Events that an operation fired, and whether any SA has one that is not acknowledged.
    output logic                      fire_valid_o,
    output logic        [IdxBits-1:0] fire_index_o,
    output event_mask_t               fire_mask_o,
    output logic                      pending_any_o,

    // Replay pre-check of the lookup.
    input  logic                        pre_read_i,
    input  logic [         IdxBits-1:0] pre_index_i,
    output logic [                63:0] pre_top_o,
    input  logic [$clog2(RingBits)-1:0] pre_pos_i,
    output logic                        pre_seen_o,

    output logic idle_o
);
  `include "vam_assert.svh"

  localparam int unsigned RspDepth = 4;
  localparam int unsigned CountBits = $clog2(MaxSa + 1);

  // Stage 0.
  logic
      seq_room,
      commit_room,
      seq_empty,
      commit_empty,
      admin_block,
      admin_go,
      peek_go,
      packet_any,
      packet_commit;
  logic read;
  logic [IdxBits-1:0] read_index;
  logic admin_busy_q;
  // Stage 1.
  logic valid1_q, admin1_q;
  rmw_op_e op1_q;
  logic [IdxBits-1:0] index1_q;
  logic [15:0] text_len1_q;
  logic [63:0] seq1_q;
  sa_limits_t limits;
  sa_count_t count_ram, count1, count_next;
  accounted_t accounted;
  reason_e refused;
  logic replay_old, replay_duplicate, packet1, overflow;
  logic [63:0] top, next_seq;
  // Stages 2 and 3.
  logic we2_q, we3_q, admin2_q, peek2_q;
  logic [IdxBits-1:0] index2_q, index3_q;
  sa_count_t count2_q, count3_q;
  event_mask_t fired2_q;
  sa_snapshot_t snapshot_q;
  logic [CountBits-1:0] pending_q;
  logic rises, falls;

  // ---- Stage 0: choose. A packet enters only if its answer has a place.
  assign admin_block = valid1_q && admin1_q;
  assign admin_go    = admin_valid_i && !admin_busy_q;

  prim_arb_rr #(
      .Count(2)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i    ({commit_req_valid_i && commit_room, seq_req_valid_i && seq_room}),
      .advance_i(!admin_go && !admin_block),
      .valid_o  (packet_any),
      .idx_o    (packet_commit)
  );

  assign seq_req_ready_o    = packet_any && !packet_commit && !admin_go && !admin_block;
  assign commit_req_ready_o = packet_any && packet_commit && !admin_go && !admin_block;
  assign peek_go            = peek_valid_i && !packet_any && !admin_go && !admin_block;
  assign peek_ready_o       = peek_go;
  assign read               = admin_go || seq_req_ready_o || commit_req_ready_o || peek_go;
  always_comb begin
    if (admin_go) read_index = admin_index_i;
    else if (commit_req_ready_o) read_index = commit_req_i.index[IdxBits-1:0];
    else if (seq_req_ready_o) read_index = seq_req_i.index[IdxBits-1:0];
    else read_index = peek_index_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid1_q     <= 1'b0;
      admin1_q     <= 1'b0;
      admin_busy_q <= 1'b0;
    end else begin
      valid1_q <= read;
      admin1_q <= admin_go;
      // From the cycle it enters until its done pulse has been seen.
      if (admin_go) admin_busy_q <= 1'b1;
      else if (admin_done_o) admin_busy_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (read) begin
      index1_q <= read_index;
      if (admin_go) begin
        op1_q  <= admin_op_i;
        seq1_q <= admin_seq_i;
      end else if (commit_req_ready_o) begin
        op1_q       <= RmwCommit;
        seq1_q      <= commit_req_i.seq;
        text_len1_q <= commit_req_i.text_len;
      end else if (seq_req_ready_o) begin
        op1_q       <= RmwSeq;
        text_len1_q <= seq_req_i.text_len;
      end else begin
        op1_q <= RmwPeek;
      end
    end
  end

  prim_ram_1r1w #(
      .Width($bits(sa_limits_t)),
      .Depth(MaxSa)
  ) u_limits (
      .clk_i,
      .we_i   (valid1_q && (op1_q == RmwInit || op1_q == RmwModify)),
      .waddr_i(index1_q),
      .wdata_i(admin_limits_i),
      .re_i   (read),
      .raddr_i(read_index),
      .rdata_o(limits)
  );
  prim_ram_1r1w #(
      .Width($bits(sa_count_t)),
      .Depth(MaxSa)
  ) u_count (
      .clk_i,
      .we_i   (we2_q),
      .waddr_i(index2_q),
      .wdata_i(count2_q),
      .re_i   (read),
      .raddr_i(read_index),
      .rdata_o(count_ram)
  );

  sad_replay #(
      .MaxSa(MaxSa),
      .RingBits(RingBits)
  ) u_replay (
      .clk_i,
      .rst_ni,
      .read_i     (read),
      .index_i    (read_index),
      .commit_i   (valid1_q && op1_q == RmwCommit),
      .next_i     (valid1_q && op1_q == RmwSeq),
      .init_i     (valid1_q && op1_q == RmwInit),
      .allow_i    (op1_q == RmwInit || accounted.reason == ReasonOk),
      .seq_i      (seq1_q),
      .window_i   (limits.window),
      .old_o      (replay_old),
      .duplicate_o(replay_duplicate),
      .top_o      (top),
      .pre_read_i,
      .pre_index_i,
      .pre_top_o,
      .pre_pos_i,
      .pre_seen_o
  );

  // ---- Stage 1: decide.
  assign packet1  = valid1_q && (op1_q == RmwSeq || op1_q == RmwCommit);
  assign overflow = limits.esn ? (&top) : (&top[31:0]);
  assign next_seq = (op1_q == RmwSeq) ? top + 64'd1 : seq1_q;
  always_comb begin
    count1 = count_ram;
    if (we2_q && index2_q == index1_q) count1 = count2_q;
    else if (we3_q && index3_q == index1_q) count1 = count3_q;
    refused = ReasonOk;
    if (op1_q == RmwSeq) begin
      if (overflow) refused = ReasonSeqOverflow;
    end else if (replay_old) begin
      refused = ReasonReplayOld;
    end else if (replay_duplicate) begin
      refused = ReasonReplayDuplicate;
    end
    accounted  = account(limits, count1, refused, next_seq, text_len1_q);
    count_next = accounted.count;
    unique case (op1_q)
      RmwAck: begin
        count_next = count1;
        count_next.pending = count1.pending & ~admin_mask_i;
      end
      RmwModify: begin
        count_next = count1;
        count_next.pending = '0;
        count_next.fired = '0;
      end
      RmwInit: count_next = '0;
      default: ;
    endcase
  end

  prim_fifo_reserved #(
      .Width($bits(seq_rsp_t)),
      .Depth(RspDepth)
  ) u_seq_rsp (
      .clk_i,
      .rst_ni,
      .room_o   (seq_room),
      .reserve_i(seq_req_ready_o),
      .valid_i  (valid1_q && op1_q == RmwSeq),
      .data_i   ({accounted.reason, next_seq}),
      .valid_o  (seq_rsp_valid_o),
      .ready_i  (seq_rsp_ready_i),
      .data_o   (seq_rsp_o),
      .empty_o  (seq_empty)
  );
  prim_fifo_reserved #(
      .Width($bits(commit_rsp_t)),
      .Depth(RspDepth)
  ) u_commit_rsp (
      .clk_i,
      .rst_ni,
      .room_o   (commit_room),
      .reserve_i(commit_req_ready_o),
      .valid_i  (valid1_q && op1_q == RmwCommit),
      .data_i   (accounted.reason),
      .valid_o  (commit_rsp_valid_o),
      .ready_i  (commit_rsp_ready_i),
      .data_o   (commit_rsp_o),
      .empty_o  (commit_empty)
  );

  // ---- Stage 2: write; stage 3 is what stage 1 may have missed in the RAM.
  assign rises = packet1 && (count1.pending == '0) && (count_next.pending != '0);
  assign falls = valid1_q && (op1_q == RmwAck || op1_q == RmwModify || op1_q == RmwInit) &&
      !boot_i && (count1.pending != '0) && (count_next.pending == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {we2_q, we3_q, admin2_q, peek2_q} <= '0;
      fired2_q <= '0;
      pending_q <= '0;
    end else begin
      we2_q     <= valid1_q && op1_q != RmwPeek;
      we3_q     <= we2_q;
      admin2_q  <= valid1_q && admin1_q;
      peek2_q   <= valid1_q && !admin1_q && op1_q == RmwPeek;
      fired2_q  <= packet1 ? accounted.fired : '0;
      pending_q <= pending_q + CountBits'(rises) - CountBits'(falls);
    end
  end
  always_ff @(posedge clk_i) begin
    if (valid1_q) begin
      index2_q <= index1_q;
      count2_q <= count_next;
    end
    if (we2_q) begin
      index3_q <= index2_q;
      count3_q <= count2_q;
    end
    if (valid1_q && !packet1) begin
      snapshot_q <= '{gen: limits.gen, sa_id: limits.sa_id, seq: top, count: count1};
    end
  end

  assign admin_done_o = admin2_q;
  assign peek_done_o = peek2_q;
  assign snapshot_o = snapshot_q;
  assign fire_valid_o = (fired2_q != '0);
  assign fire_index_o = index2_q;
  assign fire_mask_o = fired2_q;
  assign pending_any_o = (pending_q != '0);
  assign idle_o = !valid1_q && !we2_q && seq_empty && commit_empty && !admin_busy_q;

  `VAM_ASSERT(PendingInRange_A, pending_q <= CountBits'(MaxSa))
endmodule
