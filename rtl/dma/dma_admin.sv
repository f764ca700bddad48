// Admin operations, one at a time: reads the SA context, hands the operation over, writes
// statistics, completes.
//
// Context and statistics may lie at any address. The context is wiped here as soon as the operation
// has been answered.
module dma_admin
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter logic [IdBits-1:0] Id = '0
) (
    input logic clk_i,
    input logic rst_ni,
    input timeout_cfg_t timeout_i,

    input  logic               desc_valid_i,
    output logic               desc_ready_o,
    input  descriptor_t        desc_i,
    input  reason_e            desc_fault_i,
    input  logic        [15:0] desc_head_i,

    output logic    ar_valid_o,
    input  logic    ar_ready_i,
    output axi_ar_t ar_o,
    input  logic    r_valid_i,
    input  axi_r_t  r_i,

    output logic        op_valid_o,
    input  logic        op_ready_i,
    output admin_op_t   op_o,
    input  logic        res_valid_i,
    output logic        res_ready_o,
    input  admin_done_t res_i,

    output ring_write_req_t write_o,
    input  ring_write_rsp_t write_i,

    output logic  done_valid_o,
    input  logic  done_ready_i,
    output done_t done_o,
    output logic  idle_o,
    output logic  rerr_o,
    output logic  rtimeout_o,
    output logic  werr_o,
    output logic  wtimeout_o
);
  typedef enum logic [3:0] {
    StIdle,
    StAskRead,
    StRead,
    StOffer,
    StResult,
    StAskWrite,
    StWrite,
    StWaitWrite,
    StDone
  } state_e;
  state_e state_q;

  sqe_t sqe_q;
  logic [15:0] head_q;
  reason_e reason_q;
  logic [31:0] handle_q;
  logic [2047:0] ctx_q;
  logic [511:0] stats_q;
  logic [127:0] prev_q;
  logic [4:0] beat_q, total, burst_end_q, to_4k;
  logic bad_q, read_hung_q, write_hung_q;
  logic [23:0] wait_q;
  logic [63:0] base, beat_addr;

  // Both transfers: `total` beats from `base`, in bursts that end at 4 KiB; beat_q is the next one.
  logic reading, needs_ctx, last_of_burst, last_of_all;
  logic [8:0] room;
  assign reading             = (state_q == StAskRead) || (state_q == StRead);
  assign base                = reading ? sqe_q.src : sqe_q.dst;
  assign total               = (reading ? 5'd16 : 5'd4) + 5'(base[3:0] != '0);
  assign beat_addr           = {base[63:4] + 60'(beat_q), 4'd0};
  assign room                = 9'd256 - {1'b0, beat_addr[11:4]};
  assign to_4k               = (room < 9'(total - beat_q)) ? room[4:0] : total - beat_q;
  assign last_of_burst       = (beat_q + 5'd1 == burst_end_q);
  assign last_of_all         = (beat_q + 5'd1 == total);
  assign needs_ctx           = desc_i.sqe.op inside {OpSaAdd, OpSaModify};

  assign desc_ready_o        = (state_q == StIdle);
  assign ar_valid_o          = (state_q == StAskRead);
  assign ar_o                = '{id: Id, addr: beat_addr, len: 8'(to_4k) - 8'd1};
  assign write_o.burst_valid = (state_q == StAskWrite);
  assign write_o.burst       = '{addr: beat_addr, len: 8'(to_4k) - 8'd1};

  logic r_hit;
  logic [127:0] aligned;
  assign r_hit   = (state_q == StRead) && r_valid_i && (r_i.id == Id);
  assign aligned = 128'({r_i.data, prev_q} >> {base[3:0], 3'd0});

  logic [639:0] stats_wide;
  logic [ 79:0] strb_wide;
  assign stats_wide = 640'(stats_q) << {base[3:0], 3'd0};
  assign strb_wide = {16'd0, {64{1'b1}}} << base[3:0];
  assign write_o.w_valid = (state_q == StWrite);
  assign write_o.w = '{
          data: stats_wide[128*beat_q[2:0]+:128],
          strb: strb_wide[16*beat_q[2:0]+:16],
          last: last_of_burst
      };

  assign op_valid_o = (state_q == StOffer);
  assign op_o = '{sqe: sqe_q, ctx: sa_ctx_t'(ctx_q), fault: reason_q};
  assign res_ready_o = (state_q == StResult);

  logic late;
  assign late       = expired(wait_q, (state_q == StRead) ? timeout_i.read : timeout_i.write);
  assign rtimeout_o = (state_q == StRead) && late;
  assign wtimeout_o = (state_q == StWaitWrite) && late && !write_i.b_valid;
  assign rerr_o     = r_hit && (r_i.resp != RespOkay) && !bad_q;
  assign werr_o     = (state_q == StWaitWrite) && write_i.b_valid && write_i.b_error;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      read_hung_q  <= 1'b0;
      write_hung_q <= 1'b0;
      wait_q       <= '0;
      ctx_q        <= '0;
    end else begin
      wait_q <= (((state_q == StRead) && !r_hit) || (state_q == StWaitWrite)) ? wait_q + 1'b1 : '0;
      unique case (state_q)
        StIdle:
        if (desc_valid_i) begin
          sqe_q    <= desc_i.sqe;
          head_q   <= desc_head_i;
          reason_q <= desc_fault_i;
          handle_q <= desc_i.sqe.sa_handle;
          beat_q   <= '0;
          bad_q    <= 1'b0;
          state_q  <= StOffer;
          if ((desc_fault_i == ReasonOk) && needs_ctx) begin
            if (read_hung_q) reason_q <= ReasonDmaTimeout;
            else state_q <= StAskRead;
          end
        end
        StAskRead:
        if (ar_ready_i) begin
          state_q     <= StRead;
          burst_end_q <= beat_q + to_4k;
        end
        StRead: begin
          if (r_hit) begin
            bad_q  <= bad_q || (r_i.resp != RespOkay);
            prev_q <= r_i.data;
            beat_q <= beat_q + 1'b1;
            if (base[3:0] == '0) ctx_q <= {r_i.data, ctx_q[2047:128]};
            else if (beat_q != '0) ctx_q <= {aligned, ctx_q[2047:128]};
            if (last_of_all) begin
              state_q <= StOffer;
              if (bad_q || (r_i.resp != RespOkay)) reason_q <= ReasonDmaReadError;
            end else if (last_of_burst) state_q <= StAskRead;
          end else if (late) begin
            read_hung_q <= 1'b1;
            reason_q    <= ReasonDmaTimeout;
            state_q     <= StOffer;
          end
        end
        StOffer: if (op_ready_i) state_q <= StResult;
        StResult:
        if (res_valid_i) begin
          ctx_q    <= '0;
          prev_q   <= '0;
          beat_q   <= '0;
          bad_q    <= 1'b0;
          reason_q <= res_i.reason;
          handle_q <= res_i.sa_handle;
          stats_q  <= res_i.stats;
          state_q  <= StDone;
          if ((res_i.reason == ReasonOk) && (sqe_q.op == OpSaQuery)) begin
            if (write_hung_q) reason_q <= ReasonDmaTimeout;
            else state_q <= StAskWrite;
          end
        end
        StAskWrite:
        if (write_i.burst_ready) begin
          state_q     <= StWrite;
          burst_end_q <= beat_q + to_4k;
        end
        StWrite:
        if (write_i.w_ready) begin
          beat_q <= beat_q + 1'b1;
          if (last_of_burst) state_q <= StWaitWrite;
        end
        StWaitWrite: begin
          if (write_i.b_valid) begin
            bad_q <= bad_q || write_i.b_error;
            if (beat_q != total) state_q <= StAskWrite;
            else begin
              state_q <= StDone;
              if (bad_q || write_i.b_error) reason_q <= ReasonDmaWriteError;
            end
          end else if (late) begin
            write_hung_q <= 1'b1;
            reason_q     <= ReasonDmaTimeout;
            state_q      <= StDone;
          end
        end
        StDone:  if (done_ready_i) state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  assign done_valid_o = (state_q == StDone);
  assign done_o = '{
          stamp: '0,
          timed: 1'b0,
          qid: '0,
          sq_head: head_q,
          op: sqe_q.op,
          urgent: sqe_q.flag_urgent,
          cookie: sqe_q.cookie,
          sa_handle: handle_q,
          out_len: ((reason_q == ReasonOk) && (sqe_q.op == OpSaQuery)) ? 16'(SaStatsBytes) : '0,
          reason: reason_q
      };
  assign idle_o = (state_q == StIdle);

  logic unused;
  assign unused = ^{desc_i.stamp, desc_i.ext, timeout_i.drain, r_i.last};
endmodule
