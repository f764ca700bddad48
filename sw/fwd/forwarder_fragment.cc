// Packets that do not fit, and fragments for the gateway itself.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/fwd/forwarder.h"
#include "sw/fwd/fragment.h"

namespace vam::fwd {

// Bytes that an outer packet of the entry may have on a link of `mtu`.
size_t Forwarder::OuterLimit(uint32_t entry, size_t mtu) const {
  const size_t path = path_mtus_.Find(entry, now_ns_);
  return path == 0 ? mtu : std::min(mtu, path);
}

// The packet ends as fragmented; its parts are packets made here, on the way that it was on.
void Forwarder::Fragment(rte_mbuf* packet, size_t mtu, bool protect, bool clear_df) {
  const auto plan = PlanFragments(Data(packet), mtu, ++fragment_id_);
  if (!plan) return Finish(packet, Reason::kMtuExceeded);
  for (size_t i = 0; i < plan->count; ++i) {
    rte_mbuf* part = MakeFragment(packet, *plan, i, clear_df, pool_);
    if (part == nullptr) return Finish(packet, Reason::kNoBuffer);
    counters_.originated.Add(1);
    if (protect) {
      Encapsulate(part);
    } else {
      Output(part);
    }
  }
  Finish(packet, Reason::kFragmented);
}

// Table 2-A of DP-15. `limit`: bytes of the outer packet. IPv6 has no DF: only its source may cut
// it, but what fits every IPv6 link is carried whole (RFC 2473, 7.1).
void Forwarder::TooBigForTunnel(rte_mbuf* packet, const Parsed& parsed,
                                const ipsec::PolicyMatch& match, size_t limit) {
  const PacketMeta& meta = Meta(packet);
  const Snapshot::EntryPlace* place = PlaceOf(meta.policy_entry);
  const InterfaceConfig& out = snapshot_->interfaces[meta.out_interface];
  const std::optional<ipsec::DfMode> said = place == nullptr ? std::nullopt : place->df_mode;
  const bool clear_df = said.value_or(out.df_mode) == ipsec::DfMode::kClear;
  const bool own = meta.in_interface == kNoInterface || meta.rejoined;
  const bool after_encryption =
      out.fragment_after_encryption || (place != nullptr && place->transport);
  const bool may_cut = parsed.v6 ? own : !parsed.dont_fragment || clear_df;
  if (parsed.v6 && parsed.total_bytes <= net::kIpv6MinMtu) return Encapsulate(packet);
  if (parsed.v6 && after_encryption && parsed.total_bytes <= Reassembler::kMaxWholeBytes) {
    return Encapsulate(packet);
  }
  const size_t plain = crypto_.PlaintextMtu(meta.sa_set, limit, parsed.header_bytes);
  if (!may_cut) {
    const size_t told = parsed.v6 ? std::max(plain, net::kIpv6MinMtu) : plain;
    SendError(packet, IcmpErrorKind::kTooBig, static_cast<uint32_t>(told));
    return Finish(packet, Reason::kMtuExceeded);
  }
  // Parts that hide their ports would not pass the peer's selectors.
  const bool whole = match.whole || crypto_.LooksAtPorts(meta.sa_set);
  if (after_encryption || whole) {
    // Engines take no echo request that is longer than any link.
    if (parsed.total_bytes > Reassembler::kMaxWholeBytes) {
      return Finish(packet, Reason::kMtuExceeded);
    }
    return Encapsulate(packet);
  }
  Fragment(packet, plain, true, clear_df);
}

// A protected packet was let through by TooBigForTunnel or became longer than its SA said: its
// source is this gateway, which may cut it whatever its DF bit says (row 7 of the table).
void Forwarder::TooBigForLink(rte_mbuf* packet, const Parsed& parsed, size_t mtu) {
  const PacketMeta& meta = Meta(packet);
  // Of what was made here only an echo request asks not to be cut, and IPv6 says so of every
  // packet.
  const bool made_here = parsed.v6 && meta.in_interface == kNoInterface;
  const bool may_cut = meta.protections != 0 || made_here || meta.rejoined || !parsed.dont_fragment;
  if (may_cut) return Fragment(packet, mtu, false, false);
  SendError(packet, IcmpErrorKind::kTooBig, static_cast<uint32_t>(mtu));
  Finish(packet, Reason::kMtuExceeded);
}

namespace {

// Takes the fragment header out of the only fragment of a packet.
void StripFragmentHeader(rte_mbuf* packet, const FragmentInfo& info) {
  const MutableBytes data = Data(packet);
  data[info.named_at] = info.next_header;
  const uint16_t payload = LoadBe16(&data[net::kIpv6PayloadOffset]);
  StoreBe16(&data[net::kIpv6PayloadOffset],
            static_cast<uint16_t>(payload - net::kIpv6FragmentHeaderBytes));
  std::copy_backward(data.begin(), data.begin() + info.header_bytes,
                     data.begin() + info.payload_at);
  rte_pktmbuf_adj(packet, net::kIpv6FragmentHeaderBytes);
}

}  // namespace

// Requires: a packet for this gateway that is a fragment or has a fragment header.
void Forwarder::Reassemble(rte_mbuf* packet) {
  FragmentVerdict verdict = InspectFragment(Data(packet));
  if (verdict.reason != Reason::kOk) {
    // The length field is what does not fit (RFC 8200, 4.5).
    if (verdict.error) SendError(packet, *verdict.error, net::kIpv6PayloadOffset);
    return Finish(packet, verdict.reason);
  }
  const PacketMeta& meta = Meta(packet);
  verdict.info.vrf = meta.vrf;
  verdict.info.origin = meta.decapsulated ? meta.policy_entry : kNoEntry;
  rte_mbuf* whole = packet;
  if (verdict.info.atomic()) {
    StripFragmentHeader(packet, verdict.info);
  } else {
    whole = reassembler_.Add(verdict.info, packet);
    EndReassembly(reassembler_);
    if (whole == nullptr) return;
    counters_.originated.Add(1);
  }
  const auto parsed = ParsePacket(Data(whole));
  if (!parsed) return Finish(whole, Reason::kIpMalformed);
  LocalInput(whole, *parsed);
}

namespace {

// Whether behind the fragment header of an IPv6 packet there is another extension header, which
// later fragments do not show. Requires: IsFragment.
bool NamesExtension(Bytes packet) {
  const auto chain = net::WalkIpv6(*net::ParseIpv6(packet), packet);
  return net::IsExtensionHeader(packet[chain->fragment_offset_at]);
}

}  // namespace

bool Forwarder::IsFragment(const rte_mbuf* packet, const Parsed& parsed) {
  if (!parsed.v6) return parsed.fragment;
  const auto header = net::ParseIpv6(Data(packet));
  const bool no_extensions =
      header && !parsed.flow.protocol_hidden && header->next_header == parsed.flow.protocol;
  if (!header || no_extensions) return false;
  const auto chain = net::WalkIpv6(*header, Data(packet));
  return chain && chain->IsFragment();
}

// Whether a fragment has to wait for the others. It is asked as if it were a later one, so that all
// of a packet get the same answer: where a permit with ports may be meant, only the whole tells.
bool Forwarder::GoesWhole(const rte_mbuf* packet, const ipsec::Policy& policy,
                          const Parsed& parsed) {
  ipsec::Flow flow = parsed.flow;
  if (parsed.v6 && NamesExtension(Data(packet))) {
    flow.protocol_hidden = true;
    flow.protocol = 0;
    flow.ports = flow.icmp = ipsec::Field::kHidden;
  }
  flow.later_fragment = true;
  flow.source_port = flow.destination_port = 0;
  flow.icmp_type = flow.icmp_code = 0;
  if (flow.ports != ipsec::Field::kAbsent) flow.ports = ipsec::Field::kHidden;
  if (flow.icmp != ipsec::Field::kAbsent) flow.icmp = ipsec::Field::kHidden;
  return FindPolicy(policy, flow).whole;
}

// Fragments on their way through, until their packet is whole; then it is routed anew. Those for
// the gateway itself have another place, so that neither crowds out the other.
void Forwarder::Rejoin(rte_mbuf* packet) {
  FragmentVerdict verdict = InspectFragment(Data(packet));
  if (verdict.reason != Reason::kOk) return Finish(packet, verdict.reason);
  const FragmentInfo& info = verdict.info;
  if (info.header_bytes + info.offset + info.bytes > Reassembler::kMaxWholeBytes) {
    return Finish(packet, Reason::kFragmentMalformed);
  }
  const PacketMeta& meta = Meta(packet);
  verdict.info.vrf = meta.vrf;
  verdict.info.origin = meta.decapsulated ? meta.policy_entry : kNoEntry;
  rte_mbuf* whole = rejoiner_.Add(verdict.info, packet);
  EndReassembly(rejoiner_);
  if (whole == nullptr) return;
  counters_.originated.Add(1);
  Meta(whole).rejoined = true;
  const auto parsed = ParsePacket(Data(whole));
  if (!parsed) return Finish(whole, Reason::kIpMalformed);
  Route(whole, *parsed);
}

void Forwarder::EndReassembly(const Reassembler& from) {
  for (const Reassembler::Ended& ended : from.ended()) {
    // Of packets on their way through their receiver tells.
    if (ended.report && &from == &reassembler_)
      SendError(ended.fragment, IcmpErrorKind::kReassemblyExpired);
    Finish(ended.fragment, ended.reason);
  }
}

void Forwarder::TickReassembly() {
  for (Reassembler* each : {&reassembler_, &rejoiner_}) {
    if (now_ns_ < each->NextTickNs()) continue;
    each->Tick();
    EndReassembly(*each);
  }
}

}  // namespace vam::fwd
