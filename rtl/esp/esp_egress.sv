// Last stage: hold buffer, release, tag appender, header packer.
//
// Cycles per packet: the beats that leave, in each direction; a dropped packet costs one cycle of
// the release and one of the hold buffer.
module esp_egress
  import vam_pkg::*;
  import esp_pkg::*;
#(
    parameter int unsigned HoldDepth = 2048
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic            hold_valid_i,
    output logic            hold_ready_o,
    input  logic    [127:0] hold_i,
    input  logic            leave_valid_i,
    output logic            leave_ready_o,
    input  leave_t          leave_i,
    input  logic            verdict_valid_i,
    output logic            verdict_ready_o,
    input  opened_t         verdict_i,
    input  logic            tag_valid_i,      // of sealed packets
    output logic            tag_ready_o,
    input  logic    [127:0] tag_i,

    output logic        result_valid_o,
    input  logic        result_ready_i,
    output pkt_result_t result_o,
    output logic        out_valid_o,
    input  logic        out_ready_i,
    output beat_t       out_o,
    output logic        retire_o,        // one packet has left, beats and all
    output logic        idle_o
);
  `include "vam_assert.svh"

  // Orders ahead of the beats: a small packet's header may leave while the one before still waits
  // for its tag.
  localparam int unsigned OrderDepth = 4;

  logic
      result_valid,
      result_ready,
      order_valid,
      order_ready,
      pack_in_valid,
      pack_in_ready,
      header_in_valid,
      header_in_ready;
  pkt_result_t result;
  logic [BlockWidth-1:0] order_read, order_total;
  pack_t pack_in, pack;
  header_t header_in, header;

  esp_release u_release (
      .leave_valid_i,
      .leave_ready_o,
      .leave_i,
      .verdict_valid_i,
      .verdict_ready_o,
      .verdict_i,
      .result_valid_o(result_valid),
      .result_ready_i(result_ready),
      .result_o      (result),
      .order_valid_o (order_valid),
      .order_ready_i (order_ready),
      .order_read_o  (order_read),
      .order_total_o (order_total),
      .pack_valid_o  (pack_in_valid),
      .pack_ready_i  (pack_in_ready),
      .pack_o        (pack_in),
      .header_valid_o(header_in_valid),
      .header_ready_i(header_in_ready),
      .header_o      (header_in)
  );

  // --- results, and which of them have beats to come before the packet is done ---
  logic result_waits, done_room, done_valid, done_beats, done_pop;
  logic announces, last_leaves;
  logic [3:0] announced_q;  // packets whose result has left and whose last beat has not
  logic [3:0] last_count_q;  // last beats that left, not yet matched

  prim_fifo #(
      .Width($bits(pkt_result_t)),
      .Depth(OrderDepth)
  ) u_results (
      .clk_i,
      .rst_ni,
      .valid_i(result_valid),
      .ready_o(result_ready),
      .data_i (result),
      .valid_o(result_waits),
      .ready_i(result_ready_i && done_room),
      .data_o (result_o)
  );
  assign result_valid_o = result_waits && done_room;
  assign announces      = result_valid_o && result_ready_i && (result_o.out_len != '0);
  assign last_leaves    = out_valid_o && out_ready_i && out_o.last;

  prim_fifo #(
      .Width(1),
      .Depth(2 * OrderDepth)
  ) u_done (
      .clk_i,
      .rst_ni,
      .valid_i(result_waits && result_ready_i),
      .ready_o(done_room),
      .data_i (result_o.out_len != '0),
      .valid_o(done_valid),
      .ready_i(done_pop),
      .data_o (done_beats)
  );
  assign done_pop = done_valid && (!done_beats || (last_count_q != '0));
  assign retire_o = done_pop;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      announced_q  <= '0;
      last_count_q <= '0;
    end else begin
      announced_q  <= announced_q + 4'(announces) - 4'(last_leaves);
      last_count_q <= last_count_q + 4'(last_leaves) - 4'(done_pop && done_beats);
    end
  end

  // --- blocks ---
  logic fetch_valid, fetch_ready, block_valid, block_ready, hold_empty;
  logic [BlockWidth-1:0] fetch_read, fetch_total;
  logic [127:0] block;

  prim_fifo #(
      .Width(2 * BlockWidth),
      .Depth(OrderDepth)
  ) u_orders (
      .clk_i,
      .rst_ni,
      .valid_i(order_valid),
      .ready_o(order_ready),
      .data_i ({order_read, order_total}),
      .valid_o(fetch_valid),
      .ready_i(fetch_ready),
      .data_o ({fetch_read, fetch_total})
  );

  esp_hold #(
      .Depth(HoldDepth)
  ) u_hold (
      .clk_i,
      .rst_ni,
      .in_valid_i   (hold_valid_i),
      .in_ready_o   (hold_ready_o),
      .in_data_i    (hold_i),
      .order_valid_i(fetch_valid),
      .order_ready_o(fetch_ready),
      .order_read_i (fetch_read),
      .order_total_i(fetch_total),
      .out_valid_o  (block_valid),
      .out_ready_i  (block_ready),
      .out_data_o   (block),
      .empty_o      (hold_empty)
  );

  // --- text and tag ---
  logic pack_valid, pack_ready, header_valid, header_ready;

  prim_fifo #(
      .Width($bits(pack_t)),
      .Depth(OrderDepth)
  ) u_packs (
      .clk_i,
      .rst_ni,
      .valid_i(pack_in_valid),
      .ready_o(pack_in_ready),
      .data_i (pack_in),
      .valid_o(pack_valid),
      .ready_i(pack_ready),
      .data_o (pack)
  );

  prim_fifo #(
      .Width($bits(header_t)),
      .Depth(OrderDepth)
  ) u_headers (
      .clk_i,
      .rst_ni,
      .valid_i(header_in_valid),
      .ready_o(header_in_ready),
      .data_i (header_in),
      .valid_o(header_valid),
      .ready_i(header_ready),
      .data_o (header)
  );

  logic [BlockWidth-1:0] count_q;
  logic is_last, bare, item_valid, item_ready, joined_valid, joined_ready, joined_last;
  logic [127:0] item, joined;
  logic [4:0] joined_bytes;

  assign bare = (pack.blocks == '0);  // a tag and nothing else
  assign is_last = bare || (count_q == pack.blocks - BlockWidth'(1));
  assign item_valid = pack_valid && (bare || block_valid) &&
                      (!is_last || !pack.seal || tag_valid_i);

  always_comb begin
    item = bare ? '0 : block;
    if (pack.patch && (count_q == '0)) begin
      item[15:8]  = pack.tos;
      item[95:80] = net_pkg::swap16(pack.checksum);
    end
  end

  assign pack_ready  = item_valid && item_ready && is_last;
  assign block_ready = item_valid && item_ready && !bare;
  assign tag_ready_o = pack_ready && pack.seal;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else if (item_valid && item_ready) count_q <= is_last ? '0 : count_q + BlockWidth'(1);
  end

  esp_appender #(
      .MaxAppend(16)
  ) u_tag (
      .clk_i,
      .rst_ni,
      .in_valid_i  (item_valid),
      .in_ready_o  (item_ready),
      .in_data_i   (item),
      .in_last_i   (is_last),
      .in_bytes_i  (pack.last_bytes),
      .append_i    (tag_i),
      .append_len_i(pack.seal ? pack.tag_len : 5'd0),
      .out_valid_o (joined_valid),
      .out_ready_i (joined_ready),
      .out_data_o  (joined),
      .out_last_o  (joined_last),
      .out_bytes_o (joined_bytes)
  );

  // --- header, and a register stage to the outside ---
  logic packed_valid, packed_ready, out_waits;
  beat_t packed_beat;

  esp_packer u_packer (
      .clk_i,
      .rst_ni,
      .header_valid_i(header_valid),
      .header_ready_o(header_ready),
      .header_i      (header),
      .in_valid_i    (joined_valid),
      .in_ready_o    (joined_ready),
      .in_data_i     (joined),
      .in_last_i     (joined_last),
      .in_bytes_i    (joined_bytes),
      .out_valid_o   (packed_valid),
      .out_ready_i   (packed_ready),
      .out_data_o    (packed_beat.data),
      .out_last_o    (packed_beat.last)
  );

  prim_fifo #(
      .Width($bits(beat_t)),
      .Depth(2)
  ) u_out (
      .clk_i,
      .rst_ni,
      .valid_i(packed_valid),
      .ready_o(packed_ready),
      .data_i (packed_beat),
      .valid_o(out_waits),
      .ready_i(out_ready_i && (announced_q != '0)),
      .data_o (out_o)
  );
  // No beat leaves before its result has.
  assign out_valid_o = out_waits && (announced_q != '0);

  assign idle_o = hold_empty && !fetch_valid && !pack_valid && !header_valid && !result_waits &&
                  !done_valid && !out_waits;

  `VAM_ASSERT(CountsInRange_A, (last_count_q != '1) && (announced_q != '1))
  `VAM_ASSERT(BeatsBelongToResults_A, !(pack_in_valid && !result_valid))
endmodule
