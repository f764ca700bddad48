// Watches the lane's text on its way into the hold buffer and says how an opened packet ends if its
// tag is right: trailer, inner header, selectors, ECN, destination size, in this order.
//
// One block per cycle, no gap between packets. Sealed packets only pass.
module esp_check
  import vam_map_pkg::*;
  import vam_pkg::*;
  import esp_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic           check_valid_i,
    output logic           check_ready_o,
    input  check_t         check_i,
    input  logic           text_valid_i,
    output logic           text_ready_o,
    input  logic   [127:0] text_i,
    input  logic           text_last_i,

    output logic            hold_valid_o,
    input  logic            hold_ready_i,
    output logic    [127:0] hold_o,
    output logic            opened_valid_o,  // one per opened packet
    input  logic            opened_ready_i,
    output opened_t         opened_o
);
  `include "vam_assert.svh"
  import net_pkg::*;

  logic opened, empty, end_free, take, ends;
  assign opened        = (check_i.kind == KindIn) || (check_i.kind == KindOpen);
  assign empty         = (check_i.text_len == '0);

  assign take          = text_valid_i && text_ready_o;
  assign ends          = check_valid_i && (empty ? end_free : (take && text_last_i));
  assign text_ready_o  = check_valid_i && !empty && hold_ready_i && end_free;
  assign hold_valid_o  = text_valid_i && check_valid_i && !empty && end_free;
  assign hold_o        = text_i;
  assign check_ready_o = ends;

  // --- what is seen while the text passes ---
  logic [2:0] index_q;  // of the block, stops at 7
  logic [127:0] first_q, first_d;
  logic [31:0] dst_q, dst_d, ports_q, ports_d;
  logic pad_ok;
  logic [7:0] pad_len, next_header;

  assign first_d = (index_q == '0) ? text_i : first_q;
  always_comb begin
    dst_d   = (index_q == 3'd1) ? text_i[31:0] : dst_q;
    ports_d = ports_q;
    // The inner header's length in words is also the place of the ports.
    if ({1'b0, first_d[3:2]} == index_q) ports_d = text_i[{first_d[1:0], 5'd0}+:32];
  end

  esp_padding u_padding (
      .clk_i,
      .take_i       (take),
      .first_i      (index_q == '0),
      .data_i       (text_i),
      .bytes_i      (last_bytes_of(check_i.text_len)),
      .ok_o         (pad_ok),
      .pad_len_o    (pad_len),
      .next_header_o(next_header)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) index_q <= '0;
    else if (take) begin
      if (text_last_i) index_q <= '0;
      else if (index_q != '1) index_q <= index_q + 3'd1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      first_q <= first_d;
      dst_q   <= dst_d;
      ports_q <= ports_d;
    end
  end

  // --- judgement, one cycle after the last block ---
  logic end_valid_q;
  check_t c;
  logic [127:0] end_first_q;
  logic [31:0] end_dst_q, end_ports_q;
  logic end_pad_ok_q;
  logic [7:0] end_pad_len_q, end_next_q;

  assign end_free = !end_valid_q || opened_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) end_valid_q <= 1'b0;
    else if (end_free) end_valid_q <= ends && opened;
  end
  always_ff @(posedge clk_i) begin
    if (ends && opened) begin
      c             <= check_i;
      end_first_q   <= first_d;
      end_dst_q     <= dst_d;
      end_ports_q   <= ports_d;
      end_pad_ok_q  <= pad_ok;
      end_pad_len_q <= pad_len;
      end_next_q    <= next_header;
    end
  end

  ipv4_t ip;
  logic [15:0] payload_len;
  logic malformed, pad_fits, selected, ecn_drop, ecn_change;
  logic [1:0] ecn;

  assign pad_fits    = ({8'd0, end_pad_len_q} + 16'd2 <= c.text_len);
  assign payload_len = c.text_len - 16'd2 - {8'd0, end_pad_len_q};

  net_ipv4_parse u_ipv4 (
      .data_i     (end_first_q),
      .avail_i    (payload_len),
      .ipv4_o     (ip),
      .malformed_o(malformed)
  );

  esp_selectors u_selectors (
      .ipv4_i   (ip),
      .dst_i    (swap32(end_dst_q)),
      .sport_i  (swap16(end_ports_q[15:0])),
      .dport_i  (swap16(end_ports_q[31:16])),
      .sel_i    (c.sel),
      .matches_o(selected)
  );

  // RFC 6040, figure 4.
  always_comb begin
    ecn      = ip.tos[1:0];
    ecn_drop = 1'b0;
    if (ip.tos[1:0] == 2'b00) ecn_drop = (c.outer_ecn == 2'b11);
    else if (c.outer_ecn == 2'b11) ecn = 2'b11;
    else if ((c.outer_ecn == 2'b01) && (ip.tos[1:0] == 2'b10)) ecn = 2'b01;
  end
  assign ecn_change = (ecn != ip.tos[1:0]);

  logic [15:0] checksum;
  net_csum_update u_checksum (
      .checksum_i(ip.checksum),
      .old_i     ({ip.version, ip.ihl, ip.tos}),
      .new_i     ({ip.version, ip.ihl, ip.tos[7:2], ecn}),
      .checksum_o(checksum)
  );

  always_comb begin
    opened_o.reason   = ReasonOk;
    opened_o.out_len  = ip.total_len;
    opened_o.patch    = ecn_change;
    opened_o.tos      = {ip.tos[7:2], ecn};
    opened_o.checksum = checksum;
    if (c.kind != KindIn) begin
      opened_o.out_len = c.text_len;
      opened_o.patch   = 1'b0;
    end else if (!pad_fits || !end_pad_ok_q) opened_o.reason = ReasonBadPadding;
    else if (end_next_q == ProtoNoNext) opened_o.reason = ReasonDummyPacket;
    else if (end_next_q != ProtoIpip) opened_o.reason = ReasonBadNextHeader;
    else if (malformed) opened_o.reason = ReasonInnerMalformed;
    else if (c.sel.enable && !selected) opened_o.reason = ReasonSelectorMismatch;
    else if (ecn_drop) opened_o.reason = ReasonEcnDrop;
    else if (ip.total_len > c.dst_cap) opened_o.reason = ReasonDstTooSmall;
  end
  assign opened_valid_o = end_valid_q;

  logic unused;
  assign unused = &{1'b0, ip.dont_fragment};

  `VAM_ASSERT(TextWithOrder_A, text_valid_i |-> check_valid_i)
endmodule
