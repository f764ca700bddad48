// CREATE_CHILD_SA (RFC 7296, 1.3.1, 1.3.3, 2.8, 2.25): another child, or a child made anew.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CREATE_CHILD_H_
#define VAM_SW_IKE_V2_EXCHANGE_CREATE_CHILD_H_

#include <cstdint>
#include <memory>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Asks the peer for a child that waits for its SPI, or has it.
std::unique_ptr<Request> MakeCreateChild(uint32_t child);
// Makes a child anew: the new one comes up, then the old one is deleted. Without effect while that
// is under way.
void RekeyChild(Core& core, IkeSa& sa, ChildSa& child);
// A request of the peer for a child.
void OnCreateChild(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CREATE_CHILD_H_
