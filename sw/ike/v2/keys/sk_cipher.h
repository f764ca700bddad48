// The Encrypted payload (RFC 7296, 3.14; RFC 5282) and its fragments (RFC 7383).
#ifndef VAM_SW_IKE_V2_KEYS_SK_CIPHER_H_
#define VAM_SW_IKE_V2_KEYS_SK_CIPHER_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/wire/message.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {

// What protects one direction of an IKE SA. Holds no context of libcrypto between messages: they
// are rare, and an IKE SA must stay small.
struct SkKeys {
  Cipher cipher;
  IntegrityId integrity = IntegrityId::kNone;
  Bytes encryption;  // key, then salt; owned by the IKE SA
  Bytes integrity_key;
};

// Numbers the messages that one key protects: the explicit IV of a combined cipher (unique), while
// that of a CBC cipher is random. Goes with the key: a new key begins at 0 again.
struct SkCounter {
  uint64_t next = 0;
};

// The message `header` + SK{inner}. `inner` are whole payloads, the first of type `first`.
// kInternal when libcrypto fails, kExhausted when the counter or the message's length is.
Result<std::vector<uint8_t>> Seal(const SkKeys& keys, SkCounter& counter, Rng& rng, Header header,
                                  PayloadType first, Bytes inner);

// The same in as many SKF payloads as keep each message within `max_bytes` (UDP payload). One that
// fits is a single SK message. kInvalidArgument when `max_bytes` leaves no room, kExhausted beyond
// kMaxFragments.
Result<std::vector<std::vector<uint8_t>>> SealFragments(const SkKeys& keys, SkCounter& counter,
                                                        Rng& rng, Header header, PayloadType first,
                                                        Bytes inner, size_t max_bytes);

// What is inside of an SK or SKF payload: verified first, then deciphered. kAuthFailed when the ICV
// is wrong, kMalformed for lengths that no sender makes (below IV + ICV, no whole blocks, more
// padding than text).
Result<std::vector<uint8_t>> Open(const SkKeys& keys, Bytes message, const EncryptedPart& part);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEYS_SK_CIPHER_H_
