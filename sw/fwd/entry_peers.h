// The peers of a crypto map entry, of which some have a name instead of an address.
#ifndef VAM_SW_FWD_ENTRY_PEERS_H_
#define VAM_SW_FWD_ENTRY_PEERS_H_

#include <string>

#include "sw/fwd/compile.h"
#include "sw/net/address.h"
#include "sw/net/name_table.h"

namespace vam::fwd {

bool HasPeer(const CompiledEntry& entry, const net::Address& peer, const net::NameTable& names);
// The entry's own address, or the first of its names, of the entry's version of IP; none: not
// known.
net::Address FirstPeer(const CompiledEntry& entry, const net::NameTable& names);
// A full sentence when there is no address that IKE could call, because of names; else empty.
std::string WhyNoPeer(const CompiledEntry& entry, const net::NameTable& names);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ENTRY_PEERS_H_
