// The way from the forwarder to the engines and back. The forwarder knows policy lines and, as
// numbers, the SA sets that serve them; behind this seam are SAs and where they run.
#ifndef VAM_SW_FWD_CRYPTO_PATH_H_
#define VAM_SW_FWD_CRYPTO_PATH_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sw/base/gen/vam_reason.h"
#include "sw/ipsec/policy.h"

struct rte_mbuf;

namespace vam::fwd {

// Belongs to the worker.
class CryptoPath {
 public:
  virtual ~CryptoPath() = default;

  // The SA set for a packet that `match` protects on its way out by Meta(packet).out_interface;
  // kNoSet (sa_sets.h) when there is none yet. Notes set, entry and line in Meta(packet).
  virtual uint32_t Select(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                          const ipsec::Flow& flow) = 0;

  // Protects an inner IP packet by the SAs of Meta(packet).sa_set, one after the other. kOk: the
  // packet now belongs to the path and comes back through Poll. Anything else (kPolicyNoSa,
  // kEngineFull, kEngineFailed, ...): it stays the caller's.
  virtual Reason Encapsulate(rte_mbuf* packet) = 0;

  // For a packet whose set has no SA (EncapsulatedBytes is 0). kOk: it is held, IKE is asked, and
  // it comes back through Poll. Else it stays the caller's: kPolicyNoSa when this entry asks
  // nobody.
  virtual Reason Hold(rte_mbuf* packet, const ipsec::PolicyMatch& match,
                      const ipsec::Flow& flow) = 0;

  // The policy entry of the SA that an outer IP packet names, ESP or AH, for this gateway;
  // kNoEntry: no SA has its SPI.
  virtual uint32_t ArrivalEntry(const rte_mbuf* packet) const = 0;

  // Takes an outer IP packet, ESP or AH, for this gateway. As Encapsulate; kNoSa when no SA has its
  // SPI.
  virtual Reason Decapsulate(rte_mbuf* packet) = 0;

  // Starts what was given since the last call: one doorbell for a burst.
  virtual void Flush() = 0;

  struct Done {
    rte_mbuf* packet;  // kOk: the result, IP header first, with entry, line and set in its Meta;
                       // else what is left of it
    Reason reason;
    bool encapsulated;   // which of the two ways it went
    bool again = false;  // kOk: was held and is untouched, to be routed anew
  };
  // Fills the front of `done`; returns how many. Packets of one SA come in the order they were
  // given.
  virtual size_t Poll(std::span<Done> done) = 0;

  // Bytes of the outermost IP packet for an inner one of `inner_bytes`, of which the first
  // `header_bytes` are IP headers (0: one without options); 0 when the set has no SA.
  virtual size_t EncapsulatedBytes(uint32_t set, size_t inner_bytes,
                                   size_t header_bytes = 0) const = 0;

  // The largest inner packet whose outermost one has at most `path_mtu` bytes; 0 without an SA.
  virtual size_t PlaintextMtu(uint32_t set, size_t path_mtu, size_t header_bytes = 0) const = 0;

  // Whether the set's SAs are for packets with certain ports, so that a later fragment, which hides
  // them, does not pass the peer's selector check (RFC 4301, 7).
  virtual bool LooksAtPorts(uint32_t set) const = 0;

  // Packets given and not yet polled; those that are held are among them.
  virtual size_t InFlight() const = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CRYPTO_PATH_H_
