// Key exchanges of a CREATE_CHILD_SA that are still to come, as its responder keeps them
// (RFC 9370, 2.2.4).
#ifndef VAM_SW_IKE_V2_SA_FOLLOWUP_STATE_H_
#define VAM_SW_IKE_V2_SA_FOLLOWUP_STATE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/crypto/key_exchange.h"
#include "sw/ike/v2/wire/header.h"
#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

class Core;
struct IkeSa;

struct Followup {
  std::vector<uint8_t> link;                  // by which the next request names it
  std::vector<uint16_t> groups;               // still to come, in their order
  std::vector<crypto::SharedSecret> secrets;  // of those that are done
  uint64_t expires_ns = 0;
  // Of an IKE SA that is made anew: the lowest nonce of that exchange. Empty: of a child.
  std::vector<uint8_t> lowest_nonce;
  // The last one is done: answers `request` with `message`, which has the KE payload, and what else
  // there is to say. `additional`: all secrets, one behind the other.
  std::function<void(Core& core, IkeSa& sa, const Header& request, MessageBuilder message,
                     Bytes additional)>
      finish;
  // It does not come to that.
  std::function<void(Core& core, IkeSa& sa)> abandon;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_FOLLOWUP_STATE_H_
