// Front of the lane: cuts packets into the slots of the AES pipe, one per cycle.
//
// A packet is a hash-key slot, a nonce slot that carries the first AAD block, a slot for each
// further AAD block and one for each text block. A slot is issued in the cycle in which its input
// and its room (a credit) are there; nothing behind this module ever stalls.
module gcm_admit
  import gcm_pkg::*;
(
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic              cmd_valid_i,
    output logic              cmd_ready_o,
    input  gcm_cmd_t          cmd_i,
    input  logic              in_valid_i,
    output logic              in_ready_o,
    input  logic      [127:0] in_data_i,
    input  logic              tag_room_i,      // room for one more tag
    input  logic              text_room_i,     // room for one more text block
    output logic              tag_take_o,
    output logic              text_take_o,
    output logic              slot_valid_o,
    output gcm_slot_t         slot_o,
    output logic      [127:0] aes_block_o,
    output logic      [255:0] aes_key_o,
    output key_size_e         aes_key_size_o,
    output logic              busy_o           // in the middle of a packet
);
  typedef enum logic [1:0] {
    StHash,
    StNonce,
    StAad,
    StText
  } state_e;

  state_e state_d, state_q;
  gcm_cmd_t        cmd_q;
  logic     [15:0] left_q;  // bytes of AAD, then of text, not yet issued
  logic     [31:0] counter_q;

  logic need_data, room, issue, final_block;
  assign final_block = (left_q <= 16'd16);

  always_comb begin
    unique case (state_q)
      StHash: begin
        need_data = 1'b0;
        room      = tag_room_i;
      end
      StNonce: begin
        need_data = (cmd_q.aad_len != 16'd0);
        room      = 1'b1;
      end
      StAad: begin
        need_data = 1'b1;
        room      = 1'b1;
      end
      default: begin
        need_data = 1'b1;
        room      = text_room_i;
      end
    endcase
  end

  assign issue       = room && ((state_q == StHash) ? cmd_valid_i : (!need_data || in_valid_i));
  assign cmd_ready_o = (state_q == StHash) && room;
  assign in_ready_o  = need_data && room;
  assign tag_take_o  = issue && (state_q == StHash);
  assign text_take_o = issue && (state_q == StText);
  assign busy_o      = (state_q != StHash);

  always_comb begin
    state_d = state_q;
    if (issue) begin
      unique case (state_q)
        StHash:  state_d = StNonce;
        StNonce, StAad: begin
          if (!final_block) state_d = StAad;
          else state_d = (cmd_q.text_len == 16'd0) ? StHash : StText;
        end
        default: if (final_block) state_d = StHash;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StHash;
    else state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    if (issue) begin
      if (state_q == StHash) begin
        cmd_q     <= cmd_i;
        left_q    <= cmd_i.aad_len;
        counter_q <= 32'd1;
      end else begin
        // The end of the AAD is the start of the text.
        left_q <= ((state_q != StText) && final_block) ? cmd_q.text_len : left_q - 16'd16;
        if ((state_q == StNonce) || (state_q == StText)) counter_q <= counter_q + 32'd1;
      end
    end
  end

  assign slot_valid_o = issue;
  always_comb begin
    slot_o.decrypt = cmd_q.decrypt;
    slot_o.absorb  = need_data;
    slot_o.last    = (state_d == StHash);
    slot_o.keep    = final_block ? left_q[3:0] : 4'd0;
    slot_o.data    = in_data_i;
    unique case (state_q)
      StHash: begin
        slot_o.slot    = SlotHash;
        slot_o.decrypt = cmd_i.decrypt;
        slot_o.keep    = 4'd0;
        slot_o.data    = length_block(cmd_i.aad_len, cmd_i.text_len);
      end
      StNonce: slot_o.slot = SlotNonce;
      StAad:   slot_o.slot = SlotAad;
      default: slot_o.slot = SlotText;
    endcase
  end

  assign aes_block_o    = (state_q == StHash) ? 128'b0 : counter_block(cmd_q.nonce, counter_q);
  assign aes_key_o      = (state_q == StHash) ? cmd_i.key : cmd_q.key;
  assign aes_key_size_o = (state_q == StHash) ? cmd_i.key_size : cmd_q.key_size;
endmodule
