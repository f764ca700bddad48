// Compares tags, commits to sad what is authentic, and joins both with the judgement of the text:
// the one place that releases plaintext. Tags of sealed packets are passed on to the egress.
//
// One packet per cycle while sad answers at that rate.
module esp_verdict
  import vam_map_pkg::*;
  import vam_pkg::*;
  import esp_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic             job_valid_i,
    output logic             job_ready_o,
    input  tag_job_t         job_i,
    input  logic             tag_valid_i,     // from the lane, one per job
    output logic             tag_ready_o,
    input  logic     [127:0] tag_i,
    input  logic             icv_valid_i,     // from the packet, one per opened job
    output logic             icv_ready_o,
    input  logic     [127:0] icv_i,
    input  logic             opened_valid_i,  // one per opened job
    output logic             opened_ready_o,
    input  opened_t          opened_i,

    output logic        commit_req_valid_o,
    input  logic        commit_req_ready_i,
    output commit_req_t commit_req_o,
    input  logic        commit_rsp_valid_i,
    output logic        commit_rsp_ready_o,
    input  commit_rsp_t commit_rsp_i,

    output logic            seal_tag_valid_o,
    input  logic            seal_tag_ready_i,
    output logic    [127:0] seal_tag_o,
    output logic            verdict_valid_o,   // one per opened job
    input  logic            verdict_ready_i,
    output opened_t         verdict_o
);
  `include "vam_assert.svh"

  localparam int unsigned CommitDepth = 8;  // commits on their way: enough for the latency of sad

  // --- compare ---
  logic opens, have, compare_go, compared_free, compared_go, compared_valid_q, authentic_q;
  tag_job_t job_q;
  logic [15:0] differs;

  assign opens            = (job_i.kind == KindIn) || (job_i.kind == KindOpen);
  assign have             = job_valid_i && tag_valid_i;
  assign compared_free    = !compared_valid_q || compared_go;
  assign compare_go       = have && opens && icv_valid_i && compared_free;
  assign icv_ready_o      = have && opens && compared_free;
  assign seal_tag_valid_o = have && !opens;
  assign seal_tag_o       = tag_i;
  assign job_ready_o      = compare_go || (seal_tag_valid_o && seal_tag_ready_i);
  assign tag_ready_o      = job_ready_o;

  // All bytes are compared, whatever the first ones say.
  always_comb begin
    for (int unsigned i = 0; i < 16; i++) begin
      differs[i] = (5'(i) < job_i.tag_len) && (tag_i[8*i+:8] != icv_i[8*i+:8]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) compared_valid_q <= 1'b0;
    else if (compared_free) compared_valid_q <= compare_go;
  end
  always_ff @(posedge clk_i) begin
    if (compare_go) begin
      job_q       <= job_i;
      authentic_q <= (differs == '0);
    end
  end

  // --- commit ---
  logic commits, pending_in_ready, pending_valid, pending_ready, pending_authentic, pending_commits;

  assign commits = (job_q.kind == KindIn) && authentic_q;
  assign commit_req_valid_o = compared_valid_q && commits && pending_in_ready;
  assign commit_req_o.index = job_q.index;
  assign commit_req_o.seq = job_q.seq;
  assign commit_req_o.text_len = job_q.text_len;
  assign compared_go = compared_valid_q && pending_in_ready && (!commits || commit_req_ready_i);

  prim_fifo #(
      .Width(2),
      .Depth(CommitDepth)
  ) u_pending (
      .clk_i,
      .rst_ni,
      .valid_i(compared_go),
      .ready_o(pending_in_ready),
      .data_i ({authentic_q, commits}),
      .valid_o(pending_valid),
      .ready_i(pending_ready),
      .data_o ({pending_authentic, pending_commits})
  );

  // --- join ---
  logic known;
  assign known = pending_valid && opened_valid_i && (!pending_commits || commit_rsp_valid_i);
  assign verdict_valid_o = known;
  assign pending_ready = known && verdict_ready_i;
  assign opened_ready_o = pending_ready;
  assign commit_rsp_ready_o = pending_ready && pending_commits;

  always_comb begin
    verdict_o = opened_i;
    if (!pending_authentic) verdict_o.reason = ReasonIcvFailed;
    else if (pending_commits && (commit_rsp_i.reason != ReasonOk))
      verdict_o.reason = commit_rsp_i.reason;
  end

  logic unused;
  assign unused = &{1'b0, job_q.tag_len};

  // No plaintext without a right tag.
  `VAM_ASSERT(AuthenticOrDropped_A,
              (verdict_valid_o && (verdict_o.reason == ReasonOk)) |-> pending_authentic)
endmodule
