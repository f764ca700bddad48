// What both versions of IKE ask the signer: signatures by keys that they never see.
#ifndef VAM_SW_IKE_SIGNER_CLIENT_H_
#define VAM_SW_IKE_SIGNER_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sw/crypto/signature.h"
#include "sw/ike/answer_table.h"

namespace vam::ike {

struct SignQuestion {
  std::string key;  // label
  crypto::SignatureScheme scheme;
  std::vector<uint8_t> octets;  // the signer hashes them
};
struct SignAnswer {
  std::vector<uint8_t> signature;
  std::string error;  // not empty: a sentence, and there is no signature
};
using SignerClient = AnswerTable<SignQuestion, SignAnswer>;

// The longest RSA key signs in a fraction of a second; the peer waits as well.
inline constexpr AnswerLimits kSignerLimits{5 * kNsPerSecond, 4'096};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_SIGNER_CLIENT_H_
