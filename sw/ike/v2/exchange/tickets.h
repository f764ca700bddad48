// What the role keeps of tickets beside its IKE SAs (RFC 5723), as gateway and as client.
#ifndef VAM_SW_IKE_V2_EXCHANGE_TICKETS_H_
#define VAM_SW_IKE_V2_EXCHANGE_TICKETS_H_

#include <algorithm>
#include <cstdint>

#include "sw/ike/v2/sa/held_tickets.h"
#include "sw/ike/v2/sa/ticket_keys.h"

namespace vam::ike::v2 {

struct TicketCounts {
  // As client.
  uint64_t asked = 0;      // requests of ours for one
  uint64_t received = 0;   // that we got
  uint64_t started = 0;    // IKE SAs that began by one
  uint64_t succeeded = 0;  // and came up
  uint64_t fell_back = 0;  // and were begun anew by IKE_SA_INIT
  // As gateway.
  uint64_t requested = 0;  // requests of peers for one
  uint64_t given = 0;
  uint64_t presented = 0;  // that peers came back with
  uint64_t accepted = 0;   // IKE SAs that came up by them
};

struct Tickets {
  Tickets(const Clock& clock, Rng& rng) : keys(clock, rng) {}

  TicketKeys keys;
  UsedTickets used;
  HeldTickets held;
  TicketCounts counts;

  void Expire(uint64_t now_ns) {
    keys.Expire();
    held.Expire(now_ns);
  }
  uint64_t next_ns() const { return std::min(keys.next_ns(), held.next_ns()); }
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_TICKETS_H_
