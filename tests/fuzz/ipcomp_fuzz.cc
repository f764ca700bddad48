// IPComp as a peer may send it. The first byte chooses (bits 0, 1 and 7; bits 2 and 3 the SA):
//   0  the rest is LZS: the decompressor and the slow reader of the tests must agree
//   1  the rest is DEFLATE, into rooms of several sizes
//   2  the rest is packed by both algorithms and must come back
//   3  the rest follows an IPComp header, in a packet for the engine (LZS or DEFLATE, tunnel or
//      transport mode)
//   0x80      the rest is a whole packet for the engine, found by its CPI
//   0x81..83  the same, named by an SA as one that came out of a bundle
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sw/ipsec/soft_engine.h"
#include "sw/net/ipv4.h"
#include "tests/unit/sw/ipsec/lzs_oracle.h"

namespace vam::ipsec {
namespace {

using Buffer = std::vector<uint8_t>;

constexpr size_t kMaxInput = 4096;
constexpr uint32_t kLocal = 0xc0000202;
constexpr uint32_t kRemote = 0xc0000201;

class Target {
 public:
  Target() : engine_({4, 4, 4}) {
    for (size_t i = 0; i < sas_.size(); ++i) {
      SaParams params;
      params.direction = Direction::kIn;
      params.protocol = Protocol::kIpComp;
      params.suite = {Encryption::kNone, Integrity::kNone,
                      i % 2 == 0 ? Compression::kLzs : Compression::kDeflate};
      params.mode = i / 2 == 0 ? Mode::kTunnel : Mode::kTransport;
      params.spi = Spi{kFirstCpi + static_cast<uint32_t>(i)};
      params.local = net::Address::V4(kLocal);
      params.remote = net::Address::V4(kRemote);
      params.key_material.Resize(0);
      params.auth_key.Resize(0);
      sas_[i] = Add(params);
    }
  }

  void Run(Bytes input) {
    if (input.empty() || input.size() > kMaxInput) return;
    const unsigned index = input[0] >> 2 & 3;
    const Bytes rest = input.subspan(1);
    switch (input[0] & 0x83) {
      case 0:
        return ReadLzs(rest);
      case 1:
        return ReadDeflate(rest);
      case 2:
        return ThereAndBack(rest);
      case 3:
        return Offer(SaRef::None(), Wrap(rest, index));
      case 0x80:
        return Offer(SaRef::None(), Buffer(rest.begin(), rest.end()));
      default:
        return Offer(sas_[index], Buffer(rest.begin(), rest.end()));
    }
  }

 private:
  SaRef Add(const SaParams& params) {
    VAM_CHECK(engine_.BeginAdd(params).has_value());
    ControlDone done;
    VAM_CHECK(engine_.PollControl({&done, 1}) == 1 && done.status.has_value());
    return done.sa;
  }
  SaStats Stats(SaRef sa) {
    VAM_CHECK(engine_.BeginQuery(sa).has_value());
    ControlDone done;
    VAM_CHECK(engine_.PollControl({&done, 1}) == 1 && done.status.has_value());
    return done.stats;
  }

  static void ReadLzs(Bytes packed) {
    const auto expected = test::LzsOracle::Decode(packed);
    // A buffer of its own size shows the sanitizer every write past its end.
    for (const size_t room : {size_t{40}, size_t{1500}, expected ? expected->size() : 65535}) {
      Buffer out(room);
      const Decompressed done = LzsDecompress(packed, out);
      if (!expected.has_value()) {
        VAM_CHECK(done.reason != Reason::kOk);
      } else if (expected->size() > room) {
        VAM_CHECK(done.reason == Reason::kIpcompTooLong);
      } else {
        VAM_CHECK(done.reason == Reason::kOk && done.bytes == expected->size());
        VAM_CHECK(std::equal(expected->begin(), expected->end(), out.begin()));
      }
    }
  }

  void ReadDeflate(Bytes packed) {
    Buffer largest(65535);
    const Decompressed all = codecs_.Decompress(Compression::kDeflate, packed, largest);
    for (const size_t room : {size_t{1}, size_t{40}, size_t{1500}}) {
      Buffer out(room);
      const Decompressed done = codecs_.Decompress(Compression::kDeflate, packed, out);
      // The same bytes, or none: what a packet before left in the stream does not matter.
      VAM_CHECK((done.reason == Reason::kOk) == (all.reason == Reason::kOk && all.bytes <= room));
      if (done.reason != Reason::kOk) continue;
      VAM_CHECK(done.bytes == all.bytes);
      VAM_CHECK(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(done.bytes),
                           largest.begin()));
    }
  }

  void ThereAndBack(Bytes plain) {
    for (const Compression algorithm : {Compression::kLzs, Compression::kDeflate}) {
      Buffer packed(plain.size() * 9 / 8 + 64);
      const auto bytes = codecs_.Compress(algorithm, plain, packed);
      VAM_CHECK(bytes.has_value() && *bytes <= packed.size());
      Buffer out(plain.size());
      const Decompressed done = codecs_.Decompress(algorithm, Bytes(packed).first(*bytes), out);
      // An empty room is no room to zlib.
      if (plain.empty() && algorithm == Compression::kDeflate) continue;
      VAM_CHECK(done.reason == Reason::kOk && done.bytes == plain.size());
      VAM_CHECK(std::equal(plain.begin(), plain.end(), out.begin()));
      if (plain.size() < 5) continue;
      Buffer small(*bytes - 1);
      VAM_CHECK(!codecs_.Compress(algorithm, plain, small).has_value());
    }
  }

  static Buffer Wrap(Bytes body, unsigned index) {
    Buffer packet(24 + body.size());
    net::Ipv4Header outer;
    outer.total_bytes = static_cast<uint16_t>(packet.size());
    outer.ttl = 1;
    outer.protocol = static_cast<uint8_t>(Protocol::kIpComp);
    outer.source = net::Address::V4(kRemote);
    outer.destination = net::Address::V4(kLocal);
    VAM_CHECK(net::WriteIpv4(outer, packet).has_value());
    const uint8_t next = index < 2 ? net::kProtocolIpv4 : net::kProtocolUdp;
    WriteIpComp({next, static_cast<uint16_t>(kFirstCpi + index)}, MutableBytes(packet).subspan(20));
    std::copy(body.begin(), body.end(), packet.begin() + 24);
    return packet;
  }

  // Exactly one Done; a good packet is an IP packet of its length; every packet is in one counter.
  void Offer(SaRef named, const Buffer& packet) {
    Buffer dst(packet.size() % 3 == 0 ? 65535 : packet.size() * 2);
    const Job job{Op::kIpCompIn, named, 0, packet, dst, 5};
    std::array<SaStats, 4> before;
    for (size_t i = 0; i < sas_.size(); ++i) before[i] = Stats(sas_[i]);
    VAM_CHECK(engine_.Submit({&job, 1}) == 1);
    std::array<Done, 2> done;
    VAM_CHECK(engine_.Poll(done) == 1 && done[0].cookie == 5);
    const bool good = done[0].reason == Reason::kOk;
    VAM_CHECK(good == (done[0].out_bytes != 0) && done[0].out_bytes <= dst.size());
    for (size_t i = 0; i < sas_.size(); ++i) {
      const SaStats after = Stats(sas_[i]);
      const bool found = done[0].sa == sas_[i];
      VAM_CHECK(after.errors - before[i].errors == (found && !good ? 1u : 0u));
      const uint64_t counted = Sum(after.ipcomp) - Sum(before[i].ipcomp);
      VAM_CHECK(counted <= (found ? 1u : 0u) && (!good || counted == (found ? 1u : 0u)));
    }
    if (!good) return;
    const auto inner = ParseIp(Bytes(dst).first(done[0].out_bytes));
    VAM_CHECK(inner.has_value() && inner->packet.size() == done[0].out_bytes);
  }
  static uint64_t Sum(const IpCompStats& stats) {
    return stats.decompressed + stats.not_decompressed + stats.decompress_failed;
  }

  SoftEngine engine_;
  IpCompCodecs codecs_;
  std::array<SaRef, 4> sas_;
};

}  // namespace
}  // namespace vam::ipsec

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto target = std::make_unique<vam::ipsec::Target>();
  target->Run({data, size});
  return 0;
}
