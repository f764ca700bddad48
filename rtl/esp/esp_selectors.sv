// Compares an inner packet with the selectors of its SA (RFC 4301, 5.2). Combinational.
//
// A port range other than 0 to 65535 asks for a packet with ports: TCP or UDP, first fragment,
// ports within its length.
module esp_selectors (
    input  net_pkg::ipv4_t             ipv4_i,
    input  logic                [31:0] dst_i,
    input  logic                [15:0] sport_i,
    input  logic                [15:0] dport_i,
    input  esp_pkg::selectors_t        sel_i,
    output logic                       matches_o
);
  import net_pkg::*;

  function automatic logic in_prefix(logic [31:0] address, logic [31:0] prefix, logic [7:0] bits);
    logic [31:0] mask;
    mask = (bits >= 8'd32) ? '1 : ~(32'hffff_ffff >> bits);
    return ((address ^ prefix) & mask) == '0;
  endfunction

  logic any_port, has_ports, ports_match;
  logic [15:0] ports_end;

  assign any_port = (sel_i.sport_lo == '0) && (sel_i.sport_hi == '1) &&
                    (sel_i.dport_lo == '0) && (sel_i.dport_hi == '1);
  assign ports_end = {10'd0, ipv4_i.ihl, 2'd0} + 16'd4;
  assign has_ports = ((ipv4_i.proto == ProtoTcp) || (ipv4_i.proto == ProtoUdp)) &&
                     (ipv4_i.fragment == '0) && (ports_end <= ipv4_i.total_len);
  assign ports_match = has_ports &&
                       (sport_i >= sel_i.sport_lo) && (sport_i <= sel_i.sport_hi) &&
                       (dport_i >= sel_i.dport_lo) && (dport_i <= sel_i.dport_hi);

  assign matches_o = in_prefix(
      ipv4_i.src, sel_i.src, sel_i.src_bits
  ) && in_prefix(
      dst_i, sel_i.dst, sel_i.dst_bits
  ) && ((sel_i.proto == '0) || (ipv4_i.proto == sel_i.proto)) && (any_port || ports_match);

  logic unused;
  assign unused = &{1'b0, ipv4_i.version, ipv4_i.tos, ipv4_i.dont_fragment, ipv4_i.more_fragments,
                    ipv4_i.checksum, sel_i.enable};
endmodule
