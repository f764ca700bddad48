// A message as a chain of payloads (RFC 7296, 3.2): walked and built, nothing interpreted.
#ifndef VAM_SW_IKE_V2_WIRE_MESSAGE_H_
#define VAM_SW_IKE_V2_WIRE_MESSAGE_H_

#include <cstddef>
#include <cstdint>
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
  RawPayload payload;                            // SK or SKF: always the last one of its message
  PayloadType first_inner = PayloadType::kNone;  // its Next Payload field: the first one inside
  size_t offset = 0;                             // of its generic header in the message
};

struct Chain {
  std::vector<RawPayload> payloads;  // without the encrypted one
  std::optional<EncryptedPart> encrypted;
};

// Walks `bytes`, whose first payload is `first`. kMalformed for a length below 4 or beyond the
// end, bytes behind the last payload, more than kMaxPayloads, or anything behind SK or SKF.
// Unknown types stay in the list: the caller refuses those that are critical (RFC 7296, 2.5).
// Reserved bits are not looked at. `offset`: where `bytes` begins in its message.
Result<Chain> ParseChain(PayloadType first, Bytes bytes, size_t offset = kHeaderBytes);
// The same of what was decrypted; kMalformed for SK or SKF inside too.
Result<std::vector<RawPayload>> ParseInner(PayloadType first, Bytes bytes);

// The first payload of the kind, or null.
const RawPayload* Find(std::span<const RawPayload> payloads, PayloadType type);
// kMalformed when there is none, or more than one.
Result<Bytes> Only(std::span<const RawPayload> payloads, PayloadType type);
// The first one that is critical and not IsKnown(), or null. UNSUPPORTED_CRITICAL_PAYLOAD names it.
const RawPayload* FindUnknownCritical(std::span<const RawPayload> payloads);

// Appends payloads to one growing buffer; Next Payload fields are set as they come. What cannot be
// written (a payload above 65,535 bytes, a value out of its field's range) is not: the first error
// stays and comes out of payloads() and Finish(). Bytes that are passed in must not lie in the
// builder itself.
class MessageBuilder {
 public:
  // `expected_bytes`: what to reserve for the message; it grows beyond.
  explicit MessageBuilder(size_t expected_bytes = 512);

  // A payload, whose body is what is appended until the next Begin, payloads() or Finish.
  void Begin(PayloadType type, bool critical = false);
  // SK or SKF, as the last payload; `first_inner` is kNone in SKF but the first (RFC 7383, 2.5).
  // The body is the caller's: IV, ciphertext and ICV, of SKF the fragment header before them.
  void BeginEncrypted(PayloadType type, PayloadType first_inner);
  // Of the payload that was begun.
  void U8(uint8_t value);
  void U16(uint16_t value);
  void U32(uint32_t value);
  void U64(uint64_t value);
  void Append(Bytes bytes);
  void Zeros(size_t size);
  // A whole payload at once.
  void Add(PayloadType type, Bytes body, bool critical = false);
  // What the caller wanted cannot be written. The first error stays.
  void Fail(const Error& error);

  PayloadType first() const { return first_; }
  bool empty() const { return first_ == PayloadType::kNone; }
  // Bytes of all payloads so far.
  size_t size() const { return used_ - kHeaderBytes; }
  // All payloads so far, without a header: what is encrypted. Valid until the next change.
  Result<Bytes> payloads();
  // A whole message: `header` (its next_payload and length are set here), the payloads. The builder
  // is empty again afterwards. kExhausted above kMaxMessageBytes.
  Result<std::vector<uint8_t>> Finish(Header header);

 private:
  // Room at the end of the open payload, or null after an error.
  uint8_t* Grow(size_t size);
  void Open(PayloadType type, uint8_t next, uint8_t flags);
  void CloseLast();

  // Makes the buffer `size` bytes longer.
  uint8_t* Extend(size_t size);

  std::vector<uint8_t> buffer_;  // room for the header, the payloads, then zeros for what follows
  size_t used_ = kHeaderBytes;   // of the buffer
  PayloadType first_ = PayloadType::kNone;
  size_t last_ = 0;      // offset of the open payload's header; 0: none
  bool sealed_ = false;  // SK or SKF was begun: nothing may follow
  std::optional<Error> error_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_MESSAGE_H_
