#include "sw/ike/v2/policy/identities.h"

#include <utility>

namespace vam::ike::v2 {

using config::IkeIdentity;
using config::IkeIdKind;

IkeIdentity ToConfig(const Identity& shown) {
  IkeIdentity out;
  out.text.assign(shown.data.begin(), shown.data.end());
  switch (shown.type) {
    case IdentityType::kIpv4:
    case IdentityType::kIpv6: {
      const auto address = net::Address::FromBytes(shown.data);
      if (!address) break;
      return {IkeIdKind::kAddress, net::Prefix::Host(*address), ""};
    }
    case IdentityType::kFqdn:
      out.kind = IkeIdKind::kFqdn;
      return out;
    case IdentityType::kEmail:
      out.kind = IkeIdKind::kEmail;
      return out;
    case IdentityType::kKeyId:
      out.kind = IkeIdKind::kKeyId;
      return out;
    case IdentityType::kDn:
    case IdentityType::kNone:
      break;
  }
  // Nothing but `any` fits it.
  out.kind = IkeIdKind::kDn;
  return out;
}

Identity FromConfig(const IkeIdentity& own) {
  switch (own.kind) {
    case IkeIdKind::kAddress:
      return Identity::Of(own.prefix.base());
    case IkeIdKind::kFqdn:
      return Identity::Of(IdentityType::kFqdn, own.text);
    case IkeIdKind::kEmail:
      return Identity::Of(IdentityType::kEmail, own.text);
    case IkeIdKind::kKeyId:
      return Identity::Of(IdentityType::kKeyId, own.text);
    case IkeIdKind::kAny:
    case IkeIdKind::kFqdnDomain:
    case IkeIdKind::kEmailDomain:
    case IkeIdKind::kDn:
      break;
  }
  return {};
}

IdentityList::IdentityList(std::vector<IkeIdentity> list) : list_(std::move(list)) {
  for (const IkeIdentity& identity : list_) index_.Add(identity, 0);
}

bool IdentityList::Has(const Identity& shown) const {
  return !shown.empty() && !index_.Find(ToConfig(shown)).empty();
}

}  // namespace vam::ike::v2
