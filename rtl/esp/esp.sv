// Packet path of the card between dma and sad: parse, lookup, AES-GCM lane, verdict, header build.
//
// In order: the n-th meta gets the n-th result. meta precedes or accompanies its beats; a result precedes or accompanies
// its beats. Plaintext leaves only after ICV, replay commit, padding and inner checks passed. Every packet asks sad once
// (skip when there is nothing to look up) and retires once, when the last of it has left this block.
module esp
  import vam_pkg::*;
#(
    // Blocks of 16 bytes held back for a verdict: two maximum packets and the depth of the lane.
    parameter int unsigned HoldDepth = 2048
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        meta_valid_i,
    output logic        meta_ready_o,
    input  pkt_meta_t   meta_i,
    input  logic        in_valid_i,
    output logic        in_ready_o,
    input  beat_t       in_i,
    output logic        result_valid_o,
    input  logic        result_ready_i,
    output pkt_result_t result_o,
    output logic        out_valid_o,
    input  logic        out_ready_i,
    output beat_t       out_o,

    output logic        sad_req_valid_o,
    input  logic        sad_req_ready_i,
    output sad_req_t    sad_req_o,
    input  logic        sad_rsp_valid_i,
    output logic        sad_rsp_ready_o,
    input  sad_rsp_t    sad_rsp_i,
    output logic        seq_req_valid_o,
    input  logic        seq_req_ready_i,
    output seq_req_t    seq_req_o,
    input  logic        seq_rsp_valid_i,
    output logic        seq_rsp_ready_o,
    input  seq_rsp_t    seq_rsp_i,
    output logic        commit_req_valid_o,
    input  logic        commit_req_ready_i,
    output commit_req_t commit_req_o,
    input  logic        commit_rsp_valid_i,
    output logic        commit_rsp_ready_o,
    input  commit_rsp_t commit_rsp_i,

    output logic retire_o,      // one packet is done with its SA
    output logic idle_o,        // no packet and no part of one inside
    output logic lane_bubble_o  // see gcm_lane
);
endmodule
