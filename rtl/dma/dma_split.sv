// Turns the aligned beats of a packet into the W beats of its pieces, each at its own offset, with
// strobes.
//
// One W beat per cycle; one cycle more to begin a packet.
module dma_split
  import vam_pkg::*;
  import axi_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic        piece_valid_i,
    output logic        piece_ready_o,
    input  logic [ 3:0] piece_off_i,
    input  logic [13:0] piece_len_i,
    input  logic        piece_last_i,
    input  logic        piece_drop_i,

    input  logic  beat_valid_i,
    output logic  beat_ready_o,
    input  beat_t beat_i,

    output logic   w_valid_o,
    input  logic   w_ready_i,
    output axi_w_t w_o,
    output logic   idle_o
);
  typedef struct packed {
    logic        drop;
    logic        last;
    logic [3:0]  off;
    logic [13:0] len;
  } piece_t;

  logic piece_valid, piece_pop;
  piece_t piece;
  prim_fifo #(
      .Width($bits(piece_t)),
      .Depth(8)
  ) u_pieces (
      .clk_i,
      .rst_ni,
      .valid_i(piece_valid_i),
      .ready_o(piece_ready_o),
      .data_i ({piece_drop_i, piece_last_i, piece_off_i, piece_len_i}),
      .valid_o(piece_valid),
      .ready_i(piece_pop),
      .data_o (piece)
  );

  // hold_q is the beat of which skip_q bytes have been used.
  logic hold_valid_q, begun_q, needs_next, go, first_load, ends;
  logic [127:0] hold_q, window;
  logic [3:0] skip_q, off;
  logic [13:0] left_q, left;
  logic [4:0] count, used;
  logic dropping;

  assign dropping   = piece_valid && piece.drop;
  assign off        = begun_q ? 4'd0 : piece.off;
  assign left       = begun_q ? left_q : piece.len;
  assign count      = (left < 14'(5'd16 - {1'b0, off})) ? left[4:0] : 5'd16 - {1'b0, off};
  assign used       = {1'b0, skip_q} + count;
  assign ends       = (left == 14'(count));
  assign needs_next = (used > 5'd16);

  assign window     = 128'({beat_i.data, hold_q} >> {skip_q, 3'd0});
  assign w_valid_o  = piece_valid && !piece.drop && hold_valid_q && (!needs_next || beat_valid_i);
  assign w_o.data   = window << {off, 3'd0};
  assign w_o.strb   = 16'((17'd1 << count) - 17'd1) << off;
  assign go         = w_valid_o && w_ready_i;
  assign piece_pop  = (go && ends) || (dropping && beat_valid_i && beat_i.last);

  // A used-up beat is replaced at once if the packet goes on.
  logic packet_ends, replace;
  assign packet_ends  = ends && piece.last;
  assign replace      = go && (used >= 5'd16) && !(packet_ends && !needs_next);
  assign first_load   = piece_valid && !piece.drop && !hold_valid_q;
  assign beat_ready_o = dropping || first_load || replace;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_valid_q <= 1'b0;
      begun_q      <= 1'b0;
      skip_q       <= '0;
    end else begin
      if (first_load) hold_valid_q <= beat_valid_i;
      else if (go && packet_ends) hold_valid_q <= 1'b0;
      else if (replace) hold_valid_q <= beat_valid_i;
      if (go) begin
        begun_q <= !ends;
        skip_q  <= packet_ends ? '0 : used[3:0];
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if ((first_load || replace) && beat_valid_i) hold_q <= beat_i.data;
    if (go) left_q <= left - 14'(count);
  end

  // WLAST falls on the last beat of a burst: bursts end where their addresses say, which
  // dma_isolate knows.
  assign w_o.last = 1'b0;
  assign idle_o   = !piece_valid;
endmodule
