// Follows decrypted text block by block and tells whether its padding is 1, 2, 3, ... (RFC 4303,
// 2.4).
//
// Bytes that each are one more than the byte before form a run. The padding is right if the byte
// before the pad length equals it and the run that ends there is at least that long: then the run's
// last bytes can only be 1, 2, ... pad length. So neither the pad length nor the end of the text
// need be known in advance. Combinational from the block to the answer; state only between blocks.
// Text is a multiple of 4 bytes, at least 4.
module esp_padding (
    input  logic         clk_i,
    input  logic         take_i,        // this block is taken now
    input  logic         first_i,       // of its packet
    input  logic [127:0] data_i,
    input  logic [  4:0] bytes_i,       // of the last block: 4, 8, 12 or 16
    output logic         ok_o,          // if this is the last block: the padding is right
    output logic [  7:0] pad_len_o,
    output logic [  7:0] next_header_o
);
  localparam logic [8:0] LongEnough = 9'd256;  // no pad length is above 255

  logic [8:0] run_q;  // bytes in the run that ends with the last block
  logic [7:0] before_q;  // that block's last byte

  // Length of the run that ends at byte `last`.
  function automatic logic [8:0] run_at(logic [15:0] follows, logic [8:0] carried,
                                        logic [3:0] last);
    logic [8:0] run;
    run = carried + {5'd0, last} + 9'd1;
    for (int unsigned i = 0; i < 16; i++) begin
      if ((4'(i) <= last) && !follows[i]) run = {5'd0, last} - 9'(i) + 9'd1;
    end
    return run;
  endfunction

  logic [15:0] follows;
  logic [8:0] run_whole, run_pad;
  logic [7:0] last_pad;
  logic [3:0] pad_at, len_at, next_at;

  always_comb begin
    follows[0] = !first_i && (data_i[7:0] == before_q + 8'd1);
    for (int unsigned i = 1; i < 16; i++) follows[i] = (data_i[8*i+:8] == data_i[8*i-8+:8] + 8'd1);
  end

  assign pad_at = 4'(bytes_i - 5'd3);
  assign len_at = 4'(bytes_i - 5'd2);
  assign next_at = 4'(bytes_i - 5'd1);

  assign run_whole = run_at(follows, run_q, 4'd15);
  assign run_pad = run_at(follows, run_q, pad_at);
  assign last_pad = data_i[{pad_at, 3'd0}+:8];
  assign pad_len_o = data_i[{len_at, 3'd0}+:8];
  assign next_header_o = data_i[{next_at, 3'd0}+:8];
  assign ok_o = (pad_len_o == '0) || ((last_pad == pad_len_o) && (run_pad >= {1'b0, pad_len_o}));

  always_ff @(posedge clk_i) begin
    if (take_i) begin
      run_q    <= (run_whole > LongEnough) ? LongEnough : run_whole;
      before_q <= data_i[127:120];
    end
  end
endmodule
