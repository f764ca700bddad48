// Queue behind a pipeline that cannot stall: an item reserves its place before it enters the
// pipeline, so there is room when it arrives, however late that is.
//
// As in prim_fifo, data that arrive in cycle t can be read in cycle t+1, and a place that is read
// counts as free from the next cycle on. Full rate needs as many places as an item spends cycles
// from its reservation to its reading.
module prim_fifo_reserved #(
    parameter int unsigned Width = 8,
    parameter int unsigned Depth = 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    output logic             room_o,     // a place is free
    input  logic             reserve_i,  // take it; only while room_o
    input  logic             valid_i,    // an item arrives, for which a place was reserved
    input  logic [Width-1:0] data_i,
    output logic             valid_o,
    input  logic             ready_i,
    output logic [Width-1:0] data_o,
    output logic             empty_o     // no place is taken: nothing is here or on its way
);
  `include "vam_assert.svh"

  localparam int unsigned CountWidth = $clog2(Depth + 1);

  logic [CountWidth-1:0] taken_q;
  logic ready;

  assign room_o  = (taken_q != CountWidth'(Depth));
  assign empty_o = (taken_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) taken_q <= '0;
    else taken_q <= taken_q + CountWidth'(reserve_i) - CountWidth'(valid_o && ready_i);
  end

  prim_fifo #(
      .Width(Width),
      .Depth(Depth)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .valid_i,
      .ready_o(ready),
      .data_i,
      .valid_o,
      .ready_i,
      .data_o
  );

  `VAM_ASSERT(ReservesOnlyRoom_A, reserve_i |-> room_o)
  `VAM_ASSERT(ArrivesReserved_A, valid_i |-> (ready && !empty_o))
endmodule
