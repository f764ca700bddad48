// IPv6 neighbours of all interfaces (RFC 4861, 7.3), and the packets that wait for one.
#ifndef VAM_SW_FWD_ND_TABLE_H_
#define VAM_SW_FWD_ND_TABLE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"
#include "sw/net/nd.h"

struct rte_mbuf;

namespace vam::fwd {

// Belongs to the worker. Bounded: neither a scan of a subnet nor a neighbour with many addresses
// makes it grow without end (RFC 6583); when it is full, the oldest unresolved or unused one goes.
class NdTable {
 public:
  static constexpr size_t kMaxEntries = 4096;
  static constexpr size_t kMaxUnresolved = 1024;
  static constexpr size_t kMaxWaiting = 8;  // packets per neighbour
  // RFC 4861, 10.
  static constexpr uint64_t kReachableNs = 30 * kNsPerSecond;
  static constexpr uint64_t kDelayNs = 5 * kNsPerSecond;
  static constexpr uint64_t kRetryNs = kNsPerSecond;
  static constexpr unsigned kTries = 3;

  struct Key {
    uint16_t interface;
    net::Address address;
    auto operator<=>(const Key&) const = default;
  };
  enum class State : uint8_t { kIncomplete, kReachable, kStale, kDelay, kProbe, kStatic };

  explicit NdTable(const Clock& clock) : clock_(clock) {}

  // The neighbour's address if it is known. Using a stale one starts the check whether it is still
  // there.
  std::optional<net::MacAddress> Use(const Key& key);

  // What waited; the caller owns it and sends it to the neighbour's address.
  struct Learnt {
    std::vector<rte_mbuf*> waited;
    net::MacAddress mac;
  };
  // Replaces what was learnt.
  Learnt AddStatic(const Key& key, const net::MacAddress& mac);
  void ClearStatic();
  // Forgets what was learnt on the interface, kNoInterface: on all. Whom packets wait for is still
  // asked.
  void ClearLearnt(uint16_t interface);

  // A solicitation told its sender's address (7.2.3): new neighbours are stale.
  Learnt LearnFromSolicitation(const Key& key, const net::MacAddress& mac);
  // 7.2.5. An advertisement without our asking makes no new entry.
  Learnt LearnFromAdvertisement(const Key& key, const net::NdMessage& message);

  enum class Queued : uint8_t { kWaiting, kWaitingAskNow, kFull };
  // Lets a packet wait. kWaitingAskNow: solicit the key. kFull: the caller keeps the packet.
  Queued Wait(const Key& key, rte_mbuf* packet);

  struct Ask {
    Key key;
    std::optional<net::MacAddress> to;  // none: to the solicited-node group
  };
  struct Expired {
    std::vector<Ask> ask;
    std::vector<rte_mbuf*> given_up;  // the caller owns them
  };
  // Retries, probes and gives up, by the clock.
  Expired Tick();
  // The earliest time at which Tick has something to do; UINT64_MAX: never.
  uint64_t NextTickNs() const { return next_ns_; }

  struct Listed {
    Key key;
    net::MacAddress mac;
    State state;
    uint64_t age_ns;
  };
  std::vector<Listed> List() const;

 private:
  struct Entry {
    State state = State::kIncomplete;
    net::MacAddress mac;
    uint64_t updated_ns = 0;  // last proof that it is there
    uint64_t timer_ns = UINT64_MAX;
    unsigned tries = 0;
    std::vector<rte_mbuf*> waiting;
  };
  using Entries = std::map<Key, Entry>;

  void SetTimer(Entry& entry, uint64_t at_ns);
  Learnt Confirm(Entry& entry, const net::MacAddress& mac, State state);
  Entry* Add(const Key& key);
  bool Evict();

  const Clock& clock_;
  Entries entries_;
  size_t unresolved_ = 0;
  uint64_t next_ns_ = UINT64_MAX;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ND_TABLE_H_
