// Peers by name (SY-40, DP-53): which addresses an entry's peers have at present. Who resolves them
// is mgmt; here is what it said, and what is wanted of it.
#ifndef VAM_SW_IKE_V2_SA_PEER_NAMES_H_
#define VAM_SW_IKE_V2_SA_PEER_NAMES_H_

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/ike/v2/policy/profile.h"
#include "sw/net/name_table.h"

namespace vam::ike::v2 {

class PeerNames {
 public:
  static constexpr size_t kMostWanted = 1'024;  // of one turn

  struct Peer {
    net::Address address;
    std::string name;  // empty: the entry has the address
    bool operator==(const Peer&) const = default;
  };

  net::NameTable& table() { return table_; }
  const net::NameTable& table() const { return table_; }
  // In the order in which they are tried, each address once, of the version of IP of the entry.
  std::vector<Peer> PeersOf(const ChildConfig& config) const;
  // The one at this address; without a name when none is.
  Peer At(const ChildConfig& config, const net::Address& address) const;
  std::vector<net::Address> AddressesOf(const ChildConfig& config) const;

  // An address of it is needed, or another one than the present.
  void Want(std::string_view name);
  std::vector<std::string> TakeWanted();

 private:
  net::NameTable table_;
  std::set<std::string, std::less<>> wanted_;
};

std::vector<net::Address> AddressesOf(std::span<const PeerNames::Peer> peers);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_PEER_NAMES_H_
