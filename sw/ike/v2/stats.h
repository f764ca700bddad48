// Counters for operators, and the last errors.
#ifndef VAM_SW_IKE_V2_STATS_H_
#define VAM_SW_IKE_V2_STATS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/clock.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/timings.h"

namespace vam::ike::v2 {

// False for endings in good order, and for cookies that are asked for.
bool IsFault(Cause cause);
// What it means, for `show crypto ikev2 diagnose error`.
std::string_view Meaning(Cause cause);

// Bounded whatever peers do.
class Stats final : public Journal {
 public:
  // Errors of set-ups and IKE SAs, and apart from them what anybody's packet can cause: so many of
  // the latter cannot push out the former.
  static constexpr size_t kMostFailures = 48;
  static constexpr size_t kMostRefusals = 16;

  struct Direction {
    uint64_t established = 0;
    uint64_t failed = 0;
  };
  struct Exchange {
    uint64_t sent_requests = 0;
    uint64_t sent_responses = 0;
    uint64_t received_requests = 0;
    uint64_t received_responses = 0;
  };
  struct Fault {
    uint64_t order = 0;    // later ones have higher numbers
    uint64_t wall_ns = 0;  // the last time
    Cause cause = Cause::kInternal;
    Ends ends;
    std::string remote_id;  // empty: not known
    std::string profile;
    std::string why;     // a sentence, where there is more to say than the cause
    uint64_t times = 1;  // of this cause with this peer, without another between
  };
  // Rows of exchanges: the types of RFC 7296, then all others.
  static constexpr std::array<std::string_view, 5> kExchanges{
      "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA", "INFORMATIONAL", "other"};

  explicit Stats(const Clock& clock) : clock_(clock), timings_(clock) {}

  void IkeUp(const IkeSa& sa) override;
  void IkeDown(const IkeSa& sa, Cause cause, bool was_up) override;
  void ChildUp(const IkeSa& sa, const ChildSa& child) override;
  void ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) override;
  void Retransmitted(const IkeSa& sa) override;
  void StateChange(const IkeSa& sa, IkeSa::State next) override;
  void Packet(const Ends& ends, bool sent, Bytes message) override;
  void SentOn(const Ends& ends, RedirectPhase phase, const net::Address& gateway) override;
  void Refused(const Ends& ends, Cause cause) override;
  // Everything to 0; the errors are forgotten.
  void Clear();

  const Direction& incoming() const { return incoming_; }
  const Direction& outgoing() const { return outgoing_; }
  uint64_t ike_rekeys() const { return ike_rekeys_; }
  uint64_t children_up() const { return children_up_; }
  uint64_t children_down() const { return children_down_; }
  uint64_t retransmissions() const { return retransmissions_; }
  // Peers that were told to go to another gateway, by RedirectPhase.
  const std::array<uint64_t, 3>& sent_on() const { return sent_on_; }
  const Timings& timings() const { return timings_; }
  const std::array<Exchange, kExchanges.size()>& exchanges() const { return exchanges_; }
  std::vector<Fault> errors() const;  // oldest first
  uint64_t total_errors() const { return total_errors_; }

 private:
  void Note(std::deque<Fault>& list, size_t most, Fault fault);
  void NoteSa(const IkeSa& sa, Cause cause);

  const Clock& clock_;
  Direction incoming_, outgoing_;
  Timings timings_;
  uint64_t ike_rekeys_ = 0, children_up_ = 0, children_down_ = 0, retransmissions_ = 0;
  std::array<uint64_t, 3> sent_on_{};
  std::array<Exchange, kExchanges.size()> exchanges_;
  std::deque<Fault> failures_, refusals_;
  uint64_t total_errors_ = 0, order_ = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_STATS_H_
