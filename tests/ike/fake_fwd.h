// The fwd side of the messages with IKE, in memory: SPIs, SA sets, SAs, and a way to look at them.
#ifndef VAM_TESTS_IKE_FAKE_FWD_H_
#define VAM_TESTS_IKE_FAKE_FWD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sw/api/fast.h"
#include "sw/api/message.h"
#include "sw/base/bytes.h"

namespace vam::ike::test {

// Answers are kept until they are taken, as a channel would.
class FakeFwd {
 public:
  struct Message {
    api::MessageType type{};
    uint32_t request = 0;
    std::vector<uint8_t> payload;
  };
  struct Packet {
    api::IkePacket packet{};
    std::vector<uint8_t> bytes;
  };

  explicit FakeFwd(uint32_t first_spi) : next_spi_(first_spi) {}

  // A message of the IKE role.
  bool Receive(api::MessageType type, uint32_t request, Bytes payload);
  // What it answers, in order.
  std::vector<Message> TakeAnswers() {
    installing_.clear();
    return std::exchange(answers_, {});
  }
  std::vector<Packet> TakePackets() { return std::exchange(packets_, {}); }

  // Refuses what comes next of this kind, once for each call.
  void RefuseNext(api::MessageType type, ErrorCode error) { refusals_.emplace_back(type, error); }

  // Engines take their time: no SA carries packets, nor is moved, until they are let go.
  void HoldInstalls() { holds_ = true; }
  void LetInstallsGo();

  // SAs that are installed and not deleted, by fwd's id.
  const std::map<uint64_t, api::SaInstall>& sas() const { return sas_; }
  // The SA that carries what goes out for a set: the newest; null: none.
  const api::SaInstall* Outbound(uint64_t policy) const;
  // Draining ones take packets too.
  const api::SaInstall* Inbound(uint32_t spi) const;
  size_t deleted() const { return deleted_; }
  // Deletions that were asked for, of whatever number.
  size_t deletes() const { return deletes_; }
  // The same of moves.
  size_t moves() const { return moves_; }
  // Times that an SA set lost its last outbound SA while the next one was being installed: what is
  // asked for is there when its answer is taken.
  size_t gaps() const { return gaps_; }
  // What was told of each IKE SA last.
  const std::map<uint64_t, api::IkeSpiState>& spis() const { return spis_; }
  const std::optional<api::IkeCookieKeys>& cookie_keys() const { return cookie_keys_; }

 private:
  template <typename T>
  void Answer(api::MessageType type, uint32_t request, const T& message);
  uint32_t RefusalOf(api::MessageType type);
  void CheckGap(uint64_t policy);

  uint32_t next_spi_;
  uint64_t next_id_ = 1;
  uint64_t next_policy_ = 1000;
  std::map<std::vector<uint8_t>, uint64_t> sets_;  // opened ones, by what opened them
  std::map<uint64_t, api::IkeSpiState> spis_;
  std::optional<api::IkeCookieKeys> cookie_keys_;
  std::map<uint64_t, uint32_t> larval_;
  std::map<uint64_t, api::SaInstall> sas_;
  std::map<uint64_t, api::SaInstall> draining_;
  std::vector<Message> answers_;
  std::vector<Packet> packets_;
  std::vector<std::pair<api::MessageType, ErrorCode>> refusals_;
  bool holds_ = false;
  std::vector<Message> held_;
  std::set<uint64_t> held_sas_;
  size_t deleted_ = 0;
  size_t deletes_ = 0;
  size_t moves_ = 0;
  std::set<uint64_t> installing_;  // outbound
  size_t gaps_ = 0;
};

// What the other end's IKE role gets of a packet: what the sender calls local is remote there.
std::vector<uint8_t> AsReceived(const FakeFwd::Packet& sent);

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_FAKE_FWD_H_
