// Impairment: faults that an operator of a test build makes in the messages of a running gateway,
// after libreswan's `--impair`. Not part of any other build.
#ifndef VAM_SW_IKE_IMPAIR_H_
#define VAM_SW_IKE_IMPAIR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/ike/message_filter.h"

namespace vam::ike {

// One thread. The same rules, seeds and messages give the same faults. Each message meets the rules
// in their order; each that applies counts it, and acts or not. What a rule makes of a message goes
// on to the next rule; copies and late messages do not.
class Impairment final : public MessageFilter {
 public:
  static constexpr size_t kMostRules = 32;
  static constexpr size_t kMostDelayed = 1024;  // further ones are dropped
  static constexpr uint32_t kLongestDelayMs = 60'000;

  explicit Impairment(const Clock& clock) : clock_(clock) {}

  void SetWays(Pass out, Pass in) override;
  void Outgoing(Bytes payload) override { Through(true, payload); }
  void Incoming(Bytes payload) override { Through(false, payload); }
  void Poll() override;
  uint64_t next_ns() const override;
  std::string Change(const api::ImpairRequest& request) override;
  api::Impairments Show() const override;

 private:
  using Message = std::vector<uint8_t>;
  struct Rule {
    api::ImpairRule rule;
    SeededRng rng;
    Message earlier;  // of REPLAY: the last message that it is about
  };
  struct Late {
    bool out;
    api::IkePacket packet;
    Message message;
  };
  void Through(bool out, Bytes payload);
  // Whether the rule is about the message, which it then counts.
  static bool IsAbout(Rule& rule, bool out, Bytes message);
  // Whether it acts on the message that it has counted last.
  static bool IsItsTime(Rule& rule);
  // False: the message ends here.
  bool Act(Rule& rule, bool out, const api::IkePacket& packet, Message& message,
           std::vector<Message>& more);
  void Forward(bool out, api::IkePacket packet, Bytes message);

  const Clock& clock_;
  Pass out_, in_;
  std::deque<Rule> rules_;
  std::multimap<uint64_t, Late> late_;  // by when they are due
  uint32_t last_number_ = 0;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_IMPAIR_H_
