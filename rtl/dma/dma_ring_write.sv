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

    input  ring_write_req_t [Sources-1:0] req_i,
    output ring_write_rsp_t [Sources-1:0] rsp_o,

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
  logic [Sources-1:0] asks;
  logic [SourceBits-1:0] pick, source_q;
  logic [7:0] left_q;

  prim_arb_rr #(
      .Count(Sources)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i(asks),
      .advance_i(!busy_q && aw_ready_i),
      .valid_o(pick_valid),
      .idx_o(pick)
  );

  assign aw_valid_o = !busy_q && pick_valid;
  assign aw_o = '{id: IdBits'(pick), addr: req_i[pick].burst.addr, len: req_i[pick].burst.len};
  assign w_valid_o = busy_q && req_i[source_q].w_valid;
  assign w_o = req_i[source_q].w;
  assign ends = w_valid_o && w_ready_i && (left_q == '0);
  assign idle_o = !busy_q && !pick_valid;

  for (genvar s = 0; s < Sources; s++) begin : gen_source
    assign asks[s] = req_i[s].burst_valid;
    assign rsp_o[s] = '{
            burst_ready: aw_valid_o && aw_ready_i && (pick == SourceBits'(s)),
            w_ready: busy_q && w_ready_i && (source_q == SourceBits'(s)),
            b_valid: b_valid_i && (b_i.id == IdBits'(s)),
            b_error: (b_i.resp != RespOkay)
        };
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (!busy_q) busy_q <= aw_valid_o && aw_ready_i;
    else if (ends) busy_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      source_q <= pick;
      left_q   <= req_i[pick].burst.len;
    end else if (w_valid_o && w_ready_i) left_q <= left_q - 1'b1;
  end
endmodule
