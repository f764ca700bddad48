// Lookup pipeline: one request per cycle, answers in order, never stopped by commands on the table.
//
//   cycle 0  request accepted, hash            3  entries compared
//         1  hash                              4  rows of the SA read
//         2  banks read                        5  verdict and replay pre-check, into the queue
//
// The answer can be taken in cycle 6. Room in the queue is reserved before a request is accepted,
// so the pipeline itself never stalls.
module sad_lookup
  import vam_map_pkg::*;
  import vam_pkg::*;
  import sad_pkg::*;
#(
    parameter int unsigned MaxSa = 1024,
    parameter int unsigned RowBits = 9,
    parameter int unsigned QueueDepth = 8,
    localparam int unsigned IdxBits = $clog2(MaxSa)
) (
    input logic         clk_i,
    input logic         rst_ni,
    input logic         enable_i,
    input logic [127:0] seed_i,

    input  logic     req_valid_i,
    output logic     req_ready_o,
    input  sad_req_t req_i,
    output logic     rsp_valid_o,
    input  logic     rsp_ready_i,
    output sad_rsp_t rsp_o,

    output logic                                 bank_re_o,
    output logic        [Banks-1:0][RowBits-1:0] bank_rows_o,
    input  bank_entry_t [Banks-1:0]              bank_entries_i,

    // Rows of the SA, one cycle after row_re_o; replay_pos_o belongs to the row that is being
    // answered.
    output logic                              row_re_o,
    output logic       [         IdxBits-1:0] row_index_o,
    input  sa_status_t                        status_i,
    input  sa_row_t                           row_i,
    input  sa_key_t                           key_i,
    input  logic       [                63:0] replay_top_i,
    output logic       [$clog2(RingBits)-1:0] replay_pos_o,
    input  logic                              replay_seen_i,

    output logic accept_o,  // a request entered
    output logic empty_o
);
  `include "vam_assert.svh"

  // What is left of a request once its SA is known.
  typedef struct packed {
    logic        skip;
    logic        by_key;
    logic        inbound;
    logic        raw;
    logic        absent;   // no entry, or an index that this card does not have
    sa_handle_t  handle;
    logic [31:0] seq_lo;
  } query_t;

  logic [5:1] valid_q;
  sad_req_t [3:1] req_q;
  query_t found, query4_q, query5_q;
  lookup_key_t key3;
  logic room;
  sad_rsp_t answer;
  inferred_t inferred;
  reason_e verdict;
  logic replay_old, other_gen;

  assign req_ready_o = enable_i && room;
  assign accept_o    = req_valid_i && req_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[4:1], accept_o};
  end

  // Cycles 0 and 1: hash.
  sad_hash #(
      .RowBits(RowBits)
  ) u_hash (
      .clk_i,
      .en_i  (accept_o && req_i.by_key && !req_i.skip),
      .key_i ('{vrf_tag: req_i.vrf_tag, dst: req_i.dst, proto: req_i.proto, spi: req_i.spi}),
      .seed_i,
      .rows_o(bank_rows_o)
  );
  always_ff @(posedge clk_i) begin
    if (accept_o) req_q[1] <= req_i;
    if (valid_q[1]) req_q[2] <= req_q[1];
    if (valid_q[2]) req_q[3] <= req_q[2];
  end

  // Cycle 2: read; cycle 3: compare.
  assign bank_re_o = valid_q[2] && req_q[2].by_key && !req_q[2].skip;
  assign key3 = '{
          vrf_tag: req_q[3].vrf_tag,
          dst: req_q[3].dst,
          proto: req_q[3].proto,
          spi: req_q[3].spi
      };
  always_comb begin
    found = '{
        skip: req_q[3].skip,
        by_key: req_q[3].by_key,
        inbound: req_q[3].inbound,
        raw: req_q[3].raw,
        absent: 1'b0,
        handle: req_q[3].handle,
        seq_lo: req_q[3].seq_lo
    };
    if (req_q[3].by_key) begin
      found.absent = 1'b1;
      // While an entry moves it stands in two banks, and both name the same index.
      for (int unsigned b = 0; b < Banks; b++) begin
        if (bank_entries_i[b].valid && bank_entries_i[b].key == key3) begin
          found.absent = 1'b0;
          found.handle = '{gen: '0, index: bank_entries_i[b].index};
        end
      end
    end else begin
      found.absent = (32'(req_q[3].handle.index) >= MaxSa);
    end
  end
  always_ff @(posedge clk_i) begin
    if (valid_q[3]) query4_q <= found;
    if (valid_q[4]) query5_q <= query4_q;
  end

  // Cycle 4: read the SA; cycle 5: verdict.
  assign row_re_o     = valid_q[4] && !query4_q.skip && !query4_q.absent;
  assign row_index_o  = query4_q.handle.index[IdxBits-1:0];
  assign replay_pos_o = query5_q.seq_lo[$clog2(RingBits)-1:0];
  assign inferred     = infer_seq(row_i.cfg.esn, row_i.window, replay_top_i, query5_q.seq_lo);

  // The VRF tag is of the lookup key only.
  logic [15:0] unused_vrf_tag;
  assign unused_vrf_tag = row_i.vrf_tag;

  assign other_gen = !query5_q.by_key && (status_i.gen != query5_q.handle.gen);

  // Number 0 is never sent (RFC 4303, 3.3.3), so without ESN it lies left of any window.
  assign replay_old = inferred.impossible || (!row_i.cfg.esn && query5_q.seq_lo == '0) ||
      (inferred.seq <= replay_top_i && replay_top_i - inferred.seq >= 64'(row_i.window));

  always_comb begin
    verdict = ReasonOk;
    if (query5_q.absent) begin
      verdict = ReasonNoSa;
    end else if (status_i.state == SaFree) begin
      verdict = other_gen ? ReasonSaStale : ReasonNoSa;
    end else if (status_i.state == SaClosing || other_gen) begin
      verdict = ReasonSaStale;
    end else if (query5_q.raw != (row_i.cfg.mode == 2'd2) ||
                 (!query5_q.raw && query5_q.inbound != row_i.cfg.inbound)) begin
      verdict = ReasonSaDirection;
    end else if (query5_q.inbound && !query5_q.raw && row_i.window != '0) begin
      if (replay_old) verdict = ReasonReplayOld;
      else if (inferred.seq <= replay_top_i && replay_seen_i) verdict = ReasonReplayDuplicate;
    end
  end

  always_comb begin
    answer = '{reason: verdict, handle: '0, seq: inferred.seq, cfg: row_i.cfg, key: key_i};
    if (query5_q.skip) answer.reason = ReasonOk;
    // The handle names the SA that was found, also when it then refused the packet.
    if (!query5_q.skip && verdict != ReasonNoSa && verdict != ReasonSaStale) begin
      answer.handle = '{gen: status_i.gen, index: query5_q.handle.index};
    end
    // Key and rows go out only with a packet that may use them.
    if (query5_q.skip || verdict != ReasonOk) answer.key = '0;
  end

  prim_fifo_reserved #(
      .Width($bits(sad_rsp_t)),
      .Depth(QueueDepth)
  ) u_queue (
      .clk_i,
      .rst_ni,
      .room_o   (room),
      .reserve_i(accept_o),
      .valid_i  (valid_q[5]),
      .data_i   (answer),
      .valid_o  (rsp_valid_o),
      .ready_i  (rsp_ready_i),
      .data_o   (rsp_o),
      .empty_o
  );
endmodule
