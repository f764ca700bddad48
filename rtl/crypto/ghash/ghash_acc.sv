// GHASH accumulator (NIST SP 800-38D, 6.4): one block per cycle, Y = (Y ^ X) * H in one clock.
//
// load_i takes a new hash key and starts a new message from Y = 0. A block of the old message may
// be absorbed in the very cycle of the load: it still uses the old key and the old Y, and the
// result stands at block_o in the next cycle and until the next absorption.
module ghash_acc (
    input  logic         clk_i,
    input  logic         load_i,
    input  logic [127:0] hash_key_i,  // block order: byte 0 in [7:0]
    input  logic         valid_i,
    input  logic [127:0] block_i,
    output logic [127:0] block_o      // Y, block order
);
  logic [127:0] hash_key_q;
  logic [127:0] acc_q;
  logic         fresh_q;

  // No reset: the first load defines all three.
  always_ff @(posedge clk_i) begin
    if (load_i) begin
      hash_key_q <= ghash_pkg::poly_of_block(hash_key_i);
      fresh_q    <= 1'b1;
    end else if (valid_i) begin
      fresh_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      acc_q <= ghash_pkg::multiply(ghash_pkg::poly_of_block(block_i) ^ (fresh_q ? 128'b0 : acc_q),
                                   hash_key_q);
    end
  end

  assign block_o = ghash_pkg::poly_of_block(acc_q);
endmodule
