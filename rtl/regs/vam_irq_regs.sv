// Registers of interrupts: moderation, MSI-X table, pending bits (which dma keeps).
//
// Reset with BAR0, not by a soft reset: vectors are the operating system's. Vectors that the card
// does not have read 0.
module vam_irq_regs
  import dma_pkg::*;
  import vam_reg_pkg::*;
  import vam_regs_map_pkg::*;
#(
    parameter int unsigned NumVectors = 8
) (
    input logic clk_i,
    input logic rst_ni,

    input  reg_req_t moderation_req_i,
    output reg_rsp_t moderation_rsp_o,
    input  reg_req_t msix_req_i,
    output reg_rsp_t msix_rsp_o,
    input  reg_req_t pba_req_i,
    output reg_rsp_t pba_rsp_o,

    output moderation_t [NumVectors-1:0] moderation_o,
    output msix_entry_t [NumVectors-1:0] table_o,
    input  logic        [NumVectors-1:0] pba_i
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_vectors_check, NumVectors >= 2 && NumVectors <= 16)

  localparam int unsigned VectorBits = $clog2(NumVectors);

  // ---- moderation -------------------------------------------------------------------------------
  moderation_t [NumVectors-1:0] moderation_q;
  logic [VectorBits-1:0] mod_vector;
  logic mod_exists;
  assign mod_vector   = moderation_req_i.addr[2+:VectorBits];
  assign mod_exists   = (32'(moderation_req_i.addr[15:2]) < NumVectors);
  assign moderation_o = moderation_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      moderation_q <= '0;
    end else if (moderation_req_i.valid && moderation_req_i.write && mod_exists) begin
      moderation_q[mod_vector] <= '{
          min_interval:
          moderation_req_i.data[
          ModerationVectorIntervalMsb
          :
          ModerationVectorIntervalLsb
          ],
          count: moderation_req_i.data[ModerationVectorCountMsb:ModerationVectorCountLsb]
      };
    end
  end

  always_ff @(posedge clk_i) begin
    moderation_rsp_o.ack  <= moderation_req_i.valid;
    moderation_rsp_o.data <= '0;
    if (mod_exists) begin
      moderation_rsp_o.data[ModerationVectorIntervalMsb:ModerationVectorIntervalLsb] <=
          moderation_q[mod_vector].min_interval;
      moderation_rsp_o.data[ModerationVectorCountMsb:ModerationVectorCountLsb] <=
          moderation_q[mod_vector].count;
    end
  end

  // Pending bits are read-only.
  logic unused_pba;
  assign unused_pba = ^{pba_req_i.write, pba_req_i.data};

  // ---- table and pending bits -------------------------------------------------------------------
  msix_entry_t [NumVectors-1:0] table_q;
  logic [VectorBits-1:0] table_vector;
  logic table_exists;

  assign table_vector = msix_req_i.addr[4+:VectorBits];
  assign table_exists = (32'(msix_req_i.addr[15:4]) < NumVectors);
  assign table_o      = table_q;

  // Vectors start masked, the rest at 0. The message is one aligned word; of the control word only
  // the mask exists.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned v = 0; v < NumVectors; v++) table_q[v] <= '{masked: 1'b1, default: '0};
    end else if (msix_req_i.valid && msix_req_i.write && table_exists) begin
      unique case (msix_req_i.addr[3:2])
        2'd0: table_q[table_vector].addr[31:0] <= {msix_req_i.data[31:2], 2'b00};
        2'd1: table_q[table_vector].addr[63:32] <= msix_req_i.data;
        2'd2: table_q[table_vector].data <= msix_req_i.data;
        default: table_q[table_vector].masked <= msix_req_i.data[0];
      endcase
    end
  end

  logic [3:0][31:0] table_words;
  assign table_words = {
    31'd0, table_q[table_vector].masked, table_q[table_vector].data, table_q[table_vector].addr
  };
  always_ff @(posedge clk_i) begin
    msix_rsp_o.ack  <= msix_req_i.valid;
    msix_rsp_o.data <= table_exists ? table_words[msix_req_i.addr[3:2]] : '0;
    pba_rsp_o.ack   <= pba_req_i.valid;
    pba_rsp_o.data  <= (pba_req_i.addr == '0) ? 32'(pba_i) : '0;
  end
endmodule
