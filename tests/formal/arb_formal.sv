// prim_arb_rr grants only who asks, always someone if anyone asks, and makes nobody who keeps
// asking wait for more than one grant of each of the others.
module arb_formal #(
    parameter int unsigned Count = 3,
    localparam int unsigned IdxWidth = $clog2(Count)
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [   Count-1:0] req_i,
    input  logic                advance_i,
    input  logic [IdxWidth-1:0] who_i,      // chosen in reset
    output logic [         0:0] cover_o     // each bit must be reachable
);

  logic valid_o;
  logic [IdxWidth-1:0] idx_o;
  prim_arb_rr #(.Count(Count)) u_dut (.*);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  // Requester `who` keeps asking; how many others were served since it began.
  logic [IdxWidth-1:0] who_q;
  int unsigned waited_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) who_q <= who_i;
    if (!rst_ni || !req_i[who_q] || (advance_i && idx_o == who_q)) waited_q <= 0;
    else if (advance_i) waited_q <= waited_q + 1;
  end

  // Places from the last winner to `who`, going round: each grant comes at least one nearer.
  int unsigned distance;
  assign distance = (32'(who_q) > 32'(u_dut.last_q)) ? 32'(who_q) - 32'(u_dut.last_q) - 1 :
      32'(who_q) + Count - 32'(u_dut.last_q) - 1;

  always_comb begin
    assume (32'(who_q) < Count);
    if (started_q) begin
      assert (32'(u_dut.last_q) < Count);
      assert (valid_o == |req_i);
      if (valid_o) assert (32'(idx_o) < Count && req_i[idx_o]);
      assert (waited_q < Count);
      assert (waited_q + distance < Count);
    end
  end

  assign cover_o[0] = started_q && waited_q == Count - 1 && idx_o == who_q && req_i[who_q];
endmodule
