// Skid buffer: cuts every combinational path of a valid/ready stream and keeps one item per cycle
// flowing.
//
// ready_o is a register, so one item may arrive after the consumer stalled: it waits in the second
// register.
module prim_skid #(
    parameter int unsigned Width = 8
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

  logic main_valid_q, skid_valid_q;
  logic [Width-1:0] main_q, skid_q;
  logic load_main;

  assign ready_o   = !skid_valid_q;
  assign valid_o   = main_valid_q;
  assign data_o    = main_q;
  assign load_main = !main_valid_q || ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      main_valid_q <= 1'b0;
      skid_valid_q <= 1'b0;
    end else begin
      if (load_main) begin
        main_valid_q <= skid_valid_q || valid_i;
        skid_valid_q <= 1'b0;
      end else if (valid_i && ready_o) begin
        skid_valid_q <= 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (load_main) main_q <= skid_valid_q ? skid_q : data_i;
    if (valid_i && ready_o) skid_q <= data_i;
  end

  `VAM_ASSERT(HoldsWhileStalled_A, (valid_o && !ready_i) |=> (valid_o && $stable(data_o)))
  `VAM_ASSERT(SkidImpliesMain_A, skid_valid_q |-> main_valid_q)
endmodule
