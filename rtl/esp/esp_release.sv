// Ends packets in order: writes the result and the orders of what reads, packs and frees its
// blocks. An opened packet waits here for its verdict; a sealed one leaves at once, its result
// ahead of its beats. One packet per cycle.
module esp_release
  import vam_map_pkg::*;
  import vam_pkg::*;
  import esp_pkg::*;
(
    input  logic    leave_valid_i,
    output logic    leave_ready_o,
    input  leave_t  leave_i,
    input  logic    verdict_valid_i,
    output logic    verdict_ready_o,
    input  opened_t verdict_i,

    output logic                         result_valid_o,
    input  logic                         result_ready_i,
    output pkt_result_t                  result_o,
    output logic                         order_valid_o,   // to the hold buffer
    input  logic                         order_ready_i,
    output logic        [BlockWidth-1:0] order_read_o,
    output logic        [BlockWidth-1:0] order_total_o,
    output logic                         pack_valid_o,
    input  logic                         pack_ready_i,
    output pack_t                        pack_o,
    output logic                         header_valid_o,
    input  logic                         header_ready_i,
    output header_t                      header_o
);
  import net_pkg::*;

  logic in_lane, opens, known, all_ready, go, forward;
  reason_e reason;
  logic [15:0] out_len, body_len;

  assign in_lane            = (leave_i.reason == ReasonOk);
  assign opens              = in_lane && ((leave_i.kind == KindIn) || (leave_i.kind == KindOpen));
  assign reason             = opens ? verdict_i.reason : leave_i.reason;
  assign forward            = (reason == ReasonOk);
  assign out_len            = !forward ? 16'd0 : (opens ? verdict_i.out_len : leave_i.out_len);
  assign body_len           = !forward ? 16'd0 : (opens ? verdict_i.out_len : leave_i.text_len);

  assign known              = leave_valid_i && (!opens || verdict_valid_i);
  assign all_ready          = result_ready_i && order_ready_i && pack_ready_i && header_ready_i;
  assign go                 = known && all_ready;
  assign leave_ready_o      = go;
  assign verdict_ready_o    = go && opens;

  assign result_valid_o     = go;
  assign result_o.job       = leave_i.job;
  assign result_o.reason    = reason;
  assign result_o.out_len   = out_len;
  assign result_o.sa_handle = leave_i.handle;

  assign order_valid_o      = go && in_lane && (leave_i.text_len != '0);
  assign order_read_o       = blocks_of(body_len);
  assign order_total_o      = blocks_of(leave_i.text_len);

  assign pack_valid_o       = go && (out_len != '0);
  always_comb begin
    pack_o.blocks     = blocks_of(body_len);
    pack_o.last_bytes = last_bytes_of(body_len);
    pack_o.seal       = !opens;
    pack_o.tag_len    = leave_i.tag_len;
    pack_o.patch      = opens && verdict_i.patch;
    pack_o.tos        = verdict_i.tos;
    pack_o.checksum   = verdict_i.checksum;
  end

  logic [159:0] outer;
  net_ipv4_build u_outer (
      .tos_i          (leave_i.tos),
      .total_len_i    (leave_i.out_len),
      .id_i           (leave_i.seq[15:0]),
      .dont_fragment_i(leave_i.dont_fragment),
      .ttl_i          (leave_i.ttl),
      .proto_i        (ProtoEsp),
      .src_i          (leave_i.src),
      .dst_i          (leave_i.dst),
      .header_o       (outer)
  );

  assign header_valid_o = pack_valid_o;
  assign header_o.enable = (leave_i.kind == KindOut);
  // SPI, low half of the sequence number, IV = the whole sequence number (RFC 4303, 2; RFC 4106,
  // 3.1).
  assign header_o.bytes = {
    swap64(leave_i.seq), swap32(leave_i.seq[31:0]), swap32(leave_i.spi), outer
  };
endmodule
