// Registers of the event ring, with its doorbells. Cleared by every reset of the core; answers
// accesses during it too.
module vam_event_regs
  import vam_pkg::*;
  import vam_reg_pkg::*;
  import vam_regs_map_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  reg_req_t req_i,
    output reg_rsp_t rsp_o,

    output event_cfg_t      cfg_o,
    input  event_status_t   status_i,
    output logic            doorbell_valid_o,
    output event_doorbell_t doorbell_o
);
  typedef logic [4:0] word_t;

  event_cfg_t cfg_q;
  word_t word;
  assign word  = req_i.addr[4:0];
  assign cfg_o = cfg_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cfg_q <= '0;
    end else if (req_i.valid && req_i.write) begin
      unique case (word)
        word_t'(RegEventRingConfig): begin
          cfg_q.enable <= req_i.data[EventRingConfigEnableLsb];
          cfg_q.vector <= req_i.data[EventRingConfigVectorMsb:EventRingConfigVectorLsb];
          cfg_q.log2   <= req_i.data[EventRingConfigLog2Msb:EventRingConfigLog2Lsb];
        end
        word_t'(RegEventRingBaseLo): cfg_q.base[31:0] <= req_i.data;
        word_t'(RegEventRingBaseHi): cfg_q.base[63:32] <= req_i.data;
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    rsp_o.ack <= req_i.valid;
    if (req_i.valid) begin
      rsp_o.data <= '0;
      unique case (word)
        word_t'(RegEventRingConfig): begin
          rsp_o.data[EventRingConfigEnableLsb] <= cfg_q.enable;
          rsp_o.data[EventRingConfigVectorMsb:EventRingConfigVectorLsb] <= cfg_q.vector;
          rsp_o.data[EventRingConfigLog2Msb:EventRingConfigLog2Lsb] <= cfg_q.log2;
        end
        word_t'(RegEventRingStatus): begin
          rsp_o.data[EventRingStatusTailMsb:EventRingStatusTailLsb] <= status_i.tail;
          rsp_o.data[EventRingStatusErrorLsb] <= status_i.error;
        end
        word_t'(RegEventRingBaseLo): rsp_o.data <= cfg_q.base[31:0];
        word_t'(RegEventRingBaseHi): rsp_o.data <= cfg_q.base[63:32];
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    doorbell_valid_o <= rst_ni && req_i.valid && req_i.write &&
        ((word == word_t'(RegEventRingHead)) || (word == word_t'(RegEventRingHeadArm)));
    doorbell_o <= '{
        arm: (word == word_t'(RegEventRingHeadArm)),
        index: req_i.data[EventRingHeadIndexMsb:EventRingHeadIndexLsb]
    };
  end
endmodule
