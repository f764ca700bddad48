// Credit pool: grants up to Total units, taken and returned in any amounts. A take is granted only
// if it fits whole (no partial grants, so two takers cannot hold half each and wait for ever). A
// return in the same cycle counts from the next cycle on.
module prim_credit #(
    parameter  int unsigned Total = 64,
    localparam int unsigned Width = $clog2(Total + 1)
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             take_i,
    input  logic [Width-1:0] take_amount_i,
    output logic             take_ok_o,       // the amount is there; taken when take_i is high too
    input  logic             return_i,
    input  logic [Width-1:0] return_amount_i
);
  `include "vam_assert.svh"

  logic [Width-1:0] free_q;
  logic taken;

  assign take_ok_o = (take_amount_i <= free_q);
  assign taken     = take_i && take_ok_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) free_q <= Width'(Total);
    else free_q <= free_q - (taken ? take_amount_i : '0) + (return_i ? return_amount_i : '0);
  end

  // Returning more than was taken would invent credit.
  logic [31:0] total_next;
  assign total_next = 32'(free_q) + (return_i ? 32'(return_amount_i) : '0) -
      (taken ? 32'(take_amount_i) : '0);
  `VAM_ASSERT(NeverOverTotal_A, total_next <= Total)
endmodule
