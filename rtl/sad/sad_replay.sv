// Sequence number and replay ring of every SA: read-modify-write, one packet per cycle, also of one
// SA back to back.
//
// The number ("top") is the last one sent, or the highest one accepted. The ring is the window of
// RFC 4303, 3.4.3 as in RFC 6479: number n has bit n mod RingBits; advancing clears the bits
// between old and new top. Bits left of the window are stale and never looked at, so one ring
// serves every window size up to RingBits.
//
//   stage 0  read    stage 1  decide (verdict outputs)    stage 2  write
//
// Two results are on their way to the RAM while a third is decided: stage 1 takes them from there.
module sad_replay #(
    parameter int unsigned MaxSa = 1024,
    parameter int unsigned RingBits = 1024,
    parameter int unsigned SeqBits = 64,
    localparam int unsigned IdxBits = $clog2(MaxSa),
    localparam int unsigned PosBits = $clog2(RingBits)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic               read_i,  // stage 0
    input logic [IdxBits-1:0] index_i,

    // Stage 1, one cycle after read_i. At most one of commit_i, next_i, init_i.
    input logic commit_i,  // inbound: check seq_i and set it
    input logic next_i,  // outbound: top becomes top + 1
    input logic init_i,  // top becomes seq_i, nothing up to it is accepted any more
    input logic allow_i,  // no other reason to refuse: carry out
    input logic [SeqBits-1:0] seq_i,
    input logic [PosBits:0] window_i,  // 0: no check
    output logic old_o,
    output logic duplicate_o,
    output logic [SeqBits-1:0] top_o,

    // Pre-check: top one cycle after pre_read_i, and the bit at pre_pos_i. May be behind.
    input  logic               pre_read_i,
    input  logic [IdxBits-1:0] pre_index_i,
    output logic [SeqBits-1:0] pre_top_o,
    input  logic [PosBits-1:0] pre_pos_i,
    output logic               pre_seen_o
);
  `include "vam_assert.svh"

  logic [IdxBits-1:0] index1_q, index2_q, index3_q;
  logic top_we2_q, top_we3_q, ring_we2_q, ring_we3_q;
  logic [SeqBits-1:0] top2_q, top3_q, top_ram;
  logic [RingBits-1:0] ring2_q, ring3_q, ring_ram, pre_ring;
  logic ring_in2, ring_in3;
  logic [PosBits-1:0] pos;
  logic seen, newer, write;

  prim_ram_1r1w #(
      .Width(SeqBits),
      .Depth(MaxSa)
  ) u_top (
      .clk_i,
      .we_i   (top_we2_q),
      .waddr_i(index2_q),
      .wdata_i(top2_q),
      .re_i   (read_i),
      .raddr_i(index_i),
      .rdata_o(top_ram)
  );
  prim_ram_1r1w #(
      .Width(RingBits),
      .Depth(MaxSa)
  ) u_ring (
      .clk_i,
      .we_i   (ring_we2_q),
      .waddr_i(index2_q),
      .wdata_i(ring2_q),
      .re_i   (read_i),
      .raddr_i(index_i),
      .rdata_o(ring_ram)
  );
  // The pre-check reads copies: a second read port.
  prim_ram_1r1w #(
      .Width(SeqBits),
      .Depth(MaxSa)
  ) u_pre_top (
      .clk_i,
      .we_i   (top_we2_q),
      .waddr_i(index2_q),
      .wdata_i(top2_q),
      .re_i   (pre_read_i),
      .raddr_i(pre_index_i),
      .rdata_o(pre_top_o)
  );
  prim_ram_1r1w #(
      .Width(RingBits),
      .Depth(MaxSa)
  ) u_pre_ring (
      .clk_i,
      .we_i   (ring_we2_q),
      .waddr_i(index2_q),
      .wdata_i(ring2_q),
      .re_i   (pre_read_i),
      .raddr_i(pre_index_i),
      .rdata_o(pre_ring)
  );
  assign pre_seen_o = pre_ring[pre_pos_i];

  // The youngest content of the row, and of the one ring bit that the verdict needs.
  assign ring_in2 = ring_we2_q && (index2_q == index1_q);
  assign ring_in3 = ring_we3_q && (index3_q == index1_q);
  assign pos = seq_i[PosBits-1:0];
  always_comb begin
    top_o = top_ram;
    if (top_we2_q && index2_q == index1_q) top_o = top2_q;
    else if (top_we3_q && index3_q == index1_q) top_o = top3_q;
    seen = ring_ram[pos];
    if (ring_in2) seen = ring2_q[pos];
    else if (ring_in3) seen = ring3_q[pos];
  end

  assign newer       = (seq_i > top_o);
  assign old_o       = (window_i != '0) && !newer && (top_o - seq_i >= SeqBits'(window_i));
  assign duplicate_o = (window_i != '0) && !newer && !old_o && seen;
  assign write       = allow_i && !(commit_i && (old_o || duplicate_o));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {top_we2_q, top_we3_q, ring_we2_q, ring_we3_q} <= '0;
    end else begin
      top_we2_q  <= write && (next_i || init_i || (commit_i && newer));
      ring_we2_q <= write && (init_i || (commit_i && window_i != '0));
      top_we3_q  <= top_we2_q;
      ring_we3_q <= ring_we2_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_i) index1_q <= index_i;
    index2_q <= index1_q;
    index3_q <= index2_q;
    top2_q   <= next_i ? top_o + 1'b1 : seq_i;
    if (top_we2_q) top3_q <= top2_q;
    if (ring_we2_q) ring3_q <= ring2_q;
    // Wide work only for a packet that moves or marks the window.
    if (init_i) begin
      ring2_q <= '1;
    end else if (commit_i) begin
      automatic logic [RingBits-1:0] ring = ring_in2 ? ring2_q : ring_in3 ? ring3_q : ring_ram;
      automatic logic [RingBits-1:0] after_top, after_seq;
      if (newer && seq_i - top_o >= SeqBits'(RingBits)) begin
        ring = '0;
      end else if (newer && seq_i - top_o != SeqBits'(1)) begin
        // Clear the bits after that of top, up to that of seq_i, around the ring.
        after_top = {RingBits{1'b1}} << ((PosBits + 1)'(top_o[PosBits-1:0]) + 1'b1);
        after_seq = {RingBits{1'b1}} << ((PosBits + 1)'(pos) + 1'b1);
        if (pos > top_o[PosBits-1:0]) ring &= ~(after_top & ~after_seq);
        else ring &= ~(after_top | ~after_seq);
      end
      ring[pos] = 1'b1;
      ring2_q <= ring;
    end
  end

  `VAM_ASSERT(OneOperation_A, $onehot0({commit_i, next_i, init_i}))
  `VAM_ASSERT(NeverBack_A, (top_we2_q && $past(commit_i)) |-> (top2_q > $past(top_o)))
endmodule
