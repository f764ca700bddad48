// Packets from the packet path to the host: dma_write makes bursts, dma_split their beats,
// dma_commit waits for answers.
module dma_packet_out
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned IdWidth = 4
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [23:0] timeout_i,

    input  logic        result_valid_i,
    output logic        result_ready_o,
    input  pkt_result_t result_i,
    input  logic        beat_valid_i,
    output logic        beat_ready_o,
    input  beat_t       beat_i,

    // Job table and destination segments, each one cycle after the request.
    output logic            job_re_o,
    output job_t            job_idx_o,
    input  job_rec_t        job_rec_i,
    output logic            job_free_o,
    output logic            list_re_o,
    output job_t            list_job_o,
    output logic     [ 2:0] list_idx_o,
    input  logic     [63:0] list_addr_i,
    input  logic     [13:0] list_len_i,

    output logic    aw_valid_o,
    input  logic    aw_ready_i,
    output axi_aw_t aw_o,
    output logic    w_valid_o,
    input  logic    w_ready_i,
    output axi_w_t  w_o,
    input  logic    b_valid_i,  // always taken
    input  axi_b_t  b_i,

    output logic  done_valid_o,
    input  logic  done_ready_i,
    output done_t done_o,

    output logic idle_o,
    output logic werr_o,
    output logic wtimeout_o
);
  // Packets whose write answers are awaited; at least one per ID.
  localparam int unsigned Slots = (IdWidth > 5) ? 2 ** IdWidth : 32;

  logic [Slots-1:0] write_busy;
  logic [2**IdWidth-1:0] write_dead;
  logic [$clog2(Slots)-1:0] write_slot;
  logic
      piece_valid,
      piece_ready,
      piece_last,
      piece_drop,
      wburst,
      wburst_last,
      slot_take,
      write_idle,
      commit_idle;
  logic split_idle, wdone_valid, wdone_ready, wdone_real;
  logic [3:0] piece_off;
  logic [13:0] piece_len;
  done_t wdone;
  dma_write #(
      .Slots  (Slots),
      .IdWidth(IdWidth)
  ) u_write (
      .clk_i,
      .rst_ni,
      .result_valid_i,
      .result_ready_o,
      .result_i,
      .job_re_o,
      .job_idx_o,
      .job_rec_i,
      .job_free_o,
      .seg_re_o(list_re_o),
      .seg_job_o(list_job_o),
      .seg_idx_o(list_idx_o),
      .seg_addr_i(list_addr_i),
      .seg_len_i(list_len_i),
      .aw_valid_o,
      .aw_ready_i,
      .aw_o,
      .piece_valid_o(piece_valid),
      .piece_ready_i(piece_ready),
      .piece_off_o(piece_off),
      .piece_len_o(piece_len),
      .piece_last_o(piece_last),
      .piece_drop_o(piece_drop),
      .burst_o(wburst),
      .burst_last_o(wburst_last),
      .slot_o(write_slot),
      .slot_take_o(slot_take),
      .slot_busy_i(write_busy),
      .id_dead_i(write_dead),
      .done_valid_o(wdone_valid),
      .done_ready_i(wdone_ready),
      .done_o(wdone),
      .done_real_o(wdone_real),
      .idle_o(write_idle)
  );
  dma_split u_split (
      .clk_i,
      .rst_ni,
      .piece_valid_i(piece_valid),
      .piece_ready_o(piece_ready),
      .piece_off_i(piece_off),
      .piece_len_i(piece_len),
      .piece_last_i(piece_last),
      .piece_drop_i(piece_drop),
      .beat_valid_i,
      .beat_ready_o,
      .beat_i,
      .w_valid_o,
      .w_ready_i,
      .w_o,
      .idle_o(split_idle)
  );
  dma_commit #(
      .Slots  (Slots),
      .IdWidth(IdWidth)
  ) u_commit (
      .clk_i,
      .rst_ni,
      .timeout_i,
      .burst_i(wburst),
      .burst_last_i(wburst_last),
      .slot_i(write_slot),
      .slot_take_i(slot_take),
      .slot_busy_o(write_busy),
      .id_dead_o(write_dead),
      .done_valid_i(wdone_valid),
      .done_ready_o(wdone_ready),
      .done_i(wdone),
      .done_real_i(wdone_real),
      .b_valid_i,
      .b_i,
      .done_valid_o,
      .done_ready_i,
      .done_o,
      .idle_o(commit_idle),
      .werr_o,
      .wtimeout_o
  );

  assign idle_o = write_idle && split_idle && commit_idle;
endmodule
