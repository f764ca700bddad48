// The way from the forwarder to the engines and back. The forwarder knows policy entries; behind
// this seam are SAs and where they run.
#ifndef VAM_SW_FWD_CRYPTO_PATH_H_
#define VAM_SW_FWD_CRYPTO_PATH_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sw/base/gen/vam_reason.h"

struct rte_mbuf;

namespace vam::fwd {

// Belongs to the worker.
class CryptoPath {
 public:
  virtual ~CryptoPath() = default;

  // Protects an inner IP packet as Meta(packet).policy_entry says. kOk: the packet now belongs to
  // the path and comes back through Poll. Anything else (kPolicyNoSa, kEngineFull, kEngineFailed,
  // ...): it stays the caller's.
  virtual Reason Encapsulate(rte_mbuf* packet) = 0;

  // Takes an outer IP packet for this gateway. As above; kNoSa when no SA has its SPI.
  virtual Reason Decapsulate(rte_mbuf* packet) = 0;

  // Starts what was given since the last call: one doorbell for a burst.
  virtual void Flush() = 0;

  struct Done {
    rte_mbuf* packet;  // kOk: the result, IP header first, with Meta().policy_entry; else the
                       // packet as it was given
    Reason reason;
    bool encapsulated;  // which of the two ways it went
  };
  // Fills the front of `done`; returns how many. Packets of one SA come in the order they were
  // given.
  virtual size_t Poll(std::span<Done> done) = 0;

  // Bytes of the outer IP packet for an inner one of `inner_bytes`; 0 when the entry has no SA.
  virtual size_t EncapsulatedBytes(uint32_t policy_entry, size_t inner_bytes) const = 0;

  // The largest inner packet whose outer one has at most `path_mtu` bytes; 0 without an SA.
  virtual size_t PlaintextMtu(uint32_t policy_entry, size_t path_mtu) const = 0;

  // Packets given and not yet polled.
  virtual size_t InFlight() const = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CRYPTO_PATH_H_
