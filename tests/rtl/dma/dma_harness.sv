// dma with flat pins and a small write port for its configuration, for the C++ bench.
module dma_harness
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    localparam int unsigned NumQueues  = 4,
    localparam int unsigned NumVectors = 8
) (
    input  logic clk_i,
    input  logic rst_ni,
    input  logic por_ni,
    input  logic isolate_req_i,
    output logic isolate_done_o,
    input  logic bus_master_en_i,
    output logic idle_o,

    input logic cfg_we_i,
    input logic [3:0] cfg_queue_i,  // also selects the status
    input logic cfg_enable_i,
    input logic cfg_low_lat_i,
    input logic [3:0] cfg_vector_i,
    input logic [3:0] cfg_sq_log2_i,
    input logic [3:0] cfg_cq_log2_i,
    input logic [63:0] cfg_sq_base_i,
    input logic [63:0] cfg_cq_base_i,
    output logic status_idle_o,
    output logic status_error_o,
    output logic [15:0] status_sq_head_o,
    output logic [15:0] status_cq_tail_o,
    input logic doorbell_valid_i,
    input logic doorbell_cq_i,
    input logic doorbell_arm_i,
    input logic [3:0] doorbell_queue_i,
    input logic [15:0] doorbell_index_i,

    input logic event_enable_i,
    input logic [3:0] event_log2_i,
    input logic [3:0] event_vector_i,
    input logic [63:0] event_base_i,
    output logic [15:0] event_tail_o,
    output logic event_error_o,
    input logic event_db_valid_i,
    input logic event_db_arm_i,
    input logic [15:0] event_db_index_i,
    input logic event_valid_i,
    output logic event_ready_o,
    input logic [7:0] event_kind_i,
    input logic [31:0] event_handle_i,
    input logic [63:0] event_sa_id_i,
    input logic [63:0] event_value_i,

    input logic msix_enable_i,
    input logic msix_mask_i,
    input logic [15:0] min_interval_i,  // of every vector
    input logic [7:0] irq_count_i,
    input logic table_we_i,
    input logic [4:0] table_addr_i,
    input logic [31:0] table_wdata_i,
    output logic [NumVectors-1:0] pba_o,
    input logic [23:0] timeout_read_i,
    input logic [23:0] timeout_write_i,
    input logic [23:0] timeout_drain_i,

    output logic          admin_valid_o,
    input  logic          admin_ready_i,
    output logic [ 255:0] admin_sqe_o,
    output logic [2047:0] admin_ctx_o,
    output logic [   7:0] admin_fault_o,
    input  logic          admin_done_valid_i,
    output logic          admin_done_ready_o,
    input  logic [   7:0] admin_done_reason_i,
    input  logic [  31:0] admin_done_handle_i,
    input  logic [ 511:0] admin_done_stats_i,

    output logic         meta_valid_o,
    input  logic         meta_ready_i,
    output logic [  5:0] meta_job_o,
    output logic [  7:0] meta_fault_o,
    output logic [ 15:0] meta_src_len_o,
    output logic [ 15:0] meta_dst_cap_o,
    output logic [ 31:0] meta_handle_o,
    output logic [ 95:0] meta_iv_o,
    output logic         beat_valid_o,
    input  logic         beat_ready_i,
    output logic         beat_last_o,
    output logic [127:0] beat_data_o,
    input  logic         result_valid_i,
    output logic         result_ready_o,
    input  logic [  5:0] result_job_i,
    input  logic [  7:0] result_reason_i,
    input  logic [ 15:0] result_len_i,
    input  logic [ 31:0] result_handle_i,
    input  logic         out_valid_i,
    output logic         out_ready_o,
    input  logic         out_last_i,
    input  logic [127:0] out_data_i,

    output logic        lat_valid_o,
    output logic [23:0] lat_cycles_o,
    output logic        counted_valid_o,
    output logic [ 7:0] counted_reason_o,
    output logic [ 5:0] error_o,

    // Port 0: packets; port 1: rings.
    output logic [1:0]        ar_valid_o,
    input  logic [1:0]        ar_ready_i,
    output logic [1:0][  5:0] ar_id_o,
    output logic [1:0][ 63:0] ar_addr_o,
    output logic [1:0][  7:0] ar_len_o,
    input  logic [1:0]        r_valid_i,
    output logic [1:0]        r_ready_o,
    input  logic [1:0][  5:0] r_id_i,
    input  logic [1:0][127:0] r_data_i,
    input  logic [1:0][  1:0] r_resp_i,
    input  logic [1:0]        r_last_i,
    output logic [1:0]        aw_valid_o,
    input  logic [1:0]        aw_ready_i,
    output logic [1:0][  5:0] aw_id_o,
    output logic [1:0][ 63:0] aw_addr_o,
    output logic [1:0][  7:0] aw_len_o,
    output logic [1:0]        w_valid_o,
    input  logic [1:0]        w_ready_i,
    output logic [1:0][127:0] w_data_o,
    output logic [1:0][ 15:0] w_strb_o,
    output logic [1:0]        w_last_o,
    input  logic [1:0]        b_valid_i,
    output logic [1:0]        b_ready_o,
    input  logic [1:0][  5:0] b_id_i,
    input  logic [1:0][  1:0] b_resp_i
);
  queue_cfg_t [NumQueues:0] cfg_q;
  queue_status_t [NumQueues:0] status;
  always_ff @(posedge clk_i) begin
    if (!por_ni) cfg_q <= '0;
    else if (cfg_we_i) begin
      cfg_q[cfg_queue_i] <= '{
          enable: cfg_enable_i,
          low_lat: cfg_low_lat_i,
          vector: cfg_vector_i,
          sq_log2: cfg_sq_log2_i,
          cq_log2: cfg_cq_log2_i,
          sq_base: cfg_sq_base_i,
          cq_base: cfg_cq_base_i
      };
    end
  end
  assign status_idle_o    = status[cfg_queue_i].idle;
  assign status_error_o   = status[cfg_queue_i].error;
  assign status_sq_head_o = status[cfg_queue_i].sq_head;
  assign status_cq_tail_o = status[cfg_queue_i].cq_tail;

  axi_req_t [1:0] req;
  axi_rsp_t [1:0] rsp;
  for (genvar p = 0; p < 2; p++) begin : gen_port
    assign ar_valid_o[p] = req[p].ar_valid;
    assign ar_id_o[p] = req[p].ar.id;
    assign ar_addr_o[p] = req[p].ar.addr;
    assign ar_len_o[p] = req[p].ar.len;
    assign r_ready_o[p] = req[p].r_ready;
    assign aw_valid_o[p] = req[p].aw_valid;
    assign aw_id_o[p] = req[p].aw.id;
    assign aw_addr_o[p] = req[p].aw.addr;
    assign aw_len_o[p] = req[p].aw.len;
    assign w_valid_o[p] = req[p].w_valid;
    assign w_data_o[p] = req[p].w.data;
    assign w_strb_o[p] = req[p].w.strb;
    assign w_last_o[p] = req[p].w.last;
    assign b_ready_o[p] = req[p].b_ready;
    assign rsp[p] = '{
            ar_ready: ar_ready_i[p],
            r_valid: r_valid_i[p],
            r: '{id: r_id_i[p], data: r_data_i[p], resp: r_resp_i[p], last: r_last_i[p]},
            aw_ready: aw_ready_i[p],
            w_ready: w_ready_i[p],
            b_valid: b_valid_i[p],
            b: '{id: b_id_i[p], resp: b_resp_i[p]}
        };
  end

  pkt_meta_t meta;
  beat_t beat;
  admin_op_t admin;
  assign meta_job_o     = meta.job;
  assign meta_fault_o   = meta.fault;
  assign meta_src_len_o = meta.src_len;
  assign meta_dst_cap_o = meta.dst_cap;
  assign meta_handle_o  = meta.sa_handle;
  assign meta_iv_o      = meta.iv;
  assign beat_last_o    = beat.last;
  assign beat_data_o    = beat.data;
  assign admin_sqe_o    = admin.sqe;
  assign admin_ctx_o    = admin.ctx;
  assign admin_fault_o  = admin.fault;

  ended_t ended;
  assign lat_valid_o      = ended.valid;
  assign lat_cycles_o     = ended.cycles;
  assign counted_valid_o  = ended.valid;
  assign counted_reason_o = ended.reason;

  event_status_t event_status;
  assign event_tail_o  = event_status.tail;
  assign event_error_o = event_status.error;

  msix_entry_t [NumVectors-1:0] table_q;
  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      for (int unsigned v = 0; v < NumVectors; v++) table_q[v] <= '{masked: 1'b1, default: '0};
    end else if (table_we_i) begin
      unique case (table_addr_i[1:0])
        2'd0: table_q[table_addr_i[4:2]].addr[31:0] <= table_wdata_i;
        2'd1: table_q[table_addr_i[4:2]].addr[63:32] <= table_wdata_i;
        2'd2: table_q[table_addr_i[4:2]].data <= table_wdata_i;
        default: table_q[table_addr_i[4:2]].masked <= table_wdata_i[0];
      endcase
    end
  end

  dma #(
      .NumQueues (NumQueues),
      .NumVectors(NumVectors)
  ) u_dma (
      .clk_i,
      .rst_ni,
      .por_ni,
      .data_req_o(req[0]),
      .data_rsp_i(rsp[0]),
      .ring_req_o(req[1]),
      .ring_rsp_i(rsp[1]),
      .isolate_req_i,
      .isolate_done_o,
      .bus_master_en_i,
      .idle_o,
      .queue_cfg_i(cfg_q),
      .queue_status_o(status),
      .doorbell_valid_i,
      .doorbell_i(
      '{cq: doorbell_cq_i, arm: doorbell_arm_i, qid: doorbell_queue_i, index: doorbell_index_i}
      ),
      .event_cfg_i(
      '{enable: event_enable_i, vector: event_vector_i, log2: event_log2_i, base: event_base_i}
      ),
      .event_status_o(event_status),
      .event_doorbell_valid_i(event_db_valid_i),
      .event_doorbell_i('{arm: event_db_arm_i, index: event_db_index_i}),
      .event_valid_i,
      .event_ready_o,
      .event_i(
      '{
          kind: event_type_e'(event_kind_i),
          handle: sa_handle_t'(event_handle_i),
          sa_id: event_sa_id_i,
          value: event_value_i
      }
      ),
      .msix_enable_i,
      .msix_mask_i,
      .msix_table_i(table_q),
      .moderation_i({NumVectors{moderation_t
'{min_interval: min_interval_i, count: irq_count_i}
      }}),
      .pba_o,
      .timeout_i('{read: timeout_read_i, write: timeout_write_i, drain: timeout_drain_i}),
      .admin_valid_o,
      .admin_ready_i,
      .admin_o(admin),
      .admin_done_valid_i,
      .admin_done_ready_o,
      .admin_done_i(
      '{
          reason: reason_e'(admin_done_reason_i),
          sa_handle: admin_done_handle_i,
          stats: sa_stats_t'(admin_done_stats_i)
      }
      ),
      .meta_valid_o,
      .meta_ready_i,
      .meta_o(meta),
      .beat_valid_o,
      .beat_ready_i,
      .beat_o(beat),
      .result_valid_i,
      .result_ready_o,
      .result_i(
      '{
          job: result_job_i,
          reason: reason_e'(result_reason_i),
          out_len: result_len_i,
          sa_handle: sa_handle_t'(result_handle_i)
      }
      ),
      .out_valid_i,
      .out_ready_o,
      .out_i('{last: out_last_i, data: out_data_i}),
      .ended_o(ended),
      .error_o
  );

  logic unused;
  assign unused = ^{ended.op, ended.len, meta.op, meta.vrf_tag, meta.aad_len, meta.tag_len};
endmodule
