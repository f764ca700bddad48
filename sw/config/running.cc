#include "sw/config/running.h"

#include <algorithm>

namespace vam::config {
namespace {

template <typename T>
const T* Find(const std::vector<T>& list, std::string_view name) {
  auto it =
      std::find_if(list.begin(), list.end(), [&](const T& item) { return item.name == name; });
  return it == list.end() ? nullptr : &*it;
}

}  // namespace

bool operator==(const SessionKey& a, const SessionKey& b) {
  if (a.spi != b.spi || (a.key == nullptr) != (b.key == nullptr)) return false;
  return a.key == nullptr || a.key->Equals(*b.key);
}

const Interface* Running::FindInterface(std::string_view name) const {
  return Find(interfaces, name);
}
const Acl* Running::FindAcl(std::string_view name) const { return Find(acls, name); }
const TransformSet* Running::FindTransformSet(std::string_view name) const {
  return Find(transform_sets, name);
}
const CryptoMap* Running::FindCryptoMap(std::string_view name) const {
  return Find(crypto_maps, name);
}

}  // namespace vam::config
