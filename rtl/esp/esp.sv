// Packet path of the card between dma and sad: parse, lookup, AES-GCM lane, verdict, header build.
//
// In order: the n-th meta gets the n-th result. meta precedes or accompanies its beats; a result
// precedes or accompanies its beats. Plaintext leaves only after ICV, replay commit, padding and
// inner checks passed. Every packet asks sad once (skip when there is nothing to look up) and
// retires once, when the last of it has left this block.
module esp
  import vam_pkg::*;
  import esp_pkg::*;
#(
    // Blocks of 16 bytes held back for a verdict: two maximum packets and the depth of the lane.
    parameter int unsigned HoldDepth = 2048
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        meta_valid_i,
    output logic        meta_ready_o,
    input  pkt_meta_t   meta_i,
    input  logic        in_valid_i,
    output logic        in_ready_o,
    input  beat_t       in_i,
    output logic        result_valid_o,
    input  logic        result_ready_i,
    output pkt_result_t result_o,
    output logic        out_valid_o,
    input  logic        out_ready_i,
    output beat_t       out_o,

    output logic        sad_req_valid_o,
    input  logic        sad_req_ready_i,
    output sad_req_t    sad_req_o,
    input  logic        sad_rsp_valid_i,
    output logic        sad_rsp_ready_o,
    input  sad_rsp_t    sad_rsp_i,
    output logic        seq_req_valid_o,
    input  logic        seq_req_ready_i,
    output seq_req_t    seq_req_o,
    input  logic        seq_rsp_valid_i,
    output logic        seq_rsp_ready_o,
    input  seq_rsp_t    seq_rsp_i,
    output logic        commit_req_valid_o,
    input  logic        commit_req_ready_i,
    output commit_req_t commit_req_o,
    input  logic        commit_rsp_valid_i,
    output logic        commit_rsp_ready_o,
    input  commit_rsp_t commit_rsp_i,

    output logic retire_o,      // one packet is done with its SA
    output logic idle_o,        // no packet and no part of one inside
    output logic lane_bubble_o  // see gcm_lane
);
  `include "vam_assert.svh"

  // Packets between decision and verdict: the lane's latency of about 40 cycles and that of the
  // commit, in smallest packets of 4 cycles.
  localparam int unsigned InLane = 32;
  // Beats waiting for lookup and sequence number, about 25 cycles, in 64 cycles of beats.
  localparam int unsigned StoreDepth = 64;
  // Packets waiting for the lookup.
  localparam int unsigned LookupDepth = 16;
  // Orders and verdicts between neighbours that take one whenever they end a packet: one in use,
  // and others behind it while the next small packets catch up.
  localparam int unsigned OrderDepth = 4;
  // Judgements and tags: small packets that end in the lane, one per 4 cycles, while the verdict
  // waits for a commit or the egress for its beats.
  localparam int unsigned EndDepth = 8;

  // --- first look ---
  logic beat_in_valid, beat_in_ready, beat_valid, beat_ready;
  beat_t beat_in, beat;
  logic look_valid, look_ready, look_room, parsed_valid, parsed_ready;
  parsed_t look, parsed;

  esp_parse u_parse (
      .clk_i,
      .rst_ni,
      .meta_valid_i,
      .meta_ready_o,
      .meta_i,
      .in_valid_i,
      .in_ready_o,
      .in_i,
      .beat_valid_o  (beat_in_valid),
      .beat_ready_i  (beat_in_ready),
      .beat_o        (beat_in),
      .parsed_valid_o(look_valid),
      .parsed_ready_i(look_ready),
      .parsed_o      (look),
      .req_o         (sad_req_o)
  );

  // One record goes both ways at once.
  assign sad_req_valid_o = look_valid && look_room;
  assign look_ready      = look_room && sad_req_ready_i;

  prim_fifo #(
      .Width($bits(parsed_t)),
      .Depth(LookupDepth)
  ) u_looked_up (
      .clk_i,
      .rst_ni,
      .valid_i(look_valid && sad_req_ready_i),
      .ready_o(look_room),
      .data_i (look),
      .valid_o(parsed_valid),
      .ready_i(parsed_ready),
      .data_o (parsed)
  );

  prim_fifo #(
      .Width($bits(beat_t)),
      .Depth(StoreDepth)
  ) u_store (
      .clk_i,
      .rst_ni,
      .valid_i(beat_in_valid),
      .ready_o(beat_in_ready),
      .data_i (beat_in),
      .valid_o(beat_valid),
      .ready_i(beat_ready),
      .data_o (beat)
  );

  // --- decision ---
  logic cmd_in_valid, cmd_in_ready, cmd_valid, cmd_ready;
  gcm_pkg::gcm_cmd_t cmd_in, cmd;
  logic feed_in_valid, feed_in_ready, feed_valid, feed_ready;
  feed_t feed_in, feed;
  logic check_in_valid, check_in_ready, check_valid, check_ready;
  check_t check_in, check;
  logic job_in_valid, job_in_ready, job_valid, job_ready;
  tag_job_t job_in, job;
  logic leave_in_valid, leave_in_ready, leave_valid, leave_ready;
  leave_t leave_in, leave;

  esp_decide u_decide (
      .clk_i,
      .rst_ni,
      .parsed_valid_i(parsed_valid),
      .parsed_ready_o(parsed_ready),
      .parsed_i      (parsed),
      .sad_rsp_valid_i,
      .sad_rsp_ready_o,
      .sad_rsp_i,
      .seq_req_valid_o,
      .seq_req_ready_i,
      .seq_req_o,
      .seq_rsp_valid_i,
      .seq_rsp_ready_o,
      .seq_rsp_i,
      .cmd_valid_o   (cmd_in_valid),
      .cmd_ready_i   (cmd_in_ready),
      .cmd_o         (cmd_in),
      .feed_valid_o  (feed_in_valid),
      .feed_ready_i  (feed_in_ready),
      .feed_o        (feed_in),
      .check_valid_o (check_in_valid),
      .check_ready_i (check_in_ready),
      .check_o       (check_in),
      .tag_valid_o   (job_in_valid),
      .tag_ready_i   (job_in_ready),
      .tag_o         (job_in),
      .leave_valid_o (leave_in_valid),
      .leave_ready_i (leave_in_ready),
      .leave_o       (leave_in)
  );

  prim_fifo #(
      .Width($bits(gcm_pkg::gcm_cmd_t)),
      .Depth(OrderDepth)
  ) u_cmds (
      .clk_i,
      .rst_ni,
      .valid_i(cmd_in_valid),
      .ready_o(cmd_in_ready),
      .data_i (cmd_in),
      .valid_o(cmd_valid),
      .ready_i(cmd_ready),
      .data_o (cmd)
  );

  prim_fifo #(
      .Width($bits(feed_t)),
      .Depth(OrderDepth)
  ) u_feeds (
      .clk_i,
      .rst_ni,
      .valid_i(feed_in_valid),
      .ready_o(feed_in_ready),
      .data_i (feed_in),
      .valid_o(feed_valid),
      .ready_i(feed_ready),
      .data_o (feed)
  );

  prim_fifo #(
      .Width($bits(check_t)),
      .Depth(InLane)
  ) u_checks (
      .clk_i,
      .rst_ni,
      .valid_i(check_in_valid),
      .ready_o(check_in_ready),
      .data_i (check_in),
      .valid_o(check_valid),
      .ready_i(check_ready),
      .data_o (check)
  );

  prim_fifo #(
      .Width($bits(tag_job_t)),
      .Depth(InLane)
  ) u_jobs (
      .clk_i,
      .rst_ni,
      .valid_i(job_in_valid),
      .ready_o(job_in_ready),
      .data_i (job_in),
      .valid_o(job_valid),
      .ready_i(job_ready),
      .data_o (job)
  );

  prim_fifo #(
      .Width($bits(leave_t)),
      .Depth(InLane)
  ) u_leaves (
      .clk_i,
      .rst_ni,
      .valid_i(leave_in_valid),
      .ready_o(leave_in_ready),
      .data_i (leave_in),
      .valid_o(leave_valid),
      .ready_i(leave_ready),
      .data_o (leave)
  );

  // --- lane ---
  logic item_in_valid, item_in_ready, item_valid, item_ready, block_valid, block_ready;
  logic text_valid, text_ready, text_last, tag_valid, tag_ready, lane_idle;
  logic icv_in_valid, icv_in_ready, icv_valid, icv_ready;
  logic [127:0] icv_in, icv, block, text, tag;
  lane_item_t item_in, item;

  esp_feed u_feed (
      .clk_i,
      .rst_ni,
      .feed_valid_i (feed_valid),
      .feed_ready_o (feed_ready),
      .feed_i       (feed),
      .beat_valid_i (beat_valid),
      .beat_ready_o (beat_ready),
      .beat_i       (beat),
      .block_valid_o(item_in_valid),
      .block_ready_i(item_in_ready),
      .block_o      (item_in.data),
      .block_last_o (item_in.last),
      .block_bytes_o(item_in.bytes),
      .append_o     (item_in.append),
      .append_len_o (item_in.append_len),
      .icv_valid_o  (icv_in_valid),
      .icv_ready_i  (icv_in_ready),
      .icv_o        (icv_in)
  );

  prim_skid #(
      .Width($bits(lane_item_t))
  ) u_item (
      .clk_i,
      .rst_ni,
      .valid_i(item_in_valid),
      .ready_o(item_in_ready),
      .data_i (item_in),
      .valid_o(item_valid),
      .ready_i(item_ready),
      .data_o (item)
  );

  prim_fifo #(
      .Width(128),
      .Depth(InLane)
  ) u_icvs (
      .clk_i,
      .rst_ni,
      .valid_i(icv_in_valid),
      .ready_o(icv_in_ready),
      .data_i (icv_in),
      .valid_o(icv_valid),
      .ready_i(icv_ready),
      .data_o (icv)
  );

  logic block_last;
  logic [4:0] block_bytes;
  logic unused_block;
  assign unused_block = &{1'b0, block_last, block_bytes};  // the lane knows the lengths

  esp_appender #(
      .MaxAppend(5)
  ) u_trailer (
      .clk_i,
      .rst_ni,
      .in_valid_i  (item_valid),
      .in_ready_o  (item_ready),
      .in_data_i   (item.data),
      .in_last_i   (item.last),
      .in_bytes_i  (item.bytes),
      .append_i    (item.append),
      .append_len_i(item.append_len),
      .out_valid_o (block_valid),
      .out_ready_i (block_ready),
      .out_data_o  (block),
      .out_last_o  (block_last),
      .out_bytes_o (block_bytes)
  );

  gcm_lane u_lane (
      .clk_i,
      .rst_ni,
      .cmd_valid_i(cmd_valid),
      .cmd_ready_o(cmd_ready),
      .cmd_i      (cmd),
      .in_valid_i (block_valid),
      .in_ready_o (block_ready),
      .in_data_i  (block),
      .out_valid_o(text_valid),
      .out_ready_i(text_ready),
      .out_data_o (text),
      .out_last_o (text_last),
      .tag_valid_o(tag_valid),
      .tag_ready_i(tag_ready),
      .tag_o      (tag),
      .idle_o     (lane_idle),
      .bubble_o   (lane_bubble_o)
  );

  // --- verdict ---
  logic hold_valid, hold_ready, opened_in_valid, opened_in_ready, opened_valid, opened_ready;
  logic [127:0] hold;
  opened_t opened_in, opened, verdict_in, verdict;
  logic verdict_in_valid, verdict_in_ready, verdict_valid, verdict_ready;
  logic seal_in_valid, seal_in_ready, seal_valid, seal_ready;
  logic [127:0] seal_in, seal;

  esp_check u_check (
      .clk_i,
      .rst_ni,
      .check_valid_i (check_valid),
      .check_ready_o (check_ready),
      .check_i       (check),
      .text_valid_i  (text_valid),
      .text_ready_o  (text_ready),
      .text_i        (text),
      .text_last_i   (text_last),
      .hold_valid_o  (hold_valid),
      .hold_ready_i  (hold_ready),
      .hold_o        (hold),
      .opened_valid_o(opened_in_valid),
      .opened_ready_i(opened_in_ready),
      .opened_o      (opened_in)
  );

  esp_verdict u_verdict (
      .clk_i,
      .rst_ni,
      .job_valid_i     (job_valid),
      .job_ready_o     (job_ready),
      .job_i           (job),
      .tag_valid_i     (tag_valid),
      .tag_ready_o     (tag_ready),
      .tag_i           (tag),
      .icv_valid_i     (icv_valid),
      .icv_ready_o     (icv_ready),
      .icv_i           (icv),
      .opened_valid_i  (opened_valid),
      .opened_ready_o  (opened_ready),
      .opened_i        (opened),
      .commit_req_valid_o,
      .commit_req_ready_i,
      .commit_req_o,
      .commit_rsp_valid_i,
      .commit_rsp_ready_o,
      .commit_rsp_i,
      .seal_tag_valid_o(seal_in_valid),
      .seal_tag_ready_i(seal_in_ready),
      .seal_tag_o      (seal_in),
      .verdict_valid_o (verdict_in_valid),
      .verdict_ready_i (verdict_in_ready),
      .verdict_o       (verdict_in)
  );

  prim_fifo #(
      .Width($bits(opened_t)),
      .Depth(EndDepth)
  ) u_openeds (
      .clk_i,
      .rst_ni,
      .valid_i(opened_in_valid),
      .ready_o(opened_in_ready),
      .data_i (opened_in),
      .valid_o(opened_valid),
      .ready_i(opened_ready),
      .data_o (opened)
  );

  prim_fifo #(
      .Width($bits(opened_t)),
      .Depth(OrderDepth)
  ) u_verdicts (
      .clk_i,
      .rst_ni,
      .valid_i(verdict_in_valid),
      .ready_o(verdict_in_ready),
      .data_i (verdict_in),
      .valid_o(verdict_valid),
      .ready_i(verdict_ready),
      .data_o (verdict)
  );

  prim_fifo #(
      .Width(128),
      .Depth(EndDepth)
  ) u_seals (
      .clk_i,
      .rst_ni,
      .valid_i(seal_in_valid),
      .ready_o(seal_in_ready),
      .data_i (seal_in),
      .valid_o(seal_valid),
      .ready_i(seal_ready),
      .data_o (seal)
  );

  // --- egress ---
  logic egress_idle;
  esp_egress #(
      .HoldDepth(HoldDepth)
  ) u_egress (
      .clk_i,
      .rst_ni,
      .hold_valid_i   (hold_valid),
      .hold_ready_o   (hold_ready),
      .hold_i         (hold),
      .leave_valid_i  (leave_valid),
      .leave_ready_o  (leave_ready),
      .leave_i        (leave),
      .verdict_valid_i(verdict_valid),
      .verdict_ready_o(verdict_ready),
      .verdict_i      (verdict),
      .tag_valid_i    (seal_valid),
      .tag_ready_o    (seal_ready),
      .tag_i          (seal),
      .result_valid_o,
      .result_ready_i,
      .result_o,
      .out_valid_o,
      .out_ready_i,
      .out_o,
      .retire_o,
      .idle_o         (egress_idle)
  );

  // Packets that were looked at and have not retired.
  logic [9:0] inside_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) inside_q <= '0;
    else inside_q <= inside_q + 10'(look_valid && look_ready) - 10'(retire_o);
  end
  assign idle_o = (inside_q == '0) && !meta_valid_i && !look_valid && !beat_valid && lane_idle &&
                  egress_idle;

  `VAM_ASSERT(InsideInRange_A, inside_q != '1)
  `VAM_ASSERT(ResultHolds_A, (result_valid_o && !result_ready_i) |=> (result_valid_o && $stable
                             (result_o)))
  `VAM_ASSERT(OutHolds_A, (out_valid_o && !out_ready_i) |=> (out_valid_o && $stable(out_o)))
endmodule
