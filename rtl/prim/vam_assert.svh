// Assertions, in one place so that a front end that cannot take them sees none.
//
// `VAM_ASSERT(name, property)        holds at every clock edge out of reset
// `VAM_COVER(name, property)         reached at least once
// `VAM_ASSERT_STATIC(name, cond)     parameter legality, checked at elaboration
//
// All expect clk_i and rst_ni in scope. Properties stay in the subset that Verilator takes: |->,
// |=>, $past, $stable, $rose, $fell, $isunknown; no ##N.

`ifndef VAM_ASSERT_SVH
`define VAM_ASSERT_SVH

`ifdef VERILATOR
`define VAM_ASSERT(__name, __prop) \
  __name : assert property (@(posedge clk_i) disable iff (!rst_ni) (__prop)) \
    else $error("%m: %s", `"__name`");
`define VAM_COVER(__name, __prop) \
  __name : cover property (@(posedge clk_i) disable iff (!rst_ni) (__prop));
`else
`define VAM_ASSERT(__name, __prop)
`define VAM_COVER(__name, __prop)
`endif

`define VAM_ASSERT_STATIC(__name, __cond) \
  if (!(__cond)) begin : __name \
    $error("parameter check failed"); \
  end

`endif
