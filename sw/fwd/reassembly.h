// Fragments for the gateway itself, until their packets are whole: outer ESP and AH packets, ICMP,
// UDP (RFC 791, RFC 8200 4.5, RFC 5722). Transit fragments are not reassembled.
#ifndef VAM_SW_FWD_REASSEMBLY_H_
#define VAM_SW_FWD_REASSEMBLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/fwd/icmp_errors.h"
#include "sw/net/address.h"

struct rte_mbuf;
struct rte_mempool;

namespace vam::fwd {

// The place of a fragment in its packet. Requires of its maker: lengths that were checked.
struct FragmentInfo {
  net::Address source, destination;
  uint32_t identification = 0;
  uint8_t protocol = 0;  // IPv4 only: part of the packet's name there (RFC 791, 3.2)
  uint16_t vrf = 0;
  uint32_t origin = 0;  // fragments of different tunnels, or of a tunnel and clear ones, never mix
  uint32_t offset = 0;  // of the payload, in bytes
  uint32_t bytes = 0;   // of payload
  bool more = false;
  // The only fragment of its packet (RFC 6946): it joins no others.
  bool atomic() const { return offset == 0 && !more; }
  uint16_t payload_at =
      0;  // in this fragment: behind all headers, IPv6: behind the fragment header
  uint16_t header_bytes = 0;  // that the whole packet keeps if this is its first fragment
  uint16_t named_at = 0;      // IPv6: the byte that named the fragment header
  uint8_t next_header = 0;    // IPv6: what it becomes
};

// kOk, or kFragmentMalformed (RFC 1858, RFC 7112, RFC 8200 4.5) and what the sender may be told.
struct FragmentVerdict {
  Reason reason = Reason::kOk;
  FragmentInfo info;
  std::optional<IcmpErrorKind> error;
};
// Requires: an IPv4 or IPv6 packet whose header was parsed and that is a fragment or has a fragment
// header.
FragmentVerdict InspectFragment(Bytes packet);

// Belongs to the worker. Allocates nothing after construction but the buffers of whole packets.
//
// Bounded in packets, fragments, bytes and time, and per source. Who is over his own bound loses
// his oldest packet; when all is full the oldest of anyone gives way: fragments of one packet come
// close together, so a flood from many sources costs others little.
class Reassembler {
 public:
  struct Limits {
    size_t packets = 256;
    size_t packets_per_source = 16;
    size_t fragments = 1024;  // each holds a buffer
    size_t bytes = 4'000'000;
    uint64_t v4_ns = 30 * kNsPerSecond;  // as IOS and Linux have it
    uint64_t v6_ns = 60 * kNsPerSecond;  // RFC 8200, 4.5
  };
  static constexpr size_t kMaxFragments = 64;      // of one packet
  static constexpr size_t kMaxWholeBytes = 9'600;  // a jumbo packet and its encapsulation
  // ICMP, where there are buffers for it: the longest echo request of `ping`.
  static constexpr size_t kMaxIcmpBytes = 18'024;

  Reassembler(const Clock& clock, rte_mempool* pool, const Limits& limits);
  Reassembler(const Clock& clock, rte_mempool* pool) : Reassembler(clock, pool, Limits()) {}
  ~Reassembler();
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  // Where ICMP messages above kMaxWholeBytes go, in buffers of kMaxIcmpBytes at least; without it
  // they end as fragment_malformed.
  void set_large_pool(rte_mempool* pool) { large_pool_ = pool; }

  struct Ended {
    rte_mbuf* fragment;
    Reason reason;
    bool report;  // the first fragment of a packet that timed out: the sender may be told
  };
  // Takes a fragment. Returns the whole packet (a new buffer with the Meta of the first fragment)
  // when this was the last that was missing, else nullptr. What ended by it is in ended(): the
  // caller owns those.
  rte_mbuf* Add(const FragmentInfo& info, rte_mbuf* fragment);
  // Gives up packets whose time is over.
  void Tick();
  // Since the last Add or Tick.
  std::span<const Ended> ended() const { return ended_; }

  // UINT64_MAX: nothing waits.
  uint64_t NextTickNs() const { return next_ns_; }
  size_t held() const { return held_; }  // fragments

 private:
  struct Piece {
    rte_mbuf* fragment;
    uint32_t offset, bytes;
  };
  struct Packet {
    bool used = false;
    bool poisoned = false;  // its fragments overlapped: later ones end the same way
    FragmentInfo name;      // of whichever fragment came first
    uint64_t expires_ns = 0;
    uint32_t payload_bytes = 0;  // received
    uint32_t total_bytes = 0;    // of payload; 0: the last fragment has not come
    size_t count = 0;
    std::array<Piece, kMaxFragments> pieces;  // by offset
  };

  Packet* Find(const FragmentInfo& info);
  Packet& Open(const FragmentInfo& info);
  void MakeRoom(const FragmentInfo& info);
  void End(Packet& packet, Reason reason);
  void Poison(Packet& packet, rte_mbuf* fragment);
  enum class Fit : uint8_t { kFits, kDuplicate, kOverlaps };
  static Fit FitOf(const Packet& packet, const FragmentInfo& info);
  rte_mbuf* Join(Packet& packet);
  void UpdateNext();

  const Clock& clock_;
  rte_mempool* pool_;
  rte_mempool* large_pool_ = nullptr;
  Limits limits_;
  std::vector<Packet> packets_;
  std::vector<Ended> ended_;
  size_t used_ = 0;
  size_t held_ = 0;
  size_t held_bytes_ = 0;
  uint64_t next_ns_ = UINT64_MAX;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_REASSEMBLY_H_
