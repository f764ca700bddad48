#include "tests/cosim/traffic.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sw/base/bytes.h"

namespace vam::test {
namespace {

constexpr size_t kInnerBytes = 1200;
// Long enough that random bytes never hold it by chance.
constexpr size_t kMarkerBytes = 12;

}  // namespace

Traffic::Traffic(const std::string& backend, const driver::DeviceOptions& options)
    : bench_(backend, options) {}

void Traffic::Start(size_t count) {
  bench_.FreeAll();
  packets_.clear();
  tunnel_ = Tunnel::Random(bench_.rng());
  tunnel_.window = 1024;
  out_ = bench_.Add(tunnel_.OutboundCtx());
  bench_.Add(tunnel_.InboundCtx());
  received_ = tunnel_.initial_seq;
  last_sent_ = 0;
  std::vector<Op> ops;
  for (size_t i = 0; i < count; ++i) {
    packets_.push_back({.kind = static_cast<Kind>(i % 3),
                        .inner = MakeInner({.size = kInnerBytes}, bench_.rng())});
    ops.push_back(Make(packets_.back()));
  }
  burst_.emplace(bench_, std::move(ops));
  ASSERT_EQ(burst_->Submit(), count);
}

Op Traffic::Make(const Packet& packet) {
  if (packet.kind == Kind::kOut) return EspOut(out_, packet.inner);
  Op op = EspIn(tunnel_, Encapsulate(tunnel_, packet.inner, ++received_));
  if (packet.kind == Kind::kForged) op.src.back() ^= 1;
  return op;
}

bool Traffic::Poll() {
  return burst_->Poll([this](const driver::Completion& done) { Account(done); });
}

void Traffic::GiveUp() {
  burst_->GiveUp([this](const driver::Completion& done) { Account(done); });
}

void Traffic::Account(const driver::Completion& completion) {
  Packet& packet = packets_[completion.cookie];
  packet.ended = true;
  packet.reason = completion.reason;
  if (completion.reason != Reason::kOk) return;
  const Answer answer = burst_->Collect(completion);
  if (packet.kind == Kind::kOut) ExpectOutbound(answer.bytes, packet.inner);
  if (packet.kind == Kind::kIn) {
    EXPECT_EQ(answer.bytes, packet.inner);
  }
  EXPECT_NE(packet.kind, Kind::kForged) << "a forged packet was taken";
}

// The packet says which number it has; numbers may be missing but never come twice or late.
void Traffic::ExpectOutbound(const ByteVector& outer, const ByteVector& inner) {
  ASSERT_GE(outer.size(), 28u);
  const uint32_t ahead = LoadBe32(&outer[24]) - static_cast<uint32_t>(tunnel_.initial_seq);
  EXPECT_GT(ahead, last_sent_);
  last_sent_ = ahead;
  EXPECT_EQ(outer, Encapsulate(tunnel_, inner, tunnel_.initial_seq + ahead));
}

void Traffic::ExpectAccounted() {
  for (size_t i = 0; i < packets_.size(); ++i) {
    EXPECT_TRUE(packets_[i].ended) << "packet " << i << " vanished";
    if (packets_[i].reason != Reason::kOk) ExpectNothingLeaked(packets_[i], burst_->Look(i));
  }
}

void Traffic::ExpectNothingLeaked(const Packet& packet, const Bench::Memory& memory) {
  EXPECT_TRUE(memory.guards_untouched) << ReasonName(packet.reason);
  const ByteVector& bytes = memory.destination;
  if (packet.kind == Kind::kForged) {
    EXPECT_TRUE(memory.untouched) << "plaintext of a forged packet, " << ReasonName(packet.reason);
  }
  if (packet.kind != Kind::kOut) return;
  for (size_t at = 20; at + kMarkerBytes <= packet.inner.size(); at += kMarkerBytes) {
    const auto marker = packet.inner.begin() + static_cast<ptrdiff_t>(at);
    EXPECT_EQ(std::search(bytes.begin(), bytes.end(), marker, marker + kMarkerBytes), bytes.end())
        << "clear bytes of an outbound packet, " << ReasonName(packet.reason);
  }
}

void Traffic::ExpectLost(const std::vector<driver::LostSa>& lost) const {
  EXPECT_EQ(lost.size(), 2u);
  for (const driver::LostSa& sa : lost) EXPECT_EQ(sa.sa_id, tunnel_.sa_id);
}

size_t Traffic::ended(Reason reason) const {
  return static_cast<size_t>(std::ranges::count_if(
      packets_, [reason](const Packet& p) { return p.ended && p.reason == reason; }));
}

void Traffic::ExpectWorks() {
  ASSERT_TRUE(bench_.queue().Restart().has_value());
  const Tunnel fresh = Tunnel::Random(bench_.rng());
  bench_.FreeAll();
  const uint32_t handle = bench_.Add(fresh.OutboundCtx());
  bench_.Add(fresh.InboundCtx());
  const ByteVector inner = MakeInner({.size = kInnerBytes}, bench_.rng());
  const ByteVector outer = Encapsulate(fresh, inner, fresh.initial_seq + 1);
  const std::array<Op, 2> ops{EspOut(handle, inner), EspIn(fresh, outer)};
  const std::vector<Answer> answers = bench_.Run(ops);
  EXPECT_EQ(answers[0].bytes, outer);
  EXPECT_EQ(answers[1].bytes, inner);
}

}  // namespace vam::test
