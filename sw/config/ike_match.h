// Which profile a peer belongs to, and which keys are its: the closest match counts, found without
// looking at every peer.
//
// An identity is closest by its whole name (fqdn, email, key-id, single address), then by the
// longest range of addresses or the longest domain, then by `any`. Between equals the first that is
// configured counts. Names are compared without regard to case (RFC 4343); key-ids byte by byte.
//
// Profiles that are bound to another fvrf or local address, and incomplete ones, are passed over
// before identities are compared (SY-48).
#ifndef VAM_SW_CONFIG_IKE_MATCH_H_
#define VAM_SW_CONFIG_IKE_MATCH_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

// Ranges and names of identities, each with a number; numbers rise in the order of the
// configuration.
class IdentityIndex {
 public:
  void Add(const IkeIdentity& identity, uint32_t number);
  // All that `shown`, an identity of one peer, fits: the closest first.
  std::vector<uint32_t> Find(const IkeIdentity& shown) const;

 private:
  void Append(const std::string& key, std::vector<uint32_t>& found) const;

  std::unordered_map<std::string, std::vector<uint32_t>> at_;  // by kind and name
  std::array<bool, 129> v4_lengths_{}, v6_lengths_{};          // that some range has
};

// Over one configuration, which outlives it and does not change.
class Ikev2Matcher {
 public:
  explicit Ikev2Matcher(const Running& running);

  // The profile of a peer that shows `shown` at `local`; nullptr: none. `fvrf` "": the global
  // table. Certificate maps are not looked at here.
  const Ikev2Profile* ProfileOf(const IkeIdentity& shown, std::string_view fvrf,
                                const net::Address& local) const;
  // The same for a peer that this system calls on: what the entry of a crypto map names.
  const Ikev2Profile* ProfileNamed(std::string_view name) const;

  // The entry of `keyring` for a peer that this system calls on, by the name that `set peer` gives
  // it ("": none), then by its address. nullptr: none.
  const Ikev2Peer* PeerToCall(std::string_view keyring, std::string_view hostname,
                              const net::Address& address) const;
  // For a peer that calls: by what it shows, then by its address.
  const Ikev2Peer* PeerThatCalls(std::string_view keyring, const IkeIdentity& shown,
                                 const net::Address& address) const;

 private:
  struct Ring {
    const Ikev2Keyring* keyring = nullptr;
    std::unordered_map<std::string, uint32_t> hostnames;
    IdentityIndex identities;
    IdentityIndex addresses;
  };
  const Ring* FindRing(std::string_view keyring) const;
  static const Ikev2Peer* ByAddress(const Ring& ring, const net::Address& address);
  bool IsHere(const Ikev2Profile& profile, std::string_view fvrf, const net::Address& local) const;

  const Running& running_;
  std::vector<bool> complete_;  // profiles
  IdentityIndex profiles_;
  std::unordered_map<std::string, Ring> rings_;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_IKE_MATCH_H_
