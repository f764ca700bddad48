// Types of the AES-GCM lane (NIST SP 800-38D) and its constants.
package gcm_pkg;

  // The key sizes of AES, under this package's name so that users of the lane need no other.
  typedef aes_pkg::key_size_e key_size_e;
  localparam key_size_e KeyAes128 = aes_pkg::KeyAes128;
  localparam key_size_e KeyAes192 = aes_pkg::KeyAes192;
  localparam key_size_e KeyAes256 = aes_pkg::KeyAes256;

  // One per packet.
  typedef struct packed {
    logic         decrypt;
    key_size_e    key_size;
    logic [255:0] key;       // byte 0 in [7:0]; a shorter key stands in the low bits
    logic [95:0]  nonce;     // byte 0 in [7:0]; the first counter block is nonce || 00000001
    logic [15:0]  aad_len;   // bytes
    logic [15:0]  text_len;  // bytes
  } gcm_cmd_t;

  // What a block in the AES pipe is for.
  typedef enum logic [1:0] {
    SlotHash  = 2'd0,  // E(0): the hash key
    SlotNonce = 2'd1,  // E(J0): masks the tag; the first AAD block rides along
    SlotAad   = 2'd2,
    SlotText  = 2'd3
  } slot_e;

  // Travels beside the AES pipe, one per block in it.
  typedef struct packed {
    slot_e slot;
    logic decrypt;
    logic absorb;  // GHASH takes `data` (or the cipher text made from it)
    logic last;  // last slot of the packet: the length block is absorbed in the cycle behind it
    logic [3:0] keep;  // bytes of `data` that count; 0: all sixteen
    logic [127:0] data;  // input block; in SlotHash the length block
  } gcm_slot_t;

  // Counter block: nonce, then the 32-bit counter, most significant byte first.
  function automatic logic [127:0] counter_block(logic [95:0] nonce, logic [31:0] counter);
    return {counter[7:0], counter[15:8], counter[23:16], counter[31:24], nonce};
  endfunction

  // Length block: bits of AAD, bits of text, 64 bits each, most significant byte first.
  function automatic logic [127:0] length_block(logic [15:0] aad_len, logic [15:0] text_len);
    logic [18:0] aad_bits, text_bits;
    aad_bits  = {aad_len, 3'b0};
    text_bits = {text_len, 3'b0};
    return {
      text_bits[7:0],
      text_bits[15:8],
      5'b0,
      text_bits[18:16],
      40'b0,
      aad_bits[7:0],
      aad_bits[15:8],
      5'b0,
      aad_bits[18:16],
      40'b0
    };
  endfunction

  // The first `keep` bytes of a block; 0 keeps all.
  function automatic logic [127:0] keep_bytes(logic [127:0] block, logic [3:0] keep);
    return (keep == 4'd0) ? block : block & ~({128{1'b1}} << {keep, 3'b0});
  endfunction

endpackage
