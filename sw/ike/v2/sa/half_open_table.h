// The IKE SAs that peers began and have not proved, so that a request sent again finds its answer,
// and so that nobody fills the memory.
#ifndef VAM_SW_IKE_V2_SA_HALF_OPEN_TABLE_H_
#define VAM_SW_IKE_V2_SA_HALF_OPEN_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "sw/ike/v2/sa/ends.h"
#include "sw/net/prefix.h"

namespace vam::ike::v2 {

class HalfOpenTable {
 public:
  // The IKE SA that this very request made: 0 for none.
  uint64_t Find(const Ends& ends, uint64_t peer_spi) const;
  // Where the request for the IKE SA `spi` came from, wherever the peer goes later.
  void Add(const Ends& ends, uint64_t peer_spi, uint64_t spi);
  // Proved, or gone. Nothing: it is not there.
  void Remove(uint64_t spi);
  size_t size() const { return keys_.size(); }
  // Of one customer: an address; IPv6: a /64.
  size_t of(const net::Address& address) const;
  // Of its neighbours too, 256 of them: a /24; IPv6: a /48, which has as many /56.
  size_t around(const net::Address& address) const;

 private:
  struct Key {
    net::Address remote;
    uint16_t remote_port = 0;
    uint64_t peer_spi = 0;
    auto operator<=>(const Key&) const = default;
  };
  static Key KeyOf(const Ends& ends, uint64_t peer_spi) {
    return {ends.remote, ends.remote_port, peer_spi};
  }
  size_t CountOf(const net::Prefix& prefix) const;

  std::map<Key, uint64_t> by_key_;
  std::unordered_map<uint64_t, Key> keys_;   // by the IKE SA
  std::map<net::Prefix, size_t> by_prefix_;  // of both lengths
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_HALF_OPEN_TABLE_H_
