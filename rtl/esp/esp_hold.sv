// Ring of blocks between lane and egress. Text waits here for its verdict; a packet that is dropped
// is stepped over in one cycle, without being read.
//
// Orders come in the order of the packets: read the first `read` blocks of this packet, free all
// `total`. Reading follows writing block by block, so a sealed packet passes through without
// waiting for its end.
module esp_hold #(
    parameter int unsigned Depth = 2048,  // power of two
    parameter int unsigned CountWidth = esp_pkg::BlockWidth
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic         in_valid_i,
    output logic         in_ready_o,
    input  logic [127:0] in_data_i,

    input  logic                  order_valid_i,
    output logic                  order_ready_o,
    input  logic [CountWidth-1:0] order_read_i,
    input  logic [CountWidth-1:0] order_total_i,

    output logic         out_valid_o,
    input  logic         out_ready_i,
    output logic [127:0] out_data_o,
    output logic         empty_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_depth_check, Depth == (1 << $clog2(Depth)))

  localparam int unsigned PtrWidth = $clog2(Depth) + 1;  // one more bit tells full from empty
  localparam int unsigned OutDepth = 4;  // RAM latency and one to spare

  logic [PtrWidth-1:0] wptr_q, rptr_q;
  logic [CountWidth-1:0] left_q, skip_q;
  logic busy_q, done, write, read, flying_q;
  logic out_room, out_empty;
  logic [127:0] read_data;

  assign in_ready_o    = (wptr_q - rptr_q) != PtrWidth'(Depth);
  assign write         = in_valid_i && in_ready_o;

  assign read          = busy_q && (left_q != '0) && (rptr_q != wptr_q) && out_room;
  assign done          = busy_q && ((left_q == '0) || (read && (left_q == CountWidth'(1))));
  assign order_ready_o = !busy_q || done;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q   <= '0;
      rptr_q   <= '0;
      busy_q   <= 1'b0;
      flying_q <= 1'b0;
    end else begin
      if (write) wptr_q <= wptr_q + PtrWidth'(1);
      rptr_q   <= rptr_q + PtrWidth'(read) + (done ? PtrWidth'(skip_q) : '0);
      flying_q <= read;
      if (order_ready_o) busy_q <= order_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (order_ready_o && order_valid_i) begin
      left_q <= order_read_i;
      skip_q <= order_total_i - order_read_i;
    end else if (read) begin
      left_q <= left_q - CountWidth'(1);
    end
  end

  prim_ram_1r1w #(
      .Width(128),
      .Depth(Depth)
  ) u_ram (
      .clk_i,
      .we_i   (write),
      .waddr_i(wptr_q[PtrWidth-2:0]),
      .wdata_i(in_data_i),
      .re_i   (read),
      .raddr_i(rptr_q[PtrWidth-2:0]),
      .rdata_o(read_data)
  );

  prim_fifo_reserved #(
      .Width(128),
      .Depth(OutDepth)
  ) u_out (
      .clk_i,
      .rst_ni,
      .room_o   (out_room),
      .reserve_i(read),
      .valid_i  (flying_q),
      .data_i   (read_data),
      .valid_o  (out_valid_o),
      .ready_i  (out_ready_i),
      .data_o   (out_data_o),
      .empty_o  (out_empty)
  );

  assign empty_o = (wptr_q == rptr_q) && !busy_q && out_empty;

  `VAM_ASSERT(NoMoreThanWritten_A, (wptr_q - rptr_q) <= PtrWidth'(Depth))
  `VAM_ASSERT(SkipsOnlyWritten_A, done |-> (PtrWidth'(skip_q) + PtrWidth'(read) <= wptr_q - rptr_q))
  `VAM_ASSERT(ReadWithinTotal_A, order_valid_i |-> (order_read_i <= order_total_i))
endmodule
