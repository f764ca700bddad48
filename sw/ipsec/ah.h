// The IP authentication header (RFC 4302).
//
//   | IP header | next header 1 | length 1 | reserved 2 | SPI 4 | sequence 4 | ICV, padding |
//   payload |
#ifndef VAM_SW_IPSEC_AH_H_
#define VAM_SW_IPSEC_AH_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/crypto/mac.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

// A header that starts a payload. Nothing but `reason` holds unless it is kOk.
struct AhHeader {
  Reason reason = Reason::kEspShort;
  uint8_t next_header = 0;
  size_t bytes = 0;  // of the whole header
  Spi spi;
  uint32_t sequence = 0;  // the 32 bits on the wire
};
// kOk or kEspShort.
AhHeader ParseAh(Bytes payload);

// True when a header of this length can carry the ICV. Senders disagree on the padding in IPv4, so
// both a multiple of 4 and one of 8 bytes are taken.
bool AhLengthOk(size_t ah_bytes, Integrity integrity, bool v6);

// Copies the headers before AH with everything zeroed that changes on the way (RFC 4302, 3.3.3.1):
// TOS, flags, offset, TTL, checksum and mutable options in IPv4; traffic class, flow label, hop
// limit and mutable options in IPv6. Source routes become what they are at the destination. False
// when options are malformed. Requires: headers that ParseIp accepted, room for them in `out`.
bool MaskHeaders(Bytes headers, bool v6, MutableBytes out);

// One SA, one direction, one thread; keys prepared, no call allocates.
class AhMac {
 public:
  // Requires: AH parameters that Validate accepts.
  static Result<AhMac> Create(const SaSettings& sa, const SaKeys& keys);

  // `packet` holds AH at `offset`, `ah_bytes` long and complete but for the ICV, which is written.
  // `scratch` has room for the headers before AH. False when libcrypto fails or options are
  // malformed.
  bool Sign(uint64_t sequence, MutableBytes packet, size_t offset, size_t ah_bytes, bool v6,
            MutableBytes scratch);
  // True when the ICV is right. Requires: AhLengthOk.
  bool Verify(uint64_t sequence, Bytes packet, size_t offset, size_t ah_bytes, bool v6,
              MutableBytes scratch);

 private:
  AhMac(const SaSettings& sa, std::unique_ptr<crypto::Mac> mac, Secret<kMaxSaltBytes> salt)
      : info_(InfoOf(sa.suite.integrity)),
        esn_(sa.esn),
        mac_(std::move(mac)),
        salt_(std::move(salt)) {}

  bool Compute(uint64_t sequence, Bytes packet, size_t offset, size_t ah_bytes, bool v6, Bytes iv,
               MutableBytes scratch, MutableBytes icv);

  IntegrityInfo info_;
  bool esn_;
  std::unique_ptr<crypto::Mac> mac_;
  Secret<kMaxSaltBytes> salt_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_AH_H_
