// State of the queue pairs as the host drives it: enable, doorbells, arming, errors.
//
// A queue is Off, On or in Flush. On begins with all indices at 0. A falling enable stops fetching;
// what has been fetched is answered, and Off follows when nothing of the queue is left. An error
// (failed fetch, doorbell out of range) stops fetching until the queue is disabled; a hung bus
// keeps the error until reset.
module dma_queues
  import vam_pkg::*;
#(
    parameter int unsigned NumQueues = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input queue_cfg_t [NumQueues:0] cfg_i,
    input logic                     doorbell_valid_i,
    input doorbell_t                doorbell_i,

    // From the blocks that hold the indices.
    input logic [NumQueues:0][15:0] sq_head_i,  // decoded
    input logic [NumQueues:0][15:0] cq_issued_i,  // sent to the bus: the host may have seen them
    input logic [NumQueues:0][15:0] cq_written_i,  // acknowledged by the bus
    input logic [NumQueues:0] quiet_i,  // nothing fetched is unanswered
    input logic [NumQueues:0] error_i,  // pulse
    input logic [NumQueues:0] hung_i,  // level

    output logic [NumQueues:0] restart_o,  // pulse: set the indices to 0
    output logic [NumQueues:0] run_o,  // fetch
    output logic [NumQueues:0] flush_o,  // answer what has been fetched with ReasonQueueReset
    output logic [NumQueues:0][15:0] tail_o,
    output logic [NumQueues:0][15:0] host_head_o,
    output logic [NumQueues:0][15:0] behind_o,  // written, not yet consumed by the host
    output logic [NumQueues:0] armed_o,
    input logic [NumQueues:0] disarm_i,
    output logic [NumQueues:0] off_o,
    output logic [NumQueues:0] stopped_o,  // error, for the status register
    output logic new_error_o
);
  typedef enum logic [1:0] {
    StOff,
    StOn,
    StFlush
  } state_e;

  logic [NumQueues:0] bad_doorbell, error_q;

  for (genvar q = 0; q <= NumQueues; q++) begin : gen_queue
    state_e state_q;
    logic [15:0] tail_q, head_q, ahead, sq_size;
    logic armed_q, hit;

    assign hit = doorbell_valid_i && (doorbell_i.qid == 4'(q)) && (state_q == StOn);
    assign sq_size = 16'd1 << cfg_i[q].sq_log2;

    // How far the host moves on: submission slots, or completions it says it has consumed.
    assign ahead = doorbell_i.index - (doorbell_i.cq ? head_q : sq_head_i[q]);
    assign bad_doorbell[q] = hit && (ahead > (doorbell_i.cq ? cq_issued_i[q] - head_q : sq_size));

    assign restart_o[q] = (state_q == StOff) && cfg_i[q].enable && !hung_i[q];
    assign run_o[q] = (state_q == StOn) && !error_q[q];
    assign flush_o[q] = (state_q == StFlush);
    assign off_o[q] = (state_q == StOff);
    assign stopped_o[q] = error_q[q] || hung_i[q];
    assign tail_o[q] = tail_q;
    assign host_head_o[q] = head_q;
    // The host may have consumed a completion that the bus has not yet acknowledged: then it is not
    // behind.
    assign behind_o[q] = (16'(cq_written_i[q] - head_q) < 16'h8000) ? cq_written_i[q] - head_q : '0;
    assign armed_o[q] = armed_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        state_q    <= StOff;
        armed_q    <= 1'b0;
        error_q[q] <= 1'b0;
      end else begin
        unique case (state_q)
          StOff: begin
            error_q[q] <= 1'b0;
            armed_q    <= 1'b0;
            if (restart_o[q]) state_q <= StOn;
          end
          StOn: if (!cfg_i[q].enable) state_q <= StFlush;
          StFlush: if (quiet_i[q]) state_q <= StOff;
          default: state_q <= StOff;
        endcase
        if (disarm_i[q]) armed_q <= 1'b0;
        if (hit && doorbell_i.cq && !bad_doorbell[q] && doorbell_i.arm) armed_q <= 1'b1;
        if (error_i[q] || bad_doorbell[q]) error_q[q] <= 1'b1;
      end
    end

    always_ff @(posedge clk_i) begin
      if (restart_o[q]) begin
        tail_q <= '0;
        head_q <= '0;
      end else if (hit && !bad_doorbell[q]) begin
        if (doorbell_i.cq) head_q <= doorbell_i.index;
        // Doorbells are absolute: one that was overtaken by a later one changes nothing.
        else if (ahead > 16'(tail_q - sq_head_i[q])) tail_q <= doorbell_i.index;
      end
    end
  end

  assign new_error_o = |((error_i | bad_doorbell) & ~error_q);
endmodule
