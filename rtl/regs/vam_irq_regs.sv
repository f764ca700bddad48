// Registers of interrupts: moderation (kept here), MSI-X table and pending bits (kept in dma,
// reached through its port).
//
// Reset with BAR0, not by a soft reset: vectors are the operating system's. Vectors that the card
// does not have read 0.
module vam_irq_regs
  import dma_pkg::*;
  import vam_reg_pkg::*;
  import vam_regs_map_pkg::*;
#(
    parameter  int unsigned NumVectors = 8,
    localparam int unsigned TableBits  = $clog2(NumVectors) + 2
) (
    input logic clk_i,
    input logic rst_ni,      // BAR0
    input logic core_rst_ni, // dma's

    input  reg_req_t moderation_req_i,
    output reg_rsp_t moderation_rsp_o,
    input  reg_req_t msix_req_i,
    output reg_rsp_t msix_rsp_o,
    input  reg_req_t pba_req_i,
    output reg_rsp_t pba_rsp_o,

    output moderation_t [NumVectors-1:0] moderation_o,
    output logic                         table_we_o,
    output logic        [ TableBits-1:0] table_addr_o,
    output logic        [          31:0] table_wdata_o,
    input  logic        [          31:0] table_rdata_i,
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

  // ---- table and pending bits ----
  // dma forgets its table with every reset of the core; the operating system does not expect that
  // of a soft reset. So a copy is kept here and written back after each.
  localparam int unsigned Words = 4 * NumVectors;
  logic [Words-1:0][31:0] kept_q;
  logic [TableBits-1:0] restore_q, host_word;
  logic restoring_q, host_write, table_exists;

  assign table_exists  = (32'(msix_req_i.addr[15:4]) < NumVectors);
  assign host_word     = msix_req_i.addr[2+:TableBits];
  assign host_write    = msix_req_i.valid && msix_req_i.write && table_exists;
  // The host goes first; what it writes is not restored to something older.
  assign table_we_o    = host_write || (restoring_q && !msix_req_i.valid);
  assign table_addr_o  = msix_req_i.valid ? host_word : restore_q;
  assign table_wdata_o = msix_req_i.valid ? msix_req_i.data : kept_q[restore_q];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned v = 0; v < NumVectors; v++) kept_q[4*v+:4] <= {32'd1, 96'd0};
    end else if (host_write) begin
      kept_q[host_word] <= msix_req_i.data;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!core_rst_ni) begin
      restoring_q <= 1'b1;
      restore_q   <= '0;
    end else if (restoring_q && !msix_req_i.valid) begin
      restoring_q <= (32'(restore_q) != Words - 1);
      restore_q   <= restore_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    msix_rsp_o.ack  <= msix_req_i.valid;
    msix_rsp_o.data <= table_exists ? table_rdata_i : '0;
    pba_rsp_o.ack   <= pba_req_i.valid;
    pba_rsp_o.data  <= (pba_req_i.addr == '0) ? 32'(pba_i) : '0;
  end
endmodule
