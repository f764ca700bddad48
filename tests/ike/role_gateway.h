// The ikev2 role as vamd runs it: its own thread or process, real channels, a real clock. The test
// is the supervisor, mgmt, fwd and the signer.
#ifndef VAM_TESTS_IKE_ROLE_GATEWAY_H_
#define VAM_TESTS_IKE_ROLE_GATEWAY_H_

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/api/fast_address.h"
#include "tests/ike/fake_fwd.h"
#include "tests/support/running_role.h"

namespace vam::ike::test {

using api::MessageType;
using vam::test::RunningRole;

inline constexpr std::chrono::seconds kLongest{60};  // only what hangs takes so long

// The next message of any of these types; nothing when none comes, or the channel is closed.
inline std::optional<api::Message> Await(api::Channel& channel, std::vector<MessageType> types) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (std::chrono::steady_clock::now() < end) {
    auto received = channel.Receive();
    if (!received) return std::nullopt;
    if (received->has_value()) {
      if (std::ranges::count(types, (*received)->type) != 0) return std::move(**received);
      continue;
    }
    if (channel.pending()) static_cast<void>(channel.Flush());
    pollfd wait{channel.fd(), POLLIN, 0};
    poll(&wait, 1, 100);
  }
  return std::nullopt;
}

template <typename T>
T AwaitAs(api::Channel& channel, MessageType type) {
  const auto message = Await(channel, {type});
  EXPECT_TRUE(message.has_value()) << "no message of type " << static_cast<int>(type);
  return message ? *api::ParseAs<T>(message->payload) : T();
}

// One gateway: the role, and what the test is to it.
struct Gateway {
  explicit Gateway(uint64_t seed, RunningRole::In in = RunningRole::In::kThread)
      : role(vamd::Role::kIkev2, vamd::RunIkev2Role, seed, in),
        fake(static_cast<uint32_t>(seed) * 0x1000) {
    EXPECT_EQ(AwaitAs<api::Ready>(role.supervisor(), MessageType::kReady).role(), "ikev2");
    fwd = role.Connect(vamd::Role::kFwd);
    mgmt = role.Connect(vamd::Role::kMgmt);
  }

  // The error; "": accepted.
  std::string Prepare(uint64_t generation, const std::string& text) {
    api::Prepare prepare;
    prepare.set_generation(generation);
    prepare.set_configuration(text);
    EXPECT_TRUE(mgmt.Send(MessageType::kPrepare, 7, prepare));
    return AwaitAs<api::PrepareReply>(mgmt, MessageType::kPrepareReply).error();
  }
  std::string Commit(uint64_t generation) {
    api::Commit commit;
    commit.set_generation(generation);
    EXPECT_TRUE(mgmt.Send(MessageType::kCommit, 8, commit));
    const auto reply = AwaitAs<api::CommitReply>(mgmt, MessageType::kCommitReply);
    EXPECT_EQ(reply.generation(), generation);
    return reply.error();
  }
  void Configure(uint64_t generation, const std::string& text) {
    ASSERT_EQ(Prepare(generation, text), "");
    ASSERT_EQ(Commit(generation), "");
  }
  void Acquire(uint64_t policy, const char* peer, uint32_t inside_local, uint32_t inside_remote) {
    api::Acquire acquire{};
    acquire.policy = policy;
    acquire.line.local_first = api::ToFast(net::Address::V4(inside_local));
    acquire.line.local_last = api::ToFast(net::Address::V4(inside_local | 0xffff));
    acquire.line.remote_first = api::ToFast(net::Address::V4(inside_remote));
    acquire.line.remote_last = api::ToFast(net::Address::V4(inside_remote | 0xffff));
    acquire.line.local_port_last = acquire.line.remote_port_last = 0xffff;
    acquire.packet = acquire.line;
    acquire.peer = api::ToFast(*net::Address::Parse(peer));
    acquire.map[0] = 'M';
    acquire.sequence = 10;
    acquire.line_index = 1;
    EXPECT_TRUE(fwd.Send(MessageType::kAcquire, 0, api::EncodeFast(acquire)));
  }
  void RestartFwd() {
    fwd = role.Connect(vamd::Role::kFwd);
    fake = FakeFwd(0x99000);
  }
  // SPIs of IKE SAs that are in this state.
  size_t Spis(api::IkeSpiState state) const {
    return static_cast<size_t>(std::ranges::count_if(
        fake.spis(), [state](const auto& entry) { return entry.second == state; }));
  }

  RunningRole role;
  FakeFwd fake;
  api::Channel fwd;
  api::Channel mgmt;
  // Looks at its other channels while the test waits for something.
  std::function<void()> meanwhile = [] {};
};

// What both roles say to fwd is done, and their packets cross, until `reached`.
inline bool Until(Gateway& a, Gateway& b, const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > end) return false;
    for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      from->meanwhile();
      for (auto message = from->fwd.Receive(); message && *message; message = from->fwd.Receive()) {
        EXPECT_TRUE(from->fake.Receive((*message)->type, (*message)->request, (*message)->payload));
      }
      for (const auto& packet : from->fake.TakePackets()) {
        EXPECT_TRUE(to->fwd.Send(MessageType::kIkePacket, 0, AsReceived(packet)));
      }
      for (const auto& answer : from->fake.TakeAnswers()) {
        EXPECT_TRUE(from->fwd.Send(answer.type, answer.request, answer.payload));
      }
    }
    std::array<pollfd, 2> waits = {{{a.fwd.fd(), POLLIN, 0}, {b.fwd.fd(), POLLIN, 0}}};
    poll(waits.data(), waits.size(), 10);
  }
  return true;
}

inline std::string ConfigOf(bool of_a) {
  const char* const local = of_a ? "192.0.2.1" : "192.0.2.2";
  const char* const remote = of_a ? "192.0.2.2" : "192.0.2.1";
  return fmt::format(
      "crypto ikev2 keyring K\n peer other\n  address {1}\n  pre-shared-key secret\n"
      "crypto ikev2 profile P\n match identity remote address {1}\n"
      " authentication local pre-share\n authentication remote pre-share\n keyring K\n"
      "access-list 101 deny ip host 10.9.9.9 any\n"
      "access-list 101 permit ip 10.{2}.0.0 0.0.255.255 10.{3}.0.0 0.0.255.255\n"
      "crypto ipsec transform-set T esp-gcm 256\n"
      "crypto map M 10 ipsec-isakmp\n set peer {1}\n set transform-set T\n"
      " set ikev2-profile P\n match address 101\n"
      "interface g0\n device tap g0\n ip address {0} 255.255.255.0\n crypto map M\n",
      local, remote, of_a ? 1 : 2, of_a ? 2 : 1);
}

inline constexpr uint32_t kInsideA = 0x0a010000, kInsideB = 0x0a020000;

inline bool CarriesBothWays(const Gateway& gateway) { return gateway.fake.sas().size() == 2; }

inline void SetUpTunnel(Gateway& a, Gateway& b) {
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Until(a, b, [&] { return CarriesBothWays(a) && CarriesBothWays(b); }));
}

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_ROLE_GATEWAY_H_
