// Joins the events of sad with the card's own fault events. A fault event carries the fault bits at
// the time it is sent.
module vam_events
  import vam_map_pkg::*;
  import vam_pkg::*;
  import vam_reg_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    input faults_t fault_set_i,  // pulses
    input faults_t faults_i,     // sticky bits, one cycle behind the pulses
    input logic    inject_i,     // pulse: send a fault event whatever the bits

    input  logic   sad_valid_i,
    output logic   sad_ready_o,
    input  event_t sad_i,
    output logic   event_valid_o,
    input  logic   event_ready_i,
    output event_t event_o,
    output logic   idle_o
);
  logic raise_q;     // a fault event is to be made
  logic pending_q;   // one is offered
  logic sad_turn_q;  // an offered event of sad is not withdrawn for a fault
  logic [63:0] value_q;
  logic take;

  assign event_valid_o = pending_q || sad_valid_i;
  assign sad_ready_o = event_ready_i && (sad_turn_q || !pending_q);
  assign take = raise_q && (!pending_q || (event_ready_i && !sad_turn_q));
  assign idle_o = !raise_q && !pending_q;

  always_comb begin
    event_o = sad_i;
    if (pending_q && !sad_turn_q) begin
      event_o = '{kind: EventFault, handle: '0, sa_id: '0, value: value_q};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      raise_q    <= 1'b0;
      pending_q  <= 1'b0;
      sad_turn_q <= 1'b0;
    end else begin
      raise_q <= inject_i || ((fault_set_i & ~faults_i) != '0) || (raise_q && !take);
      if (take) pending_q <= 1'b1;
      else if (event_ready_i && !sad_turn_q) pending_q <= 1'b0;
      sad_turn_q <= sad_valid_i && !event_ready_i && (sad_turn_q || !pending_q);
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) value_q <= 64'(faults_i);
  end
endmodule
