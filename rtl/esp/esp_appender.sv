// Puts up to 16 bytes behind the last block of a packet, in one more block if they do not fit.
//
//   in : ... 16 bytes | last, b bytes       append: a bytes       b + a <= 16: no more block
//   out: ... 16 bytes | b bytes, then append ... | what is left   b + a >  16: one more
//
// No latency; the extra block costs the one cycle in which it leaves. Bytes past the end of the
// last block are zero; blocks before the last pass unchanged. append_i belongs to the last block
// and is looked at only with it. b may be 0.
module esp_appender #(
    parameter  int unsigned MaxAppend = 16,
    localparam int unsigned LenWidth  = $clog2(MaxAppend + 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic in_valid_i,
    output logic in_ready_o,
    input logic [127:0] in_data_i,
    input logic in_last_i,
    input logic [4:0] in_bytes_i,  // of the last block, 0 to 16
    input logic [8*MaxAppend-1:0] append_i,  // byte 0 in [7:0]
    input logic [LenWidth-1:0] append_len_i,  // 0 to MaxAppend
    output logic out_valid_o,
    input logic out_ready_i,
    output logic [127:0] out_data_o,
    output logic out_last_o,
    output logic [4:0] out_bytes_o  // of the last block, 1 to 16; 0 if nothing is there at all
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_max_append_check, MaxAppend >= 1 && MaxAppend <= 16)

  // What did not fit, waiting for its own block.
  logic rest_valid_q;
  logic [127:0] rest_q;
  logic [4:0] rest_bytes_q;

  logic [127:0] append_kept, in_kept;
  logic [255:0] joined;
  logic [5:0] total;
  logic overflow;

  function automatic logic [127:0] keep_bytes(logic [127:0] data, logic [4:0] count);
    logic [127:0] result;
    for (int unsigned i = 0; i < 16; i++) result[8*i+:8] = (5'(i) < count) ? data[8*i+:8] : 8'd0;
    return result;
  endfunction

  assign append_kept = keep_bytes(128'(append_i), 5'(append_len_i));
  assign in_kept     = keep_bytes(in_data_i, in_bytes_i);
  assign joined      = {128'd0, in_kept} | ({128'd0, append_kept} << {in_bytes_i, 3'd0});
  assign total       = {1'b0, in_bytes_i} + 6'(append_len_i);
  assign overflow    = in_last_i && (total > 6'd16);

  assign out_valid_o = rest_valid_q || in_valid_i;
  assign in_ready_o  = out_ready_i && !rest_valid_q;
  assign out_last_o  = rest_valid_q || (in_last_i && !overflow);

  always_comb begin
    if (rest_valid_q) begin
      out_data_o  = rest_q;
      out_bytes_o = rest_bytes_q;
    end else begin
      out_data_o  = in_last_i ? joined[127:0] : in_data_i;
      out_bytes_o = (in_last_i && !overflow) ? total[4:0] : 5'd16;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) rest_valid_q <= 1'b0;
    else if (out_ready_i) rest_valid_q <= !rest_valid_q && in_valid_i && overflow;
  end

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) begin
      rest_q       <= joined[255:128];
      rest_bytes_q <= 5'(total - 6'd16);
    end
  end

  `VAM_ASSERT(HoldsWhileStalled_A, (out_valid_o && !out_ready_i && $stable(in_valid_i) && $stable
                                   (in_data_i) && $stable(in_last_i) && $stable(in_bytes_i)
                                   && $stable(append_i) && $stable(append_len_i)) |=> out_valid_o)
endmodule
