// What is asked of the signer and of mgmt, as messages (sw/api/pki.proto).
#ifndef VAM_SW_IKE_PKI_MESSAGES_H_
#define VAM_SW_IKE_PKI_MESSAGES_H_

#include <cstdint>

#include "sw/api/channel.h"
#include "sw/ike/revocation_client.h"
#include "sw/ike/signer_client.h"

namespace vam::ike {

// False: the channel is not open, or does not take it.
bool SendSignRequest(api::Channel& signer, uint32_t request, const SignQuestion& question);
bool SendFetchRequest(api::Channel& mgmt, uint32_t request, const pki::FetchNeed& need);

// kMalformed for what is no such message.
Result<SignAnswer> ReadSignReply(Bytes payload);
Result<FetchAnswer> ReadFetchReply(Bytes payload);

}  // namespace vam::ike

#endif  // VAM_SW_IKE_PKI_MESSAGES_H_
