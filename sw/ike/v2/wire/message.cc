#include "sw/ike/v2/wire/message.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vam::ike::v2 {
namespace {

constexpr uint8_t kCritical = 0x80;
constexpr size_t kMaxPayloadBytes = 65'535;

bool IsEncrypted(PayloadType type) {
  return type == PayloadType::kEncrypted || type == PayloadType::kEncryptedFragment;
}

// How many payloads there are, once all lengths are known to fit: nothing is allocated before.
Result<size_t> CountPayloads(PayloadType first, Bytes bytes) {
  size_t count = 0;
  size_t at = 0;
  for (PayloadType type = first; type != PayloadType::kNone;) {
    if (++count > kMaxPayloads) return Err(ErrorCode::kMalformed, "too many payloads");
    if (bytes.size() - at < kPayloadHeaderBytes) {
      return Err(ErrorCode::kMalformed, "the message ends where a payload should begin");
    }
    const size_t length = LoadBe16(bytes.data() + at + 2);
    if (length < kPayloadHeaderBytes || length > bytes.size() - at) {
      return Err(ErrorCode::kMalformed, "a payload's length does not fit");
    }
    // Its Next Payload field says what is inside (RFC 7296, 3.14).
    const bool last = IsEncrypted(type);
    type = last ? PayloadType::kNone : static_cast<PayloadType>(bytes[at]);
    at += length;
  }
  if (at != bytes.size()) {
    return Err(ErrorCode::kMalformed, "there are bytes behind the last payload");
  }
  return count;
}

}  // namespace

Result<Chain> ParseChain(PayloadType first, Bytes bytes, size_t offset) {
  VAM_TRY(const size_t count, CountPayloads(first, bytes));
  Chain chain;
  chain.payloads.reserve(count);
  size_t at = 0;
  PayloadType type = first;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* p = bytes.data() + at;
    const size_t length = LoadBe16(p + 2);
    const auto next = static_cast<PayloadType>(p[0]);
    const RawPayload payload{type, (p[1] & kCritical) != 0,
                             bytes.subspan(at + kPayloadHeaderBytes, length - kPayloadHeaderBytes)};
    if (IsEncrypted(type)) {
      chain.encrypted = EncryptedPart{payload, next, offset + at};
    } else {
      chain.payloads.push_back(payload);
    }
    type = next;
    at += length;
  }
  return chain;
}

Result<std::vector<RawPayload>> ParseInner(PayloadType first, Bytes bytes) {
  VAM_TRY(Chain chain, ParseChain(first, bytes, 0));
  if (chain.encrypted.has_value()) {
    return Err(ErrorCode::kMalformed, "an encrypted payload inside an encrypted payload");
  }
  return std::move(chain.payloads);
}

const RawPayload* Find(std::span<const RawPayload> payloads, PayloadType type) {
  const auto found = std::find_if(payloads.begin(), payloads.end(),
                                  [type](const RawPayload& p) { return p.type == type; });
  return found == payloads.end() ? nullptr : &*found;
}

Result<Bytes> Only(std::span<const RawPayload> payloads, PayloadType type) {
  const RawPayload* found = nullptr;
  for (const RawPayload& payload : payloads) {
    if (payload.type != type) continue;
    if (found != nullptr) return Err(ErrorCode::kMalformed, "a payload is there more than once");
    found = &payload;
  }
  if (found == nullptr) return Err(ErrorCode::kMalformed, "a payload is missing");
  return found->body;
}

const RawPayload* FindUnknownCritical(std::span<const RawPayload> payloads) {
  const auto found = std::find_if(payloads.begin(), payloads.end(), [](const RawPayload& p) {
    return p.critical && !IsKnown(p.type);
  });
  return found == payloads.end() ? nullptr : &*found;
}

MessageBuilder::MessageBuilder(size_t expected_bytes)
    : buffer_(std::max(expected_bytes, kHeaderBytes)) {}

void MessageBuilder::Open(PayloadType type, uint8_t next, uint8_t flags) {
  if (error_.has_value()) return;
  if (type == PayloadType::kNone) {
    return Fail(Err(ErrorCode::kInvalidArgument, "payload type 0 is the end of a chain"));
  }
  if (sealed_) {
    return Fail(Err(ErrorCode::kInvalidArgument, "nothing follows an encrypted payload"));
  }
  CloseLast();
  if (last_ == 0) {
    first_ = type;
  } else {
    buffer_[last_] = static_cast<uint8_t>(type);
  }
  last_ = used_;
  uint8_t* p = Extend(kPayloadHeaderBytes);
  p[0] = next;
  p[1] = flags;
}

void MessageBuilder::Begin(PayloadType type, bool critical) {
  if (IsEncrypted(type)) {
    return Fail(Err(ErrorCode::kInvalidArgument, "an encrypted payload has a way of its own"));
  }
  Open(type, 0, critical ? kCritical : 0);
}

void MessageBuilder::BeginEncrypted(PayloadType type, PayloadType first_inner) {
  if (!IsEncrypted(type)) {
    return Fail(Err(ErrorCode::kInvalidArgument, "not an encrypted payload"));
  }
  Open(type, static_cast<uint8_t>(first_inner), 0);
  sealed_ = true;
}

uint8_t* MessageBuilder::Grow(size_t size) {
  if (error_.has_value()) return nullptr;
  if (last_ == 0) {
    Fail(Err(ErrorCode::kInvalidArgument, "no payload was begun"));
    return nullptr;
  }
  if (size > kMaxPayloadBytes - (used_ - last_)) {
    Fail(Err(ErrorCode::kExhausted, "a payload holds at most 65,535 bytes"));
    return nullptr;
  }
  return Extend(size);
}

uint8_t* MessageBuilder::Extend(size_t size) {
  const size_t at = used_;
  used_ += size;
  if (used_ > buffer_.size()) buffer_.resize(std::max(used_, 2 * buffer_.size()));
  return buffer_.data() + at;
}

void MessageBuilder::U8(uint8_t value) {
  if (uint8_t* p = Grow(1); p != nullptr) *p = value;
}
void MessageBuilder::U16(uint16_t value) {
  if (uint8_t* p = Grow(2); p != nullptr) StoreBe16(p, value);
}
void MessageBuilder::U32(uint32_t value) {
  if (uint8_t* p = Grow(4); p != nullptr) StoreBe32(p, value);
}
void MessageBuilder::U64(uint64_t value) {
  if (uint8_t* p = Grow(8); p != nullptr) StoreBe64(p, value);
}
void MessageBuilder::Append(Bytes bytes) {
  uint8_t* p = Grow(bytes.size());
  if (p != nullptr && !bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
}
void MessageBuilder::Zeros(size_t size) { Grow(size); }

void MessageBuilder::Add(PayloadType type, Bytes body, bool critical) {
  Begin(type, critical);
  Append(body);
}

void MessageBuilder::Fail(const Error& error) {
  if (!error_.has_value()) error_ = error;
}

void MessageBuilder::CloseLast() {
  if (last_ == 0) return;
  StoreBe16(buffer_.data() + last_ + 2, static_cast<uint16_t>(used_ - last_));
}

Result<Bytes> MessageBuilder::payloads() {
  if (error_.has_value()) return *error_;
  CloseLast();
  return Bytes(buffer_).subspan(kHeaderBytes, size());
}

Result<std::vector<uint8_t>> MessageBuilder::Finish(Header header) {
  CloseLast();
  if (used_ > kMaxMessageBytes) {
    Fail(Err(ErrorCode::kExhausted, "the message is longer than a UDP datagram"));
  }
  header.next_payload = first_;
  header.length = static_cast<uint32_t>(used_);
  BuildHeader(header, std::span<uint8_t, kHeaderBytes>(buffer_.data(), kHeaderBytes));
  buffer_.resize(used_);
  const std::optional<Error> error = error_;
  std::vector<uint8_t> message = std::exchange(buffer_, std::vector<uint8_t>(kHeaderBytes));
  used_ = kHeaderBytes;
  first_ = PayloadType::kNone;
  last_ = 0;
  sealed_ = false;
  error_.reset();
  if (error.has_value()) return *error;
  return message;
}

}  // namespace vam::ike::v2
