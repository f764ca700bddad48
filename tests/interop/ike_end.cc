// One end of IKEv2 over UDP sockets: the machine of the ikev2 role with the configuration that vamd
// would read, without vamd. What the forwarder and the signer would do is done in memory.
//
//   ike_end CONFIGURATION KEY LOCAL [call] [TIMES]
//
// KEY: PKCS#8 in DER, under every label. `call`: begins the child of crypto map M 10. TIMES: its
// clock goes so much faster. Says "ready",
// then "up LOCAL-METHOD REMOTE-METHOD SUBJECT [ppk ID]" when a child is up, or "failed CAUSE WHY",
// and "moved REMOTE" (RFC 4555); ends with its input.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/config/numbering.h"
#include "sw/config/parser.h"
#include "sw/ike/v2/policy/compile.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing that is run

constexpr size_t kMarker = 4;  // of IKE on port 4500 (RFC 3948, 2.2)

std::vector<uint8_t> ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const char* NameOf(AuthKind kind) {
  constexpr const char* kNames[] = {"PSK", "RSA", "ECDSA", "EdDSA"};
  return kNames[static_cast<size_t>(kind)];
}

void Say(const std::string& line) {
  std::puts(line.c_str());
  static_cast<void>(std::fflush(stdout));
}

class Hurried final : public Clock {
 public:
  explicit Hurried(uint64_t times) : times_(times) {}
  uint64_t MonotonicNs() const override {
    return began_ns_ + (clock_.MonotonicNs() - began_ns_) * times_;
  }
  uint64_t WallNs() const override { return clock_.WallNs(); }

 private:
  SystemClock clock_;
  uint64_t began_ns_ = clock_.MonotonicNs();
  uint64_t times_;
};

class Teller final : public Journal {
 public:
  void ChildUp(const IkeSa& sa, const ChildSa& /*child*/) override {
    Say(std::string("up ") + NameOf(sa.local_auth) + " " + NameOf(sa.peer_auth) + " " +
        sa.peer_subject + (sa.ppk.empty() ? "" : "ppk " + sa.ppk));
  }
  void IkeMoved(const IkeSa& sa) override { Say("moved " + net::ToString(sa.ends.remote)); }
  void IkeDown(const IkeSa& sa, Cause cause, bool was_up) override {
    if (was_up) return Say("down " + std::string(Name(cause)));
    Say("failed " + std::string(Name(cause)) + " " + (sa.setup == nullptr ? "" : sa.setup->why));
  }
  void Refused(const Ends& /*ends*/, Cause cause) override {
    Say("refused " + std::string(Name(cause)));
  }
};

int Socket(uint16_t port, const char* address) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  inet_pton(AF_INET, address, &here.sin_addr);
  if (bind(fd, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) {
    std::perror("bind");
    std::exit(2);
  }
  return fd;
}

class End {
 public:
  End(const char* local, const std::vector<uint8_t>& key, std::shared_ptr<const Policy> policy,
      uint64_t times)
      : clock_(times), times_(times), side_(clock_, 1, 0x1000, *net::Address::Parse(local)) {
    fds_ = {Socket(net::kIkePort, local), Socket(net::kNattPort, local)};
    for (const char* label : {"K", "default-rsa"}) side_.pki.AddKey(label, key);
    side_.record.also = &teller_;
    side_.machine.SetPolicy(std::move(policy));
  }

  void Call() { side_.Acquire(1); }

  // Until the input ends.
  void Run() {
    Say("ready");
    while (true) {
      Settle();
      const uint64_t now_ns = clock_.MonotonicNs();
      const uint64_t next_ns = side_.machine.next_ns();
      const uint64_t wait_ms =
          next_ns <= now_ns ? 0
                            : std::min<uint64_t>((next_ns - now_ns) / times_ / kNsPerMs + 1, 1000);
      std::array<pollfd, 3> waits = {{{fds_[0], POLLIN, 0}, {fds_[1], POLLIN, 0}, {0, POLLIN, 0}}};
      poll(waits.data(), waits.size(), static_cast<int>(wait_ms));
      if (waits[2].revents != 0) return;
      for (const size_t i : {0U, 1U}) {
        if ((waits[i].revents & POLLIN) != 0) Take(i);
      }
      side_.machine.Poll();
    }
  }

 private:
  void Settle() {
    for (bool again = true; again;) {
      again = side_.pki.Answer();
      if (again) side_.machine.Poll();
      for (const FakeFwd::Message& answer : side_.fwd.TakeAnswers()) {
        side_.machine.Receive(answer.type, answer.request, answer.payload);
        again = true;
      }
    }
    for (const FakeFwd::Packet& packet : side_.fwd.TakePackets()) Send(packet);
  }

  void Send(const FakeFwd::Packet& packet) {
    const bool marked = packet.packet.endpoints.local_port == net::kNattPort;
    std::vector<uint8_t> bytes;
    bytes.reserve(kMarker + packet.bytes.size() + 1);
    if (marked && !packet.bytes.empty()) bytes.assign(kMarker, 0);
    for (const uint8_t byte : packet.bytes) bytes.push_back(byte);
    if (packet.bytes.empty()) bytes.push_back(0xff);  // keeps a NAT's mapping alive
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(packet.packet.endpoints.remote_port);
    const auto remote = FromFast(packet.packet.endpoints.remote);
    std::memcpy(&there.sin_addr, remote->bytes().data(), sizeof there.sin_addr);
    sendto(fds_[marked ? 1 : 0], bytes.data(), bytes.size(), 0,
           reinterpret_cast<const sockaddr*>(&there), sizeof there);
  }

  void Take(size_t socket) {
    std::vector<uint8_t> bytes(65'536);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fds_[socket], bytes.data(), bytes.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= static_cast<ssize_t>(kMarker)) return;
    bytes.resize(static_cast<size_t>(got));
    const bool marked = socket == 1;
    if (marked && LoadBe32(bytes.data()) != 0) return;  // ESP
    Ends ends;
    ends.local = side_.address;
    ends.local_port = marked ? net::kNattPort : net::kIkePort;
    ends.remote = net::Address::V4(ntohl(from.sin_addr.s_addr));
    ends.remote_port = ntohs(from.sin_port);
    api::IkePacket packet{};
    packet.endpoints = ToFast(ends);
    packet.flags = marked ? api::kIkeEncapsulated : uint16_t{0};
    const Bytes message = Bytes(bytes).subspan(marked ? kMarker : 0);
    packet.length = static_cast<uint32_t>(message.size());
    std::vector<uint8_t> payload(sizeof packet + message.size());
    std::memcpy(payload.data(), &packet, sizeof packet);
    std::ranges::copy(message, payload.begin() + sizeof packet);
    side_.machine.Receive(api::MessageType::kIkePacket, 0, payload);
  }

  Hurried clock_;
  uint64_t times_;
  Teller teller_;
  Side side_;
  std::array<int, 2> fds_{};
};

int Main(const std::vector<const char*>& words) {
  const std::vector<uint8_t> text = ReadFile(words[1]);
  auto parsed = config::Parse({reinterpret_cast<const char*>(text.data()), text.size()});
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    Say("failed " + config::ToString(errors->front()));
    return 2;
  }
  const config::Running& running = std::get<config::Parsed>(parsed).running;
  config::VrfNumbers vrfs;
  vrfs.Follow(running);
  CompiledPolicy compiled = Compile(running, vrfs);
  for (const std::string& note : compiled.notes) Say("note " + note);
  const bool call = std::ranges::find(words, std::string_view("call")) != words.end();
  const uint64_t times = words.size() > 4 ? std::strtoull(words.back(), nullptr, 10) : 0;
  End end(words[3], ReadFile(words[2]), std::move(compiled.policy), std::max<uint64_t>(times, 1));
  if (call) end.Call();
  end.Run();
  return 0;
}

}  // namespace
}  // namespace vam::ike::test

int main(int argc, char** argv) {
  const std::vector<const char*> words(argv, argv + argc);
  if (words.size() < 4) {
    std::fputs("ike_end CONFIGURATION KEY LOCAL [call] [TIMES]\n", stderr);
    return 2;
  }
  return vam::ike::test::Main(words);
}
