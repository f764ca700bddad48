// Puts the fragments of one encrypted message together (RFC 7383, 2.6).
#ifndef VAM_SW_IKE_V2_SA_FRAGMENTS_H_
#define VAM_SW_IKE_V2_SA_FRAGMENTS_H_

#include <cstdint>
#include <memory>
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
  void Clear() { message_.reset(); }
  bool empty() const { return message_ == nullptr; }

 private:
  struct Piece {
    bool there = false;
    uint32_t offset = 0;  // in `bytes_`
    uint32_t size = 0;
  };
  struct Message {
    uint32_t id = 0;
    bool response = false;
    PayloadType first = PayloadType::kNone;
    size_t missing = 0;
    std::vector<Piece> pieces;   // by number - 1
    std::vector<uint8_t> bytes;  // in the order in which they came
  };
  bool Same(uint32_t message_id, bool response) const {
    return message_ != nullptr && message_->id == message_id && message_->response == response;
  }

  std::unique_ptr<Message> message_;  // null, as nearly always: none
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_FRAGMENTS_H_
