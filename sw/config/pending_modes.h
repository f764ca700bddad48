// The modes that only statements of later issues open; they follow the modes of grammar.h.
#ifndef VAM_SW_CONFIG_PENDING_MODES_H_
#define VAM_SW_CONFIG_PENDING_MODES_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace vam::config {

enum class PendingMode : uint8_t {
  kIsakmpPolicy,
  kIsakmpProfile,
  kKeyring,
  kClientGroup,
  kEzvpn,
  kCertificateMap,
  kAaaGroup,
  kClassMap,
  kPolicyMap,
  kPolicyClass,
  kPolice,
  kController,
  kLine,
  kGatekeeper,
  kControlPlane,
  kDialPeer,
  kMgcpProfile,
  kIkev1PolicyAsa,
  kIkev2PolicyAsa,
  kProposalAsa,
  kTunnelIpsec,
  kTunnelGeneral,
  kGroupPolicy,
};

struct PendingModeInfo {
  std::string_view prompt;  // "config-isakmp"
  uint8_t depth = 1;        // blocks that a line of this mode stands in
  PendingMode outer{};      // of depth 2 and more: where `exit` leads
};

// By PendingMode.
inline constexpr std::array<PendingModeInfo, static_cast<size_t>(PendingMode::kGroupPolicy) + 1>
    kPendingModes{{
        {"config-isakmp"},
        {"conf-isa-prof"},
        {"conf-keyring"},
        {"config-isakmp-group"},
        {"config-crypto-ezvpn"},
        {"ca-certificate-map"},
        {"config-sg-radius"},
        {"config-cmap"},
        {"config-pmap"},
        {"config-pmap-c", 2, PendingMode::kPolicyMap},
        {"config-pmap-c-police", 3, PendingMode::kPolicyClass},
        {"config-controller"},
        {"config-line"},
        {"config-gk"},
        {"config-cp"},
        {"config-dp-cor"},
        {"config-mgcp-profile"},
        {"config-ikev1-policy"},
        {"config-ikev2-policy-asa"},
        {"config-ipsec-proposal"},
        {"config-tunnel-ipsec"},
        {"config-tunnel-general"},
        {"config-group-policy"},
    }};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_PENDING_MODES_H_
