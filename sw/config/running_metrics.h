// The configuration of the metrics endpoint, as plain data. Part of sw/config/running.h.
#ifndef VAM_SW_CONFIG_RUNNING_METRICS_H_
#define VAM_SW_CONFIG_RUNNING_METRICS_H_

#include <cstdint>

#include "sw/net/address.h"

namespace vam::config {

inline constexpr uint16_t kMetricsPort = 9464;
// `metrics listen`: an address of the host, not of the gateway's ports.
struct MetricsListen {
  net::Address address = net::Address::V4(0x7f000001);
  uint16_t port = kMetricsPort;
  bool operator==(const MetricsListen&) const = default;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_METRICS_H_
