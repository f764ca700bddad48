// prim_fifo is a queue: nothing lost, doubled, reordered or invented.
module fifo_formal #(
    parameter int unsigned Width = 3,
    parameter int unsigned Depth = 3
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
  prim_fifo #(
      .Width(Width),
      .Depth(Depth)
  ) u_dut (
      .*
  );

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  function automatic int unsigned around(int unsigned place);
    return (place >= Depth) ? place - Depth : place;
  endfunction

  // The queue as a shift register, oldest first.
  logic [Width-1:0] model_q[Depth+1];
  int unsigned held_q;
  logic push, pop, been_full_q;
  assign push = valid_i && ready_o;
  assign pop  = valid_o && ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q <= 0;
      been_full_q <= 1'b0;
    end else begin
      held_q <= held_q + 32'(push) - 32'(pop);
      been_full_q <= been_full_q || (held_q == Depth);
      for (int unsigned i = 0; i < Depth; i++) begin
        automatic int unsigned from = pop ? i + 1 : i;
        model_q[i] <= (push && from == held_q) ? data_i : model_q[from];
      end
    end
  end

  always_comb begin
    if (started_q) begin
      assert (held_q <= Depth);
      assert (ready_o == (held_q < Depth));
      assert (valid_o == (held_q > 0));
      if (valid_o) assert (data_o == model_q[0]);
      // What makes it inductive: where each entry stands.
      assert (32'(u_dut.count_q) == held_q);
      assert (32'(u_dut.rptr_q) < Depth);
      assert (32'(u_dut.wptr_q) == around(32'(u_dut.rptr_q) + held_q));
      for (int unsigned i = 0; i < Depth; i++) begin
        if (i < held_q) assert (u_dut.mem[around(32'(u_dut.rptr_q)+i)] == model_q[i]);
      end
    end
  end

  assign cover_o[0] = started_q && been_full_q && held_q == 0;
  assign cover_o[1] = started_q && push && pop && held_q == 1;
endmodule
