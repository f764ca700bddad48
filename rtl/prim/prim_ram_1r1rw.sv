// True dual-port RAM: port A reads, port B reads or writes, one clock. Read data is valid one cycle
// after the request and holds until the next one of its port. A read of the row that the other port
// writes in the same cycle returns the old content. The content is undefined after power-up: users
// scrub.
module prim_ram_1r1rw #(
    parameter int unsigned Width = 32,
    parameter int unsigned Depth = 16,
    localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  logic                 clk_i,
    input  logic                 a_re_i,
    input  logic [AddrWidth-1:0] a_addr_i,
    output logic [    Width-1:0] a_rdata_o,
    input  logic                 b_re_i,
    input  logic                 b_we_i,
    input  logic [AddrWidth-1:0] b_addr_i,
    input  logic [    Width-1:0] b_wdata_i,
    output logic [    Width-1:0] b_rdata_o
);
  logic [Width-1:0] mem[Depth];

  always_ff @(posedge clk_i) begin
    if (a_re_i) a_rdata_o <= mem[a_addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (b_we_i) mem[b_addr_i] <= b_wdata_i;
    if (b_re_i) b_rdata_o <= mem[b_addr_i];
  end
endmodule
