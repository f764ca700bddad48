#include "sw/net/name_table.h"

#include <algorithm>
#include <utility>

#include "sw/base/text.h"

namespace vam::net {

std::string FoldName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return Lower(name);
}

void NameTable::Unlink(const std::string& name, const Entry& entry) {
  for (const Address& address : entry.addresses) {
    const auto [first, last] = by_address_.equal_range(address);
    const auto at =
        std::find_if(first, last, [&](const auto& each) { return each.second == name; });
    if (at != last) by_address_.erase(at);
  }
}

void NameTable::Set(std::string_view name, Entry entry) {
  const std::string folded = FoldName(name);
  const auto at = entries_.find(folded);
  if (at == entries_.end() && entries_.size() >= kMaxNames) return;
  if (entry.addresses.size() > kMaxAddresses) entry.addresses.resize(kMaxAddresses);
  if (at != entries_.end()) Unlink(folded, at->second);
  for (const Address& address : entry.addresses) by_address_.emplace(address, folded);
  entries_.insert_or_assign(folded, std::move(entry));
}

void NameTable::Remove(std::string_view name) {
  const auto at = entries_.find(FoldName(name));
  if (at == entries_.end()) return;
  Unlink(at->first, at->second);
  entries_.erase(at);
}

const NameTable::Entry* NameTable::Find(std::string_view name) const {
  const auto at = entries_.find(FoldName(name));
  return at == entries_.end() ? nullptr : &at->second;
}

std::span<const Address> NameTable::AddressesOf(std::string_view name) const {
  const Entry* const entry = Find(name);
  if (entry == nullptr) return {};
  return entry->addresses;
}

std::vector<std::string> NameTable::NamesOf(const Address& address) const {
  std::vector<std::string> names;
  const auto [first, last] = by_address_.equal_range(address);
  for (auto at = first; at != last; ++at) names.push_back(at->second);
  std::ranges::sort(names);
  return names;
}

}  // namespace vam::net
