#include "sw/config/render_crypto.h"

#include <fmt/core.h>

#include "sw/config/line_writer.h"
#include "sw/config/render.h"
#include "sw/config/render_ike.h"
#include "sw/config/render_pki.h"

namespace vam::config {
namespace {

class CryptoRenderer : private LineWriter {
 public:
  CryptoRenderer(const WriteSecret& write_secret, const WriteSecret& write_ike_key)
      : write_secret_(write_secret), write_ike_key_(write_ike_key) {}

  std::string Render(const Running& running) {
    Section([&] { Globals(running.crypto); });
    Text(RenderPki(running.pki));
    Text(RenderIke(running.ike, write_ike_key_));
    for (const TransformSet& set : running.transform_sets) {
      Line(fmt::format("crypto ipsec transform-set {} {}", set.name, RenderTransform(set)));
      Line(set.mode == IpsecMode::kTunnel ? " mode tunnel" : " mode transport");
      Break();
    }
    Section([&] { Outer(running.crypto); });
    for (const IpsecProfile& profile : running.ipsec_profiles) Profile(profile);
    for (const DynamicMap& map : running.dynamic_maps) {
      for (const CryptoMapEntry& entry : map.entries) {
        Line(fmt::format("crypto dynamic-map {} {}", map.name, entry.sequence));
        Entry(entry);
      }
      Break();
    }
    for (const CryptoMap& map : running.crypto_maps) Map(map);
    return Take();
  }

 private:
  void Lifetime(std::string_view begin, const SaLifetime& lifetime) {
    if (lifetime.seconds) Line(fmt::format("{} lifetime seconds {}", begin, *lifetime.seconds));
    if (lifetime.kilobytes) {
      Line(fmt::format("{} lifetime kilobytes {}", begin, *lifetime.kilobytes));
    }
    if (lifetime.kilobytes_disabled) Line(fmt::format("{} lifetime kilobytes disable", begin));
  }
  void Replay(std::string_view begin, uint16_t window) {
    Line(window == 0 ? fmt::format("{} replay disable", begin)
                     : fmt::format("{} replay window-size {}", begin, window));
  }
  void Globals(const CryptoGlobals& crypto) {
    constexpr std::string_view kBegin = "crypto ipsec security-association";
    if (crypto.legacy_algorithms) Line("crypto legacy-algorithms enable");
    if (crypto.manual_counter_mode) Line("crypto ipsec manual-counter-mode enable");
    Lifetime(kBegin, crypto.lifetime);
    if (crypto.idle_seconds) Line(fmt::format("{} idle-time {}", kBegin, *crypto.idle_seconds));
    if (crypto.replay_window != kDefaultReplayWindow) Replay(kBegin, crypto.replay_window);
    if (crypto.log_sessions) Line("crypto logging session");
    if (!crypto.default_transform_sets) Line("no crypto ipsec default transform-set");
  }
  void Outer(const CryptoGlobals& crypto) {
    if (crypto.fragmentation == Fragmentation::kAfter) {
      Line("crypto ipsec fragmentation after-encryption");
    }
    if (crypto.df_bit == DfBit::kSet) Line("crypto ipsec df-bit set");
    if (crypto.df_bit == DfBit::kClear) Line("crypto ipsec df-bit clear");
  }

  void Keys(std::string_view direction, const ManualKeys& keys) {
    if (keys.ah) {
      Line(fmt::format(" set session-key {} ah {} {}", direction, keys.ah->spi,
                       write_secret_(keys.ah->key->bytes())));
    }
    if (!keys.esp) return;
    std::string line = fmt::format(" set session-key {} esp {}", direction, keys.esp->spi);
    if (keys.esp->cipher) line += " cipher " + write_secret_(keys.esp->cipher->bytes());
    if (keys.esp->authenticator) {
      line += " authenticator " + write_secret_(keys.esp->authenticator->bytes());
    }
    Line(line);
  }
  void PeerLine(const Peer& peer) {
    Line(fmt::format(" set peer {}{}{}",
                     peer.hostname.empty() ? net::ToString(peer.address) : peer.hostname,
                     peer.dynamic ? " dynamic" : "", peer.is_default ? " default" : ""));
  }
  void Route(const ReverseRoute& route) {
    std::string line = " reverse-route";
    if (route.remote_peer) line += " remote-peer " + net::ToString(*route.remote_peer);
    if (route.gateway) line += " gateway";
    if (route.is_static) line += " static";
    Line(line);
    if (route.distance != 1) Line(fmt::format(" set reverse-route distance {}", route.distance));
    if (route.tag != 0) Line(fmt::format(" set reverse-route tag {}", route.tag));
  }
  void Policy(const SaPolicy& policy) {
    constexpr std::string_view kBegin = " set security-association";
    Lifetime(kBegin, policy.lifetime);
    if (policy.idle_seconds) {
      Line(fmt::format("{} idle-time {}{}", kBegin, *policy.idle_seconds,
                       policy.idle_to_default_peer ? " default" : ""));
    }
    if (policy.per_host) Line(fmt::format("{} level per-host", kBegin));
    if (policy.esn) Line(fmt::format("{} esn", kBegin));
    if (policy.replay_window) Replay(kBegin, *policy.replay_window);
    if (policy.df_bit) Line(" set df-bit " + std::string(DfBitName(*policy.df_bit)));
    if (!policy.transform_sets.empty()) {
      std::string line = " set transform-set";
      for (const std::string& name : policy.transform_sets) line += " " + name;
      Line(line);
    }
    if (policy.pfs_group) Line(fmt::format(" set pfs group{}", *policy.pfs_group));
    if (!policy.isakmp_profile.empty()) Line(" set isakmp-profile " + policy.isakmp_profile);
    if (!policy.ikev2_profile.empty()) Line(" set ikev2-profile " + policy.ikev2_profile);
    if (policy.policy_limit)
      Line(fmt::format(" set security-policy limit {}", *policy.policy_limit));
    if (policy.reverse_route) Route(*policy.reverse_route);
  }
  void Entry(const CryptoMapEntry& entry) {
    if (!entry.description.empty()) Line(" description " + entry.description);
    for (const Peer& peer : entry.peers) PeerLine(peer);
    Keys("inbound", entry.inbound);
    Keys("outbound", entry.outbound);
    Policy(entry);
    if (!entry.acl.empty()) Line(" match address " + entry.acl);
  }
  void Profile(const IpsecProfile& profile) {
    Line("crypto ipsec profile " + profile.name);
    if (!profile.description.empty()) Line(" description " + profile.description);
    Policy(profile);
    if (profile.responder_only) Line(" responder-only");
    Break();
  }
  void Map(const CryptoMap& map) {
    const std::string begin = fmt::format("crypto map {}{}", map.ipv6 ? "ipv6 " : "", map.name);
    if (!map.local_address_interface.empty()) {
      Line(fmt::format("{} local-address {}", begin, map.local_address_interface));
    }
    for (const CryptoMapEntry& entry : map.entries) {
      if (entry.kind == EntryKind::kDynamic) {
        Line(fmt::format("{} {} ipsec-isakmp dynamic {}{}", begin, entry.sequence,
                         entry.dynamic_map, entry.discover ? " discover" : ""));
        continue;
      }
      Line(fmt::format("{} {} {}", begin, entry.sequence,
                       entry.kind == EntryKind::kManual ? "ipsec-manual" : "ipsec-isakmp"));
      Entry(entry);
    }
    Break();
  }

  const WriteSecret& write_secret_;
  const WriteSecret& write_ike_key_;
};

}  // namespace

std::string_view DfBitName(DfBit bit) {
  return bit == DfBit::kSet ? "set" : bit == DfBit::kClear ? "clear" : "copy";
}

std::string RenderTransform(const TransformSet& set) {
  std::string text;
  for (const TransformUse& use : set.transforms) {
    text += (text.empty() ? "" : " ") + RenderTransformUse(use);
  }
  return text;
}

std::string RenderCrypto(const Running& running, const WriteSecret& write_secret,
                         const WriteSecret& write_ike_key) {
  return CryptoRenderer(write_secret, write_ike_key).Render(running);
}

std::string RenderInterfaceCrypto(const Interface& interface) {
  std::string text;
  if (interface.df_bit) {
    text += fmt::format(" crypto ipsec df-bit {}\n", DfBitName(*interface.df_bit));
  }
  if (interface.fragmentation) {
    text += fmt::format(" crypto ipsec fragmentation {}\n",
                        *interface.fragmentation == Fragmentation::kAfter ? "after-encryption"
                                                                          : "before-encryption");
  }
  return text;
}

}  // namespace vam::config
