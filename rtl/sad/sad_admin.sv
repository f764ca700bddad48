// Carries out the admin operations on SAs, one at a time, beside the traffic; scrubs everything
// after reset.
//
// Order is what makes this safe. Add: rows, then state, then the lookup entry, so that whoever
// finds the SA finds all of it. Delete: state first, then wait until every packet whose lookup may
// have seen the SA has retired, then entry and rows, then the new generation.
module sad_admin
  import vam_map_pkg::*;
  import vam_pkg::*;
  import sad_pkg::*;
#(
    parameter  int unsigned MaxSa   = 1024,
    localparam int unsigned IdxBits = $clog2(MaxSa)
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic       req_valid_i,
    output logic       req_ready_o,
    input  admin_req_t req_i,
    output logic       rsp_valid_o,
    input  logic       rsp_ready_i,
    output admin_rsp_t rsp_o,

    // Rows of the SA: one port, read data one cycle after row_re_o.
    output logic                     row_re_o,
    output logic       [IdxBits-1:0] row_index_o,
    output logic                     status_we_o,
    output sa_status_t               status_o,
    output logic                     row_we_o,     // row and key together
    output sa_row_t                  row_o,
    output sa_key_t                  key_o,
    input  sa_status_t               status_i,
    input  sa_row_t                  row_i,
    input  sa_key_t                  key_i,

    output logic               cuckoo_valid_o,
    output cuckoo_op_e         cuckoo_op_o,
    output lookup_key_t        cuckoo_key_o,
    output logic        [19:0] cuckoo_index_o,
    input  logic               cuckoo_done_i,
    input  logic               cuckoo_found_i,
    input  logic               cuckoo_full_i,

    output logic                       rmw_valid_o,
    output logic         [IdxBits-1:0] rmw_index_o,
    output rmw_op_e                    rmw_op_o,
    output logic         [       63:0] rmw_seq_o,
    output sa_limits_t                 rmw_limits_o,
    output event_mask_t                rmw_mask_o,
    input  logic                       rmw_done_i,
    input  sa_snapshot_t               snapshot_i,

    input logic accept_i,  // a packet had its lookup
    input logic retire_i,  // a packet is done

    output logic        boot_o,   // scrubbing after reset
    output logic [20:0] count_o,  // SAs
    output logic        idle_o
);
  `include "vam_assert.svh"

  // Counts more packets than can be between lookup and retirement.
  localparam int unsigned FlightBits = 12;

  typedef enum logic [3:0] {
    StTable,      // scrub the lookup table, then every row
    StIdle,
    StRead,
    StCheck,
    StFind,
    StPeek,
    StDrain,
    StRemove,
    StWrite,
    StRmw,
    StStatus,
    StInsert,
    StMarkRead,   // zeroise: keys first
    StMarkWrite,
    StRespond
  } state_e;

  state_e state_q, state_d;
  admin_req_t req_q;
  reason_e reason_q, reason_d, refuse, handle_reason;
  logic boot_q, all_q;  // all_q: every SA, not that of the request
  logic [IdxBits-1:0] index_q;
  logic [20:0] count_q;
  logic [11:0] gen_q;
  logic used_q, keyed_q;
  logic [FlightBits-1:0] accepted_q, retired_q, target_q, owed;
  // Last reading of the SA.
  logic [11:0] gen_read_q;
  event_mask_t pending_q;
  logic [63:0] sa_id_q, seq_q, packets_q, bytes_q;
  sa_row_t ctx_row;
  sa_key_t ctx_key;
  logic adding, modifying, last, drained, step;

  assign ctx_row   = row_of_ctx(req_q.ctx);
  assign ctx_key   = '{salt: req_q.ctx.salt, key: req_q.ctx.key};
  assign adding    = !all_q && (req_q.op == OpSaAdd);
  assign modifying = !all_q && (req_q.op == OpSaModify);
  assign last      = !all_q || (index_q == IdxBits'(MaxSa - 1));
  assign step      = (state_q == StMarkWrite) || (state_q == StStatus && all_q);

  // Retired has reached or passed the packets that were accepted when the wait began.
  assign owed      = target_q - retired_q;
  assign drained   = (owed == '0) || owed[FlightBits-1];

  // ---- May the operation go ahead? Valid in StCheck.
  always_comb begin
    handle_reason = ReasonOk;
    if (status_i.gen != req_q.handle.gen) handle_reason = ReasonSaStale;
    else if (status_i.state == SaFree) handle_reason = ReasonNoSa;

    refuse = ReasonOk;
    if (32'(req_q.handle.index) >= MaxSa) begin
      refuse = ReasonNoSa;
    end else if (req_q.op == OpSaAdd) begin
      refuse = check_ctx(req_q.ctx);
      if (refuse == ReasonOk && status_i.state != SaFree) refuse = ReasonSaExists;
    end else if (handle_reason != ReasonOk) begin
      refuse = handle_reason;
    end else if (req_q.op == OpSaModify) begin
      refuse = check_ctx(req_q.ctx);
      if (refuse == ReasonOk && (!same_identity(ctx_row, row_i) || ctx_key != key_i)) begin
        refuse = ReasonBadContext;
      end
    end
  end

  always_comb begin
    state_d  = state_q;
    reason_d = reason_q;
    unique case (state_q)
      StTable: if (cuckoo_done_i) state_d = StRead;
      StIdle: begin
        reason_d = ReasonOk;
        if (req_valid_i) begin
          unique case (req_i.op)
            OpSaAdd, OpSaModify, OpSaDelete, OpSaQuery, OpEventAck: state_d = StRead;
            OpZeroise: state_d = StMarkRead;
            OpNop: state_d = StRespond;
            default: begin
              state_d  = StRespond;
              reason_d = ReasonUnsupportedOp;
            end
          endcase
        end
      end
      StRead: state_d = StCheck;
      StCheck: begin
        if (all_q) begin
          state_d = StWrite;
        end else if (refuse != ReasonOk) begin
          state_d  = StRespond;
          reason_d = refuse;
        end else begin
          unique case (req_q.op)
            OpSaAdd: state_d = is_keyed(ctx_row) ? StFind : StWrite;
            OpSaDelete: state_d = StDrain;
            OpEventAck: state_d = StRmw;
            default: state_d = StPeek;
          endcase
        end
      end
      StFind: begin
        if (cuckoo_done_i) begin
          state_d = (cuckoo_found_i || cuckoo_full_i) ? StRespond : StWrite;
          if (cuckoo_found_i) reason_d = ReasonSaExists;
          else if (cuckoo_full_i) reason_d = ReasonTableFull;
        end
      end
      StPeek: begin
        if (rmw_done_i) begin
          state_d = modifying ? StWrite : StRespond;
          if (modifying && snapshot_i.sa_id != req_q.ctx.sa_id) begin
            state_d  = StRespond;
            reason_d = ReasonBadContext;
          end
        end
      end
      StDrain: begin
        if (drained) begin
          if (all_q) state_d = StTable;
          else state_d = keyed_q ? StRemove : StWrite;
        end
      end
      StRemove: if (cuckoo_done_i) state_d = StWrite;
      StWrite: state_d = StRmw;
      StRmw: begin
        if (rmw_done_i) begin
          state_d = (modifying || (!all_q && req_q.op == OpEventAck)) ? StRespond : StStatus;
        end
      end
      StStatus: begin
        if (adding && keyed_q) state_d = StInsert;
        else if (!last) state_d = StRead;
        else state_d = boot_q ? StIdle : StRespond;
      end
      StInsert: if (cuckoo_done_i) state_d = StRespond;
      StMarkRead: state_d = StMarkWrite;
      StMarkWrite: state_d = last ? StDrain : StMarkRead;
      default: if (rsp_ready_i) state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= StTable;
      boot_q     <= 1'b1;
      all_q      <= 1'b1;
      index_q    <= '0;
      count_q    <= '0;
      accepted_q <= '0;
      retired_q  <= '0;
    end else begin
      state_q    <= state_d;
      accepted_q <= accepted_q + FlightBits'(accept_i);
      retired_q  <= retired_q + FlightBits'(retire_i);
      if (state_q == StIdle) begin
        boot_q  <= 1'b0;
        all_q   <= (req_i.op == OpZeroise);
        index_q <= (req_i.op == OpZeroise) ? '0 : req_i.handle.index[IdxBits-1:0];
      end else if (step) begin
        index_q <= last ? '0 : index_q + 1'b1;
      end
      if (state_q == StStatus && !boot_q) begin
        if (adding) count_q <= count_q + 1'b1;
        else if (used_q) count_q <= count_q - 1'b1;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    reason_q <= reason_d;
    if (state_q == StIdle) req_q <= req_i;
    if (state_q == StCheck) begin
      gen_q   <= boot_q ? '0 : status_i.gen;
      used_q  <= !boot_q && (status_i.state != SaFree);
      keyed_q <= adding ? is_keyed(ctx_row) : is_keyed(row_i);
    end
    // What was accepted until the closing state was written may have missed it.
    if (state_q != StDrain) target_q <= accepted_q + FlightBits'(accept_i);
    if (rmw_done_i) begin
      gen_read_q <= snapshot_i.gen;
      pending_q  <= snapshot_i.count.pending;
      sa_id_q    <= snapshot_i.sa_id;
      seq_q      <= snapshot_i.seq;
      packets_q  <= snapshot_i.count.packets;
      bytes_q    <= snapshot_i.count.bytes;
    end
  end

  // ---- Rows.
  always_comb begin
    row_re_o    = (state_q == StRead) || (state_q == StMarkRead);
    row_index_o = index_q;
    status_we_o = 1'b0;
    status_o    = '{state: SaFree, gen: gen_q};
    row_we_o    = (state_q == StWrite) || (state_q == StMarkWrite);
    row_o       = '0;
    key_o       = '0;
    unique case (state_q)
      StCheck: begin
        status_we_o = !all_q && (req_q.op == OpSaDelete) && (refuse == ReasonOk);
        status_o    = '{state: SaClosing, gen: status_i.gen};
      end
      StMarkWrite: begin
        status_we_o = (status_i.state == SaActive);
        status_o    = '{state: SaClosing, gen: status_i.gen};
      end
      StWrite: begin
        if (adding || modifying) begin
          row_o = ctx_row;
          key_o = ctx_key;
        end
      end
      StStatus: begin
        status_we_o = 1'b1;
        if (adding) status_o = '{state: SaActive, gen: gen_q};
        else status_o = '{state: SaFree, gen: gen_q + 12'(used_q)};
      end
      default: ;
    endcase
  end

  // ---- Lookup table.
  assign cuckoo_valid_o = (state_q == StTable) || (state_q == StFind) || (state_q == StInsert) ||
      (state_q == StRemove);
  always_comb begin
    unique case (state_q)
      StTable:  cuckoo_op_o = CuckooScrub;
      StInsert: cuckoo_op_o = CuckooInsert;
      StRemove: cuckoo_op_o = CuckooRemove;
      default:  cuckoo_op_o = CuckooFind;
    endcase
  end
  assign cuckoo_key_o = key_of_row(adding ? ctx_row : row_i);
  assign cuckoo_index_o = 20'(index_q);

  // ---- Read-modify-write stage.
  assign rmw_valid_o = (state_q == StRmw) || (state_q == StPeek);
  always_comb begin
    if (state_q == StPeek) rmw_op_o = RmwPeek;
    else if (modifying) rmw_op_o = RmwModify;
    else if (!all_q && req_q.op == OpEventAck) rmw_op_o = RmwAck;
    else rmw_op_o = RmwInit;
    rmw_seq_o    = adding ? req_q.ctx.initial_seq : '0;
    rmw_limits_o = (adding || modifying) ? limits_of_ctx(req_q.ctx, gen_q) : '0;
  end
  assign rmw_index_o = index_q;
  assign rmw_mask_o  = req_q.event_mask[7:0];

  assign req_ready_o = (state_q == StIdle);
  assign rsp_valid_o = (state_q == StRespond);
  always_comb begin
    rsp_o = '{reason: reason_q, handle: req_q.handle, stats: '0};
    if (req_q.op == OpSaAdd && reason_q == ReasonOk) rsp_o.handle.gen = gen_q;
    if (req_q.op == OpSaQuery && reason_q == ReasonOk) begin
      rsp_o.stats.sa_handle      = {gen_read_q, req_q.handle.index};
      rsp_o.stats.pending_events = 16'(pending_q);
      rsp_o.stats.sa_id          = sa_id_q;
      rsp_o.stats.seq            = seq_q;
      rsp_o.stats.packets        = packets_q;
      rsp_o.stats.bytes          = bytes_q;
    end
  end
  assign boot_o  = boot_q && (state_q != StIdle);
  assign count_o = count_q;
  assign idle_o  = (state_q == StIdle);

  `VAM_ASSERT(NotMoreRetired_A, !(accepted_q == retired_q && retire_i))
  `VAM_ASSERT(HoldsWhileStalled_A, (rsp_valid_o && !rsp_ready_i) |=> (rsp_valid_o && $stable(rsp_o)
                                   ))
endmodule
