#include "sw/ike/v2/wire/payloads.h"

#include <algorithm>

namespace vam::ike::v2 {
namespace {

constexpr size_t kEapHeaderBytes = 4;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }
Error Truncated() { return Err(ErrorCode::kTruncated, "the payload is shorter than its fields"); }
void Refuse(MessageBuilder& message, const char* text) {
  message.Fail(Err(ErrorCode::kInvalidArgument, text));
}

bool HasControlCharacter(Bytes text) {
  return std::any_of(text.begin(), text.end(), [](uint8_t c) { return c < 0x20 || c == 0x7f; });
}

// What is wrong with an identity, or null.
const char* BadId(IdType type, Bytes data) {
  switch (type) {
    case IdType::kIpv4:
      return data.size() == 4 ? nullptr : "an IPv4 identity has 4 bytes";
    case IdType::kIpv6:
      return data.size() == 16 ? nullptr : "an IPv6 identity has 16 bytes";
    case IdType::kNull:
      return data.empty() ? nullptr : "ID_NULL has no data";
    case IdType::kFqdn:
    case IdType::kRfc822:
      if (HasControlCharacter(data)) return "a control character in an identity";
      break;
    default:
      break;
  }
  return data.empty() ? "an identity without data" : nullptr;
}

bool IsIpsec(Protocol protocol) { return protocol == Protocol::kAh || protocol == Protocol::kEsp; }

// What is wrong with an EAP packet's fields, or null.
const char* BadEap(EapCode code, bool has_type, bool has_data) {
  switch (code) {
    case EapCode::kRequest:
    case EapCode::kResponse:
      return has_type ? nullptr : "an EAP request or response has a type";
    case EapCode::kSuccess:
    case EapCode::kFailure:
      return has_type || has_data ? "EAP success and failure have no data" : nullptr;
  }
  return "no such EAP code";
}

}  // namespace

Result<KeyExchangePayload> ParseKe(Bytes body) {
  if (body.size() < 4) return Truncated();
  if (body.size() == 4) return Malformed("a key exchange payload without data");
  return KeyExchangePayload{LoadBe16(body.data()), body.subspan(4)};
}

void AddKe(MessageBuilder& message, uint16_t group, Bytes data) {
  message.Begin(PayloadType::kKe);
  if (data.empty()) return Refuse(message, "a key exchange payload without data");
  message.U16(group);
  message.Zeros(2);
  message.Append(data);
}

Result<IdPayload> ParseId(Bytes body) {
  if (body.size() < 4) return Truncated();
  const IdPayload id{static_cast<IdType>(body[0]), body.subspan(4), body};
  if (const char* text = BadId(id.type, id.data); text != nullptr) return Malformed(text);
  return id;
}

void AddId(MessageBuilder& message, PayloadType payload, IdType type, Bytes data) {
  message.Begin(payload);
  if (const char* text = BadId(type, data); text != nullptr) return Refuse(message, text);
  message.U8(static_cast<uint8_t>(type));
  message.Zeros(3);
  message.Append(data);
}

Result<CertPayload> ParseCert(Bytes body) {
  if (body.empty()) return Truncated();
  return CertPayload{static_cast<CertEncoding>(body[0]), body.subspan(1)};
}

void AddCert(MessageBuilder& message, PayloadType payload, CertEncoding encoding, Bytes data) {
  message.Begin(payload);
  message.U8(static_cast<uint8_t>(encoding));
  message.Append(data);
}

Result<AuthPayload> ParseAuth(Bytes body) {
  if (body.size() < 4) return Truncated();
  return AuthPayload{static_cast<AuthMethod>(body[0]), body.subspan(4)};
}

void AddAuth(MessageBuilder& message, AuthMethod method, Bytes data) {
  message.Begin(PayloadType::kAuth);
  message.U8(static_cast<uint8_t>(method));
  message.Zeros(3);
  message.Append(data);
}

Result<DigitalSignature> ParseDigitalSignature(Bytes auth_data) {
  if (auth_data.empty()) return Truncated();
  const size_t length = auth_data[0];
  const Bytes rest = auth_data.subspan(1);
  if (rest.size() < length) return Truncated();
  if (length == 0 || rest.size() == length) {
    return Malformed("a digital signature without algorithm or value");
  }
  return DigitalSignature{rest.first(length), rest.subspan(length)};
}

void AddDigitalSignature(MessageBuilder& message, const DigitalSignature& signature) {
  AddAuth(message, AuthMethod::kDigitalSignature, {});
  if (signature.algorithm.empty() || signature.algorithm.size() > 255 ||
      signature.signature.empty()) {
    return Refuse(message, "a digital signature has an algorithm of 1 to 255 bytes and a value");
  }
  message.U8(static_cast<uint8_t>(signature.algorithm.size()));
  message.Append(signature.algorithm);
  message.Append(signature.signature);
}

Result<Bytes> ParseNonce(Bytes body) {
  if (body.size() < kMinNonceBytes || body.size() > kMaxNonceBytes) {
    return Malformed("a nonce has 16 to 256 bytes");
  }
  return body;
}

Result<NotifyPayload> ParseNotify(Bytes body) {
  if (body.size() < 4) return Truncated();
  NotifyPayload notify;
  notify.spi_bytes = body[1];
  notify.type = static_cast<NotifyType>(LoadBe16(body.data() + 2));
  const Bytes rest = body.subspan(4);
  if (rest.size() < notify.spi_bytes) return Truncated();
  notify.data = rest.subspan(notify.spi_bytes);
  if (notify.spi_bytes == 0) return notify;
  notify.protocol = static_cast<Protocol>(body[0]);
  if (IsIpsec(notify.protocol) && notify.spi_bytes == 4) {
    notify.spi = LoadBe32(rest.data());
  } else if (notify.protocol == Protocol::kIke && notify.spi_bytes == 8) {
    notify.spi = LoadBe64(rest.data());
  } else {
    return Malformed("a notify's SPI is not of its protocol");
  }
  return notify;
}

void AddNotify(MessageBuilder& message, NotifyType type, Bytes data) {
  message.Begin(PayloadType::kNotify);
  message.Zeros(2);
  message.U16(static_cast<uint16_t>(type));
  message.Append(data);
}

void AddNotify(MessageBuilder& message, NotifyType type, Protocol protocol, uint32_t spi,
               Bytes data) {
  message.Begin(PayloadType::kNotify);
  if (!IsIpsec(protocol)) return Refuse(message, "only AH and ESP have SPIs of 4 bytes");
  message.U8(static_cast<uint8_t>(protocol));
  message.U8(4);
  message.U16(static_cast<uint16_t>(type));
  message.U32(spi);
  message.Append(data);
}

Result<std::vector<NotifyPayload>> ParseNotifies(std::span<const RawPayload> payloads) {
  std::vector<NotifyPayload> notifies;
  notifies.reserve(payloads.size());
  for (const RawPayload& payload : payloads) {
    if (payload.type != PayloadType::kNotify) continue;
    VAM_TRY(const NotifyPayload notify, ParseNotify(payload.body));
    notifies.push_back(notify);
  }
  return notifies;
}

const NotifyPayload* Find(std::span<const NotifyPayload> notifies, NotifyType type) {
  const auto found = std::find_if(notifies.begin(), notifies.end(),
                                  [type](const NotifyPayload& n) { return n.type == type; });
  return found == notifies.end() ? nullptr : &*found;
}

Result<DeletePayload> ParseDelete(Bytes body) {
  if (body.size() < 4) return Truncated();
  DeletePayload payload;
  payload.protocol = static_cast<Protocol>(body[0]);
  const size_t spi_bytes = body[1];
  const size_t count = LoadBe16(body.data() + 2);
  const Bytes rest = body.subspan(4);
  if (payload.protocol == Protocol::kIke) {
    if (spi_bytes != 0 || count != 0 || !rest.empty()) {
      return Malformed("the deletion of an IKE SA names no SPI");
    }
    return payload;
  }
  if (!IsIpsec(payload.protocol)) return Malformed("deletion of an SA of no known protocol");
  if (spi_bytes != 4) return Malformed("AH and ESP have SPIs of 4 bytes");
  if (count == 0 || count > kMaxSpis) return Malformed("no SPI to delete, or too many of them");
  if (rest.size() != count * spi_bytes) return Malformed("the count is not that of the SPIs");
  payload.spis.resize(count);
  for (size_t i = 0; i < count; ++i) payload.spis[i] = LoadBe32(rest.data() + i * spi_bytes);
  return payload;
}

void AddDeleteIke(MessageBuilder& message) {
  message.Begin(PayloadType::kDelete);
  message.U8(static_cast<uint8_t>(Protocol::kIke));
  message.Zeros(3);
}

void AddDelete(MessageBuilder& message, Protocol protocol, std::span<const uint32_t> spis) {
  message.Begin(PayloadType::kDelete);
  if (!IsIpsec(protocol)) return Refuse(message, "only AH and ESP have SPIs of 4 bytes");
  if (spis.empty() || spis.size() > kMaxSpis) {
    return Refuse(message, "no SPI to delete, or too many of them");
  }
  message.U8(static_cast<uint8_t>(protocol));
  message.U8(4);
  message.U16(static_cast<uint16_t>(spis.size()));
  for (const uint32_t spi : spis) message.U32(spi);
}

Result<EapPayload> ParseEap(Bytes body) {
  if (body.size() < kEapHeaderBytes) return Truncated();
  if (LoadBe16(body.data() + 2) != body.size()) {
    return Malformed("the EAP packet's length is not that of the payload");
  }
  EapPayload eap;
  eap.code = static_cast<EapCode>(body[0]);
  eap.identifier = body[1];
  const bool has_type = body.size() > kEapHeaderBytes;
  if (const char* text = BadEap(eap.code, has_type, has_type); text != nullptr) {
    return Malformed(text);
  }
  if (!has_type) return eap;
  eap.type = body[kEapHeaderBytes];
  eap.data = body.subspan(kEapHeaderBytes + 1);
  return eap;
}

void AddEap(MessageBuilder& message, const EapPayload& eap) {
  message.Begin(PayloadType::kEap);
  const bool has_type = eap.type != 0;
  if (const char* text = BadEap(eap.code, has_type, !eap.data.empty()); text != nullptr) {
    return Refuse(message, text);
  }
  const size_t length = kEapHeaderBytes + (has_type ? 1 + eap.data.size() : 0);
  message.U8(static_cast<uint8_t>(eap.code));
  message.U8(eap.identifier);
  message.U16(static_cast<uint16_t>(length));  // what does not fit, Append refuses
  if (!has_type) return;
  message.U8(eap.type);
  message.Append(eap.data);
}

Result<FragmentHeader> ParseFragmentHeader(Bytes body) {
  if (body.size() < kFragmentHeaderBytes) return Truncated();
  const FragmentHeader fragment{LoadBe16(body.data()), LoadBe16(body.data() + 2)};
  if (fragment.number == 0 || fragment.number > fragment.total || fragment.total > kMaxFragments) {
    return Malformed("a fragment's number is not 1 to the total, or the total is too large");
  }
  return fragment;
}

void AppendFragmentHeader(MessageBuilder& message, FragmentHeader fragment) {
  if (fragment.number == 0 || fragment.number > fragment.total || fragment.total > kMaxFragments) {
    return Refuse(message, "a fragment's number is not 1 to the total, or the total is too large");
  }
  message.U16(fragment.number);
  message.U16(fragment.total);
}

}  // namespace vam::ike::v2
