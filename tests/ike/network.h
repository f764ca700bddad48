// Two IKEv2 machines with a network between them that loses, delays, repeats and reorders, all
// under one clock and one seed.
#ifndef VAM_TESTS_IKE_NETWORK_H_
#define VAM_TESTS_IKE_NETWORK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/machine.h"
#include "tests/ike/fake_fwd.h"
#include "tests/ike/fake_pki.h"

namespace vam::ike::test {

// What was told to operators, as words: "ike up", "child down replaced".
class Record final : public v2::Journal {
 public:
  void IkeUp(const v2::IkeSa& sa) override;
  void IkeDown(const v2::IkeSa& sa, v2::Cause cause, bool was_up) override;
  void IkeMoved(const v2::IkeSa& sa) override;
  void ChildUp(const v2::IkeSa& sa, const v2::ChildSa& child) override;
  void ChildDown(const v2::IkeSa& sa, const v2::ChildSa& child, v2::Cause cause) override;
  void Installing(const api::SaInstall& install) override;
  void Retransmitted(const v2::IkeSa& sa) override;
  void StateChange(const v2::IkeSa& sa, v2::IkeSa::State next) override;
  void Packet(const v2::Ends& ends, bool sent, Bytes message) override;
  void WrongSelectors(const v2::IkeSa& sa, const v2::ChildSa& child, Bytes packet) override;
  void SentOn(const v2::Ends& ends, v2::RedirectPhase phase, const net::Address& gateway) override;
  void Refused(const v2::Ends& ends, v2::Cause cause) override;
  const std::vector<std::string>& lines() const { return lines_; }
  size_t Count(const std::string& line) const;

  // What was said of the last failure beside its cause.
  const std::string& why() const { return why_; }

  v2::Journal* also = nullptr;  // is told the same

 private:
  std::vector<std::string> lines_;
  std::string why_;
};

// One gateway.
struct Side {
  Side(const Clock& clock, uint64_t seed, uint32_t first_spi, net::Address own);

  void SetPolicy(v2::Policy::Parts parts);
  // A packet hits the permit line of an entry that has no SA.
  void Acquire(uint64_t policy, const std::string& map = "M", uint32_t sequence = 10);
  void Event(uint64_t sa_id, api::EventKind kind);
  // Its only IKE SA that is up, or null.
  v2::IkeSa* Up();
  size_t IkeSas() const { return machine.core().sas().size(); }
  // Children that carry packets.
  size_t Children();

  net::Address address;
  SeededRng rng;
  FakeFwd fwd;
  FwdClient client;
  FakePki pki;
  Record record;
  v2::Machine machine;
};

// The time of a gateway whose wall clock somebody sets, while the other goes on.
class SettableClock final : public Clock {
 public:
  explicit SettableClock(const ManualClock& clock) : clock_(clock) {}
  uint64_t MonotonicNs() const override { return clock_.MonotonicNs(); }
  uint64_t WallNs() const override { return clock_.WallNs() + ahead_ns_; }
  // So far ahead of the other from now on; negative: behind.
  void SetAheadS(int64_t seconds) {
    ahead_ns_ = static_cast<uint64_t>(seconds) * kNsPerSecond;  // wraps as it should
  }

 private:
  const ManualClock& clock_;
  uint64_t ahead_ns_ = 0;
};

class Network {
 public:
  explicit Network(uint64_t seed);

  // Of each packet. Times in milliseconds.
  struct Weather {
    unsigned loss_percent = 0;
    unsigned repeat_percent = 0;
    uint64_t delay_ms = 1;
    uint64_t jitter_ms = 0;
  };
  Weather weather;
  // Looks at each packet that is sent: false drops it. Index from 0 over all packets.
  std::function<bool(size_t index, const Side& from, std::vector<uint8_t>& bytes)> on_packet;

  // Whether a packet gets to where it is sent, by its ends as the sender sees them.
  std::function<bool(const api::FastEndpoints& ends)> reachable;

  // A NAT on the way: changes the ends of each packet, as the side that gets it sees them.
  std::function<void(const Side& to, api::FastEndpoints& ends)> translate;

  // Runs until nothing is on the way and nobody waits for an answer, or for so long.
  void Run(uint64_t ms = 300'000);
  // Lets time pass, come what may.
  void Pass(uint64_t ms);
  size_t packets() const { return sent_; }

  // Each child that carries at one side has its other half, with the same keys, at the other.
  // Empty: all is well; else what is not.
  std::string Mismatch();

  ManualClock clock{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
  SettableClock clock_a{clock}, clock_b{clock};
  Side a, b;

 private:
  struct Flight {
    uint64_t at_ns;
    uint64_t order;
    Side* to;
    FakeFwd::Packet packet;
    bool operator>(const Flight& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };
  bool Step(uint64_t until_ns);
  void Settle();
  void Collect(Side& from, Side& to);
  void Deliver(const Flight& flight);

  SeededRng rng_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  size_t sent_ = 0;
};

// A configuration for both: profile P over the shared key, map M 10 between 10.1.0.0/16 (a) and
// 10.2.0.0/16 (b).
struct Tunnel {
  net::Address local, remote;
  net::Prefix inside_local, inside_remote;
  std::string key = "a shared key";
  std::string peers_key = "a shared key";
};
v2::Policy::Parts PolicyOf(const Tunnel& tunnel);
// Its two halves: the profile may be changed before it is used.
std::shared_ptr<v2::Profile> ProfileOf(const Tunnel& tunnel);
v2::Policy::Parts PolicyWith(const Tunnel& tunnel,
                             const std::shared_ptr<const v2::Profile>& profile);
// The tunnel's policy with its one entry changed.
v2::Policy::Parts Changed(const Tunnel& tunnel,
                          const std::function<void(v2::ChildConfig&)>& change);
Tunnel TunnelOfA();
Tunnel TunnelOfB();

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_NETWORK_H_
