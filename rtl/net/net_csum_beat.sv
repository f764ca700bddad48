// Ones' complement sum (RFC 1071) over the first words of a beat, added to a running sum.
// Combinational.
//
// A header is right if the sum over all of it, checksum field included, is 16'hffff.
module net_csum_beat (
    input  logic [ 15:0] sum_i,
    input  logic [127:0] data_i,   // byte 0 in [7:0]
    input  logic [  2:0] words_i,  // 32-bit words of the beat that count, 0 to 4
    output logic [ 15:0] sum_o
);
  import net_pkg::*;

  logic [3:0][15:0] part;

  always_comb begin
    for (int unsigned i = 0; i < 4; i++) begin
      part[i] = (3'(i) < words_i) ?
          csum_add(swap16(data_i[32*i+:16]), swap16(data_i[32*i+16+:16])) : 16'd0;
    end
  end

  assign sum_o = csum_add(csum_add(csum_add(part[0], part[1]), csum_add(part[2], part[3])), sum_i);
endmodule
