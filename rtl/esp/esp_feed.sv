// Turns the stored beats of a packet into blocks for the lane: AAD, then text, in one pass over the
// beats.
//
// Each beat that is taken gives at most one block, because text that starts at word o of its first
// beat fills a block when the next beat arrives (o > 0) and a tag of at least 16 bytes always
// follows such text. The tag behind the text of an opened packet is cut out as its last beat
// passes. Cycles per packet: stored beats, plus one for the AAD of ESP.
module esp_feed
  import vam_pkg::*;
  import esp_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic  feed_valid_i,
    output logic  feed_ready_o,
    input  feed_t feed_i,
    input  logic  beat_valid_i,
    output logic  beat_ready_o,
    input  beat_t beat_i,

    output logic         block_valid_o,  // to the appender
    input  logic         block_ready_i,
    output logic [127:0] block_o,
    output logic         block_last_o,   // something is to be appended to this one
    output logic [  4:0] block_bytes_o,
    output logic [ 39:0] append_o,
    output logic [  2:0] append_len_o,
    output logic         icv_valid_o,    // tag of an opened packet
    input  logic         icv_ready_i,
    output logic [127:0] icv_o           // bytes past the tag's length are arbitrary
);
  `include "vam_assert.svh"

  logic aad_sent_q;
  logic [BlockWidth-1:0] beat_q;  // beats taken
  logic [BlockWidth-1:0] text_q;  // text blocks given
  logic [127:0] previous_q;

  logic in_aad, lead, has_text, gives, tag_here, send_aad, takes, fire;
  logic [255:0] window, aligned, tag_window;

  assign send_aad   = feed_valid_i && !feed_i.drop && feed_i.esp && !aad_sent_q;
  assign takes      = feed_valid_i && !send_aad;
  assign in_aad     = (beat_q < feed_i.aad_blocks);
  assign lead       = (feed_i.offset != '0) && (beat_q == '0);
  assign has_text   = !in_aad && !lead && (text_q != feed_i.text_blocks);
  assign gives      = !feed_i.drop && (in_aad || has_text);
  assign tag_here   = !feed_i.drop && feed_i.open && (beat_q == feed_i.tag_beat);

  assign window     = {beat_i.data, previous_q};
  assign aligned    = window >> {feed_i.offset, 5'd0};
  assign tag_window = window >> {feed_i.tag_shift, 3'd0};

  always_comb begin
    block_o = (feed_i.offset != '0) ? aligned[127:0] : beat_i.data;
    if (send_aad) block_o = {32'd0, feed_i.aad};
    block_valid_o = send_aad || (takes && beat_valid_i && gives && (!tag_here || icv_ready_i));
    icv_valid_o   = takes && beat_valid_i && tag_here && (!gives || block_ready_i);
    beat_ready_o  = takes && (!gives || block_ready_i) && (!tag_here || icv_ready_i);
  end

  assign block_last_o  = !send_aad && (feed_i.append_len != '0) &&
                         (text_q == feed_i.text_blocks - BlockWidth'(1));
  assign block_bytes_o = feed_i.last_bytes;
  assign append_o = feed_i.append;
  assign append_len_o = feed_i.append_len;
  assign icv_o = tag_window[127:0];
  assign fire = beat_valid_i && beat_ready_o;
  assign feed_ready_o = fire && beat_i.last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aad_sent_q <= 1'b0;
      beat_q     <= '0;
      text_q     <= '0;
    end else if (feed_ready_o) begin
      aad_sent_q <= 1'b0;
      beat_q     <= '0;
      text_q     <= '0;
    end else if (fire) begin
      beat_q <= beat_q + BlockWidth'(1);
      if (gives && !in_aad) text_q <= text_q + BlockWidth'(1);
    end else if (send_aad && block_ready_i) begin
      aad_sent_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) previous_q <= beat_i.data;
  end

  logic unused;
  assign unused = ^{aligned[255:128], tag_window[255:128]};

  // The packet's last beat comes no earlier than everything that its order asks for.
  `VAM_ASSERT(
      AllTextGiven_A,
      (feed_ready_o && !feed_i.drop) |-> (text_q + BlockWidth'(has_text) == feed_i.text_blocks))
  `VAM_ASSERT(TagSeen_A,
              (feed_ready_o && !feed_i.drop && feed_i.open) |-> (beat_q >= feed_i.tag_beat))
endmodule
