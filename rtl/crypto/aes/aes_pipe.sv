// AES encryption, unrolled: one block per cycle, a new key with every block, keys of 128, 192 or
// 256 bits.
//
// A block enters in the cycle of valid_i and its cipher text is at block_o 1 + 14 * StagesPerRound
// cycles later (aes_pkg::pipe_latency), with valid_o, whatever the key size. There is no back-
// pressure: who uses the pipe keeps room for what is in it. A key of less than 256 bits stands in
// the low bits; the bits above it are ignored.
//
// Byte order as in aes_pkg (byte 0 in [7:0]). FIPS 197 C.1, key 000102..0f, input
// 00112233445566778899aabbccddeeff, output 69c4e0d86a7b0430d8cdb78070b4c55a:
//   key_i    = 256'h0f0e0d0c0b0a09080706050403020100     key_size_i = KeyAes128
//   block_i  = 128'hffeeddccbbaa99887766554433221100
//   block_o  = 128'h5ac5b47080b7cdd830047b6ad8e0c469
module aes_pipe
  import aes_pkg::*;
#(
    parameter int unsigned StagesPerRound = 2
) (
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic              valid_i,
    input  logic      [127:0] block_i,
    input  logic      [255:0] key_i,
    input  key_size_e         key_size_i,
    output logic              valid_o,
    output logic      [127:0] block_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_stages_check, (StagesPerRound == 1) || (StagesPerRound == 2))

  logic              valid            [MaxRounds+1];
  logic      [127:0] state            [MaxRounds+1];
  logic      [255:0] key              [MaxRounds+1];
  key_size_e         key_size         [MaxRounds+1];

  logic              first_valid_q;
  logic      [127:0] first_state_q;
  logic      [255:0] first_key_q;
  key_size_e         first_key_size_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_valid_q <= 1'b0;
    else first_valid_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      first_state_q    <= block_i ^ key_i[127:0];
      first_key_q      <= key_i;
      first_key_size_q <= key_size_i;
    end
  end

  assign valid[0]    = first_valid_q;
  assign state[0]    = first_state_q;
  assign key[0]      = first_key_q;
  assign key_size[0] = first_key_size_q;

  for (genvar r = 1; r <= MaxRounds; r++) begin : gen_round
    aes_round #(
        .Round (r),
        .Stages(StagesPerRound)
    ) u_round (
        .clk_i,
        .rst_ni,
        .valid_i   (valid[r-1]),
        .state_i   (state[r-1]),
        .key_i     (key[r-1]),
        .key_size_i(key_size[r-1]),
        .valid_o   (valid[r]),
        .state_o   (state[r]),
        .key_o     (key[r]),
        .key_size_o(key_size[r])
    );
  end

  // The window of round keys ends with the last round.
  logic unused_last_key;
  assign unused_last_key = ^{key[MaxRounds], key_size[MaxRounds]};

  assign valid_o = valid[MaxRounds];
  assign block_o = state[MaxRounds];
endmodule
