// esp_appender, seen as bytes: what leaves is what entered, then what was appended, and no more.
//
// One byte position of a packet, chosen freely, is followed from input to output.
module appender_formal (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         in_valid_i,
    input  logic [127:0] in_data_i,
    input  logic         in_last_i,
    input  logic [  4:0] in_bytes_i,
    input  logic [127:0] append_i,
    input  logic [  4:0] append_len_i,
    input  logic         out_ready_i,
    input  logic [  5:0] pos_i,         // the byte that is followed, chosen in reset
    output logic [  1:0] cover_o        // each bit must be reachable
);
  localparam int unsigned MaxBytes = 64;  // of a packet here; the block itself counts nothing

  logic in_ready_o, out_valid_o, out_last_o;
  logic [127:0] out_data_o;
  logic [  4:0] out_bytes_o;
  esp_appender u_dut (.*);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  int unsigned pos_q;
  int unsigned in_q, out_q;  // bytes of this packet before the beat that is there
  int unsigned       total_q;  // of the packet whose rest is still to leave
  logic              known_q;
  logic        [7:0] want_q;

  logic take, leave, known;
  logic [7:0] want;
  int unsigned total, covered;
  assign take  = in_valid_i && in_ready_o;
  assign leave = out_valid_o && out_ready_i;

  // What the beat at the input says about the byte.
  always_comb begin
    known = known_q;
    want  = want_q;
    total = total_q;
    if (in_valid_i && !u_dut.rest_valid_q) begin
      total = in_q + 32'(in_bytes_i) + 32'(append_len_i);
      for (int unsigned i = 0; i < 16; i++) begin
        if ((!in_last_i || i < 32'(in_bytes_i)) && pos_q == in_q + i) begin
          known = 1'b1;
          want  = in_data_i[8*i+:8];
        end
        if (in_last_i && i < 32'(append_len_i) && pos_q == in_q + 32'(in_bytes_i) + i) begin
          known = 1'b1;
          want  = append_i[8*i+:8];
        end
      end
    end
  end
  assign covered = out_last_o ? 32'(out_bytes_o) : 16;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) pos_q <= 32'(pos_i);
    if (!rst_ni) begin
      in_q    <= 0;
      out_q   <= 0;
      known_q <= 1'b0;
    end else begin
      if (take) begin
        in_q    <= in_q + 16;
        total_q <= total;
        known_q <= known;
        want_q  <= want;
      end
      if (leave) out_q <= out_q + 16;
      if (leave && out_last_o) begin
        in_q    <= 0;
        out_q   <= 0;
        known_q <= 1'b0;
      end
    end
  end

  always_comb begin
    if (in_valid_i && in_last_i) assume (in_bytes_i <= 5'd16 && append_len_i <= 5'd16);
    assume (in_q < MaxBytes);
    if (started_q) begin
      assert (take == (leave && !u_dut.rest_valid_q));
      if (u_dut.rest_valid_q) begin
        assert (in_q == out_q);
        assert (out_last_o);
        assert (total_q == out_q + 32'(out_bytes_o));
        assert (out_bytes_o >= 5'd1 && out_bytes_o <= 5'd16);
      end else begin
        assert (in_q == out_q);
      end
      if (known_q && !u_dut.rest_valid_q) assert (pos_q < out_q);
      if (out_valid_o && out_last_o) assert (total == out_q + 32'(out_bytes_o));
      if (out_valid_o && pos_q >= out_q && pos_q < out_q + covered) begin
        assert (known);
        assert (out_data_o[8*((pos_q-out_q)%16)+:8] == want);
      end
      // Behind the end there is nothing but zeros.
      if (out_valid_o && out_last_o && pos_q >= out_q + covered && pos_q < out_q + 16) begin
        assert (out_data_o[8*((pos_q-out_q)%16)+:8] == 8'd0);
      end
    end
  end

  assign cover_o[0] = started_q && u_dut.rest_valid_q && out_bytes_o == 5'd16;
  assign cover_o[1] = started_q && leave && out_last_o && !u_dut.rest_valid_q && out_q == 16;
endmodule
