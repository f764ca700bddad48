// Packets under way on a queue while something happens to their card, and the account of them.
#ifndef VAM_TESTS_COSIM_TRAFFIC_H_
#define VAM_TESTS_COSIM_TRAFFIC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/cosim/burst.h"

namespace vam::test {

// Outbound packets, inbound ones, and forged ones in turn, all of two SAs. Whatever happens, each
// must end exactly once with a reason, those that end well must be right, and of the others no byte
// may be seen that was not authentic or has to be encrypted.
class Traffic {
 public:
  explicit Traffic(const std::string& backend, const driver::DeviceOptions& options = {});

  Bench& bench() { return bench_; }

  // New SAs and `count` packets on queue 1.
  void Start(size_t count);
  // Takes what has ended. True: everything has.
  bool Poll();
  // Takes what has ended, and gives up the rest. Requires: the card does not touch it any more.
  void GiveUp();
  // Every packet has ended; those whose bytes lie in memory are looked at.
  void ExpectAccounted();
  // The SAs of this traffic and no others.
  void ExpectLost(const std::vector<driver::LostSa>& lost) const;
  // After a reset and GiveUp: starts the queue again; new SAs carry packets both ways.
  void ExpectWorks();

  size_t count() const { return packets_.size(); }
  // Packets that ended so.
  size_t ended(Reason reason) const;

 private:
  enum class Kind : uint8_t { kOut, kIn, kForged };
  struct Packet {
    Kind kind;
    ByteVector inner;
    bool ended = false;
    Reason reason = Reason::kOk;
  };

  Op Make(const Packet& packet);
  void Account(const driver::Completion& completion);
  void ExpectOutbound(const ByteVector& outer, const ByteVector& inner);
  void ExpectNothingLeaked(const Packet& packet, const Bench::Memory& memory);

  Bench bench_;
  Tunnel tunnel_;
  uint32_t out_ = 0;
  uint64_t received_ = 0;   // numbers used for inbound packets
  uint32_t last_sent_ = 0;  // distance of the last outbound number from the initial one
  std::vector<Packet> packets_;
  std::optional<Burst> burst_;
};

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_TRAFFIC_H_
