// Fields and length checks of an IPv4 header, from its first 16 bytes (all but the destination).
// Combinational.
module net_ipv4_parse (
    input  logic           [127:0] data_i,      // byte 0 of the header in [7:0]
    input  logic           [ 15:0] avail_i,     // bytes there are, header included
    output net_pkg::ipv4_t         ipv4_o,
    output logic                   malformed_o  // version, header length or total length impossible
);
  import net_pkg::*;

  logic [15:0] fragment;
  logic [15:0] header_len;

  assign fragment   = swap16(data_i[63:48]);
  assign header_len = {10'd0, ipv4_o.ihl, 2'd0};

  always_comb begin
    ipv4_o.version        = data_i[7:4];
    ipv4_o.ihl            = data_i[3:0];
    ipv4_o.tos            = data_i[15:8];
    ipv4_o.total_len      = swap16(data_i[31:16]);
    ipv4_o.dont_fragment  = fragment[14];
    ipv4_o.more_fragments = fragment[13];
    ipv4_o.fragment       = fragment[12:0];
    ipv4_o.proto          = data_i[79:72];
    ipv4_o.checksum       = swap16(data_i[95:80]);
    ipv4_o.src            = swap32(data_i[127:96]);
  end

  assign malformed_o = (avail_i < 16'(Ipv4Bytes)) ||
                       (ipv4_o.version != 4'd4) || (ipv4_o.ihl < 4'd5) ||
                       (ipv4_o.total_len < header_len) || (ipv4_o.total_len > avail_i);

  // Identification, TTL and the reserved flag mean nothing to a gateway's checks.
  logic unused;
  assign unused = &{1'b0, data_i[47:32], data_i[71:64], fragment[15]};
endmodule
