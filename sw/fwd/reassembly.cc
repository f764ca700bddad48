#include "sw/fwd/reassembly.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "sw/fwd/packet.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::fwd {

namespace {

constexpr uint32_t kUnitBytes = 8;
constexpr size_t kMinTcpBytes = 16;  // ports, sequence numbers, flags (RFC 1858, 3.2)
constexpr size_t kMinPortBytes = 8;
constexpr uint8_t kCe = 3;  // ECN codepoints (RFC 3168, 5)

// How many bytes of its upper layer a first fragment must show.
size_t LeastFirst(uint8_t protocol) {
  return protocol == net::kProtocolTcp ? kMinTcpBytes : kMinPortBytes;
}

size_t MostBytes(uint8_t protocol) {
  const bool icmp = protocol == net::kProtocolIcmp || protocol == net::kProtocolIcmpV6;
  return icmp ? Reassembler::kMaxIcmpBytes : Reassembler::kMaxWholeBytes;
}

// Lengths that no whole packet can have, and first fragments that hide their ports.
bool Impossible(const FragmentInfo& info, uint8_t protocol, size_t upper_bytes) {
  if (info.bytes == 0) return true;
  if (info.more && info.bytes % kUnitBytes != 0) return true;
  if (info.header_bytes + info.offset + info.bytes > MostBytes(protocol)) return true;
  if (info.offset == 0) return info.more && upper_bytes < LeastFirst(protocol);
  return protocol == net::kProtocolTcp && info.offset == kUnitBytes;  // RFC 1858, 4.2
}

FragmentVerdict InspectV4(Bytes packet) {
  const auto header = net::ParseIpv4(packet);
  VAM_CHECK(header.has_value());
  FragmentVerdict verdict;
  FragmentInfo& info = verdict.info;
  info.source = header->source;
  info.destination = header->destination;
  info.identification = header->identification;
  info.protocol = header->protocol;
  info.offset = header->fragment_offset * kUnitBytes;
  info.bytes = static_cast<uint32_t>(header->payload_bytes());
  info.more = header->more_fragments;
  info.payload_at = info.header_bytes = header->header_bytes;
  if (Impossible(info, header->protocol, info.bytes)) verdict.reason = Reason::kFragmentMalformed;
  return verdict;
}

FragmentVerdict InspectV6(Bytes packet) {
  const auto header = net::ParseIpv6(packet);
  VAM_CHECK(header.has_value());
  const auto chain = net::WalkIpv6(*header, packet);
  if (!chain || !chain->has_fragment) return {Reason::kFragmentMalformed, {}, {}};
  FragmentVerdict verdict;
  FragmentInfo& info = verdict.info;
  info.source = header->source;
  info.destination = header->destination;
  info.identification = chain->identification;
  info.offset = chain->fragment_offset * kUnitBytes;
  info.header_bytes = static_cast<uint16_t>(chain->fragment_offset_at);
  info.payload_at =
      static_cast<uint16_t>(chain->fragment_offset_at + net::kIpv6FragmentHeaderBytes);
  const size_t end = net::kIpv6HeaderBytes + header->payload_bytes;
  info.bytes = static_cast<uint32_t>(end - info.payload_at);
  info.more = chain->more_fragments;
  info.named_at = static_cast<uint16_t>(chain->fragment_named_at);
  info.next_header = packet[chain->fragment_offset_at];
  if (Impossible(info, chain->protocol, end - std::min(end, chain->upper_offset))) {
    verdict.reason = Reason::kFragmentMalformed;
    verdict.error = info.offset == 0 && info.bytes % kUnitBytes == 0
                        ? IcmpErrorKind::kFirstFragmentShort
                        : IcmpErrorKind::kBadHeaderField;
  }
  return verdict;
}

bool SamePacket(const FragmentInfo& a, const FragmentInfo& b) {
  return a.identification == b.identification && a.source == b.source &&
         a.destination == b.destination && a.protocol == b.protocol && a.vrf == b.vrf &&
         a.origin == b.origin;
}

uint8_t EcnOf(Bytes packet) {
  return packet[0] >> 4 == 6 ? (packet[1] >> 4) & 3 : packet[net::kIpv4TosOffset] & 3;
}

}  // namespace

FragmentVerdict InspectFragment(Bytes packet) {
  return packet[0] >> 4 == 6 ? InspectV6(packet) : InspectV4(packet);
}

Reassembler::Reassembler(const Clock& clock, rte_mempool* pool, const Limits& limits)
    : clock_(clock), pool_(pool), limits_(limits), packets_(limits.packets) {
  ended_.reserve(limits.fragments + 1);
}

Reassembler::~Reassembler() {
  for (Packet& packet : packets_) {
    for (size_t i = 0; i < packet.count; ++i) rte_pktmbuf_free(packet.pieces[i].fragment);
  }
}

Reassembler::Packet* Reassembler::Find(const FragmentInfo& info) {
  if (used_ == 0) return nullptr;
  for (Packet& packet : packets_) {
    if (packet.used && SamePacket(packet.name, info)) return &packet;
  }
  return nullptr;
}

// Ends the oldest packet of the source if it has its share, then the oldest of all until one more
// packet and fragment fit.
void Reassembler::MakeRoom(const FragmentInfo& info) {
  size_t of_source = 0;
  Packet* oldest_of_source = nullptr;
  for (Packet& packet : packets_) {
    if (!packet.used || packet.name.source != info.source) continue;
    ++of_source;
    if (oldest_of_source == nullptr || packet.expires_ns < oldest_of_source->expires_ns) {
      oldest_of_source = &packet;
    }
  }
  if (of_source >= limits_.packets_per_source) End(*oldest_of_source, Reason::kReassemblyFull);
  while (used_ >= limits_.packets || held_ >= limits_.fragments ||
         held_bytes_ + info.bytes > limits_.bytes) {
    Packet* oldest = nullptr;
    for (Packet& packet : packets_) {
      if (packet.used && (oldest == nullptr || packet.expires_ns < oldest->expires_ns)) {
        oldest = &packet;
      }
    }
    if (oldest == nullptr) return;
    End(*oldest, Reason::kReassemblyFull);
  }
}

Reassembler::Packet& Reassembler::Open(const FragmentInfo& info) {
  MakeRoom(info);
  const auto free =
      std::find_if(packets_.begin(), packets_.end(), [](const Packet& p) { return !p.used; });
  VAM_CHECK(free != packets_.end());
  Packet& packet = *free;
  packet.used = true;
  packet.poisoned = false;
  packet.name = info;
  packet.expires_ns = clock_.MonotonicNs() + (info.source.is_v6() ? limits_.v6_ns : limits_.v4_ns);
  packet.payload_bytes = packet.total_bytes = 0;
  packet.count = 0;
  ++used_;
  next_ns_ = std::min(next_ns_, packet.expires_ns);
  return packet;
}

// All its fragments end; its place becomes free.
void Reassembler::End(Packet& packet, Reason reason) {
  for (size_t i = 0; i < packet.count; ++i) {
    const Piece& piece = packet.pieces[i];
    const bool first = reason == Reason::kReassemblyTimeout && piece.offset == 0;
    ended_.push_back({piece.fragment, reason, first});
  }
  held_ -= packet.count;
  held_bytes_ -= packet.payload_bytes;
  packet.count = 0;
  packet.payload_bytes = 0;
  packet.used = false;
  --used_;
}

// RFC 5722: all fragments of the packet are dropped, and those that still come. The place is kept
// for that until its time is over.
void Reassembler::Poison(Packet& packet, rte_mbuf* fragment) {
  const uint64_t expires_ns = packet.expires_ns;
  End(packet, Reason::kFragmentOverlap);
  packet.used = packet.poisoned = true;
  packet.expires_ns = expires_ns;
  ++used_;
  ended_.push_back({fragment, Reason::kFragmentOverlap, false});
}

Reassembler::Fit Reassembler::FitOf(const Packet& packet, const FragmentInfo& info) {
  const uint32_t end = info.offset + info.bytes;
  // Two ends, or data behind the end.
  if (packet.total_bytes != 0 &&
      (end > packet.total_bytes || (!info.more && end != packet.total_bytes))) {
    return Fit::kOverlaps;
  }
  for (size_t i = 0; i < packet.count; ++i) {
    const Piece& piece = packet.pieces[i];
    const uint32_t piece_end = piece.offset + piece.bytes;
    if (!info.more && piece_end > end) return Fit::kOverlaps;
    if (end <= piece.offset || piece_end <= info.offset) continue;
    // The network may double a fragment; that is no attack (RFC 8200, 4.5).
    const bool same = piece.offset == info.offset && piece.bytes == info.bytes;
    return same ? Fit::kDuplicate : Fit::kOverlaps;
  }
  return Fit::kFits;
}

rte_mbuf* Reassembler::Add(const FragmentInfo& info, rte_mbuf* fragment) {
  ended_.clear();
  Packet* packet = Find(info);
  if (packet != nullptr && packet->poisoned) {
    ended_.push_back({fragment, Reason::kFragmentOverlap, false});
    return nullptr;
  }
  const Fit fit = packet == nullptr ? Fit::kFits : FitOf(*packet, info);
  if (fit == Fit::kOverlaps) {
    Poison(*packet, fragment);
    return nullptr;
  }
  if (fit == Fit::kDuplicate || (packet != nullptr && packet->count == kMaxFragments)) {
    ended_.push_back({fragment,
                      fit == Fit::kDuplicate ? Reason::kFragmentOverlap : Reason::kReassemblyFull,
                      false});
    return nullptr;
  }
  if (packet != nullptr &&
      (held_ >= limits_.fragments || held_bytes_ + info.bytes > limits_.bytes)) {
    MakeRoom(info);
    packet = Find(info);  // it may have been the one that gave way
  }
  if (packet == nullptr) packet = &Open(info);
  const auto begin = packet->pieces.begin();
  const auto end = begin + static_cast<ptrdiff_t>(packet->count);
  const auto at =
      std::find_if(begin, end, [&](const Piece& piece) { return piece.offset > info.offset; });
  std::move_backward(at, end, end + 1);
  *at = {fragment, info.offset, info.bytes};
  ++packet->count;
  packet->payload_bytes += info.bytes;
  if (!info.more) packet->total_bytes = info.offset + info.bytes;
  if (info.offset == 0) packet->name = info;
  ++held_;
  held_bytes_ += info.bytes;
  if (packet->total_bytes == 0 || packet->payload_bytes != packet->total_bytes) return nullptr;
  rte_mbuf* whole = Join(*packet);
  UpdateNext();
  return whole;
}

// Requires: pieces without gaps or overlaps. nullptr when no buffer is left or when congestion
// marks contradict each other (RFC 3168, 5.3); the fragments end either way.
rte_mbuf* Reassembler::Join(Packet& packet) {
  unsigned ecn_seen = 0;
  for (size_t i = 0; i < packet.count; ++i) {
    ecn_seen |= 1u << EcnOf(Data(packet.pieces[i].fragment));
  }
  const bool congested = (ecn_seen & 1u << kCe) != 0;
  if (congested && (ecn_seen & 1u) != 0) {
    End(packet, Reason::kFragmentMalformed);
    return nullptr;
  }
  // Each fragment was looked at with its own headers; the whole keeps those of the first.
  const FragmentInfo& first = packet.name;
  const size_t total = first.header_bytes + packet.total_bytes;
  // What its first fragment says it is: engines must never see a large buffer.
  const uint8_t protocol = first.source.is_v6() ? first.next_header : first.protocol;
  rte_mempool* pool = total <= kMaxWholeBytes        ? pool_
                      : total <= MostBytes(protocol) ? large_pool_
                                                     : nullptr;
  rte_mbuf* whole = pool == nullptr ? nullptr : rte_pktmbuf_alloc(pool);
  if (whole == nullptr) {
    End(packet, pool == nullptr ? Reason::kFragmentMalformed : Reason::kNoBuffer);
    return nullptr;
  }
  rte_mbuf* head = packet.pieces[0].fragment;
  Meta(whole) = Meta(head);
  auto* out = reinterpret_cast<uint8_t*>(rte_pktmbuf_append(whole, static_cast<uint16_t>(total)));
  std::memcpy(out, Data(head).data(), first.header_bytes);
  for (size_t i = 0; i < packet.count; ++i) {
    const Piece& piece = packet.pieces[i];
    const Bytes from = Data(piece.fragment);
    std::memcpy(out + first.header_bytes + piece.offset, &from[from.size() - piece.bytes],
                piece.bytes);
  }
  if (first.source.is_v6()) {
    StoreBe16(out + net::kIpv6PayloadOffset, static_cast<uint16_t>(total - net::kIpv6HeaderBytes));
    out[first.named_at] = first.next_header;
    if (congested) out[1] |= kCe << 4;
  } else {
    StoreBe16(out + 2, static_cast<uint16_t>(total));
    StoreBe16(out + 6, 0);
    if (congested) out[net::kIpv4TosOffset] |= kCe;
    StoreBe16(out + net::kIpv4ChecksumOffset, 0);
    StoreBe16(out + net::kIpv4ChecksumOffset, net::Checksum({out, first.header_bytes}));
  }
  End(packet, Reason::kReassembled);
  return whole;
}

void Reassembler::UpdateNext() {
  next_ns_ = UINT64_MAX;
  if (used_ == 0) return;
  for (const Packet& packet : packets_) {
    if (packet.used) next_ns_ = std::min(next_ns_, packet.expires_ns);
  }
}

void Reassembler::Tick() {
  ended_.clear();
  const uint64_t now = clock_.MonotonicNs();
  if (now < next_ns_) return;
  for (Packet& packet : packets_) {
    if (packet.used && packet.expires_ns <= now) End(packet, Reason::kReassemblyTimeout);
  }
  UpdateNext();
}

}  // namespace vam::fwd
