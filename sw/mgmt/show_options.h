// How a show command wants its answer printed. The answer itself is the same message.
#ifndef VAM_SW_MGMT_SHOW_OPTIONS_H_
#define VAM_SW_MGMT_SHOW_OPTIONS_H_

#include <cstdint>

namespace vam::mgmt {

enum class ShowView : uint8_t {
  kDefault,
  // show crypto ipsec sa, show crypto isakmp sa
  kAddress,   // by front VRF and peer: the SAs alone
  kIdentity,  // the flows without their SAs
  kEntry,     // by peer (as the ASA prints it)
  kCount,
  // show crypto session
  kSummary,
  kSession,  // show crypto ikev2 session
  kBrief,    // also of show crypto engine, show ip interface
  // show crypto engine
  kConfiguration,
  kConnections,
  kDroppedPackets,
  kDiffieHellman,
  kQos,
  kAccelerator,
  kAbstraction,  // show crypto eli
  // show processes
  kCpu,
  kMemory,
  kPem,  // show crypto pki certificates
};

struct ShowOptions {
  ShowView view = ShowView::kDefault;
  bool detail = false;
  int version = 1;          // of IKE
  uint32_t slot = 0;        // of an engine
  bool conditions = false;  // show crypto debug-condition, of which:
  bool peer = false;        // these alone; none of them: all
  bool connid = false;
  bool flowid = false;
  bool spi = false;
  bool front_vrf = false;
  bool inside_vrf = false;
  bool unmatched = false;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_OPTIONS_H_
