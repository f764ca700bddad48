// esp_packer, seen as bytes: what leaves is the header, if there is one, then the text, and nothing
// else.
//
// One byte position of a packet, chosen freely, is followed from input to output. All packets have
// the same header bytes, chosen freely too: the block keeps nothing of a header for the next
// packet.
module packer_formal (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         header_valid_i,
    input  logic         enable_i,
    input  logic [287:0] header_bytes_i,  // chosen in reset
    input  logic         in_valid_i,
    input  logic [127:0] in_data_i,
    input  logic         in_last_i,
    input  logic [  4:0] in_bytes_i,
    input  logic         out_ready_i,
    input  logic [  6:0] pos_i,           // the byte that is followed, chosen in reset
    output logic [  2:0] cover_o          // each bit must be reachable
);
  localparam int unsigned MaxBytes = 64;  // of text here; the block itself counts nothing
  localparam int unsigned HeaderBytes = 36;

  typedef logic [7:0] place_t;

  logic header_ready_o, in_ready_o, out_valid_o, out_last_o;
  logic [127:0] out_data_o;
  logic [287:0] header_q;
  esp_pkg::header_t header_i;
  assign header_i = '{enable: enable_i, bytes: header_q};
  esp_packer u_dut (.*);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  place_t pos_q;
  place_t
      in_q, out_q;  // bytes of text, and of the packet, before the block and beat that are there
  place_t       total_q;  // bytes of the packet, once its last block has been taken
  logic         known_q;  // the followed byte has been taken
  logic   [7:0] want_q;
  logic offered_q, enable_q;  // a header waits, and which

  logic take, leave, headed, known, in_head, is_head, is_head1, is_data, is_flush;
  logic [7:0] want;
  place_t total, text_pos;
  assign take     = in_valid_i && in_ready_o;
  assign leave    = out_valid_o && out_ready_i;
  assign is_head  = (u_dut.state_q == 2'd0);
  assign is_head1 = (u_dut.state_q == 2'd1);
  assign is_data  = (u_dut.state_q == 2'd2);
  assign is_flush = (u_dut.state_q == 2'd3);
  assign headed   = !is_head || enable_i;
  assign in_head  = headed && (pos_q < place_t'(HeaderBytes));
  assign text_pos = headed ? pos_q - place_t'(HeaderBytes) : pos_q;

  // What header and input say about the byte and about the length.
  always_comb begin
    known = known_q || in_head;
    want  = want_q;
    total = total_q;
    for (int unsigned i = 0; i < HeaderBytes; i++) begin
      if (in_head && pos_q == place_t'(i)) want = header_q[8*i+:8];
    end
    if (in_valid_i && !is_flush) begin
      total = (headed ? place_t'(HeaderBytes) : 8'd0) + in_q + place_t'(in_bytes_i);
      for (int unsigned i = 0; i < 16; i++) begin
        if (!in_head && (!in_last_i || place_t'(i) < place_t'(in_bytes_i)) &&
            text_pos == in_q + place_t'(i)) begin
          known = 1'b1;
          want  = in_data_i[8*i+:8];
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pos_q    <= place_t'(pos_i);
      header_q <= header_bytes_i;
    end
    enable_q <= enable_i;
    if (!rst_ni) begin
      in_q      <= '0;
      out_q     <= '0;
      known_q   <= 1'b0;
      offered_q <= 1'b0;
    end else begin
      offered_q <= header_valid_i && !header_ready_o;
      if (take) begin
        in_q    <= in_q + 8'd16;
        total_q <= total;
        if (!in_head) begin
          known_q <= known;
          want_q  <= want;
        end
      end
      if (leave) out_q <= out_q + 8'd16;
      if (leave && out_last_o) begin
        in_q    <= '0;
        out_q   <= '0;
        known_q <= 1'b0;
      end
    end
  end

  always_comb begin
    // A header that is offered holds; blocks have 1 to 16 bytes, and zeros behind them.
    if (offered_q) assume (header_valid_i && enable_i == enable_q);
    if (in_valid_i && in_last_i) begin
      assume (in_bytes_i >= 5'd1 && in_bytes_i <= 5'd16);
      for (int unsigned i = 0; i < 16; i++) begin
        if (i >= 32'(in_bytes_i)) assume (in_data_i[8*i+:8] == 8'd0);
      end
    end
    assume (in_q < place_t'(MaxBytes));
    if (started_q) begin
      if (out_valid_o) begin
        for (int unsigned i = 0; i < 16; i++) begin
          if (pos_q == out_q + place_t'(i)) begin
            if (!out_last_o || pos_q < total) begin
              assert (known);
              assert (out_data_o[8*i+:8] == want);
            end else begin
              assert (out_data_o[8*i+:8] == 8'd0);
            end
          end
        end
        if (out_last_o)
          assert (total > out_q && total <= out_q + 8'd16);
          else if (take && in_last_i) assert (total > out_q + 8'd16);
      end
      // What makes it inductive: how far the packet is, and what waits in the register.
      if (is_head) assert (out_q == in_q && (in_q == '0 || (offered_q && !enable_q)));
      if (is_head1) assert (in_q == '0 && out_q == 8'd16 && offered_q && enable_q);
      if (is_data || is_flush) assert (out_q == in_q + 8'd32);
      if (is_flush) assert (in_q != '0 && total_q > out_q && total_q <= out_q + 8'd4);
      if (is_data && in_q == '0) assert (u_dut.rest_q == header_q[287:256]);
      if (is_head1) assert (!known_q);
      if (known_q) assert (!in_head && text_pos < in_q);
      for (int unsigned i = 0; i < 4; i++) begin
        if ((is_flush || (is_data && in_q != '0)) && pos_q == out_q + place_t'(i)) begin
          if (is_data || pos_q < total_q)
            assert (known_q && want_q == u_dut.rest_q[8*i+:8]);
            else assert (u_dut.rest_q[8*i+:8] == 8'd0);
        end
      end
    end
  end

  assign cover_o[0] = started_q && is_flush && leave && total_q == out_q + 8'd4;
  assign cover_o[1] = started_q && is_data && leave && out_last_o && in_q == 8'd16;
  assign cover_o[2] = started_q && is_head && leave && out_last_o && in_q == 8'd16;
endmodule
