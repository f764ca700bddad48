#include "sw/fwd/show.h"

#include <array>
#include <utility>

#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using offload::Broker;

void AddReasons(const std::array<Counter, 256>& counters,
                google::protobuf::RepeatedPtrField<api::ReasonCount>* out) {
  for (const ReasonInfo& info : kReasons) {
    const uint64_t packets = counters[static_cast<size_t>(info.reason)].value();
    if (packets == 0) continue;
    api::ReasonCount* row = out->Add();
    row->set_reason(std::string(info.name));
    row->set_packets(packets);
  }
}

std::string MaskText(uint8_t length) {
  return net::ToString(net::Address::V4(net::MaskFromLength(length)));
}

void SetIdent(const net::Prefix& prefix, uint8_t protocol, const ipsec::PortRange& ports,
              api::Ident* out) {
  const bool any = prefix.base().is_none();
  out->set_address(any ? "0.0.0.0" : net::ToString(prefix.base()));
  out->set_mask(any ? "0.0.0.0" : MaskText(prefix.length()));
  out->set_protocol(protocol);
  out->set_port(ports.low == ports.high ? ports.low : 0);
}

void SetSa(const ShowSources& s, const SaManager::Pair& pair, bool inbound, api::SaEntry* out) {
  const ipsec::SaParams& params = inbound ? pair.entry.inbound : pair.entry.outbound;
  const uint64_t id = inbound ? pair.inbound_id : pair.outbound_id;
  const Broker::Placement* placed = s.broker->Find(id);
  const size_t key_bits = ipsec::KeyBytes(params.suite) * 8;
  out->set_id(id);
  out->set_spi(params.spi.value);
  out->set_transform("esp-gcm " + std::to_string(key_bits));
  out->add_setting("Tunnel");
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
  if (!inbound) out->set_sequence_limit(pair.outbound_end);
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
  if (const FlowCounters* c = s.path->flow_counters(pair.entry.id)) {
    out->set_pkts_encaps(c->encaps.value());
    out->set_pkts_encrypt(c->encrypted.value());
    out->set_pkts_digest(c->encrypted.value());
    out->set_pkts_decaps(c->decaps.value());
    out->set_pkts_decrypt(c->decrypted.value());
    out->set_pkts_verify(c->decrypted.value());
    out->set_send_errors(c->send_errors.value());
    out->set_recv_errors(c->recv_errors.value());
    AddReasons(c->drops, out->mutable_drop());
  }
  if (!pair.entry.local.is_none()) out->set_local_crypto_endpoint(net::ToString(pair.entry.local));
  if (!pair.entry.peer.is_none()) out->set_remote_crypto_endpoint(net::ToString(pair.entry.peer));
  out->set_plaintext_mtu(static_cast<uint32_t>(s.path->PlaintextMtu(pair.entry.id, interface.mtu)));
  out->set_path_mtu(interface.mtu);
  out->set_ip_mtu(interface.mtu);
  out->set_ip_mtu_interface(interface.name);
  out->set_down_reason(s.sas->DownReason(pair));
  if (!pair.entry.problem.empty()) return;
  out->set_current_outbound_spi(pair.entry.outbound.spi.value);
  SetSa(s, pair, true, out->add_inbound_esp());
  SetSa(s, pair, false, out->add_outbound_esp());
}

bool Wanted(const std::string& filter, const std::string& value) {
  return filter.empty() || filter == value;
}

void ShowIpsecSa(const ShowSources& s, const api::ShowRequest& request, api::IpsecSa* out) {
  for (const InterfaceConfig& interface : s.snapshot->interfaces) {
    if (interface.policy == nullptr || !Wanted(request.interface(), interface.name)) continue;
    const config::Interface* configured = s.running->FindInterface(interface.name);
    if (configured == nullptr || !Wanted(request.map(), configured->crypto_map)) continue;
    api::IpsecInterface* block = out->add_interface();
    block->set_name(interface.name);
    block->set_crypto_map_tag(configured->crypto_map);
    block->set_local_address(net::ToString(net::Address::V4(interface.address)));
    for (const ipsec::Policy::Entry& entry : interface.policy->entries()) {
      const auto pair = s.sas->pairs().find(entry.id);
      if (pair == s.sas->pairs().end()) continue;
      if (!Wanted(request.peer(), net::ToString(pair->second.entry.peer))) continue;
      SetFlow(s, pair->second, interface, block->add_flow());
    }
  }
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

void ShowCryptoEngine(const ShowSources& s, api::CryptoEngine* out) {
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
  software->set_sa_maximum(s.broker->software().capabilities().max_sas);
  SetEngineCounters(s.path->engine_counters(false), software);
  uint32_t in_software = 0;
  for (const auto& [id, pair] : s.sas->pairs()) {
    for (const bool inbound : {true, false}) {
      const uint64_t sa_id = inbound ? pair.inbound_id : pair.outbound_id;
      const Broker::Placement* placed = s.broker->Find(sa_id);
      if (placed == nullptr) continue;
      api::SaPlacement* row = out->add_placement();
      row->set_id(sa_id);
      row->set_spi((inbound ? pair.entry.inbound : pair.entry.outbound).spi.value);
      row->set_direction(inbound ? "inbound" : "outbound");
      row->set_crypto_map(pair.entry.map);
      row->set_sequence(pair.entry.sequence);
      if (placed->engine != nullptr) row->set_engine(std::string(placed->engine->name()));
      row->set_reason(placed->reason);
      if (placed->engine == &s.broker->software()) ++in_software;
    }
  }
  software->set_sa_in_use(in_software);
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

void ShowIpRoute(const ShowSources& s, api::IpRoute* out) {
  for (const Route& route : s.snapshot->routes.All()) {
    api::RouteEntry* row = out->add_route();
    row->set_code(route.connected ? "C" : "S");
    row->set_prefix(net::ToString(route.prefix));
    if (route.next_hop != 0) row->set_next_hop(net::ToString(net::Address::V4(route.next_hop)));
    row->set_interface(s.snapshot->interfaces[route.interface].name);
    row->set_distance(route.connected ? 0 : 1);
    row->set_active(true);
    if (route.prefix.length() == 0 && route.next_hop != 0) {
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

api::ShowReply Show(const ShowSources& sources, const api::ShowRequest& request) {
  api::ShowReply reply;
  switch (request.kind()) {
    case api::SHOW_IPSEC_SA:
      ShowIpsecSa(sources, request, reply.mutable_ipsec_sa());
      break;
    case api::SHOW_CRYPTO_ENGINE:
      ShowCryptoEngine(sources, reply.mutable_crypto_engine());
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
    default:
      reply.set_error("The forwarder does not answer this command.");
  }
  return reply;
}

}  // namespace vam::fwd
