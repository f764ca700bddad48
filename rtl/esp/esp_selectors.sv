// Compares an inner packet with the selectors of its SA (RFC 4301, 5.2). Combinational.
//
// A port range other than 0 to 65535 asks for a packet with ports: TCP or UDP, first fragment,
// ports within its length.
module esp_selectors (
    input  net_pkg::ipv4_t         ipv4_i,
    input  logic            [31:0] dst_i,
    input  logic            [15:0] sport_i,
    input  logic            [15:0] dport_i,
    input  esp_pkg::check_t        check_i,
    output logic                   matches_o
);
  import net_pkg::*;

  function automatic logic in_prefix(logic [31:0] address, logic [31:0] prefix, logic [7:0] bits);
    logic [31:0] mask;
    mask = (bits >= 8'd32) ? '1 : ~(32'hffff_ffff >> bits);
    return ((address ^ prefix) & mask) == '0;
  endfunction

  logic any_port, has_ports, ports_match;
  logic [15:0] ports_end;

  assign any_port = (check_i.sel_sport_lo == '0) && (check_i.sel_sport_hi == '1) &&
                    (check_i.sel_dport_lo == '0) && (check_i.sel_dport_hi == '1);
  assign ports_end = {10'd0, ipv4_i.ihl, 2'd0} + 16'd4;
  assign has_ports = ((ipv4_i.proto == ProtoTcp) || (ipv4_i.proto == ProtoUdp)) &&
                     (ipv4_i.fragment == '0) && (ports_end <= ipv4_i.total_len);
  assign ports_match = has_ports &&
                       (sport_i >= check_i.sel_sport_lo) && (sport_i <= check_i.sel_sport_hi) &&
                       (dport_i >= check_i.sel_dport_lo) && (dport_i <= check_i.sel_dport_hi);

  assign matches_o = in_prefix(
      ipv4_i.src, check_i.sel_src, check_i.sel_src_bits
  ) && in_prefix(
      dst_i, check_i.sel_dst, check_i.sel_dst_bits
  ) && ((check_i.sel_proto == '0) || (ipv4_i.proto == check_i.sel_proto)) &&
      (any_port || ports_match);

  logic unused;
  assign unused = &{1'b0, ipv4_i.version, ipv4_i.tos, ipv4_i.dont_fragment, ipv4_i.more_fragments,
                    ipv4_i.checksum, check_i.kind, check_i.text_len, check_i.dst_cap,
                    check_i.outer_ecn, check_i.check_selectors};
endmodule
