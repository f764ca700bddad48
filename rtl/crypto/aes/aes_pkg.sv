// AES (FIPS 197) building blocks: key sizes, S-box, column arithmetic, key schedule constants.
//
// Byte order. Byte 0 of a block or key, the one FIPS 197 prints first, is bits [7:0]. Column c of
// the state is the word of bytes 4c .. 4c+3, so row r of column c is bits [32c+8r +: 8]. A block
// written as one SystemVerilog number shows its last byte first:
//   FIPS 197 C.1 input  00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff
//   as a block          128'hffeeddccbbaa99887766554433221100
package aes_pkg;

  typedef enum logic [1:0] {
    KeyAes128 = 2'd0,
    KeyAes192 = 2'd1,
    KeyAes256 = 2'd2
  } key_size_e;

  localparam int unsigned MaxRounds = 14;

  // Cycles from valid_i to valid_o of aes_pipe.
  function automatic int unsigned pipe_latency(int unsigned stages_per_round);
    return 1 + MaxRounds * stages_per_round;
  endfunction

  // verilog_format: off
  localparam logic [7:0] SboxTable[256] = '{
      8'h63, 8'h7c, 8'h77, 8'h7b, 8'hf2, 8'h6b, 8'h6f, 8'hc5,
      8'h30, 8'h01, 8'h67, 8'h2b, 8'hfe, 8'hd7, 8'hab, 8'h76,
      8'hca, 8'h82, 8'hc9, 8'h7d, 8'hfa, 8'h59, 8'h47, 8'hf0,
      8'had, 8'hd4, 8'ha2, 8'haf, 8'h9c, 8'ha4, 8'h72, 8'hc0,
      8'hb7, 8'hfd, 8'h93, 8'h26, 8'h36, 8'h3f, 8'hf7, 8'hcc,
      8'h34, 8'ha5, 8'he5, 8'hf1, 8'h71, 8'hd8, 8'h31, 8'h15,
      8'h04, 8'hc7, 8'h23, 8'hc3, 8'h18, 8'h96, 8'h05, 8'h9a,
      8'h07, 8'h12, 8'h80, 8'he2, 8'heb, 8'h27, 8'hb2, 8'h75,
      8'h09, 8'h83, 8'h2c, 8'h1a, 8'h1b, 8'h6e, 8'h5a, 8'ha0,
      8'h52, 8'h3b, 8'hd6, 8'hb3, 8'h29, 8'he3, 8'h2f, 8'h84,
      8'h53, 8'hd1, 8'h00, 8'hed, 8'h20, 8'hfc, 8'hb1, 8'h5b,
      8'h6a, 8'hcb, 8'hbe, 8'h39, 8'h4a, 8'h4c, 8'h58, 8'hcf,
      8'hd0, 8'hef, 8'haa, 8'hfb, 8'h43, 8'h4d, 8'h33, 8'h85,
      8'h45, 8'hf9, 8'h02, 8'h7f, 8'h50, 8'h3c, 8'h9f, 8'ha8,
      8'h51, 8'ha3, 8'h40, 8'h8f, 8'h92, 8'h9d, 8'h38, 8'hf5,
      8'hbc, 8'hb6, 8'hda, 8'h21, 8'h10, 8'hff, 8'hf3, 8'hd2,
      8'hcd, 8'h0c, 8'h13, 8'hec, 8'h5f, 8'h97, 8'h44, 8'h17,
      8'hc4, 8'ha7, 8'h7e, 8'h3d, 8'h64, 8'h5d, 8'h19, 8'h73,
      8'h60, 8'h81, 8'h4f, 8'hdc, 8'h22, 8'h2a, 8'h90, 8'h88,
      8'h46, 8'hee, 8'hb8, 8'h14, 8'hde, 8'h5e, 8'h0b, 8'hdb,
      8'he0, 8'h32, 8'h3a, 8'h0a, 8'h49, 8'h06, 8'h24, 8'h5c,
      8'hc2, 8'hd3, 8'hac, 8'h62, 8'h91, 8'h95, 8'he4, 8'h79,
      8'he7, 8'hc8, 8'h37, 8'h6d, 8'h8d, 8'hd5, 8'h4e, 8'ha9,
      8'h6c, 8'h56, 8'hf4, 8'hea, 8'h65, 8'h7a, 8'hae, 8'h08,
      8'hba, 8'h78, 8'h25, 8'h2e, 8'h1c, 8'ha6, 8'hb4, 8'hc6,
      8'he8, 8'hdd, 8'h74, 8'h1f, 8'h4b, 8'hbd, 8'h8b, 8'h8a,
      8'h70, 8'h3e, 8'hb5, 8'h66, 8'h48, 8'h03, 8'hf6, 8'h0e,
      8'h61, 8'h35, 8'h57, 8'hb9, 8'h86, 8'hc1, 8'h1d, 8'h9e,
      8'he1, 8'hf8, 8'h98, 8'h11, 8'h69, 8'hd9, 8'h8e, 8'h94,
      8'h9b, 8'h1e, 8'h87, 8'he9, 8'hce, 8'h55, 8'h28, 8'hdf,
      8'h8c, 8'ha1, 8'h89, 8'h0d, 8'hbf, 8'he6, 8'h42, 8'h68,
      8'h41, 8'h99, 8'h2d, 8'h0f, 8'hb0, 8'h54, 8'hbb, 8'h16
  };
  // verilog_format: on

  function automatic logic [31:0] sub_word(logic [31:0] word);
    return {
      SboxTable[word[31:24]], SboxTable[word[23:16]], SboxTable[word[15:8]], SboxTable[word[7:0]]
    };
  endfunction

  // Four bytes times x at once. The bits that fall out of each byte are isolated before they are
  // spread over 1b, so the shifts do not cross byte borders.
  function automatic logic [31:0] xtime_word(logic [31:0] word);
    logic [31:0] carry;
    carry = (word >> 7) & 32'h01010101;
    return ((word & 32'h7f7f7f7f) << 1) ^ carry ^ (carry << 1) ^ (carry << 3) ^ (carry << 4);
  endfunction

  // MixColumns of one column: s'[i] = 2 s[i] + 3 s[i+1] + s[i+2] + s[i+3].
  function automatic logic [31:0] mix_column(logic [31:0] column);
    logic [31:0] next;
    next = {column[7:0], column[31:8]};
    return xtime_word(
        column ^ next
    ) ^ next ^ {column[15:0], column[31:16]} ^ {column[23:0], column[31:24]};
  endfunction

  // Column `index` after ShiftRows: row r comes from column index + r.
  function automatic logic [31:0] shift_rows_column(logic [127:0] state, int unsigned index);
    return {
      state[32*((index+3)%4)+24+:8],
      state[32*((index+2)%4)+16+:8],
      state[32*((index+1)%4)+8+:8],
      state[32*index+:8]
    };
  endfunction

  // Rcon[i] of FIPS 197, i from 1; 0 past the last that any key size uses.
  function automatic logic [7:0] rcon(int unsigned index);
    case (index)
      1: return 8'h01;
      2: return 8'h02;
      3: return 8'h04;
      4: return 8'h08;
      5: return 8'h10;
      6: return 8'h20;
      7: return 8'h40;
      8: return 8'h80;
      9: return 8'h1b;
      10: return 8'h36;
      default: return 8'h00;
    endcase
  endfunction

  function automatic logic [31:0] rot_word(logic [31:0] word);
    return {word[7:0], word[31:8]};
  endfunction

endpackage
