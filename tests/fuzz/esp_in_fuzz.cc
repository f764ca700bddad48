// Input of the software engine. The first byte chooses:
//   even  the rest is an outer packet as it came from the wire: for AH when bit 1 is set, else ESP
//   odd   the rest is an inner packet with padding and trailer; it is sealed under the SA's key
//         first, so that what lies behind the ICV is reached too. Bits 1 to 7 give the outer ECN
//         field and the distance of the number.
// SPI 0x1001 is AES-CBC without integrity in transport mode: whatever is sent to it is deciphered.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sw/crypto/aes_gcm.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"

namespace vam::ipsec {
namespace {

constexpr std::array<uint8_t, 20> kKey = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr size_t kMaxText = 4096;
constexpr size_t kIcvBytes = 16;

class Target {
 public:
  Target()
      : engine_({4, 4, 4}),
        sealer_(*crypto::AesGcm::Create(Bytes(kKey).first(16), crypto::AeadPurpose::kSeal)) {
    SaParams params;
    params.direction = Direction::kIn;
    params.spi = Spi{0x1000};
    params.local = net::Address::V4(0xc0000202);
    params.remote = net::Address::V4(0xc0000201);
    params.key_material = *Secret<kKeyMaterialBytes>::From(kKey);
    params.esn = true;
    params.replay_window = 128;
    params.selectors.protocol = net::kProtocolUdp;
    params.selectors.local_ports = {0, 0x7fff};
    sa_ = Add(params);
    SaParams open = params.Clone();
    open.mode = Mode::kTransport;
    open.suite.encryption = Encryption::kAesCbc128;
    open.spi = Spi{0x1001};
    open.key_material.Resize(16);
    open.esn = false;
    open.replay_window = 0;
    open.selectors = {};
    open_ = Add(open);
    SaParams ah = params.Clone();
    ah.protocol = Protocol::kAh;
    ah.suite = {Encryption::kNone, Integrity::kHmacSha1_96};
    ah.key_material.Resize(0);
    ah.auth_key.Resize(20);
    Add(ah);
  }

  void Run(Bytes input) {
    if (input.empty()) return;
    const uint8_t choice = input[0];
    const Bytes rest = input.subspan(1);
    if (choice % 2 == 0) {
      Offer((choice & 2) != 0 ? Op::kAhIn : Op::kEspIn, rest);
    } else if (rest.size() <= kMaxText) {
      Offer(Op::kEspIn, Seal(rest, choice >> 1));
    }
  }

 private:
  SaRef Add(const SaParams& params) {
    VAM_CHECK(engine_.BeginAdd(params).has_value());
    ControlDone done;
    VAM_CHECK(engine_.PollControl({&done, 1}) == 1 && done.status.has_value());
    return done.sa;
  }
  SaStats Stats() {
    VAM_CHECK(engine_.BeginQuery(sa_).has_value());
    ControlDone done;
    VAM_CHECK(engine_.PollControl({&done, 1}) == 1 && done.status.has_value());
    return done.stats;
  }

  Bytes Seal(Bytes text, unsigned bits) {
    packet_.assign(36 + text.size() + kIcvBytes, 0);
    const uint64_t sequence = Stats().sequence + 1 - std::min<uint64_t>(bits >> 2, 31) % 3;
    net::Ipv4Header outer;
    outer.tos = bits & 3;
    outer.total_bytes = static_cast<uint16_t>(packet_.size());
    outer.ttl = 1;
    outer.protocol = net::kProtocolEsp;
    outer.source = net::Address::V4(0xc0000201);
    outer.destination = net::Address::V4(0xc0000202);
    VAM_CHECK(net::WriteIpv4(outer, packet_).has_value());
    StoreBe32(packet_.data() + 20, 0x1000);
    StoreBe32(packet_.data() + 24, static_cast<uint32_t>(sequence));
    StoreBe64(packet_.data() + 28, sequence);
    std::array<uint8_t, 12> nonce{};
    StoreBe64(nonce.data() + 4, sequence);
    const EspAad aad = MakeAad(Spi{0x1000}, sequence, true);
    VAM_CHECK(sealer_.Seal(nonce, aad.bytes(), text, MutableBytes(packet_).subspan(36, text.size()),
                           MutableBytes(packet_).last(kIcvBytes)));
    return packet_;
  }

  // Exactly one Done; a good packet is an IP packet of its length; every verified packet is
  // counted once.
  void Offer(Op op, Bytes packet) {
    // A buffer of its own size shows the sanitizer every read and write past an end.
    const std::vector<uint8_t> src(packet.begin(), packet.end());
    std::vector<uint8_t> dst(packet.size() / 2 + packet.size() % 7 * 40);
    const SaStats before = Stats();
    const Job job{op, SaRef::None(), 0, src, dst, 5};
    VAM_CHECK(engine_.Submit({&job, 1}) == 1);
    std::array<Done, 2> done;
    VAM_CHECK(engine_.Poll(done) == 1 && done[0].cookie == 5);
    const SaStats after = Stats();
    const bool good = done[0].reason == Reason::kOk;
    const bool found = done[0].sa == sa_;
    VAM_CHECK(good == (done[0].out_bytes != 0) && done[0].out_bytes <= dst.size());
    VAM_CHECK(!good || found || done[0].sa == open_);
    VAM_CHECK(after.errors - before.errors == (found && !good ? 1u : 0u));
    VAM_CHECK(after.packets - before.packets <= 1 && after.sequence >= before.sequence);
    if (!good) return;
    VAM_CHECK(after.packets == before.packets + (found ? 1 : 0));
    const auto inner = ParseIp(Bytes(dst).first(done[0].out_bytes));
    VAM_CHECK(inner.has_value() && inner->packet.size() == done[0].out_bytes);
    if (!found) return;
    VAM_CHECK(inner->chain_ok);
    VAM_CHECK(inner->upper.protocol == net::kProtocolUdp && inner->fragment_offset == 0);
  }

  SoftEngine engine_;
  crypto::AesGcm sealer_;
  SaRef sa_;
  SaRef open_;
  std::vector<uint8_t> packet_;
};

}  // namespace
}  // namespace vam::ipsec

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static vam::ipsec::Target target;
  target.Run({data, size});
  return 0;
}
