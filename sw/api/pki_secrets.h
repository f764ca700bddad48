// What in the messages to the signer is secret.
#ifndef VAM_SW_API_PKI_SECRETS_H_
#define VAM_SW_API_PKI_SECRETS_H_

#include "sw/api/pki.pb.h"

namespace vam::api {

// Zeroes passphrases, passwords and what may hold a private key; their lengths stay.
void WipeSecrets(KeyRequest::Import& import);
void WipeSecrets(KeyRequest& request);

}  // namespace vam::api

#endif  // VAM_SW_API_PKI_SECRETS_H_
