#include "sw/ike/v2/policy/certificate_identity.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "sw/base/text.h"

namespace vam::ike::v2 {

namespace {

bool SameName(std::string_view a, std::string_view b) {
  // A final dot says nothing (RFC 1034, 3.1).
  for (std::string_view* name : {&a, &b}) {
    if (name->size() > 1 && name->ends_with('.')) name->remove_suffix(1);
  }
  return std::ranges::equal(a, b, {}, ToLower, ToLower);
}

// The part before the @ is the receiver's own business, and may have its case (RFC 5321, 2.4).
bool SameMailbox(std::string_view a, std::string_view b) {
  const size_t at_a = a.rfind('@');
  const size_t at_b = b.rfind('@');
  if (at_a == std::string_view::npos || at_b == std::string_view::npos) return false;
  return a.substr(0, at_a) == b.substr(0, at_b) && SameName(a.substr(at_a), b.substr(at_b));
}

}  // namespace

bool SpeaksFor(const pki::Certificate& certificate, const Identity& shown) {
  const std::string_view text = TextOf(shown.data);
  const pki::AltNames& names = certificate.alt_names();
  switch (shown.type) {
    case IdentityType::kDn:
      return std::ranges::equal(certificate.subject_der(), shown.data);
    case IdentityType::kFqdn:
      return std::ranges::any_of(names.dns,
                                 [text](const std::string& name) { return SameName(name, text); });
    case IdentityType::kEmail:
      return std::ranges::any_of(
          names.emails, [text](const std::string& mailbox) { return SameMailbox(mailbox, text); });
    case IdentityType::kIpv4:
    case IdentityType::kIpv6: {
      const auto address = net::Address::FromBytes(shown.data);
      return address && std::ranges::find(names.addresses, *address) != names.addresses.end();
    }
    case IdentityType::kKeyId:
    case IdentityType::kNone:
      break;
  }
  return false;
}

}  // namespace vam::ike::v2
