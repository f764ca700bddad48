// Fetches descriptors: up to 8 slots per burst into a prefetch buffer per queue, each with a
// completion slot reserved.
//
// Bursts of a queue carry its number as ID, so their data return in order. Low-latency queues go
// first, the rest in turn.
module dma_fetch
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
    input  logic       [NumQueues:0]       run_i,
    input  logic       [NumQueues:0]       restart_i,
    input  logic       [NumQueues:0][15:0] tail_i,
    input  logic       [NumQueues:0][15:0] host_head_i,
    input  logic       [       23:0]       timeout_i,
    input  stamp_t                         now_i,
    output logic       [NumQueues:0]       error_o,      // pulse: fetch failed
    output logic       [NumQueues:0]       hung_o,       // level: an answer is missing
    output logic       [NumQueues:0]       pending_o,    // answers to come
    output logic                           rerr_o,       // pulses for counters
    output logic                           rtimeout_o,

    // To decode: slots held per queue, and a read port with one cycle of latency.
    input logic [NumQueues:0][15:0] sq_head_i,
    output logic [NumQueues:0][6:0] held_o,
    input logic [QueueBits-1:0] rd_queue_i,
    input logic [5:0] rd_slot_i,
    input logic rd_en_i,
    output logic [255:0] rd_data_o,
    output stamp_t rd_stamp_o,
    input logic [NumQueues:0] unreserve_i,  // an extended entry: two slots, one completion

    output logic    ar_valid_o,
    input  logic    ar_ready_i,
    output axi_ar_t ar_o,
    input  logic    r_valid_i,   // always taken; IDs of others are ignored
    input  axi_r_t  r_i
);
  `include "vam_assert.svh"

  // Prefetched per queue: read latency / cycles per packet, and a batch.
  localparam int unsigned Slots = 64;
  localparam int unsigned Batch = 8;

  logic [NumQueues:0][15:0] fetch_q, arrived_q, reserved_q;
  logic [NumQueues:0][ 7:0] beats_q;  // R beats to come
  logic [NumQueues:0][23:0] wait_q;
  logic [NumQueues:0] half_q, bad_q, hung_q, want, want_ll;
  logic [NumQueues:0][3:0] count;

  // How many slots each queue would fetch now: what there is, up to a batch, the end of the ring,
  // the 4 KiB boundary and the completions that can be reserved. It waits until the prefetch buffer
  // has room for the whole batch.
  for (genvar q = 0; q <= NumQueues; q++) begin : gen_want
    logic [15:0] todo, mask, space, to_end;
    logic [7:0] to_4k;
    logic [6:0] room;
    logic [3:0] batch;
    assign todo   = tail_i[q] - fetch_q[q];
    assign mask   = (16'd1 << cfg_i[q].sq_log2) - 16'd1;
    assign to_end = mask + 16'd1 - (fetch_q[q] & mask);
    assign to_4k  = 8'd128 - {1'b0, cfg_i[q].sq_base[11:5] + 7'(fetch_q[q] & mask)};
    assign space  = (16'd1 << cfg_i[q].cq_log2) - 16'(reserved_q[q] - host_head_i[q]);
    assign room   = 7'(Slots) - 7'(fetch_q[q] - sq_head_i[q]);
    always_comb begin
      batch = (todo > 16'(Batch)) ? 4'(Batch) : 4'(todo);
      if (to_end < 16'(batch)) batch = 4'(to_end);
      if (to_4k < 8'(batch)) batch = 4'(to_4k);
      count[q] = (space < 16'(batch)) ? 4'(space) : batch;
      want[q]  = run_i[q] && !bad_q[q] && (todo != '0) && (count[q] != '0) && (room >= 7'(batch));
    end
    assign want_ll[q]   = want[q] && cfg_i[q].low_lat;
    assign held_o[q]    = 7'(arrived_q[q] - sq_head_i[q]);
    assign pending_o[q] = (beats_q[q] != '0) && !hung_q[q];
  end
  assign hung_o = hung_q;

  logic pick_valid, issue_q, issue_done;
  logic [QueueBits-1:0] pick, queue_q;
  logic [ 3:0] count_q;
  logic [63:0] addr_q;

  prim_arb_rr #(
      .Count(NumQueues + 1)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i((|want_ll) ? want_ll : want),
      .advance_i(!issue_q),
      .valid_o(pick_valid),
      .idx_o(pick)
  );

  // Picking and issuing take turns, so that a pick sees the indices of the last issue.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) issue_q <= 1'b0;
    else if (!issue_q) issue_q <= pick_valid;
    else if (ar_ready_i) issue_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (!issue_q) begin
      queue_q <= pick;
      count_q <= count[pick];
      addr_q  <= cfg_i[pick].sq_base +
                 64'({fetch_q[pick] & ((16'd1 << cfg_i[pick].sq_log2) - 16'd1), 5'd0});
    end
  end
  assign ar_valid_o = issue_q;
  assign ar_o       = '{id: IdBits'(queue_q), addr: addr_q, len: {3'd0, count_q, 1'b0} - 8'd1};
  assign issue_done = issue_q && ar_ready_i;

  // Arrival.
  logic r_mine, r_keep;
  logic [QueueBits-1:0] r_queue;
  assign r_queue = QueueBits'(r_i.id);
  assign r_mine  = r_valid_i && (r_i.id <= IdBits'(NumQueues));
  assign r_keep  = r_mine && !bad_q[r_queue] && (r_i.resp == RespOkay);

  logic [QueueBits+5:0] waddr;
  assign waddr = {r_queue, arrived_q[r_queue][5:0]};
  prim_ram_1r1w #(
      .Width(128),
      .Depth((NumQueues + 1) * Slots)
  ) u_low (
      .clk_i,
      .we_i(r_keep && !half_q[r_queue]),
      .waddr_i(waddr),
      .wdata_i(r_i.data),
      .re_i(rd_en_i),
      .raddr_i({rd_queue_i, rd_slot_i}),
      .rdata_o(rd_data_o[127:0])
  );
  prim_ram_1r1w #(
      .Width(128 + StampBits),
      .Depth((NumQueues + 1) * Slots)
  ) u_high (
      .clk_i,
      .we_i(r_keep && half_q[r_queue]),
      .waddr_i(waddr),
      .wdata_i({now_i, r_i.data}),
      .re_i(rd_en_i),
      .raddr_i({rd_queue_i, rd_slot_i}),
      .rdata_o({rd_stamp_o, rd_data_o[255:128]})
  );

  logic [NumQueues:0] late;
  always_comb begin
    error_o = '0;
    late    = '0;
    for (int unsigned q = 0; q <= NumQueues; q++) begin
      late[q] = expired(wait_q[q], timeout_i) && !hung_q[q];
      error_o[q] = late[q] || (r_mine && (r_queue == QueueBits'(q)) && !bad_q[q] && (r_i.resp !=
          RespOkay));
    end
  end
  assign rerr_o     = r_mine && !bad_q[r_queue] && (r_i.resp != RespOkay);
  assign rtimeout_o = |late;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beats_q <= '0;
      bad_q <= '0;
      hung_q <= '0;
      half_q <= '0;
      wait_q <= '0;
      fetch_q <= '0;
      arrived_q <= '0;
      reserved_q <= '0;
    end else begin
      for (int unsigned q = 0; q <= NumQueues; q++) begin
        if (restart_i[q]) begin
          fetch_q[q]    <= '0;
          arrived_q[q]  <= '0;
          reserved_q[q] <= '0;
          half_q[q]     <= 1'b0;
          bad_q[q]      <= 1'b0;
        end else begin
          if (issue_done && (queue_q == QueueBits'(q))) fetch_q[q] <= fetch_q[q] + 16'(count_q);
          reserved_q[q] <= reserved_q[q] - 16'(unreserve_i[q]) +
                           ((issue_done && (queue_q == QueueBits'(q))) ? 16'(count_q) : '0);
          if (r_keep && (r_queue == QueueBits'(q))) begin
            half_q[q] <= !half_q[q];
            if (half_q[q]) arrived_q[q] <= arrived_q[q] + 1'b1;
          end
        end
        beats_q[q] <= beats_q[q] + ((issue_done && (queue_q == QueueBits'(q))) ? 8'({count_q,
            1'b0}) : '0) -
                      8'(r_mine && (r_queue == QueueBits'(q)) && (beats_q[q] != '0));
        if ((beats_q[q] == '0) || (r_mine && (r_queue == QueueBits'(q)))) wait_q[q] <= '0;
        else wait_q[q] <= wait_q[q] + 1'b1;
        if (late[q]) hung_q[q] <= 1'b1;
        // After an error nothing more is kept: what follows it in the ring cannot be reached.
        if (error_o[q]) bad_q[q] <= 1'b1;
      end
    end
  end

  logic unused;
  assign unused = r_i.last;

  `VAM_ASSERT(PrefetchRoom_A, r_keep |-> (held_o[r_queue] < 7'(Slots)))
endmodule
