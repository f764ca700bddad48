// Cuckoo table of the inbound SAs: four banks of RAM, each key has one possible row in each.
//
// The packet path reads all banks every cycle through its own port. Commands use the other port: a
// find searches breadth first for a chain of moves that ends in a free row, and changes nothing; an
// insert carries the chain out from its free end, so that an entry stands in its new place before
// its old one is overwritten and is found at every moment.
//
// No chain visits a row twice: the first node for that row would have ended the search at the same
// free row.
module sad_cuckoo
  import sad_pkg::*;
#(
    parameter int unsigned Rows = 512,
    parameter int unsigned MaxNodes = 48,
    localparam int unsigned RowBits = $clog2(Rows)
) (
    input logic         clk_i,
    input logic         rst_ni,
    input logic [127:0] seed_i,

    // Packet path: entries one cycle after look_re_i.
    input  logic                                 look_re_i,
    input  logic        [Banks-1:0][RowBits-1:0] look_rows_i,
    output bank_entry_t [Banks-1:0]              look_entries_o,

    // One command at a time; key and index hold until done_o. With done_o: found_o says that the
    // key is in the table (find, remove), full_o that no chain of moves was found (find).
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

  localparam int unsigned NodeBits = $clog2(MaxNodes);
  localparam int unsigned BankBits = $clog2(Banks);

  // A row that a chain may pass through, and the row whose entry would move there.
  typedef struct packed {
    logic                has_parent;
    logic [NodeBits-1:0] parent;
    logic [BankBits-1:0] bank;
    logic [RowBits-1:0]  row;
  } node_t;

  typedef enum logic [3:0] {
    StIdle,
    StHashA,
    StHashB,
    StRead,
    StExamine,
    StPush,
    StNext,
    StNextRead,
    StMove,
    StMoveRead,
    StMoveWrite,
    StScrub,
    StDone
  } state_e;

  state_e state_q;
  cuckoo_op_e op_q;
  node_t nodes[MaxNodes];
  logic [NodeBits:0] count_q, head_q;
  node_t                node_q;  // being expanded, or the row to fill next while moving
  node_t                leaf_q;  // where the chain found by the last find ends
  logic                 root_q;  // the key being hashed is the command's own
  logic  [BankBits-1:0] push_q;
  logic found_q, full_q;
  logic [RowBits-1:0] scrub_q;

  logic hash_en;
  lookup_key_t hash_key;
  logic [Banks-1:0][RowBits-1:0] hash_rows;
  logic [Banks-1:0] b_re, b_we;
  logic [Banks-1:0][RowBits-1:0] b_addr;
  bank_entry_t b_wdata;
  bank_entry_t [Banks-1:0] b_rdata;
  logic [Banks-1:0] hit, used;
  logic [BankBits-1:0] hit_bank, free_bank;

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
      if (hit[b-1]) hit_bank = BankBits'(b - 1);
      if (!used[b-1]) free_bank = BankBits'(b - 1);
    end
  end

  assign hash_en  = (state_q == StHashA);
  assign hash_key = root_q ? cmd_key_i : b_rdata[node_q.bank].key;
  assign done_o   = (state_q == StDone);
  assign found_o  = found_q;
  assign full_o   = full_q;

  // The command port of the banks.
  always_comb begin
    b_re    = '0;
    b_we    = '0;
    b_addr  = hash_rows;
    b_wdata = '0;
    unique case (state_q)
      StRead:  b_re = '1;
      StExamine: begin
        if (op_q == CuckooRemove) b_we[hit_bank] = |hit;
      end
      StNextRead: begin
        b_re[node_q.bank]   = 1'b1;
        b_addr[node_q.bank] = node_q.row;
      end
      StMoveRead: begin
        b_re[nodes[node_q.parent].bank]   = 1'b1;
        b_addr[nodes[node_q.parent].bank] = nodes[node_q.parent].row;
      end
      StMoveWrite: begin
        b_we[node_q.bank] = 1'b1;
        b_addr[node_q.bank] = node_q.row;
        b_wdata = node_q.has_parent ? b_rdata[nodes[node_q.parent].bank] : '{
            valid: 1'b1,
            key: cmd_key_i,
            index: cmd_index_i
        };
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
      state_q <= StIdle;
    end else begin
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
          if (op_q == CuckooRemove || (root_q && |hit) || !(&used)) state_q <= StDone;
          else state_q <= StPush;
        end
        StPush: if (push_q == BankBits'(Banks - 1)) state_q <= StNext;
        StNext: state_q <= (head_q == count_q) ? StDone : StNextRead;
        StNextRead: state_q <= StHashA;
        StMove: state_q <= node_q.has_parent ? StMoveRead : StMoveWrite;
        StMoveRead: state_q <= StMoveWrite;
        StMoveWrite: state_q <= node_q.has_parent ? StMove : StDone;
        StScrub: if (scrub_q == RowBits'(Rows - 1)) state_q <= StDone;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (state_q)
      StIdle: begin
        op_q    <= cmd_op_i;
        root_q  <= 1'b1;
        count_q <= '0;
        head_q  <= '0;
        found_q <= 1'b0;
        full_q  <= 1'b0;
        scrub_q <= '0;
        // An insert follows the chain that the last find left.
        if (cmd_valid_i && cmd_op_i == CuckooInsert) node_q <= leaf_q;
      end
      StExamine: begin
        push_q <= '0;
        if (root_q) found_q <= |hit;
        leaf_q <= '{
            has_parent: !root_q,
            parent: NodeBits'(head_q - 1'b1),
            bank: free_bank,
            row: hash_rows[free_bank]
        };
      end
      StPush: begin
        push_q <= push_q + 1'b1;
        if ((root_q || push_q != node_q.bank) && count_q != (NodeBits + 1)'(MaxNodes)) begin
          nodes[NodeBits'(count_q)] <= '{
              has_parent: !root_q,
              parent: NodeBits'(head_q - 1'b1),
              bank: push_q,
              row: hash_rows[push_q]
          };
          count_q <= count_q + 1'b1;
        end
      end
      StNext: begin
        root_q <= 1'b0;
        node_q <= nodes[NodeBits'(head_q)];
        head_q <= head_q + 1'b1;
        full_q <= (head_q == count_q);
      end
      StMoveWrite: if (node_q.has_parent) node_q <= nodes[node_q.parent];
      StScrub: scrub_q <= scrub_q + 1'b1;
      default: ;
    endcase
  end

  // Every entry stands in the row that its own key names.
  `VAM_ASSERT(RowOfKey_A, (state_q == StRead && !root_q) |-> (hash_rows[node_q.bank] == node_q.row))
  `VAM_ASSERT(CommandHolds_A,
              (state_q != StIdle && state_q != StDone) |-> (cmd_valid_i && cmd_op_i == op_q))
  `VAM_COVER(Chain_C, state_q == StMoveWrite && node_q.has_parent)
endmodule
