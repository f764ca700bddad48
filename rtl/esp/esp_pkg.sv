// Records that travel beside the data inside esp.
package esp_pkg;
  import vam_map_pkg::*;
  import vam_pkg::*;

  parameter int unsigned IcvBytes = 16;
  parameter int unsigned EspHeaderBytes = 16;  // SPI, sequence number, IV
  parameter int unsigned OuterBytes = 20 + EspHeaderBytes;  // in front of the ciphertext
  parameter int unsigned BlockWidth = 10;  // counts 16-byte blocks of one packet

  typedef enum logic [1:0] {
    KindOut,   // ESP encapsulation
    KindIn,    // ESP decapsulation
    KindSeal,  // raw AEAD encryption
    KindOpen   // raw AEAD decryption
  } kind_e;

  // What the packet says by itself.
  typedef struct packed {
    job_t job;
    reason_e reason;
    kind_e kind;
    logic has_beats;  // 0: nothing to drain
    logic [15:0] dst_cap;
    logic [15:0] text_len;  // bytes the cipher is applied to
    logic [15:0] inner_len;  // KindOut: bytes of the text that come from the source
    logic [15:0] aad_len;  // raw
    logic [4:0] tag_len;
    logic [95:0] iv;  // raw: the nonce; KindIn: IV in [63:0]
    logic [1:0] offset;  // KindIn: 32-bit words before the text in the first beat that is stored
    logic [7:0] tos;  // KindOut: of the inner, KindIn: of the outer header
    logic dont_fragment;
  } parsed_t;

  // Which inner packets an SA is for; addresses as numbers.
  typedef struct packed {
    logic        enable;
    logic [31:0] src;
    logic [31:0] dst;
    logic [7:0]  src_bits;
    logic [7:0]  dst_bits;
    logic [7:0]  proto;     // 0: any
    logic [15:0] sport_lo;
    logic [15:0] sport_hi;
    logic [15:0] dport_lo;
    logic [15:0] dport_hi;
  } selectors_t;

  // The part of an SA that is needed behind the lookup, IPv4 only.
  typedef struct packed {
    logic [1:0]  key_size;
    logic        esn;
    logic [1:0]  df_mode;
    logic        dscp_fixed;
    logic [31:0] spi;
    logic [7:0]  ttl;
    logic [5:0]  dscp;        // when dscp_fixed
    logic [31:0] outer_src;   // addresses as numbers
    logic [31:0] outer_dst;
    selectors_t  sel;
  } sa_view_t;

  typedef struct packed {
    parsed_t     parsed;
    sa_handle_t  handle;
    logic [63:0] seq;
    logic [15:0] out_len;  // where it is known before the lane, else 0
    sa_view_t    sa;
    sa_key_t     key;
  } decided_t;

  // How to turn the stored beats of a packet into blocks for the lane.
  typedef struct packed {
    logic                  drop;         // only drain
    logic                  esp;          // the AAD block is aad, not in the source
    logic [95:0]           aad;
    logic [BlockWidth-1:0] aad_blocks;   // raw: at the start of the source
    logic [1:0]            offset;       // 32-bit words before the text in its first beat
    logic [BlockWidth-1:0] text_blocks;  // that the source gives
    logic [4:0]            last_bytes;   // of the last of them
    logic [2:0]            append_len;   // trailer behind it
    logic [39:0]           append;
    logic                  open;         // a tag follows the text
    logic [BlockWidth-1:0] tag_beat;     // beat with the tag's last byte
    logic [4:0]            tag_shift;    // first byte of the tag in {that beat, the one before}
  } feed_t;

  // A block on its way to the lane, with what the appender puts behind it.
  typedef struct packed {
    logic [127:0] data;
    logic         last;
    logic [4:0]   bytes;
    logic [39:0]  append;
    logic [2:0]   append_len;
  } lane_item_t;

  // What is checked in the text of a packet as it leaves the lane.
  typedef struct packed {
    kind_e       kind;
    logic [15:0] text_len;
    logic [15:0] dst_cap;
    logic [1:0]  outer_ecn;
    selectors_t  sel;
  } check_t;

  // How the text of an opened packet ends if tag and replay allow it.
  typedef struct packed {
    reason_e     reason;
    logic [15:0] out_len;
    logic        patch;     // the inner header takes the ECN field of the outer one
    logic [7:0]  tos;
    logic [15:0] checksum;
  } opened_t;

  // What to do with a tag.
  typedef struct packed {
    kind_e       kind;
    logic [4:0]  tag_len;
    logic [19:0] index;
    logic [63:0] seq;
    logic [15:0] text_len;
  } tag_job_t;

  // How a packet leaves.
  typedef struct packed {
    job_t        job;
    reason_e     reason;
    sa_handle_t  handle;
    kind_e       kind;
    logic [15:0] text_len;
    logic [15:0] out_len;        // KindOut, KindSeal
    logic [4:0]  tag_len;
    logic [31:0] src;
    logic [31:0] dst;
    logic [31:0] spi;
    logic [63:0] seq;
    logic [7:0]  tos;
    logic [7:0]  ttl;
    logic        dont_fragment;
  } leave_t;

  // Header to put in front of a packet.
  typedef struct packed {
    logic                    enable;
    logic [8*OuterBytes-1:0] bytes;
  } header_t;

  // How to put a packet's blocks together.
  typedef struct packed {
    logic [BlockWidth-1:0] blocks;      // to read from the hold buffer
    logic [4:0]            last_bytes;  // of the last of them, 0 if there is none
    logic                  seal;        // the tag follows
    logic [4:0]            tag_len;
    logic                  patch;
    logic [7:0]            tos;
    logic [15:0]           checksum;
  } pack_t;

  function automatic logic [BlockWidth-1:0] blocks_of(logic [15:0] bytes);
    return BlockWidth'(({1'b0, bytes} + 17'd15) >> 4);
  endfunction

  // Bytes in the last of these blocks: 1 to 16, or 0 of none.
  function automatic logic [4:0] last_bytes_of(logic [15:0] bytes);
    if (bytes == '0) return 5'd0;
    return (bytes[3:0] == '0) ? 5'd16 : {1'b0, bytes[3:0]};
  endfunction
endpackage
