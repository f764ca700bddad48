// Host names, and the addresses that they stand for at present.
#ifndef VAM_SW_NET_NAME_TABLE_H_
#define VAM_SW_NET_NAME_TABLE_H_

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/net/address.h"

namespace vam::net {

// As names are compared: in lower case, without the dot at the end (RFC 4343).
std::string FoldName(std::string_view name);

// Not for several threads.
class NameTable {
 public:
  static constexpr size_t kMaxNames = 65'536;
  static constexpr size_t kMaxAddresses = 8;  // of one name: more are not kept

  struct Entry {
    std::vector<Address> addresses;  // in the order in which they are tried
    std::string problem;             // why there is none, or no newer one; a full sentence
  };

  // Names are folded here. A name beyond kMaxNames is not kept.
  void Set(std::string_view name, Entry entry);
  void Remove(std::string_view name);
  // nullptr: not known (yet).
  const Entry* Find(std::string_view name) const;
  // Empty: none is known.
  std::span<const Address> AddressesOf(std::string_view name) const;
  // The names that stand for `address`, folded, in the order of the alphabet.
  std::vector<std::string> NamesOf(const Address& address) const;
  size_t size() const { return entries_.size(); }

 private:
  void Unlink(const std::string& name, const Entry& entry);

  std::map<std::string, Entry, std::less<>> entries_;
  std::unordered_multimap<Address, std::string, AddressHash> by_address_;
};

}  // namespace vam::net

#endif  // VAM_SW_NET_NAME_TABLE_H_
