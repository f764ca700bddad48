// Cuckoo table of the inbound SAs: four banks of RAM, each key has one possible row in each.
//
// The packet path reads all banks every cycle through its own port. Commands use the other port: a
// find searches breadth first for a chain of moves that ends in a free row, and changes nothing; an
// insert carries the chain out from its free end, so that an entry stands in its new place before
// its old one is overwritten and is found at every moment.
//
// The search looks at the four rows of one key every two cycles. What it saw is kept as one record
// per key; a node is a row of a record, and its own bank is the one row of a record that is no new
// node. No chain visits a row twice: the first node of that row would have ended the search at the
// same free row.
module sad_cuckoo
  import sad_pkg::*;
#(
    parameter  int unsigned Rows       = 512,
    parameter  int unsigned MaxRecords = 128,
    localparam int unsigned RowBits    = $clog2(Rows)
) (
    input logic         clk_i,
    input logic         rst_ni,
    input logic [127:0] seed_i,

    // Packet path: entries one cycle after look_re_i.
    input  logic                                 look_re_i,
    input  logic        [Banks-1:0][RowBits-1:0] look_rows_i,
    output bank_entry_t [Banks-1:0]              look_entries_o,

    // One command at a time; all inputs hold until done_o. With done_o: found_o says that the key
    // is in the table (find, remove), full_o that no chain of moves was found (find).
    input  logic               cmd_valid_i,
    input  cuckoo_op_e         cmd_op_i,
    input  lookup_key_t        cmd_key_i,
    input  logic        [19:0] cmd_index_i,
    output logic               done_o,
    output logic               found_o,
    output logic               full_o
);
  `include "vam_assert.svh"
  `VAM_ASSERT_STATIC(gen_rows_check, Rows == (1 << RowBits) && RowBits <= 16)
  `VAM_ASSERT_STATIC(gen_records_check, MaxRecords == (1 << $clog2(MaxRecords)))

  localparam int unsigned RecBits = $clog2(MaxRecords);
  localparam int unsigned BankBits = $clog2(Banks);

  typedef logic [RecBits-1:0] rec_t;
  typedef logic [BankBits-1:0] bank_t;
  typedef logic [RowBits-1:0] row_t;

  typedef struct packed {
    rec_t  rec;
    bank_t bank;
  } node_t;

  // The rows of the key that stands at `node`; record 0 is of the key to be inserted.
  typedef struct packed {
    node_t            node;
    row_t [Banks-1:0] rows;
  } record_t;

  typedef enum logic [3:0] {
    StIdle,
    StHashA,
    StHashB,
    StRead,
    StExamine,
    StSearch,
    StMove,
    StMoveWrite,
    StScrub,
    StDone
  } state_e;

  state_e state_q;
  logic found_q, full_q;
  row_t scrub_q;

  record_t records[MaxRecords];
  rec_t count_q;  // records that are complete, at least 1 in StSearch
  logic phase_q;  // 0: take a node, judge an older one; 1: hash, read the rows of an older one
  node_t head_q;  // next node to take
  record_t head_record;
  logic head_ready, head_own;
  logic        [      4:1] flight_q;  // nodes on their way, by cycles since they were taken
  node_t       [      4:1] node_q;

  // The row to fill next while moving, and where its entry comes from.
  bank_t                   fill_bank_q;
  row_t                    fill_row_q;
  logic                    fill_root_q;  // from the command itself
  node_t                   fill_from_q;
  record_t                 from_record;

  logic                    hash_en;
  lookup_key_t             hash_key;
  row_t        [Banks-1:0] hash_rows;
  logic [Banks-1:0] b_re, b_we;
  row_t [Banks-1:0] b_addr;
  bank_entry_t b_wdata;
  bank_entry_t [Banks-1:0] b_rdata;
  logic [Banks-1:0] hit, used;
  bank_t hit_bank, free_bank;
  logic judge, last_record;

  sad_hash #(
      .RowBits(RowBits)
  ) u_hash (
      .clk_i,
      .en_i  (hash_en),
      .key_i (hash_key),
      .seed_i,
      .rows_o(hash_rows)
  );

  for (genvar b = 0; b < int'(Banks); b++) begin : gen_banks
    prim_ram_1r1rw #(
        .Width($bits(bank_entry_t)),
        .Depth(Rows)
    ) u_ram (
        .clk_i,
        .a_re_i   (look_re_i),
        .a_addr_i (look_rows_i[b]),
        .a_rdata_o(look_entries_o[b]),
        .b_re_i   (b_re[b]),
        .b_we_i   (b_we[b]),
        .b_addr_i (b_addr[b]),
        .b_wdata_i(b_wdata),
        .b_rdata_o(b_rdata[b])
    );
    assign hit[b]  = b_rdata[b].valid && (b_rdata[b].key == cmd_key_i);
    assign used[b] = b_rdata[b].valid;
  end

  always_comb begin
    hit_bank  = '0;
    free_bank = '0;
    for (int unsigned b = Banks; b > 0; b--) begin
      if (hit[b-1]) hit_bank = bank_t'(b - 1);
      if (!used[b-1]) free_bank = bank_t'(b - 1);
    end
  end

  assign head_record = records[head_q.rec];
  assign from_record = records[fill_from_q.rec];
  assign head_own    = (head_q.rec != '0) && (head_q.bank == head_record.node.bank);
  assign head_ready  = (head_q.rec < count_q) && !head_own;
  assign judge       = (state_q == StSearch) && !phase_q && flight_q[4];
  assign last_record = (count_q == rec_t'(MaxRecords - 1));

  assign hash_en     = (state_q == StHashA) || (state_q == StSearch && phase_q && flight_q[1]);
  assign hash_key    = (state_q == StHashA) ? cmd_key_i : b_rdata[node_q[1].bank].key;
  assign done_o      = (state_q == StDone);
  assign found_o     = found_q;
  assign full_o      = full_q;

  // The command port of the banks.
  always_comb begin
    b_re    = '0;
    b_we    = '0;
    b_addr  = hash_rows;
    b_wdata = '0;
    unique case (state_q)
      StRead: b_re = '1;
      StExamine: if (cmd_op_i == CuckooRemove) b_we[hit_bank] = |hit;
      StSearch: begin
        if (phase_q) begin
          b_re = {Banks{flight_q[3]}};
        end else begin
          b_re[head_q.bank]   = head_ready;
          b_addr[head_q.bank] = head_record.rows[head_q.bank];
        end
      end
      StMove: begin
        b_re[fill_from_q.bank]   = !fill_root_q;
        b_addr[fill_from_q.bank] = from_record.rows[fill_from_q.bank];
      end
      StMoveWrite: begin
        b_we[fill_bank_q] = 1'b1;
        b_addr[fill_bank_q] = fill_row_q;
        b_wdata = fill_root_q ?
        '{valid: 1'b1, key: cmd_key_i, index: cmd_index_i}
        : b_rdata[fill_from_q.bank];
      end
      StScrub: begin
        b_we   = '1;
        b_addr = {Banks{scrub_q}};
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= StIdle;
      flight_q <= '0;
    end else begin
      flight_q <= '0;
      unique case (state_q)
        StIdle: begin
          if (cmd_valid_i) begin
            unique case (cmd_op_i)
              CuckooScrub:  state_q <= StScrub;
              CuckooInsert: state_q <= StMove;
              default:      state_q <= StHashA;
            endcase
          end
        end
        StHashA: state_q <= StHashB;
        StHashB: state_q <= StRead;
        StRead: state_q <= StExamine;
        StExamine: begin
          if (cmd_op_i == CuckooRemove || |hit || !(&used)) state_q <= StDone;
          else state_q <= StSearch;
        end
        StSearch: begin
          flight_q <= {flight_q[3:1], !phase_q && head_ready};
          if (judge && (!(&used) || last_record)) state_q <= StDone;
          else if (flight_q == '0 && head_q.rec == count_q) state_q <= StDone;
        end
        StMove: state_q <= StMoveWrite;
        StMoveWrite: state_q <= fill_root_q ? StDone : StMove;
        StScrub: if (scrub_q == row_t'(Rows - 1)) state_q <= StDone;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (state_q)
      StIdle: begin
        found_q <= 1'b0;
        full_q  <= 1'b0;
        scrub_q <= '0;
      end
      StExamine: begin
        found_q     <= |hit;
        phase_q     <= 1'b0;
        head_q      <= '0;
        count_q     <= rec_t'(1);
        records[0]  <= '{node: '0, rows: hash_rows};
        fill_bank_q <= free_bank;
        fill_row_q  <= hash_rows[free_bank];
        fill_root_q <= 1'b1;
      end
      StSearch: begin
        phase_q <= !phase_q;
        node_q  <= {node_q[3:1], head_q};
        // Cycles that take no node pass over the row that is none.
        if (head_q.rec < count_q && (phase_q ? head_own : 1'b1)) head_q <= head_q + 1'b1;
        if (judge) begin
          full_q           <= (&used);
          records[count_q] <= '{node: node_q[4], rows: hash_rows};
          count_q          <= count_q + 1'b1;
          fill_bank_q      <= free_bank;
          fill_row_q       <= hash_rows[free_bank];
          fill_root_q      <= 1'b0;
          fill_from_q      <= node_q[4];
        end else if (flight_q == '0 && head_q.rec == count_q) begin
          full_q <= 1'b1;
        end
      end
      StMoveWrite: begin
        fill_bank_q <= fill_from_q.bank;
        fill_row_q  <= from_record.rows[fill_from_q.bank];
        fill_root_q <= (fill_from_q.rec == '0);
        fill_from_q <= from_record.node;
      end
      StScrub: scrub_q <= scrub_q + 1'b1;
      default: ;
    endcase
  end

  // Every entry stands in the row that its own key names.
  `VAM_ASSERT(RowOfKey_A,
              judge |-> (hash_rows[node_q[4].bank] == records[node_q[4].rec].rows[node_q[4].bank]))
  `VAM_ASSERT(CommandHolds_A, (state_q != StIdle && state_q != StDone) |-> cmd_valid_i)
  `VAM_COVER(Chain_C, state_q == StMoveWrite && !fill_root_q)
endmodule
