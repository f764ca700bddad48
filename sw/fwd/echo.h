// Echo requests of the gateway itself, and what tells how each ended.
#ifndef VAM_SW_FWD_ECHO_H_
#define VAM_SW_FWD_ECHO_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/fwd/packet.h"
#include "sw/fwd/reassembly.h"
#include "sw/fwd/snapshot.h"
#include "sw/net/address.h"
#include "sw/net/icmp.h"

namespace vam::fwd {

// Bytes of an echo request's IP packet, as IOS limits them.
inline constexpr size_t kMinEchoBytes = 36;
inline constexpr size_t kMinEchoBytesV6 = net::kIpv6HeaderBytes + net::kIcmpHeaderBytes;
inline constexpr size_t kMaxEchoBytes = Reassembler::kMaxIcmpBytes;

// Identifier (never 0) and sequence number of a request, as they stand in its header.
struct EchoName {
  uint16_t identifier = 0;
  uint16_t sequence = 0;

  uint32_t rest() const { return static_cast<uint32_t>(identifier) << 16 | sequence; }
  static EchoName OfRest(uint32_t rest) {
    return {static_cast<uint16_t>(rest >> 16), static_cast<uint16_t>(rest)};
  }
  bool operator==(const EchoName&) const = default;
};

struct OwnEcho {
  uint16_t vrf = kGlobalVrf;
  net::Address source, destination;   // of one family
  uint16_t interface = kNoInterface;  // on whose link a link-local destination is
  EchoName name;
  size_t bytes = 100;          // of the IP packet, up to kMaxEchoBytes
  bool dont_fragment = false;  // IPv4
  uint16_t pattern = 0xabcd;   // fills the data, over and over
};

// The data of a request that has `bytes` of them.
void FillEchoData(uint16_t pattern, MutableBytes data);
bool IsEchoData(uint16_t pattern, Bytes data);

// What an ICMP error says of a request.
enum class EchoTrouble : uint8_t { kUnreachable, kCouldNotFragment, kTtlExceeded, kOther };

// A request as its reply or an error about it names it.
struct EchoAnswer {
  uint16_t vrf = kGlobalVrf;
  net::Address source, destination;  // of the request
  EchoName name;
};

// The request that an ICMP error quotes; nothing when it quotes something else, or a later
// fragment. `vrf` of the result is not set.
std::optional<EchoAnswer> ReadEchoQuote(Bytes quote);

// Who wants to know. Called on the worker's thread from within the forwarder's turn, and must send
// nothing before it returns.
class EchoListener {
 public:
  virtual ~EchoListener() = default;
  virtual void OnEchoReply(const EchoAnswer& answer, Bytes data) = 0;
  virtual void OnEchoError(const EchoAnswer& answer, EchoTrouble trouble) = 0;
  // The request, or a part of it, ended in this gateway.
  virtual void OnEchoDropped(EchoName name, Reason reason) = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ECHO_H_
