// Hand-made crypto map entries between TestGateways: bundles of any SAs, whatever the configuration
// language can say.
#ifndef VAM_TESTS_UNIT_SW_FWD_BUNDLE_CONFIG_H_
#define VAM_TESTS_UNIT_SW_FWD_BUNDLE_CONFIG_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/sw/fwd/gateway_fixture.h"

namespace vam::fwd::test {

// One SA of a bundle, innermost first; the same in both directions but for key and SPI.
struct LayerSpec {
  ipsec::Protocol protocol = ipsec::Protocol::kEsp;
  ipsec::Mode mode = ipsec::Mode::kTunnel;
  ipsec::Suite suite;
  uint32_t window = 0;
};

inline net::Address Outside(int number) {
  return *net::Address::Parse("192.0.2." + std::to_string(number));
}

// Keys follow from the sender and the layer.
template <size_t N>
Secret<N> TestKey(int sender, size_t layer, size_t bytes, uint8_t kind) {
  std::vector<uint8_t> key(bytes);
  for (size_t i = 0; i < bytes; ++i) {
    key[i] = static_cast<uint8_t>(17U * static_cast<unsigned>(sender) + 29 * layer + 3 * i + kind);
  }
  return *Secret<N>::From(key);
}

inline ipsec::SaParams LayerSa(const LayerSpec& spec, size_t layer, int self, int peer,
                               bool inbound) {
  const int sender = inbound ? peer : self, receiver = inbound ? self : peer;
  ipsec::SaParams sa;
  sa.direction = inbound ? ipsec::Direction::kIn : ipsec::Direction::kOut;
  sa.protocol = spec.protocol;
  sa.mode = spec.mode;
  sa.suite = spec.suite;
  sa.replay_window = inbound ? spec.window : 0;
  sa.spi = {static_cast<uint32_t>(1000 * (layer + 1)) + static_cast<uint32_t>(receiver)};
  sa.local = Outside(self);
  sa.remote = Outside(peer);
  const auto& encryption = ipsec::InfoOf(spec.suite.encryption);
  const auto& integrity = ipsec::InfoOf(spec.suite.integrity);
  sa.key_material = TestKey<ipsec::kKeyMaterialBytes>(
      sender, layer, encryption.key_bytes + encryption.salt_bytes, 1);
  sa.auth_key =
      TestKey<ipsec::kAuthKeyBytes>(sender, layer, integrity.key_bytes + integrity.salt_bytes, 2);
  return sa;
}

// Entry 10 of map M, as TunnelConfig has it, with other SAs.
inline CompiledEntry HandMade(uint32_t id, int self, int peer,
                              const std::vector<LayerSpec>& layers) {
  CompiledEntry entry;
  entry.id = id;
  entry.map = "M";
  entry.sequence = 10;
  entry.local = Outside(self);
  entry.peer = Outside(peer);
  for (size_t i = 0; i < layers.size(); ++i) {
    entry.outbound.push_back(LayerSa(layers[i], i, self, peer, false));
    entry.inbound.push_back(LayerSa(layers[i], i, self, peer, true));
  }
  return entry;
}

inline constexpr ipsec::Suite kCbcSha256{ipsec::Encryption::kAesCbc128,
                                         ipsec::Integrity::kHmacSha256_128};
inline constexpr ipsec::Suite kAhSha256{ipsec::Encryption::kNone,
                                        ipsec::Integrity::kHmacSha256_128};
inline const LayerSpec kEspTunnel{.suite = kCbcSha256};
inline const LayerSpec kAhTunnel{.protocol = ipsec::Protocol::kAh, .suite = kAhSha256};
inline const LayerSpec kAhTransport{
    .protocol = ipsec::Protocol::kAh, .mode = ipsec::Mode::kTransport, .suite = kAhSha256};
inline const LayerSpec kEspTransport{.mode = ipsec::Mode::kTransport, .suite = kCbcSha256};

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_BUNDLE_CONFIG_H_
