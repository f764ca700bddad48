// Keyed hash of a lookup key: four rounds of the Ascon permutation (NIST SP 800-232) over the key
// and a 128-bit seed, two rounds per cycle. Every bank takes its row from other bits of the same
// word.
//
// The seed keeps a peer from choosing SPIs that share rows; four rounds mix every bit into all
// others, which is what a table needs. It is no MAC.
module sad_hash
  import sad_pkg::*;
#(
    parameter int unsigned RowBits = 9
) (
    input logic clk_i,
    input logic en_i,  // a key enters
    input lookup_key_t key_i,
    input logic [127:0] seed_i,
    output logic [Banks-1:0][RowBits-1:0] rows_o  // two cycles after en_i, while no other follows
);
  typedef logic [4:0][63:0] lanes_t;

  lanes_t mixed_q;
  logic en_q;
  logic [63:0] word_q;

  function automatic logic [63:0] rotr(input logic [63:0] x, input int unsigned n);
    return (x >> n) | (x << (64 - n));
  endfunction

  function automatic lanes_t round(input lanes_t s, input logic [7:0] constant);
    lanes_t x, t;
    x = s;
    x[2] ^= {56'd0, constant};
    x[0] ^= x[4];
    x[4] ^= x[3];
    x[2] ^= x[1];
    for (int unsigned i = 0; i < 5; i++) t[i] = x[i] ^ (~x[(i+1)%5] & x[(i+2)%5]);
    t[1] ^= t[0];
    t[0] ^= t[4];
    t[3] ^= t[2];
    t[2] = ~t[2];
    x[0] = t[0] ^ rotr(t[0], 19) ^ rotr(t[0], 28);
    x[1] = t[1] ^ rotr(t[1], 61) ^ rotr(t[1], 39);
    x[2] = t[2] ^ rotr(t[2], 1) ^ rotr(t[2], 6);
    x[3] = t[3] ^ rotr(t[3], 10) ^ rotr(t[3], 17);
    x[4] = t[4] ^ rotr(t[4], 7) ^ rotr(t[4], 41);
    return x;
  endfunction

  function automatic logic [63:0] fold(input lanes_t s);
    return s[0] ^ s[1] ^ s[2] ^ s[3] ^ s[4];
  endfunction

  always_ff @(posedge clk_i) begin
    en_q <= en_i;
    if (en_i) begin
      mixed_q <= round(round({seed_i, 8'd0, key_i}, 8'hf0), 8'he1);
    end
    if (en_q) begin
      word_q <= fold(round(round(mixed_q, 8'hd2), 8'hc3));
    end
  end

  for (genvar b = 0; b < int'(Banks); b++) begin : gen_rows
    logic [15:0] unused_word;
    assign unused_word = word_q[b*16+:16];
    assign rows_o[b]   = word_q[b*16+:RowBits];
  end
endmodule
