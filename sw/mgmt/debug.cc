#include "sw/mgmt/debug.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sw/mgmt/render.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {
namespace {

using Areas = google::protobuf::RepeatedField<int>;

struct AreaName {
  api::DebugArea area;
  const char* word;
  const char* text;  // as IOS says it
};
constexpr std::array<AreaName, 7> kAreas{{
    {api::DEBUG_ISAKMP, "isakmp", "Crypto ISAKMP"},
    {api::DEBUG_IPSEC, "ipsec", "Crypto IPSEC"},
    {api::DEBUG_ENGINE, "engine", "Crypto Engine"},
    {api::DEBUG_IKEV2, "ikev2", "IKEv2"},
    {api::DEBUG_IKEV2_PACKET, "ikev2 packet", "IKEv2 packet"},
    {api::DEBUG_IKEV2_INTERNAL, "ikev2 internal", "IKEv2 internal"},
    {api::DEBUG_MIB, "mib", "Crypto IPsec Mgmt Entity"},
}};
// What the unmatched flags are about, each with the word that sets it; that of IKE is for both of
// its versions.
constexpr std::array<std::pair<api::DebugArea, api::DebugArea>, 6> kConditional{{
    {api::DEBUG_ISAKMP, api::DEBUG_ISAKMP},
    {api::DEBUG_ISAKMP, api::DEBUG_IKEV2},
    {api::DEBUG_ISAKMP, api::DEBUG_IKEV2_PACKET},
    {api::DEBUG_ISAKMP, api::DEBUG_IKEV2_INTERNAL},
    {api::DEBUG_IPSEC, api::DEBUG_IPSEC},
    {api::DEBUG_ENGINE, api::DEBUG_ENGINE},
}};

constexpr const char* kKeyArea = "ikev2 keys";

const AreaName& NameOf(int area) {
  const auto found = std::find_if(kAreas.begin(), kAreas.end(),
                                  [area](const AreaName& name) { return name.area == area; });
  return found == kAreas.end() ? kAreas[0] : *found;
}

bool Has(const Areas& areas, int area) {
  return std::find(areas.begin(), areas.end(), area) != areas.end();
}

void Put(Areas& areas, int area, bool on) {
  areas.erase(std::remove(areas.begin(), areas.end(), area), areas.end());
  if (on) areas.Add(area);
}

bool Same(const api::DebugCondition& a, const api::DebugCondition& b) {
  return a.kind() == b.kind() && a.text() == b.text() && a.mask() == b.mask() &&
         a.number() == b.number() && a.engine_id() == b.engine_id();
}

std::string OnOff(bool on) { return on ? "ON" : "OFF"; }

}  // namespace

std::string DebugControl::SetArea(const DebugCommand& command) {
  Put(command.error ? *state_.mutable_error_area() : *state_.mutable_area(), command.area,
      !command.off);
  return fmt::format("{}{} debugging is {}\n", NameOf(command.area).text,
                     command.error ? " Error" : "", command.off ? "off" : "on");
}

std::string DebugControl::SetCondition(const DebugCommand& command) {
  auto& conditions = *state_.mutable_condition();
  const auto found =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const api::DebugCondition& c) { return Same(c, command.condition); });
  if (command.off) {
    if (found == conditions.end()) return "% There is no such condition.\n";
    conditions.erase(found);
  } else if (found == conditions.end()) {
    if (conditions.size() >= kMostConditions) {
      return fmt::format("% There are {} conditions, which is the most.\n", kMostConditions);
    }
    *conditions.Add() = command.condition;
  }
  return "";
}

std::string DebugControl::SetUnmatched(const DebugCommand& command) {
  for (const auto& [flag, area] : kConditional) {
    if (command.area != api::DEBUG_NONE && command.area != flag) continue;
    Put(*state_.mutable_unmatched(), area, !command.off);
  }
  return "";
}

std::string DebugControl::Apply(const DebugCommand& command) {
  switch (command.kind) {
    case DebugCommand::Kind::kArea:
      return SetArea(command);
    case DebugCommand::Kind::kCondition:
      return SetCondition(command);
    case DebugCommand::Kind::kUnmatched:
      return SetUnmatched(command);
    case DebugCommand::Kind::kReset:
      state_.clear_condition();
      state_.clear_unmatched();
      return "";
    case DebugCommand::Kind::kKeys:
      SetKeys(!command.off);
      return fmt::format("IKEv2 key logging is {}\n", command.off ? "off" : "on");
    case DebugCommand::Kind::kAll:
      // Keys are logged only by their own word.
      if (command.off) SetKeys(false);
      // Conditions stay, as in IOS: they act again with the next debug command (SY-180).
      for (const AreaName& name : kAreas) {
        Put(*state_.mutable_area(), name.area, !command.off);
        Put(*state_.mutable_error_area(), name.area, false);
      }
      return command.off ? "All possible debugging has been turned off\n"
                         : "All possible debugging has been turned on\n";
  }
  return "";
}

std::string DebugControl::Record(const std::string& role, const api::DebugRecord& record) {
  ++records_;
  dropped_ += record.dropped();
  std::string line =
      fmt::format("debug {}: {}: {}", NameOf(record.area()).word, role, record.text());
  if (record.dropped() != 0) line += fmt::format(" ({} not shown before it)", record.dropped());
  last_.push_back(line);
  if (last_.size() > kMostRecords) last_.pop_front();
  return line;
}

api::Debugging DebugControl::Show() const {
  api::Debugging show;
  for (const AreaName& name : kAreas) {
    if (Has(state_.area(), name.area)) show.add_area(name.word);
    if (Has(state_.error_area(), name.area)) show.add_error_area(name.word);
  }
  if (state_.ikev2_keys()) show.add_area(kKeyArea);
  show.set_conditional(!state_.condition().empty() || !state_.unmatched().empty());
  show.set_unmatched_isakmp(Has(state_.unmatched(), api::DEBUG_ISAKMP));
  show.set_unmatched_ipsec(Has(state_.unmatched(), api::DEBUG_IPSEC));
  show.set_unmatched_engine(Has(state_.unmatched(), api::DEBUG_ENGINE));
  for (const api::DebugCondition& c : state_.condition()) {
    const std::string id = fmt::format("{}:{}", c.number(), c.engine_id());
    switch (c.kind()) {
      case api::DebugCondition::CONNID:
        show.add_connid(id);
        break;
      case api::DebugCondition::FLOWID:
        show.add_flowid(id);
        break;
      case api::DebugCondition::FRONT_VRF:
        show.add_front_vrf(c.text());
        break;
      case api::DebugCondition::INSIDE_VRF:
        show.add_inside_vrf(c.text());
        break;
      case api::DebugCondition::PEER_GROUP:
        show.add_peer_group(c.text());
        break;
      case api::DebugCondition::PEER_HOSTNAME:
        show.add_peer_hostname(c.text());
        break;
      case api::DebugCondition::PEER_IPV4:
        show.add_peer_ipv4(c.text());
        break;
      case api::DebugCondition::PEER_SUBNET:
        show.add_peer_subnet(c.text() + "/" + c.mask());
        break;
      case api::DebugCondition::PEER_USERNAME:
        show.add_peer_username(c.text());
        break;
      case api::DebugCondition::SPI:
        show.add_spi(std::to_string(c.number()));
        break;
      default:
        break;
    }
  }
  for (const std::string& line : last_) show.add_last(line);
  show.set_records(records_);
  show.set_dropped(dropped_);
  return show;
}

std::string RenderDebugging(const api::Debugging& show) {
  std::string text;
  for (const AreaName& name : kAreas) {
    for (const auto* list : {&show.area(), &show.error_area()}) {
      if (std::find(list->begin(), list->end(), name.word) == list->end()) continue;
      text += fmt::format("  {}{} debugging is on\n", name.text,
                          list == &show.error_area() ? " Error" : "");
    }
  }
  if (std::find(show.area().begin(), show.area().end(), kKeyArea) != show.area().end()) {
    text += "  IKEv2 key logging is on\n";
  }
  if (!text.empty()) text = "Cryptographic Subsystem:\n" + text;
  if (show.conditional()) text += "Crypto conditional debug is on (show crypto debug-condition)\n";
  if (show.records() != 0) {
    text +=
        fmt::format("{} records, {} more not sent by their role\n", show.records(), show.dropped());
  }
  for (const std::string& line : show.last()) text += line + "\n";
  return text;
}

std::string RenderDebugCondition(const api::Debugging& show, const ShowOptions& o) {
  const bool all =
      !(o.peer || o.connid || o.flowid || o.spi || o.front_vrf || o.inside_vrf || o.unmatched);
  std::string text =
      fmt::format("Crypto conditional debug currently is turned {}\n", OnOff(show.conditional()));
  if (all || o.unmatched) {
    text += fmt::format(
        "IKE debug context unmatched flag:{}\nIPsec debug context unmatched flag:{}\n"
        "Crypto Engine debug context unmatched flag:{}\n",
        OnOff(show.unmatched_isakmp()), OnOff(show.unmatched_ipsec()),
        OnOff(show.unmatched_engine()));
  }
  const auto words = [&](bool wanted, std::string_view title,
                         const google::protobuf::RepeatedPtrField<std::string>& list) {
    if (!wanted || list.empty()) return;
    text += fmt::format("{}:\n", title);
    for (int i = 0; i < list.size(); ++i) text += (i == 0 ? "" : " ") + list[i];
    text += "\n";
  };
  const auto ids = [&](bool wanted, std::string_view title,
                       const google::protobuf::RepeatedPtrField<std::string>& list) {
    if (!wanted || list.empty()) return;
    text += title;
    for (const std::string& id : list) text += id + ",";
    text += "\n";
  };
  words(all || o.peer, "IKE peer IP address filters", show.peer_ipv4());
  words(all || o.peer, "IKE peer subnet filters", show.peer_subnet());
  words(all || o.peer, "IKE peer group filters", show.peer_group());
  words(all || o.peer, "IKE peer hostname filters", show.peer_hostname());
  words(all || o.peer, "IKE peer username filters", show.peer_username());
  words(all || o.front_vrf, "FVRF filters", show.front_vrf());
  words(all || o.inside_vrf, "IVRF filters", show.inside_vrf());
  ids(all || o.connid, "Connection-id filters:[connid:engine_id]", show.connid());
  ids(all || o.flowid, "Flow-id filters:[flowid:engine_id]", show.flowid());
  ids(all || o.spi, "SPI filters:", show.spi());
  return text;
}

}  // namespace vam::mgmt
