// DMA engine: everything between the host's memory and the packet path. See README.md for the
// contract.
module dma
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned NumQueues = 4,  // data queue pairs, beside the admin queue 0
    parameter int unsigned NumVectors = 8,  // MSI-X vectors, at most 16
    parameter int unsigned IngressBeats = 1024,  // packet buffer, a power of two
    parameter int unsigned IdWidth = 4  // AXI IDs used per port: 0 to 2^IdWidth - 1
) (
    input logic clk_i,
    input logic rst_ni,  // soft-reset domain: the engine
    input logic por_ni,  // isolation, which must survive a soft reset

    // Host side. See axi_pkg for what is constant at the pins.
    output axi_req_t data_req_o,  // packets
    input  axi_rsp_t data_rsp_i,
    output axi_req_t ring_req_o,  // descriptors, contexts, completions, events, interrupts
    input  axi_rsp_t ring_rsp_i,

    // Reset and bus ownership.
    input  logic isolate_req_i,    // hold until the core has been reset
    output logic isolate_done_o,   // nothing of this card is under way on either bus
    input  logic bus_master_en_i,  // low: no new burst is begun
    output logic idle_o,           // no work, response or timer pending

    // Queues and the event ring. A configuration must hold from enable until idle.
    input queue_cfg_t [NumQueues:0] queue_cfg_i,
    output queue_status_t [NumQueues:0] queue_status_o,
    input logic doorbell_valid_i,
    input doorbell_t doorbell_i,
    input event_cfg_t event_cfg_i,
    output event_status_t event_status_o,
    input logic event_doorbell_valid_i,
    input event_doorbell_t event_doorbell_i,
    input logic event_valid_i,
    output logic event_ready_o,
    input event_t event_i,

    // Interrupts.
    input  logic                         msix_enable_i,
    input  logic                         msix_mask_i,
    input  msix_entry_t [NumVectors-1:0] msix_table_i,
    input  moderation_t [NumVectors-1:0] moderation_i,
    output logic        [NumVectors-1:0] pba_o,          // messages that wait

    input timeout_cfg_t timeout_i,

    // Admin queue: operations out, results in, one at a time.
    output logic        admin_valid_o,
    input  logic        admin_ready_i,
    output admin_op_t   admin_o,
    input  logic        admin_done_valid_i,
    output logic        admin_done_ready_o,
    input  admin_done_t admin_done_i,

    // Packet path.
    output logic        meta_valid_o,
    input  logic        meta_ready_i,
    output pkt_meta_t   meta_o,
    output logic        beat_valid_o,
    input  logic        beat_ready_i,
    output beat_t       beat_o,
    input  logic        result_valid_i,
    output logic        result_ready_o,
    input  pkt_result_t result_i,
    input  logic        out_valid_i,
    output logic        out_ready_o,
    input  beat_t       out_i,

    // Figures.
    output ended_t     ended_o,  // every completion of a data queue
    output dma_error_t error_o
);
  `include "vam_assert.svh"

  localparam int unsigned QueueBits = $clog2(NumQueues + 1);
  // Read IDs of the ring port: descriptor fetches use their queue's number.
  localparam logic [IdBits-1:0] ListId = IdBits'(NumQueues + 1);
  localparam logic [IdBits-1:0] CtxId = IdBits'(NumQueues + 2);

  `VAM_ASSERT_STATIC(gen_queues_check,
                     (NumQueues >= 1) && (NumQueues <= 13) && (NumQueues + 3 <= 2 ** IdWidth))
  `VAM_ASSERT_STATIC(gen_vectors_check, (NumVectors >= 2) && (NumVectors <= 16))
  // One maximum packet with every segment unaligned must fit, or it would wait for ever.
  `VAM_ASSERT_STATIC(gen_ingress_check, IngressBeats >= 1024)

  stamp_t now_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) now_q <= '0;
    else now_q <= now_q + 1'b1;
  end

  // Ports, behind their isolation.
  axi_req_t data_req, ring_req;
  axi_rsp_t data_rsp, ring_rsp;
  logic data_done, ring_done, data_quiet, ring_quiet;
  dma_isolate u_isolate_data (
      .clk_i,
      .rst_ni(por_ni),
      .stop_i(isolate_req_i),
      .hold_i(!bus_master_en_i),
      .drain_i(timeout_i.drain),
      .done_o(data_done),
      .idle_o(data_quiet),
      .core_req_i(data_req),
      .core_rsp_o(data_rsp),
      .bus_req_o(data_req_o),
      .bus_rsp_i(data_rsp_i)
  );
  dma_isolate u_isolate_ring (
      .clk_i,
      .rst_ni(por_ni),
      .stop_i(isolate_req_i),
      .hold_i(!bus_master_en_i),
      .drain_i(timeout_i.drain),
      .done_o(ring_done),
      .idle_o(ring_quiet),
      .core_req_i(ring_req),
      .core_rsp_o(ring_rsp),
      .bus_req_o(ring_req_o),
      .bus_rsp_i(ring_rsp_i)
  );
  assign isolate_done_o = data_done && ring_done;

  // Queues.
  logic [NumQueues:0][15:0] sq_head, decoded, cq_issued, cq_written, tail, host_head, behind;
  logic [NumQueues:0]
      restart, run, flush, armed, off, stopped, quiet, fetch_error, cq_error, fetch_hung, pending;
  logic [NumQueues:0] unreserve, cq_urgent;
  logic [NumQueues+1:0] disarm;
  logic [NumQueues:0][6:0] held;
  logic cq_hung;
  for (genvar q = 0; q <= NumQueues; q++) begin : gen_queue
    assign quiet[q] = !pending[q] && (held[q] == '0) && ((decoded[q] == cq_written[q]) || cq_hung);
    assign queue_status_o[q] = '{
            idle: off[q],
            error: stopped[q],
            sq_head: sq_head[q],
            cq_tail: cq_written[q]
        };
  end
  dma_queues #(
      .NumQueues(NumQueues)
  ) u_queues (
      .clk_i,
      .rst_ni,
      .cfg_i(queue_cfg_i),
      .doorbell_valid_i,
      .doorbell_i,
      .sq_head_i(sq_head),
      .cq_issued_i(cq_issued),
      .cq_written_i(cq_written),
      .quiet_i(quiet),
      .error_i(fetch_error | cq_error),
      .hung_i(fetch_hung | {(NumQueues + 1) {cq_hung}}),
      .restart_o(restart),
      .run_o(run),
      .flush_o(flush),
      .tail_o(tail),
      .host_head_o(host_head),
      .behind_o(behind),
      .armed_o(armed),
      .disarm_i(disarm[NumQueues:0]),
      .off_o(off),
      .stopped_o(stopped),
      .new_error_o(error_o.queue_error)
  );

  // Ring port, reading: everything that asks has room for the answer.
  logic fetch_ar_valid, list_ar_valid, ctx_ar_valid;
  logic fetch_ar_ready, list_ar_ready, ctx_ar_ready;
  axi_ar_t fetch_ar, list_ar, ctx_ar;
  assign ring_req.ar_valid = fetch_ar_valid || list_ar_valid || ctx_ar_valid;
  assign ring_req.ar       = list_ar_valid ? list_ar : ctx_ar_valid ? ctx_ar : fetch_ar;
  assign list_ar_ready     = ring_rsp.ar_ready;
  assign ctx_ar_ready      = ring_rsp.ar_ready && !list_ar_valid;
  assign fetch_ar_ready    = ring_rsp.ar_ready && !list_ar_valid && !ctx_ar_valid;
  assign ring_req.r_ready  = 1'b1;
  assign ring_req.b_ready  = 1'b1;
  assign data_req.r_ready  = 1'b1;
  assign data_req.b_ready  = 1'b1;

  logic rd_en;
  logic [QueueBits-1:0] rd_queue;
  logic [5:0] rd_slot;
  logic [255:0] rd_data;
  stamp_t rd_stamp;
  logic [3:0] rerr, rtimeout, werr, wtimeout;
  dma_fetch #(
      .NumQueues(NumQueues)
  ) u_fetch (
      .clk_i,
      .rst_ni,
      .cfg_i(queue_cfg_i),
      .run_i(run),
      .restart_i(restart),
      .tail_i(tail),
      .host_head_i(host_head),
      .timeout_i(timeout_i.read),
      .now_i(now_q),
      .error_o(fetch_error),
      .hung_o(fetch_hung),
      .pending_o(pending),
      .rerr_o(rerr[0]),
      .rtimeout_o(rtimeout[0]),
      .sq_head_i(sq_head),
      .held_o(held),
      .rd_queue_i(rd_queue),
      .rd_slot_i(rd_slot),
      .rd_en_i(rd_en),
      .rd_data_o(rd_data),
      .rd_stamp_o(rd_stamp),
      .unreserve_i(unreserve),
      .ar_valid_o(fetch_ar_valid),
      .ar_ready_i(fetch_ar_ready),
      .ar_o(fetch_ar),
      .r_valid_i(ring_rsp.r_valid),
      .r_i(ring_rsp.r)
  );

  // Decode, jobs.
  logic job_free, job_we, job_re, decode_busy;
  job_t job_widx, job_ridx;
  job_rec_t job_wrec, job_rrec;
  logic dec_valid, dec_ready, dec_space, list_valid, list_ready;
  read_job_t dec_job;
  logic [63:0] list_addr;
  logic desc_valid, desc_ready;
  descriptor_t desc;
  reason_e desc_fault;
  logic [15:0] desc_head;
  dma_decode #(
      .NumQueues(NumQueues)
  ) u_decode (
      .clk_i,
      .rst_ni,
      .cfg_i(queue_cfg_i),
      .restart_i(restart),
      .flush_i(flush),
      .pending_i(pending),
      .tail_i(tail),
      .sq_head_o(sq_head),
      .decoded_o(decoded),
      .unreserve_o(unreserve),
      .held_i(held),
      .rd_queue_o(rd_queue),
      .rd_slot_o(rd_slot),
      .rd_en_o(rd_en),
      .rd_data_i(rd_data),
      .rd_stamp_i(rd_stamp),
      .job_free_i(job_free),
      .job_we_o(job_we),
      .job_idx_o(job_widx),
      .job_rec_o(job_wrec),
      .read_valid_o(dec_valid),
      .read_ready_i(dec_ready),
      .read_o(dec_job),
      .list_valid_o(list_valid),
      .list_ready_i(list_ready),
      .list_addr_o(list_addr),
      .busy_o(decode_busy),
      .admin_valid_o(desc_valid),
      .admin_ready_i(desc_ready),
      .admin_o(desc),
      .admin_fault_o(desc_fault),
      .admin_head_o(desc_head)
  );
  prim_ram_1r1w #(
      .Width($bits(job_rec_t)),
      .Depth(JobCount)
  ) u_jobs (
      .clk_i,
      .we_i(job_we),
      .waddr_i(job_widx),
      .wdata_i(job_wrec),
      .re_i(job_re),
      .raddr_i(job_ridx),
      .rdata_o(job_rrec)
  );

  // Jobs wait here for room in the ingress buffer.
  logic rj_valid, rj_ready;
  read_job_t rj;
  assign dec_ready = dec_space;
  prim_fifo #(
      .Width($bits(read_job_t)),
      .Depth(8)
  ) u_read_jobs (
      .clk_i,
      .rst_ni,
      .valid_i(dec_valid),
      .ready_o(dec_space),
      .data_i (dec_job),
      .valid_o(rj_valid),
      .ready_i(rj_ready),
      .data_o (rj)
  );

  logic verdict_valid, verdict_ready, src_re, dst_re, list_idle;
  reason_e verdict;
  logic [10:0] src_beats;
  job_t src_job, dst_job;
  logic [2:0] src_idx, dst_idx;
  logic [63:0] src_addr, dst_addr;
  logic [13:0] src_len, dst_len;
  dma_segments #(
      .Id(ListId)
  ) u_segments (
      .clk_i,
      .rst_ni,
      .timeout_i(timeout_i.read),
      .list_valid_i(list_valid),
      .list_ready_o(list_ready),
      .list_addr_i(list_addr),
      .job_i(dec_job),
      .ar_valid_o(list_ar_valid),
      .ar_ready_i(list_ar_ready),
      .ar_o(list_ar),
      .r_valid_i(ring_rsp.r_valid),
      .r_i(ring_rsp.r),
      .verdict_valid_o(verdict_valid),
      .verdict_ready_i(verdict_ready),
      .verdict_o(verdict),
      .src_beats_o(src_beats),
      .src_re_i(src_re),
      .src_job_i(src_job),
      .src_idx_i(src_idx),
      .src_addr_o(src_addr),
      .src_len_o(src_len),
      .dst_re_i(dst_re),
      .dst_job_i(dst_job),
      .dst_idx_i(dst_idx),
      .dst_addr_o(dst_addr),
      .dst_len_o(dst_len),
      .idle_o(list_idle),
      .rerr_o(rerr[1]),
      .rtimeout_o(rtimeout[1])
  );

  // Packets in.
  logic in_idle;
  dma_packet_in #(
      .IngressBeats(IngressBeats),
      .IdWidth(IdWidth)
  ) u_in (
      .clk_i,
      .rst_ni,
      .timeout_i(timeout_i.read),
      .job_valid_i(rj_valid),
      .job_ready_o(rj_ready),
      .job_i(rj),
      .verdict_valid_i(verdict_valid),
      .verdict_ready_o(verdict_ready),
      .verdict_i(verdict),
      .src_beats_i(src_beats),
      .list_re_o(src_re),
      .list_job_o(src_job),
      .list_idx_o(src_idx),
      .list_addr_i(src_addr),
      .list_len_i(src_len),
      .ar_valid_o(data_req.ar_valid),
      .ar_ready_i(data_rsp.ar_ready),
      .ar_o(data_req.ar),
      .r_valid_i(data_rsp.r_valid),
      .r_i(data_rsp.r),
      .meta_valid_o,
      .meta_ready_i,
      .meta_o,
      .beat_valid_o,
      .beat_ready_i,
      .beat_o,
      .idle_o(in_idle),
      .rerr_o(rerr[2]),
      .rtimeout_o(rtimeout[2])
  );

  // Packets out.
  logic out_idle, cdone_valid, cdone_ready;
  done_t cdone;
  dma_packet_out #(
      .IdWidth(IdWidth)
  ) u_out (
      .clk_i,
      .rst_ni,
      .timeout_i(timeout_i.write),
      .result_valid_i,
      .result_ready_o,
      .result_i,
      .beat_valid_i(out_valid_i),
      .beat_ready_o(out_ready_o),
      .beat_i(out_i),
      .job_re_o(job_re),
      .job_idx_o(job_ridx),
      .job_rec_i(job_rrec),
      .job_free_o(job_free),
      .list_re_o(dst_re),
      .list_job_o(dst_job),
      .list_idx_o(dst_idx),
      .list_addr_i(dst_addr),
      .list_len_i(dst_len),
      .aw_valid_o(data_req.aw_valid),
      .aw_ready_i(data_rsp.aw_ready),
      .aw_o(data_req.aw),
      .w_valid_o(data_req.w_valid),
      .w_ready_i(data_rsp.w_ready),
      .w_o(data_req.w),
      .b_valid_i(data_rsp.b_valid),
      .b_i(data_rsp.b),
      .done_valid_o(cdone_valid),
      .done_ready_i(cdone_ready),
      .done_o(cdone),
      .idle_o(out_idle),
      .werr_o(werr[0]),
      .wtimeout_o(wtimeout[0])
  );

  // Writers of the ring port, in the order of their IDs: completions, events, statistics,
  // interrupts.
  ring_write_req_t [3:0] write_req;
  ring_write_rsp_t [3:0] write_rsp;
  logic rw_idle, admin_idle, complete_idle, event_idle, msix_idle;
  logic adone_valid, adone_ready;
  done_t adone;
  dma_ring_write #(
      .Sources(4)
  ) u_ring_write (
      .clk_i,
      .rst_ni,
      .req_i(write_req),
      .rsp_o(write_rsp),
      .aw_valid_o(ring_req.aw_valid),
      .aw_ready_i(ring_rsp.aw_ready),
      .aw_o(ring_req.aw),
      .w_valid_o(ring_req.w_valid),
      .w_ready_i(ring_rsp.w_ready),
      .w_o(ring_req.w),
      .b_valid_i(ring_rsp.b_valid),
      .b_i(ring_rsp.b),
      .idle_o(rw_idle)
  );

  dma_complete #(
      .NumQueues(NumQueues)
  ) u_complete (
      .clk_i,
      .rst_ni,
      .cfg_i(queue_cfg_i),
      .restart_i(restart),
      .timeout_i(timeout_i.write),
      .now_i(now_q),
      .issued_o(cq_issued),
      .written_o(cq_written),
      .urgent_o(cq_urgent),
      .error_o(cq_error),
      .hung_o(cq_hung),
      .data_valid_i(cdone_valid),
      .data_ready_o(cdone_ready),
      .data_i(cdone),
      .admin_valid_i(adone_valid),
      .admin_ready_o(adone_ready),
      .admin_i(adone),
      .write_o(write_req[0]),
      .write_i(write_rsp[0]),
      .ended_o,
      .idle_o(complete_idle),
      .werr_o(werr[1]),
      .wtimeout_o(wtimeout[1])
  );

  logic [15:0] event_behind;
  logic event_armed;
  dma_event u_event (
      .clk_i,
      .rst_ni,
      .cfg_i(event_cfg_i),
      .timeout_i(timeout_i.write),
      .status_o(event_status_o),
      .doorbell_valid_i(event_doorbell_valid_i),
      .doorbell_i(event_doorbell_i),
      .behind_o(event_behind),
      .armed_o(event_armed),
      .disarm_i(disarm[NumQueues+1]),
      .event_valid_i,
      .event_ready_o,
      .event_i,
      .write_o(write_req[1]),
      .write_i(write_rsp[1]),
      .idle_o(event_idle),
      .dropped_o(error_o.event_dropped),
      .werr_o(werr[2]),
      .wtimeout_o(wtimeout[2])
  );

  dma_admin #(
      .Id(CtxId)
  ) u_admin (
      .clk_i,
      .rst_ni,
      .timeout_i,
      .desc_valid_i(desc_valid),
      .desc_ready_o(desc_ready),
      .desc_i(desc),
      .desc_fault_i(desc_fault),
      .desc_head_i(desc_head),
      .ar_valid_o(ctx_ar_valid),
      .ar_ready_i(ctx_ar_ready),
      .ar_o(ctx_ar),
      .r_valid_i(ring_rsp.r_valid),
      .r_i(ring_rsp.r),
      .op_valid_o(admin_valid_o),
      .op_ready_i(admin_ready_i),
      .op_o(admin_o),
      .res_valid_i(admin_done_valid_i),
      .res_ready_o(admin_done_ready_o),
      .res_i(admin_done_i),
      .write_o(write_req[2]),
      .write_i(write_rsp[2]),
      .done_valid_o(adone_valid),
      .done_ready_i(adone_ready),
      .done_o(adone),
      .idle_o(admin_idle),
      .rerr_o(rerr[3]),
      .rtimeout_o(rtimeout[3]),
      .werr_o(werr[3]),
      .wtimeout_o(wtimeout[3])
  );

  logic [NumQueues+1:0][3:0] vectors;
  for (genvar q = 0; q <= NumQueues; q++) begin : gen_vector
    assign vectors[q] = queue_cfg_i[q].vector;
  end
  assign vectors[NumQueues+1] = event_cfg_i.vector;
  dma_msix #(
      .Sources(NumQueues + 2),
      .NumVectors(NumVectors)
  ) u_msix (
      .clk_i,
      .rst_ni,
      .enable_i(msix_enable_i),
      .mask_i  (msix_mask_i),
      .table_i (msix_table_i),
      .moderation_i,
      .armed_i ({event_armed, armed}),
      .behind_i({event_behind, behind}),
      .urgent_i({1'b1, cq_urgent}),
      .vector_i(vectors),
      .disarm_o(disarm),
      .pba_o,
      .write_o (write_req[3]),
      .write_i (write_rsp[3]),
      .idle_o  (msix_idle)
  );

  assign error_o.read_error    = |rerr;
  assign error_o.read_timeout  = |rtimeout;
  assign error_o.write_error   = |werr;
  assign error_o.write_timeout = |wtimeout;

  // Descriptors that cannot be fetched, for want of completion slots, are the host's to resolve:
  // nothing in here moves.
  logic [NumQueues:0] moving;
  for (genvar q = 0; q <= NumQueues; q++) begin : gen_moving
    assign moving[q] = restart[q] || flush[q] || pending[q] || (held[q] != '0) ||
                       (!off[q] && !stopped[q] && (tail[q] != sq_head[q]));
  end
  assign idle_o = data_quiet && ring_quiet && (moving == '0) && !decode_busy && !rj_valid &&
                  list_idle && in_idle && out_idle && rw_idle && admin_idle && complete_idle &&
                  event_idle && msix_idle;
endmodule
