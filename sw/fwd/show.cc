#include "sw/fwd/show.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "sw/config/effective.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using offload::Broker;

uint64_t Of(const std::array<Counter, 256>& counters, Reason reason) {
  return counters[static_cast<size_t>(reason)].value();
}
uint64_t Of(const FewReasons& counters, Reason reason) { return counters[reason]; }

template <typename Counts>
void AddReasons(const Counts& counters, google::protobuf::RepeatedPtrField<api::ReasonCount>* out) {
  for (const ReasonInfo& info : kReasons) {
    const uint64_t packets = Of(counters, info.reason);
    if (packets == 0) continue;
    api::ReasonCount* row = out->Add();
    row->set_reason(std::string(info.name));
    row->set_packets(packets);
  }
}

// A netmask; IPv6: the prefix length.
std::string MaskText(const net::Prefix& prefix) {
  if (prefix.family() == net::Family::kV6) return std::to_string(prefix.length());
  return net::ToString(net::Address::V4(net::MaskFromLength(prefix.length())));
}

void SetIdent(const net::Prefix& prefix, uint8_t protocol, const ipsec::PortRange& ports,
              api::Ident* out) {
  const bool any = prefix.base().is_none();
  out->set_address(any ? "0.0.0.0" : net::ToString(prefix.base()));
  out->set_mask(any ? "0.0.0.0" : MaskText(prefix));
  out->set_protocol(protocol);
  out->set_port(ports.low == ports.high ? ports.low : 0);
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
std::string TransformText(const ipsec::SaParams& sa) {
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

void SetSa(const ShowSources& s, const SaManager::Pair& pair, size_t layer, bool inbound,
           api::SaEntry* out) {
  const ipsec::SaParams& params = (inbound ? pair.entry.inbound : pair.entry.outbound)[layer];
  const SaManager::Layer& sa = pair.layers[layer];
  const uint64_t id = inbound ? sa.inbound_id : sa.outbound_id;
  const Broker::Placement* placed = s.broker->Find(id);
  out->set_id(id);
  out->set_spi(params.spi.value);
  out->set_transform(TransformText(params));
  out->add_setting(params.mode == ipsec::Mode::kTunnel ? "Tunnel" : "Transport");
  if (params.esn) out->add_setting("ESN");
  out->set_conn_id(static_cast<uint32_t>(id));
  out->set_flow_id(pair.entry.id);
  out->set_iv_size(static_cast<uint32_t>(ipsec::LayoutOf(params.suite).iv_bytes));
  out->set_replay_window(params.replay_window);
  out->set_esn(params.esn);
  out->set_crypto_map(pair.entry.map);
  out->set_status("DOWN");
  if (placed == nullptr) return;
  const bool up = placed->state == Broker::State::kUp;
  if (placed->engine != nullptr) out->set_engine(std::string(placed->engine->name()));
  out->set_engine_reason(placed->reason);
  if (up) out->set_status("ACTIVE");
  out->set_packets(placed->stats.packets);
  out->set_bytes(placed->stats.bytes);
  out->set_sequence_number(placed->stats.sequence);
  if (!inbound) out->set_sequence_limit(sa.outbound_end);
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

void SetCompression(const ShowSources& s, const SaManager::Layer& layer, api::IpsecFlow* out) {
  if (const Broker::Placement* placed = s.broker->Find(layer.outbound_id)) {
    const ipsec::IpCompStats& stats = placed->stats.ipcomp;
    out->set_pkts_compressed(stats.compressed);
    out->set_pkts_not_compressed(stats.not_compressed);
    out->set_pkts_compress_failed(stats.compress_failed);
  }
  if (const Broker::Placement* placed = s.broker->Find(layer.inbound_id)) {
    const ipsec::IpCompStats& stats = placed->stats.ipcomp;
    out->set_pkts_decompressed(stats.decompressed);
    out->set_pkts_not_decompressed(stats.not_decompressed);
    out->set_pkts_decompress_failed(stats.decompress_failed);
  }
}

void SetFlow(const ShowSources& s, const SaManager::Pair& pair, const InterfaceConfig& interface,
             api::IpsecFlow* out) {
  const ipsec::Selectors& selectors = pair.entry.selectors;
  out->set_sequence(pair.entry.sequence);
  SetIdent(selectors.local, selectors.protocol, selectors.local_ports, out->mutable_local_ident());
  SetIdent(selectors.remote, selectors.protocol, selectors.remote_ports,
           out->mutable_remote_ident());
  if (!pair.entry.peer.is_none()) out->set_current_peer(net::ToString(pair.entry.peer));
  out->set_peer_port(net::kIkePort);
  out->set_action("PERMIT");
  out->add_flag("origin_is_acl");
  if (s.sets->Has(pair.set)) SetCounters(s.sets->at(pair.set).counters, out);
  if (!pair.entry.local.is_none()) out->set_local_crypto_endpoint(net::ToString(pair.entry.local));
  if (!pair.entry.peer.is_none()) out->set_remote_crypto_endpoint(net::ToString(pair.entry.peer));
  out->set_plaintext_mtu(static_cast<uint32_t>(s.path->PlaintextMtu(pair.set, interface.mtu, 0)));
  out->set_path_mtu(interface.mtu);
  out->set_ip_mtu(interface.mtu);
  out->set_ip_mtu_interface(interface.name);
  out->set_media_mtu(interface.mtu);
  out->set_keying("manual");
  out->set_down_reason(s.sas->DownReason(pair));
  if (!pair.entry.problem.empty()) return;
  for (size_t i = 0; i < pair.layers.size(); ++i) {
    switch (pair.entry.outbound[i].protocol) {
      case ipsec::Protocol::kEsp:
        SetSa(s, pair, i, true, out->add_inbound_esp());
        SetSa(s, pair, i, false, out->add_outbound_esp());
        break;
      case ipsec::Protocol::kAh:
        SetSa(s, pair, i, true, out->add_inbound_ah());
        SetSa(s, pair, i, false, out->add_outbound_ah());
        break;
      case ipsec::Protocol::kIpComp:
        SetSa(s, pair, i, true, out->add_inbound_pcp());
        SetSa(s, pair, i, false, out->add_outbound_pcp());
        SetCompression(s, pair.layers[i], out);
        break;
    }
  }
  // The innermost with an SPI: what a transform set of ESP and AH is named by.
  for (const ipsec::SaParams& sa : pair.entry.outbound) {
    if (sa.protocol == ipsec::Protocol::kIpComp) continue;
    out->set_current_outbound_spi(sa.spi.value);
    break;
  }
}

bool Wanted(const std::string& filter, const std::string& value) {
  return filter.empty() || filter == value;
}

// Counts what a piece costs. At least one row is looked at in each, so an answer always ends.
class Budget {
 public:
  // `clock` null: counts alone.
  Budget(const Clock* clock, uint32_t limit)
      : clock_(clock),
        rows_(limit == 0 ? kMostRows : std::min(limit, kMostRows)),
        deadline_ns_(clock == nullptr ? 0 : clock->MonotonicNs() + kPieceNs) {}

  void Look() { ++looked_; }
  void Row() { ++shown_; }
  bool spent() const {
    if (looked_ == 0) return false;
    if (shown_ >= rows_ || looked_ >= kMostLookedAt) return true;
    return clock_ != nullptr && clock_->MonotonicNs() > deadline_ns_;
  }

 private:
  const Clock* clock_;
  uint32_t rows_;
  uint64_t deadline_ns_;
  uint32_t looked_ = 0, shown_ = 0;
};

// A crypto map on an interface.
struct Carried {
  const InterfaceConfig& interface;
  const config::Interface& configured;
  bool v6;

  const ipsec::Policy* policy() const { return interface.PolicyFor(v6); }
  const std::string& map() const { return v6 ? configured.ipv6.crypto_map : configured.crypto_map; }
  std::string local_address() const {
    if (!v6) return net::ToString(net::Address::V4(interface.address));
    const auto own = config::FirstIpv6(configured);
    return own ? net::ToString(*own) : "";
  }
};

bool FlowWanted(const SaManager::Pair& pair, const api::ShowRequest& request) {
  const CompiledEntry& entry = pair.entry;
  if (!Wanted(request.peer(), net::ToString(entry.peer))) return false;
  if (!Wanted(request.local(), net::ToString(entry.local))) return false;
  if (request.peer_port() != 0 && request.peer_port() != net::kIkePort) return false;
  if (request.local_port() != 0 && request.local_port() != net::kIkePort) return false;
  return !request.ipv6() || (!entry.peer.is_none() && !entry.peer.is_v4());
}

// The interface where the answer goes on, by name, or by place when it is gone.
size_t FirstInterface(const ShowSources& s, const api::ShowRequest& request) {
  const auto& interfaces = s.snapshot->interfaces;
  for (size_t i = 0; i < interfaces.size(); ++i) {
    if (request.has_cursor() && interfaces[i].name == request.cursor().interface()) return i;
  }
  return request.has_cursor() ? request.cursor().interface_index() : 0;
}

// Inside and front VRF are one.
bool CarriedWanted(const Carried& carried, const api::ShowRequest& request) {
  if (carried.policy() == nullptr || (request.ipv6() && !carried.v6)) return false;
  return Wanted(request.interface(), carried.interface.name) &&
         Wanted(request.map(), carried.map()) && Wanted(request.vrf(), carried.configured.vrf) &&
         Wanted(request.front_vrf(), carried.configured.vrf);
}

// Calls on_flow(pair, carried) for the flows of one map from `first` on, as long as the budget
// lasts; where the next piece begins, or nothing.
template <typename OnFlow>
std::optional<api::ShowCursor> WalkEntries(const ShowSources& s, const api::ShowRequest& request,
                                           const Carried& carried, size_t first, Budget& budget,
                                           OnFlow on_flow) {
  const auto& entries = carried.policy()->entries();
  for (size_t i = first; i < entries.size(); ++i) {
    if (budget.spent()) {
      api::ShowCursor next;
      next.set_interface(carried.interface.name);
      next.set_ipv6(carried.v6);
      next.set_sequence(i == 0 ? 0 : entries[i - 1].sequence);
      return next;
    }
    budget.Look();
    const auto pair = s.sas->pairs().find(entries[i].id);
    if (pair == s.sas->pairs().end() || !FlowWanted(pair->second, request)) continue;
    budget.Row();
    on_flow(pair->second, carried);
  }
  return std::nullopt;
}

// Calls on_interface(carried, resumed) and on_flow(pair, carried) for the SA sets of one piece, in
// their order; where the next piece begins, or nothing after the last one.
template <typename OnInterface, typename OnFlow>
std::optional<api::ShowCursor> WalkFlows(const ShowSources& s, const api::ShowRequest& request,
                                         Budget budget, OnInterface on_interface, OnFlow on_flow) {
  const api::ShowCursor& from = request.cursor();
  for (size_t i = FirstInterface(s, request); i < s.snapshot->interfaces.size(); ++i) {
    const InterfaceConfig& interface = s.snapshot->interfaces[i];
    const config::Interface* configured = s.running->FindInterface(interface.name);
    if (configured == nullptr) continue;
    const bool here = request.has_cursor() && from.interface() == interface.name;
    for (const bool v6 : {false, true}) {
      const Carried carried{interface, *configured, v6};
      if (!CarriedWanted(carried, request) || (here && from.ipv6() && !v6)) continue;
      const bool resumed = here && from.ipv6() == v6;
      const auto& entries = carried.policy()->entries();
      const auto after = [](uint32_t sequence, const auto& e) { return sequence < e.sequence; };
      const auto first =
          resumed ? std::upper_bound(entries.begin(), entries.end(), from.sequence(), after)
                  : entries.begin();
      on_interface(carried, resumed);
      auto next = WalkEntries(s, request, carried, static_cast<size_t>(first - entries.begin()),
                              budget, on_flow);
      if (!next) continue;
      next->set_interface_index(static_cast<uint32_t>(i));
      return next;
    }
  }
  return std::nullopt;
}

void ShowIpsecSa(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply) {
  api::IpsecSa& show = *reply.mutable_ipsec_sa();
  api::IpsecInterface head;
  bool added = false;
  const auto next = WalkFlows(
      s, request, Budget(s.clock, request.limit()),
      [&](const Carried& carried, bool resumed) {
        head.set_name(carried.interface.name);
        head.set_crypto_map_tag(carried.map());
        head.set_local_address(carried.local_address());
        head.set_front_vrf(carried.configured.vrf);
        // An interface without SA sets stands there too, unless only some of them are asked for.
        added = !resumed && request.peer().empty() && request.local().empty() &&
                request.vrf().empty() && request.front_vrf().empty() && !request.ipv6();
        if (added) *show.add_interface() = head;
      },
      [&](const SaManager::Pair& pair, const Carried& carried) {
        if (!std::exchange(added, true)) *show.add_interface() = head;
        api::IpsecFlow* flow = show.mutable_interface(show.interface_size() - 1)->add_flow();
        flow->set_protected_vrf(carried.configured.vrf);
        SetFlow(s, pair, carried.interface, flow);
      });
  if (next) *reply.mutable_next() = *next;
}

constexpr std::array<std::pair<uint32_t, const char*>, 3> kAlgorithmNames = {{
    {map::kCapAlgorithmsAesGcm128, "aes_gcm_128"},
    {map::kCapAlgorithmsAesGcm192, "aes_gcm_192"},
    {map::kCapAlgorithmsAesGcm256, "aes_gcm_256"},
}};
constexpr std::array<std::pair<uint32_t, const char*>, 2> kModeNames = {{
    {map::kCapModesEspTunnelV4, "esp_tunnel_v4"},
    {map::kCapModesRawAead, "raw_aead"},
}};
constexpr std::array<std::pair<uint32_t, const char*>, 7> kOptionNames = {{
    {map::kCapOptionsEsn, "esn"},
    {map::kCapOptionsReplay, "replay"},
    {map::kCapOptionsByteLifetime, "byte_lifetime"},
    {map::kCapOptionsPacketLifetime, "packet_lifetime"},
    {map::kCapOptionsSelectors, "selectors"},
    {map::kCapOptionsScatterGather, "scatter_gather"},
    {map::kCapOptionsZeroise, "zeroise"},
}};

template <size_t N>
void AddNames(uint32_t bits, const std::array<std::pair<uint32_t, const char*>, N>& names,
              api::Engine* out) {
  for (const auto& [bit, name] : names) {
    if ((bits & bit) != 0) out->add_capability(name);
  }
}

void SetEngineCounters(const EngineCounters& c, api::Engine* out) {
  out->set_packets_out(c.packets_out.value());
  out->set_packets_in(c.packets_in.value());
  out->set_bytes_out(c.bytes_out.value());
  out->set_bytes_in(c.bytes_in.value());
  AddReasons(c.drops, out->mutable_drop());
}

void SetCard(const ShowSources& s, api::Engine* out) {
  out->set_name("card");
  out->set_type("Hardware");
  if (s.card == nullptr) {
    out->set_state("absent");
    out->set_state_reason(s.broker->card_problem());
    return;
  }
  const driver::Capabilities& card = s.card->device().capabilities();
  const driver::Identity& identity = s.card->device().identity();
  const bool failed = s.card->state() == ipsec::EngineState::kFailed;
  out->set_state(failed ? "failed" : "up");
  out->set_state_reason(s.card->failure());
  out->set_product("OpenVAM card, " + std::string(s.card->device().card().name()) + ", DataWidth " +
                   std::to_string(card.data_width));
  out->set_version("map " + std::to_string(identity.map_major) + "." +
                   std::to_string(identity.map_minor) + ", build " +
                   std::to_string(identity.build_id));
  AddNames(card.algorithms, kAlgorithmNames, out);
  AddNames(card.modes, kModeNames, out);
  AddNames(card.options, kOptionNames, out);
  out->set_sa_maximum(card.max_sas);
  SetEngineCounters(s.path->engine_counters(true), out);
  if (failed) return;
  out->set_sa_in_use(s.card->sas_in_use());
  const driver::Counters counters = s.card->device().ReadCounters();
  out->set_busy_cycles(counters.busy_cycles);
  const uint64_t packets = counters.out_packets + counters.in_packets;
  if (packets == 0 || counters.busy_cycles == 0) return;
  const auto cycles = static_cast<double>(counters.busy_cycles);
  out->set_cycles_per_packet(cycles / static_cast<double>(packets));
  out->set_bits_per_cycle(static_cast<double>((counters.out_bytes + counters.in_bytes) * 8) /
                          cycles);
}

void SetWorkers(const offload::SpreadEngine& engine, api::Engine* out) {
  for (size_t i = 0; i < engine.parts(); ++i) {
    const offload::SpreadEngine::PartInfo part = engine.part(i);
    api::EngineWorker* row = out->add_worker();
    row->set_number(static_cast<uint32_t>(i + 1));
    row->set_state(part.stuck ? "stuck" : "up");
    row->set_sa_in_use(part.sas);
    row->set_packets(part.packets);
    row->set_refused(part.refused);
  }
}

void SetEngines(const ShowSources& s, api::CryptoEngine* out) {
  SetCard(s, out->add_engine());
  api::Engine* software = out->add_engine();
  software->set_name("software");
  software->set_type("Software");
  software->set_state("up");
  software->set_product("OpenVAM software engine");
  for (const char* name : {"aes_gcm_128", "aes_gcm_192", "aes_gcm_256", "esp_tunnel_v4", "esn",
                           "replay", "byte_lifetime", "packet_lifetime", "selectors"}) {
    software->add_capability(name);
  }
  software->set_max_packet_bytes(s.broker->software().capabilities().max_packet_bytes);
  software->set_sa_maximum(s.broker->software().capabilities().max_sas);
  SetEngineCounters(s.path->engine_counters(false), software);
  uint32_t in_software = 0;
  for (const auto& [id, placed] : s.broker->placements()) {
    if (placed.engine == &s.broker->software()) ++in_software;
  }
  software->set_sa_in_use(in_software);
  if (s.workers != nullptr) SetWorkers(*s.workers, software);
}

void SetPlacement(const ShowSources& s, const SaManager::Pair& pair, size_t layer, bool inbound,
                  api::CryptoEngine* out) {
  const SaManager::Layer& sa = pair.layers[layer];
  const uint64_t sa_id = inbound ? sa.inbound_id : sa.outbound_id;
  const Broker::Placement* placed = s.broker->Find(sa_id);
  if (placed == nullptr) return;
  api::SaPlacement* row = out->add_placement();
  row->set_id(sa_id);
  row->set_spi((inbound ? pair.entry.inbound : pair.entry.outbound)[layer].spi.value);
  row->set_direction(inbound ? "inbound" : "outbound");
  row->set_crypto_map(pair.entry.map);
  row->set_sequence(pair.entry.sequence);
  if (placed->engine != nullptr) row->set_engine(std::string(placed->engine->name()));
  row->set_reason(placed->reason);
}

// The engines, then where each SA runs.
void ShowCryptoEngine(const ShowSources& s, const api::ShowRequest& request,
                      api::ShowReply& reply) {
  api::CryptoEngine* out = reply.mutable_crypto_engine();
  if (!request.has_cursor()) SetEngines(s, out);
  Budget budget(s.clock, request.limit());
  const auto& pairs = s.sas->pairs();
  auto pair = request.has_cursor() ? pairs.upper_bound(static_cast<uint32_t>(request.cursor().id()))
                                   : pairs.begin();
  for (; pair != pairs.end(); ++pair) {
    if (budget.spent()) {
      reply.mutable_next()->set_id(std::prev(pair)->first);
      return;
    }
    budget.Look();
    budget.Row();
    for (size_t i = 0; i < pair->second.layers.size(); ++i) {
      for (const bool inbound : {true, false}) SetPlacement(s, pair->second, i, inbound, out);
    }
  }
}

// Of this process: the others say it themselves.
void ShowProcess(api::Processes* out) {
  api::Process& process = *out->add_process();
  process.set_role("fwd");
  process.set_state("up");
  process.set_cpu_milliseconds(ProcessCpuNs() / kNsPerMs);
  process.set_allocated_bytes(mallinfo2().uordblks);
}

void ShowInterfaces(const ShowSources& s, const api::ShowRequest& request, api::Interfaces* out) {
  for (size_t i = 0; i < s.snapshot->interfaces.size(); ++i) {
    const InterfaceConfig& interface = s.snapshot->interfaces[i];
    if (!Wanted(request.interface(), interface.name)) continue;
    const InterfaceCounters& counters = s.forwarder->interface_counters(i);
    const config::Interface* configured = s.running->FindInterface(interface.name);
    api::InterfaceState* row = out->add_interface();
    row->set_name(interface.name);
    if (configured != nullptr) {
      row->set_description(configured->description);
      row->set_crypto_map(configured->crypto_map);
    }
    row->set_admin_up(!interface.shutdown);
    row->set_line_up(!interface.shutdown);
    row->set_device(s.devices[i]);
    row->set_mac(net::ToDottedString(s.macs[i]));
    if (interface.address != 0) {
      row->set_address(net::ToString(net::Address::V4(interface.address)) + "/" +
                       std::to_string(interface.prefix_length));
    }
    row->set_mtu(interface.mtu);
    row->set_packets_input(counters.rx_packets.value());
    row->set_bytes_input(counters.rx_bytes.value());
    row->set_packets_output(counters.tx_packets.value());
    row->set_bytes_output(counters.tx_bytes.value());
    row->set_input_errors(counters.rx_drops.value());
    row->set_output_errors(counters.tx_drops.value());
    AddReasons(counters.drops, row->mutable_drop());
  }
}

std::string InterfaceName(const ShowSources& s, uint16_t interface) {
  return interface == kNullInterface ? "Null0" : s.snapshot->interfaces[interface].name;
}

void ShowIpRoute(const ShowSources& s, api::IpRoute* out) {
  for (const Route& route : s.snapshot->routes(kGlobalVrf).All()) {
    if (route.prefix.family() != net::Family::kV4) continue;
    api::RouteEntry* row = out->add_route();
    row->set_code(route.connected ? "C" : "S");
    row->set_prefix(net::ToString(route.prefix));
    if (!route.next_hop.is_none()) row->set_next_hop(net::ToString(route.next_hop));
    row->set_interface(InterfaceName(s, route.interface));
    row->set_distance(route.connected ? 0 : route.distance);
    row->set_active(true);
    if (route.prefix.length() == 0 && !route.next_hop.is_none()) {
      out->set_gateway_of_last_resort(row->next_hop());
    }
  }
}

void ShowArp(const ShowSources& s, api::Arp* out) {
  for (const ArpTable::Listed& entry : s.forwarder->ArpEntries()) {
    api::ArpState* row = out->add_entry();
    row->set_address(net::ToString(net::Address::V4(entry.key.address)));
    row->set_mac(net::ToDottedString(entry.mac));
    row->set_interface(s.snapshot->interfaces[entry.key.interface].name);
    row->set_age_minutes(
        entry.is_static ? -1 : static_cast<int64_t>(entry.age_ns / (60 * kNsPerSecond)));
  }
}

void ShowReasons(const ShowSources& s, api::Reasons* out) {
  const ForwardCounters& counters = s.forwarder->counters();
  out->set_offered(counters.received.value() + counters.originated.value());
  out->set_in_flight(s.forwarder->InFlight());
  AddReasons(counters.reasons, out->mutable_reason());
}

}  // namespace

std::vector<uint64_t> SasOf(const ShowSources& sources, const api::ShowRequest& request) {
  std::vector<uint64_t> ids;
  if (request.kind() != api::SHOW_IPSEC_SA) return ids;
  WalkFlows(
      sources, request, Budget(nullptr, request.limit()), [](const Carried&, bool) {},
      [&](const SaManager::Pair& pair, const Carried&) {
        for (const SaManager::Layer& layer : pair.layers) {
          for (const uint64_t id : {layer.inbound_id, layer.outbound_id}) {
            if (id != 0) ids.push_back(id);
          }
        }
      });
  return ids;
}

api::ShowReply Show(const ShowSources& sources, const api::ShowRequest& request) {
  api::ShowReply reply;
  switch (request.kind()) {
    case api::SHOW_IPSEC_SA:
      ShowIpsecSa(sources, request, reply);
      break;
    case api::SHOW_CRYPTO_ENGINE:
      ShowCryptoEngine(sources, request, reply);
      break;
    case api::SHOW_INTERFACES:
      ShowInterfaces(sources, request, reply.mutable_interfaces());
      break;
    case api::SHOW_IP_ROUTE:
      ShowIpRoute(sources, reply.mutable_ip_route());
      break;
    case api::SHOW_REASONS:
      ShowReasons(sources, reply.mutable_reasons());
      break;
    case api::SHOW_ARP:
      ShowArp(sources, reply.mutable_arp());
      break;
    case api::SHOW_PROCESSES:
      ShowProcess(reply.mutable_processes());
      break;
    default:
      reply.set_error("The forwarder does not answer this command.");
  }
  return reply;
}

}  // namespace vam::fwd
