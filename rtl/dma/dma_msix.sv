// MSI-X: pending bits, and when a vector fires.
//
// A source (a queue pair or the event ring) asks while it is armed and the host is behind. A vector
// fires for all its sources at once and disarms them; it keeps min_interval cycles between messages
// unless count completions wait or an urgent one does. What cannot be sent, because masked, stays
// pending and goes out on unmask.
module dma_msix
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned Sources = 6,
    parameter int unsigned NumVectors = 8,
    localparam int unsigned VectorBits = $clog2(NumVectors)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                         enable_i,
    input logic                         mask_i,
    input msix_entry_t [NumVectors-1:0] table_i,
    input moderation_t [NumVectors-1:0] moderation_i,

    input  logic [Sources-1:0]       armed_i,
    input  logic [Sources-1:0][15:0] behind_i,
    input  logic [Sources-1:0]       urgent_i,  // pulse
    input  logic [Sources-1:0][ 3:0] vector_i,
    output logic [Sources-1:0]       disarm_o,

    output logic [NumVectors-1:0] pba_o,  // messages that wait

    output ring_write_req_t write_o,
    input  ring_write_rsp_t write_i,
    output logic            idle_o
);
  // Which vectors have reason to fire.
  logic [Sources-1:0] ask, hurry_q, hurry;
  logic [NumVectors-1:0] fire, want, rush, pending_q, sendable;
  logic [NumVectors-1:0][15:0] gap_q;
  always_comb begin
    want = '0;
    rush = '0;
    for (int unsigned s = 0; s < Sources; s++) begin
      ask[s]   = armed_i[s] && (behind_i[s] != '0);
      hurry[s] = hurry_q[s];
      for (int unsigned v = 0; v < NumVectors; v++) begin
        if (vector_i[s] == 4'(v)) begin
          if ((moderation_i[v].count != '0) && (behind_i[s] >= 16'(moderation_i[v].count)))
            hurry[s] = 1'b1;
          if (ask[s]) want[v] = 1'b1;
          if (ask[s] && hurry[s]) rush[v] = 1'b1;
        end
      end
    end
    for (int unsigned v = 0; v < NumVectors; v++) begin
      fire[v] = enable_i && want[v] && !pending_q[v] && (rush[v] || (gap_q[v] >=
          moderation_i[v].min_interval));
      sendable[v] = pending_q[v] && !mask_i && !table_i[v].masked;
    end
    disarm_o = '0;
    for (int unsigned s = 0; s < Sources; s++) begin
      for (int unsigned v = 0; v < NumVectors; v++) begin
        if ((vector_i[s] == 4'(v)) && fire[v]) disarm_o[s] = ask[s];
      end
    end
  end

  typedef enum logic [1:0] {
    StPick,
    StAsk,
    StSend
  } state_e;
  state_e state_q;
  logic   pick_valid;
  logic [VectorBits-1:0] pick, vector_q;
  prim_arb_rr #(
      .Count(NumVectors)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i(sendable),
      .advance_i(state_q == StPick),
      .valid_o(pick_valid),
      .idx_o(pick)
  );

  logic sent;
  logic [63:0] addr_q;
  logic [31:0] data_q;
  assign sent = (state_q == StSend) && write_i.w_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= StPick;
      pending_q <= '0;
      hurry_q   <= '0;
      gap_q     <= '1;
    end else begin
      unique case (state_q)
        StPick:  if (pick_valid && enable_i) state_q <= StAsk;
        StAsk:   if (write_i.burst_ready) state_q <= StSend;
        StSend:  if (write_i.w_ready) state_q <= StPick;
        default: state_q <= StPick;
      endcase
      for (int unsigned v = 0; v < NumVectors; v++) begin
        if (!enable_i) pending_q[v] <= 1'b0;
        else if (fire[v]) pending_q[v] <= 1'b1;
        else if ((state_q == StPick) && pick_valid && (pick == VectorBits'(v)))
          pending_q[v] <= 1'b0;
        if (sent && (vector_q == VectorBits'(v))) gap_q[v] <= '0;
        else if (gap_q[v] != '1) gap_q[v] <= gap_q[v] + 1'b1;
      end
      for (int unsigned s = 0; s < Sources; s++) begin
        if (disarm_o[s] || (behind_i[s] == '0)) hurry_q[s] <= urgent_i[s];
        else if (urgent_i[s]) hurry_q[s] <= 1'b1;
      end
    end
  end
  // The entry is read when the message leaves, so that a rewritten entry is used whole.
  always_ff @(posedge clk_i) begin
    if (state_q == StPick) begin
      vector_q <= pick;
      addr_q   <= table_i[pick].addr;
      data_q   <= table_i[pick].data;
    end
  end

  assign pba_o = pending_q;
  assign write_o.burst_valid = (state_q == StAsk);
  assign write_o.burst = '{addr: {addr_q[63:4], 4'd0}, len: 8'd0};
  assign write_o.w_valid = (state_q == StSend);
  assign write_o.w = '{
          data: 128'(data_q) << {addr_q[3:2], 5'd0},
          strb: 16'h000f << {addr_q[3:2], 2'd0},
          last: 1'b1
      };
  assign idle_o = (state_q == StPick) && (sendable == '0) && !(enable_i && (want != '0));

  // An interrupt's answer matters to nobody but the isolation.
  logic unused;
  assign unused = ^{addr_q[1:0], write_i.b_valid, write_i.b_error};
endmodule
