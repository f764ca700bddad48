// Of one IKE SA that is being set up: its rounds of IKE_INTERMEDIATE (RFC 9242, RFC 9370).
#ifndef VAM_SW_IKE_V2_SA_INTERMEDIATE_STATE_H_
#define VAM_SW_IKE_V2_SA_INTERMEDIATE_STATE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sw/ike/v2/keys/key_schedule.h"

namespace vam::ike::v2 {

struct IntermediateState {
  uint32_t rounds = 0;                          // that are done: one key exchange each
  std::vector<uint8_t> int_auth_i, int_auth_r;  // RFC 9242, 3.3.2: of the last one
  // Responder: until the next request its last one may come again, under the keys from before it.
  std::unique_ptr<const IkeKeys> former;
  uint32_t former_id = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_INTERMEDIATE_STATE_H_
