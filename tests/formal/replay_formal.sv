// sad_replay against sets of numbers: any interleaving of two SAs, one operation per cycle.
//
// The model keeps, per SA, every number of a small number space that may not be accepted any more.
// The assertions on rows, pipeline and read data are what makes the proof inductive.
module replay_formal #(
    parameter  int unsigned RingBits = 4,
    parameter  int unsigned SeqBits  = 5,
    localparam int unsigned PosBits  = $clog2(RingBits)
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               read_i,
    input  logic               index_i,
    input  logic               pick_commit_i,
    input  logic               pick_next_i,
    input  logic               pick_init_i,
    input  logic               allow_i,
    input  logic [SeqBits-1:0] seq_i,
    input  logic [        1:0] outbound_i,        // chosen in reset
    input  logic [PosBits : 0] window_i     [2],  // chosen in reset
    output logic [        4:0] cover_o            // each bit must be reachable
);
  localparam int unsigned Numbers = 1 << SeqBits;

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  logic valid_q, index_q;
  logic commit, next, init;
  logic old_o, duplicate_o, pre_seen_o;
  logic [SeqBits-1:0] top_o, pre_top_o;
  logic [  PosBits:0] window_q                    [2];  // of an SA, for good
  logic [        1:0] alive_q;  // was initialised
  logic [Numbers-1:0] gone_q                      [2];  // accepted, or not above the initial number
  logic [SeqBits-1:0] top_q                       [2];

  // Of the SA in stage 1.
  logic [SeqBits-1:0] top;
  logic [  PosBits:0] window;
  logic [Numbers-1:0] gone;
  assign top    = index_q ? top_q[1] : top_q[0];
  assign window = index_q ? window_q[1] : window_q[0];
  assign gone   = index_q ? gone_q[1] : gone_q[0];

  always_ff @(posedge clk_i) begin
    valid_q <= rst_ni && read_i;
    if (read_i) index_q <= index_i;
    if (!rst_ni) window_q <= window_i;
  end
  // The stage that feeds this block knows which SA is which; here any operation may come, but none
  // on an SA that was never initialised.
  assign init   = valid_q && pick_init_i;
  assign commit = valid_q && !pick_init_i && pick_commit_i && alive_q[index_q];
  assign next   = valid_q && !pick_init_i && !pick_commit_i && pick_next_i && alive_q[index_q];

  sad_replay #(
      .MaxSa(2),
      .RingBits(RingBits),
      .SeqBits(SeqBits)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .read_i,
      .index_i,
      .commit_i   (commit),
      .next_i     (next),
      .init_i     (init),
      .allow_i    (allow_i || init),
      .seq_i,
      .window_i   (window),
      .old_o,
      .duplicate_o,
      .top_o,
      .pre_read_i (1'b0),
      .pre_index_i(1'b0),
      .pre_top_o,
      .pre_pos_i  ('0),
      .pre_seen_o
  );

  // The verdict of RFC 4303, 3.4.3, without any ring.
  logic old, duplicate;
  always_comb begin
    old       = (window != '0) && (32'(seq_i) + 32'(window) <= 32'(top));
    duplicate = (window != '0) && !old && gone[seq_i];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      alive_q <= '0;
    end else if (init) begin
      alive_q[index_q] <= 1'b1;
      top_q[index_q]   <= seq_i;
      for (int unsigned n = 0; n < Numbers; n++) gone_q[index_q][n] <= (n <= 32'(seq_i));
    end else if (next && allow_i) begin
      top_q[index_q] <= top + 1'b1;
    end else if (commit && allow_i && !old && !duplicate) begin
      gone_q[index_q][seq_i] <= 1'b1;
      if (seq_i > top) top_q[index_q] <= seq_i;
    end
  end

  // Content of a row as the next reader must see it.
  logic [ SeqBits-1:0] row_top [2];
  logic [RingBits-1:0] row_ring[2];
  always_comb begin
    for (int unsigned s = 0; s < 2; s++) begin
      row_top[s]  = u_dut.u_top.mem[s];
      row_ring[s] = u_dut.u_ring.mem[s];
      if (u_dut.top_we2_q && 32'(u_dut.index2_q) == s) row_top[s] = u_dut.top2_q;
      if (u_dut.ring_we2_q && 32'(u_dut.index2_q) == s) row_ring[s] = u_dut.ring2_q;
    end
  end

  // An SA is either inbound or outbound: numbers are not allocated where windows are kept.
  logic [1:0] outbound_q;
  always_ff @(posedge clk_i) if (!rst_ni) outbound_q <= outbound_i;
  always_comb begin
    if (commit) assume (!outbound_q[index_q]);
    if (next) assume (outbound_q[index_q]);
    for (int unsigned s = 0; s < 2; s++) assume (32'(window_q[s]) <= RingBits);
  end

  always_comb begin
    if (started_q) begin
      if (commit) begin
        assert (old_o == old);
        assert (duplicate_o == duplicate);
      end
      if (valid_q && alive_q[index_q]) assert (top_o == top);

      assert (u_dut.index1_q == index_q || !valid_q);
      for (int unsigned s = 0; s < 2; s++) begin
        if (alive_q[s]) begin
          assert (row_top[s] == top_q[s]);
          if (window_q[s] != '0 && !outbound_q[s]) begin
            for (int unsigned n = 0; n < Numbers; n++) begin
              if (n <= 32'(top_q[s]) && n + RingBits > 32'(top_q[s])) begin
                assert (row_ring[s][n%RingBits] == gone_q[s][n]);
              end
              if (n > 32'(top_q[s])) assert (!gone_q[s][n]);
            end
          end
        end
      end
      // Results in stage 3 are in their rows; what stage 1 read is older by exactly that write.
      if (u_dut.top_we3_q) assert (u_dut.u_top.mem[u_dut.index3_q] == u_dut.top3_q);
      if (u_dut.ring_we3_q) assert (u_dut.u_ring.mem[u_dut.index3_q] == u_dut.ring3_q);
      if (valid_q && alive_q[index_q]) begin
        if (!(u_dut.top_we3_q && u_dut.index3_q == index_q)) begin
          assert (u_dut.top_ram == u_dut.u_top.mem[index_q]);
        end
        if (!(u_dut.ring_we3_q && u_dut.index3_q == index_q)) begin
          assert (u_dut.ring_ram == u_dut.u_ring.mem[index_q]);
        end
      end
    end
  end

  assign cover_o[0] = started_q && commit && duplicate && u_dut.ring_in2;
  assign cover_o[1] = started_q && commit && duplicate && u_dut.ring_in3 && !u_dut.ring_in2;
  assign cover_o[2] = started_q && commit && old;
  // Around the ring, and the whole ring at once.
  logic advance;
  assign advance = started_q && commit && allow_i && seq_i > top && window != '0;
  assign cover_o[3] = advance && seq_i - top > SeqBits'(1) && 32'(seq_i - top) < RingBits &&
      seq_i[PosBits-1:0] < top[PosBits-1:0];
  assign cover_o[4] = advance && 32'(seq_i - top) > RingBits;
endmodule
