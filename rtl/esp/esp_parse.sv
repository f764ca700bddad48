// First look at a packet: stores the beats that the lane needs, asks sad and notes what the packet
// says by itself.
//
// The record of a packet leaves as soon as the beats it rests on have passed: the first one
// outbound, that with the end of the ESP IV inbound. Inbound beats that hold no ciphertext are not
// stored, so the feeder finds the text in the first one; the last beat of a packet is always
// stored, as the mark of its end. One beat per cycle, no gap between packets.
module esp_parse
  import vam_map_pkg::*;
  import vam_pkg::*;
  import esp_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input  logic      meta_valid_i,
    output logic      meta_ready_o,
    input  pkt_meta_t meta_i,
    input  logic      in_valid_i,
    output logic      in_ready_o,
    input  beat_t     in_i,

    output logic     beat_valid_o,
    input  logic     beat_ready_i,
    output beat_t    beat_o,
    output logic     parsed_valid_o,
    input  logic     parsed_ready_i,
    output parsed_t  parsed_o,
    output sad_req_t req_o            // travels with parsed_o
);
  `include "vam_assert.svh"
  import net_pkg::*;

  logic [2:0] index_q;  // of the beat, stops at 7: no header reaches that far
  logic [127:0] first_q, first;
  logic [15:0] sum_q, sum_d, sum_in;
  logic [3:0][31:0] word_q, word_d;  // SPI, sequence number, IV
  logic [31:0] dst_q;
  logic emitted_q;

  logic rec_valid_q, rec_free, emit, fire, no_beats, malformed;
  parsed_t rec_q, rec_d;
  sad_req_t req_q, req_d;
  ipv4_t ip;
  kind_e kind;
  logic  bad_op;

  assign no_beats     = (meta_i.fault != ReasonOk) || (meta_i.src_len == '0);
  assign rec_free     = !rec_valid_q || parsed_ready_i;

  // Not ready for the beat that completes a record while the last record waits; which beat that is
  // need not be known.
  assign in_ready_o   = meta_valid_i && !no_beats && beat_ready_i && (emitted_q || rec_free);
  assign fire         = in_valid_i && in_ready_o;
  assign meta_ready_o = no_beats ? rec_free : (fire && in_i.last);

  assign first        = (index_q == '0) ? in_i.data : first_q;

  net_ipv4_parse u_ipv4 (
      .data_i     (first),
      .avail_i    (meta_i.src_len),
      .ipv4_o     (ip),
      .malformed_o(malformed)
  );

  always_comb begin
    bad_op = 1'b0;
    unique case (meta_i.op)
      OpEspOut:  kind = KindOut;
      OpEspIn:   kind = KindIn;
      OpRawSeal: kind = KindSeal;
      OpRawOpen: kind = KindOpen;
      default: begin
        kind   = KindSeal;
        bad_op = 1'b1;
      end
    endcase
  end

  // Outer header checksum over the beats that hold it.
  logic [5:0] words_before;
  logic [2:0] words_here;
  assign words_before = {1'b0, index_q, 2'd0};
  assign sum_in = (index_q == '0) ? 16'd0 : sum_q;
  always_comb begin
    if (words_before >= {2'd0, ip.ihl}) words_here = 3'd0;
    else if ({2'd0, ip.ihl} - words_before >= 6'd4) words_here = 3'd4;
    else words_here = {1'b0, ip.ihl[1:0]};
  end
  net_csum_beat u_sum (
      .sum_i  (sum_in),
      .data_i (in_i.data),
      .words_i(words_here),
      .sum_o  (sum_d)
  );

  always_comb begin
    word_d = word_q;
    for (int unsigned i = 0; i < 4; i++) begin
      logic [4:0] at;
      at = {1'b0, ip.ihl} + 5'(i);
      if (at[4:2] == index_q) word_d[i] = in_i.data[32*at[1:0]+:32];
    end
  end

  // Beat with the end of the IV, and first beat with ciphertext.
  logic [4:0] ihl_plus_3, ihl_plus_4;
  logic [2:0] need, keep;
  assign ihl_plus_3 = {1'b0, ip.ihl} + 5'd3;
  assign ihl_plus_4 = {1'b0, ip.ihl} + 5'd4;
  assign need = ((kind == KindIn) && !malformed) ? ihl_plus_3[4:2] : 3'd0;
  assign keep = (kind == KindIn) ? ihl_plus_4[4:2] : 3'd0;

  assign emit = no_beats ? meta_valid_i && rec_free :
                           fire && !emitted_q && ((index_q == need) || in_i.last);

  assign beat_valid_o = in_valid_i && meta_valid_i && !no_beats && (emitted_q || rec_free) &&
                        ((index_q >= keep) || in_i.last);
  assign beat_o = in_i;

  // Lengths.
  logic [15:0] header_len, esp_len;
  logic [16:0] aad_rounded, raw_used;  // one bit more than their parts
  logic raw_bad_tag;
  assign header_len = {10'd0, ip.ihl, 2'd0};
  assign esp_len = ip.total_len - header_len;
  assign aad_rounded = {1'b0, meta_i.aad_len} + 17'd15;
  assign raw_used = {aad_rounded[16:4], 4'd0} +
                    ((kind == KindOpen) ? {9'd0, meta_i.tag_len} : 17'd0);
  assign raw_bad_tag = (meta_i.tag_len < 8'd4) || (meta_i.tag_len > 8'd16);

  always_comb begin
    rec_d               = '0;
    rec_d.job           = meta_i.job;
    rec_d.reason        = ReasonOk;
    rec_d.kind          = kind;
    rec_d.has_beats     = !no_beats;
    rec_d.dst_cap       = meta_i.dst_cap;
    rec_d.inner_len     = ip.total_len;
    rec_d.aad_len       = meta_i.aad_len;
    rec_d.tag_len       = 5'(IcvBytes);
    rec_d.iv            = meta_i.iv;
    rec_d.offset        = ip.ihl[1:0];
    rec_d.tos           = ip.tos;
    rec_d.dont_fragment = ip.dont_fragment;

    unique case (kind)
      KindOut: begin
        rec_d.text_len = {(ip.total_len[15:2] + 14'd1) + {13'd0, (ip.total_len[1:0] > 2'd2)}, 2'd0};
        if (malformed) rec_d.reason = ReasonInnerMalformed;
      end
      KindIn: begin
        rec_d.iv       = {32'd0, word_d[3], word_d[2]};
        rec_d.text_len = esp_len - 16'(EspHeaderBytes + IcvBytes);
        if (malformed) rec_d.reason = ReasonOuterMalformed;
        else if (sum_d != 16'hffff) rec_d.reason = ReasonOuterChecksum;
        else if (ip.more_fragments || (ip.fragment != '0)) rec_d.reason = ReasonOuterFragment;
        else if (ip.proto != ProtoEsp) rec_d.reason = ReasonNotEsp;
        else if (esp_len < 16'(EspHeaderBytes + 2 + IcvBytes)) rec_d.reason = ReasonEspShort;
        else if (esp_len[1:0] != '0) rec_d.reason = ReasonEspAlignment;
      end
      default: begin
        rec_d.tag_len  = meta_i.tag_len[4:0];
        rec_d.text_len = meta_i.src_len - raw_used[15:0];
        if (bad_op) rec_d.reason = ReasonUnsupportedOp;
        else if (raw_bad_tag) rec_d.reason = ReasonBadDescriptor;
        else if (raw_used > {1'b0, meta_i.src_len}) rec_d.reason = ReasonBadLength;
      end
    endcase
    if (meta_i.fault != ReasonOk) rec_d.reason = meta_i.fault;
    else if (meta_i.src_len == '0) rec_d.reason = ReasonBadLength;
  end

  always_comb begin
    req_d         = '0;
    req_d.skip    = (rec_d.reason != ReasonOk);
    req_d.by_key  = (kind == KindIn);
    req_d.inbound = (kind == KindIn);
    req_d.raw     = (kind == KindSeal) || (kind == KindOpen);
    req_d.handle  = meta_i.sa_handle;
    req_d.vrf_tag = meta_i.vrf_tag;
    req_d.dst     = {96'd0, dst_q};
    req_d.proto   = ProtoEsp;
    req_d.spi     = swap32(word_d[0]);
    req_d.seq_lo  = swap32(word_d[1]);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      index_q     <= '0;
      emitted_q   <= 1'b0;
      rec_valid_q <= 1'b0;
    end else begin
      if (fire) begin
        if (in_i.last) index_q <= '0;
        else if (index_q != '1) index_q <= index_q + 3'd1;
        emitted_q <= !in_i.last && (emitted_q || emit);
      end
      if (rec_free) rec_valid_q <= emit;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      if (index_q == '0) first_q <= in_i.data;
      if (index_q == 3'd1) dst_q <= in_i.data[31:0];
      sum_q  <= sum_d;
      word_q <= word_d;
    end
    if (emit) begin
      rec_q <= rec_d;
      req_q <= req_d;
    end
  end

  assign parsed_valid_o = rec_valid_q;
  assign parsed_o       = rec_q;
  assign req_o          = req_q;

  logic unused;
  assign unused = &{1'b0, ip.version, ip.checksum, ip.src, ihl_plus_3[1:0], ihl_plus_4[1:0],
                    aad_rounded[3:0]};

  `VAM_ASSERT(RecordHolds_A, (parsed_valid_o && !parsed_ready_i) |=> (parsed_valid_o && $stable
                             (parsed_o)))
endmodule
