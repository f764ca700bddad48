// Writes completions: several that are ready leave as one burst, at most one 64-byte line of a ring
// at a time.
//
// All bursts carry one ID, so answers return in order; cq_written_o counts what the bus has
// acknowledged, which is what interrupts look at. Every completion has its place reserved since its
// descriptor was fetched.
module dma_complete
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter  int unsigned NumQueues = 4,
    localparam int unsigned QueueBits = $clog2(NumQueues + 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input  queue_cfg_t [NumQueues:0]       cfg_i,
    input  logic       [NumQueues:0]       restart_i,
    input  logic       [       23:0]       timeout_i,
    input  stamp_t                         now_i,
    output logic       [NumQueues:0][15:0] issued_o,
    output logic       [NumQueues:0][15:0] written_o,
    output logic       [NumQueues:0]       urgent_o,   // an urgent one has been written: pulse
    output logic       [NumQueues:0]       error_o,    // pulse: a completion could not be written
    output logic                           hung_o,

    input  logic  data_valid_i,   // queues 1 and up
    output logic  data_ready_o,
    input  done_t data_i,
    input  logic  admin_valid_i,  // queue 0
    output logic  admin_ready_o,
    input  done_t admin_i,

    output ring_write_req_t write_o,
    input  ring_write_rsp_t write_i,

    output ended_t ended_o,
    output logic   idle_o,
    output logic   werr_o,
    output logic   wtimeout_o
);
  localparam int unsigned Depth = 4;  // completions that can wait per queue, one 64-byte line
  localparam int unsigned Bursts = 32;  // answers awaited

  logic hung_q;
  logic [NumQueues:0] in_valid, in_ready, out_valid, out_pop;
  logic [NumQueues:0][2:0] held_q;  // completions that wait, per queue
  done_t [NumQueues:0] head;

  for (genvar q = 0; q <= NumQueues; q++) begin : gen_queue
    assign in_valid[q] = (q == 0) ? admin_valid_i : (data_valid_i && (data_i.qid == 4'(q)));
    prim_fifo #(
        .Width($bits(done_t)),
        .Depth(Depth)
    ) u_fifo (
        .clk_i,
        .rst_ni,
        .valid_i(in_valid[q]),
        .ready_o(in_ready[q]),
        .data_i ((q == 0) ? admin_i : data_i),
        .valid_o(out_valid[q]),
        .ready_i(out_pop[q]),
        .data_o (head[q])
    );
    always_ff @(posedge clk_i) begin
      if (!rst_ni) held_q[q] <= '0;
      else held_q[q] <= held_q[q] + 3'(in_valid[q] && in_ready[q]) - 3'(out_valid[q] && out_pop[q]);
    end
  end
  assign admin_ready_o = in_ready[0];
  assign data_ready_o  = in_ready[QueueBits'(data_i.qid)];

  // One burst at a time: pick a queue, ask for the bus, send its lines.
  typedef enum logic [1:0] {
    StPick,
    StAsk,
    StSend
  } state_e;
  state_e state_q;
  logic [NumQueues:0][15:0] issued_q, written_q;
  logic [QueueBits-1:0] pick, queue_q;
  logic [1:0] left_q;  // beats of the burst after this one
  logic [2:0] line_room, count;
  logic pick_valid, track_ready, beat, urgent_q;
  logic [15:0] index;
  done_t now;

  prim_arb_rr #(
      .Count(NumQueues + 1)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i(out_valid),
      .advance_i(state_q == StPick),
      .valid_o(pick_valid),
      .idx_o(pick)
  );

  assign line_room = 3'd4 - {1'b0, issued_q[pick][1:0]};
  assign count     = (held_q[pick] < line_room) ? held_q[pick] : line_room;
  assign index     = issued_q[queue_q];
  assign now       = head[queue_q];

  logic [15:0] slot;
  assign slot                = index & ((16'd1 << cfg_i[queue_q].cq_log2) - 16'd1);
  assign write_o.burst_valid = (state_q == StAsk) && track_ready;
  assign write_o.burst.addr  = cfg_i[queue_q].cq_base + 64'({slot, 4'd0});
  assign write_o.burst.len   = 8'(left_q);
  assign write_o.w_valid     = (state_q == StSend);
  assign write_o.w.strb      = '1;
  assign write_o.w.last      = (left_q == '0);
  // On a hung bus completions fall here, so that the engine behind can still come to rest.
  assign beat                = hung_q ? (state_q == StSend) : (write_o.w_valid && write_i.w_ready);

  logic [15:0] laps;
  assign laps = index >> cfg_i[queue_q].cq_log2;
  cqe_t cqe;
  assign cqe = '{
          phase: !laps[0],
          rsvd0: '0,
          sq_head: now.sq_head,
          op: now.op,
          reason: now.reason,
          out_len: now.out_len,
          sa_handle: now.sa_handle,
          cookie: now.cookie
      };
  assign write_o.w.data = cqe;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StPick;
    else begin
      unique case (state_q)
        StPick:  if (pick_valid) state_q <= StAsk;
        StAsk:   if (hung_q || (write_o.burst_valid && write_i.burst_ready)) state_q <= StSend;
        StSend:  if (beat && (left_q == '0)) state_q <= StPick;
        default: state_q <= StPick;
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (state_q == StPick) begin
      queue_q <= pick;
      left_q  <= 2'(count - 3'd1);
    end else if (beat) begin
      left_q <= left_q - 1'b1;
    end
  end
  always_comb begin
    out_pop = '0;
    out_pop[queue_q] = beat;
  end

  // Answers, in order: how many completions of which queue each stands for.
  logic track_valid, track_pop, track_push;
  logic [QueueBits-1:0] track_queue;
  logic [2:0] track_count;
  logic track_urgent;
  assign track_push = (state_q == StSend) && beat && (left_q == '0) && !hung_q;
  logic [2:0] sent_q;
  prim_fifo #(
      .Width(QueueBits + 4),
      .Depth(Bursts)
  ) u_track (
      .clk_i,
      .rst_ni,
      .valid_i(track_push),
      .ready_o(track_ready),
      .data_i ({queue_q, sent_q + 3'd1, urgent_q || now.urgent}),
      .valid_o(track_valid),
      .ready_i(track_pop),
      .data_o ({track_queue, track_count, track_urgent})
  );
  assign track_pop = track_valid && (write_i.b_valid || hung_q);
  always_ff @(posedge clk_i) begin
    if (state_q != StSend) begin
      sent_q   <= '0;
      urgent_q <= 1'b0;
    end else if (beat) begin
      sent_q   <= sent_q + 1'b1;
      urgent_q <= urgent_q || now.urgent;
    end
  end

  logic [23:0] wait_q;
  assign wtimeout_o = !hung_q && expired(wait_q, timeout_i);
  assign werr_o     = track_pop && !hung_q && write_i.b_error;
  always_comb begin
    for (int unsigned q = 0; q <= NumQueues; q++) begin
      error_o[q]  = track_pop && (track_queue == QueueBits'(q)) && write_i.b_error;
      urgent_o[q] = track_pop && (track_queue == QueueBits'(q)) && track_urgent;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      issued_q  <= '0;
      written_q <= '0;
      hung_q    <= 1'b0;
      wait_q    <= '0;
    end else begin
      for (int unsigned q = 0; q <= NumQueues; q++) begin
        if (restart_i[q]) begin
          issued_q[q]  <= '0;
          written_q[q] <= '0;
        end else begin
          if (beat && (queue_q == QueueBits'(q))) issued_q[q] <= issued_q[q] + 1'b1;
          if (hung_q) written_q[q] <= issued_q[q];
          else if (track_pop && (track_queue == QueueBits'(q)))
            written_q[q] <= written_q[q] + 16'(track_count);
        end
      end
      if (!track_valid || write_i.b_valid) wait_q <= '0;
      else wait_q <= wait_q + 1'b1;
      if (wtimeout_o) hung_q <= 1'b1;
    end
  end

  assign issued_o = issued_q;
  assign written_o = written_q;
  assign hung_o = hung_q;
  assign ended_o = '{
          valid: beat && now.timed,
          reason: now.reason,
          op: now.op,
          len: now.out_len,
          cycles: now_i - now.stamp
      };
  assign idle_o = (state_q == StPick) && (out_valid == '0) && !track_valid;

  logic unused;
  assign unused = ^{laps[15:1], now.qid};
endmodule
