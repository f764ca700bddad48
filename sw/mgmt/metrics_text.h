// The metrics as text for Prometheus, format 0.0.4. One table says what there is; the page
// docs/reference/metrics.md is printed from it.
#ifndef VAM_SW_MGMT_METRICS_TEXT_H_
#define VAM_SW_MGMT_METRICS_TEXT_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sw/api/control.pb.h"
#include "sw/api/show.pb.h"

namespace vam::mgmt {

// What the roles have said, for one text.
struct Gathered {
  std::string version;           // of vamd
  uint64_t started_wall_ns = 0;  // mgmt, since 1970-01-01 UTC
  api::RoleStates roles;
  std::map<std::string, bool> answered;  // by role: all that it was asked
  std::optional<api::Reasons> reasons;
  std::optional<api::Interfaces> interfaces;
  std::optional<api::CryptoEngine> engines;
  // {engine, direction, state, reason}: bounded by kMostPlacements.
  using PlacementKey = std::array<std::string, 4>;
  std::optional<std::map<PlacementKey, uint64_t>> placements;
  std::optional<api::Ikev2Stats> ikev2;

  // Takes the rows of one piece. A further reason, when there are too many, counts as "other".
  void AddPlacements(const api::SaPlacementCounts& piece);
};
inline constexpr size_t kMostPlacements = 128;

// What a role did not say is left out. Every metric stands once, with its HELP and TYPE, if it has
// any sample.
std::string MetricsText(const Gathered& gathered);

// docs/reference/metrics.md.
std::string MetricsReference();

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_METRICS_TEXT_H_
