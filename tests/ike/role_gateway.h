// The ikev2 role as vamd runs it: its own thread or process, real channels, a real clock. The test
// is the supervisor, mgmt, fwd and the signer.
#ifndef VAM_TESTS_IKE_ROLE_GATEWAY_H_
#define VAM_TESTS_IKE_ROLE_GATEWAY_H_

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/api/fast_address.h"
#include "sw/vamd/role.h"
#include "sw/vamd/sandbox.h"
#include "tests/ike/fake_fwd.h"

namespace vam::ike::test {

using api::MessageType;

inline constexpr std::chrono::seconds kLongest{60};  // only what hangs takes so long

// A role under its supervisor.
class RunningRole {
 public:
  enum class In : uint8_t { kThread, kConfinedProcess };

  explicit RunningRole(uint64_t seed, In in = In::kThread, vamd::Role role = vamd::Role::kIkev2,
                       std::string state_dir = "")
      : role_(role), state_dir_(std::move(state_dir)), rng_(seed) {
    auto pair = *api::Channel::Pair();
    supervisor_ = std::move(pair.first);
    if (in == In::kThread) {
      thread_ = std::thread([this, end = std::move(pair.second)]() mutable {
        code_ = Run(std::move(end), [] { return Ok(); });
      });
      return;
    }
    pid_ = fork();
    if (pid_ == 0) {
      supervisor_ = api::Channel();
      tzset();  // as vamd does: the C library reads a file for it once
      _exit(Run(std::move(pair.second), [this] { return vamd::Confine(role_); }));
    }
  }
  ~RunningRole() { EXPECT_EQ(Stop(), 0); }

  // Its exit code; a signal's number is negative.
  int Stop() {
    static_cast<void>(supervisor_.Send(MessageType::kStop, 0, Bytes()));
    if (thread_.joinable()) thread_.join();
    if (pid_ <= 0) return code_;
    int status = 0;
    const pid_t pid = std::exchange(pid_, 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return code_;
  }

  api::Channel& supervisor() { return supervisor_; }
  // Our end of a new channel to it, as `peer`.
  api::Channel Connect(vamd::Role peer) {
    auto pair = *api::Channel::Pair();
    Give(peer, pair.second);
    return std::move(pair.first);
  }
  // A channel between two roles.
  void Connect(RunningRole& other) {
    const auto pair = *api::Channel::Pair();
    Give(other.role_, pair.first);
    other.Give(role_, pair.second);
  }

 private:
  int Run(api::Channel end, std::function<Status()> confine) {
    vamd::RoleContext context{role_, {}, std::move(end), &clock_, &rng_, std::move(confine)};
    context.options.state_dir = state_dir_;
    return role_ == vamd::Role::kSigner ? RunSignerRole(context) : RunIkev2Role(context);
  }
  void Give(vamd::Role peer, const api::Channel& end) {
    api::Peer message;
    message.set_role(std::string(RoleName(peer)));
    EXPECT_TRUE(supervisor_.Send(MessageType::kPeer, 0, message, end.fd()));
  }

  vamd::Role role_;
  std::string state_dir_;

  SystemClock clock_;
  SeededRng rng_;
  api::Channel supervisor_;
  std::thread thread_;
  pid_t pid_ = 0;
  int code_ = 0;
};

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
      : role(seed, in), fake(static_cast<uint32_t>(seed) * 0x1000) {
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
