// Puts a header of 36 bytes, or none, in front of a packet and packs both to full beats.
//
//   header:  h0 (16) | h1 (16) | h2 (4)      blocks: b0 | b1 | ...
//   out   :  h0 | h1 | h2 b0[11:0] | b0[15:12] b1[11:0] | ...   one beat per cycle, no gap
//
// Every beat that leaves costs one cycle and nothing else does. The header's beats leave before the
// first block is there.
module esp_packer (
    input logic clk_i,
    input logic rst_ni,

    input  logic                     header_valid_i,  // one record per packet
    output logic                     header_ready_o,
    input  esp_pkg::header_t         header_i,
    input  logic                     in_valid_i,
    output logic                     in_ready_o,
    input  logic             [127:0] in_data_i,       // bytes past the end are zero
    input  logic                     in_last_i,
    input  logic             [  4:0] in_bytes_i,      // of the last block, 1 to 16
    output logic                     out_valid_o,
    input  logic                     out_ready_i,
    output logic             [127:0] out_data_o,
    output logic                     out_last_o
);
  `include "vam_assert.svh"

  typedef enum logic [1:0] {
    StHead,   // first beat of the header, or a packet without one
    StHead1,  // second beat
    StData,   // blocks behind 4 bytes
    StFlush   // what is left of the last block
  } state_e;

  state_e state_q, state_d;
  logic [31:0] rest_q;
  logic plain, more;

  assign plain = (state_q == StHead) && !header_i.enable;
  assign more  = (in_bytes_i > 5'd12);  // does not fit behind the 4 bytes

  always_comb begin
    state_d        = state_q;
    out_valid_o    = 1'b0;
    out_last_o     = 1'b0;
    out_data_o     = in_data_i;
    in_ready_o     = 1'b0;
    header_ready_o = 1'b0;
    unique case (state_q)
      StHead: begin
        if (plain) begin
          out_valid_o    = header_valid_i && in_valid_i;
          out_last_o     = in_last_i;
          in_ready_o     = header_valid_i && out_ready_i;
          header_ready_o = in_valid_i && in_last_i && out_ready_i;
        end else begin
          out_valid_o = header_valid_i;
          out_data_o  = header_i.bytes[127:0];
          if (header_valid_i && out_ready_i) state_d = StHead1;
        end
      end
      StHead1: begin
        out_valid_o    = 1'b1;
        out_data_o     = header_i.bytes[255:128];
        header_ready_o = out_ready_i;
        if (out_ready_i) state_d = StData;
      end
      StData: begin
        out_valid_o = in_valid_i;
        out_data_o  = {in_data_i[95:0], rest_q};
        out_last_o  = in_last_i && !more;
        in_ready_o  = out_ready_i;
        if (in_valid_i && in_last_i && out_ready_i) state_d = more ? StFlush : StHead;
      end
      StFlush: begin
        out_valid_o = 1'b1;
        out_data_o  = {96'd0, rest_q};
        out_last_o  = 1'b1;
        if (out_ready_i) state_d = StHead;
      end
      default: state_d = StHead;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StHead;
    else state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StHead1) rest_q <= header_i.bytes[287:256];
    else if (in_valid_i && in_ready_o) rest_q <= in_data_i[127:96];
  end

  `VAM_ASSERT(HeaderHolds_A, (out_valid_o && !out_ready_i && (state_q == StHead1)) |=> out_valid_o)
  `VAM_ASSERT(FlushHolds_A, (out_valid_o && !out_ready_i && (state_q == StFlush)) |=> out_valid_o)
endmodule
