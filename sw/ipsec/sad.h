// The software engine's table of SAs: places with generations, and the inbound lookup.
#ifndef VAM_SW_IPSEC_SAD_H_
#define VAM_SW_IPSEC_SAD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "sw/base/result.h"
#include "sw/ipsec/ah.h"
#include "sw/ipsec/engine.h"
#include "sw/ipsec/esp_cipher.h"
#include "sw/ipsec/fixed_queue.h"
#include "sw/ipsec/ipcomp.h"
#include "sw/ipsec/replay.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

// One SA. What libcrypto makes of its keys is several times as large as all the rest, so only an SA
// that carries packets has it.
struct SoftSa {
  explicit SoftSa(const SaParams& params);
  SoftSa(const SoftSa&) = delete;
  SoftSa& operator=(const SoftSa&) = delete;

  // What its algorithms need is there.
  bool ready() const { return esp != nullptr || ah != nullptr || ipcomp != nullptr; }
  // Makes `esp` or `ah`. An error: what libcrypto says of the keys, or that there is no memory.
  [[gnu::cold]] Status Prepare();
  // Gives them back until the next packet.
  void Rest();
  // Of ESP, prepared or not.
  EspLayout Layout() const { return esp != nullptr ? esp->layout() : LayoutOf(settings.suite); }

  SaSettings settings;
  std::unique_ptr<EspCipher> esp;  // the one of settings.protocol; null: not prepared
  std::unique_ptr<AhMac> ah;
  std::unique_ptr<IpCompSa> ipcomp;  // always there: it counts
  ReplayWindow replay;
  uint64_t sequence;  // outbound: last number used; IPComp: a count for the outer header
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t errors = 0;
  uint64_t idle_packets = 0;               // `packets` when it was idle last
  uint16_t fired = 0;                      // bit = EventType: happened, does not fire again
  uint16_t reported = 0;                   // fired and handed out by PollEvents
  uint16_t acked = 0;                      // fired and acknowledged
  bool used = false;                       // since the engine looked last
  std::array<uint64_t, 8> event_values{};  // by EventType
  SaKeys keys;                             // last: packets do not look at them

  SaStats Stats() const;
};

// One thread. The number of places is fixed at the start.
class Sad {
 public:
  explicit Sad(uint32_t max_sas);

  // kInvalidArgument and kUnsupported as Validate says, kExists for a taken inbound key, kExhausted
  // when full; others: libcrypto does not take the keys.
  Result<SaRef> Add(const SaParams& params);
  // kNotFound when the handle names no SA.
  Result<SaStats> Remove(SaRef ref);

  // What a handle names: an SA, or why not (kNoSa, kSaStale).
  struct Found {
    SoftSa* sa = nullptr;
    Reason reason = Reason::kNoSa;
  };
  Found Get(SaRef ref);
  // The SA at a place; nullptr: it is free. Requires: index < capacity().
  SoftSa* At(uint32_t index) { return slots_[index].sa.get(); }
  // The inbound SA of {VRF, our address, protocol, SPI} (RFC 4301, 4.1); None() when there is none.
  // IPComp SAs of a CPI below 256 are not found: many may share it (RFC 3173, 3.3).
  SaRef FindInbound(uint16_t vrf_tag, const net::Address& local, Protocol protocol, Spi spi) const;

  uint32_t capacity() const { return static_cast<uint32_t>(slots_.size()); }
  uint32_t size() const { return static_cast<uint32_t>(slots_.size() - free_.size()); }

 private:
  struct Key {
    net::Address local;
    Spi spi;
    uint16_t vrf_tag;
    Protocol protocol;
    bool operator==(const Key&) const = default;
  };
  static Key KeyOf(const SaSettings& sa) { return {sa.local, sa.spi, sa.vrf_tag, sa.protocol}; }
  static bool HasKey(const SaSettings& sa);
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Slot {
    uint32_t generation = 0;
    std::unique_ptr<SoftSa> sa;
  };

  std::vector<Slot> slots_;
  // The place free for longest is used next, so that a generation comes round as late as possible.
  FixedQueue<uint32_t> free_;
  std::unordered_map<Key, SaRef, KeyHash> inbound_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_SAD_H_
