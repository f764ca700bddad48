// First-in first-out queue, one clock, any depth of at least 1.
//
// Data written in cycle t can be read in cycle t+1 (no fall-through: valid_o never depends on
// valid_i of the same cycle). ready_o does not depend on ready_i, so a full queue does not accept
// even while it is read: give it the depth that the stream needs (2 for full throughput).
module prim_fifo #(
    parameter int unsigned Width = 8,
    parameter int unsigned Depth = 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             valid_i,
    output logic             ready_o,
    input  logic [Width-1:0] data_i,
    output logic             valid_o,
    input  logic             ready_i,
    output logic [Width-1:0] data_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_depth_check, Depth >= 1)

  localparam int unsigned CountWidth = $clog2(Depth + 1);
  localparam int unsigned PtrWidth = (Depth > 1) ? $clog2(Depth) : 1;

  logic [Width-1:0] mem[Depth];
  logic [PtrWidth-1:0] wptr_q, rptr_q;
  logic [CountWidth-1:0] count_q;
  logic push, pop;

  assign ready_o = (count_q != CountWidth'(Depth));
  assign valid_o = (count_q != '0);
  assign data_o  = mem[rptr_q];
  assign push    = valid_i && ready_o;
  assign pop     = valid_o && ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      rptr_q  <= '0;
      count_q <= '0;
    end else begin
      // Depth need not be a power of two, so the pointers wrap by comparison.
      if (push) wptr_q <= (wptr_q == PtrWidth'(Depth - 1)) ? '0 : wptr_q + 1'b1;
      if (pop) rptr_q <= (rptr_q == PtrWidth'(Depth - 1)) ? '0 : rptr_q + 1'b1;
      count_q <= count_q + CountWidth'(push) - CountWidth'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) mem[wptr_q] <= data_i;
  end

  `VAM_ASSERT(CountInRange_A, count_q <= CountWidth'(Depth))
  `VAM_ASSERT(HoldsWhileStalled_A, (valid_o && !ready_i) |=> (valid_o && $stable(data_o)))
endmodule
