// What the blocks of the card say to each other: packet records that travel beside the data, and
// the SA interfaces.
//
// Layouts shared with the host (descriptors, completions, SA context, reasons) are generated:
// vam_map_pkg. Here are only records that never leave the card. Byte 0 of a packet is data[7:0] of
// its first beat.
package vam_pkg;
  import vam_map_pkg::*;

  // Packets on the card at once, from descriptor decode to completion.
  parameter int unsigned JobCount = 64;
  parameter int unsigned JobWidth = $clog2(JobCount);
  // Largest packet, source or result, in bytes.
  parameter int unsigned MaxPacket = 9728;

  typedef logic [JobWidth-1:0] job_t;

  // 20 bits of index, as in every handle; a card with fewer SAs checks the upper bits.
  typedef struct packed {
    logic [11:0] gen;
    logic [19:0] index;
  } sa_handle_t;

  // One beat of packet data. All beats but the last are full; the packet's length travels in its
  // record.
  typedef struct packed {
    logic         last;
    logic [127:0] data;
  } beat_t;

  // dma -> esp: one record per packet, valid only when the whole packet is on the card.
  // ceil(src_len/16) beats follow in the data stream, or none when fault is not ReasonOk (then esp
  // only passes the record on).
  typedef struct packed {
    job_t        job;
    reason_e     fault;
    sqe_op_e     op;
    logic [15:0] src_len;
    logic [15:0] dst_cap;
    logic [15:0] vrf_tag;
    sa_handle_t  sa_handle;
    logic [15:0] aad_len;
    logic [7:0]  tag_len;
    logic [95:0] iv;         // byte 0 in [7:0]
  } pkt_meta_t;

  // esp -> dma: one record per packet, in the order of the pkt_meta_t. ceil(out_len/16) beats
  // follow in the data stream; out_len is 0 unless reason is ReasonOk.
  typedef struct packed {
    job_t        job;
    reason_e     reason;
    logic [15:0] out_len;
    sa_handle_t  sa_handle;  // the SA that was found, 0 if none was
  } pkt_result_t;

  // esp -> sad: lookup. Every packet asks, in order, also those with nothing to look up (skip), so
  // that answers pair with packets by order alone.
  typedef struct packed {
    logic skip;
    logic by_key;  // inbound: by {vrf_tag, dst, proto, spi}; else by handle
    logic inbound;  // the direction that the SA must have; raw operations do not care (raw)
    logic raw;
    sa_handle_t handle;
    logic [15:0] vrf_tag;
    logic [127:0] dst;  // network order: byte 0 of the address in [7:0]; IPv4: upper 96 bits zero
    logic [7:0] proto;
    logic [31:0] spi;  // as a number
    logic [31:0] seq_lo;  // inbound: for the replay pre-check and the inference of the high half
  } sad_req_t;

  // Read-only part of an SA that the packet path needs, as the admin engine stored it from the
  // sa_ctx of the same names.
  typedef struct packed {
    logic         inbound;
    logic [1:0]   mode;
    logic [1:0]   key_size;
    logic         esn;
    logic [1:0]   df_mode;
    logic         dscp_fixed;
    logic         check_selectors;
    logic [31:0]  spi;
    logic [7:0]   ttl;
    logic [7:0]   tos;
    logic [127:0] outer_src;
    logic [127:0] outer_dst;
    logic [127:0] sel_src;
    logic [127:0] sel_dst;
    logic [7:0]   sel_src_bits;
    logic [7:0]   sel_dst_bits;
    logic [7:0]   sel_proto;
    logic [15:0]  sel_sport_lo;
    logic [15:0]  sel_sport_hi;
    logic [15:0]  sel_dport_lo;
    logic [15:0]  sel_dport_hi;
  } sa_cfg_t;

  typedef struct packed {
    logic [31:0]  salt;  // byte 0 in [7:0]
    logic [255:0] key;   // byte 0 in [7:0]
  } sa_key_t;

  // sad -> esp: answer to a sad_req_t. reason: ReasonOk, ReasonNoSa, ReasonSaStale,
  // ReasonSaDirection, ReasonReplayOld or ReasonReplayDuplicate (pre-check: may be stale, the
  // commit decides). skip answers ReasonOk and handle 0.
  typedef struct packed {
    reason_e     reason;
    sa_handle_t  handle;
    logic [63:0] seq;     // inbound: the sequence number with the inferred high half
    sa_cfg_t     cfg;
    sa_key_t     key;
  } sad_rsp_t;

  // esp -> sad, outbound, after every drop decision: allocate a sequence number and account
  // text_len bytes.
  typedef struct packed {
    logic [19:0] index;
    logic [15:0] text_len;
  } seq_req_t;

  // reason: ReasonOk, ReasonSeqOverflow, ReasonHardBytes or ReasonHardPackets (then nothing was
  // counted).
  typedef struct packed {
    reason_e     reason;
    logic [63:0] seq;
  } seq_rsp_t;

  // esp -> sad, inbound, after the ICV: authoritative replay check-and-set, lifetimes and counters.
  typedef struct packed {
    logic [19:0] index;
    logic [63:0] seq;
    logic [15:0] text_len;
  } commit_req_t;

  // reason: ReasonOk, ReasonReplayOld, ReasonReplayDuplicate, ReasonHardBytes or ReasonHardPackets
  // (then nothing changed).
  typedef struct packed {reason_e reason;} commit_rsp_t;

  // admin -> sad: one operation at a time.
  typedef struct packed {
    sqe_op_e     op;
    sa_handle_t  handle;
    logic [15:0] event_mask;  // OpEventAck
    sa_ctx_t     ctx;         // OpSaAdd, OpSaModify
  } admin_req_t;

  typedef struct packed {
    reason_e    reason;
    sa_handle_t handle;  // OpSaAdd: with the generation that descriptors must quote
    sa_stats_t  stats;   // OpSaQuery
  } admin_rsp_t;

  // Configuration and state of one queue pair (queue 0 is the admin queue).
  typedef struct packed {
    logic        enable;   // falling: stop fetching, flush, report idle
    logic        low_lat;  // class: 1 strict low latency, 0 default
    logic [3:0]  vector;   // MSI-X vector of its completions
    logic [3:0]  sq_log2;  // slots of the submission ring, log2: 3 to 12
    logic [3:0]  cq_log2;  // slots of the completion ring, log2: 3 to 12
    logic [63:0] sq_base;  // 64-byte aligned
    logic [63:0] cq_base;  // 64-byte aligned
  } queue_cfg_t;

  typedef struct packed {
    logic idle;  // disabled and nothing of it is in flight
    logic error;  // fetch failed or a doorbell jumped past the ring: stopped until disabled
    logic [15:0] sq_head;  // free-running: every slot before it may be used again
    logic [15:0] cq_tail;  // free-running: completions written
  } queue_status_t;

  // A doorbell write, decoded from BAR0.
  typedef struct packed {
    logic cq;  // 0: submission tail; 1: completion head (consumer index)
    logic arm;  // completion head only: request one interrupt; fires at once if the host is behind
    logic [3:0] qid;
    logic [15:0] index;  // free-running
  } doorbell_t;

  // Event ring: same rules as a completion ring.
  typedef struct packed {
    logic        enable;
    logic [3:0]  vector;
    logic [3:0]  log2;
    logic [63:0] base;
  } event_cfg_t;

  typedef struct packed {
    logic error;  // an event could not be written: stopped until disabled
    logic [15:0] tail;  // free-running: events written
  } event_status_t;

  // A write of the event ring's consumer index, decoded from BAR0.
  typedef struct packed {
    logic arm;  // request one interrupt; fires at once if the host is behind
    logic [15:0] index;  // free-running
  } event_doorbell_t;

  // What sad (and others) put into the event ring; dma adds phase and drop count.
  typedef struct packed {
    event_type_e kind;
    sa_handle_t  handle;
    logic [63:0] sa_id;
    logic [63:0] value;
  } event_t;
endpackage
