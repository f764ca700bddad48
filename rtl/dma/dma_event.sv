// Writes events into their ring. A full ring holds events back, so none is lost; without a ring
// they are counted.
module dma_event
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input event_cfg_t cfg_i,
    input logic [23:0] timeout_i,
    output event_status_t status_o,
    input logic doorbell_valid_i,
    input event_doorbell_t doorbell_i,
    output logic [15:0] behind_o,
    output logic armed_o,
    input logic disarm_i,

    input  logic   event_valid_i,
    output logic   event_ready_o,
    input  event_t event_i,

    output ring_write_req_t write_o,
    input  ring_write_rsp_t write_i,

    output logic idle_o,
    output logic dropped_o,
    output logic werr_o,
    output logic wtimeout_o
);
  typedef enum logic [2:0] {
    StOff,
    StReady,
    StAsk,
    StLow,
    StHigh,
    StWait
  } state_e;
  state_e state_q;

  logic [15:0] tail_q, head_q, ring_size, slot, laps;
  logic [31:0] dropped_q;
  logic error_q, hung_q, armed_q, full, off;
  logic [23:0] wait_q;
  event_t event_q;

  assign off                 = (state_q == StOff) || error_q || hung_q;
  assign ring_size           = 16'd1 << cfg_i.log2;
  assign full                = (16'(tail_q - head_q) >= ring_size);
  assign event_ready_o       = (state_q == StReady) ? !full : off;
  assign dropped_o           = event_valid_i && event_ready_o && off;

  assign slot                = tail_q & (ring_size - 16'd1);
  assign laps                = tail_q >> cfg_i.log2;
  assign write_o.burst_valid = (state_q == StAsk);
  assign write_o.burst       = '{addr: cfg_i.base + 64'({slot, 5'd0}), len: 8'd1};

  event_entry_t entry;
  always_comb begin
    entry           = '0;
    entry.kind      = event_q.kind;
    entry.sa_handle = event_q.handle;
    entry.sa_id     = event_q.sa_id;
    entry.value     = event_q.value;
    entry.dropped   = dropped_q;
    entry.phase     = !laps[0];
  end
  assign write_o.w_valid = (state_q == StLow) || (state_q == StHigh);
  assign write_o.w = '{
          data: (state_q == StLow) ? entry[127:0] : entry[255:128],
          strb: '1,
          last: (state_q == StHigh)
      };

  assign werr_o = (state_q == StWait) && write_i.b_valid && write_i.b_error;
  assign wtimeout_o = (state_q == StWait) && !write_i.b_valid && expired(wait_q, timeout_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StOff;
      error_q <= 1'b0;
      hung_q <= 1'b0;
      armed_q <= 1'b0;
      tail_q <= '0;
      head_q <= '0;
      dropped_q <= '0;
      wait_q <= '0;
    end else begin
      wait_q <= (state_q == StWait) ? wait_q + 1'b1 : '0;
      unique case (state_q)
        StOff: begin
          error_q <= 1'b0;
          if (cfg_i.enable && !hung_q) begin
            state_q <= StReady;
            tail_q  <= '0;
            head_q  <= '0;
            armed_q <= 1'b0;
          end
        end
        StReady: begin
          if (!cfg_i.enable) state_q <= StOff;
          else if (event_valid_i && !full && !error_q) state_q <= StAsk;
        end
        StAsk:   if (write_i.burst_ready) state_q <= StLow;
        StLow:   if (write_i.w_ready) state_q <= StHigh;
        StHigh:  if (write_i.w_ready) state_q <= StWait;
        StWait: begin
          if (write_i.b_valid) begin
            state_q   <= StReady;
            tail_q    <= tail_q + 1'b1;
            dropped_q <= '0;
            error_q   <= error_q || write_i.b_error;
          end else if (wtimeout_o) begin
            state_q <= StOff;
            hung_q  <= 1'b1;
          end
        end
        default: state_q <= StOff;
      endcase
      if (dropped_o) dropped_q <= (dropped_q == '1) ? '1 : dropped_q + 1'b1;
      if (disarm_i) armed_q <= 1'b0;
      if (doorbell_valid_i && (state_q != StOff)) begin
        // The host may be one ahead of the acknowledgement, never further.
        if (16'(doorbell_i.index - head_q) <= 16'(tail_q - head_q) + 16'd1) begin
          head_q <= doorbell_i.index;
          if (doorbell_i.arm) armed_q <= 1'b1;
        end
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (state_q == StReady) event_q <= event_i;
  end

  assign status_o = '{error: error_q || hung_q, tail: tail_q};
  assign armed_o = armed_q;
  assign behind_o = (16'(tail_q - head_q) < 16'h8000) ? tail_q - head_q : '0;
  // An event that a full ring holds back is the host's to resolve: nothing in here moves.
  assign idle_o   = ((state_q == StOff) && !(cfg_i.enable && !hung_q)) || ((state_q ==
      StReady) && (!event_valid_i || full));

  logic unused;
  assign unused = ^{laps[15:1], cfg_i.vector};
endmodule
