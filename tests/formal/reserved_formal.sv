// prim_fifo_reserved: whoever reserved a place finds it, however late the item comes, and places
// are neither lost nor invented. That the items keep their order is proved of prim_fifo.
module reserved_formal #(
    parameter int unsigned Width = 1,
    parameter int unsigned Depth = 3
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             reserve_i,
    input  logic             valid_i,
    input  logic             ready_i,
    input  logic [Width-1:0] data_i,
    output logic [      1:0] cover_o     // each bit must be reachable
);
  logic room_o, valid_o, empty_o;
  logic [Width-1:0] data_o;
  prim_fifo_reserved #(
      .Width(Width),
      .Depth(Depth)
  ) u_dut (
      .*
  );

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  int unsigned coming_q;  // places reserved for items that have not arrived
  int unsigned held_q;  // items that wait to be read
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      coming_q <= 0;
      held_q   <= 0;
    end else begin
      coming_q <= coming_q + 32'(reserve_i) - 32'(valid_i);
      held_q   <= held_q + 32'(valid_i) - 32'(valid_o && ready_i);
    end
  end

  always_comb begin
    // Users reserve only what is free, and send only what has a place.
    if (reserve_i) assume (room_o);
    if (valid_i) assume (coming_q != 0);
    if (started_q) begin
      assert (coming_q <= Depth && held_q <= Depth && coming_q + held_q <= Depth);
      assert (room_o == (coming_q + held_q < Depth));
      assert (empty_o == (coming_q + held_q == 0));
      assert (valid_o == (held_q != 0));
      if (valid_i) assert (u_dut.ready);
      // What makes it inductive: where the counts stand.
      assert (32'(u_dut.taken_q) == coming_q + held_q);
      assert (32'(u_dut.u_fifo.count_q) == held_q);
    end
  end

  assign cover_o[0] = started_q && valid_i && coming_q == Depth;
  assign cover_o[1] = started_q && reserve_i && valid_o && ready_i &&
      coming_q + held_q == Depth - 1;
endmodule
