// The lane with few pins, for place and route: inputs come from a shift register, outputs are
// folded into one. All of the lane's ports are registered on both sides, so the reported fmax is
// the lane's own.
module gcm_lane_pnr
  import gcm_pkg::*;
(
    input  logic clk_i,
    input  logic rst_ni,
    input  logic serial_i,
    output logic serial_o
);
  localparam int unsigned InWidth = $bits(gcm_cmd_t) + 128 + 4;

  logic [InWidth-1:0] in_q;
  logic rst_nq;
  gcm_cmd_t cmd;
  logic [127:0] in_data, out_data, tag;
  logic cmd_valid, in_valid, out_ready, tag_ready;
  logic cmd_ready, in_ready, out_valid, out_last, tag_valid, idle, bubble;
  logic [263:0] out_q;
  logic [32:0] fold_q;
  logic [4:0] fold2_q;

  assign {cmd, in_data, cmd_valid, in_valid, out_ready, tag_ready} = in_q;

  gcm_lane u_lane (
      .clk_i,
      .rst_ni(rst_nq),
      .cmd_valid_i(cmd_valid),
      .cmd_ready_o(cmd_ready),
      .cmd_i(cmd),
      .in_valid_i(in_valid),
      .in_ready_o(in_ready),
      .in_data_i(in_data),
      .out_valid_o(out_valid),
      .out_ready_i(out_ready),
      .out_data_o(out_data),
      .out_last_o(out_last),
      .tag_valid_o(tag_valid),
      .tag_ready_i(tag_ready),
      .tag_o(tag),
      .idle_o(idle),
      .bubble_o(bubble)
  );

  always_ff @(posedge clk_i) begin
    rst_nq <= rst_ni;
    in_q   <= {in_q[InWidth-2:0], serial_i};
    out_q  <= {
      2'b00, out_data, tag, cmd_ready, in_ready, out_valid, out_last, tag_valid, idle ^ bubble
    };
    // In steps of eight, so that no wide XOR over the whole part sets the pace.
    for (int unsigned i = 0; i < 33; i++) fold_q[i] <= ^out_q[i*8+:8];
    for (int unsigned i = 0; i < 4; i++) fold2_q[i] <= ^fold_q[i*8+:8];
    fold2_q[4] <= fold_q[32];
    serial_o   <= ^fold2_q;
  end
endmodule
