// The software engine against the functional card's model, which shares no code with it: the same
// random SAs, the same packets, good and broken; the same bytes, reasons and counters.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "sim/model/esp.h"
#include "sw/offload/card_engine.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::Ran;

// Both sides with one SA each way.
class Pair {
 public:
  explicit Pair(SeededRng& rng) : rng_(rng), model_(4) {
    const auto suite = std::array{Encryption::kAesGcm128Icv16, Encryption::kAesGcm192Icv16,
                                  Encryption::kAesGcm256Icv16}[rng.Below(3)];
    out_ = test::MakeSa(Direction::kOut, suite);
    in_ = test::MakeSa(Direction::kIn, suite);
    out_.esn = in_.esn = rng.Below(2) == 0;
    const uint64_t starts[] = {0, 1, 1000, 0xffffffd0, 0xfffffffe};
    out_.initial_seq = starts[rng.Below(5)];
    if (out_.esn && rng.Below(2) == 0) out_.initial_seq += 0x300000000;
    in_.initial_seq = out_.initial_seq;
    const uint32_t windows[] = {0, 64, 65, 128, 1024};
    in_.replay_window = windows[rng.Below(5)];
    Randomise(out_);
    Randomise(in_);
    soft_out_ = soft_.Add(out_);
    soft_in_ = soft_.Add(in_);
    const auto model_out = model_.Add(0, *offload::ToSaCtx(out_));
    const auto model_in = model_.Add(1, *offload::ToSaCtx(in_));
    EXPECT_EQ(model_out.reason, Reason::kOk);
    EXPECT_EQ(model_in.reason, Reason::kOk);
    model_out_ = model_out.handle;
    model_in_ = model_in.handle;
  }

  void Step() {
    if (rng_.Below(2) == 0) {
      StepOut();
    } else {
      StepIn();
    }
  }

  void CompareCounters() {
    const SaStats out = soft_.Query(soft_out_);
    const SaStats in = soft_.Query(soft_in_);
    const auto model_out = model_.Query(model_out_).stats;
    const auto model_in = model_.Query(model_in_).stats;
    EXPECT_EQ(out.sequence, model_out.seq);
    EXPECT_EQ(out.packets, model_out.packets);
    EXPECT_EQ(out.bytes, model_out.bytes);
    EXPECT_EQ(out.pending_events, model_out.pending_events);
    EXPECT_EQ(in.sequence, model_in.seq);
    EXPECT_EQ(in.packets, model_in.packets);
    EXPECT_EQ(in.bytes, model_in.bytes);
    EXPECT_EQ(in.pending_events, model_in.pending_events);
  }

  const std::map<Reason, int>& reasons() const { return reasons_; }

 private:
  void Randomise(SaParams& params) {
    params.df_mode = static_cast<DfMode>(rng_.Below(3));
    params.dscp_fixed = rng_.Below(2) == 0;
    params.dscp = params.dscp_fixed ? static_cast<uint8_t>(rng_.Below(64)) : uint8_t{0};
    params.ttl = static_cast<uint8_t>(1 + rng_.Below(255));
    const auto limit = [this](uint64_t most) { return rng_.Below(4) == 0 ? rng_.Below(most) : 0; };
    params.lifetimes = {limit(20000), limit(60000), limit(100), limit(150)};
    if (params.direction == Direction::kOut && rng_.Below(2) == 0) {
      params.seq_watermark = params.initial_seq + rng_.Below(100);
    }
    if (params.direction == Direction::kIn && rng_.Below(2) == 0) {
      params.selectors.remote =
          *net::Prefix::Create(test::Ip("10.1.0.5"), static_cast<uint8_t>(rng_.Below(33)));
      params.selectors.protocol = rng_.Below(2) == 0 ? net::kProtocolUdp : uint8_t{0};
      if (rng_.Below(2) == 0) params.selectors.local_ports = {2000, 2001};
    }
  }

  Buffer RandomInner() {
    const uint8_t protocols[] = {17, 17, 6, 1};
    Buffer inner = MakeInner(20 + rng_.Below(rng_.Below(8) == 0 ? 1500 : 100),
                             static_cast<uint8_t>(rng_.U32()), protocols[rng_.Below(4)]);
    if (rng_.Below(3) == 0) Mutate(inner, 20);
    return inner;
  }
  // One byte among the first `most`.
  void Mutate(Buffer& bytes, size_t most) {
    bytes[rng_.Below(std::min(most, bytes.size()))] ^= static_cast<uint8_t>(1u << rng_.Below(8));
    // IPv6 is the software engine's alone.
    if (bytes[0] >> 4 == 6) bytes[0] ^= 0x20;
  }
  void AddLinkPadding(Buffer& packet) {
    if (rng_.Below(3) == 0) packet.resize(packet.size() + rng_.Below(46), 0x77);
  }
  size_t Capacity(size_t exact) { return rng_.Below(8) == 0 ? exact - 1 + rng_.Below(3) : 9728; }

  void Compare(const Ran& soft, const sim::PacketResult& model, const Buffer& packet) {
    ++reasons_[soft.reason];
    ASSERT_EQ(ReasonName(soft.reason), ReasonName(model.reason)) << FormatHex(packet);
    ASSERT_EQ(FormatHex(soft.out), FormatHex(model.bytes)) << FormatHex(packet);
  }

  void StepOut() {
    Buffer inner = RandomInner();
    const size_t capacity = Capacity(EncapsulatedBytes(out_, inner.size()));
    AddLinkPadding(inner);
    const Ran soft = soft_.Run(Op::kEspOut, soft_out_, inner, capacity);
    Compare(soft, sim::EspOut(model_, model_out_, inner, capacity), inner);
    if (soft.reason == Reason::kOk) sent_.push_back(soft.out);
  }

  Buffer RandomOuter() {
    if (!sent_.empty() && rng_.Below(3) != 0)
      return sent_[sent_.size() - 1 - rng_.Below(std::min<size_t>(sent_.size(), 150))];
    Buffer text = RandomInner();
    if (rng_.Below(4) == 0) text.resize(text.size() + rng_.Below(300), 0x33);
    const uint8_t next_headers[] = {4, 4, 4, 59, 41};
    text = test::MakeText(text, 0, next_headers[rng_.Below(5)]);
    if (rng_.Below(5) == 0)
      text[text.size() - 1 - rng_.Below(5)] ^= static_cast<uint8_t>(1u << rng_.Below(8));
    if (rng_.Below(10) == 0) text.resize(rng_.Below(14));
    const uint64_t top = soft_.Query(soft_in_).sequence;
    return test::Forge(text, {.sequence = top + 40 - rng_.Below(rng_.Below(2) == 0 ? 50 : 1200),
                              .esn = in_.esn,
                              .tos = static_cast<uint8_t>(rng_.U32()),
                              .suite = in_.suite.encryption});
  }

  void StepIn() {
    Buffer outer = RandomOuter();
    if (rng_.Below(5) == 0) Mutate(outer, rng_.Below(2) == 0 ? 36 : outer.size());
    if (rng_.Below(10) == 0) outer.resize(1 + rng_.Below(outer.size()));
    AddLinkPadding(outer);
    const size_t capacity = Capacity(outer.size() > 60 ? outer.size() - 56 : 20);
    Compare(soft_.Run(Op::kEspIn, SaRef::None(), outer, capacity),
            sim::EspIn(model_, 0, outer, capacity), outer);
  }

  SeededRng& rng_;
  SaParams out_;
  SaParams in_;
  test::Runner soft_;
  sim::Sad model_;
  SaRef soft_out_;
  SaRef soft_in_;
  uint32_t model_out_ = 0;
  uint32_t model_in_ = 0;
  std::vector<Buffer> sent_;
  std::map<Reason, int> reasons_;
};

TEST(ModelDifferentialTest, RandomTunnelsAndPackets) {
  SeededRng rng(vam::test::TestSeed());
  std::map<Reason, int> reasons;
  for (int round = 0; round < 150; ++round) {
    Pair pair(rng);
    for (int step = 0; step < 300; ++step) {
      pair.Step();
      if (HasFatalFailure()) FAIL() << "round " << round << " step " << step;
    }
    pair.CompareCounters();
    ASSERT_FALSE(HasFailure()) << "round " << round;
    for (const auto& [reason, count] : pair.reasons()) reasons[reason] += count;
  }
  // The mix must reach every end that one SA pair can reach.
  for (const Reason reason :
       {Reason::kOk, Reason::kDstTooSmall, Reason::kOuterMalformed, Reason::kOuterChecksum,
        Reason::kEspShort, Reason::kEspAlignment, Reason::kNoSa, Reason::kReplayOld,
        Reason::kReplayDuplicate, Reason::kIcvFailed, Reason::kHardBytes, Reason::kHardPackets,
        Reason::kSeqOverflow, Reason::kBadPadding, Reason::kBadNextHeader, Reason::kDummyPacket,
        Reason::kInnerMalformed, Reason::kSelectorMismatch, Reason::kEcnDrop}) {
    EXPECT_GT(reasons[reason], 0) << ReasonName(reason);
  }
}

}  // namespace
}  // namespace vam::ipsec
