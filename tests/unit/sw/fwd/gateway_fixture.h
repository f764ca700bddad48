// A gateway on ports in memory: frames are pushed in and read out as byte vectors, time is set by
// hand.
#ifndef VAM_TESTS_UNIT_SW_FWD_GATEWAY_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_FWD_GATEWAY_FIXTURE_H_

#include <gtest/gtest.h>
#include <rte_mbuf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sw/config/parser.h"
#include "sw/fwd/eal.h"
#include "sw/fwd/gateway.h"
#include "sw/net/arp.h"
#include "sw/net/ethernet.h"
#include "sw/net/icmp.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::fwd::test {

using Frame = std::vector<uint8_t>;

// DPDK starts once in a process; the pool is shared by all cases.
inline rte_mempool* SharedPool() {
  static rte_mempool* const pool = [] {
    EalOptions options;
    options.file_prefix = "fwdtest" + std::to_string(getpid());
    options.memory_mb = 64;
    VAM_CHECK(InitEal(options).has_value());
    const auto created = CreateBufferPool("test", 2048);
    VAM_CHECK(created.has_value());
    return *created;
  }();
  return pool;
}

inline rte_mempool* SharedLargePool() {
  static rte_mempool* const pool = [] {
    static_cast<void>(SharedPool());
    const auto created = CreateLargeBufferPool("large", 16);
    VAM_CHECK(created.has_value());
    return *created;
  }();
  return pool;
}

class MemoryPort final : public Port {
 public:
  MemoryPort(std::string name, net::MacAddress mac) : name_(std::move(name)), mac_(mac) {}

  const std::string& name() const override { return name_; }
  net::MacAddress mac() const override { return mac_; }

  size_t Receive(std::span<rte_mbuf*> frames) override {
    size_t count = 0;
    while (count < frames.size() && !in.empty()) {
      rte_mbuf* m = rte_pktmbuf_alloc(SharedPool());
      if (m == nullptr) break;
      const Frame& frame = in.front();
      auto* to =
          reinterpret_cast<uint8_t*>(rte_pktmbuf_append(m, static_cast<uint16_t>(frame.size())));
      std::copy(frame.begin(), frame.end(), to);
      in.pop_front();
      frames[count++] = m;
    }
    return count;
  }
  size_t Transmit(std::span<rte_mbuf* const> frames) override {
    const size_t taken = std::min(frames.size(), room);
    for (size_t i = 0; i < taken; ++i) {
      const uint8_t* data = rte_pktmbuf_mtod(frames[i], const uint8_t*);
      out.emplace_back(data, data + rte_pktmbuf_data_len(frames[i]));
      rte_pktmbuf_free(frames[i]);
    }
    room -= taken;
    return taken;
  }

  std::deque<Frame> in;
  std::deque<Frame> out;
  size_t room = SIZE_MAX;  // frames it still takes

 private:
  std::string name_;
  net::MacAddress mac_;
};

inline config::Running ParseOrDie(const std::string& text) {
  auto parsed = config::Parse(text);
  if (auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    for (const auto& e : *errors) ADD_FAILURE() << config::ToString(e);
    return {};
  }
  return std::move(std::get<config::Parsed>(parsed).running);
}

// MACs by port and side.
inline net::MacAddress PortMac(uint8_t gateway, uint8_t port) {
  return {{0x02, 0, 0, gateway, 0, port}};
}
inline net::MacAddress HostMac(uint8_t number) { return {{0x02, 0, 0, 0xff, 0, number}}; }

// Stands still between reads, and moves a little with each: whoever waits for a time-out gets
// there.
class SteppingClock final : public Clock {
 public:
  static constexpr uint64_t kStepNs = 100 * kNsPerUs;

  uint64_t MonotonicNs() const override { return now_ns_ += kStepNs; }
  uint64_t WallNs() const override { return now_ns_; }
  void AdvanceNs(uint64_t ns) { now_ns_ += ns; }

 private:
  mutable uint64_t now_ns_ = kNsPerSecond;
};

// One gateway with ports Ethernet0/0 and Ethernet0/1, with `card` or on the software engine.
// `more`: options beside ports, card and the fixture's own.
template <typename ClockType>
struct BasicTestGateway {
  explicit BasicTestGateway(uint8_t number = 1, std::unique_ptr<hal::Card> card = nullptr,
                            Gateway::Options more = {}) {
    Gateway::Options options = std::move(more);
    for (uint8_t i = 0; i < 2; ++i) {
      auto port =
          std::make_unique<MemoryPort>("Ethernet0/" + std::to_string(i), PortMac(number, i));
      ports.push_back(port.get());
      options.ports.push_back({std::move(port), "memory"});
    }
    clock.AdvanceNs(kNsPerSecond);
    options.card = std::move(card);
    options.no_card_reason = "No card is configured.";
    options.pool = SharedPool();
    options.large_pool = SharedLargePool();
    options.clock = &clock;
    options.rng = &rng;
    gateway = Gateway::Create(std::move(options));
  }

  void Configure(const std::string& text) { gateway->Commit(ParseOrDie(text), ++generation); }

  // Until nothing moves; numbers are given to whoever asks.
  void Settle() {
    for (int idle = 0; idle < idle_turns;) {
      idle = gateway->RunOnce() ? 0 : idle + 1;
      for (const auto& w : gateway->sas().TakeWanted()) {
        asked.push_back(w);
        if (give_numbers) gateway->sas().AddBlock(w.request, NextBlock(w));
      }
    }
  }

  // As mgmt reserves them: every block starts where the one before ended, whatever became of it.
  NumberBlock NextBlock(const SaManager::Wanted& wanted) {
    uint64_t& next = next_number.try_emplace({wanted.map, wanted.inbound}, 1).first->second;
    const uint64_t first = std::exchange(next, std::max(next, wanted.beyond) + kBlockNumbers);
    return {first, next, ""};
  }

  uint64_t Count(Reason reason) const { return gateway->forwarder().counters()[reason]; }
  // The law: everything that came in or was made here has ended, or is still inside.
  void ExpectBalanced() const {
    const ForwardCounters& c = gateway->forwarder().counters();
    EXPECT_EQ(c.received.value() + c.originated.value(),
              c.Ended() + gateway->forwarder().InFlight());
  }

  static constexpr uint64_t kBlockNumbers = 1000;

  ClockType clock;
  SeededRng rng{1};
  std::vector<MemoryPort*> ports;
  std::unique_ptr<Gateway> gateway;
  uint64_t generation = 0;
  bool give_numbers = true;
  int idle_turns = 3;  // without work, until nothing is thought to move
  std::map<std::pair<std::string, bool>, uint64_t> next_number;  // by map and direction
  std::vector<SaManager::Wanted> asked;                          // all of them
};

using TestGateway = BasicTestGateway<ManualClock>;
using CardTestGateway = BasicTestGateway<SteppingClock>;

struct UdpSpec {
  std::string source = "10.1.0.5";
  std::string destination = "10.2.0.7";
  size_t payload = 32;
  uint8_t ttl = 64;
  bool df = false;
  uint8_t protocol = net::kProtocolUdp;
  uint16_t source_port = 1000;
  uint16_t destination_port = 2000;
};

inline Frame UdpPacket(const UdpSpec& spec) {
  Frame packet(net::kIpv4HeaderBytes + net::kUdpHeaderBytes + spec.payload);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(packet.size());
  header.ttl = spec.ttl;
  header.protocol = spec.protocol;
  header.dont_fragment = spec.df;
  header.source = *net::Address::Parse(spec.source);
  header.destination = *net::Address::Parse(spec.destination);
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  const net::UdpHeader udp{{spec.source_port, spec.destination_port},
                           static_cast<uint16_t>(net::kUdpHeaderBytes + spec.payload),
                           0};
  EXPECT_TRUE(net::WriteUdp(udp, MutableBytes(packet).subspan(net::kIpv4HeaderBytes)).has_value());
  for (size_t i = 0; i < spec.payload; ++i) packet[28 + i] = static_cast<uint8_t>(i * 7 + 1);
  return packet;
}

inline Frame Ethernet(const net::MacAddress& to, const net::MacAddress& from, const Frame& payload,
                      uint16_t type = net::kEtherTypeIpv4) {
  Frame frame(net::kEthernetHeaderBytes);
  EXPECT_TRUE(net::WriteEthernet({to, from, type}, frame).has_value());
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

inline Frame Payload(const Frame& frame) {
  return {frame.begin() + net::kEthernetHeaderBytes, frame.end()};
}

// Moves what `a` sent by its outer port to that of `b`; returns the packets.
inline std::vector<Frame> Carry(TestGateway& a, TestGateway& b) {
  std::vector<Frame> packets;
  for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
    packets.push_back(Payload(a.ports[1]->out.front()));
    b.ports[1]->in.push_back(a.ports[1]->out.front());
  }
  b.Settle();
  return packets;
}

inline Frame Arp(net::ArpOperation op, const net::MacAddress& sender_mac, const std::string& sender,
                 const net::MacAddress& target_mac, const std::string& target) {
  Frame message(net::kArpBytes);
  EXPECT_TRUE(net::WriteArp({op, sender_mac, *net::Address::Parse(sender), target_mac,
                             *net::Address::Parse(target)},
                            message)
                  .has_value());
  return message;
}

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_GATEWAY_FIXTURE_H_
