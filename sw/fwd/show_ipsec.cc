// What the forwarder says of SA sets: show crypto ipsec sa, and what is made of it.
#include <algorithm>
#include <bit>
#include <utility>

#include "sw/fwd/engine_numbers.h"
#include "sw/fwd/entry_peers.h"
#include "sw/fwd/show_walk.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using offload::Broker;

// "0.0.0.0/0.0.0.0" or "::/0" for any.
void SetRange(const ipsec::AddressMatch& match, bool v6, api::Ident* out) {
  if (match.address.is_none()) {
    out->set_address(v6 ? "::" : "0.0.0.0");
    out->set_mask(v6 ? "0" : "0.0.0.0");
    return;
  }
  out->set_address(net::ToString(match.address));
  if (match.address.is_v6()) {
    int length = 0;
    for (const uint8_t byte : match.wildcard) length += 8 - std::popcount(byte);
    out->set_mask(std::to_string(length));
    return;
  }
  const uint32_t mask = ~LoadBe32(match.wildcard.data());
  out->set_mask(net::ToString(net::Address::V4(mask)));
}

void SetRange(const net::Prefix& prefix, bool v6, api::Ident* out) {
  if (prefix.base().is_none()) return SetRange(ipsec::AddressMatch{}, v6, out);
  out->set_address(net::ToString(prefix.base()));
  const uint8_t length = prefix.length();
  out->set_mask(prefix.base().is_v6()
                    ? std::to_string(length)
                    : net::ToString(net::Address::V4(net::MaskFromLength(length))));
}

void SetPorts(uint8_t protocol, const ipsec::PortRange& ports, api::Ident* out) {
  out->set_protocol(protocol);
  out->set_port(ports.low == ports.high ? ports.low : 0);
}

void SetHost(const net::Address& host, api::Ident* out) {
  SetRange(net::Prefix::Host(host), host.is_v6(), out);
}

// What the set is for: its line, the pair of hosts under it, or what its own SAs were agreed for.
void SetIdents(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  const CompiledEntry& entry = place.entry;
  const bool v6 = place.carried.v6;
  api::Ident* local = out->mutable_local_ident();
  api::Ident* remote = out->mutable_remote_ident();
  const ipsec::SaSettings* sa = NewestSa(s, place.set);
  if (entry.rules.kind == EntryKind::kDynamic && sa != nullptr) {
    const ipsec::Selectors& agreed = sa->selectors;
    SetRange(agreed.local, v6, local);
    SetRange(agreed.remote, v6, remote);
    SetPorts(agreed.protocol, agreed.local_ports, local);
    SetPorts(agreed.protocol, agreed.remote_ports, remote);
    return;
  }
  // Of a manual entry the one permit is the last of its lines.
  const bool manual = place.pair != nullptr;
  const size_t index = manual && !entry.lines.empty() ? entry.lines.size() - 1 : place.key.line;
  const bool permit = index < entry.lines.size() && entry.lines[index].permit;
  const ipsec::PolicyLine line = permit ? entry.lines[index] : ipsec::PolicyLine{};
  SetRange(line.source, v6, local);
  SetRange(line.destination, v6, remote);
  SetPorts(line.protocol, line.source_ports, local);
  SetPorts(line.protocol, line.destination_ports, remote);
  out->set_acl_line(AclNumber(s, entry, static_cast<uint32_t>(index)));
  if (!place.key.per_host()) return;
  SetHost(place.key.source, local);
  SetHost(place.key.destination, remote);
}

std::string EncryptionText(ipsec::Encryption encryption) {
  const ipsec::EncryptionInfo& info = ipsec::InfoOf(encryption);
  const std::string bits = " " + std::to_string(info.key_bytes * 8);
  switch (info.kind) {
    case ipsec::CipherKind::kNone:
      return "";
    case ipsec::CipherKind::kNull:
      return "esp-null";
    case ipsec::CipherKind::kCbc:
      if (encryption == ipsec::Encryption::kDesCbc) return "esp-des";
      if (encryption == ipsec::Encryption::kTripleDesCbc) return "esp-3des";
      return info.key_bytes == 16 ? "esp-aes" : "esp-aes" + bits;
    case ipsec::CipherKind::kCtr:
      return "esp-aes-ctr" + bits;
    case ipsec::CipherKind::kGmac:
      return "esp-gmac" + bits;
    case ipsec::CipherKind::kAead:
      break;
  }
  if (info.aead == crypto::AeadAlgorithm::kChaCha20Poly1305) return "esp-chacha20-poly1305";
  return (info.aead == crypto::AeadAlgorithm::kAesCcm ? "esp-ccm" : "esp-gcm") + bits;
}

std::string IntegrityText(ipsec::Integrity integrity) {
  switch (integrity) {
    case ipsec::Integrity::kNone:
      return "";
    case ipsec::Integrity::kHmacMd5_96:
      return "md5-hmac";
    case ipsec::Integrity::kHmacSha1_96:
      return "sha-hmac";
    case ipsec::Integrity::kHmacSha256_128:
      return "sha256-hmac";
    case ipsec::Integrity::kHmacSha384_192:
      return "sha384-hmac";
    case ipsec::Integrity::kHmacSha512_256:
      return "sha512-hmac";
    default:
      return std::string(ipsec::InfoOf(integrity).name);
  }
}

// The transforms of one SA as the configuration names them.
std::string TransformText(const ipsec::SaSettings& sa) {
  if (sa.protocol == ipsec::Protocol::kIpComp) {
    return sa.suite.compression == ipsec::Compression::kLzs ? "comp-lzs" : "comp-deflate";
  }
  const bool ah = sa.protocol == ipsec::Protocol::kAh;
  std::string text;
  if (!ah) text = EncryptionText(sa.suite.encryption);
  if (sa.suite.integrity == ipsec::Integrity::kNone) return text;
  const std::string integrity = IntegrityText(sa.suite.integrity);
  return ah ? "ah-" + integrity : text + " esp-" + integrity;
}

// What is left of a negotiated SA's life.
void SetLife(const ShowSources& s, const IkeSas::Sa& sa, uint64_t bytes, api::SaEntry* out) {
  const uint64_t now_ns = s.clock->MonotonicNs();
  const auto left_s = [now_ns](uint64_t at_ns) {
    return at_ns > now_ns ? (at_ns - now_ns) / kNsPerSecond : 0;
  };
  const uint64_t limit = s.ike->SettingsOf(sa).lifetimes.hard_bytes;
  if (limit != 0) out->set_remaining_kilobytes((limit - std::min(bytes, limit)) / 1024);
  if (sa.hard_at_ns != 0) out->set_remaining_seconds(left_s(sa.hard_at_ns));
  if (sa.idle_ns == 0) return;
  out->set_idle_seconds(sa.idle_ns / kNsPerSecond);
  if (sa.idle_at_ns != 0) out->set_idle_remaining_seconds(left_s(sa.idle_at_ns));
}

// A new row of the list that the SA belongs to.
api::SaEntry* ListOf(const ipsec::SaSettings& sa, api::IpsecFlow* flow) {
  const bool inbound = sa.direction == ipsec::Direction::kIn;
  switch (sa.protocol) {
    case ipsec::Protocol::kEsp:
      return inbound ? flow->add_inbound_esp() : flow->add_outbound_esp();
    case ipsec::Protocol::kAh:
      return inbound ? flow->add_inbound_ah() : flow->add_outbound_ah();
    case ipsec::Protocol::kIpComp:
      break;
  }
  return inbound ? flow->add_inbound_pcp() : flow->add_outbound_pcp();
}

// Counters of an SA of IPComp, added to those of the row.
void AddCompression(const ipsec::IpCompStats& stats, bool inbound, api::IpsecFlow* out) {
  if (inbound) {
    out->set_pkts_decompressed(out->pkts_decompressed() + stats.decompressed);
    out->set_pkts_not_decompressed(out->pkts_not_decompressed() + stats.not_decompressed);
    out->set_pkts_decompress_failed(out->pkts_decompress_failed() + stats.decompress_failed);
  } else {
    out->set_pkts_compressed(out->pkts_compressed() + stats.compressed);
    out->set_pkts_not_compressed(out->pkts_not_compressed() + stats.not_compressed);
    out->set_pkts_compress_failed(out->pkts_compress_failed() + stats.compress_failed);
  }
}

// What the engines know of an SA.
void SetPlaced(const ShowSources& s, const ipsec::SaSettings& sa, uint64_t id, api::SaEntry* out,
               api::IpsecFlow* flow) {
  out->set_status("DOWN");
  const Broker::Placement* placed = s.broker->Find(id);
  if (placed == nullptr) return;
  if (placed->engine != nullptr) out->set_engine(std::string(placed->engine->name()));
  out->set_engine_reason(std::string(placed->reason));
  if (placed->state == Broker::State::kUp) out->set_status("ACTIVE");
  out->set_packets(placed->stats.packets);
  out->set_bytes(placed->stats.bytes);
  out->set_sequence_number(placed->stats.sequence);
  if (sa.protocol == ipsec::Protocol::kIpComp) {
    AddCompression(placed->ipcomp == nullptr ? ipsec::IpCompStats() : *placed->ipcomp,
                   sa.direction == ipsec::Direction::kIn, flow);
  }
  const auto negotiated = s.ike->sas().find(id);
  if (negotiated == s.ike->sas().end()) return;
  SetLife(s, negotiated->second, placed->stats.bytes, out);
  if (negotiated->second.state == IkeSas::State::kDraining) out->set_status("EXPIRING");
}

// One SA of a row. `position` in its bundle counts from the inside; 0: it is alone.
api::SaEntry* AddSa(const ShowSources& s, const FlowPlace& place, const ipsec::SaSettings& sa,
                    uint64_t id, uint32_t position, api::IpsecFlow* flow) {
  api::SaEntry* out = ListOf(sa, flow);
  out->set_id(id);
  out->set_spi(sa.spi.value);
  out->set_transform(TransformText(sa));
  const std::string mode = sa.mode == ipsec::Mode::kTunnel ? "Tunnel" : "Transport";
  out->add_setting(mode + (sa.udp_remote != 0 ? " UDP-Encaps" : ""));
  if (sa.esn) out->add_setting("ESN");
  out->set_conn_id(ConnectionNumber(id));
  if (s.sets->Has(place.set)) out->set_flow_id(FlowNumber(s.sets->at(place.set).id, sa.direction));
  out->set_iv_size(static_cast<uint32_t>(ipsec::LayoutOf(sa.suite).iv_bytes));
  out->set_replay_window(sa.replay_window);
  out->set_esn(sa.esn);
  out->set_crypto_map(place.carried.map());
  out->set_bundle_position(position);
  SetPlaced(s, sa, id, out, flow);
  return out;
}

// The innermost with an SPI: what a transform set of ESP and AH is named by.
template <typename Sas, typename ToSettings>
uint32_t NamingSpi(const Sas& sas, ToSettings settings) {
  for (const auto& sa : sas) {
    if (settings(sa).protocol != ipsec::Protocol::kIpComp) return settings(sa).spi.value;
  }
  return 0;
}

// Those of a manual entry stand there also while they are not set up.
void AddManualSas(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  const SaManager::Pair& pair = *place.pair;
  if (!pair.entry->problem.empty()) return;
  for (size_t i = 0; i < pair.layers.size(); ++i) {
    const SaManager::Layer& layer = pair.layers[i];
    const uint32_t position = pair.layers.size() == 1 ? 0 : static_cast<uint32_t>(i + 1);
    AddSa(s, place, pair.entry->inbound[i], layer.inbound_id, position, out);
    AddSa(s, place, pair.entry->outbound[i], layer.outbound_id, position, out)
        ->set_sequence_limit(layer.outbound_end);
  }
  const auto self = [](const ipsec::SaParams& sa) -> const ipsec::SaSettings& { return sa; };
  out->set_current_outbound_spi(NamingSpi(pair.entry->outbound, self));
}

// Those that packets may use, oldest first: larval ones are not there.
void AddNegotiatedSas(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  if (!s.sets->Has(place.set)) return;
  const SaSet& set = s.sets->at(place.set);
  for (const auto* bundles : {&set.inbound, &set.outbound}) {
    for (const uint32_t index : *bundles) {
      const std::vector<PathSa>& sas = s.sets->bundle(index).sas;
      for (uint32_t i = 0; i < sas.size(); ++i) {
        const ipsec::SaSettings& sa = sas[i].settings;
        AddSa(s, place, sa, sa.id, sas.size() == 1 ? 0 : i + 1, out);
      }
    }
  }
  if (set.outbound.empty()) return;
  const auto settings = [](const PathSa& sa) -> const ipsec::SaSettings& { return sa.settings; };
  out->set_current_outbound_spi(NamingSpi(s.sets->bundle(set.outbound.back()).sas, settings));
}

void SetCounters(const FlowCounters& c, api::IpsecFlow* out) {
  out->set_pkts_encaps(c.encaps.value());
  out->set_pkts_encrypt(c.encrypted.value());
  out->set_pkts_digest(c.encrypted.value());
  out->set_pkts_decaps(c.decaps.value());
  out->set_pkts_decrypt(c.decrypted.value());
  out->set_pkts_verify(c.decrypted.value());
  out->set_send_errors(c.send_errors.value());
  out->set_recv_errors(c.recv_errors.value());
  AddReasons(c.drops, out->mutable_drop());
}

// Sizes of packets: the link's, what the path is known to take of it, what fits inside.
void SetMtus(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  const InterfaceConfig& interface = place.carried.interface;
  const uint16_t link = interface.Mtu(place.carried.v6);
  const size_t learnt = s.forwarder->PathMtu(place.entry.id);
  const size_t path = learnt == 0 ? link : std::min<size_t>(learnt, link);
  if (s.sets->Has(place.set)) {
    out->set_plaintext_mtu(static_cast<uint32_t>(s.path->PlaintextMtu(place.set, path, 0)));
  }
  out->set_path_mtu(static_cast<uint32_t>(path));
  out->set_ip_mtu(link);
  out->set_ip_mtu_interface(interface.name);
  out->set_media_mtu(interface.mtu);
}

// Why no packet can leave by a negotiated set; empty when one can.
std::string WhyNoSa(const ShowSources& s, const FlowPlace& place, const api::IpsecFlow& flow) {
  if (!place.entry.problem.empty()) return place.entry.problem;
  if (s.sets->Has(place.set) && !s.sets->at(place.set).outbound.empty()) return "";
  if (flow.negotiating()) return "The SAs are being made.";
  if (!s.path->ike_present()) return "There is no SA, and no IKE role runs that could make one.";
  if (IsDynamic(place.entry)) {
    return "There is no SA; the peer has to ask for one.";
  }
  const std::string why = WhyNoPeer(place.entry, s.ike->names());
  return why.empty() ? "There is no SA; the next packet asks for one." : why;
}

void SetKeying(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  if (place.pair != nullptr) {
    out->set_keying("manual");
    out->set_down_reason(s.sas->DownReason(*place.pair));
    return AddManualSas(s, place, out);
  }
  out->set_keying(IsDynamic(place.entry) ? "dynamic" : "ike");
  out->set_dynamic_map(place.entry.dynamic_map);
  out->set_dynamic_sequence(place.entry.dynamic_sequence);
  if (s.sets->Has(place.set)) {
    const SaSet& set = s.sets->at(place.set);
    out->set_negotiating(s.ike->Negotiates(set.id) || s.path->Waits(set.id));
    if (set.outbound.empty() && set.acquire_ns != 0) out->add_flag("ipsec_sa_request_sent");
  }
  out->set_down_reason(WhyNoSa(s, place, *out));
  AddNegotiatedSas(s, place, out);
}

void SetFlow(const ShowSources& s, const FlowPlace& place, api::IpsecFlow* out) {
  out->set_protected_vrf(InsideVrf(s, place));
  out->set_sequence(place.entry.sequence);
  SetIdents(s, place, out);
  const FlowEnds ends = EndsOf(s, place);
  if (!ends.peer.is_none()) {
    out->set_current_peer(net::ToString(ends.peer));
    out->set_remote_crypto_endpoint(net::ToString(ends.peer));
  }
  out->set_peer_port(ends.peer_port);
  if (!ends.local.is_none()) out->set_local_crypto_endpoint(net::ToString(ends.local));
  out->set_action("PERMIT");
  if (!IsDynamic(place.entry)) out->add_flag("origin_is_acl");
  if (s.sets->Has(place.set)) SetCounters(s.sets->at(place.set).counters, out);
  SetMtus(s, place, out);
  SetKeying(s, place, out);
}

}  // namespace

void ShowIpsecSa(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply) {
  api::IpsecSa& show = *reply.mutable_ipsec_sa();
  api::IpsecInterface head;
  bool added = false;
  FlowVisitor visitor;
  visitor.on_interface = [&](const Carried& carried, bool resumed) {
    head.set_name(carried.interface.name);
    head.set_crypto_map_tag(carried.map());
    head.set_local_address(carried.local_address());
    head.set_front_vrf(carried.configured.vrf);
    // An interface without SA sets stands there too, unless only some of them are asked for.
    added = !resumed && request.peer().empty() && request.local().empty() &&
            request.vrf().empty() && request.front_vrf().empty() && !request.ipv6();
    if (added) *show.add_interface() = head;
  };
  visitor.on_flow = [&](const FlowPlace& place) {
    if (!std::exchange(added, true)) *show.add_interface() = head;
    SetFlow(s, place, show.mutable_interface(show.interface_size() - 1)->add_flow());
  };
  const auto next = WalkFlows(s, request, Budget(s.clock, request.limit()), visitor);
  if (next) *reply.mutable_next() = *next;
}

std::vector<uint64_t> IpsecSasOf(const ShowSources& s, const api::ShowRequest& request) {
  std::vector<uint64_t> ids;
  FlowVisitor visitor;
  visitor.on_interface = [](const Carried&, bool) {};
  visitor.on_flow = [&](const FlowPlace& place) {
    if (place.pair != nullptr) {
      for (const SaManager::Layer& layer : place.pair->layers) {
        for (const uint64_t id : {layer.inbound_id, layer.outbound_id}) {
          if (id != 0) ids.push_back(id);
        }
      }
      return;
    }
    if (!s.sets->Has(place.set)) return;
    const SaSet& set = s.sets->at(place.set);
    for (const auto* bundles : {&set.inbound, &set.outbound}) {
      for (const uint32_t index : *bundles) {
        for (const PathSa& sa : s.sets->bundle(index).sas) ids.push_back(sa.settings.id);
      }
    }
  };
  WalkFlows(s, request, Budget(nullptr, request.limit()), visitor);
  return ids;
}

}  // namespace vam::fwd
