// Entries of crypto maps as the exchanges ask for them.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sw/config/effective.h"
#include "sw/ike/v2/policy/compile_parts.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/net/name_table.h"

namespace vam::ike::v2 {

namespace {

using config::EffectiveEntry;
using config::Transform;
using config::TransformKind;
using config::TransformUse;

constexpr uint64_t kBytesPerKilobyte = 1024;

// ---- what is offered

EncryptionId SizedIcv(const TransformUse& use, EncryptionId of8, EncryptionId of12,
                      EncryptionId of16) {
  return use.icv_bytes == 8 ? of8 : use.icv_bytes == 12 ? of12 : of16;
}

// Nothing: IKE has no number for it.
std::optional<Cipher> CipherOf(const TransformUse& use) {
  const uint16_t bits = use.key_bits;
  switch (use.transform) {
    case Transform::kEspDes:
      return Cipher{EncryptionId::kDes, 0};
    case Transform::kEsp3Des:
      return Cipher{EncryptionId::kTripleDes, 0};
    case Transform::kEspAes:
      return Cipher{EncryptionId::kAesCbc, bits};
    case Transform::kEspAesCtr:
      return Cipher{EncryptionId::kAesCtr, bits};
    case Transform::kEspGcm:
      return Cipher{
          SizedIcv(use, EncryptionId::kAesGcm8, EncryptionId::kAesGcm12, EncryptionId::kAesGcm16),
          bits};
    case Transform::kEspCcm:
      return Cipher{
          SizedIcv(use, EncryptionId::kAesCcm8, EncryptionId::kAesCcm12, EncryptionId::kAesCcm16),
          bits};
    case Transform::kEspGmac:
      return Cipher{EncryptionId::kNullAuthAesGmac, bits};
    case Transform::kEspChaCha20Poly1305:
      return Cipher{EncryptionId::kChaCha20Poly1305, 0};
    case Transform::kEspNull:
      return Cipher{EncryptionId::kNull, 0};
    default:
      return std::nullopt;
  }
}

std::optional<IntegrityId> IntegrityOf(const TransformUse& use) {
  switch (use.transform) {
    case Transform::kAhMd5Hmac:
    case Transform::kEspMd5Hmac:
      return IntegrityId::kHmacMd5_96;
    case Transform::kAhShaHmac:
    case Transform::kEspShaHmac:
      return IntegrityId::kHmacSha1_96;
    case Transform::kAhSha256Hmac:
    case Transform::kEspSha256Hmac:
      return IntegrityId::kHmacSha256_128;
    case Transform::kAhSha384Hmac:
    case Transform::kEspSha384Hmac:
      return IntegrityId::kHmacSha384_192;
    case Transform::kAhSha512Hmac:
    case Transform::kEspSha512Hmac:
      return IntegrityId::kHmacSha512_256;
    case Transform::kAhAesXcbc:
    case Transform::kEspAesXcbc:
      return IntegrityId::kAesXcbc96;
    case Transform::kAhAesCmac:
    case Transform::kEspAesCmac:
      return IntegrityId::kAesCmac96;
    case Transform::kAhGmac:
      return use.key_bits == 128   ? IntegrityId::kAesGmac128
             : use.key_bits == 192 ? IntegrityId::kAesGmac192
                                   : IntegrityId::kAesGmac256;
    default:
      return std::nullopt;
  }
}

// A transform set as one offer, or why IKE cannot negotiate it.
Result<ChildOffer> OfferOf(const config::TransformSet& set) {
  const TransformUse* ah = set.Find(TransformKind::kAh);
  const TransformUse* encryption = set.Find(TransformKind::kEspEncryption);
  const TransformUse* authentication = set.Find(TransformKind::kEspAuthentication);
  if (set.Find(TransformKind::kCompression) != nullptr) {
    return Err(ErrorCode::kUnsupported, "compression is not negotiated");
  }
  if (ah != nullptr && (encryption != nullptr || authentication != nullptr)) {
    return Err(ErrorCode::kUnsupported, "AH around ESP is not negotiated");
  }
  ChildOffer offer;
  offer.protocol = ah != nullptr ? Protocol::kAh : Protocol::kEsp;
  const TransformUse* integrity = ah != nullptr ? ah : authentication;
  if (integrity != nullptr) {
    const auto id = IntegrityOf(*integrity);
    if (!id || FindIntegrity(static_cast<uint16_t>(*id)) == nullptr) {
      return Err(ErrorCode::kUnsupported, "its authentication is not negotiated");
    }
    offer.integrities.push_back(*id);
  }
  if (ah != nullptr) return offer;
  const auto cipher =
      encryption == nullptr ? Cipher{EncryptionId::kNull, 0} : CipherOf(*encryption);
  if (!cipher || FindCipher(static_cast<uint16_t>(cipher->id), cipher->key_bits) == nullptr) {
    return Err(ErrorCode::kUnsupported, "its encryption is not negotiated");
  }
  offer.ciphers.push_back(*cipher);
  return offer;
}

// Best first. SPIs are reserved before the peer chooses, so all are of one protocol.
std::vector<ChildOffer> OffersOf(const EffectiveEntry& entry, const std::string& subject,
                                 Notes& notes) {
  std::vector<ChildOffer> offers;
  const auto leave_out = [&](const config::TransformSet& set, std::string_view why) {
    notes.Add(fmt::format("{}: transform set {} is not offered: {}", subject, set.name, why));
  };
  for (const config::TransformSet* set : entry.transform_sets) {
    auto offer = OfferOf(*set);
    if (!offer) {
      leave_out(*set, offer.error().text);
      continue;
    }
    if (!offers.empty() && offers.front().protocol != offer->protocol) {
      leave_out(*set, "AH beside ESP in one entry is not negotiated");
      continue;
    }
    if (entry.entry->pfs_group) offer->groups.push_back(*entry.entry->pfs_group);
    offer->esn = entry.entry->esn;
    offers.push_back(std::move(*offer));
  }
  return offers;
}

// ---- what is protected

TrafficSelector Everything(bool ipv6) {
  return WithPrefix({}, net::Prefix::Any(ipv6 ? net::Family::kV6 : net::Family::kV4));
}

// A wildcard with holes is the range around it, as fwd gives it in its acquires: the policy line
// is checked for every packet anyway.
TrafficSelector SideOf(const config::AddressMatch& v4, const net::Prefix& v6,
                       const config::PortRange& ports, uint8_t protocol, bool ipv6) {
  TrafficSelector side = Everything(ipv6);
  if (ipv6 && v6.family() != net::Family::kNone) {
    side = WithPrefix(side, v6);
  } else if (!ipv6) {
    side.first = net::Address::V4(v4.address & ~v4.wildcard);
    side.last = net::Address::V4(v4.address | v4.wildcard);
  }
  side.protocol = protocol;
  side.first_port = ports.first;
  side.last_port = ports.last;
  return side;
}

// The index is that of the line in the access list: what fwd calls it by.
std::vector<ChildLine> LinesOf(const EffectiveEntry& entry) {
  // A dynamic entry without a list takes whatever a peer proposes (SY-109).
  if (entry.acl == nullptr) return {{Everything(entry.ipv6), Everything(entry.ipv6)}};
  std::vector<ChildLine> lines;
  for (uint32_t i = 0; i < entry.acl->entries.size(); ++i) {
    const config::AclEntry& line = entry.acl->entries[i];
    if (!line.permit) continue;
    lines.push_back(
        {SideOf(line.source, line.source_v6, line.source_port, line.protocol, entry.ipv6),
         SideOf(line.destination, line.destination_v6, line.destination_port, line.protocol,
                entry.ipv6),
         i});
  }
  return lines;
}

// ---- entries

std::string SubjectOf(const EffectiveEntry& entry) {
  std::string subject = fmt::format("crypto map {} {}", entry.map, entry.sequence);
  if (entry.kind == config::EntryKind::kDynamic) {
    subject += fmt::format(", dynamic map {} {}", entry.dynamic_map, entry.dynamic_sequence);
  }
  return subject;
}

class ChildCompiler {
 public:
  explicit ChildCompiler(const CompileContext& context) : context_(context) {
    for (const config::Interface* port : config::PortsOf(context.running)) {
      ports_.emplace(port->name, static_cast<uint32_t>(ports_.size()));
    }
  }

  void Add(const EffectiveEntry& entry);
  std::vector<std::shared_ptr<const ChildConfig>> Take() && { return std::move(children_); }

 private:
  static void SetPeers(const EffectiveEntry& entry, ChildConfig& child);
  bool Fill(const EffectiveEntry& entry, const std::string& subject, ChildConfig& child);
  void Place(const EffectiveEntry& entry, const std::string& subject, const ChildConfig& child);
  void PlaceOn(const config::Interface& interface, const std::string& subject, ChildConfig child);

  const CompileContext& context_;
  std::unordered_map<std::string_view, uint32_t> ports_;
  std::vector<std::shared_ptr<const ChildConfig>> children_;
};

void ChildCompiler::SetPeers(const EffectiveEntry& entry, ChildConfig& child) {
  std::vector<config::Peer> peers = entry.entry->peers;
  // The default one is tried first.
  std::stable_partition(peers.begin(), peers.end(),
                        [](const config::Peer& peer) { return peer.is_default; });
  for (const config::Peer& peer : peers) {
    if (peer.hostname.empty()) {
      child.peers.push_back(peer.address);
    } else {
      child.named.push_back({net::FoldName(peer.hostname), child.peers.size()});
    }
  }
}

// False: the entry cannot be negotiated; a note says why.
bool ChildCompiler::Fill(const EffectiveEntry& entry, const std::string& subject,
                         ChildConfig& child) {
  const config::CryptoMapEntry& said = *entry.entry;
  const config::CryptoGlobals& crypto = context_.running.crypto;
  const auto profile = context_.profiles.find(said.ikev2_profile);
  if (profile == context_.profiles.end()) return false;  // the profile has its note
  child.profile = profile->second;
  child.offers = OffersOf(entry, subject, context_.notes);
  SetPeers(entry, child);
  const bool any_peer = entry.kind == config::EntryKind::kDynamic && said.peers.empty();
  const bool has_peers = !child.peers.empty() || !child.named.empty();
  if (child.offers.empty() || (!has_peers && !any_peer)) return false;
  child.map = entry.map;
  child.sequence = entry.sequence;
  child.dynamic_sequence = entry.dynamic_sequence;
  child.mode = entry.mode() == config::IpsecMode::kTransport ? api::FastMode::kTransport
                                                             : api::FastMode::kTunnel;
  child.per_host = said.per_host;
  child.lines = LinesOf(entry);
  const config::EffectiveLifetime lifetime = config::LifetimeOf(crypto, said);
  child.lifetime_s = lifetime.seconds;
  child.lifetime_bytes = lifetime.kilobytes.value_or(0) * kBytesPerKilobyte;
  child.idle_s = lifetime.idle_seconds.value_or(0);
  child.idle_to_default = said.idle_to_default_peer;
  child.replay_window = config::ReplayWindowOf(crypto, said, /*manual=*/false);
  return true;
}

// RFC 4555, 3.4: peers may move to them.
std::vector<net::Address> OthersOf(const config::Interface& interface, const net::Address& local) {
  std::vector<net::Address> others;
  if (interface.address) others.push_back(*interface.address);
  for (const config::InterfaceAddress& one : interface.secondary) others.push_back(one.address);
  if (const auto v6 = config::FirstIpv6(interface)) others.push_back(*v6);
  // One that is not the interface's own stays where it is.
  if (std::erase(others, local) == 0) return {};
  return others;
}

void ChildCompiler::PlaceOn(const config::Interface& interface, const std::string& subject,
                            ChildConfig child) {
  const auto port = ports_.find(interface.name);
  const auto vrf = context_.vrfs.Find(interface.vrf);
  if (port == ports_.end() || !vrf) return;  // no packet comes by it
  const config::Ikev2Profile& profile = *context_.running.ike.profiles.Find(child.profile->name);
  if (!profile.ivrf.empty() && profile.ivrf != interface.vrf) {
    context_.notes.Add(fmt::format(
        "{} is not negotiated on interface {}: ivrf {} of IKEv2 profile {} is not its VRF, and "
        "that is not built",
        subject, interface.name, profile.ivrf, profile.name));
    return;
  }
  child.interface = port->second;
  child.front_vrf = child.inside_vrf = *vrf;
  children_.push_back(std::make_shared<const ChildConfig>(std::move(child)));
}

void ChildCompiler::Place(const EffectiveEntry& entry, const std::string& subject,
                          const ChildConfig& child) {
  const config::Running& running = context_.running;
  if (entry.local) {
    // One part of the SAD for all that carry the map (SY-97).
    const auto port = std::ranges::find_if(
        entry.interfaces, [this](const std::string& name) { return ports_.contains(name); });
    if (port == entry.interfaces.end()) return;
    const config::Interface& interface = *running.FindInterface(*port);
    ChildConfig shared = child;
    shared.local = *entry.local;
    shared.also = OthersOf(interface, shared.local);
    shared.shared = true;
    return PlaceOn(interface, subject, std::move(shared));
  }
  for (const std::string& name : entry.interfaces) {
    const config::Interface& interface = *running.FindInterface(name);
    const auto local = entry.ipv6 ? config::FirstIpv6(interface) : interface.address;
    if (!local) {
      context_.notes.Add(fmt::format("{} is not negotiated on interface {}: it has no {} address",
                                     subject, name, entry.ipv6 ? "IPv6" : "IP"));
      continue;
    }
    ChildConfig own = child;
    own.local = *local;
    own.also = OthersOf(interface, *local);
    PlaceOn(interface, subject, std::move(own));
  }
}

void ChildCompiler::Add(const EffectiveEntry& entry) {
  // One without IKEv2 profile is incomplete: it is IKEv1's.
  if (entry.kind == config::EntryKind::kManual || !entry.incomplete.empty()) return;
  const std::string subject = SubjectOf(entry);
  ChildConfig child;
  if (Fill(entry, subject, child)) Place(entry, subject, child);
}

}  // namespace

std::vector<std::shared_ptr<const ChildConfig>> CompileChildren(const CompileContext& context) {
  ChildCompiler compiler(context);
  for (const EffectiveEntry& entry : config::EffectiveEntries(context.running)) {
    compiler.Add(entry);
  }
  return std::move(compiler).Take();
}

}  // namespace vam::ike::v2
