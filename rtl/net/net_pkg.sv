// Internet headers as they lie in a beat: byte 0 of the header in bits [7:0], so fields of more
// than one byte are swapped here, in one place, into numbers.
package net_pkg;
  parameter logic [7:0] ProtoIpip = 8'd4;
  parameter logic [7:0] ProtoTcp = 8'd6;
  parameter logic [7:0] ProtoUdp = 8'd17;
  parameter logic [7:0] ProtoEsp = 8'd50;
  parameter logic [7:0] ProtoNoNext = 8'd59;

  parameter int unsigned Ipv4Bytes = 20;  // without options

  // Fields as numbers; addresses as numbers too (10.0.0.1 is 32'h0a000001).
  typedef struct packed {
    logic [3:0]  version;
    logic [3:0]  ihl;             // in 32-bit words
    logic [7:0]  tos;
    logic [15:0] total_len;
    logic        dont_fragment;
    logic        more_fragments;
    logic [12:0] fragment;        // in units of 8 bytes
    logic [7:0]  proto;
    logic [15:0] checksum;
    logic [31:0] src;
  } ipv4_t;

  function automatic logic [15:0] swap16(logic [15:0] value);
    return {value[7:0], value[15:8]};
  endfunction

  function automatic logic [31:0] swap32(logic [31:0] value);
    return {value[7:0], value[15:8], value[23:16], value[31:24]};
  endfunction

  function automatic logic [63:0] swap64(logic [63:0] value);
    return {swap32(value[31:0]), swap32(value[63:32])};
  endfunction

  // Ones' complement sum (RFC 1071) of two 16-bit words.
  function automatic logic [15:0] csum_add(logic [15:0] a, logic [15:0] b);
    logic [16:0] sum;
    sum = {1'b0, a} + {1'b0, b};
    return sum[15:0] + {15'd0, sum[16]};
  endfunction
endpackage
