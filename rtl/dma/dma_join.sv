// Joins the raw beats of a packet's segments to full, aligned beats: holds the ingress RAM and
// walks it in order.
//
// One raw beat per cycle; one cycle more when a packet ends with bytes left over, and one to begin
// a packet. A packet to be dropped only gives its room back.
module dma_join
  import vam_pkg::*;
#(
    parameter int unsigned IngressBeats = 1024,
    localparam int unsigned BeatBits = $clog2(IngressBeats),
    localparam int unsigned CreditBits = $clog2(IngressBeats + 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        packet_valid_i,
    output logic        packet_ready_o,
    input  logic        packet_drop_i,
    input  logic [10:0] packet_beats_i,
    input  logic        seg_valid_i,
    output logic        seg_ready_o,
    input  logic [ 3:0] seg_off_i,
    input  logic [13:0] seg_len_i,
    input  logic        seg_last_i,

    input logic                we_i,
    input logic [BeatBits-1:0] waddr_i,
    input logic [       127:0] wdata_i,

    output logic                  credit_return_o,
    output logic [CreditBits-1:0] credit_amount_o,

    output logic  beat_valid_o,
    input  logic  beat_ready_i,
    output beat_t beat_o
);
  typedef struct packed {
    logic        drop;
    logic [10:0] beats;
  } packet_t;
  typedef struct packed {
    logic        last;
    logic [3:0]  off;
    logic [13:0] len;
  } seg_t;

  logic pkt_valid, pkt_pop, seg_valid, seg_pop;
  packet_t pkt;
  seg_t seg;
  prim_fifo #(
      .Width($bits(packet_t)),
      .Depth(4)
  ) u_packets (
      .clk_i,
      .rst_ni,
      .valid_i(packet_valid_i),
      .ready_o(packet_ready_o),
      .data_i ({packet_drop_i, packet_beats_i}),
      .valid_o(pkt_valid),
      .ready_i(pkt_pop),
      .data_o (pkt)
  );
  prim_fifo #(
      .Width($bits(seg_t)),
      .Depth(64)
  ) u_segs (
      .clk_i,
      .rst_ni,
      .valid_i(seg_valid_i),
      .ready_o(seg_ready_o),
      .data_i ({seg_last_i, seg_off_i, seg_len_i}),
      .valid_o(seg_valid),
      .ready_i(seg_pop),
      .data_o (seg)
  );

  // Walk: one raw beat per cycle while the next stage moves.
  logic walk_q, seg_last_q, load, step, seg_done, dropping, move;
  logic [3:0] off_q;
  logic [13:0] left_q;
  logic [4:0] count;
  logic [BeatBits-1:0] rptr_q;

  assign dropping = pkt_valid && pkt.drop;
  assign count    = (left_q < 14'(5'd16 - {1'b0, off_q})) ? left_q[4:0] : 5'd16 - {1'b0, off_q};
  assign step     = walk_q && move;
  assign seg_done = step && (left_q == 14'(count));
  // The next segment of the packet follows without a gap. A packet's segments are all here: it has
  // landed.
  assign load     = pkt_valid && !pkt.drop && (walk_q ? (seg_done && !seg_last_q) : 1'b1);
  assign seg_pop  = load || (dropping && seg_valid);
  assign pkt_pop  = (seg_done && seg_last_q) || (dropping && seg_valid && seg.last);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      walk_q <= 1'b0;
      rptr_q <= '0;
    end else begin
      if (load) walk_q <= 1'b1;
      else if (seg_done) walk_q <= 1'b0;
      if (step) rptr_q <= rptr_q + 1'b1;
      else if (dropping && pkt_pop) rptr_q <= rptr_q + BeatBits'(pkt.beats);
    end
  end
  always_ff @(posedge clk_i) begin
    if (load) begin
      off_q      <= seg.off;
      left_q     <= seg.len;
      seg_last_q <= seg.last;
    end else if (step) begin
      off_q  <= '0;
      left_q <= left_q - 14'(count);
    end
  end

  assign credit_return_o = step || (dropping && pkt_pop);
  assign credit_amount_o = step ? CreditBits'(1) : CreditBits'(pkt.beats);

  logic [127:0] raw;
  prim_ram_1r1w #(
      .Width(128),
      .Depth(IngressBeats)
  ) u_ram (
      .clk_i,
      .we_i,
      .waddr_i,
      .wdata_i,
      .re_i(step),
      .raddr_i(rptr_q),
      .rdata_o(raw)
  );

  // Join: bytes that wait in acc_q come first, the rest of the raw beat follows them.
  logic raw_valid_q, raw_last_q, flush_q, emit, emit_last, out_ready;
  logic [3:0] raw_off_q, fill_q, turn;
  logic [4:0] raw_count_q, total, valid_bytes;
  logic [127:0] acc_q, turned, merged;

  assign turn   = fill_q - raw_off_q;
  assign total  = {1'b0, fill_q} + raw_count_q;
  assign turned = 128'({raw, raw} >> (8'd128 - {1'b0, turn, 3'd0}));
  always_comb begin
    for (int unsigned i = 0; i < 16; i++)
    merged[8*i+:8] = (flush_q || (4'(i) < fill_q)) ? acc_q[8*i+:8] : turned[8*i+:8];
  end
  assign emit = flush_q || (raw_valid_q && ((total >= 5'd16) || raw_last_q));
  assign emit_last = flush_q || (raw_last_q && (total <= 5'd16));
  assign valid_bytes = flush_q ? {1'b0, fill_q} : total;
  assign move        = !flush_q && (!raw_valid_q || !emit || (out_ready && !(raw_last_q &&
      (total > 5'd16))));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      raw_valid_q <= 1'b0;
      flush_q     <= 1'b0;
      fill_q      <= '0;
    end else begin
      if (move) raw_valid_q <= step;
      if (flush_q) begin
        if (out_ready) begin
          flush_q <= 1'b0;
          fill_q  <= '0;
        end
      end else if (raw_valid_q && (!emit || out_ready)) begin
        fill_q <= (raw_last_q && (total <= 5'd16)) ? '0 : total[3:0];
        if (raw_last_q && (total > 5'd16)) begin
          flush_q     <= 1'b1;
          raw_valid_q <= 1'b0;
        end
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (step) begin
      raw_off_q   <= off_q;
      raw_count_q <= count;
      raw_last_q  <= seg_last_q && (left_q == 14'(count));
    end
    if (!flush_q && raw_valid_q && (!emit || out_ready))
      acc_q <= (total >= 5'd16) ? turned : merged;
  end

  beat_t out;
  always_comb begin
    out.last = emit_last;
    for (int unsigned i = 0; i < 16; i++) begin
      out.data[8*i+:8] = (!emit_last || (5'(i) < valid_bytes)) ? merged[8*i+:8] : 8'd0;
    end
  end
  prim_skid #(
      .Width($bits(beat_t))
  ) u_out (
      .clk_i,
      .rst_ni,
      .valid_i(emit),
      .ready_o(out_ready),
      .data_i (out),
      .valid_o(beat_valid_o),
      .ready_i(beat_ready_i),
      .data_o (beat_o)
  );
endmodule
