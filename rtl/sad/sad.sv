// SA database: finds the SA of every packet, allocates sequence numbers, commits replay windows,
// keeps lifetimes, and carries out the admin operations on SAs without stopping traffic.
module sad
  import vam_pkg::*;
  import sad_pkg::*;
#(
    parameter int unsigned MaxSa        = 1024,
    parameter int unsigned BankRows     = MaxSa / 2,  // rows of each of the four cuckoo banks
    parameter int unsigned ResendCycles = 65536       // an unacknowledged event is sent again
) (
    input logic         clk_i,
    input logic         rst_ni,
    input logic [127:0] hash_key_i, // taken over whenever no SA exists

    input  logic        req_valid_i,
    output logic        req_ready_o,
    input  sad_req_t    req_i,
    output logic        rsp_valid_o,
    input  logic        rsp_ready_i,
    output sad_rsp_t    rsp_o,
    input  logic        seq_req_valid_i,
    output logic        seq_req_ready_o,
    input  seq_req_t    seq_req_i,
    output logic        seq_rsp_valid_o,
    input  logic        seq_rsp_ready_i,
    output seq_rsp_t    seq_rsp_o,
    input  logic        commit_req_valid_i,
    output logic        commit_req_ready_o,
    input  commit_req_t commit_req_i,
    output logic        commit_rsp_valid_o,
    input  logic        commit_rsp_ready_i,
    output commit_rsp_t commit_rsp_o,
    input  logic        retire_i,            // one packet that had its rsp is done with its SA

    input  logic       admin_req_valid_i,
    output logic       admin_req_ready_o,
    input  admin_req_t admin_req_i,
    output logic       admin_rsp_valid_o,
    input  logic       admin_rsp_ready_i,
    output admin_rsp_t admin_rsp_o,
    output logic       event_valid_o,
    input  logic       event_ready_i,
    output event_t     event_o,

    output logic        ready_o,     // every RAM is scrubbed; before, nothing is accepted
    output logic [20:0] sa_count_o,
    output logic        idle_o       // no work and no timer pending
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_max_sa_check, MaxSa >= 2 && MaxSa <= 16384 && MaxSa == 1 << $clog2(MaxSa))
  `VAM_ASSERT_STATIC(gen_bank_check, BankRows == 1 << $clog2(BankRows))

  localparam int unsigned IdxBits = $clog2(MaxSa);
  localparam int unsigned RowBits = $clog2(BankRows);

  logic boot;
  logic [127:0] seed_q;
  // Lookup.
  logic bank_re, look_re, accept, lookup_empty;
  logic [Banks-1:0][RowBits-1:0] bank_rows;
  bank_entry_t [Banks-1:0] bank_entries;
  logic [IdxBits-1:0] look_index;
  sa_status_t look_status, admin_status, admin_status_new;
  sa_row_t look_row, admin_row, admin_row_new;
  sa_key_t look_key, admin_key, admin_key_new;
  logic [63:0] pre_top;
  logic [$clog2(RingBits)-1:0] pre_pos;
  logic pre_seen;
  // Admin.
  logic admin_re, admin_status_we, admin_row_we, admin_idle;
  logic [IdxBits-1:0] admin_index;
  logic cuckoo_valid, cuckoo_done, cuckoo_found, cuckoo_full;
  cuckoo_op_e cuckoo_op;
  lookup_key_t cuckoo_key;
  logic [19:0] cuckoo_index;
  // Read-modify-write.
  logic rmw_valid, rmw_done, rmw_idle, pending_any;
  rmw_op_e rmw_op;
  logic [IdxBits-1:0] rmw_index;
  logic [63:0] rmw_seq;
  sa_limits_t rmw_limits;
  event_mask_t rmw_mask;
  sa_snapshot_t snapshot;
  // Events.
  logic fire_valid, peek_valid, peek_ready, peek_done, events_idle;
  logic [IdxBits-1:0] fire_index, peek_index;
  event_mask_t fire_mask;

  // Entries stay where the seed of their insertion put them.
  always_ff @(posedge clk_i) begin
    if (!rst_ni || (sa_count_o == '0 && admin_idle)) seed_q <= hash_key_i;
  end

  assign ready_o = !boot;
  assign idle_o  = ready_o && lookup_empty && admin_idle && rmw_idle && events_idle;

  sad_lookup #(
      .MaxSa  (MaxSa),
      .RowBits(RowBits)
  ) u_lookup (
      .clk_i,
      .rst_ni,
      .enable_i      (ready_o),
      .seed_i        (seed_q),
      .req_valid_i,
      .req_ready_o,
      .req_i,
      .rsp_valid_o,
      .rsp_ready_i,
      .rsp_o,
      .bank_re_o     (bank_re),
      .bank_rows_o   (bank_rows),
      .bank_entries_i(bank_entries),
      .row_re_o      (look_re),
      .row_index_o   (look_index),
      .status_i      (look_status),
      .row_i         (look_row),
      .key_i         (look_key),
      .replay_top_i  (pre_top),
      .replay_pos_o  (pre_pos),
      .replay_seen_i (pre_seen),
      .accept_o      (accept),
      .empty_o       (lookup_empty)
  );

  sad_cuckoo #(
      .Rows(BankRows)
  ) u_cuckoo (
      .clk_i,
      .rst_ni,
      .seed_i        (seed_q),
      .look_re_i     (bank_re),
      .look_rows_i   (bank_rows),
      .look_entries_o(bank_entries),
      .cmd_valid_i   (cuckoo_valid),
      .cmd_op_i      (cuckoo_op),
      .cmd_key_i     (cuckoo_key),
      .cmd_index_i   (cuckoo_index),
      .done_o        (cuckoo_done),
      .found_o       (cuckoo_found),
      .full_o        (cuckoo_full)
  );

  prim_ram_1r1rw #(
      .Width($bits(sa_status_t)),
      .Depth(MaxSa)
  ) u_status (
      .clk_i,
      .a_re_i   (look_re),
      .a_addr_i (look_index),
      .a_rdata_o(look_status),
      .b_re_i   (admin_re),
      .b_we_i   (admin_status_we),
      .b_addr_i (admin_index),
      .b_wdata_i(admin_status_new),
      .b_rdata_o(admin_status)
  );
  prim_ram_1r1rw #(
      .Width($bits(sa_row_t)),
      .Depth(MaxSa)
  ) u_row (
      .clk_i,
      .a_re_i   (look_re),
      .a_addr_i (look_index),
      .a_rdata_o(look_row),
      .b_re_i   (admin_re),
      .b_we_i   (admin_row_we),
      .b_addr_i (admin_index),
      .b_wdata_i(admin_row_new),
      .b_rdata_o(admin_row)
  );
  // Nothing outside this block can read a key through the admin port: it is only compared there.
  prim_ram_1r1rw #(
      .Width($bits(sa_key_t)),
      .Depth(MaxSa)
  ) u_key (
      .clk_i,
      .a_re_i   (look_re),
      .a_addr_i (look_index),
      .a_rdata_o(look_key),
      .b_re_i   (admin_re),
      .b_we_i   (admin_row_we),
      .b_addr_i (admin_index),
      .b_wdata_i(admin_key_new),
      .b_rdata_o(admin_key)
  );

  sad_admin #(
      .MaxSa(MaxSa)
  ) u_admin (
      .clk_i,
      .rst_ni,
      .req_valid_i   (admin_req_valid_i),
      .req_ready_o   (admin_req_ready_o),
      .req_i         (admin_req_i),
      .rsp_valid_o   (admin_rsp_valid_o),
      .rsp_ready_i   (admin_rsp_ready_i),
      .rsp_o         (admin_rsp_o),
      .row_re_o      (admin_re),
      .row_index_o   (admin_index),
      .status_we_o   (admin_status_we),
      .status_o      (admin_status_new),
      .row_we_o      (admin_row_we),
      .row_o         (admin_row_new),
      .key_o         (admin_key_new),
      .status_i      (admin_status),
      .row_i         (admin_row),
      .key_i         (admin_key),
      .cuckoo_valid_o(cuckoo_valid),
      .cuckoo_op_o   (cuckoo_op),
      .cuckoo_key_o  (cuckoo_key),
      .cuckoo_index_o(cuckoo_index),
      .cuckoo_done_i (cuckoo_done),
      .cuckoo_found_i(cuckoo_found),
      .cuckoo_full_i (cuckoo_full),
      .rmw_valid_o   (rmw_valid),
      .rmw_index_o   (rmw_index),
      .rmw_op_o      (rmw_op),
      .rmw_seq_o     (rmw_seq),
      .rmw_limits_o  (rmw_limits),
      .rmw_mask_o    (rmw_mask),
      .rmw_done_i    (rmw_done),
      .snapshot_i    (snapshot),
      .accept_i      (accept),
      .retire_i,
      .boot_o        (boot),
      .count_o       (sa_count_o),
      .idle_o        (admin_idle)
  );

  sad_rmw #(
      .MaxSa(MaxSa)
  ) u_rmw (
      .clk_i,
      .rst_ni,
      .seq_req_valid_i,
      .seq_req_ready_o,
      .seq_req_i,
      .seq_rsp_valid_o,
      .seq_rsp_ready_i,
      .seq_rsp_o,
      .commit_req_valid_i,
      .commit_req_ready_o,
      .commit_req_i,
      .commit_rsp_valid_o,
      .commit_rsp_ready_i,
      .commit_rsp_o,
      .boot_i        (boot),
      .admin_valid_i (rmw_valid),
      .admin_op_i    (rmw_op),
      .admin_index_i (rmw_index),
      .admin_seq_i   (rmw_seq),
      .admin_limits_i(rmw_limits),
      .admin_mask_i  (rmw_mask),
      .admin_done_o  (rmw_done),
      .peek_valid_i  (peek_valid),
      .peek_ready_o  (peek_ready),
      .peek_index_i  (peek_index),
      .peek_done_o   (peek_done),
      .snapshot_o    (snapshot),
      .fire_valid_o  (fire_valid),
      .fire_index_o  (fire_index),
      .fire_mask_o   (fire_mask),
      .pending_any_o (pending_any),
      .pre_read_i    (look_re),
      .pre_index_i   (look_index),
      .pre_top_o     (pre_top),
      .pre_pos_i     (pre_pos),
      .pre_seen_o    (pre_seen),
      .idle_o        (rmw_idle)
  );

  sad_events #(
      .MaxSa(MaxSa),
      .ResendCycles(ResendCycles)
  ) u_events (
      .clk_i,
      .rst_ni,
      .fire_valid_i (fire_valid),
      .fire_index_i (fire_index),
      .fire_mask_i  (fire_mask),
      .pending_any_i(pending_any),
      .peek_valid_o (peek_valid),
      .peek_ready_i (peek_ready),
      .peek_index_o (peek_index),
      .peek_done_i  (peek_done),
      .snapshot_i   (snapshot),
      .event_valid_o,
      .event_ready_i,
      .event_o,
      .idle_o       (events_idle)
  );

  `VAM_ASSERT(RspHolds_A, (rsp_valid_o && !rsp_ready_i) |=> (rsp_valid_o && $stable(rsp_o)))
  `VAM_ASSERT(EventHolds_A, (event_valid_o && !event_ready_i) |=> (event_valid_o && $stable
                            (event_o)))
endmodule
