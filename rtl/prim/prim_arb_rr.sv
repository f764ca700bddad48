// Round-robin arbiter, combinational grant. The winner of a cycle in which advance_i is high
// becomes the last in line. Without advance_i the grant may move to a later requester only when the
// granted one withdraws.
module prim_arb_rr #(
    parameter int unsigned Count = 2,
    localparam int unsigned IdxWidth = (Count > 1) ? $clog2(Count) : 1
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [   Count-1:0] req_i,
    input  logic                advance_i,
    output logic                valid_o,
    output logic [IdxWidth-1:0] idx_o
);
  logic [IdxWidth-1:0] last_q;

  // Two passes: first the requesters after the last winner, then all.
  always_comb begin
    valid_o = |req_i;
    idx_o   = '0;
    for (int unsigned i = Count; i > 0; i--) begin
      if (req_i[i-1]) idx_o = IdxWidth'(i - 1);
    end
    for (int unsigned i = Count; i > 0; i--) begin
      if (req_i[i-1] && (IdxWidth'(i - 1) > last_q)) idx_o = IdxWidth'(i - 1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) last_q <= IdxWidth'(Count - 1);
    else if (advance_i && valid_o) last_q <= idx_o;
  end
endmodule
