// IPv4 header without options, checksum included. Combinational.
module net_ipv4_build (
    input  logic [  7:0] tos_i,
    input  logic [ 15:0] total_len_i,
    input  logic [ 15:0] id_i,
    input  logic         dont_fragment_i,
    input  logic [  7:0] ttl_i,
    input  logic [  7:0] proto_i,
    input  logic [ 31:0] src_i,            // as a number
    input  logic [ 31:0] dst_i,            // as a number
    output logic [159:0] header_o          // byte 0 in [7:0]
);
  import net_pkg::*;

  logic [15:0] flags, sum, checksum;

  assign flags = {1'b0, dont_fragment_i, 14'd0};
  // A balanced tree of the nine words that are not zero.
  assign sum = csum_add(
      csum_add(
          csum_add(
              csum_add({8'h45, tos_i}, total_len_i), csum_add(id_i, flags)
          ),
          csum_add(
              csum_add(src_i[31:16], src_i[15:0]), csum_add(dst_i[31:16], dst_i[15:0]))
      ),
      {
        ttl_i, proto_i
      }
  );
  assign checksum = ~sum;
  assign header_o = {
    swap32(dst_i),
    swap32(src_i),
    swap16(checksum),
    proto_i,
    ttl_i,
    swap16(flags),
    swap16(id_i),
    swap16(total_len_i),
    tos_i,
    8'h45
  };
endmodule
