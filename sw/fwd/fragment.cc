#include "sw/fwd/fragment.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "sw/fwd/packet.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::fwd {

namespace {

constexpr size_t kUnitBytes = 8;
constexpr size_t kMaxFragments = 256;
constexpr uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Fills count and part_bytes. `header_bytes`: of the largest fragment's headers.
bool Divide(FragmentPlan& plan, size_t mtu, size_t header_bytes) {
  if (mtu < header_bytes + kUnitBytes) return false;
  const size_t largest = (mtu - header_bytes) / kUnitBytes * kUnitBytes;
  plan.count = (plan.payload_bytes + largest - 1) / largest;
  if (plan.count == 0 || plan.count > kMaxFragments) return false;
  plan.part_bytes = RoundUp((plan.payload_bytes + plan.count - 1) / plan.count, kUnitBytes);
  // Rounding up may leave nothing for the last.
  plan.count = (plan.payload_bytes + plan.part_bytes - 1) / plan.part_bytes;
  return true;
}

// Options with the copied flag, padded to a multiple of 4.
void KeepOptions(FragmentPlan& plan, Bytes options) {
  while (!options.empty()) {
    const uint8_t type = options[0];
    if (type == 0) break;  // end of list
    const size_t bytes = type == 1 || options.size() < 2 ? 1 : std::max<size_t>(options[1], 1);
    if (bytes > options.size()) break;
    if ((type & 0x80) != 0) {
      std::copy_n(options.begin(), bytes,
                  plan.options.begin() + static_cast<ptrdiff_t>(plan.option_bytes));
      plan.option_bytes += bytes;
    }
    options = options.subspan(bytes);
  }
  plan.option_bytes = RoundUp(plan.option_bytes, 4);
}

std::optional<FragmentPlan> PlanV4(Bytes packet, size_t mtu) {
  const auto header = net::ParseIpv4(packet);
  if (!header) return std::nullopt;
  FragmentPlan plan;
  plan.payload_at = header->header_bytes;
  plan.payload_bytes = header->payload_bytes();
  plan.first_offset = header->fragment_offset;
  plan.more_follow = header->more_fragments;
  KeepOptions(plan,
              packet.subspan(net::kIpv4HeaderBytes, header->header_bytes - net::kIpv4HeaderBytes));
  if (!Divide(plan, mtu, header->header_bytes)) return std::nullopt;
  return plan;
}

std::optional<FragmentPlan> PlanV6(Bytes packet, size_t mtu, uint32_t identification) {
  const auto header = net::ParseIpv6(packet);
  if (!header) return std::nullopt;
  const auto chain = net::WalkIpv6(*header, packet);
  if (!chain || chain->has_fragment) return std::nullopt;
  FragmentPlan plan;
  plan.v6 = true;
  plan.identification = identification;
  plan.payload_at = chain->fragment_offset_at;
  plan.payload_bytes = net::kIpv6HeaderBytes + header->payload_bytes - plan.payload_at;
  plan.named_at = chain->fragment_named_at;
  plan.next_header = packet[plan.named_at];
  if (!Divide(plan, mtu, plan.payload_at + net::kIpv6FragmentHeaderBytes)) return std::nullopt;
  return plan;
}

// Header bytes of a fragment, written to the front of `to`.
size_t WriteHeaderV4(Bytes packet, const FragmentPlan& plan, size_t index, size_t part,
                     bool clear_df, uint8_t* to) {
  size_t header_bytes = plan.payload_at;
  std::memcpy(to, packet.data(), header_bytes);
  if (index != 0) {
    header_bytes = net::kIpv4HeaderBytes + plan.option_bytes;
    std::memcpy(to + net::kIpv4HeaderBytes, plan.options.data(), plan.option_bytes);
    to[0] = static_cast<uint8_t>(0x40 | header_bytes / 4);
  }
  StoreBe16(to + 2, static_cast<uint16_t>(header_bytes + part));
  const bool last = index + 1 == plan.count && !plan.more_follow;
  const auto offset =
      static_cast<uint16_t>(plan.first_offset + index * plan.part_bytes / kUnitBytes);
  const uint16_t df = clear_df ? 0 : LoadBe16(&packet[6]) & kDontFragment;
  StoreBe16(to + 6, static_cast<uint16_t>(df | (last ? 0 : kMoreFragments) | offset));
  StoreBe16(to + net::kIpv4ChecksumOffset, 0);
  StoreBe16(to + net::kIpv4ChecksumOffset, net::Checksum({to, header_bytes}));
  return header_bytes;
}

size_t WriteHeaderV6(Bytes packet, const FragmentPlan& plan, size_t index, size_t part,
                     uint8_t* to) {
  const size_t header_bytes = plan.payload_at + net::kIpv6FragmentHeaderBytes;
  std::memcpy(to, packet.data(), plan.payload_at);
  to[plan.named_at] = net::kNextFragment;
  StoreBe16(to + net::kIpv6PayloadOffset,
            static_cast<uint16_t>(header_bytes - net::kIpv6HeaderBytes + part));
  uint8_t* fragment = to + plan.payload_at;
  fragment[0] = plan.next_header;
  fragment[1] = 0;
  const bool last = index + 1 == plan.count;
  StoreBe16(fragment + 2, static_cast<uint16_t>(index * plan.part_bytes | (last ? 0 : 1)));
  StoreBe32(fragment + 4, plan.identification);
  return header_bytes;
}

}  // namespace

std::optional<FragmentPlan> PlanFragments(Bytes packet, size_t mtu, uint32_t identification) {
  if (packet.empty()) return std::nullopt;
  return packet[0] >> 4 == 6 ? PlanV6(packet, mtu, identification) : PlanV4(packet, mtu);
}

rte_mbuf* MakeFragment(rte_mbuf* packet, const FragmentPlan& plan, size_t index, bool clear_df,
                       rte_mempool* pool) {
  rte_mbuf* out = rte_pktmbuf_alloc(pool);
  if (out == nullptr) return nullptr;
  Meta(out) = Meta(packet);
  const Bytes from = Data(packet);
  const size_t at = index * plan.part_bytes;
  const size_t part = std::min(plan.part_bytes, plan.payload_bytes - at);
  // The largest header there is: the caller's packet and a fragment header fit any buffer.
  auto* to = rte_pktmbuf_mtod(out, uint8_t*);
  const size_t header_bytes = plan.v6 ? WriteHeaderV6(from, plan, index, part, to)
                                      : WriteHeaderV4(from, plan, index, part, clear_df, to);
  std::memcpy(to + header_bytes, &from[plan.payload_at + at], part);
  rte_pktmbuf_append(out, static_cast<uint16_t>(header_bytes + part));
  return out;
}

}  // namespace vam::fwd
