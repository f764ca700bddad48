// Puts the fragments of one encrypted message together (RFC 7383, 2.6).
#ifndef VAM_SW_IKE_V2_SA_FRAGMENTS_H_
#define VAM_SW_IKE_V2_SA_FRAGMENTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {

// One message at a time: another number begins anew. Takes only what was verified, so that a
// stranger can neither fill it nor spoil it.
class FragmentBuffer {
 public:
  struct Whole {
    PayloadType first = PayloadType::kNone;
    std::vector<uint8_t> text;
  };

  // Whether a fragment of this message is of use: not there yet, and of the newest division. Asked
  // before it is deciphered. Requires: what ParseFragmentHeader gave.
  bool Wants(uint32_t message_id, bool response, const FragmentHeader& fragment) const;
  // A verified fragment that is wanted; `first` is its Next Payload field. The whole message when
  // it was the last one that lacked. kExhausted: the message would have more than `most_bytes`, and
  // what was there of it is thrown away.
  Result<std::optional<Whole>> Add(uint32_t message_id, bool response,
                                   const FragmentHeader& fragment, PayloadType first, Bytes text,
                                   size_t most_bytes);
  void Clear();
  bool empty() const { return pieces_.empty(); }

 private:
  struct Piece {
    bool there = false;
    uint32_t offset = 0;  // in `bytes_`
    uint32_t size = 0;
  };
  bool Same(uint32_t message_id, bool response) const {
    return !pieces_.empty() && message_id_ == message_id && response_ == response;
  }

  uint32_t message_id_ = 0;
  bool response_ = false;
  PayloadType first_ = PayloadType::kNone;
  size_t missing_ = 0;
  std::vector<Piece> pieces_;   // by number - 1; empty: no message
  std::vector<uint8_t> bytes_;  // in the order in which they came
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_FRAGMENTS_H_
