// The pings of operators: echo requests one after the other, and how each ended.
#ifndef VAM_SW_FWD_PINGER_H_
#define VAM_SW_FWD_PINGER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/api/ping.pb.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/fwd/echo.h"
#include "sw/fwd/forwarder.h"

namespace vam::fwd {

// What an operator wants; `echo.name` is given here.
struct PingPlan {
  uint64_t id = 0;  // by mgmt
  OwnEcho echo;
  std::string vrf;      // its name
  uint32_t repeat = 5;  // from 1
  uint64_t timeout_ns = 2 * kNsPerSecond;
  bool validate = false;
};

// Belongs to the worker. Each ping has at most one request under way: the next leaves when that
// has ended or its time is over; what comes later is not looked at. mgmt gets what there is to tell
// a piece at a time, when it asks; a ping that nobody asks about stops at kMostMarks.
class Pinger final : public EchoListener {
 public:
  static constexpr size_t kMaxPings = 8;
  static constexpr size_t kMostMarks = 280;             // not told yet
  static constexpr size_t kPieceMarks = 70;             // told at once
  static constexpr uint64_t kPieceNs = 100 * kNsPerMs;  // least time between smaller pieces
  static constexpr uint64_t kSilenceNs = kNsPerSecond;  // longest time without a piece

  struct Answer {
    uint32_t request;
    api::PingReply reply;
  };

  Pinger(Forwarder& forwarder, const Clock& clock, Rng& rng)
      : forwarder_(forwarder), clock_(clock), rng_(rng) {}

  // Answers `request` with the first piece, or with the reason why there is no ping. Requires of
  // the plan: what Forwarder::SendEcho requires.
  void Start(uint32_t request, PingPlan plan);
  void Refuse(uint32_t request, std::string sentence);
  void Next(uint32_t request, uint64_t id);
  // Nothing is sent any more; the next piece is the last.
  void Stop(uint64_t id);
  void Forget(uint64_t id);
  void ForgetAll();

  // Sends what is due; true when there was something.
  bool Poll();
  std::vector<Answer> Take();

  size_t pings() const { return pings_.size(); }

  void OnEchoReply(const EchoAnswer& answer, Bytes data) override;
  void OnEchoError(const EchoAnswer& answer, EchoTrouble trouble) override;
  void OnEchoDropped(EchoName name, Reason reason) override;

 private:
  struct Ping {
    PingPlan plan;
    api::Ping result;
    uint64_t total_us = 0;  // of all round trips
    std::string marks;      // not told yet
    bool under_way = false;
    bool drop_noted = false;  // of the request under way
    uint64_t sent_ns = 0;
    bool stopped = false;
    uint32_t asked = 0;  // request that waits for a piece; 0: none
    uint64_t asked_ns = 0, told_ns = 0;
    bool begun = false;  // the first piece was told

    bool ended() const { return stopped || (!under_way && result.sent() >= result.repeat()); }
  };

  Ping* Find(uint64_t id);
  // The one whose request under way this is; nullptr: none, or it is too late.
  Ping* UnderWay(EchoName name);
  Ping* Meant(const EchoAnswer& answer);
  uint16_t FreeIdentifier();
  void Send(Ping& ping, uint64_t now_ns);
  static void End(Ping& ping, char mark);
  static void NoteDrop(Ping& ping, Reason reason);
  static bool HasNews(const Ping& ping, uint64_t now_ns);
  void Tell(Ping& ping, uint64_t now_ns);

  Forwarder& forwarder_;
  const Clock& clock_;
  Rng& rng_;
  std::vector<Ping> pings_;
  std::vector<Answer> answers_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PINGER_H_
