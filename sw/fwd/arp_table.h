// IPv4 neighbours of all interfaces (RFC 826), and the packets that wait for one.
#ifndef VAM_SW_FWD_ARP_TABLE_H_
#define VAM_SW_FWD_ARP_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/net/mac.h"

struct rte_mbuf;

namespace vam::fwd {

// Belongs to the worker. Bounded: a scan of a subnet cannot make it grow without end.
class ArpTable {
 public:
  static constexpr size_t kMaxEntries = 4096;
  static constexpr size_t kMaxWaiting = 8;                             // packets per neighbour
  static constexpr uint64_t kLifetimeNs = 4ULL * 3600 * kNsPerSecond;  // as IOS: four hours
  static constexpr uint64_t kRetryNs = kNsPerSecond;
  static constexpr unsigned kTries = 3;

  struct Key {
    uint16_t interface;
    uint32_t address;  // host order
    auto operator<=>(const Key&) const = default;
  };

  explicit ArpTable(const Clock& clock) : clock_(clock) {}

  // The neighbour's address if it is known and fresh.
  std::optional<net::MacAddress> Lookup(const Key& key) const;

  // Never ages; replaces what was learnt. Returns the packets that waited; the caller owns them.
  std::vector<rte_mbuf*> AddStatic(const Key& key, const net::MacAddress& mac);
  void ClearStatic();
  // Forgets what was learnt on the interface, kNoInterface: on all. Whom packets wait for is still
  // asked.
  void ClearLearnt(uint16_t interface);

  // A message named this neighbour. Known neighbours are updated; unknown ones are added only if
  // `solicited` (the message was for us), as RFC 826 has it. Returns the packets that waited; the
  // caller owns them.
  std::vector<rte_mbuf*> Learn(const Key& key, const net::MacAddress& mac, bool solicited);

  enum class Queued : uint8_t { kWaiting, kWaitingAskNow, kFull };
  // Lets a packet wait. kWaitingAskNow: send a request for the key. kFull: the caller keeps the
  // packet.
  Queued Wait(const Key& key, rte_mbuf* packet);

  struct Expired {
    std::vector<Key> ask_again;
    std::vector<rte_mbuf*> given_up;  // the caller owns them
  };
  // Retries and gives up, by the clock.
  Expired Tick();

  // The earliest time at which Tick has something to do; UINT64_MAX: nothing waits.
  uint64_t NextTickNs() const;

  struct Listed {
    Key key;
    net::MacAddress mac;
    bool is_static;
    uint64_t age_ns;
  };
  std::vector<Listed> List() const;

 private:
  struct Entry {
    net::MacAddress mac;
    bool known = false;
    bool is_static = false;
    uint64_t updated_ns = 0;
    unsigned tries = 0;
    uint64_t retry_ns = 0;
    std::vector<rte_mbuf*> waiting;
  };

  const Clock& clock_;
  std::map<Key, Entry> entries_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ARP_TABLE_H_
