// What processes ESP, AH and IPComp packets: the software engine here, the card in sw/offload.
#ifndef VAM_SW_IPSEC_ENGINE_H_
#define VAM_SW_IPSEC_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sw/base/gen/vam_reason.h"
#include "sw/base/result.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

inline constexpr size_t kMaxIpBytes = 65535;  // of one packet

enum class Op : uint8_t { kEspOut, kEspIn, kAhOut, kAhIn, kIpCompOut, kIpCompIn };

// One packet. Both buffers stay the caller's and must live until its Done.
// They are disjoint, or, with ESP or IPComp in tunnel mode, the payload stays where it is: going
// out dst begins outer header, ESP header and IV before src (36 bytes with IPv4 and AES-GCM;
// IPComp: the outer header alone), coming in dst begins where the ciphertext does (IPComp:
// anywhere). After any reason but kOk the contents of dst mean nothing (and an overlapping src is
// spoilt); it never holds plaintext of a packet that failed its ICV.
struct Job {
  Op op = Op::kEspOut;
  // Out; coming in ESP and AH find their SA by {VRF, destination, protocol, SPI}: then it is
  // None(), or the SA that the caller found by them, which spares an engine of several parts the
  // search. IPComp in: the SA of the bundle that brought the packet. It alone is found for a CPI
  // below 256, and for a packet that was not compressed and so has no IPComp header. None(): it is
  // looked for.
  SaRef sa;
  uint16_t vrf_tag = 0;  // in: front VRF
  std::span<const uint8_t>
      src;                 // out: inner IP packet; in: outer IP packet. Link padding may follow.
  std::span<uint8_t> dst;  // room for the result
  uint64_t cookie = 0;     // comes back in Done
};

struct Done {
  uint64_t cookie = 0;
  Reason reason = Reason::kOk;  // kOk, or why the packet was dropped
  SaRef sa;                     // None() when no SA was found
  uint32_t out_bytes = 0;       // 0 unless kOk
};

enum class ControlOp : uint8_t { kAdd, kModify, kDelete, kQuery };

struct ControlDone {
  uint64_t token = 0;  // from Begin*
  ControlOp op = ControlOp::kAdd;
  Status status;
  SaRef sa;       // kAdd: the new handle; otherwise the one asked for
  SaStats stats;  // kQuery, and kDelete: the last values
};

// Numbers are those of the card's map; a bit of SaStats::pending_events each.
enum class EventType : uint8_t {
  kSoftBytes = 1,
  kSoftPackets = 2,
  kHardBytes = 3,
  kHardPackets = 4,
  kSeqWatermark = 5,
  kSeqOverflow = 6,
  kFault = 7,
};

struct SaEvent {
  EventType type = EventType::kFault;
  SaRef sa;
  uint64_t sa_id = 0;
  uint64_t value = 0;  // bytes, packets or sequence number when it happened
};

// What an engine can take. Reasons for refusal are the texts of CheckCapabilities.
struct Capabilities {
  uint32_t max_sas = 0;
  uint32_t max_packet_bytes = 0;  // longest src
  uint32_t max_replay_window = 0;
  EncryptionSet encryption{};
  IntegritySet integrity{};
  CompressionSet compression{};
  bool ah = false;
  bool esn = false;
  bool lifetimes = false;
  bool transport = false;
  bool outer_ipv6 = false;
  bool inner_ipv6 = false;
  bool nat_t = false;
};

// Ok, or kUnsupported with the name of the first missing capability.
Status CheckCapabilities(const Capabilities& capabilities, const SaSettings& sa);

// kReady: works. kFailed: takes no packets, has no SAs any more; every outbound SA must be re-keyed
// (design.md, law 6).
enum class EngineState : uint8_t { kReady, kFailed };

// One thread at a time. Packets of one SA complete in submission order, but for those that end as
// kEngineFull: they were never processed and may come earlier. No call blocks, and none on the
// packet path allocates, but for the first packet of an SA that carried none for a while.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  virtual Capabilities capabilities() const = 0;
  virtual EngineState state() const = 0;

  // Takes jobs from the front and returns how many; the rest is untouched and may be offered again
  // after Poll. An accepted job ends in exactly one Done.
  virtual size_t Submit(std::span<const Job> jobs) = 0;
  // Fills `done` from the front and returns how many.
  virtual size_t Poll(std::span<Done> done) = 0;

  // Each returns a token whose ControlDone comes by PollControl. kUnavailable: not now, for too
  // many are under way or the engine has failed. Every other error, here or in the ControlDone, is
  // final. Add: copies the key. kExists when the inbound key is taken, kExhausted when the table is
  // full. Every job submitted after its ControlDone sees the SA.
  virtual Result<uint64_t> BeginAdd(const SaParams& params) = 0;
  // Takes lifetimes, watermark, selectors and outer header fields (df, dscp, ttl, remote) from
  // `params`; kInvalidArgument when anything else differs. Counters and sequence number stay.
  virtual Result<uint64_t> BeginModify(SaRef sa, const SaParams& params) = 0;
  // Jobs submitted later end as kSaStale; earlier ones end first. The key is wiped before the
  // ControlDone.
  virtual Result<uint64_t> BeginDelete(SaRef sa) = 0;
  virtual Result<uint64_t> BeginQuery(SaRef sa) = 0;
  virtual size_t PollControl(std::span<ControlDone> done) = 0;

  // Fills `events` and returns how many. An event may come again until AckEvent; none is lost.
  virtual size_t PollEvents(std::span<SaEvent> events) = 0;
  virtual void AckEvent(SaRef sa, EventType type) = 0;

  // Housekeeping that no packet waits for, a bounded piece a call. Call every turn with the
  // monotonic time. True: there is more to do now.
  virtual bool Tend(uint64_t /*now_ns*/) { return false; }
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ENGINE_H_
