// Where frames come from and go to. Frames are DPDK buffers, whole Ethernet frames without FCS, one
// segment.
#ifndef VAM_SW_FWD_PORT_H_
#define VAM_SW_FWD_PORT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sw/base/result.h"
#include "sw/net/mac.h"

struct rte_mbuf;

namespace vam::fwd {

// Belongs to one thread.
class Port {
 public:
  virtual ~Port() = default;

  virtual const std::string& name() const = 0;
  virtual net::MacAddress mac() const = 0;

  // Fills the front of `frames`; returns how many. The caller owns them.
  virtual size_t Receive(std::span<rte_mbuf*> frames) = 0;

  // Takes frames from the front; returns how many it took. The caller still owns the rest.
  virtual size_t Transmit(std::span<rte_mbuf* const> frames) = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PORT_H_
