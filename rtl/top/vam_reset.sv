// Reset sequence: isolate the bus, reset the core, wait until it is scrubbed, be ready.
//
// Entered by power-up, soft reset, function reset (FLR), and when bus mastering or the link goes
// away. The core (rings, SAs, packet path, counters) is reset by all of them, BAR0 only by power-up
// and FLR. Isolation lasts until the core is in reset, so the bus never sees half a burst.
module vam_reset (
    input logic clk_i,
    input logic rst_ni, // power-up

    input  logic soft_reset_i,     // pulse
    input  logic flr_req_i,        // held until flr_done_o
    output logic flr_done_o,       // held until flr_req_i falls
    input  logic bus_master_en_i,
    input  logic link_up_i,

    output logic isolate_req_o,
    input  logic isolate_done_i,
    output logic core_rst_no,
    output logic bar_rst_no,
    input  logic scrubbed_i,      // every RAM of the core is clear

    input logic [23:0] drain_timeout_i,  // cycles; 0: none
    output logic fault_o,  // pulse: the bus still owed answers when the isolation gave up
    output logic ready_o,
    output logic busy_o,
    output logic isolated_o
);
  `include "vam_assert.svh"

  typedef enum logic [1:0] {
    StReset,
    StScrub,
    StRun,
    StIsolate
  } state_e;

  localparam int unsigned ResetCycles = 16;

  state_e state_q;
  logic [4:0] count_q;
  logic [23:0] drain_q;
  logic bus_master_q, link_q, flr_q, flr_done_q;
  logic flr_new, lost_bus;

  assign flr_new  = flr_req_i && !flr_done_q;
  // A falling edge while the core is not running needs nothing: no queue is enabled.
  assign lost_bus = (bus_master_q && !bus_master_en_i) || (link_q && !link_up_i);

  always_ff @(posedge clk_i) begin
    bus_master_q <= bus_master_en_i;
    link_q       <= link_up_i;
    if (!rst_ni) begin
      state_q      <= StReset;
      count_q      <= '0;
      flr_q        <= 1'b0;
      bus_master_q <= 1'b0;
      link_q       <= 1'b0;
    end else begin
      unique case (state_q)
        StReset: begin
          count_q <= count_q + 5'd1;
          if (count_q == 5'(ResetCycles - 1)) begin
            flr_q   <= 1'b0;
            state_q <= StScrub;
          end
        end
        StScrub: begin
          if (flr_new) begin
            flr_q   <= 1'b1;
            state_q <= StIsolate;
          end else if (scrubbed_i) begin
            state_q <= StRun;
          end
        end
        StRun: begin
          if (flr_new || soft_reset_i || lost_bus) begin
            flr_q   <= flr_new;
            state_q <= StIsolate;
          end
        end
        StIsolate: begin
          count_q <= '0;
          if (isolate_done_i) state_q <= StReset;
        end
        default: state_q <= StReset;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !flr_req_i) flr_done_q <= 1'b0;
    else if (state_q == StReset && flr_q && count_q == 5'(ResetCycles - 1)) flr_done_q <= 1'b1;
  end

  // dma acknowledges after the drain time-out even if answers are missing: then the host should
  // know.
  always_ff @(posedge clk_i) begin
    if (state_q != StIsolate) drain_q <= '0;
    else if (drain_q != '1) drain_q <= drain_q + 24'd1;
    fault_o <= rst_ni && (state_q == StIsolate) && isolate_done_i && (drain_timeout_i != '0) &&
        (drain_q >= drain_timeout_i);
  end

  assign isolate_req_o = (state_q == StIsolate) || (state_q == StReset);
  assign core_rst_no   = rst_ni && (state_q != StReset);
  assign bar_rst_no    = rst_ni && !(state_q == StReset && flr_q);
  assign ready_o       = (state_q == StRun);
  assign busy_o        = (state_q != StRun);
  assign isolated_o    = isolate_req_o && isolate_done_i;
  assign flr_done_o    = flr_done_q;

  `VAM_ASSERT(ResetOnlyIsolated_A, (state_q == StReset && count_q == 5'd1 && $past(rst_ni, 2)
                                   ) |-> $past(isolate_done_i, 2))
endmodule
