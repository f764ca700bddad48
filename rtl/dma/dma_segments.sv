// Reads segment lists ahead of the packets, checks them and keeps them per job for the packet
// reader and writer.
//
// Lists are read in job order with one ID, several at a time. For each list one verdict comes out,
// in the same order: whether it may be used, and how many beats the source touches.
module dma_segments
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter logic [IdBits-1:0] Id = '0
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [23:0] timeout_i,

    input  logic             list_valid_i,
    output logic             list_ready_o,
    input  logic      [63:0] list_addr_i,
    input  read_job_t        job_i,

    output logic    ar_valid_o,
    input  logic    ar_ready_i,
    output axi_ar_t ar_o,
    input  logic    r_valid_i,
    input  axi_r_t  r_i,

    output logic           verdict_valid_o,
    input  logic           verdict_ready_i,
    output reason_e        verdict_o,
    output logic    [10:0] src_beats_o,

    // Segments of a job, one cycle after the request.
    input  logic        src_re_i,
    input  job_t        src_job_i,
    input  logic [ 2:0] src_idx_i,
    output logic [63:0] src_addr_o,
    output logic [13:0] src_len_o,
    input  logic        dst_re_i,
    input  job_t        dst_job_i,
    input  logic [ 2:0] dst_idx_i,
    output logic [63:0] dst_addr_o,
    output logic [13:0] dst_len_o,

    output logic idle_o,
    output logic rerr_o,
    output logic rtimeout_o
);
  localparam int unsigned Depth = 16;  // lists under way

  typedef struct packed {
    job_t        job;
    logic [3:0]  src_count;
    logic [4:0]  count;
    logic [15:0] src_len;
    logic [15:0] dst_len;
  } wanted_t;

  // Requests, and the lists whose data are to come.
  logic req_valid, req_ready, req_done, wanted_push, wanted_ready, wanted_valid, wanted_pop;
  logic [63:0] req_addr;
  wanted_t req, wanted;
  logic hung_q;

  prim_fifo #(
      .Width(64 + $bits(wanted_t)),
      .Depth(4)
  ) u_req (
      .clk_i,
      .rst_ni,
      .valid_i(list_valid_i),
      .ready_o(list_ready_o),
      .data_i({
        list_addr_i,
        wanted_t
'{
            job: job_i.job,
            src_count: job_i.src_count,
            count: 5'(job_i.src_count) + 5'(job_i.dst_count),
            src_len: job_i.src_len,
            dst_len: job_i.dst_len
        }
      }),
      .valid_o(req_valid),
      .ready_i(req_done),
      .data_o({req_addr, req})
  );

  // A list may cross a 4 KiB boundary once.
  logic second_q, crosses;
  logic [8:0] to_4k;
  logic [4:0] part;
  assign to_4k       = 9'd256 - {1'b0, req_addr[11:4]};
  assign crosses     = (9'(req.count) > to_4k);
  assign part        = !crosses ? req.count : second_q ? req.count - to_4k[4:0] : to_4k[4:0];
  assign ar_valid_o  = req_valid && !hung_q && (second_q || wanted_ready);
  assign ar_o.id     = Id;
  assign ar_o.addr   = second_q ? {req_addr[63:12] + 52'd1, 12'd0} : req_addr;
  assign ar_o.len    = 8'(part) - 8'd1;
  assign req_ready   = hung_q ? wanted_ready : (ar_valid_o && ar_ready_i);
  assign req_done    = req_ready && req_valid && (hung_q || !crosses || second_q);
  assign wanted_push = req_ready && req_valid && !(second_q && !hung_q);

  prim_fifo #(
      .Width($bits(wanted_t)),
      .Depth(Depth)
  ) u_wanted (
      .clk_i,
      .rst_ni,
      .valid_i(wanted_push),
      .ready_o(wanted_ready),
      .data_i (req),
      .valid_o(wanted_valid),
      .ready_i(wanted_pop),
      .data_o (wanted)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) second_q <= 1'b0;
    else if (ar_valid_o && ar_ready_i) second_q <= crosses && !second_q;
  end

  // Arrival.
  segment_t seg;
  logic hit, is_src, final_beat, seg_bad, lost;
  logic [4:0] idx_q;
  logic [16:0] src_sum, src_sum_q, dst_sum, dst_sum_q;  // 8 largest segments
  logic [10:0] beats, beats_q;
  logic bad_q, rerr_q, verdict_ready;
  reason_e verdict;

  assign seg = segment_t'(r_i.data);
  assign hit = r_valid_i && (r_i.id == Id) && wanted_valid && !hung_q;
  assign is_src = (idx_q < 5'(wanted.src_count));
  assign final_beat = hit && (idx_q + 5'd1 == wanted.count);
  assign seg_bad = (seg.rsvd0 != '0) || (seg.len == '0) || (seg.len > 32'(MaxPacket));
  assign src_sum = src_sum_q + (is_src ? {3'd0, seg.len[13:0]} : '0);
  assign dst_sum = dst_sum_q + (is_src ? '0 : {3'd0, seg.len[13:0]});
  assign beats      = beats_q + (is_src ? 11'((15'(seg.len[13:0]) + 15'(seg.addr[3:0]) +
      15'd15) >> 4) : '0);
  assign lost = hung_q && wanted_valid && verdict_ready;
  assign wanted_pop = final_beat || lost;

  always_comb begin
    verdict = ReasonOk;
    if (lost) verdict = ReasonDmaTimeout;
    else if (rerr_q || (r_i.resp != RespOkay)) verdict = ReasonDmaReadError;
    else if (bad_q || seg_bad) verdict = ReasonBadSegments;
    else if ((wanted.src_count != '0) && (src_sum != {1'b0, wanted.src_len}))
      verdict = ReasonBadSegments;
    else if ((wanted.count != 5'(wanted.src_count)) && (dst_sum != {1'b0, wanted.dst_len}))
      verdict = ReasonBadSegments;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || final_beat) begin
      idx_q     <= '0;
      src_sum_q <= '0;
      dst_sum_q <= '0;
      beats_q   <= '0;
      bad_q     <= 1'b0;
      rerr_q    <= 1'b0;
    end else if (hit) begin
      idx_q <= idx_q + 1'b1;
      src_sum_q <= src_sum;
      dst_sum_q <= dst_sum;
      beats_q <= beats;
      bad_q <= bad_q || seg_bad;
      rerr_q <= rerr_q || (r_i.resp != RespOkay);
    end
  end

  prim_ram_1r1w #(
      .Width(78),
      .Depth(JobCount * MaxSegments)
  ) u_src (
      .clk_i,
      .we_i(hit && is_src),
      .waddr_i({wanted.job, idx_q[2:0]}),
      .wdata_i({seg.len[13:0], seg.addr}),
      .re_i(src_re_i),
      .raddr_i({src_job_i, src_idx_i}),
      .rdata_o({src_len_o, src_addr_o})
  );
  logic [4:0] dst_idx;
  assign dst_idx = idx_q - 5'(wanted.src_count);
  prim_ram_1r1w #(
      .Width(78),
      .Depth(JobCount * MaxSegments)
  ) u_dst (
      .clk_i,
      .we_i(hit && !is_src),
      .waddr_i({wanted.job, dst_idx[2:0]}),
      .wdata_i({seg.len[13:0], seg.addr}),
      .re_i(dst_re_i),
      .raddr_i({dst_job_i, dst_idx_i}),
      .rdata_o({dst_len_o, dst_addr_o})
  );

  // As many verdicts as jobs: it never stalls the bus.
  prim_fifo #(
      .Width(11 + $bits(reason_e)),
      .Depth(JobCount)
  ) u_verdict (
      .clk_i,
      .rst_ni,
      .valid_i(final_beat || lost),
      .ready_o(verdict_ready),
      .data_i ({beats, verdict}),
      .valid_o(verdict_valid_o),
      .ready_i(verdict_ready_i),
      .data_o ({src_beats_o, verdict_o})
  );

  // A list that does not come: from then on every list fails, until reset.
  logic [23:0] wait_q;
  assign rtimeout_o = !hung_q && expired(wait_q, timeout_i);
  assign rerr_o     = hit && (r_i.resp != RespOkay) && !rerr_q;
  assign idle_o     = !req_valid && !wanted_valid;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q <= '0;
      hung_q <= 1'b0;
    end else begin
      if (!wanted_valid || hit) wait_q <= '0;
      else wait_q <= wait_q + 1'b1;
      if (rtimeout_o) hung_q <= 1'b1;
    end
  end

  logic unused;
  assign unused = ^{job_i, r_i.last, dst_idx[4:3]};
endmodule
