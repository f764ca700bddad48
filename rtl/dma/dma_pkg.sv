// Records that stay inside dma, and the ones it shares with the admin engine.
package dma_pkg;
  import vam_map_pkg::*;
  import vam_pkg::*;

  // Card time, as far as latencies are measured in it.
  parameter int unsigned StampBits = 24;
  typedef logic [StampBits-1:0] stamp_t;

  // Longest burst of packet data, in beats; bursts also end at every 4 KiB.
  parameter int unsigned BurstBeats = 32;
  parameter int unsigned MaxSegments = 8;  // per side of a packet

  // An operation of the admin queue on its way to the admin engine. fault other than ReasonOk:
  // refused or not readable, only to be counted and answered with that reason.
  typedef struct packed {
    sqe_t    sqe;
    sa_ctx_t ctx;    // OpSaAdd and OpSaModify, else zero
    reason_e fault;
  } admin_op_t;

  typedef struct packed {
    reason_e     reason;
    logic [31:0] sa_handle;
    sa_stats_t   stats;      // OpSaQuery: written to the host when reason is ReasonOk
  } admin_done_t;

  // Moderation of one MSI-X vector: at most one message per min_interval cycles, except when count
  // (if not 0) completions wait or an urgent one does.
  typedef struct packed {
    logic [15:0] min_interval;
    logic [7:0]  count;
  } moderation_t;

  // Cycles without an answer after which a bus transaction is given up; 0: never.
  typedef struct packed {
    logic [23:0] read;
    logic [23:0] write;
    logic [23:0] drain;  // isolation acknowledges after so many cycles even if answers are missing
  } timeout_cfg_t;

  // Waiting for an answer has lasted too long. A limit of 0 means: never.
  function automatic logic expired(logic [23:0] waited, logic [23:0] limit);
    return (limit != '0) && (waited >= limit);
  endfunction

  // Events for counters, each high for one cycle per occurrence.
  typedef struct packed {
    logic read_error;     // SLVERR or DECERR
    logic write_error;
    logic read_timeout;
    logic write_timeout;
    logic queue_error;    // a queue stopped: fetch failed or doorbell out of range
    logic event_dropped;  // an event while the event ring was off
  } dma_error_t;

  // A descriptor as the fetcher hands it on.
  typedef struct packed {
    stamp_t   stamp;  // when its last beat arrived
    sqe_t     sqe;
    sqe_ext_t ext;    // zero in the short form
  } descriptor_t;

  // A packet from decode to completion; the index of its table is job_t.
  typedef struct packed {
    stamp_t      stamp;
    logic [3:0]  qid;
    logic [15:0] sq_head;
    sqe_op_e     op;
    logic        urgent;
    logic [31:0] cookie;
    logic [63:0] dst;
    logic [15:0] dst_len;
    logic [3:0]  src_count;  // segments; 0: none listed
    logic [3:0]  dst_count;
  } job_rec_t;

  // What decode gives to the packet reader.
  typedef struct packed {
    job_t        job;
    reason_e     fault;
    sqe_op_e     op;
    logic [15:0] src_len;
    logic [15:0] dst_len;
    logic [15:0] vrf_tag;
    sa_handle_t  sa_handle;
    logic [15:0] aad_len;
    logic [7:0]  tag_len;
    logic [95:0] iv;
    logic [63:0] src;
    logic [3:0]  src_count;
    logic [3:0]  dst_count;
  } read_job_t;

  // A finished packet or admin operation, ready to be told to the host.
  typedef struct packed {
    stamp_t      stamp;
    logic        timed;      // stamp counts in the latency histogram
    logic [3:0]  qid;
    logic [15:0] sq_head;
    sqe_op_e     op;
    logic        urgent;
    logic [31:0] cookie;
    logic [31:0] sa_handle;
    logic [15:0] out_len;
    reason_e     reason;
  } done_t;

  // One burst of full beats.
  typedef struct packed {
    logic [63:0] addr;
    logic [7:0]  len;   // beats - 1
  } burst_t;

  // What a writer of the ring port says, and what it hears: a burst is asked for, then its beats
  // follow, then its answer (a pulse, with whether it was an error).
  typedef struct packed {
    logic burst_valid;
    burst_t burst;
    logic w_valid;
    axi_pkg::axi_w_t w;
  } ring_write_req_t;

  typedef struct packed {
    logic burst_ready;
    logic w_ready;
    logic b_valid;
    logic b_error;
  } ring_write_rsp_t;

  // A packet or raw operation has ended: its completion was accepted by the bus.
  typedef struct packed {
    logic        valid;
    reason_e     reason;
    sqe_op_e     op;
    logic [15:0] len;     // of the result, in bytes
    stamp_t      cycles;  // from its last descriptor beat to the acceptance
  } ended_t;

  // One vector of the MSI-X table.
  typedef struct packed {
    logic        masked;
    logic [31:0] data;
    logic [63:0] addr;    // a multiple of 4
  } msix_entry_t;
endpackage
