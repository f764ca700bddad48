// The version of vamd.
#ifndef VAM_SW_MGMT_VERSION_H_
#define VAM_SW_MGMT_VERSION_H_

#include <string_view>

namespace vam::mgmt {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_VERSION_H_
