// The addresses of an outer header that an engine made or is about to look at: of SAs that have
// moved since they were installed (RFC 4555). Engines keep the ends that an SA began with.
#ifndef VAM_SW_FWD_OUTER_ENDS_H_
#define VAM_SW_FWD_OUTER_ENDS_H_

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::fwd {

// Other addresses in the header of an IP packet of their family, whose header checksum stays as
// right or wrong as it was. What follows the header is not looked at: ESP covers none of it. A
// packet of the other family, or too short for its header, is left as it is.
void SetEnds(MutableBytes packet, const net::Address& source, const net::Address& destination);
// The same of the destination alone.
void SetDestination(MutableBytes packet, const net::Address& destination);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_OUTER_ENDS_H_
