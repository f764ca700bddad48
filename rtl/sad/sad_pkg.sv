// Rows and commands inside the SA database, and the rules that are pure functions of them.
package sad_pkg;
  import vam_map_pkg::*;
  import vam_pkg::*;

  parameter int unsigned Banks = 4;
  // Bits of the replay ring of one SA: the largest window.
  parameter int unsigned RingBits = 1024;
  // Bit number = event_type_e; bit 0 stays 0.
  typedef logic [7:0] event_mask_t;

  typedef enum logic [1:0] {
    SaFree,
    SaActive,
    SaClosing  // deletion waits for the packets that had their lookup before
  } sa_state_e;

  // The generation outlives the SA: it is what tells an old handle from a new one.
  typedef struct packed {
    sa_state_e   state;
    logic [11:0] gen;
  } sa_status_t;

  typedef struct packed {
    logic [15:0]  vrf_tag;
    logic [127:0] dst;
    logic [7:0]   proto;
    logic [31:0]  spi;
  } lookup_key_t;

  typedef struct packed {
    logic        valid;
    lookup_key_t key;
    logic [19:0] index;
  } bank_entry_t;

  // What the packet path reads, beside the key row.
  typedef struct packed {
    logic [15:0] vrf_tag;
    logic [10:0] window;
    sa_cfg_t     cfg;
  } sa_row_t;

  // What the read-modify-write stage reads and only the admin engine changes.
  typedef struct packed {
    logic [11:0] gen;
    logic [10:0] window;
    logic        inbound;
    logic        esn;
    logic [63:0] sa_id;
    logic [63:0] soft_bytes;
    logic [63:0] hard_bytes;
    logic [63:0] soft_packets;
    logic [63:0] hard_packets;
    logic [63:0] seq_watermark;
  } sa_limits_t;

  // What the read-modify-write stage changes with every packet; the sequence number lives in
  // sad_replay.
  typedef struct packed {
    event_mask_t pending;  // sticky until acknowledged
    event_mask_t fired;    // each event fires once, until the SA is modified
    logic [63:0] packets;
    logic [63:0] bytes;
  } sa_count_t;

  // One coherent reading of an SA.
  typedef struct packed {
    logic [11:0] gen;
    logic [63:0] sa_id;
    logic [63:0] seq;
    sa_count_t   count;
  } sa_snapshot_t;

  typedef enum logic [2:0] {
    RmwSeq,     // outbound packet
    RmwCommit,  // inbound packet
    RmwPeek,    // read only
    RmwAck,     // clear sticky events
    RmwModify,  // new limits, events may fire again
    RmwInit     // new limits, counters 0, sequence number set
  } rmw_op_e;

  typedef enum logic [1:0] {
    CuckooFind,    // is there room for a new key, and is it new; changes nothing
    CuckooInsert,  // after a find that said ok: carry it out
    CuckooRemove,
    CuckooScrub
  } cuckoo_op_e;

  // Functions take whole rows and contexts, and none needs every field.
  // verilator lint_off UNUSEDSIGNAL

  function automatic event_mask_t event_bit(input event_type_e kind);
    return event_mask_t'(8'd1 << kind);
  endfunction

  typedef struct packed {
    logic        impossible;  // no 64-bit number fits: left of number 0
    logic [63:0] seq;
  } inferred_t;

  // RFC 4303, appendix A2.2. Without a window the nearest number is taken as if it were of half the
  // number space.
  function automatic inferred_t infer_seq(input logic esn, input logic [10:0] window,
                                          input logic [63:0] top, input logic [31:0] lo);
    logic [31:0] width, bottom, hi;
    logic below;
    if (!esn) return '{impossible: 1'b0, seq: {32'd0, lo}};
    width  = (window == '0) ? 32'h8000_0000 : 32'(window);
    bottom = top[31:0] - width + 32'd1;
    below  = 1'b0;
    hi     = top[63:32];
    if (top[31:0] >= width - 32'd1) begin
      if (lo < bottom) hi = hi + 32'd1;
    end else if (lo >= bottom) begin
      below = (hi == '0);
      hi    = hi - 32'd1;
    end
    return '{impossible: below, seq: {hi, lo}};
  endfunction

  typedef struct packed {
    reason_e     reason;
    sa_count_t   count;
    event_mask_t fired;   // events that fire now
  } accounted_t;

  // Lifetimes and counters of one packet. refused: why the packet is refused already (sequence or
  // replay), or ReasonOk. seq: the packet's number.
  function automatic accounted_t account(input sa_limits_t limits, input sa_count_t count,
                                         input reason_e refused, input logic [63:0] seq,
                                         input logic [15:0] text_len);
    accounted_t result;
    logic [63:0] bytes, packets;
    event_mask_t events;
    bytes   = count.bytes + 64'(text_len);
    packets = count.packets + 64'd1;
    events  = '0;
    result  = '{reason: refused, count: count, fired: '0};
    if (refused == ReasonOk) begin
      if (limits.hard_bytes != '0 && bytes > limits.hard_bytes) begin
        result.reason = ReasonHardBytes;
      end else if (limits.hard_packets != '0 && packets > limits.hard_packets) begin
        result.reason = ReasonHardPackets;
      end
    end
    unique case (result.reason)
      ReasonOk: begin
        result.count.bytes   = bytes;
        result.count.packets = packets;
        if (limits.soft_bytes != '0 && bytes >= limits.soft_bytes) begin
          events |= event_bit(EventSoftBytes);
        end
        if (limits.soft_packets != '0 && packets >= limits.soft_packets) begin
          events |= event_bit(EventSoftPackets);
        end
        if (!limits.inbound && limits.seq_watermark != '0 && seq >= limits.seq_watermark) begin
          events |= event_bit(EventSeqWatermark);
        end
      end
      ReasonHardBytes: events = event_bit(EventHardBytes);
      ReasonHardPackets: events = event_bit(EventHardPackets);
      ReasonSeqOverflow: events = event_bit(EventSeqOverflow);
      default: ;
    endcase
    result.fired = events & ~count.fired;
    result.count.fired = count.fired | events;
    result.count.pending = count.pending | result.fired;
    return result;
  endfunction

  // Is this context one that the card can carry out? Reserved bits are zero, so that later cards
  // can give them a meaning.
  function automatic reason_e check_ctx(input sa_ctx_t ctx);
    logic reserved, ranges;
    reserved = (ctx.rsvd0 != '0) || (ctx.rsvd1 != '0) || (ctx.rsvd2 != '0) || (ctx.rsvd3 != '0) ||
        (ctx.rsvd4 != '0) || (ctx.rsvd5 != '0) || (ctx.rsvd6 != '0) || (ctx.mac_key != '0);
    ranges = (ctx.version == 8'd1) && (ctx.inbound <= 8'd1) && (ctx.mode <= 8'd2) &&
        (ctx.suite == 8'd1) && (ctx.key_size <= 8'd2) && (ctx.icv_len == 8'd16) &&
        (ctx.df_mode != 2'd3) && (ctx.mode == 8'd2 || ctx.proto == 8'd50) &&
        (ctx.window == '0 || (ctx.window >= 16'd64 && ctx.window <= 16'(RingBits))) &&
        (ctx.sel_src_bits <= (ctx.sel_v6 ? 8'd128 : 8'd32)) &&
        (ctx.sel_dst_bits <= (ctx.sel_v6 ? 8'd128 : 8'd32)) &&
        (ctx.sel_sport_lo <= ctx.sel_sport_hi) && (ctx.sel_dport_lo <= ctx.sel_dport_hi) &&
        (ctx.esn || ctx.initial_seq[63:32] == '0) &&
        (ctx.nat_t || {ctx.udp_src, ctx.udp_dst} == '0) &&
        (ctx.outer_v6 || {ctx.outer_src[127:32], ctx.outer_dst[127:32]} == '0) &&
        (ctx.sel_v6 || {ctx.sel_src[127:32], ctx.sel_dst[127:32]} == '0);
    if (reserved || !ranges) return ReasonBadContext;
    if (ctx.mode == 8'd1 || ctx.outer_v6 || ctx.nat_t || ctx.sel_v6) return ReasonUnsupportedOp;
    return ReasonOk;
  endfunction

  function automatic sa_row_t row_of_ctx(input sa_ctx_t ctx);
    sa_row_t row;
    row.vrf_tag = ctx.vrf_tag;
    row.window = ctx.window[10:0];
    row.cfg = '{
        inbound: ctx.inbound[0],
        mode: ctx.mode[1:0],
        key_size: ctx.key_size[1:0],
        esn: ctx.esn,
        df_mode: ctx.df_mode,
        dscp_fixed: ctx.dscp_fixed,
        check_selectors: ctx.check_selectors,
        spi: ctx.spi,
        ttl: ctx.ttl,
        tos: ctx.tos,
        outer_src: ctx.outer_src,
        outer_dst: ctx.outer_dst,
        sel_src: ctx.sel_src,
        sel_dst: ctx.sel_dst,
        sel_src_bits: ctx.sel_src_bits,
        sel_dst_bits: ctx.sel_dst_bits,
        sel_proto: ctx.sel_proto,
        sel_sport_lo: ctx.sel_sport_lo,
        sel_sport_hi: ctx.sel_sport_hi,
        sel_dport_lo: ctx.sel_dport_lo,
        sel_dport_hi: ctx.sel_dport_hi
    };
    return row;
  endfunction

  function automatic sa_limits_t limits_of_ctx(input sa_ctx_t ctx, input logic [11:0] gen);
    return
    '{
        gen: gen,
        window: ctx.window[10:0],
        inbound: ctx.inbound[0],
        esn: ctx.esn,
        sa_id: ctx.sa_id,
        soft_bytes: ctx.soft_bytes,
        hard_bytes: ctx.hard_bytes,
        soft_packets: ctx.soft_packets,
        hard_packets: ctx.hard_packets,
        seq_watermark: ctx.seq_watermark
    }
    ;
  endfunction

  // Only inbound ESP is found by key; a raw SA is always named by its handle.
  function automatic logic is_keyed(input sa_row_t row);
    return row.cfg.inbound && (row.cfg.mode != 2'd2);
  endfunction

  function automatic lookup_key_t key_of_row(input sa_row_t row);
    return '{vrf_tag: row.vrf_tag, dst: row.cfg.outer_dst, proto: 8'd50, spi: row.cfg.spi};
  endfunction

  // What an sa_modify may not change: everything but outer header, selectors and lifetimes.
  function automatic logic same_identity(input sa_row_t a, input sa_row_t b);
    return (a.vrf_tag == b.vrf_tag) && (a.window == b.window) && (a.cfg.inbound == b.cfg.inbound) &&
        (a.cfg.mode == b.cfg.mode) && (a.cfg.key_size == b.cfg.key_size) &&
        (a.cfg.esn == b.cfg.esn) && (a.cfg.spi == b.cfg.spi) &&
        (!is_keyed(a) || a.cfg.outer_dst == b.cfg.outer_dst);
  endfunction
  // verilator lint_on UNUSEDSIGNAL
endpackage
