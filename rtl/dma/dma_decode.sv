// Takes prefetched descriptors in class order, checks them, and makes jobs of them.
//
// Order: strict low latency first, the rest by deficit round robin in bytes; the admin queue takes
// its turn with the rest. A descriptor that cannot be carried out becomes a job with a fault, so
// that its answer keeps its place. Three cycles per descriptor, four in the extended form.
module dma_decode
  import vam_map_pkg::*;
  import vam_pkg::*;
  import dma_pkg::*;
#(
    parameter  int unsigned NumQueues = 4,
    localparam int unsigned QueueBits = $clog2(NumQueues + 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input  queue_cfg_t [NumQueues:0]       cfg_i,
    input  logic       [NumQueues:0]       restart_i,
    input  logic       [NumQueues:0]       flush_i,
    input  logic       [NumQueues:0]       pending_i,   // slots still being fetched
    input  logic       [NumQueues:0][15:0] tail_i,
    output logic       [NumQueues:0][15:0] sq_head_o,
    output logic       [NumQueues:0][15:0] decoded_o,   // completions owed since the restart
    output logic       [NumQueues:0]       unreserve_o,

    // From dma_fetch.
    input  logic   [  NumQueues:0][6:0] held_i,
    output logic   [QueueBits-1:0]      rd_queue_o,
    output logic   [          5:0]      rd_slot_o,
    output logic                        rd_en_o,
    input  logic   [        255:0]      rd_data_i,
    input  stamp_t                      rd_stamp_i,

    // Jobs: an index is taken here and returned, in the same order, by the writer.
    input  logic             job_free_i,    // pulse: the oldest index may be used again
    output logic             job_we_o,
    output job_t             job_idx_o,
    output job_rec_t         job_rec_o,
    output logic             read_valid_o,
    input  logic             read_ready_i,
    output read_job_t        read_o,
    output logic             list_valid_o,  // together with read_valid_o, for jobs with segments
    input  logic             list_ready_i,
    output logic      [63:0] list_addr_o,
    output logic             busy_o,

    // Admin operations.
    output logic               admin_valid_o,
    input  logic               admin_ready_i,
    output descriptor_t        admin_o,
    output reason_e            admin_fault_o,
    output logic        [15:0] admin_head_o
);
  `include "vam_assert.svh"

  localparam logic signed [15:0] Quantum = 16'sd2048;

  typedef enum logic [1:0] {
    StPick,
    StFirst,
    StSecond,
    StEmit
  } state_e;
  state_e state_q;

  logic [NumQueues:0][15:0] head_q, decoded_q;
  logic [NumQueues:0] wait_ext_q, able, able_ll, cut;
  logic signed [15:0] deficit_q[NumQueues+1];

  // An extended descriptor waits, without holding others up, until its second slot is here or can
  // never come.
  always_comb begin
    for (int unsigned q = 0; q <= NumQueues; q++) begin
      cut[q] = flush_i[q] ? (held_i[q] <= 7'd1) : (16'(tail_i[q] - head_q[q]) <= 16'd1);
      able[q] = (held_i[q] != '0) && (!wait_ext_q[q] || cut[q] || (held_i[q] >= 7'd2)) &&
                !(flush_i[q] && pending_i[q]) && ((q != 0) || admin_ready_i);
      able_ll[q] = able[q] && cfg_i[q].low_lat;
    end
  end

  logic turn_keeps, arb_valid, pick_valid, have_room;
  logic [QueueBits-1:0] turn_q, arb_idx, pick;
  logic [$clog2(JobCount+1)-1:0] jobs_q;

  prim_arb_rr #(
      .Count(NumQueues + 1)
  ) u_arb (
      .clk_i,
      .rst_ni,
      .req_i((|able_ll) ? able_ll : able),
      .advance_i((state_q == StPick) && have_room && !turn_keeps),
      .valid_o(arb_valid),
      .idx_o(arb_idx)
  );

  // One place is kept free in the job table for what is in this block.
  assign have_room  = (jobs_q < $bits(jobs_q)'(JobCount)) && read_ready_i && list_ready_i;
  assign turn_keeps = able[turn_q] && !(|able_ll) && (deficit_q[turn_q] > 0);
  assign pick       = turn_keeps ? turn_q : arb_idx;
  assign pick_valid = (turn_keeps || arb_valid) && have_room;

  logic [QueueBits-1:0] queue_q;
  descriptor_t desc_q;
  logic short_q, cut_q, flushed_q;  // short_q: one slot taken
  sqe_t first;
  logic needs_second;

  assign first        = sqe_t'(rd_data_i);
  assign needs_second = first.flag_ext && !cut_q;
  assign rd_queue_o   = (state_q == StPick) ? pick : queue_q;
  assign rd_slot_o    = (state_q == StPick) ? head_q[pick][5:0] : head_q[queue_q][5:0] + 6'd1;
  assign rd_en_o      = ((state_q == StPick) && pick_valid) || (state_q == StFirst);

  reason_e fault;
  logic emit, list, is_admin;
  logic [1:0] slots;

  assign is_admin = (queue_q == '0);
  assign emit = (state_q == StEmit);
  assign slots = short_q ? 2'd1 : 2'd2;
  assign list     = (fault == ReasonOk) && !is_admin &&
      ((desc_q.ext.src_count | desc_q.ext.dst_count) != '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StPick;
      wait_ext_q <= '0;
      turn_q <= '0;
      for (int unsigned q = 0; q <= NumQueues; q++) deficit_q[q] <= '0;
    end else begin
      unique case (state_q)
        StPick: begin
          if (pick_valid) begin
            turn_q <= pick;
            if (turn_keeps || able_ll[pick]) state_q <= StFirst;
            else begin
              // A new turn; one long packet may have spent several turns in advance.
              deficit_q[pick] <= deficit_q[pick] + Quantum;
              if (deficit_q[pick] > -Quantum) state_q <= StFirst;
            end
          end
        end
        StFirst: begin
          if (!needs_second) state_q <= StEmit;
          else if (held_i[queue_q] >= 7'd2) state_q <= StSecond;
          else begin
            wait_ext_q[queue_q] <= 1'b1;
            state_q <= StPick;
          end
        end
        StSecond: state_q <= StEmit;
        StEmit: begin
          wait_ext_q[queue_q] <= 1'b0;
          deficit_q[queue_q]  <= (cfg_i[queue_q].low_lat || (held_i[queue_q] <= 7'(slots))) ? '0 :
                                 deficit_q[queue_q] - $signed(
              {2'b0, desc_q.sqe.src_len[13:0]}
          );
          state_q <= StPick;
        end
        default:  state_q <= StPick;
      endcase
      for (int unsigned q = 0; q <= NumQueues; q++) if (restart_i[q]) wait_ext_q[q] <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StPick) begin
      queue_q   <= pick;
      cut_q     <= cut[pick];
      flushed_q <= flush_i[pick];
    end
    if (state_q == StFirst) begin
      desc_q  <= '{stamp: rd_stamp_i, sqe: first, ext: '0};
      short_q <= !needs_second;
    end
    if (state_q == StSecond) desc_q.ext <= sqe_ext_t'(rd_data_i);
  end

  // Checks, in the order in which they are named to the host.
  logic data_op, admin_op, bad_ext;
  assign data_op = desc_q.sqe.op inside {OpEspOut, OpEspIn, OpRawSeal, OpRawOpen};
  assign admin_op = desc_q.sqe.op inside {OpSaAdd, OpSaModify, OpSaDelete, OpSaQuery, OpEventAck,
      OpZeroise, OpNop};
  assign bad_ext  = (desc_q.ext.rsvd0 != '0) || (desc_q.ext.rsvd1 != '0) ||
                    (desc_q.ext.src_count > 8'(MaxSegments)) ||
                        (desc_q.ext.dst_count > 8'(MaxSegments)) ||
                    (((desc_q.ext.src_count | desc_q.ext.dst_count) != '0) &&
                        (desc_q.ext.list[3:0] != '0));
  always_comb begin
    fault = ReasonOk;
    if (flushed_q) fault = ReasonQueueReset;
    else if ((desc_q.sqe.rsvd0 != '0) || bad_ext || (desc_q.sqe.flag_ext && short_q))
      fault = ReasonBadDescriptor;
    else if (is_admin) begin
      if (!admin_op) fault = ReasonUnsupportedOp;
      else if (desc_q.sqe.flag_ext) fault = ReasonBadDescriptor;
      else if ((desc_q.sqe.op inside {OpSaAdd, OpSaModify}) && (desc_q.sqe.src_len !=
          16'(SaCtxBytes)))
        fault = ReasonBadLength;
      else if ((desc_q.sqe.op == OpSaQuery) && (desc_q.sqe.dst_len < 16'(SaStatsBytes)))
        fault = ReasonDstTooSmall;
    end else begin
      if (!data_op) fault = ReasonUnsupportedOp;
      else if ((desc_q.sqe.src_len == '0) || (desc_q.sqe.src_len > 16'(MaxPacket)))
        fault = ReasonBadLength;
    end
  end

  // Indices, and jobs in order.
  job_t job_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q    <= '0;
      decoded_q <= '0;
      job_q     <= '0;
      jobs_q    <= '0;
    end else begin
      for (int unsigned q = 0; q <= NumQueues; q++) begin
        if (restart_i[q]) begin
          head_q[q]    <= '0;
          decoded_q[q] <= '0;
        end else if (emit && (queue_q == QueueBits'(q))) begin
          head_q[q]    <= head_q[q] + 16'(slots);
          decoded_q[q] <= decoded_q[q] + 1'b1;
        end
      end
      if (emit && !is_admin) job_q <= job_q + 1'b1;
      jobs_q <= jobs_q + $bits(jobs_q)'(emit && !is_admin) - $bits(jobs_q)'(job_free_i);
    end
  end
  always_comb begin
    unreserve_o = '0;
    for (int unsigned q = 0; q <= NumQueues; q++) begin
      unreserve_o[q] = emit && !short_q && (queue_q == QueueBits'(q));
    end
  end

  logic [15:0] next_head;
  assign next_head     = head_q[queue_q] + 16'(slots);
  assign sq_head_o     = head_q;
  assign decoded_o     = decoded_q;
  assign busy_o        = (state_q != StPick) || (jobs_q != '0);
  assign job_we_o      = emit && !is_admin;
  assign job_idx_o     = job_q;
  assign read_valid_o  = emit && !is_admin;
  assign list_valid_o  = emit && list;
  assign list_addr_o   = desc_q.ext.list;
  assign admin_valid_o = emit && is_admin;
  assign admin_o       = desc_q;
  assign admin_fault_o = fault;
  assign admin_head_o  = next_head;

  always_comb begin
    job_rec_o = '{
        stamp: desc_q.stamp,
        qid: 4'(queue_q),
        sq_head: next_head,
        op: desc_q.sqe.op,
        urgent: desc_q.sqe.flag_urgent,
        cookie: desc_q.sqe.cookie,
        dst: desc_q.sqe.dst,
        dst_len: desc_q.sqe.dst_len,
        src_count: desc_q.ext.src_count[3:0],
        dst_count: desc_q.ext.dst_count[3:0]
    };
    read_o = '{
        job: job_q,
        fault: fault,
        op: desc_q.sqe.op,
        src_len: desc_q.sqe.src_len,
        dst_len: desc_q.sqe.dst_len,
        vrf_tag: desc_q.sqe.vrf_tag,
        sa_handle: sa_handle_t'(desc_q.sqe.sa_handle),
        aad_len: desc_q.ext.aad_len,
        tag_len: desc_q.ext.tag_len,
        iv: {desc_q.ext.iv_hi, desc_q.ext.iv_lo},
        src: desc_q.sqe.src,
        src_count: list ? desc_q.ext.src_count[3:0] : '0,
        dst_count: list ? desc_q.ext.dst_count[3:0] : '0
    };
  end

  // The receivers were ready when the descriptor was picked, and nothing else feeds them.
  `VAM_ASSERT(Accepted_A, read_valid_o |-> (read_ready_i && list_ready_i))
  `VAM_ASSERT(AdminAccepted_A, admin_valid_o |-> admin_ready_i)
endmodule
