// What the registers of BAR0 say to the rest of the card.
package vam_reg_pkg;
  // Access to a region of BAR0 that the generated block does not implement. One at a time: valid is
  // a pulse, the answer's ack too, in a later cycle. addr counts bytes from the start of the region
  // and is a multiple of 4.
  typedef struct packed {
    logic        valid;
    logic        write;
    logic [15:0] addr;
    logic [31:0] data;
  } reg_req_t;

  typedef struct packed {
    logic        ack;
    logic [31:0] data;
  } reg_rsp_t;

  // Commands (pulses) and settings.
  typedef struct packed {
    logic         soft_reset;
    logic         zeroise;
    logic         fault_event;
    logic [23:0]  bus_timeout;    // cycles
    logic [23:0]  drain_timeout;  // cycles
    logic [127:0] hash_key;
  } bar_control_t;

  // Sticky fault bits, in the order of the register.
  typedef struct packed {
    logic isolation;
    logic ring_write;
    logic bus_timeout;
    logic write_error;
    logic read_error;
    logic queue_error;
  } faults_t;

  typedef struct packed {
    logic        ready;
    logic        reset_busy;
    logic        zeroise_done;
    logic        isolated;
    logic        link_up;
    logic        bus_master;
    logic        msix_enabled;
    logic        msix_masked;
    logic        idle;
    faults_t     fault_set;     // pulses
    logic [31:0] sa_count;
  } bar_status_t;
endpackage
