// AES-GCM lane (NIST SP 800-38D, 96-bit nonces): one block per cycle, any key with every packet.
//
// The hash key and the tag mask are made in the same AES pipe as the key stream, so a packet costs
// 1 + max(1, ceil(aad_len / 16)) + ceil(text_len / 16) cycles back to back and nothing is kept
// between packets. The length block is absorbed in the cycle behind the packet's last slot: that is
// the next packet's hash-key slot, which has no block of its own.
//
// Streams: for each command, ceil(aad_len / 16) AAD blocks and ceil(text_len / 16) text blocks come
// in; the text blocks and one tag go out, in order. Byte 0 is [7:0]; in the last block of AAD and
// of text, bytes past the length are ignored on the way in and zero on the way out. The tag is
// computed alike for encrypt and decrypt; the user compares. Plaintext leaves before its tag is
// known: who uses the lane holds it back.
//
// The pipe behind gcm_admit never stalls: a text block enters only with room for it in the output
// queue, a packet only with room for its tag. OutDepth below the time a block spends inside
// (AES latency + 3 = 32 cycles with StagesPerRound 2) costs throughput.
module gcm_lane
  import gcm_pkg::*;
#(
    parameter int unsigned OutDepth       = 64,
    parameter int unsigned TagDepth       = 32,
    parameter int unsigned StagesPerRound = 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             cmd_valid_i,
    output logic             cmd_ready_o,
    input  gcm_cmd_t         cmd_i,
    input  logic             in_valid_i,
    output logic             in_ready_o,
    input  logic     [127:0] in_data_i,
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic     [127:0] out_data_o,
    output logic             out_last_o,   // last text block of its packet
    output logic             tag_valid_o,
    input  logic             tag_ready_i,
    output logic     [127:0] tag_o,
    output logic             idle_o,       // nothing inside
    output logic             bubble_o      // see "Bubbles" below
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_depth_check, (OutDepth >= 2) && (TagDepth >= 2))

  localparam int unsigned AesLatency = aes_pkg::pipe_latency(StagesPerRound);

  // ---- Admission ----
  logic tag_room, tag_take, text_room, text_take;
  logic slot_valid, admit_busy;
  gcm_slot_t slot;
  logic [127:0] aes_in;
  logic [255:0] aes_key;
  key_size_e aes_key_size;

  gcm_admit u_admit (
      .clk_i,
      .rst_ni,
      .cmd_valid_i,
      .cmd_ready_o,
      .cmd_i,
      .in_valid_i,
      .in_ready_o,
      .in_data_i,
      .tag_room_i    (tag_room),
      .text_room_i   (text_room),
      .tag_take_o    (tag_take),
      .text_take_o   (text_take),
      .slot_valid_o  (slot_valid),
      .slot_o        (slot),
      .aes_block_o   (aes_in),
      .aes_key_o     (aes_key),
      .aes_key_size_o(aes_key_size),
      .busy_o        (admit_busy)
  );

  `VAM_ASSERT(CmdValidHolds_A, (cmd_valid_i && !cmd_ready_o) |=> cmd_valid_i)
  `VAM_ASSERT(InValidHolds_A, (in_valid_i && !in_ready_o) |=> in_valid_i)
  `VAM_ASSERT(KeySizeLegal_A, cmd_valid_i |-> (cmd_i.key_size <= KeyAes256))

  // ---- AES, and beside it the slots in a queue that is exactly as long ----
  logic aes_valid;
  logic [127:0] aes_out;

  aes_pipe #(
      .StagesPerRound(StagesPerRound)
  ) u_aes (
      .clk_i,
      .rst_ni,
      .valid_i   (slot_valid),
      .block_i   (aes_in),
      .key_i     (aes_key),
      .key_size_i(aes_key_size),
      .valid_o   (aes_valid),
      .block_o   (aes_out)
  );

  gcm_slot_t beside;
  logic beside_ready, beside_valid;

  prim_fifo #(
      .Width($bits(gcm_slot_t)),
      .Depth(AesLatency + 1)
  ) u_beside (
      .clk_i,
      .rst_ni,
      .valid_i(slot_valid),
      .ready_o(beside_ready),
      .data_i (slot),
      .valid_o(beside_valid),
      .ready_i(aes_valid),
      .data_o (beside)
  );

  `VAM_ASSERT(BesideKeepsPace_A, (slot_valid |-> beside_ready))
  `VAM_ASSERT(BesideMatches_A, (aes_valid |-> beside_valid))

  // ---- Key stream on text ----
  logic mix_valid_q, mix_absorb_q, mix_last_q;
  slot_e mix_slot_q;
  logic [127:0] mix_text_q;  // text out; in the first two slots of a packet the AES output as it is
  logic [127:0] mix_hash_q;  // block for GHASH; in SlotHash the packet's length block

  always_ff @(posedge clk_i) begin
    if (!rst_ni) mix_valid_q <= 1'b0;
    else mix_valid_q <= aes_valid;
  end

  always_ff @(posedge clk_i) begin
    if (aes_valid) begin
      automatic logic [127:0] data = keep_bytes(beside.data, beside.keep);
      automatic logic [127:0] text = keep_bytes(beside.data ^ aes_out, beside.keep);
      mix_slot_q   <= beside.slot;
      mix_absorb_q <= beside.absorb;
      mix_last_q   <= beside.last;
      mix_text_q   <= (beside.slot == SlotText) ? text : aes_out;
      mix_hash_q   <= ((beside.slot == SlotText) && !beside.decrypt) ? text : data;
    end
  end

  // ---- GHASH ----
  logic length_due_q, hash_done_q;
  logic [127:0] length_q, mask_q, hash;
  logic is_hash_slot, hash_valid;

  assign is_hash_slot = mix_valid_q && (mix_slot_q == SlotHash);
  assign hash_valid   = length_due_q || (mix_valid_q && mix_absorb_q);

  ghash_acc u_ghash (
      .clk_i,
      .load_i    (is_hash_slot),
      .hash_key_i(mix_text_q),
      .valid_i   (hash_valid),
      .block_i   (length_due_q ? length_q : mix_hash_q),
      .block_o   (hash)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      length_due_q <= 1'b0;
      hash_done_q  <= 1'b0;
    end else begin
      length_due_q <= mix_valid_q && mix_last_q;
      hash_done_q  <= length_due_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (is_hash_slot) length_q <= mix_hash_q;
    if (mix_valid_q && (mix_slot_q == SlotNonce)) mask_q <= mix_text_q;
  end

  `VAM_ASSERT(LengthHasItsCycle_A, (length_due_q |-> !(mix_valid_q && mix_absorb_q)))

  // ---- Outputs ----
  logic text_empty, tag_empty;

  prim_fifo_reserved #(
      .Width(129),
      .Depth(OutDepth)
  ) u_text_out (
      .clk_i,
      .rst_ni,
      .room_o   (text_room),
      .reserve_i(text_take),
      .valid_i  (mix_valid_q && (mix_slot_q == SlotText)),
      .data_i   ({mix_last_q, mix_text_q}),
      .valid_o  (out_valid_o),
      .ready_i  (out_ready_i),
      .data_o   ({out_last_o, out_data_o}),
      .empty_o  (text_empty)
  );

  prim_fifo_reserved #(
      .Width(128),
      .Depth(TagDepth)
  ) u_tag_out (
      .clk_i,
      .rst_ni,
      .room_o   (tag_room),
      .reserve_i(tag_take),
      .valid_i  (hash_done_q),
      .data_i   (hash ^ mask_q),
      .valid_o  (tag_valid_o),
      .ready_i  (tag_ready_i),
      .data_o   (tag_o),
      .empty_o  (tag_empty)
  );

  // Every packet has its tag's place from its first slot until the tag is taken.
  assign idle_o = tag_empty && text_empty;
  `VAM_ASSERT(IdleIsEmpty_A, (idle_o |-> !admit_busy && !beside_valid && !mix_valid_q))

  // ---- Bubbles ----

  // Input waits at the stream that is next, and both outputs have room. The offers travel level
  // with the slots, so a bubble is an offer for which GHASH took no block. The hash-key slot of a
  // packet that was not waiting one cycle earlier is no bubble: the length block it would have
  // carried has used the idle cycle.
  logic offered;
  assign offered = (admit_busy ? in_valid_i : cmd_valid_i) && tag_room && text_room;

  logic [AesLatency+1:0] offered_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) offered_q <= '0;
    else offered_q <= {offered_q[AesLatency:0], offered};
  end
  assign bubble_o = offered_q[AesLatency] && !hash_valid &&
      !(is_hash_slot && !offered_q[AesLatency+1]);
endmodule
