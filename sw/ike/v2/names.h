// The names that numbers stand for with fwd, for what operators read.
#ifndef VAM_SW_IKE_V2_NAMES_H_
#define VAM_SW_IKE_V2_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vam::ike::v2 {

struct Names {
  std::vector<std::string> vrfs;        // by number; the global one is 0 and has none
  std::vector<std::string> interfaces;  // by number

  std::string Vrf(uint16_t number) const {
    return number < vrfs.size() ? vrfs[number] : std::string();
  }
  std::string Interface(uint32_t number) const {
    return number < interfaces.size() ? interfaces[number] : std::string();
  }
  // Nothing: there is no VRF of that name.
  std::optional<uint16_t> FindVrf(std::string_view name) const {
    for (size_t i = 1; i < vrfs.size(); ++i) {
      if (vrfs[i] == name) return static_cast<uint16_t>(i);
    }
    return std::nullopt;
  }
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_NAMES_H_
