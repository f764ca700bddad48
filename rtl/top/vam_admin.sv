// Admin engine: takes the operations of the admin queue from dma, has sad carry them out, hands
// back the answers. One at a time. A zeroise asked for by register goes between two of them.
module vam_admin
  import dma_pkg::*;
  import vam_map_pkg::*;
  import vam_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic        op_valid_i,
    output logic        op_ready_o,
    input  admin_op_t   op_i,
    output logic        done_valid_o,
    input  logic        done_ready_i,
    output admin_done_t done_o,

    output logic       sad_req_valid_o,
    input  logic       sad_req_ready_i,
    output admin_req_t sad_req_o,
    input  logic       sad_rsp_valid_i,
    output logic       sad_rsp_ready_o,
    input  admin_rsp_t sad_rsp_i,

    input  logic zeroise_i,       // pulse
    output logic zeroise_done_o,  // no zeroise is asked for or under way
    output logic idle_o
);
  typedef enum logic [2:0] {
    StIdle,
    StRequest,       // op_i waits at the port until sad has taken it
    StAnswer,
    StDone,
    StZeroise,
    StZeroiseAnswer
  } state_e;

  state_e state_q;
  logic zeroise_q;
  logic is_add_q;
  logic [31:0] handle_q;
  reason_e verdict;
  logic for_sad;

  // What can be said without sad.
  always_comb begin
    verdict = ReasonOk;
    for_sad = 1'b0;
    unique case (op_i.sqe.op)
      OpSaAdd, OpSaModify: begin
        for_sad = 1'b1;
        if (32'(op_i.sqe.src_len) != SaCtxBytes) verdict = ReasonBadLength;
      end
      OpSaQuery: begin
        for_sad = 1'b1;
        if (32'(op_i.sqe.dst_len) < SaStatsBytes) verdict = ReasonDstTooSmall;
      end
      OpSaDelete, OpEventAck, OpZeroise: for_sad = 1'b1;
      OpNop: ;
      default: verdict = ReasonUnsupportedOp;
    endcase
    if (op_i.fault != ReasonOk) verdict = op_i.fault;
  end

  assign op_ready_o = ((state_q == StRequest) && sad_req_ready_i) ||
      ((state_q == StIdle) && !zeroise_q && (!for_sad || (verdict != ReasonOk)));
  assign sad_req_valid_o = (state_q == StRequest) || (state_q == StZeroise);
  assign sad_req_o = '{
          op: (state_q == StZeroise) ? OpZeroise : op_i.sqe.op,
          handle: sa_handle_t'(op_i.sqe.sa_handle),
          event_mask: op_i.sqe.src[15:0],
          ctx: op_i.ctx
      };
  assign sad_rsp_ready_o = (state_q == StAnswer) || (state_q == StZeroiseAnswer);
  assign done_valid_o = (state_q == StDone);
  assign zeroise_done_o = !zeroise_q;
  assign idle_o = (state_q == StIdle) && !zeroise_q && !op_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= StIdle;
      zeroise_q <= 1'b0;
    end else begin
      unique case (state_q)
        StIdle: begin
          if (zeroise_q) state_q <= StZeroise;
          else if (op_valid_i) state_q <= op_ready_o ? StDone : StRequest;
        end
        StRequest: if (sad_req_ready_i) state_q <= StAnswer;
        StAnswer: if (sad_rsp_valid_i) state_q <= StDone;
        StDone: if (done_ready_i) state_q <= StIdle;
        StZeroise: if (sad_req_ready_i) state_q <= StZeroiseAnswer;
        StZeroiseAnswer: begin
          if (sad_rsp_valid_i) begin
            state_q   <= StIdle;
            zeroise_q <= 1'b0;
          end
        end
        default: state_q <= StIdle;
      endcase
      if (zeroise_i) zeroise_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if ((state_q == StIdle) && op_valid_i && op_ready_o) begin
      done_o <= '{reason: verdict, sa_handle: op_i.sqe.sa_handle, stats: '0};
    end else if (state_q == StRequest) begin
      is_add_q <= (op_i.sqe.op == OpSaAdd);
      handle_q <= op_i.sqe.sa_handle;
    end else if ((state_q == StAnswer) && sad_rsp_valid_i) begin
      done_o <= '{
          reason: sad_rsp_i.reason,
          sa_handle: is_add_q && (sad_rsp_i.reason == ReasonOk) ? sad_rsp_i.handle : handle_q,
          stats: sad_rsp_i.stats
      };
    end
  end
endmodule
