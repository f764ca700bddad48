// GF(2^128) of GCM (NIST SP 800-38D, 6.3 and 6.4).
//
// Bit order. A block on a port has byte 0 in [7:0], and GCM calls the most significant bit of byte
// 0 the coefficient of x^0. Inside, a field element is a polynomial with the coefficient of x^i at
// bit i: poly_of_block() mirrors each byte and is its own inverse. Example, H of test case 2 of the
// GCM specification (McGrew and Viega), printed 66e94bd4ef8a2c3b884cfa59ca342b2e:
//   as a block       128'h2e2b34ca59fa4c883b2c8aefd44be966
//   as a polynomial  128'h74d42c539a5f3211dc3451f72bd29766
package ghash_pkg;

  function automatic logic [31:0] mirror_bytes(logic [31:0] word);
    logic [31:0] w;
    w = ((word >> 1) & 32'h55555555) | ((word & 32'h55555555) << 1);
    w = ((w >> 2) & 32'h33333333) | ((w & 32'h33333333) << 2);
    return ((w >> 4) & 32'h0f0f0f0f) | ((w & 32'h0f0f0f0f) << 4);
  endfunction

  function automatic logic [127:0] poly_of_block(logic [127:0] block);
    return {
      mirror_bytes(block[127:96]),
      mirror_bytes(block[95:64]),
      mirror_bytes(block[63:32]),
      mirror_bytes(block[31:0])
    };
  endfunction

  // Product of two polynomials over GF(2), not reduced: an AND array under an XOR tree.
  function automatic logic [63:0] clmul32(logic [31:0] a, logic [31:0] b);
    logic [63:0] sum;
    sum = '0;
    for (int unsigned i = 0; i < 32; i++) sum = sum ^ ({64{a[i]}} & (64'(b) << i));
    return sum;
  endfunction

  // Karatsuba: three products of half the width.
  function automatic logic [127:0] clmul64(logic [63:0] a, logic [63:0] b);
    logic [63:0] low, high, middle;
    low    = clmul32(a[31:0], b[31:0]);
    high   = clmul32(a[63:32], b[63:32]);
    middle = clmul32(a[31:0] ^ a[63:32], b[31:0] ^ b[63:32]) ^ low ^ high;
    return {high[63:32], high[31:0] ^ middle[63:32], low[63:32] ^ middle[31:0], low[31:0]};
  endfunction

  function automatic logic [255:0] clmul128(logic [127:0] a, logic [127:0] b);
    logic [127:0] low, high, middle;
    low    = clmul64(a[63:0], b[63:0]);
    high   = clmul64(a[127:64], b[127:64]);
    middle = clmul64(a[63:0] ^ a[127:64], b[63:0] ^ b[127:64]) ^ low ^ high;
    return {high[127:64], high[63:0] ^ middle[127:64], low[127:64] ^ middle[63:0], low[63:0]};
  endfunction

  // Modulo x^128 + x^7 + x^2 + x + 1. The high half times x^7 + x^2 + x + 1 overflows by at most
  // seven bits, which are folded first so that one pass is enough.
  function automatic logic [127:0] reduce(logic [255:0] product);
    logic [127:0] high;
    logic [  6:0] spill;
    high  = product[255:128];
    spill = high[127:121] ^ {5'b0, high[127:126]} ^ {6'b0, high[127]};
    high  = high ^ {121'b0, spill};
    return product[127:0] ^ high ^ (high << 1) ^ (high << 2) ^ (high << 7);
  endfunction

  function automatic logic [127:0] multiply(logic [127:0] a, logic [127:0] b);
    return reduce(clmul128(a, b));
  endfunction

endpackage
