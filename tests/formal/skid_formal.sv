// prim_skid is a queue of two whose outputs are registers.
module skid_formal #(
    parameter int unsigned Width = 3
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             valid_i,
    input  logic             ready_i,
    input  logic [Width-1:0] data_i,
    output logic [      1:0] cover_o   // each bit must be reachable
);
  logic ready_o, valid_o;
  logic [Width-1:0] data_o;
  prim_skid #(.Width(Width)) u_dut (.*);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  logic [Width-1:0] first_q, second_q;
  logic [1:0] held_q;
  logic push, pop;
  assign push = valid_i && ready_o;
  assign pop  = valid_o && ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q <= '0;
    end else begin
      held_q <= held_q + 2'(push) - 2'(pop);
      if (pop) first_q <= (held_q == 2'd2) ? second_q : data_i;
      else if (held_q == '0) first_q <= data_i;
      if (push && held_q == 2'd1) second_q <= data_i;
    end
  end

  // Stability of a stalled output, seen from outside.
  logic stalled_q;
  logic [Width-1:0] stalled_data_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && valid_o && !ready_i;
    stalled_data_q <= data_o;
  end

  always_comb begin
    if (started_q) begin
      assert (held_q <= 2'd2);
      assert (ready_o == (held_q < 2'd2));
      assert (valid_o == (held_q > 2'd0));
      if (valid_o) assert (data_o == first_q);
      if (held_q == 2'd2) assert (u_dut.skid_q == second_q);
      assert (u_dut.skid_valid_q == (held_q == 2'd2));
      if (stalled_q && rst_ni) assert (valid_o && data_o == stalled_data_q);
    end
  end

  assign cover_o[0] = started_q && held_q == 2'd2 && ready_i;
  assign cover_o[1] = started_q && push && pop;
endmodule
