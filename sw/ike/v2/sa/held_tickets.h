// The client's tickets (RFC 5723, 4.2 and 6.2): one for each peer that gave one, until it is used,
// ends, or is told that it is for nothing any more.
#ifndef VAM_SW_IKE_V2_SA_HELD_TICKETS_H_
#define VAM_SW_IKE_V2_SA_HELD_TICKETS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/sa/ticket.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

// As an entry of a crypto map calls: between which ends, by which profile.
struct HeldKey {
  net::Address local;
  net::Address remote;
  uint16_t front_vrf = 0;
  std::string profile;
  auto operator<=>(const HeldKey&) const = default;
};

struct HeldTicket {
  std::vector<uint8_t> ticket;  // as the peer gave it
  TicketState state;
  uint64_t of = 0;        // SPI of the IKE SA that it is for
  std::string peer_name;  // by which the peer was called; empty: by its address
};

class HeldTickets {
 public:
  static constexpr size_t kMost = 16'384;

  // In place of the one before. Where there are too many, that which ends first goes.
  void Put(const HeldKey& key, std::unique_ptr<HeldTicket> ticket);
  const HeldTicket* Find(const HeldKey& key) const;
  // Null: none.
  std::unique_ptr<HeldTicket> Take(const HeldKey& key);
  void ForgetIf(const std::function<bool(const HeldKey&, const HeldTicket&)>& is_meant);
  // Those that have ended.
  void Expire(uint64_t now_ns);
  uint64_t next_ns() const { return by_end_.empty() ? UINT64_MAX : by_end_.begin()->first; }
  size_t size() const { return by_key_.size(); }

 private:
  std::map<HeldKey, std::unique_ptr<HeldTicket>> by_key_;
  std::set<std::pair<uint64_t, HeldKey>> by_end_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_HELD_TICKETS_H_
