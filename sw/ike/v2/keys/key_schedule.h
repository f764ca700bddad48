// Keys of IKE SAs and of their children (RFC 7296, 2.13 to 2.18).
#ifndef VAM_SW_IKE_V2_KEYS_KEY_SCHEDULE_H_
#define VAM_SW_IKE_V2_KEYS_KEY_SCHEDULE_H_

#include <cstdint>
#include <span>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/ike/v2/keys/suite.h"

namespace vam::ike::v2 {

// One key of the schedule: at most an AES-256 key with salt, or the output of a PRF.
using Key = Secret<crypto::kMaxPrfBytes>;

// What both ends derive (SK_d and so on), one behind the other in one block: each IKE SA has them
// as long as it is there. `ai` and `ar` are empty with combined ciphers; `ei` and `er` hold the
// key, then the salt.
class IkeKeys {
 public:
  IkeKeys() = default;
  // To be filled as a whole, in the order of 2.14.
  explicit IkeKeys(const IkeSuite& suite);
  std::span<uint8_t> material() { return block_.writable(); }

  Bytes d() const { return Cut(0, prf_bytes_); }
  Bytes ai() const { return Cut(prf_bytes_, integrity_bytes_); }
  Bytes ar() const { return Cut(prf_bytes_ + integrity_bytes_, integrity_bytes_); }
  Bytes ei() const { return Cut(ciphers_at(), cipher_bytes_); }
  Bytes er() const { return Cut(ciphers_at() + cipher_bytes_, cipher_bytes_); }
  // Empty once they were dropped.
  Bytes pi() const { return has_proofs() ? Cut(proofs_at(), prf_bytes_) : Bytes(); }
  Bytes pr() const { return has_proofs() ? Cut(proofs_at() + prf_bytes_, prf_bytes_) : Bytes(); }

  // Both ends have proved who they are: SK_pi and SK_pr are for nothing any more.
  void DropProofs();
  IkeKeys Clone() const;

 private:
  size_t ciphers_at() const { return prf_bytes_ + 2 * size_t{integrity_bytes_}; }
  size_t proofs_at() const { return ciphers_at() + 2 * size_t{cipher_bytes_}; }
  bool has_proofs() const { return block_.size() > proofs_at(); }
  Bytes Cut(size_t offset, size_t size) const { return block_.bytes().subspan(offset, size); }

  SecretBlock block_;
  uint8_t prf_bytes_ = 0, integrity_bytes_ = 0, cipher_bytes_ = 0;
};

// Both nonces and both SPIs as they were on the wire.
struct Exchanged {
  Bytes nonce_i;
  Bytes nonce_r;
  uint64_t spi_i = 0;
  uint64_t spi_r = 0;
};

// 2.14: the first keys of an IKE SA. kInternal when libcrypto fails.
Result<IkeKeys> DeriveKeys(const IkeSuite& suite, const Exchanged& exchanged, Bytes shared);
// 2.18: of an IKE SA that replaces another; `old_prf` and `old_d` are the other one's. The nonces
// and SPIs are those of the new SA. `additional`: the results of IKE_FOLLOWUP_KE, one behind the
// other (RFC 9370, 2.2.4); empty: none.
Result<IkeKeys> DeriveRekeyed(const IkeSuite& suite, PrfId old_prf, Bytes old_d,
                              const Exchanged& exchanged, Bytes shared, Bytes additional = {});
// RFC 9370, 2.2.2: after one more key exchange in IKE_INTERMEDIATE. Nonces and SPIs are those of
// IKE_SA_INIT.
Result<IkeKeys> DeriveAdditional(const IkeSuite& suite, Bytes d, const Exchanged& exchanged,
                                 Bytes shared);
// RFC 5723, 5.1: of a resumed IKE SA. `old_d` is the ticket's.
Result<IkeKeys> DeriveResumed(const IkeSuite& suite, Bytes old_d, const Exchanged& exchanged);
// RFC 8784, 3: mixes a post-quantum preshared key into SK_d, SK_pi and SK_pr. Requires: none of
// them was dropped.
Status MixPpk(const IkeSuite& suite, Bytes ppk, IkeKeys& keys);

// Keys of one child SA, in the order of RFC 7296, 2.17: what the initiator of the exchange sends
// with, then what the responder does; within each the encryption key (with salt), then the
// integrity key.
struct ChildKeys {
  Key encryption_i, integrity_i, encryption_r, integrity_r;
};
// `shared`: of the exchange's own key exchange; empty: it had none. `additional` as above.
Result<ChildKeys> DeriveChild(const ChildSuite& suite, PrfId prf, Bytes d, Bytes nonce_i,
                              Bytes nonce_r, Bytes shared, Bytes additional = {});

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEYS_KEY_SCHEDULE_H_
