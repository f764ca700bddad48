// A message as a chain of payloads (RFC 7296, 3.2): walked and built, nothing interpreted.
#ifndef VAM_SW_IKE_V2_WIRE_MESSAGE_H_
#define VAM_SW_IKE_V2_WIRE_MESSAGE_H_

#include <optional>
#include <span>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/wire/header.h"
#include "sw/ike/v2/wire/numbers.h"

namespace vam::ike::v2 {

struct RawPayload {
  PayloadType type = PayloadType::kNone;
  bool critical = false;
  Bytes body;  // behind the generic header; owned by the message
};

struct EncryptedPart {
  RawPayload payload;       // SK or SKF: always the last one of its message
  PayloadType first_inner;  // its Next Payload field: the first payload inside
  size_t offset;            // of its generic header in the message
};

struct Chain {
  std::vector<RawPayload> payloads;  // without the encrypted one
  std::optional<EncryptedPart> encrypted;
};

// Walks `bytes`, whose first payload is `first`. kMalformed for a length below 4 or beyond the
// end, bytes behind the last payload, more than kMaxPayloads, or anything behind SK or SKF.
// Unknown types stay in the list: the caller refuses those that are critical (RFC 7296, 2.5).
// `offset`: where `bytes` begins in its message.
Result<Chain> ParseChain(PayloadType first, Bytes bytes, size_t offset = 0);

// The first payload of the kind, or null.
const RawPayload* Find(std::span<const RawPayload> payloads, PayloadType type);
// kMalformed when there is none, or more than one.
Result<Bytes> Only(std::span<const RawPayload> payloads, PayloadType type);

// Appends payloads to one growing buffer; Next Payload fields are set as they come.
class MessageBuilder {
 public:
  MessageBuilder() = default;

  // Room for one payload: its body is what is appended to `out()` until the next Begin or Finish.
  void Begin(PayloadType type, bool critical = false);
  // Of the payload that was begun.
  void U8(uint8_t value);
  void U16(uint16_t value);
  void U32(uint32_t value);
  void U64(uint64_t value);
  void Append(Bytes bytes);
  // A whole payload at once.
  void Add(PayloadType type, Bytes body, bool critical = false);

  PayloadType first() const { return first_; }
  bool empty() const { return buffer_.empty(); }
  // All payloads so far, without a header. For what is encrypted.
  Bytes payloads();
  // A whole message in clear: `header` (its next_payload and length are set here), the payloads.
  std::vector<uint8_t> Finish(Header header);

 private:
  void CloseLast();

  std::vector<uint8_t> buffer_;
  PayloadType first_ = PayloadType::kNone;
  size_t last_ = 0;  // offset of the open payload's header
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_MESSAGE_H_
