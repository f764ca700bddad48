// Statistics, reason counters and latency histogram: 64 bits each, cleared by every reset of the
// core.
//
// One counter is read at a time: reading a low word latches its high word for the next read.
module vam_counters
  import dma_pkg::*;
  import vam_map_pkg::*;
  import vam_reg_pkg::*;
  import vam_regs_map_pkg::*;
(
    input  logic clk_i,
    input  logic rst_ni,
    output logic ready_o, // all counters are 0 after a reset

    input  reg_req_t req_i,
    output reg_rsp_t rsp_o,

    input ended_t     ended_i,
    input logic       admin_done_i,
    input logic       lane_bubble_i,
    input dma_error_t error_i,
    input logic       event_i,        // one was handed to the event ring
    input logic       busy_i
);
  `include "vam_assert.svh"

  localparam int unsigned ReasonCount = 64;
  localparam int unsigned BucketCount = 32;
  localparam int unsigned StatCount = 16;

  // Index of a statistic: its place in the map.
  typedef logic [3:0] stat_t;
  localparam stat_t StatOutPackets = RegCountersOutPackets[6:3];
  localparam stat_t StatOutBytes = RegCountersOutBytes[6:3];
  localparam stat_t StatInPackets = RegCountersInPackets[6:3];
  localparam stat_t StatInBytes = RegCountersInBytes[6:3];
  localparam stat_t StatRawOps = RegCountersRawOps[6:3];
  localparam stat_t StatRawBytes = RegCountersRawBytes[6:3];
  localparam stat_t StatDrops = RegCountersDrops[6:3];
  localparam stat_t StatAdminOps = RegCountersAdminOps[6:3];
  localparam stat_t StatLaneBubbles = RegCountersLaneBubbles[6:3];
  localparam stat_t StatReadErrors = RegCountersReadErrors[6:3];
  localparam stat_t StatWriteErrors = RegCountersWriteErrors[6:3];
  localparam stat_t StatBusTimeouts = RegCountersBusTimeouts[6:3];
  localparam stat_t StatEvents = RegCountersEvents[6:3];
  localparam stat_t StatEventsDropped = RegCountersEventsDropped[6:3];
  localparam stat_t StatBusyCycles = RegCountersBusyCycles[6:3];

  logic [63:0] stat_q[StatCount];
  logic [63:0] reason_q[ReasonCount];
  logic [63:0] latency_q[BucketCount];

  // ---- statistics -------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < StatCount; i++) stat_q[i] <= '0;
    end else begin
      if (ended_i.valid) begin
        if (ended_i.reason != ReasonOk) begin
          stat_q[StatDrops] <= stat_q[StatDrops] + 64'd1;
        end else if (ended_i.op == OpEspOut) begin
          stat_q[StatOutPackets] <= stat_q[StatOutPackets] + 64'd1;
          stat_q[StatOutBytes]   <= stat_q[StatOutBytes] + 64'(ended_i.len);
        end else if (ended_i.op == OpEspIn) begin
          stat_q[StatInPackets] <= stat_q[StatInPackets] + 64'd1;
          stat_q[StatInBytes]   <= stat_q[StatInBytes] + 64'(ended_i.len);
        end else begin
          stat_q[StatRawOps]   <= stat_q[StatRawOps] + 64'd1;
          stat_q[StatRawBytes] <= stat_q[StatRawBytes] + 64'(ended_i.len);
        end
      end
      if (admin_done_i) stat_q[StatAdminOps] <= stat_q[StatAdminOps] + 64'd1;
      if (lane_bubble_i) stat_q[StatLaneBubbles] <= stat_q[StatLaneBubbles] + 64'd1;
      if (error_i.read_error) stat_q[StatReadErrors] <= stat_q[StatReadErrors] + 64'd1;
      if (error_i.write_error) stat_q[StatWriteErrors] <= stat_q[StatWriteErrors] + 64'd1;
      if (error_i.read_timeout || error_i.write_timeout) begin
        stat_q[StatBusTimeouts] <=
            stat_q[StatBusTimeouts] + 64'(error_i.read_timeout) + 64'(error_i.write_timeout);
      end
      if (event_i) stat_q[StatEvents] <= stat_q[StatEvents] + 64'd1;
      if (error_i.event_dropped) stat_q[StatEventsDropped] <= stat_q[StatEventsDropped] + 64'd1;
      if (busy_i) stat_q[StatBusyCycles] <= stat_q[StatBusyCycles] + 64'd1;
    end
  end

  // ---- reason counters and histogram: small RAMs, cleared row by row after a reset --------------
  logic [5:0] sweep_q;
  logic sweeping_q;
  logic [4:0] bucket;
  assign ready_o = !sweeping_q;

  // Place of the highest one.
  always_comb begin
    bucket = '0;
    for (int unsigned i = 1; i < StampBits; i++) begin
      if (ended_i.cycles[i]) bucket = 5'(i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sweep_q    <= '0;
      sweeping_q <= 1'b1;
    end else if (sweeping_q) begin
      sweep_q    <= sweep_q + 6'd1;
      sweeping_q <= (sweep_q != '1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (sweeping_q) reason_q[sweep_q] <= '0;
    else if (ended_i.valid) begin
      reason_q[ended_i.reason[5:0]] <= reason_q[ended_i.reason[5:0]] + 64'd1;
    end
    if (sweeping_q) latency_q[sweep_q[4:0]] <= '0;
    else if (ended_i.valid) latency_q[bucket] <= latency_q[bucket] + 64'd1;
  end

  // ---- reads ------------------------------------------------------------------------------------
  localparam logic [1:0] ReasonPage = RegCountersReason[10:9];
  localparam logic [1:0] LatencyPage = RegCountersLatency[10:9];
  logic [ 1:0] page;
  logic [63:0] value;
  logic [31:0] high_q;
  assign page = req_i.addr[10:9];

  always_comb begin
    value = '0;
    if (page == ReasonPage) value = reason_q[req_i.addr[8:3]];
    else if (page == LatencyPage && !req_i.addr[8]) value = latency_q[req_i.addr[7:3]];
    else if (page == '0 && req_i.addr[8:7] == '0) value = stat_q[req_i.addr[6:3]];
  end

  always_ff @(posedge clk_i) begin
    rsp_o.ack <= req_i.valid;
    if (req_i.valid && !req_i.write) begin
      rsp_o.data <= req_i.addr[2] ? high_q : value[31:0];
      if (!req_i.addr[2]) high_q <= value[63:32];
    end
  end

  // A stopped queue is a fault bit, not a count; counters ignore writes.
  logic unused_inputs;
  assign unused_inputs = ^{error_i.queue_error, req_i.data};

  `VAM_ASSERT(CardReasonsOnly_A, ended_i.valid |-> (ended_i.reason < 8'd64))
  `VAM_ASSERT(NothingBeforeReady_A, sweeping_q |-> !ended_i.valid)
endmodule
