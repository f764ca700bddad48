// Walks over the memory of one packet, piece by piece (one, or those of a segment list), and cuts
// each piece into bursts.
//
// Bursts are of whole beats and end at every multiple of BurstBeats beats, hence never cross 4 KiB.
// With 32 beats, 40 bytes at 0x11fe are a burst of 1 beat at 0x11f0 (bytes 0 and 1 of the piece in
// data[127:112]) and one of 3 beats at 0x1200.
//
// load_i takes a piece; from the next cycle on its bursts are offered, one after the other, each
// until go_i. start_i with load_i: the piece is the packet's first.
module dma_walk
  import dma_pkg::*;
(
    input  logic          clk_i,
    input  logic          load_i,
    input  logic          start_i,
    input  logic   [63:0] addr_i,
    input  logic   [13:0] len_i,    // bytes, at least 1
    input  logic          go_i,     // the offered burst is issued
    output burst_t        burst_o,
    output logic          first_o,  // it is the first of its piece
    output logic          last_o,   // it is the last of its piece
    output logic   [ 3:0] off_o,    // with first_o: where in the first beat the piece begins
    output logic   [13:0] len_o,    // with first_o: of the piece
    output logic   [ 3:0] index_o   // of the piece in its packet
);
  localparam int unsigned AlignBits = $clog2(BurstBeats);

  logic [63:0] addr_q;
  logic [13:0] len_q;  // not yet issued
  logic [ 3:0] index_q;
  logic        first_q;
  logic [10:0] beats;
  logic [AlignBits:0] to_edge, count;

  assign beats   = 11'((15'(len_q) + 15'(addr_q[3:0]) + 15'd15) >> 4);
  assign to_edge = (AlignBits + 1)'(BurstBeats) - {1'b0, addr_q[4+:AlignBits]};
  assign count   = last_o ? beats[AlignBits:0] : to_edge;

  assign burst_o = '{addr: {addr_q[63:4], 4'd0}, len: 8'(count) - 8'd1};
  assign first_o = first_q;
  assign last_o  = (beats <= 11'(to_edge));
  assign off_o   = addr_q[3:0];
  assign len_o   = len_q;
  assign index_o = index_q;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      addr_q  <= addr_i;
      len_q   <= len_i;
      first_q <= 1'b1;
      if (start_i) index_q <= '0;
    end else if (go_i) begin
      // Behind the first burst a piece goes on at a whole beat.
      addr_q  <= {addr_q[63:4] + 60'(count), 4'd0};
      len_q   <= len_q - 14'({count, 4'd0}) + 14'(addr_q[3:0]);
      first_q <= 1'b0;
      if (last_o) index_q <= index_q + 1'b1;
    end
  end
endmodule
