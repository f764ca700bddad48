// The software engine's packet path; soft_engine.cc has its queues, controls and events,
// soft_ipcomp.cc what is special to IPComp.
#include <algorithm>
#include <cstring>
#include <limits>

#include "sw/ipsec/ecn.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv6.h"

namespace vam::ipsec {
namespace {

uint64_t LastSequence(const SaSettings& sa) {
  const bool long_numbers = sa.esn || sa.protocol == Protocol::kIpComp;
  return long_numbers ? std::numeric_limits<uint64_t>::max() : std::numeric_limits<uint32_t>::max();
}

// Sets the ECN field of a whole packet in place and repairs the IPv4 checksum (RFC 1624).
void SetEcn(uint8_t* ip, uint8_t ecn, bool v6) {
  const uint16_t before = LoadBe16(ip);
  if (v6) {
    StoreBe16(ip, static_cast<uint16_t>((before & ~(kEcnMask << 4)) | ecn << 4));
    return;
  }
  ip[net::kIpv4TosOffset] = static_cast<uint8_t>((ip[net::kIpv4TosOffset] & ~kEcnMask) | ecn);
  uint8_t* checksum = ip + net::kIpv4ChecksumOffset;
  StoreBe16(checksum, net::UpdateChecksum(LoadBe16(checksum), before, LoadBe16(ip)));
}

Done Ended(const Job& job, SaRef ref, Reason reason) { return {job.cookie, reason, ref, 0}; }

// Where the SPI is; the sequence number follows it.
size_t SpiOffset(Protocol protocol) { return protocol == Protocol::kEsp ? 0 : 4; }
size_t SpiOffset(const SoftSa& sa) { return SpiOffset(sa.settings.protocol); }

}  // namespace

Done SoftEngine::Process(const Job& job) {
  if (job.src.empty() || job.src.size() > kMaxIpBytes) {
    return Ended(job, SaRef::None(), Reason::kBadLength);
  }
  switch (job.op) {
    case Op::kEspOut:
      return ProcessOut(job, Protocol::kEsp);
    case Op::kEspIn:
      return ProcessIn(job, Protocol::kEsp);
    case Op::kAhOut:
      return ProcessOut(job, Protocol::kAh);
    case Op::kAhIn:
      return ProcessIn(job, Protocol::kAh);
    case Op::kIpCompOut:
      return ProcessOut(job, Protocol::kIpComp);
    case Op::kIpCompIn:
      return ProcessIpCompIn(job);
  }
  return Ended(job, SaRef::None(), Reason::kUnsupportedOp);
}

SoftEngine::Plan SoftEngine::MakePlan(const SoftSa& sa, const IpPacket& inner) {
  const SaSettings& settings = sa.settings;
  Plan plan;
  bool v6 = inner.v6;
  if (settings.mode == Mode::kTransport) {
    plan.header_bytes = inner.insert.offset;
    plan.next_header = inner.insert.protocol;
    plan.payload = inner.packet.subspan(inner.insert.offset);
  } else {
    v6 = settings.local.is_v6();
    plan.header_bytes = v6 ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
    plan.next_header = inner.v6 ? net::kProtocolIpv6 : net::kProtocolIpv4;
    plan.payload = inner.packet;
  }
  if (sa.esp != nullptr) {
    const EspLayout& layout = sa.esp->layout();
    plan.prefix_bytes = kEspHeaderBytes + layout.iv_bytes;
    plan.text_bytes = layout.TextBytes(plan.payload.size());
    plan.total_bytes = plan.header_bytes + layout.fixed_bytes() + plan.text_bytes;
    plan.counted_bytes = plan.text_bytes;
  } else if (sa.ipcomp != nullptr) {
    plan.text_bytes = plan.payload.size();
    plan.total_bytes = plan.header_bytes + plan.text_bytes;
    plan.counted_bytes = plan.text_bytes;
  } else {
    plan.prefix_bytes = AhBytes(settings.suite.integrity, v6);
    plan.text_bytes = plan.payload.size();
    plan.total_bytes = plan.header_bytes + plan.prefix_bytes + plan.text_bytes;
    plan.counted_bytes = plan.total_bytes;
  }
  return plan;
}

Reason SoftEngine::CheckTransport(const SoftSa& sa, const IpPacket& inner) {
  if (!inner.chain_ok) return Reason::kInnerMalformed;
  // Transport mode protects whole datagrams (RFC 4303, 3.3.4); IPComp leaves fragments as they are.
  if (inner.fragment && sa.ipcomp == nullptr) return Reason::kFragmentUnsupported;
  if (sa.ah != nullptr &&
      !MaskHeaders(inner.packet.first(inner.insert.offset), inner.v6, masked_)) {
    return Reason::kInnerMalformed;
  }
  return Reason::kOk;
}

size_t SoftEngine::Build(SoftSa& sa, const IpPacket& inner, const Plan& plan, uint64_t sequence,
                         MutableBytes out) {
  if (sa.ipcomp != nullptr) return BuildIpComp(sa, inner, plan, sequence, out);
  const MutableBytes text = out.subspan(plan.header_bytes + plan.prefix_bytes, plan.text_bytes);
  // The payload may be in its place already (Job); all other reads of the source are done before.
  if (text.data() != plan.payload.data() && !plan.payload.empty()) {
    std::memcpy(text.data(), plan.payload.data(), plan.payload.size());
  }
  bool v6 = inner.v6;
  if (sa.settings.mode == Mode::kTunnel) {
    v6 = sa.settings.local.is_v6();
    if (!WriteOuter(sa.settings, inner, sequence, out)) return 0;
  } else {
    std::memcpy(out.data(), inner.packet.data(), plan.header_bytes);
    out[inner.insert.named_at] = static_cast<uint8_t>(sa.settings.protocol);
    FixLengths(out, v6);
  }
  const MutableBytes protocol = out.subspan(plan.header_bytes);
  const size_t spi_at = SpiOffset(sa);
  StoreBe32(protocol.data() + spi_at, sa.settings.spi.value);
  StoreBe32(protocol.data() + spi_at + 4, static_cast<uint32_t>(sequence));
  if (sa.esp != nullptr) {
    WriteTrailer(text.subspan(plan.payload.size()), plan.next_header);
    return sa.esp->Seal(sequence, protocol) ? out.size() : 0;
  }
  protocol[0] = plan.next_header;
  protocol[1] = static_cast<uint8_t>(plan.prefix_bytes / 4 - 2);
  StoreBe16(protocol.data() + 2, 0);
  const MutableBytes field = protocol.first(plan.prefix_bytes).subspan(kAhFixedBytes);
  std::fill(field.begin(), field.end(), uint8_t{0});
  const bool made = sa.ah->Sign(sequence, out, plan.header_bytes, plan.prefix_bytes, v6, masked_);
  return made ? out.size() : 0;
}

Done SoftEngine::ProcessOut(const Job& job, Protocol protocol) {
  const InnerPacket inner = ParseInner(job.src);
  if (inner.reason != Reason::kOk) return Ended(job, SaRef::None(), inner.reason);
  const auto [sa, missing] = sad_.Get(job.sa);
  if (sa == nullptr) return Ended(job, SaRef::None(), missing);
  const auto drop = [&job, sa = sa](Reason reason) {
    ++sa->errors;
    return Ended(job, job.sa, reason);
  };
  if (sa->settings.direction != Direction::kOut || sa->settings.protocol != protocol) {
    return drop(Reason::kSaDirection);
  }
  if (sa->settings.mode == Mode::kTransport) {
    const Reason fits = CheckTransport(*sa, *inner.ip);
    if (fits != Reason::kOk) return drop(fits);
  }
  if (!Use(job.sa, *sa)) return drop(Reason::kEngineFault);
  const Plan plan = MakePlan(*sa, *inner.ip);
  if (plan.total_bytes > kMaxIpBytes) return drop(Reason::kBadLength);
  if (plan.total_bytes > job.dst.size()) return drop(Reason::kDstTooSmall);
  if (sa->sequence == LastSequence(sa->settings)) {
    Fire(job.sa, *sa, EventType::kSeqOverflow, sa->sequence);
    return drop(Reason::kSeqOverflow);
  }
  const Reason hard = CheckHardLifetimes(job.sa, *sa, plan.counted_bytes);
  if (hard != Reason::kOk) return drop(hard);

  // From here on the number is used, whatever happens: no two packets share a nonce.
  const uint64_t sequence = ++sa->sequence;
  Account(job.sa, *sa, plan.counted_bytes);
  const size_t made = Build(*sa, *inner.ip, plan, sequence, job.dst.first(plan.total_bytes));
  if (made == 0) return drop(Reason::kEngineFault);
  return {job.cookie, Reason::kOk, job.sa, static_cast<uint32_t>(made)};
}

Reason SoftEngine::CheckShape(const SoftSa* sa, Protocol protocol, Bytes payload) {
  if (protocol == Protocol::kAh) {
    const AhHeader ah = ParseAh(payload);
    return ah.reason;
  }
  // Without an SA there is nothing but the usual suite to measure by.
  const Reason reason = SplitEsp(payload, sa == nullptr ? EspLayout{} : sa->Layout()).reason;
  if (reason != Reason::kOk) return reason;
  return payload.size() % 4 == 0 ? Reason::kOk : Reason::kEspAlignment;
}

Done SoftEngine::ProcessIn(const Job& job, Protocol protocol) {
  const OuterPacket outer = ParseOuter(job.src, protocol);
  if (outer.reason != Reason::kOk) return Ended(job, SaRef::None(), outer.reason);
  const Bytes payload = outer.ip->payload();
  const size_t spi_at = SpiOffset(protocol);
  if (payload.size() < spi_at + kEspHeaderBytes) {
    return Ended(job, SaRef::None(), Reason::kEspShort);
  }
  const Spi spi{LoadBe32(&payload[spi_at])};
  const SaRef ref = sad_.FindInbound(job.vrf_tag, outer.ip->destination(), protocol, spi);
  const auto [sa, missing] = sad_.Get(ref);
  const Reason shape = CheckShape(sa, protocol, payload);
  if (shape != Reason::kOk) return Ended(job, SaRef::None(), shape);
  if (sa == nullptr) return Ended(job, SaRef::None(), missing);
  Done done{job.cookie, Reason::kOk, ref, 0};
  done.reason = Decapsulate(job, ref, *sa, *outer.ip, done);
  if (done.reason != Reason::kOk) ++sa->errors;
  return done;
}

SoftEngine::Opened SoftEngine::OpenEsp(const Job& job, SoftSa& sa, const IpPacket& outer,
                                       uint64_t sequence) {
  Opened opened;
  const size_t text_bytes = outer.payload().size() - sa.esp->layout().fixed_bytes();
  // In transport mode the headers stand before the text. The text is longer than what it carries: a
  // caller's buffer that holds just the result is not written past its end.
  const size_t head = sa.settings.mode == Mode::kTransport ? outer.upper.offset : 0;
  const size_t needed = head + text_bytes;
  const MutableBytes room = needed <= job.dst.size() ? job.dst : MutableBytes(scratch_);
  const MutableBytes text = room.subspan(head, text_bytes);
  if (!sa.esp->Open(sequence, outer.payload(), text)) return opened;
  opened.counted_bytes = text.size();
  const EspText taken = TakeOffTrailer(text);
  opened.reason = taken.reason;
  opened.content = taken.payload;
  opened.next_header = taken.next_header;
  return opened;
}

SoftEngine::Opened SoftEngine::OpenAh(SoftSa& sa, const IpPacket& outer, uint64_t sequence) {
  Opened opened;
  const AhHeader ah = ParseAh(outer.payload());
  if (!AhLengthOk(ah.bytes, sa.settings.suite.integrity, outer.v6) ||
      !sa.ah->Verify(sequence, outer.packet, outer.upper.offset, ah.bytes, outer.v6, masked_)) {
    return opened;
  }
  opened.reason = Reason::kOk;
  opened.counted_bytes = outer.packet.size();
  opened.content = outer.payload().subspan(ah.bytes);
  opened.next_header = ah.next_header;
  return opened;
}

Reason SoftEngine::Decapsulate(const Job& job, SaRef ref, SoftSa& sa, const IpPacket& outer,
                               Done& done) {
  const uint32_t wire = LoadBe32(&outer.payload()[SpiOffset(sa) + 4]);
  const auto [replay, sequence] = sa.replay.Check(wire);
  if (replay != Reason::kOk) return replay;
  if (!Use(ref, sa)) return Reason::kEngineFault;
  const Opened opened =
      sa.esp != nullptr ? OpenEsp(job, sa, outer, sequence) : OpenAh(sa, outer, sequence);
  if (opened.reason == Reason::kIcvFailed) return opened.reason;

  // One thread: nothing can have moved the window since the check.
  const Reason hard = CheckHardLifetimes(ref, sa, opened.counted_bytes);
  if (hard != Reason::kOk) return hard;
  sa.replay.Commit(sequence);
  Account(ref, sa, opened.counted_bytes);
  if (opened.reason != Reason::kOk) return opened.reason;
  return sa.settings.mode == Mode::kTunnel ? FinishTunnel(job, sa, outer, opened, done)
                                           : FinishTransport(job, sa, outer, opened, done);
}

Reason SoftEngine::FinishTunnel(const Job& job, const SoftSa& sa, const IpPacket& outer,
                                const Opened& opened, Done& done) {
  const InnerPacket inner = ParseTunnelled(opened.next_header, opened.content);
  if (inner.reason != Reason::kOk) return inner.reason;
  if (!SelectorsMatchInbound(sa.settings.selectors, *inner.ip)) return Reason::kSelectorMismatch;
  const auto inner_ecn = static_cast<uint8_t>(inner.ip->tos & kEcnMask);
  const auto ecn = EcnAfterDecapsulation(inner_ecn, outer.tos & kEcnMask);
  if (!ecn.has_value()) return Reason::kEcnDrop;
  const Bytes packet = inner.packet();
  if (packet.size() > job.dst.size()) return Reason::kDstTooSmall;
  if (packet.data() != job.dst.data()) std::memmove(job.dst.data(), packet.data(), packet.size());
  if (*ecn != inner_ecn) SetEcn(job.dst.data(), *ecn, inner.ip->v6);
  done.out_bytes = static_cast<uint32_t>(packet.size());
  return Reason::kOk;
}

Reason SoftEngine::FinishTransport(const Job& job, const SoftSa& sa, const IpPacket& outer,
                                   const Opened& opened, Done& done) {
  const Bytes header = outer.header();
  const size_t size = header.size() + opened.content.size();
  if (size > job.dst.size()) return Reason::kDstTooSmall;
  const MutableBytes packet = job.dst.first(size);
  const MutableBytes payload = packet.subspan(header.size());
  if (payload.data() != opened.content.data() && !payload.empty()) {
    std::memmove(payload.data(), opened.content.data(), payload.size());
  }
  std::memmove(packet.data(), header.data(), header.size());
  packet[outer.upper.named_at] = opened.next_header;
  FixLengths(packet, outer.v6);
  const InnerPacket inner = ParseInner(packet);
  if (inner.reason != Reason::kOk) return inner.reason;
  if (!SelectorsMatchInbound(sa.settings.selectors, *inner.ip)) return Reason::kSelectorMismatch;
  done.out_bytes = static_cast<uint32_t>(size);
  return Reason::kOk;
}

}  // namespace vam::ipsec
