// SA database: finds the SA of every packet, allocates sequence numbers, commits replay windows, keeps lifetimes, and
// carries out the admin operations on SAs without stopping traffic.
module sad
  import vam_pkg::*;
#(
    parameter int unsigned MaxSa        = 1024,
    parameter int unsigned BankRows     = MaxSa / 2,  // rows of each of the four cuckoo banks
    parameter int unsigned ResendCycles = 65536       // an unacknowledged event is sent again
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic [127:0] hash_key_i,  // taken over whenever no SA exists

    input  logic         req_valid_i,
    output logic         req_ready_o,
    input  sad_req_t     req_i,
    output logic         rsp_valid_o,
    input  logic         rsp_ready_i,
    output sad_rsp_t     rsp_o,
    input  logic         seq_req_valid_i,
    output logic         seq_req_ready_o,
    input  seq_req_t     seq_req_i,
    output logic         seq_rsp_valid_o,
    input  logic         seq_rsp_ready_i,
    output seq_rsp_t     seq_rsp_o,
    input  logic         commit_req_valid_i,
    output logic         commit_req_ready_o,
    input  commit_req_t  commit_req_i,
    output logic         commit_rsp_valid_o,
    input  logic         commit_rsp_ready_i,
    output commit_rsp_t  commit_rsp_o,
    input  logic         retire_i,  // one packet that had its rsp is done with its SA

    input  logic         admin_req_valid_i,
    output logic         admin_req_ready_o,
    input  admin_req_t   admin_req_i,
    output logic         admin_rsp_valid_o,
    input  logic         admin_rsp_ready_i,
    output admin_rsp_t   admin_rsp_o,
    output logic         event_valid_o,
    input  logic         event_ready_i,
    output event_t       event_o,

    output logic         ready_o,     // every RAM is scrubbed; before, nothing is accepted
    output logic [20:0]  sa_count_o,
    output logic         idle_o       // no work and no timer pending
);
endmodule
