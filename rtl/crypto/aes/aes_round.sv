// One AES encryption round with its step of the key schedule; Stages registers deep (1 or 2).
//
// The key travels as a window: words 4(r-1) .. 4(r-1)+Nk-1 of the expanded key enter round r and
// words 4r .. 4r+Nk-1 leave it, so the round key is always the low 128 bits, and each step makes
// four words from one substituted word whatever the key size. A round past the last of the block's
// key size hands the state on unchanged: latency does not depend on the key size.
module aes_round
  import aes_pkg::*;
#(
    parameter int unsigned Round  = 1,  // 1 .. MaxRounds
    parameter int unsigned Stages = 2   // 2: a register behind the S-boxes
) (
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic              valid_i,
    input  logic      [127:0] state_i,
    input  logic      [255:0] key_i,
    input  key_size_e         key_size_i,
    output logic              valid_o,
    output logic      [127:0] state_o,
    output logic      [255:0] key_o,
    output key_size_e         key_size_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_stages_check, (Stages == 1) || (Stages == 2))

  // In a step of the schedule with Nk words per period, word i of the expanded key is special when
  // Nk divides i. AES-192 has a special word in two of three steps: the first of the four, or the
  // third.
  localparam int unsigned Step = Round - 1;
  localparam logic Special192First = (Step % 3 == 0);
  localparam logic Special192Third = (Step % 3 == 1);
  localparam logic [7:0] Rcon128 = rcon(Step + 1);
  localparam logic [7:0] Rcon192 = rcon((4 * Step + 8) / 6);
  localparam logic [7:0] Rcon256 = (Step % 2 == 0) ? rcon(Step / 2 + 1) : 8'h00;

  // First half of the step: the one word that passes the S-box. `low` is the first two words of the
  // window, the others are its newest word for each key size.
  function automatic logic [31:0] schedule_sub(logic [63:0] low, logic [31:0] newest128,
                                               logic [31:0] newest192, logic [31:0] newest256,
                                               key_size_e size);
    logic [31:0] word;
    word = newest128;
    if (size == KeyAes192) word = Special192Third ? newest192 ^ low[31:0] ^ low[63:32] : newest192;
    else if (size != KeyAes128) word = newest256;
    // AES-256 substitutes without rotation in every second step.
    if ((Step % 2 == 0) || (size != KeyAes256)) word = rot_word(word);
    return sub_word(word);
  endfunction

  // Second half: four new words, each the XOR of the word before it and the one Nk earlier.
  function automatic logic [255:0] schedule_next(logic [255:0] key, key_size_e size,
                                                 logic [31:0] sub);
    logic [31:0] w0, w1, w2, w3;
    logic [255:0] next;
    unique case (size)
      KeyAes128: w0 = key[31:0] ^ sub ^ {24'b0, Rcon128};
      KeyAes192:
      w0 = Special192First ? key[31:0] ^ sub ^ {24'b0, Rcon192} : key[31:0] ^ key[191:160];
      default: w0 = key[31:0] ^ sub ^ {24'b0, Rcon256};
    endcase
    w1 = key[63:32] ^ w0;
    if ((size == KeyAes192) && Special192Third) w2 = key[95:64] ^ sub ^ {24'b0, Rcon192};
    else w2 = key[95:64] ^ w1;
    w3 = key[127:96] ^ w2;
    unique case (size)
      KeyAes128: next = {128'b0, w3, w2, w1, w0};
      KeyAes192: next = {64'b0, w3, w2, w1, w0, key[191:128]};
      default:   next = {w3, w2, w1, w0, key[255:128]};
    endcase
    return next;
  endfunction

  function automatic logic last_round(key_size_e size);
    unique case (size)
      KeyAes128: return Round == 10;
      KeyAes192: return Round == 12;
      default:   return Round == 14;
    endcase
  endfunction

  function automatic logic past_last(key_size_e size);
    unique case (size)
      KeyAes128: return Round > 10;
      KeyAes192: return Round > 12;
      default:   return 1'b0;
    endcase
  endfunction

  function automatic logic [127:0] sub_bytes(logic [127:0] state);
    return {
      sub_word(state[127:96]), sub_word(state[95:64]), sub_word(state[63:32]), sub_word(state[31:0])
    };
  endfunction

  // ShiftRows, MixColumns except in the last round, AddRoundKey.
  function automatic logic [127:0] linear(logic [127:0] state, logic [127:0] round_key, logic last);
    logic [31:0] c0, c1, c2, c3;
    c0 = shift_rows_column(state, 0);
    c1 = shift_rows_column(state, 1);
    c2 = shift_rows_column(state, 2);
    c3 = shift_rows_column(state, 3);
    if (!last) begin
      c0 = mix_column(c0);
      c1 = mix_column(c1);
      c2 = mix_column(c2);
      c3 = mix_column(c3);
    end
    return {c3, c2, c1, c0} ^ round_key;
  endfunction

  logic              sub_valid;
  logic      [127:0] sub_state;
  logic      [255:0] sub_key;
  logic      [ 31:0] sub_key_word;
  key_size_e         sub_key_size;

  if (Stages == 2) begin : gen_sub_reg
    logic              valid_q;
    logic      [127:0] state_q;
    logic      [255:0] key_q;
    logic      [ 31:0] key_word_q;
    key_size_e         key_size_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= 1'b0;
      else valid_q <= valid_i;
    end

    always_ff @(posedge clk_i) begin
      if (valid_i) begin
        state_q <= past_last(key_size_i) ? state_i : sub_bytes(state_i);
        key_q <= key_i;
        key_word_q <= schedule_sub(
            key_i[63:0], key_i[127:96], key_i[191:160], key_i[255:224], key_size_i
        );
        key_size_q <= key_size_i;
      end
    end

    assign sub_valid    = valid_q;
    assign sub_state    = state_q;
    assign sub_key      = key_q;
    assign sub_key_word = key_word_q;
    assign sub_key_size = key_size_q;
  end else begin : gen_sub_wire
    assign sub_valid = valid_i;
    assign sub_state = past_last(key_size_i) ? state_i : sub_bytes(state_i);
    assign sub_key = key_i;
    assign sub_key_word = schedule_sub(
        key_i[63:0], key_i[127:96], key_i[191:160], key_i[255:224], key_size_i
    );
    assign sub_key_size = key_size_i;
  end

  logic              valid_q;
  logic      [127:0] state_q;
  logic      [255:0] key_q;
  key_size_e         key_size_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= sub_valid;
  end

  always_ff @(posedge clk_i) begin
    if (sub_valid) begin
      automatic logic [255:0] next_key = schedule_next(sub_key, sub_key_size, sub_key_word);
      if (past_last(sub_key_size)) state_q <= sub_state;
      else state_q <= linear(sub_state, next_key[127:0], last_round(sub_key_size));
      key_q      <= next_key;
      key_size_q <= sub_key_size;
    end
  end

  assign valid_o    = valid_q;
  assign state_o    = state_q;
  assign key_o      = key_q;
  assign key_size_o = key_size_q;
endmodule
