// What the forwarder says of its engines, and where each SA runs.
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "sw/fwd/show_parts.h"

namespace vam::fwd {

namespace {

using offload::Broker;

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

// By the words of the map where it has them.
void AddCapabilities(const ipsec::Capabilities& c, api::Engine* out) {
  for (const ipsec::EncryptionInfo& info : ipsec::Encryptions()) {
    if (c.encryption[ipsec::BitOf(info.id)]) out->add_capability(std::string(info.name));
  }
  for (const ipsec::IntegrityInfo& info : ipsec::Integrities()) {
    // GMAC is both.
    const bool listed = info.iv_bytes != 0;
    if (c.integrity[ipsec::BitOf(info.id)] && !listed) {
      out->add_capability(std::string(info.name));
    }
  }
  for (const ipsec::CompressionInfo& info : ipsec::Compressions()) {
    if (c.compression[ipsec::BitOf(info.id)])
      out->add_capability("ipcomp_" + std::string(info.name));
  }
  const std::array<std::pair<bool, const char*>, 11> others{{{true, "esp_tunnel_v4"},
                                                             {c.ah, "ah"},
                                                             {c.transport, "transport"},
                                                             {c.outer_ipv6, "outer_ipv6"},
                                                             {c.inner_ipv6, "inner_ipv6"},
                                                             {c.nat_t, "nat_t"},
                                                             {c.esn, "esn"},
                                                             {c.max_replay_window != 0, "replay"},
                                                             {c.lifetimes, "byte_lifetime"},
                                                             {c.lifetimes, "packet_lifetime"},
                                                             {true, "selectors"}}};
  for (const auto& [has, name] : others) {
    if (has) out->add_capability(name);
  }
}

void SetEngines(const ShowSources& s, api::CryptoEngine* out) {
  SetCard(s, out->add_engine());
  api::Engine* software = out->add_engine();
  software->set_name("software");
  software->set_type("Software");
  software->set_state("up");
  software->set_product("OpenVAM software engine");
  const ipsec::Capabilities& capabilities = s.broker->software().capabilities();
  AddCapabilities(capabilities, software);
  software->set_max_packet_bytes(capabilities.max_packet_bytes);
  software->set_sa_maximum(capabilities.max_sas);
  SetEngineCounters(s.path->engine_counters(false), software);
  uint32_t in_software = 0;
  for (const auto& [id, placed] : s.broker->placements()) {
    if (placed.engine == &s.broker->software()) ++in_software;
  }
  software->set_sa_in_use(in_software);
  if (s.workers != nullptr) SetWorkers(*s.workers, software);
}

// Nothing for an SA that is on its way out.
void SetPlacement(const ShowSources& s, uint64_t sa_id, const Broker::Placement& placed,
                  api::CryptoEngine* out) {
  const ipsec::SaSettings* settings = nullptr;
  const CompiledEntry* entry = nullptr;
  if (const SaManager::Named manual = s.sas->FindSa(sa_id); manual.settings != nullptr) {
    settings = manual.settings;
    entry = manual.entry;
  } else if (const auto sa = s.ike->sas().find(sa_id); sa != s.ike->sas().end()) {
    settings = &s.ike->SettingsOf(sa->second);
    const uint32_t set = s.sets->FindId(sa->second.policy);
    if (s.sets->Has(set)) entry = s.ike->entry(s.sets->at(set).key.entry);
  }
  if (settings == nullptr || entry == nullptr) return;
  api::SaPlacement* row = out->add_placement();
  row->set_id(sa_id);
  row->set_spi(settings->spi.value);
  const bool inbound = settings->direction == ipsec::Direction::kIn;
  row->set_direction(inbound ? "inbound" : "outbound");
  row->set_crypto_map(entry->map);
  row->set_sequence(entry->sequence);
  if (placed.engine != nullptr) row->set_engine(std::string(placed.engine->name()));
  row->set_reason(std::string(placed.reason));
}

std::string_view NameOf(Broker::State state) {
  switch (state) {
    case Broker::State::kInstalling:
      return "installing";
    case Broker::State::kUp:
      return "up";
    case Broker::State::kRemoving:
      return "removing";
    case Broker::State::kDown:
      break;
  }
  return "down";
}

}  // namespace

// The engines, then where each SA runs.
void ShowCryptoEngine(const ShowSources& s, const api::ShowRequest& request,
                      api::ShowReply& reply) {
  api::CryptoEngine* out = reply.mutable_crypto_engine();
  if (!request.has_cursor()) SetEngines(s, out);
  Budget budget(s.clock, request.limit());
  const auto& placements = s.broker->placements();
  auto at =
      request.has_cursor() ? placements.upper_bound(request.cursor().id()) : placements.begin();
  for (; at != placements.end(); ++at) {
    if (budget.spent()) {
      reply.mutable_next()->set_id(std::prev(at)->first);
      return;
    }
    budget.Look();
    budget.Row();
    SetPlacement(s, at->first, at->second, out);
  }
}

// Of the SAs of this piece, how many are where, and why. What came before is not counted again, so
// the sum over the pieces is right for SAs that stay.
void ShowSaPlacements(const ShowSources& s, const api::ShowRequest& request,
                      api::ShowReply& reply) {
  using Key = std::tuple<std::string_view, ipsec::Direction, Broker::State, std::string_view>;
  std::map<Key, uint64_t> counts;
  Budget budget(s.clock, 0);
  const auto& placements = s.broker->placements();
  auto at =
      request.has_cursor() ? placements.upper_bound(request.cursor().id()) : placements.begin();
  for (; at != placements.end() && !budget.spent(); ++at) {
    budget.Look();
    const Broker::Placement& placed = at->second;
    const std::string_view engine = placed.engine == nullptr ? "" : placed.engine->name();
    ++counts[{engine, placed.direction, placed.state, placed.reason}];
  }
  if (at != placements.end()) reply.mutable_next()->set_id(std::prev(at)->first);
  api::SaPlacementCounts& out = *reply.mutable_sa_placement_counts();
  for (const auto& [key, sas] : counts) {
    const auto& [engine, direction, state, reason] = key;
    api::SaPlacementCount& row = *out.add_row();
    row.set_engine(std::string(engine));
    row.set_direction(direction == ipsec::Direction::kIn ? "inbound" : "outbound");
    row.set_state(std::string(NameOf(state)));
    row.set_reason(std::string(reason));
    row.set_sas(sas);
  }
}

}  // namespace vam::fwd
