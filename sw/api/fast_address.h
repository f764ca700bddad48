// Addresses of the fast messages to those of sw/net, and back.
#ifndef VAM_SW_API_FAST_ADDRESS_H_
#define VAM_SW_API_FAST_ADDRESS_H_

#include "sw/api/fast.h"
#include "sw/base/result.h"
#include "sw/net/address.h"

namespace vam::api {

// kMalformed for a family that does not exist, and for bytes that it leaves to be 0 and are not.
Result<net::Address> FromFast(const FastAddress& address);
FastAddress ToFast(const net::Address& address);

}  // namespace vam::api

#endif  // VAM_SW_API_FAST_ADDRESS_H_
