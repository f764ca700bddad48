// Registers of the queue pairs (queue 0 is the admin queue), and the decoder of their doorbells.
//
// Cleared by every reset of the core, but accesses are answered during it too. Queues that the card
// does not have read 0 and ignore writes, doorbells included.
module vam_queue_regs
  import vam_pkg::*;
  import vam_reg_pkg::*;
  import vam_regs_map_pkg::*;
#(
    parameter int unsigned NumQueues = 4  // data queue pairs
) (
    input logic clk_i,
    input logic rst_ni,

    input  reg_req_t req_i,
    output reg_rsp_t rsp_o,
    input  reg_req_t doorbell_req_i,
    output reg_rsp_t doorbell_rsp_o,

    output queue_cfg_t    [NumQueues:0] cfg_o,
    input  queue_status_t [NumQueues:0] status_i,
    output logic                        doorbell_valid_o,
    output doorbell_t                   doorbell_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_queues_check, NumQueues >= 1 && NumQueues <= 15)

  localparam int unsigned StrideLog2 = $clog2(RegQueueConfigStride);
  localparam int unsigned PageLog2 = $clog2(RegDoorbellSqTailStride);

  // Word of a register inside its element.
  typedef logic [StrideLog2-1:0] word_t;

  queue_cfg_t [NumQueues:0] cfg_q;
  logic [3:0] queue;
  word_t word;
  logic exists;

  assign queue  = req_i.addr[StrideLog2+:4];
  assign word   = req_i.addr[StrideLog2-1:0];
  assign exists = (32'(queue) <= NumQueues) && (req_i.addr[15:StrideLog2+4] == '0);
  assign cfg_o  = cfg_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cfg_q <= '0;
    end else if (req_i.valid && req_i.write && exists) begin
      unique case (word)
        word_t'(RegQueueConfig): begin
          cfg_q[queue].enable  <= req_i.data[QueueConfigEnableLsb];
          cfg_q[queue].low_lat <= req_i.data[QueueConfigLowLatencyLsb];
          cfg_q[queue].vector  <= req_i.data[QueueConfigVectorMsb:QueueConfigVectorLsb];
          cfg_q[queue].sq_log2 <= req_i.data[QueueConfigSqLog2Msb:QueueConfigSqLog2Lsb];
          cfg_q[queue].cq_log2 <= req_i.data[QueueConfigCqLog2Msb:QueueConfigCqLog2Lsb];
        end
        word_t'(RegQueueSqBaseLo): cfg_q[queue].sq_base[31:0] <= req_i.data;
        word_t'(RegQueueSqBaseHi): cfg_q[queue].sq_base[63:32] <= req_i.data;
        word_t'(RegQueueCqBaseLo): cfg_q[queue].cq_base[31:0] <= req_i.data;
        word_t'(RegQueueCqBaseHi): cfg_q[queue].cq_base[63:32] <= req_i.data;
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    rsp_o.ack <= req_i.valid;
    if (req_i.valid) begin
      rsp_o.data <= '0;
      if (exists) begin
        unique case (word)
          word_t'(RegQueueConfig): begin
            rsp_o.data[QueueConfigEnableLsb] <= cfg_q[queue].enable;
            rsp_o.data[QueueConfigLowLatencyLsb] <= cfg_q[queue].low_lat;
            rsp_o.data[QueueConfigVectorMsb:QueueConfigVectorLsb] <= cfg_q[queue].vector;
            rsp_o.data[QueueConfigSqLog2Msb:QueueConfigSqLog2Lsb] <= cfg_q[queue].sq_log2;
            rsp_o.data[QueueConfigCqLog2Msb:QueueConfigCqLog2Lsb] <= cfg_q[queue].cq_log2;
          end
          word_t'(RegQueueStatus): begin
            rsp_o.data[QueueStatusIdleLsb]  <= status_i[queue].idle;
            rsp_o.data[QueueStatusErrorLsb] <= status_i[queue].error;
          end
          word_t'(RegQueueSqBaseLo): rsp_o.data <= cfg_q[queue].sq_base[31:0];
          word_t'(RegQueueSqBaseHi): rsp_o.data <= cfg_q[queue].sq_base[63:32];
          word_t'(RegQueueCqBaseLo): rsp_o.data <= cfg_q[queue].cq_base[31:0];
          word_t'(RegQueueCqBaseHi): rsp_o.data <= cfg_q[queue].cq_base[63:32];
          word_t'(RegQueueIndices): begin
            rsp_o.data[QueueIndicesSqHeadMsb:QueueIndicesSqHeadLsb] <= status_i[queue].sq_head;
            rsp_o.data[QueueIndicesCqTailMsb:QueueIndicesCqTailLsb] <= status_i[queue].cq_tail;
          end
          default: ;
        endcase
      end
    end
  end

  // A doorbell that is none of the three, or of a queue that does not exist, is acknowledged and
  // has no effect.
  logic [PageLog2-1:0] bell;
  logic is_tail, is_head, is_arm;
  logic [3:0] bell_queue;
  assign bell = doorbell_req_i.addr[PageLog2-1:0];
  assign bell_queue = doorbell_req_i.addr[PageLog2+:4];
  assign is_tail = (bell == PageLog2'(RegDoorbellSqTail));
  assign is_head = (bell == PageLog2'(RegDoorbellCqHead));
  assign is_arm = (bell == PageLog2'(RegDoorbellCqHeadArm));

  always_ff @(posedge clk_i) begin
    doorbell_rsp_o.ack <= doorbell_req_i.valid;
    doorbell_rsp_o.data <= '0;
    doorbell_valid_o <= rst_ni && doorbell_req_i.valid && doorbell_req_i.write &&
        (is_tail || is_head || is_arm) &&
        (32'(bell_queue) <= NumQueues);
    if (doorbell_req_i.valid) begin
      doorbell_o <= '{
          cq: !is_tail,
          arm: is_arm,
          qid: bell_queue,
          index: doorbell_req_i.data[DoorbellSqTailIndexMsb:DoorbellSqTailIndexLsb]
      };
    end
  end
endmodule
