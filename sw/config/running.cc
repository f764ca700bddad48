#include "sw/config/running.h"

namespace vam::config {

bool SameKey(const Key& a, const Key& b) {
  if ((a == nullptr) != (b == nullptr)) return false;
  return a == nullptr || a == b || a->Equals(*b);
}
bool operator==(const AhKey& a, const AhKey& b) { return a.spi == b.spi && SameKey(a.key, b.key); }
bool operator==(const EspKey& a, const EspKey& b) {
  return a.spi == b.spi && SameKey(a.cipher, b.cipher) && SameKey(a.authenticator, b.authenticator);
}

const TransformUse* TransformSet::Find(TransformKind kind) const {
  for (const TransformUse& use : transforms) {
    if (InfoOf(use.transform).kind == kind) return &use;
  }
  return nullptr;
}

std::optional<net::Address> CryptoMapEntry::PeerAddress() const {
  if (peers.empty() || peers[0].address.is_none()) return std::nullopt;
  return peers[0].address;
}

std::string_view AclEntry::BeyondSelectors() const {
  if (source_port.except || destination_port.except) return "neq";
  if (established) return "established";
  if (!tcp_flags.any()) return "a TCP flag";
  if (dscp) return "dscp";
  if (precedence) return "precedence";
  if (tos) return "tos";
  if (ttl) return "ttl";
  if (flow_label) return "flow-label";
  if (routing) return "routing";
  return undetermined ? "undetermined-transport" : "";
}

const Interface* Running::FindInterface(std::string_view name) const {
  return interfaces.Find(name);
}
const Vrf* Running::FindVrf(std::string_view name) const { return vrfs.Find(name); }
const Acl* Running::FindAcl(std::string_view name) const { return acls.Find(name); }
const TransformSet* Running::FindTransformSet(std::string_view name) const {
  return transform_sets.Find(name);
}
const DynamicMap* Running::FindDynamicMap(std::string_view name) const {
  return dynamic_maps.Find(name);
}
const CryptoMap* Running::FindCryptoMap(std::string_view name) const {
  return crypto_maps.Find(name);
}

}  // namespace vam::config
