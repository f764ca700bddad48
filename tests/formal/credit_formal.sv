// prim_credit: what is free and what is out always add up to the total, and a take is granted
// exactly when it fits whole.
module credit_formal #(
    parameter  int unsigned Total = 10,
    localparam int unsigned Width = $clog2(Total + 1)
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             take_i,
    input  logic [Width-1:0] take_amount_i,
    input  logic             return_i,
    input  logic [Width-1:0] return_amount_i,
    output logic [      1:0] cover_o           // each bit must be reachable
);
  logic take_ok_o;
  prim_credit #(.Total(Total)) u_dut (.*);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  int unsigned out_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_q <= 0;
    end else begin
      out_q <= out_q + ((take_i && take_ok_o) ? 32'(take_amount_i) : 0) -
          (return_i ? 32'(return_amount_i) : 0);
    end
  end

  always_comb begin
    // Users return only what they took.
    if (started_q && return_i) assume (32'(return_amount_i) <= out_q);
    if (started_q) begin
      assert (out_q <= Total);
      assert (32'(u_dut.free_q) + out_q == Total);
      assert (take_ok_o == (32'(take_amount_i) <= Total - out_q));
    end
  end

  assign cover_o[0] = started_q && out_q == Total && return_i && 32'(return_amount_i) == Total;
  assign cover_o[1] = started_q && take_i && !take_ok_o;
endmodule
