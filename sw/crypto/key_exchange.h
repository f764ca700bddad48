// Key exchange methods of IKE: Diffie-Hellman groups and ML-KEM, all in the shape of a key
// encapsulation. Numbers are IANA's ("Transform Type 4").
#ifndef VAM_SW_CRYPTO_KEY_EXCHANGE_H_
#define VAM_SW_CRYPTO_KEY_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"

namespace vam::crypto {

enum class Group : uint16_t {
  kModp768 = 1,    // RFC 7296, B.1; legacy
  kModp1024 = 2,   // RFC 7296, B.2; legacy
  kModp1536 = 5,   // RFC 3526; legacy
  kModp2048 = 14,  // RFC 3526
  kModp3072 = 15,
  kModp4096 = 16,
  kModp6144 = 17,
  kModp8192 = 18,
  kEcp256 = 19,  // RFC 5903
  kEcp384 = 20,
  kEcp521 = 21,
  kX25519 = 31,  // RFC 8031
  kX448 = 32,
  kMlKem512 = 35,  // draft-ietf-ipsecme-ikev2-mlkem
  kMlKem768 = 36,
  kMlKem1024 = 37,
};

// In bytes: the longest public value is ML-KEM-1024's, the longest shared secret MODP 8192's.
inline constexpr size_t kMaxPublicBytes = 1568;
inline constexpr size_t kMaxSharedBytes = 1024;
using SharedSecret = Secret<kMaxSharedBytes>;

struct GroupInfo {
  Group group;
  std::string_view name;   // "ecp256"
  size_t initiator_bytes;  // of KE data on the wire, each way
  size_t responder_bytes;
  size_t shared_bytes;
  bool legacy;       // too weak for new use
  bool kem = false;  // ML-KEM: the two sides send different things
};
// Null: not built here. Every number of the wire may be asked for.
const GroupInfo* FindGroup(uint16_t number);
// All that are built, in the order of their numbers.
std::span<const GroupInfo> Groups();

class KeyPair;

// Our side of one exchange. Values on the wire are big-endian and padded to the group's length
// (RFC 7296, 3.4; RFC 5903, 7; RFC 8031, 2); those of ML-KEM are byte strings of FIPS 203. The
// peer's are checked first (RFC 6989, 2; FIPS 203, 7.2): length, range, being on the curve, no
// result of all zeros. Secrets are wiped.
class KeyExchange {
 public:
  // The initiator's: makes a fresh key pair from `rng` alone. kUnsupported for a group that is not
  // built, kUnavailable when libcrypto refuses.
  static Result<KeyExchange> Start(Group group, Rng& rng);

  // The responder's, in one step: its own KE data, and the shared secret. kMalformed when
  // `initiator_data` is no public value of the group.
  struct Answer;
  static Result<Answer> Respond(Group group, Bytes initiator_data, Rng& rng);

  KeyExchange(KeyExchange&&) noexcept;  // out of line: KeyPair is known there
  KeyExchange& operator=(KeyExchange&&) noexcept;
  ~KeyExchange();

  Group group() const { return group_; }
  // What goes into the KE payload.
  Bytes public_data() const;
  // kMalformed when `responder_data` is no public value of the group. May be called once for each
  // response that turns up (RFC 7296, 2.7): the key pair stays.
  Result<SharedSecret> Finish(Bytes responder_data) const;

 private:
  KeyExchange(Group group, std::unique_ptr<KeyPair> pair);

  Group group_;
  std::unique_ptr<KeyPair> pair_;
};

struct KeyExchange::Answer {
  KeyExchange own;  // public_data() is what to send
  SharedSecret shared;
};

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_KEY_EXCHANGE_H_
