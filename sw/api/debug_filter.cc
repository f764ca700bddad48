#include "sw/api/debug_filter.h"

#include <algorithm>
#include <optional>

#include "sw/net/address.h"

namespace vam::api {
namespace {

using Areas = google::protobuf::RepeatedField<int>;

bool Has(const Areas& areas, DebugArea area) {
  return std::find(areas.begin(), areas.end(), area) != areas.end();
}

// nullopt: the record has nothing of this kind.
std::optional<bool> Same(const std::string& wanted, const std::string& got) {
  if (got.empty()) return std::nullopt;
  return wanted == got;
}

std::optional<bool> Either(uint32_t wanted, const std::array<uint32_t, 2>& got) {
  if (got[0] == 0 && got[1] == 0) return std::nullopt;
  return wanted == got[0] || wanted == got[1];
}

std::optional<bool> Within(const DebugCondition& condition, const std::string& peer) {
  if (peer.empty()) return std::nullopt;
  const auto address = net::Address::Parse(peer);
  const auto base = net::Address::Parse(condition.text());
  const auto mask = net::Address::Parse(condition.mask());
  if (!address || !base || !mask) return false;
  if (!address->is_v4() || !base->is_v4() || !mask->is_v4()) return false;
  return ((address->v4() ^ base->v4()) & mask->v4()) == 0;
}

std::optional<bool> Holds(const DebugCondition& condition, const DebugContext& context) {
  // Engine 0 of a condition is any; a record that does not know its engine is not held against it.
  const bool engine = condition.engine_id() == 0 || context.engine_id == 0 ||
                      condition.engine_id() == context.engine_id;
  switch (condition.kind()) {
    case DebugCondition::CONNID:
      return engine ? Either(condition.number(), context.connids) : false;
    case DebugCondition::FLOWID:
      return engine ? Either(condition.number(), context.flowids) : false;
    case DebugCondition::FRONT_VRF:
      return Same(condition.text(), context.front_vrf);
    case DebugCondition::INSIDE_VRF:
      return Same(condition.text(), context.inside_vrf);
    case DebugCondition::PEER_GROUP:
      return Same(condition.text(), context.group);
    case DebugCondition::PEER_HOSTNAME:
      return Same(condition.text(), context.hostname);
    case DebugCondition::PEER_IPV4:
      return Same(condition.text(), context.peer);
    case DebugCondition::PEER_SUBNET:
      return Within(condition, context.peer);
    case DebugCondition::PEER_USERNAME:
      return Same(condition.text(), context.username);
    case DebugCondition::SPI:
      return Either(condition.number(), context.spis);
    default:
      return false;
  }
}

}  // namespace

void DebugFilter::Set(const DebugState& state) {
  state_ = state;
  uint32_t areas = 0;
  for (const Areas* list : {&state_.area(), &state_.error_area()}) {
    for (const int area : *list) {
      if (area > DEBUG_NONE && area < 32) areas |= 1U << static_cast<unsigned>(area);
    }
  }
  areas_.store(areas, std::memory_order_relaxed);
}

bool DebugFilter::Admits(DebugArea area, bool error, const DebugContext& context) const {
  if (!Has(state_.area(), area) && !(error && Has(state_.error_area(), area))) return false;
  const bool unmatched = Has(state_.unmatched(), area);
  if (state_.condition().empty()) return true;
  bool checked = false;
  for (const DebugCondition& condition : state_.condition()) {
    const std::optional<bool> holds = Holds(condition, context);
    if (holds.value_or(false)) return true;
    checked = checked || holds.has_value();
  }
  return !checked && unmatched;
}

}  // namespace vam::api
