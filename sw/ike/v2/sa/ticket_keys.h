// The gateway's tickets (RFC 5723, 6): by value, sealed under a key that no one else has and that
// is drawn anew from time to time; and which of them have been used.
#ifndef VAM_SW_IKE_V2_SA_TICKET_KEYS_H_
#define VAM_SW_IKE_V2_SA_TICKET_KEYS_H_

#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/ike/v2/sa/ticket.h"

namespace vam::ike::v2 {

inline constexpr size_t kTicketKeyNameBytes = 8;
inline constexpr size_t kTicketIvBytes = 12;
inline constexpr size_t kTicketTagBytes = 16;
// Version of the form, name of the key, IV, encrypted text, tag.
inline constexpr size_t kTicketHeadBytes = 1 + kTicketKeyNameBytes + kTicketIvBytes;
inline constexpr size_t kMaxTicketBytes = kTicketHeadBytes + kMaxTicketText + kTicketTagBytes;

// Which ticket it is: the name of its key and its IV.
using TicketId = std::array<uint8_t, kTicketKeyNameBytes + kTicketIvBytes>;

// AES-256-GCM. A key seals for as long as tickets are good at most, and opens for as long again:
// so each opens until it ends, and after twice that time nobody can read old tickets any more.
class TicketKeys {
 public:
  // Both must outlive it.
  TicketKeys(const Clock& clock, Rng& rng) : clock_(clock), rng_(rng) {}

  // How long tickets are good at most; 0: there are none, and the keys go.
  void SetLife(uint64_t life_ns);
  // Wipes keys whose time is over.
  void Expire();
  uint64_t next_ns() const;

  // kExhausted: too long. kUnavailable: there are no tickets. kInternal when libcrypto fails.
  Result<std::vector<uint8_t>> Seal(const TicketState& state);
  struct Opened {
    TicketId id{};
    TicketState state;
  };
  // kNotFound: its key is not known, or not any more. kAuthFailed, kMalformed, kTruncated: none of
  // ours.
  Result<Opened> Open(Bytes ticket);

 private:
  struct TicketKey {
    std::array<uint8_t, kTicketKeyNameBytes> name{};
    Secret<32> key;  // empty: none
    uint64_t drawn_ns = 0;
  };
  const TicketKey& Current();

  const Clock& clock_;
  Rng& rng_;
  uint64_t life_ns_ = 0;
  std::array<TicketKey, 2> keys_;  // the current one, the one before
};

// Tickets that have made an IKE SA, until they end: none makes another.
class UsedTickets {
 public:
  static constexpr size_t kMost = 65'536;

  bool Has(const TicketId& id) const { return ids_.contains(id); }
  // Forgets those that have ended.
  bool HasRoom(uint64_t now_ns);
  // False: it is there already, or there is no room.
  bool Add(const TicketId& id, uint64_t expires_ns, uint64_t now_ns);
  size_t size() const { return ids_.size(); }

 private:
  std::set<TicketId> ids_;
  std::set<std::pair<uint64_t, TicketId>> by_end_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_TICKET_KEYS_H_
