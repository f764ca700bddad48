// Addresses of peers' names, as mgmt tells them to fwd and ikev2.
#ifndef VAM_SW_API_PEER_NAMES_H_
#define VAM_SW_API_PEER_NAMES_H_

#include <string>

#include "sw/api/names.pb.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/net/name_table.h"

namespace vam::api {

// The field of an address: 4 or 16 bytes in network order. kInvalidArgument: another number.
Result<net::Address> AddressOfField(const std::string& field);
std::string FieldOf(const net::Address& address);

// kInvalidArgument: an address is none; nothing is taken.
Status Apply(const PeerNames& message, net::NameTable& table);
// A whole kPeerNames. Also kMalformed.
Status Apply(Bytes payload, net::NameTable& table);

}  // namespace vam::api

#endif  // VAM_SW_API_PEER_NAMES_H_
