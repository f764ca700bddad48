// DMA engine: everything between the host's memory and the packet path. See README.md for the contract.
module dma
  import vam_map_pkg::*;
  import vam_pkg::*;
  import axi_pkg::*;
  import dma_pkg::*;
#(
    parameter int unsigned NumQueues = 4,        // data queue pairs; queue 0 is the admin queue beside them
    parameter int unsigned NumVectors = 8,       // MSI-X vectors, at most 16
    parameter int unsigned IngressBeats = 1024,  // packet buffer, a power of two
    parameter int unsigned IdWidth = 4,          // AXI IDs used per port: 0 to 2^IdWidth - 1
    localparam int unsigned TableBits = $clog2(NumVectors) + 2
) (
    input logic clk_i,
    input logic rst_ni,     // soft-reset domain: the engine
    input logic por_ni,     // isolation, which must survive a soft reset

    // Host side. See axi_pkg for what is constant at the pins.
    output axi_req_t data_req_o,   // packets
    input  axi_rsp_t data_rsp_i,
    output axi_req_t ring_req_o,   // descriptors, contexts, completions, events, interrupts
    input  axi_rsp_t ring_rsp_i,

    // Reset and bus ownership.
    input  logic isolate_req_i,    // hold until the core has been reset
    output logic isolate_done_o,   // nothing of this card is under way on either bus
    input  logic bus_master_en_i,  // low: no new burst is begun
    output logic idle_o,           // no work, response or timer pending

    // Queues and the event ring. A configuration must hold from enable until idle.
    input  queue_cfg_t    [NumQueues:0] queue_cfg_i,
    output queue_status_t [NumQueues:0] queue_status_o,
    input  logic                        doorbell_valid_i,
    input  doorbell_t                   doorbell_i,
    input  event_cfg_t                  event_cfg_i,
    output logic          [       15:0] event_tail_o,      // free-running: events written
    output logic                        event_error_o,     // an event could not be written: stopped until disabled
    input  logic                        event_db_valid_i,  // consumer index of the event ring
    input  logic                        event_db_arm_i,
    input  logic          [       15:0] event_db_index_i,
    input  logic                        event_valid_i,
    output logic                        event_ready_o,
    input  event_t                      event_i,

    // Interrupts. Table words: {vector, 0..3} = address low, address high, data, control (bit 0: masked).
    input  logic                         msix_enable_i,
    input  logic                         msix_mask_i,
    input  moderation_t [NumVectors-1:0] moderation_i,
    input  logic                         table_we_i,
    input  logic        [ TableBits-1:0] table_addr_i,
    input  logic        [          31:0] table_wdata_i,
    input  logic        [           3:0] table_wstrb_i,
    output logic        [          31:0] table_rdata_o,  // combinational of table_addr_i
    output logic        [NumVectors-1:0] pba_o,

    input timeout_cfg_t timeout_i,

    // Admin queue: operations out, results in, one at a time.
    output logic        admin_valid_o,
    input  logic        admin_ready_i,
    output admin_op_t   admin_o,
    input  logic        admin_done_valid_i,
    output logic        admin_done_ready_o,
    input  admin_done_t admin_done_i,

    // Packet path.
    output logic        meta_valid_o,
    input  logic        meta_ready_i,
    output pkt_meta_t   meta_o,
    output logic        beat_valid_o,
    input  logic        beat_ready_i,
    output beat_t       beat_o,
    input  logic        result_valid_i,
    output logic        result_ready_o,
    input  pkt_result_t result_i,
    input  logic        out_valid_i,
    output logic        out_ready_o,
    input  beat_t       out_i,

    // Figures.
    output logic                    lat_valid_o,     // with every data-queue completion
    output logic    [StampBits-1:0] lat_cycles_o,    // last descriptor beat to completion accepted by the bus
    output logic                    result_valid_o,  // with every data-queue completion
    output reason_e                 result_reason_o,
    output sqe_op_e                 result_op_o,
    output logic    [         15:0] result_len_o,
    output dma_error_t              error_o
);
  // Body follows with the blocks it is made of.
endmodule
