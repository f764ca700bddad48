#include "sw/config/running.h"

namespace vam::config {

bool operator==(const SessionKey& a, const SessionKey& b) {
  if (a.spi != b.spi || (a.key == nullptr) != (b.key == nullptr)) return false;
  return a.key == nullptr || a.key->Equals(*b.key);
}

const Interface* Running::FindInterface(std::string_view name) const {
  return interfaces.Find(name);
}
const Acl* Running::FindAcl(std::string_view name) const { return acls.Find(name); }
const TransformSet* Running::FindTransformSet(std::string_view name) const {
  return transform_sets.Find(name);
}
const CryptoMap* Running::FindCryptoMap(std::string_view name) const {
  return crypto_maps.Find(name);
}

}  // namespace vam::config
