// One child SA pair, or a bundle's part of it, as IKE knows it. The SAs themselves live in fwd.
#ifndef VAM_SW_IKE_V2_SA_CHILD_SA_H_
#define VAM_SW_IKE_V2_SA_CHILD_SA_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/keys/suite.h"
#include "sw/ike/v2/policy/profile.h"

namespace vam::ike::v2 {

struct ChildSa {
  enum class State : uint8_t {
    kReserving,    // its SPI is asked for
    kNegotiating,  // the peer is asked, or waits for our answer
    kInstalling,   // fwd is asked to take it
    kUp,
    kRekeying,  // up, and a new one is being made
    kReplaced,  // a new one is up; goes with the exchange that deletes it
    kDeleting,  // the peer is told
  };

  uint32_t id = 0;  // within its IKE SA, never used twice
  State state = State::kReserving;
  std::shared_ptr<const ChildConfig> config;
  uint64_t policy = 0;  // fwd's SA set
  ChildLine selectors;  // as asked for, then as agreed
  bool transport = false;
  ChildSuite suite;
  uint32_t spi_in = 0;
  uint32_t spi_out = 0;
  uint64_t sa_in = 0;  // fwd's ids; 0: not there
  uint64_t sa_out = 0;
  bool in_installed = false;  // sa_in takes packets; before that it is larval
  bool was_up = false;        // operators were told of it
  bool ours = false;          // we began the exchange that makes it
  bool peers = false;         // the peer made it, or the first one that it was rekeyed from
  uint32_t replaces = 0;      // id of the child that this one rekeys; 0: none
  // Of a child that the peer made in place of another: goes out only when the peer uses it, or
  // deletes the old one (design.md section 7, rekey).
  std::shared_ptr<const ChildKeys> outbound_later;
  // By the peer, which has another in its place that is not installed here yet: goes with that.
  bool deleted_by_peer = false;
  // Rekeying is tried again then, or `outbound_later` goes out at the latest; 0: not.
  uint64_t rekey_at_ns = 0;
  uint64_t begun_ns = 0;           // we began the exchange that makes it then
  uint64_t selectors_told_ns = 0;  // INVALID_SELECTORS was said of it; 0: never
  // The lowest nonce of the exchange by which the peer makes this child anew; empty: it does not.
  std::vector<uint8_t> peers_nonce;

  bool carries() const {
    return state == State::kUp || state == State::kRekeying || state == State::kReplaced;
  }
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_CHILD_SA_H_
