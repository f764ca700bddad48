// Waits for the write answers of each packet and lets packets finish in order.
//
// A packet's bursts share one ID, and slot n uses ID n mod 2^IdWidth: answers of an ID belong to
// its slots in turn.
module dma_commit
  import vam_map_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned Slots = 32,
    parameter int unsigned IdWidth = 4,
    localparam int unsigned SlotBits = $clog2(Slots)
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [23:0] timeout_i,

    input  logic                   burst_i,
    input  logic                   burst_last_i,
    input  logic  [  SlotBits-1:0] slot_i,
    input  logic                   slot_take_i,
    output logic  [     Slots-1:0] slot_busy_o,
    output logic  [2**IdWidth-1:0] id_dead_o,
    input  logic                   done_valid_i,
    output logic                   done_ready_o,
    input  done_t                  done_i,
    input  logic                   done_real_i,

    input logic   b_valid_i,  // always taken
    input axi_b_t b_i,

    output logic  done_valid_o,
    input  logic  done_ready_i,
    output done_t done_o,
    output logic  idle_o,
    output logic  werr_o,
    output logic  wtimeout_o
);
  localparam int unsigned Ids = 2 ** IdWidth;
  localparam int unsigned TurnBits = (SlotBits > IdWidth) ? SlotBits - IdWidth : 1;

  logic [Ids-1:0][TurnBits-1:0] turn_q;
  logic [Ids-1:0] dead_q;
  logic [Slots-1:0] busy_q, issued_q, done_q, bad_q;
  logic [Slots-1:0][7:0] open_q;
  logic [IdWidth-1:0] b_id;
  logic [SlotBits-1:0] b_slot;
  logic b_take, b_final, bump;

  assign b_id    = b_i.id[IdWidth-1:0];
  assign b_slot  = SlotBits'({turn_q[b_id], b_id});
  assign b_take  = b_valid_i && !dead_q[b_id] && busy_q[b_slot] && (open_q[b_slot] != '0);
  assign bump    = burst_i && (slot_i == b_slot);
  assign b_final = b_take && (open_q[b_slot] == 8'd1) && issued_q[b_slot] && !bump;
  assign slot_busy_o = busy_q;
  assign id_dead_o   = dead_q;

  logic head_valid, head_real, lost, late, pop;
  logic [SlotBits-1:0] head_slot;
  done_t head;
  logic [23:0] wait_q;
  prim_fifo #(
      .Width(SlotBits + 1 + $bits(done_t)),
      .Depth(Slots)
  ) u_order (
      .clk_i,
      .rst_ni,
      .valid_i(done_valid_i),
      .ready_o(done_ready_o),
      .data_i ({slot_i, done_real_i, done_i}),
      .valid_o(head_valid),
      .ready_i(pop),
      .data_o ({head_slot, head_real, head})
  );

  assign lost = head_real && !done_q[head_slot] && issued_q[head_slot] &&
      dead_q[head_slot[IdWidth-1:0]];
  assign late = head_valid && head_real && !done_q[head_slot] && issued_q[head_slot] && !lost &&
                expired(
      wait_q, timeout_i
  );
  assign done_valid_o = head_valid && (!head_real || done_q[head_slot] || lost);
  assign pop = done_valid_o && done_ready_i;
  always_comb begin
    done_o = head;
    if (lost) done_o.reason = ReasonDmaTimeout;
    else if (head_real && bad_q[head_slot]) done_o.reason = ReasonDmaWriteError;
    if (done_o.reason != ReasonOk) done_o.out_len = '0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q   <= '0;
      dead_q   <= '0;
      busy_q   <= '0;
      issued_q <= '0;
      done_q   <= '0;
      wait_q   <= '0;
      open_q   <= '0;
    end else begin
      if (slot_take_i) begin
        busy_q[slot_i]   <= 1'b1;
        issued_q[slot_i] <= 1'b0;
        done_q[slot_i]   <= 1'b0;
      end
      if (burst_i && burst_last_i) issued_q[slot_i] <= 1'b1;
      if (burst_i && !(b_take && bump)) open_q[slot_i] <= open_q[slot_i] + 1'b1;
      if (b_take && !bump) open_q[b_slot] <= open_q[b_slot] - 1'b1;
      if (b_final) begin
        done_q[b_slot] <= 1'b1;
        if (SlotBits > IdWidth) turn_q[b_id] <= turn_q[b_id] + 1'b1;
      end
      if (pop && head_real) begin
        busy_q[head_slot] <= 1'b0;
        open_q[head_slot] <= '0;
      end
      if (late) dead_q[head_slot[IdWidth-1:0]] <= 1'b1;
      if (!head_valid || pop || (b_take && (b_slot == head_slot))) wait_q <= '0;
      else wait_q <= wait_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (slot_take_i) bad_q[slot_i] <= 1'b0;
    if (b_take && (b_i.resp != RespOkay)) bad_q[b_slot] <= 1'b1;
  end

  assign idle_o     = !head_valid;
  assign werr_o     = pop && head_real && !lost && bad_q[head_slot];
  assign wtimeout_o = late;
endmodule
