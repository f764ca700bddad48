// Checksum of a header in which one 16-bit word changed (RFC 1624, equation 3). Combinational.
module net_csum_update (
    input  logic [15:0] checksum_i,
    input  logic [15:0] old_i,
    input  logic [15:0] new_i,
    output logic [15:0] checksum_o
);
  import net_pkg::*;

  assign checksum_o = ~csum_add(csum_add(~checksum_i, ~old_i), new_i);
endmodule
