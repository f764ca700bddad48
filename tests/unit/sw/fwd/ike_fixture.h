// A gateway whose map entry is negotiated, and a stub of the IKE role that answers it by messages.
#ifndef VAM_TESTS_UNIT_SW_FWD_IKE_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_FWD_IKE_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/sw/fwd/bundle_config.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {

template <typename T>
T Decoded(const IkeLink::Outgoing& message) {
  const auto value = api::DecodeFast<T>(message.payload);
  EXPECT_TRUE(value.has_value());
  return value.value_or(T{});
}

// Entry 10 of map M of a TunnelConfig with `extra`, made a negotiated one with these lines.
template <typename G>
void Negotiate(G& g, int self, const std::vector<ipsec::PolicyLine>& lines,
               EntryRules rules = {.kind = EntryKind::kIsakmp}, const std::string& extra = "") {
  EntryIds ids;
  const config::Running running = ParseOrDie(TunnelConfig(self, 3 - self, extra));
  Compiled compiled = Compile(running, {"Ethernet0/0", "Ethernet0/1"}, ++g.generation, ids);
  CompiledEntry& entry = compiled.entries.at(0);
  entry.rules = rules;
  entry.lines = lines;
  entry.outbound.clear();
  entry.inbound.clear();
  auto policy = std::make_shared<ipsec::Policy>(
      std::vector<ipsec::PolicyEntry>{{entry.id, entry.sequence, lines, true}}, 0);
  for (InterfaceConfig& interface : compiled.snapshot->interfaces) {
    if (interface.policy != nullptr) interface.policy = policy;
  }
  Snapshot::EntryPlace place;
  place.policy = policy;
  compiled.snapshot->entry_places.at(entry.id) = place;
  g.gateway->Put(std::move(compiled));
  g.gateway->SetIkePresent(true);
}

inline ipsec::AddressMatch Net(const std::string& base, uint32_t wildcard = 255) {
  return ipsec::AddressMatch::V4(net::Address::Parse(base)->v4(), wildcard);
}
// 10.SELF.0.0/24 to `to`/24, all or one port.
inline ipsec::PolicyLine LineTo(int self, const std::string& to, uint16_t port = 0) {
  ipsec::PolicyLine line;
  line.source = Net("10." + std::to_string(self) + ".0.0");
  line.destination = Net(to);
  if (port == 0) return line;
  line.protocol = net::kProtocolUdp;
  line.destination_ports = {port, port};
  return line;
}

inline api::FastSelector AnySelector() {
  api::FastSelector any{};
  any.local_port_last = any.remote_port_last = 0xffff;
  return any;
}

// Speaks for one gateway as its IKE role would. What the peer's SPI is, it is told.
template <typename G>
class BasicStubIke {
 public:
  BasicStubIke(G& g, int self) : g_(g), self_(self) {}

  // Messages of fwd since the last call.
  std::vector<IkeLink::Outgoing> Take() {
    g_.Settle();
    return g_.gateway->ike().Take();
  }
  template <typename T>
  std::vector<T> TakeAll(api::MessageType type) {
    std::vector<T> all;
    for (const auto& message : Take()) {
      if (message.type == type) all.push_back(Decoded<T>(message));
    }
    return all;
  }
  std::vector<api::Event> Events(api::EventKind kind) {
    std::vector<api::Event> events = TakeAll<api::Event>(api::MessageType::kEvent);
    std::erase_if(events, [kind](const api::Event& e) { return e.kind != kind; });
    return events;
  }
  template <typename T, typename M>
  T Ask(api::MessageType type, const M& message, api::MessageType answer) {
    EXPECT_TRUE(g_.gateway->ike().Receive(type, ++request_, api::EncodeFast(message)));
    T found{};
    size_t count = 0;
    for (const auto& out : Take()) {
      if (out.type != answer || out.request != request_) continue;
      found = Decoded<T>(out);
      ++count;
    }
    EXPECT_EQ(count, 1u);
    return found;
  }

  api::SpiReserved Reserve(uint64_t policy, uint8_t protocol = 50, uint32_t lifetime_ms = 30'000,
                           uint8_t count = 1) {
    api::SpiReserve message{};
    message.policy = policy;
    message.local = ToFast(Outside(self_));
    message.protocol = protocol;
    message.count = count;
    message.lifetime_ms = lifetime_ms;
    return Ask<api::SpiReserved>(api::MessageType::kSpiReserve, message,
                                 api::MessageType::kSpiReserved);
  }
  // AES-GCM-128 ESP in tunnel mode; the key follows from `sender` and `key`.
  api::SaInstall Sa(uint64_t policy, bool inbound, uint32_t spi, uint64_t sa_id = 0,
                    uint8_t key = 0) const {
    const int sender = inbound ? 3 - self_ : self_;
    api::SaInstall sa{};
    sa.sa_id = sa_id;
    sa.policy = policy;
    sa.ike_sa = 77;
    sa.endpoints.local = ToFast(Outside(self_));
    sa.endpoints.remote = ToFast(Outside(3 - self_));
    sa.selector = AnySelector();
    sa.spi = spi;
    sa.encryption = api::FastEncryption::kAesGcm128Icv16;
    sa.direction = inbound ? api::FastDirection::kIn : api::FastDirection::kOut;
    sa.mode = api::FastMode::kTunnel;
    sa.protocol = 50;
    sa.bundle_size = 1;
    sa.key_length = 20;
    for (size_t i = 0; i < sa.key_length; ++i) {
      sa.key[i] = static_cast<uint8_t>(static_cast<unsigned>(sender) * 31 + key + i);
    }
    return sa;
  }
  api::SaInstalled Install(const api::SaInstall& sa) {
    return Ask<api::SaInstalled>(api::MessageType::kSaInstall, sa, api::MessageType::kSaInstalled);
  }
  uint32_t Delete(uint64_t sa_id, bool drain = false) {
    api::SaDelete message{};
    message.sa_id = sa_id;
    message.flags = drain ? api::kDeleteDrain : 0;
    return Ask<api::SaDeleted>(api::MessageType::kSaDelete, message, api::MessageType::kSaDeleted)
        .error;
  }
  uint64_t Open(uint32_t line = 0, const std::string& source = "",
                const std::string& destination = "") {
    api::PolicyOpen message{};
    message.map = {'M'};
    message.sequence = 10;
    message.line = line;
    message.interface = 1;
    message.selector = AnySelector();
    if (!source.empty()) {
      message.selector.local_first = message.selector.local_last =
          ToFast(*net::Address::Parse(source));
      message.selector.remote_first = message.selector.remote_last =
          ToFast(*net::Address::Parse(destination));
    }
    opened = Ask<api::PolicyOpened>(api::MessageType::kPolicyOpen, message,
                                    api::MessageType::kPolicyOpened);
    return opened.policy;
  }

  api::PolicyOpened opened{};

 private:
  G& g_;
  int self_;
  uint32_t request_ = 0;
};
using StubIke = BasicStubIke<TestGateway>;

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_IKE_FIXTURE_H_
