#include "sw/ike/identity.h"

#include <algorithm>
#include <utility>

#include "sw/base/text.h"
#include "sw/pki/name.h"

namespace vam::ike {

namespace {

constexpr size_t kMaxShown = 255;

bool IsText(IdentityType type) {
  return type == IdentityType::kFqdn || type == IdentityType::kEmail;
}

bool Printable(uint8_t c) { return c >= 0x20 && c < 0x7f; }

// At most so many bytes of it, and no half of a character (RFC 3629, 3).
std::string Cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<uint8_t>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

}  // namespace

Identity Identity::Of(const net::Address& address) {
  const Bytes bytes = address.bytes();
  return {address.is_v6() ? IdentityType::kIpv6 : IdentityType::kIpv4,
          {bytes.begin(), bytes.end()}};
}

Identity Identity::Of(IdentityType type, std::string_view text) {
  return {type, {text.begin(), text.end()}};
}

Result<Identity> Identity::FromWire(uint8_t type, Bytes data) {
  const auto kind = static_cast<IdentityType>(type);
  switch (kind) {
    case IdentityType::kIpv4:
    case IdentityType::kIpv6:
      if (data.size() != (kind == IdentityType::kIpv4 ? 4 : 16)) {
        return Err(ErrorCode::kMalformed, "identity: an address of the wrong length");
      }
      break;
    case IdentityType::kFqdn:
    case IdentityType::kEmail:
      if (!std::ranges::all_of(data, Printable)) {
        return Err(ErrorCode::kMalformed, "identity: a name with control characters");
      }
      [[fallthrough]];
    case IdentityType::kDn:
    case IdentityType::kKeyId:
      if (data.empty()) return Err(ErrorCode::kMalformed, "identity: empty");
      break;
    default:
      return Err(ErrorCode::kUnsupported, "identity: a type that is not built");
  }
  return Identity{kind, {data.begin(), data.end()}};
}

std::string ToString(const Identity& identity) {
  switch (identity.type) {
    case IdentityType::kNone:
      return "none";
    case IdentityType::kIpv4:
    case IdentityType::kIpv6: {
      const auto address = net::Address::FromBytes(identity.data);
      return address ? net::ToString(*address) : "none";
    }
    case IdentityType::kFqdn:
    case IdentityType::kEmail:
      return std::string(TextOf(identity.data).substr(0, kMaxShown));
    case IdentityType::kDn:
    case IdentityType::kKeyId:
      break;
  }
  if (identity.type == IdentityType::kDn) {
    auto name = pki::NameToText(identity.data);
    if (name) return Cut(std::move(*name), kMaxShown);
  }
  if (identity.type == IdentityType::kKeyId && std::ranges::all_of(identity.data, Printable)) {
    return std::string(TextOf(identity.data).substr(0, kMaxShown));
  }
  const Bytes shown = Bytes(identity.data).first(std::min(identity.data.size(), kMaxShown / 2));
  return FormatHex(shown);
}

Identity Folded(Identity identity) {
  if (!IsText(identity.type)) return identity;
  for (uint8_t& c : identity.data) c = static_cast<uint8_t>(ToLower(static_cast<char>(c)));
  return identity;
}

}  // namespace vam::ike
