// Joins what the packet says with what sad says, allocates sequence numbers and writes the work
// orders of the stages behind: one to each of them per packet, in order, all at once.
//
// Everything that can drop an outbound packet is decided before its sequence number is asked for,
// so that no number is spent on a packet that does not leave. One packet per cycle while sad
// answers at that rate.
module esp_decide
  import vam_map_pkg::*;
  import vam_pkg::*;
  import esp_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic     parsed_valid_i,
    output logic     parsed_ready_o,
    input  parsed_t  parsed_i,
    input  logic     sad_rsp_valid_i,
    output logic     sad_rsp_ready_o,
    input  sad_rsp_t sad_rsp_i,
    output logic     seq_req_valid_o,
    input  logic     seq_req_ready_i,
    output seq_req_t seq_req_o,
    input  logic     seq_rsp_valid_i,
    output logic     seq_rsp_ready_o,
    input  seq_rsp_t seq_rsp_i,

    output logic              cmd_valid_o,
    input  logic              cmd_ready_i,
    output gcm_pkg::gcm_cmd_t cmd_o,
    output logic              feed_valid_o,
    input  logic              feed_ready_i,
    output feed_t             feed_o,
    output logic              check_valid_o,
    input  logic              check_ready_i,
    output check_t            check_o,
    output logic              tag_valid_o,
    input  logic              tag_ready_i,
    output tag_job_t          tag_o,
    output logic              leave_valid_o,
    input  logic              leave_ready_i,
    output leave_t            leave_o
);
  `include "vam_assert.svh"
  import net_pkg::*;

  // Sequence numbers on their way: enough for the latency of sad.
  localparam int unsigned SeqDepth = 8;

  // --- lookup joined ---
  logic join_go, joined_valid_q, joined_free, joined_go;
  decided_t joined_q, joined_d;
  logic [15:0] out_len;
  sa_cfg_t cfg;

  assign cfg             = sad_rsp_i.cfg;
  assign joined_free     = !joined_valid_q || joined_go;
  assign join_go         = parsed_valid_i && sad_rsp_valid_i && joined_free;
  assign parsed_ready_o  = sad_rsp_valid_i && joined_free;
  assign sad_rsp_ready_o = parsed_valid_i && joined_free;

  always_comb begin
    unique case (parsed_i.kind)
      KindOut:  out_len = parsed_i.text_len + 16'(OuterBytes + IcvBytes);
      KindSeal: out_len = parsed_i.text_len + {11'd0, parsed_i.tag_len};
      KindOpen: out_len = parsed_i.text_len;
      default:  out_len = '0;  // known only after decryption
    endcase

    joined_d.parsed = parsed_i;
    if (parsed_i.reason != ReasonOk) joined_d.parsed.reason = parsed_i.reason;
    else if (sad_rsp_i.reason != ReasonOk) joined_d.parsed.reason = sad_rsp_i.reason;
    else if (out_len > parsed_i.dst_cap) joined_d.parsed.reason = ReasonDstTooSmall;

    joined_d.handle = sad_rsp_i.handle;
    joined_d.seq = sad_rsp_i.seq;
    joined_d.out_len = out_len;
    joined_d.key = sad_rsp_i.key;
    joined_d.sa.key_size = cfg.key_size;
    joined_d.sa.esn = cfg.esn;
    joined_d.sa.df_mode = cfg.df_mode;
    joined_d.sa.dscp_fixed = cfg.dscp_fixed;
    joined_d.sa.spi = cfg.spi;
    joined_d.sa.ttl = cfg.ttl;
    joined_d.sa.dscp = cfg.tos[7:2];
    joined_d.sa.outer_src = swap32(cfg.outer_src[31:0]);
    joined_d.sa.outer_dst = swap32(cfg.outer_dst[31:0]);
    joined_d.sa.sel = '{
        enable: cfg.check_selectors,
        src: swap32(cfg.sel_src[31:0]),
        dst: swap32(cfg.sel_dst[31:0]),
        src_bits: cfg.sel_src_bits,
        dst_bits: cfg.sel_dst_bits,
        proto: cfg.sel_proto,
        sport_lo: cfg.sel_sport_lo,
        sport_hi: cfg.sel_sport_hi,
        dport_lo: cfg.sel_dport_lo,
        dport_hi: cfg.sel_dport_hi
    };
  end

  // sad has compared direction and mode; the rest of 128-bit addresses is IPv6.
  logic unused;
  assign unused = &{1'b0, cfg.inbound, cfg.mode, cfg.tos[1:0], cfg.outer_src[127:32],
                    cfg.outer_dst[127:32],
                    cfg.sel_src[127:32], cfg.sel_dst[127:32]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) joined_valid_q <= 1'b0;
    else if (joined_free) joined_valid_q <= join_go;
  end
  always_ff @(posedge clk_i) begin
    if (join_go) joined_q <= joined_d;
  end

  // --- sequence number ---
  logic asks, wait_ready, waiting_valid, waiting_ready;
  decided_t waiting;

  assign asks = (joined_q.parsed.kind == KindOut) && (joined_q.parsed.reason == ReasonOk);
  assign seq_req_valid_o = joined_valid_q && asks && wait_ready;
  assign seq_req_o.index = joined_q.handle.index;
  assign seq_req_o.text_len = joined_q.parsed.text_len;
  assign joined_go = joined_valid_q && wait_ready && (!asks || seq_req_ready_i);

  prim_fifo #(
      .Width($bits(decided_t)),
      .Depth(SeqDepth)
  ) u_waiting (
      .clk_i,
      .rst_ni,
      .valid_i(joined_go),
      .ready_o(wait_ready),
      .data_i (joined_q),
      .valid_o(waiting_valid),
      .ready_i(waiting_ready),
      .data_o (waiting)
  );

  // --- work orders ---
  logic asked, known, all_ready, go, forward;
  reason_e reason;
  parsed_t p;
  logic [63:0] seq;

  assign p = waiting.parsed;
  assign asked = (p.kind == KindOut) && (p.reason == ReasonOk);
  assign reason = asked ? seq_rsp_i.reason : p.reason;
  assign seq = asked ? seq_rsp_i.seq : waiting.seq;
  assign forward = (reason == ReasonOk);
  assign known = waiting_valid && (!asked || seq_rsp_valid_i);
  assign all_ready = cmd_ready_i && feed_ready_i && check_ready_i && tag_ready_i && leave_ready_i;
  assign go = known && all_ready;
  assign waiting_ready = go;
  assign seq_rsp_ready_o = go && asked;

  assign cmd_valid_o = go && forward;
  assign check_valid_o = go && forward;
  assign tag_valid_o = go && forward;
  assign feed_valid_o = go && p.has_beats;
  assign leave_valid_o = go;

  logic esp;
  logic [95:0] esp_aad;
  assign esp = (p.kind == KindOut) || (p.kind == KindIn);
  assign esp_aad = waiting.sa.esn ? {swap32(
      seq[31:0]
  ), swap32(
      seq[63:32]
  ), swap32(
      waiting.sa.spi
  )} : {32'd0, swap32(
      seq[31:0]
  ), swap32(
      waiting.sa.spi
  )};

  always_comb begin
    cmd_o.decrypt  = (p.kind == KindIn) || (p.kind == KindOpen);
    cmd_o.key_size = gcm_pkg::key_size_e'(waiting.sa.key_size);
    cmd_o.key      = waiting.key.key;
    cmd_o.text_len = p.text_len;
    cmd_o.aad_len  = esp ? (waiting.sa.esn ? 16'd12 : 16'd8) : p.aad_len;
    unique case (p.kind)
      KindOut: cmd_o.nonce = {swap64(seq), waiting.key.salt};
      KindIn:  cmd_o.nonce = {p.iv[63:0], waiting.key.salt};
      default: cmd_o.nonce = p.iv;
    endcase
  end

  // Where the tag of an opened packet ends, counted from its first stored beat.
  logic [15:0] tag_first, tag_end;
  logic [1:0] pad_len;
  assign tag_first = p.text_len + ((p.kind == KindIn) ? {12'd0, p.offset, 2'd0} : {2'd0, blocks_of(
      p.aad_len
  ), 4'd0});
  assign tag_end = tag_first + {11'd0, p.tag_len} - 16'd1;
  assign pad_len = 2'd2 - p.inner_len[1:0];  // modulo 4

  always_comb begin
    feed_o             = '0;
    feed_o.drop        = !forward;
    feed_o.esp         = esp;
    feed_o.aad         = esp_aad;
    feed_o.aad_blocks  = esp ? '0 : blocks_of(p.aad_len);
    feed_o.offset      = (p.kind == KindIn) ? p.offset : 2'd0;
    feed_o.text_blocks = blocks_of((p.kind == KindOut) ? p.inner_len : p.text_len);
    feed_o.open        = (p.kind == KindIn) || (p.kind == KindOpen);
    feed_o.tag_beat    = tag_end[4+:BlockWidth];
    feed_o.tag_shift   = {tag_end[4] == tag_first[4], tag_first[3:0]};
    if (p.kind == KindOut) begin
      feed_o.last_bytes = last_bytes_of(p.inner_len);
      feed_o.append_len = 3'd2 + {1'b0, pad_len};
      unique case (pad_len)
        2'd0:    feed_o.append = {24'd0, ProtoIpip, 8'd0};
        2'd1:    feed_o.append = {16'd0, ProtoIpip, 16'h0101};
        2'd2:    feed_o.append = {8'd0, ProtoIpip, 24'h020201};
        default: feed_o.append = {ProtoIpip, 32'h03030201};
      endcase
    end
  end

  always_comb begin
    check_o.kind      = p.kind;
    check_o.text_len  = p.text_len;
    check_o.dst_cap   = p.dst_cap;
    check_o.outer_ecn = p.tos[1:0];
    check_o.sel       = waiting.sa.sel;

    tag_o.kind        = p.kind;
    tag_o.tag_len     = p.tag_len;
    tag_o.index       = waiting.handle.index;
    tag_o.seq         = seq;
    tag_o.text_len    = p.text_len;

    leave_o.job       = p.job;
    leave_o.reason    = reason;
    leave_o.handle    = waiting.handle;
    leave_o.kind      = p.kind;
    leave_o.text_len  = p.text_len;
    leave_o.out_len   = waiting.out_len;
    leave_o.tag_len   = p.tag_len;
    leave_o.src       = waiting.sa.outer_src;
    leave_o.dst       = waiting.sa.outer_dst;
    leave_o.spi       = waiting.sa.spi;
    leave_o.seq       = seq;
    leave_o.ttl       = waiting.sa.ttl;
    // RFC 6040, 4.1, normal mode: the ECN field is always copied.
    leave_o.tos       = {waiting.sa.dscp_fixed ? waiting.sa.dscp : p.tos[7:2], p.tos[1:0]};
    unique case (waiting.sa.df_mode)
      2'd0:    leave_o.dont_fragment = p.dont_fragment;
      2'd1:    leave_o.dont_fragment = 1'b1;
      default: leave_o.dont_fragment = 1'b0;
    endcase
  end

  logic unused_tag_end;
  assign unused_tag_end = ^{tag_end[15:4+BlockWidth], tag_end[3:0]};

  `VAM_ASSERT(OneNumberPerPacket_A, (seq_rsp_ready_o && seq_rsp_valid_i) |-> leave_valid_o)
endmodule
