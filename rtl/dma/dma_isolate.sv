// Stands between the engine and one AXI port, outside the soft-reset domain, so that the bus never
// sees half a burst.
//
// Knows what is under way: read bursts, write bursts and the W beats owed to each. While stop_i is
// high no burst of the engine gets through, owed W beats are sent with all strobes off, responses
// are taken and thrown away; done_o follows when nothing is left, or after drain_i cycles without
// an answer. In the second case the port stays closed until the missing answers have come: an
// answer to an old burst must never be taken for that of a new one. AR, AW and W are registered; W
// beats pass from the cycle after their AW. WLAST is made here.
module dma_isolate
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned MaxWrites = 16  // bursts whose W beats are still owed
) (
    input  logic            clk_i,
    input  logic            rst_ni,      // power-on domain
    input  logic            stop_i,
    input  logic            hold_i,      // begin no new burst, but go on with those under way
    input  logic     [23:0] drain_i,     // 0: wait for ever
    output logic            done_o,
    output logic            idle_o,      // nothing under way
    input  axi_req_t        core_req_i,
    output axi_rsp_t        core_rsp_o,
    output axi_req_t        bus_req_o,
    input  axi_rsp_t        bus_rsp_i
);
  `include "vam_assert.svh"

  localparam int unsigned CountBits = 10;

  logic [CountBits-1:0] reads_q, writes_q;
  logic [23:0] wait_q;
  logic stale_q;  // gave up waiting: closed until the answers have come
  logic stop, open;

  logic ar_valid, ar_ready, aw_valid, aw_ready, w_valid, w_ready;
  logic owed_valid, owed_ready, owed_pop;
  logic [7:0] owed_len, beat_q;
  axi_w_t w;
  logic gave_up, empty, progress;

  assign stop = stop_i || stale_q;
  // The counters never wrap: their top bit closes the port.
  assign open = !stop && !hold_i;

  assign ar_valid = core_req_i.ar_valid && open && !reads_q[CountBits-1];
  assign aw_valid = core_req_i.aw_valid && open && !writes_q[CountBits-1] && owed_ready;

  prim_skid #(
      .Width($bits(axi_ar_t))
  ) u_ar (
      .clk_i,
      .rst_ni,
      .valid_i(ar_valid),
      .ready_o(ar_ready),
      .data_i (core_req_i.ar),
      .valid_o(bus_req_o.ar_valid),
      .ready_i(bus_rsp_i.ar_ready),
      .data_o (bus_req_o.ar)
  );
  prim_skid #(
      .Width($bits(axi_aw_t))
  ) u_aw (
      .clk_i,
      .rst_ni,
      .valid_i(aw_valid),
      .ready_o(aw_ready),
      .data_i (core_req_i.aw),
      .valid_o(bus_req_o.aw_valid),
      .ready_i(bus_rsp_i.aw_ready),
      .data_o (bus_req_o.aw)
  );
  prim_skid #(
      .Width($bits(axi_w_t))
  ) u_w (
      .clk_i,
      .rst_ni,
      .valid_i(w_valid),
      .ready_o(w_ready),
      .data_i (w),
      .valid_o(bus_req_o.w_valid),
      .ready_i(bus_rsp_i.w_ready),
      .data_o (bus_req_o.w)
  );

  // Beats owed, in order of their bursts.
  prim_fifo #(
      .Width(8),
      .Depth(MaxWrites)
  ) u_owed (
      .clk_i,
      .rst_ni,
      .valid_i(aw_valid && aw_ready),
      .ready_o(owed_ready),
      .data_i (core_req_i.aw.len),
      .valid_o(owed_valid),
      .ready_i(owed_pop),
      .data_o (owed_len)
  );

  assign w_valid  = owed_valid && (stop || core_req_i.w_valid);
  assign owed_pop = w_valid && w_ready && w.last;
  always_comb begin
    w = core_req_i.w;
    if (stop) begin
      w.data = '0;
      w.strb = '0;
    end
    w.last = (beat_q == owed_len);
  end

  always_comb begin
    core_rsp_o          = bus_rsp_i;
    core_rsp_o.ar_ready = ar_ready && open && !reads_q[CountBits-1];
    core_rsp_o.aw_ready = aw_ready && open && !writes_q[CountBits-1] && owed_ready;
    core_rsp_o.w_ready  = w_ready && owed_valid && !stop;
    core_rsp_o.r_valid  = bus_rsp_i.r_valid && !stop;
    core_rsp_o.b_valid  = bus_rsp_i.b_valid && !stop;
  end
  assign bus_req_o.r_ready = stop || core_req_i.r_ready;
  assign bus_req_o.b_ready = stop || core_req_i.b_ready;

  assign empty = (reads_q == '0) && (writes_q == '0) && !owed_valid &&
                 !bus_req_o.ar_valid && !bus_req_o.aw_valid && !bus_req_o.w_valid;
  assign idle_o = empty && !stale_q;
  assign progress = (bus_rsp_i.r_valid && bus_req_o.r_ready) || (bus_rsp_i.b_valid &&
      bus_req_o.b_ready) ||
                    (bus_req_o.w_valid && bus_rsp_i.w_ready);
  assign gave_up = expired(wait_q, drain_i);
  assign done_o = stop_i && (empty || gave_up);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reads_q  <= '0;
      writes_q <= '0;
      wait_q   <= '0;
      stale_q  <= 1'b0;
      beat_q   <= '0;
    end else begin
      reads_q <= reads_q + CountBits'(ar_valid && ar_ready) -
                 CountBits'(bus_rsp_i.r_valid && bus_req_o.r_ready && bus_rsp_i.r.last &&
                     (reads_q != '0));
      writes_q <= writes_q + CountBits'(aw_valid && aw_ready) -
                  CountBits'(bus_rsp_i.b_valid && bus_req_o.b_ready && (writes_q != '0));
      if (w_valid && w_ready) beat_q <= w.last ? '0 : beat_q + 1'b1;
      if (!stop_i || progress) wait_q <= '0;
      else if (!gave_up) wait_q <= wait_q + 1'b1;
      if (empty) stale_q <= 1'b0;
      else if (stop_i && gave_up) stale_q <= 1'b1;
    end
  end

  `VAM_ASSERT(NoAnswerUnasked_A, (bus_rsp_i.r_valid && bus_rsp_i.r.last) |-> (reads_q != '0))

  // WLAST of the engine is not looked at.
  logic unused;
  assign unused = core_req_i.w.last;
endmodule
