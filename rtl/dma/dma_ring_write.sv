// Lets the writers of the ring port share it, one burst at a time, and returns answers to them by
// ID.
module dma_ring_write
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned Sources = 4,
    localparam int unsigned SourceBits = $clog2(Sources)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic   [Sources-1:0] burst_valid_i,
    output logic   [Sources-1:0] burst_ready_o,
    input  burst_t [Sources-1:0] burst_i,
    input  logic   [Sources-1:0] w_valid_i,
    output logic   [Sources-1:0] w_ready_o,
    input  axi_w_t [Sources-1:0] w_i,
    output logic   [Sources-1:0] b_valid_o,
    output logic                 b_error_o,

    output logic    aw_valid_o,
    input  logic    aw_ready_i,
    output axi_aw_t aw_o,
    output logic    w_valid_o,
    input  logic    w_ready_i,
    output axi_w_t  w_o,
    input  logic    b_valid_i,   // always taken
    input  axi_b_t  b_i,
    output logic    idle_o
);
  logic busy_q, pick_valid, ends;
  logic [SourceBits-1:0] pick, source_q;
  logic [7:0] left_q;

  prim_arb_rr #(
      .Count(Sources)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i(burst_valid_i),
      .advance_i(!busy_q && aw_ready_i),
      .valid_o(pick_valid),
      .idx_o(pick)
  );

  assign aw_valid_o = !busy_q && pick_valid;
  assign aw_o       = '{id: IdBits'(pick), addr: burst_i[pick].addr, len: burst_i[pick].len};
  assign w_valid_o  = busy_q && w_valid_i[source_q];
  assign w_o        = w_i[source_q];
  assign ends       = w_valid_o && w_ready_i && (left_q == '0);
  assign b_error_o  = (b_i.resp != RespOkay);
  assign idle_o     = !busy_q && !pick_valid;

  always_comb begin
    burst_ready_o       = '0;
    w_ready_o           = '0;
    b_valid_o           = '0;
    burst_ready_o[pick] = !busy_q && pick_valid && aw_ready_i;
    w_ready_o[source_q] = busy_q && w_ready_i;
    for (int unsigned s = 0; s < Sources; s++) b_valid_o[s] = b_valid_i && (b_i.id == IdBits'(s));
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (!busy_q) busy_q <= aw_valid_o && aw_ready_i;
    else if (ends) busy_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      source_q <= pick;
      left_q   <= burst_i[pick].len;
    end else if (w_valid_o && w_ready_i) left_q <= left_q - 1'b1;
  end
endmodule
