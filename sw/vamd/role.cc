#include "sw/vamd/role.h"

#include <array>

namespace vam::vamd {
namespace {

constexpr std::array<std::string_view, kRoles> kNames{"fwd", "mgmt", "ikev2", "ikev1", "signer"};

}  // namespace

std::string_view RoleName(Role role) { return kNames[static_cast<size_t>(role)]; }

std::optional<Role> FindRole(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

}  // namespace vam::vamd
