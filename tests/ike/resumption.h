// Two gateways that give each other tickets (RFC 5723), and what went between them.
#ifndef VAM_TESTS_IKE_RESUMPTION_H_
#define VAM_TESTS_IKE_RESUMPTION_H_

#include <functional>
#include <memory>
#include <vector>

#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {

// How the profiles and the rest differ from those of Tunnel.
struct Changes {
  uint32_t resumption_s = 3'600;  // 0: no tickets
  std::function<void(v2::Profile&)> profile = {};
  std::function<void(v2::Policy::Parts&)> parts = {};
};
v2::Policy::Parts ResumablePolicy(const Tunnel& tunnel, const Changes& changes);

class ResumptionNetwork : public Network {
 public:
  explicit ResumptionNetwork(uint64_t seed, const Changes& both = {})
      : ResumptionNetwork(seed, both, both) {}
  ResumptionNetwork(uint64_t seed, const Changes& of_a, const Changes& of_b);

  void ConfigureA(const Changes& changes) { a.SetPolicy(ResumablePolicy(TunnelOfA(), changes)); }
  void ConfigureB(const Changes& changes) { b.SetPolicy(ResumablePolicy(TunnelOfB(), changes)); }
  // a calls, until all is said. `policy`: fwd's SA set, another one each time.
  void Call();
  // b loses its IKE SAs without a word; a finds out.
  void LoseSession();
  // Both.
  void SetUpAndLose() {
    Call();
    LoseSession();
  }
  // b's role ends, and a new one begins.
  void RestartB(const Changes& changes = {});
  // Both ends have one IKE SA with one child, equal at both ends, and it was made by a ticket.
  bool IsResumed() { return IsWhole() && a.Up()->resumption.resumed && b.Up()->resumption.resumed; }
  // The same, made by IKE_SA_INIT.
  bool IsFull() { return IsWhole() && !a.Up()->resumption.resumed && !b.Up()->resumption.resumed; }

  static const v2::TicketCounts& CountsOf(const Side& side) {
    return side.machine.core().tickets().counts;
  }
  static size_t Held(const Side& side) { return side.machine.core().tickets().held.size(); }
  static uint64_t CauseOf(const Side& side, v2::Cause cause) {
    return side.machine.core().causes().of(cause);
  }

  struct Sent {
    bool by_a = false;
    Buffer bytes;
  };
  // Whatever was sent, lost or not.
  std::vector<Sent> log;
  size_t CountOf(v2::ExchangeType type) const;
  // The last one; empty: none.
  Buffer LastOf(v2::ExchangeType type, bool response) const;
  // False drops it.
  std::function<bool(const Side& from, Buffer& bytes)> pass;

 private:
  bool IsWhole();

  uint64_t policy_ = 0;
};

v2::ExchangeType TypeOf(Bytes message);
// A message under another SPI of its initiator: a stranger's, who has seen this one.
Buffer UnderAnotherSpi(Buffer message, uint64_t spi);

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_RESUMPTION_H_
