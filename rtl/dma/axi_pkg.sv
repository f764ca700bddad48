// AXI4 channels as packed structs, for masters with 128-bit data and 64-bit addresses. Valid and
// ready travel apart.
//
// Bursts are always INCR with the full beat size (2^4 bytes), so neither is carried: tie
// awsize/arsize to 3'd4 and awburst/arburst to 2'b01 at the pins. Byte 0 of a beat is data[7:0].
package axi_pkg;
  parameter int unsigned DataBytes = 16;
  parameter int unsigned DataBits = 8 * DataBytes;
  // Width of IDs inside the card. A port with fewer ID pins drops upper bits that its master never
  // sets (IdWidth of dma).
  parameter int unsigned IdBits = 6;

  parameter logic [1:0] RespOkay = 2'b00;

  typedef struct packed {
    logic [IdBits-1:0] id;
    logic [63:0]       addr;
    logic [7:0]        len;   // beats - 1
  } axi_ar_t;

  typedef struct packed {
    logic [IdBits-1:0]   id;
    logic [DataBits-1:0] data;
    logic [1:0]          resp;
    logic                last;
  } axi_r_t;

  typedef axi_ar_t axi_aw_t;

  typedef struct packed {
    logic [DataBits-1:0]  data;
    logic [DataBytes-1:0] strb;
    logic                 last;
  } axi_w_t;

  typedef struct packed {
    logic [IdBits-1:0] id;
    logic [1:0]        resp;
  } axi_b_t;

  // The five channels of a master, seen from the master: what it drives and what it receives.
  typedef struct packed {
    logic    ar_valid;
    axi_ar_t ar;
    logic    r_ready;
    logic    aw_valid;
    axi_aw_t aw;
    logic    w_valid;
    axi_w_t  w;
    logic    b_ready;
  } axi_req_t;

  typedef struct packed {
    logic   ar_ready;
    logic   r_valid;
    axi_r_t r;
    logic   aw_ready;
    logic   w_ready;
    logic   b_valid;
    axi_b_t b;
  } axi_rsp_t;
endpackage
