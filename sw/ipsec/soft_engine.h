// The software engine: ESP, AH and IPComp on the calling thread, over OpenSSL and zlib.
#ifndef VAM_SW_IPSEC_SOFT_ENGINE_H_
#define VAM_SW_IPSEC_SOFT_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sw/base/clock.h"
#include "sw/ipsec/engine.h"
#include "sw/ipsec/esp_codec.h"
#include "sw/ipsec/fixed_queue.h"
#include "sw/ipsec/ipcomp.h"
#include "sw/ipsec/sad.h"

namespace vam::ipsec {

// A job is processed inside Submit; its Done waits in a bounded queue, and Submit takes no more
// jobs than fit there. One thread at a time. After construction only control calls allocate, and
// the first packet of an SA: what its algorithms need is made then, and given back when the SA has
// been idle for kIdleNs to twice that (Tend), and earlier when it has carried hardly anything and
// kMaxYoung other such SAs came after it: thousands of tunnels come up with a packet or two each. A
// packet for which there is no memory then ends as kEngineFault.
class SoftEngine final : public Engine {
 public:
  static constexpr uint64_t kIdleNs = 30 * kNsPerSecond;
  // SAs with fewer than kYoungPackets since they were idle that stay prepared at a time.
  static constexpr uint32_t kMaxYoung = 512;
  static constexpr uint64_t kYoungPackets = 64;
  struct Config {
    uint32_t max_sas = 16384;  // below 2^20
    uint32_t queue_jobs = 1024;
    uint32_t queue_controls = 1024;
  };

  explicit SoftEngine(const Config& config);

  std::string_view name() const override { return "software"; }
  Capabilities capabilities() const override;
  EngineState state() const override { return EngineState::kReady; }

  size_t Submit(std::span<const Job> jobs) override;
  size_t Poll(std::span<Done> done) override;

  Result<uint64_t> BeginAdd(const SaParams& params) override;
  Result<uint64_t> BeginModify(SaRef ref, const SaParams& params) override;
  Result<uint64_t> BeginDelete(SaRef ref) override;
  Result<uint64_t> BeginQuery(SaRef ref) override;
  size_t PollControl(std::span<ControlDone> done) override;

  size_t PollEvents(std::span<SaEvent> events) override;
  void AckEvent(SaRef ref, EventType type) override;

  bool Tend(uint64_t now_ns) override;

 private:
  Done Process(const Job& job);
  Done ProcessOut(const Job& job, Protocol protocol);
  Done ProcessIn(const Job& job, Protocol protocol);
  // What the packet to be made looks like.
  struct Plan {
    size_t header_bytes = 0;  // before ESP, AH or IPComp
    size_t prefix_bytes = 0;  // ESP header and IV, or AH
    Bytes payload;
    uint8_t next_header = 0;
    size_t text_bytes = 0;     // payload with its trailer, if it gets one
    size_t total_bytes = 0;    // IPComp: when not compressed
    size_t counted_bytes = 0;  // as in Lifetimes
  };
  static Plan MakePlan(const SoftSa& sa, const IpPacket& inner);
  // True when transport mode can take the packet: whole, its headers understood.
  Reason CheckTransport(const SoftSa& sa, const IpPacket& inner);
  // Writes the packet of the plan and returns its length; 0 when the engine cannot.
  size_t Build(SoftSa& sa, const IpPacket& inner, const Plan& plan, uint64_t sequence,
               MutableBytes out);
  size_t BuildIpComp(SoftSa& sa, const IpPacket& inner, const Plan& plan, uint64_t sequence,
                     MutableBytes out);

  // kOk when the lengths of an inbound packet can be right.
  static Reason CheckShape(const SoftSa* sa, Protocol protocol, Bytes payload);
  // What follows the lookup of an inbound packet.
  Reason Decapsulate(const Job& job, SaRef ref, SoftSa& sa, const IpPacket& outer, Done& done);
  // A verified packet without ESP or AH: where it is, and what the next header field said.
  struct Opened {
    Reason reason = Reason::kIcvFailed;
    Bytes content;
    uint8_t next_header = 0;
    size_t counted_bytes = 0;
  };
  Opened OpenEsp(const Job& job, SoftSa& sa, const IpPacket& outer, uint64_t sequence);
  Opened OpenAh(SoftSa& sa, const IpPacket& outer, uint64_t sequence);
  Opened OpenIpComp(SoftSa& sa, const IpPacket& outer);
  Done ProcessIpCompIn(const Job& job);
  // The SA of an inbound packet, or why there is none.
  Sad::Found FindIpComp(const Job& job, const IpPacket& outer, SaRef& ref);
  Reason Decompress(const Job& job, SaRef ref, SoftSa& sa, const IpPacket& outer, Done& done);
  Reason FinishTunnel(const Job& job, const SoftSa& sa, const IpPacket& outer, const Opened& opened,
                      Done& done);
  Reason FinishTransport(const Job& job, const SoftSa& sa, const IpPacket& outer,
                         const Opened& opened, Done& done);

  // kOk when `text_bytes` more bytes stay within the hard lifetimes; else the reason, and its
  // event.
  Reason CheckHardLifetimes(SaRef ref, SoftSa& sa, size_t text_bytes);
  // Counts one packet; fires soft events.
  void Account(SaRef ref, SoftSa& sa, size_t text_bytes);
  // Before the algorithms of `sa` are needed. False: a packet ends as kEngineFault.
  bool Use(SaRef ref, SoftSa& sa) {
    if (sa.ready()) [[likely]] {
      sa.used = true;
      return true;
    }
    return PrepareYoung(ref, sa);
  }
  [[gnu::cold]] bool PrepareYoung(SaRef ref, SoftSa& sa);
  // The first time for this SA; afterwards nothing.
  void Fire(SaRef ref, SoftSa& sa, EventType type, uint64_t value);
  Status Modify(SaRef ref, const SaParams& params);
  void ForgetEvents(SaRef ref);
  // A control operation: `act` does it and fills in how it ended.
  template <typename Act>
  Result<uint64_t> Control(ControlOp op, SaRef ref, Act act);

  Sad sad_;
  FixedQueue<Done> done_;
  FixedQueue<ControlDone> control_done_;
  FixedQueue<SaRef> events_;  // SAs with events to report, each at most once
  FixedQueue<SaRef> young_;   // were prepared, in their order; some are old or gone by now
  // Text that is longer than the caller's buffer; payloads on their way through a codec.
  std::vector<uint8_t> scratch_;
  std::vector<uint8_t> masked_;  // headers as AH's ICV sees them
  std::unique_ptr<IpCompCodecs> codecs_;
  uint64_t next_token_ = 1;
  // The place that Tend looks at next; capacity: it went round.
  uint32_t tended_;
  uint64_t next_round_ns_ = 0;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_SOFT_ENGINE_H_
