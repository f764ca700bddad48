// Sends the sticky events of the SAs: each once when it fires, and again every ResendCycles until
// it is acknowledged.
//
// Nothing can be lost: what counts is the pending mask in the SA's row. A fired event passes
// through a short queue; if that is full, or time for the next repetition has come, all rows are
// read in turn in cycles that no packet needs.
module sad_events
  import vam_map_pkg::*;
  import vam_pkg::*;
  import sad_pkg::*;
#(
    parameter int unsigned MaxSa = 1024,
    parameter int unsigned ResendCycles = 65536,
    localparam int unsigned IdxBits = $clog2(MaxSa)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                      fire_valid_i,
    input logic        [IdxBits-1:0] fire_index_i,
    input event_mask_t               fire_mask_i,
    input logic                      pending_any_i,

    output logic                       peek_valid_o,
    input  logic                       peek_ready_i,
    output logic         [IdxBits-1:0] peek_index_o,
    input  logic                       peek_done_i,
    input  sa_snapshot_t               snapshot_i,

    output logic   event_valid_o,
    input  logic   event_ready_i,
    output event_t event_o,

    output logic idle_o
);
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned TimerBits = $clog2(ResendCycles);

  typedef enum logic [1:0] {
    StIdle,
    StPeek,
    StWait,
    StSend
  } state_e;

  state_e state_q;
  logic queue_ready, queue_valid, queue_pop, scan_step;
  logic [IdxBits-1:0] queue_index, scan_q, index_q;
  event_mask_t queue_mask, mask_q;
  logic scanning_q, rescan_q;
  logic [TimerBits-1:0] timer_q;
  sa_snapshot_t snapshot_q;
  event_type_e kind;
  logic [63:0] value;

  prim_fifo #(
      .Width(IdxBits + $bits(event_mask_t)),
      .Depth(QueueDepth)
  ) u_queue (
      .clk_i,
      .rst_ni,
      .valid_i(fire_valid_i),
      .ready_o(queue_ready),
      .data_i ({fire_index_i, fire_mask_i}),
      .valid_o(queue_valid),
      .ready_i(queue_pop),
      .data_o ({queue_index, queue_mask})
  );

  assign queue_pop    = (state_q == StIdle) && queue_valid;
  assign scan_step    = (state_q == StIdle) && !queue_valid && scanning_q;
  assign peek_valid_o = (state_q == StPeek);
  assign peek_index_o = index_q;

  // A full queue drops the event on its way, never in its row: the next scan sends it.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      scanning_q <= 1'b0;
      rescan_q   <= 1'b0;
      scan_q     <= '0;
      timer_q    <= '0;
    end else begin
      if (!pending_any_i || timer_q == TimerBits'(ResendCycles - 1)) timer_q <= '0;
      else timer_q <= timer_q + 1'b1;

      if (scan_step) begin
        scan_q <= scan_q + 1'b1;
        if (scan_q == IdxBits'(MaxSa - 1)) scanning_q <= 1'b0;
      end else if (!scanning_q && rescan_q) begin
        scan_q     <= '0;
        scanning_q <= 1'b1;
        rescan_q   <= 1'b0;
      end
      if ((fire_valid_i && !queue_ready) || timer_q == TimerBits'(ResendCycles - 1)) begin
        rescan_q <= 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      unique case (state_q)
        StIdle:  if (queue_pop || scan_step) state_q <= StPeek;
        StPeek:  if (peek_ready_i) state_q <= StWait;
        StWait: begin
          if (peek_done_i) begin
            state_q <= ((mask_q & snapshot_i.count.pending) != '0) ? StSend : StIdle;
          end
        end
        default: if (event_ready_i && (mask_q & (mask_q - 1'b1)) == '0) state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (state_q)
      StIdle: begin
        index_q <= queue_pop ? queue_index : scan_q;
        mask_q  <= queue_pop ? queue_mask : '1;
      end
      StWait: begin
        if (peek_done_i) begin
          mask_q     <= mask_q & snapshot_i.count.pending;
          snapshot_q <= snapshot_i;
        end
      end
      StSend:  if (event_ready_i) mask_q <= mask_q & (mask_q - 1'b1);
      default: ;
    endcase
  end

  // The lowest event of the mask; values are those at the time of the reading.
  always_comb begin
    kind = EventSoftBytes;
    for (int unsigned i = $bits(event_mask_t) - 1; i > 0; i--) begin
      if (mask_q[i]) kind = event_type_e'(8'(i));
    end
    unique case (kind)
      EventSoftPackets, EventHardPackets: value = snapshot_q.count.packets;
      EventSeqWatermark, EventSeqOverflow: value = snapshot_q.seq;
      default: value = snapshot_q.count.bytes;
    endcase
  end

  assign event_valid_o = (state_q == StSend);
  assign event_o = '{
          kind: kind,
          handle: '{gen: snapshot_q.gen, index: 20'(index_q)},
          sa_id: snapshot_q.sa_id,
          value: value
      };
  assign idle_o = (state_q == StIdle) && !queue_valid && !pending_any_i;
endmodule
