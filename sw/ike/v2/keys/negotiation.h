// Which of the offered proposals is taken (RFC 7296, 2.7 and 3.3).
#ifndef VAM_SW_IKE_V2_KEYS_NEGOTIATION_H_
#define VAM_SW_IKE_V2_KEYS_NEGOTIATION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/ike/v2/keys/suite.h"
#include "sw/ike/v2/wire/payload_sa.h"

namespace vam::ike::v2 {

// What we are ready for with one peer: what the configuration calls a proposal. Each list is in our
// order of preference, without doubles. Combined ciphers and others may be mixed: on the wire they
// become proposals of their own (RFC 5282, 8).
struct IkeOffer {
  std::vector<Cipher> ciphers;
  std::vector<IntegrityId> integrities;  // may be empty when all ciphers are combined
  std::vector<PrfId> prfs;
  std::vector<uint16_t> groups;
  // RFC 9370, types 6 to 12 in order; 0 in a list: may be left out; an empty one: is.
  std::vector<std::vector<uint16_t>> additional_groups;
};

struct ChildOffer {
  Protocol protocol = Protocol::kEsp;
  std::vector<Cipher> ciphers;           // ESP; kNull stands for no encryption
  std::vector<IntegrityId> integrities;  // of ciphers that are not combined, or of AH
  std::vector<uint16_t> groups;          // PFS; empty: none
  std::vector<std::vector<uint16_t>> additional_groups;  // as above; beside `groups` only
  bool esn = true;            // extended sequence numbers are offered and taken
  bool short_numbers = true;  // and so are short ones
};

// Proposals in the order of `offers`, numbered from 1; `spi` of `spi_bytes` in each (0 bytes:
// IKE_SA_INIT). Where all additional key exchanges may be left out, each stands there again without
// them, for peers that do not know such transforms. `with_group` is false for the child of
// IKE_AUTH, which has no key exchange.
std::vector<Proposal> Propose(std::span<const IkeOffer> offers, uint64_t spi, uint8_t spi_bytes);
std::vector<Proposal> Propose(std::span<const ChildOffer> offers, uint32_t spi, bool with_group);

template <typename Suite>
struct Choice {
  Suite suite;
  Proposal proposal;  // one transform of each type: what the answer repeats, with the peer's SPI
  size_t offer = 0;   // index of ours
};

// As responder: the peer's order decides over ours (RFC 7296, 2.7; SY-34), among proposals and
// among transforms of one type. kNotFound when none will do (NO_PROPOSAL_CHOSEN).
// `preferred_group`: taken in place of the first common one if the proposal has it, for the peer's
// KE payload is of it (0: none). `additional` is false where the peer cannot do additional key
// exchanges: they are chosen to be left out. No method is chosen twice (RFC 9370, 2.2.1); each
// takes the first that is left.
Result<Choice<IkeSuite>> Choose(std::span<const Proposal> offered, std::span<const IkeOffer> ours,
                                uint16_t preferred_group = 0, bool additional = true);
Result<Choice<ChildSuite>> Choose(std::span<const Proposal> offered,
                                  std::span<const ChildOffer> ours, bool with_group,
                                  uint16_t preferred_group = 0);

// As initiator: kMalformed unless `answer` takes one transform of each type out of one proposal
// that we made, and nothing else.
Result<IkeSuite> CheckAnswer(std::span<const Proposal> offered, const Proposal& answer);
Result<ChildSuite> CheckChildAnswer(std::span<const Proposal> offered, const Proposal& answer);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEYS_NEGOTIATION_H_
