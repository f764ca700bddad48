#include "tests/cosim/opinions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sw/base/bytes.h"
#include "sw/ipsec/soft_engine.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

class CardOpinion final : public Opinion {
 public:
  explicit CardOpinion(const std::string& backend) : name_(backend), bench_(backend) {}

  std::string name() const override { return name_; }
  void Add(const Tunnel& tunnel, bool inbound) override {
    sas_.push_back({bench_.Add(inbound ? tunnel.InboundCtx() : tunnel.OutboundCtx()),  //
                    tunnel.vrf_tag});
  }
  std::vector<Answer> Run(std::span<const Packet> packets, size_t dst_size) override {
    std::vector<Op> ops;
    for (const Packet& packet : packets) {
      const Sa& sa = sas_[packet.sa];
      Op op{.op = packet.inbound ? map::SqeOp::kEspIn : map::SqeOp::kEspOut,
            .handle = packet.inbound ? 0 : sa.handle,
            .vrf_tag = packet.inbound ? sa.vrf_tag : uint16_t{0},
            .src = packet.bytes,
            .dst_size = dst_size};
      ops.push_back(std::move(op));
    }
    std::vector<Answer> answers = bench_.Run(ops);
    for (Answer& answer : answers) {
      const auto sa = std::ranges::find(sas_, answer.handle, &Sa::handle);
      answer.handle = sa == sas_.end() ? kNone : static_cast<uint32_t>(sa - sas_.begin());
    }
    return answers;
  }

 private:
  struct Sa {
    uint32_t handle;
    uint16_t vrf_tag;
  };
  const std::string name_;
  Bench bench_;
  std::vector<Sa> sas_;
};

ipsec::SaParams Params(const Tunnel& t, bool inbound, uint64_t id) {
  ipsec::SaParams p;
  p.id = id;
  p.direction = inbound ? ipsec::Direction::kIn : ipsec::Direction::kOut;
  p.suite.encryption = t.key.size() == 16   ? ipsec::Encryption::kAesGcm128Icv16
                       : t.key.size() == 24 ? ipsec::Encryption::kAesGcm192Icv16
                                            : ipsec::Encryption::kAesGcm256Icv16;
  p.spi = {t.spi};
  p.vrf_tag = t.vrf_tag;
  p.local = net::Address::V4(inbound ? t.dst : t.src);
  p.remote = net::Address::V4(inbound ? t.src : t.dst);
  ByteVector material = t.key;
  material.insert(material.end(), t.salt.begin(), t.salt.end());
  p.key_material = *Secret<ipsec::kKeyMaterialBytes>::From(material);
  p.esn = t.esn;
  p.replay_window = inbound ? t.window : 0;
  p.initial_seq = t.initial_seq;
  p.df_mode = static_cast<ipsec::DfMode>(t.df_mode);
  p.dscp_fixed = t.fixed_tos.has_value();
  p.dscp = static_cast<uint8_t>(t.fixed_tos.value_or(0) >> 2);
  p.ttl = t.ttl;
  return p;
}

class SoftwareOpinion final : public Opinion {
 public:
  std::string name() const override { return "software"; }
  void Add(const Tunnel& tunnel, bool inbound) override {
    const auto token = engine_.BeginAdd(Params(tunnel, inbound, sas_.size() + 1));
    ipsec::ControlDone done;
    ASSERT_TRUE(token.has_value()) << ToString(token.error());
    ASSERT_EQ(engine_.PollControl({&done, 1}), 1u);
    ASSERT_TRUE(done.status.has_value()) << ToString(done.status.error());
    sas_.push_back({done.sa, tunnel.vrf_tag});
  }
  std::vector<Answer> Run(std::span<const Packet> packets, size_t dst_size) override {
    std::vector<Answer> answers;
    for (const Packet& packet : packets) answers.push_back(RunOne(packet, dst_size));
    return answers;
  }

 private:
  struct Sa {
    ipsec::SaRef ref;
    uint16_t vrf_tag;
  };

  Answer RunOne(const Packet& packet, size_t dst_size) {
    ByteVector dst(dst_size);
    ipsec::Job job;
    job.op = packet.inbound ? ipsec::Op::kEspIn : ipsec::Op::kEspOut;
    if (!packet.inbound) job.sa = sas_[packet.sa].ref;
    job.vrf_tag = sas_[packet.sa].vrf_tag;
    job.src = packet.bytes;
    job.dst = dst;
    ipsec::Done done;
    EXPECT_EQ(engine_.Submit({&job, 1}), 1u);
    EXPECT_EQ(engine_.Poll({&done, 1}), 1u);
    const auto sa = std::ranges::find(sas_, done.sa, &Sa::ref);
    dst.resize(done.out_bytes);
    return {.reason = done.reason,
            .handle = sa == sas_.end() ? kNone : static_cast<uint32_t>(sa - sas_.begin()),
            .bytes = std::move(dst)};
  }

  ipsec::SoftEngine engine_{{}};
  std::vector<Sa> sas_;
};

}  // namespace

Opinions::Opinions(const std::vector<std::string>& backends) : rng_(TestSeed()) {
  all_.push_back(std::make_unique<SoftwareOpinion>());
  for (const std::string& backend : backends) {
    all_.push_back(std::make_unique<CardOpinion>(backend));
  }
}

size_t Opinions::Add(const Tunnel& tunnel, bool inbound) {
  for (const auto& one : all_) one->Add(tunnel, inbound);
  return sas_++;
}

std::vector<Answer> Opinions::Run(std::span<const Packet> packets, size_t dst_size) {
  const std::vector<Answer> first = all_[0]->Run(packets, dst_size);
  for (size_t i = 1; i < all_.size(); ++i) {
    const std::vector<Answer> other = all_[i]->Run(packets, dst_size);
    for (size_t n = 0; n < packets.size(); ++n) {
      const std::string where =
          all_[i]->name() + " and " + all_[0]->name() + ", packet " + std::to_string(n);
      EXPECT_EQ(ReasonName(other[n].reason), ReasonName(first[n].reason)) << where;
      EXPECT_EQ(FormatHex(other[n].bytes), FormatHex(first[n].bytes)) << where;
      // Of packets that are dropped before the lookup the card names no SA.
      if (first[n].reason == Reason::kOk) {
        EXPECT_EQ(other[n].handle, first[n].handle) << where;
      }
      if (testing::Test::HasFailure()) return first;
    }
  }
  return first;
}

void ExpectAgreementOnLengths(Opinions& all, size_t first, size_t last, size_t link_padding) {
  std::array<Tunnel, 3> tunnels;
  std::array<size_t, 3> out_sa{};
  std::array<size_t, 3> in_sa{};
  for (size_t i = 0; i < tunnels.size(); ++i) {
    Tunnel& t = tunnels[i] = Tunnel::Random(all.rng());
    t.key = RandomBytes(all.rng(), 16 + 8 * i);
    t.esn = i == 1;
    t.initial_seq = t.esn ? 0x1'ffff'ff00 : 5;
    out_sa[i] = all.Add(t, false);
    in_sa[i] = all.Add(t, true);
  }
  std::vector<Packet> out;
  std::vector<Packet> in;
  std::vector<ByteVector> inner;
  std::vector<ByteVector> outer;
  for (size_t size = first; size <= last; ++size) {
    const size_t i = size % tunnels.size();
    const InnerSpec spec{
        .size = size, .tos = static_cast<uint8_t>(size * 4), .dont_fragment = size % 2 == 1};
    inner.push_back(MakeInner(spec, all.rng()));
    const uint64_t seq = tunnels[i].initial_seq + 1 + (size - first) / tunnels.size();
    outer.push_back(Encapsulate(tunnels[i], inner.back(), seq));
    out.push_back({out_sa[i], false, inner.back()});
    in.push_back({in_sa[i], true, outer.back()});
    for (Packet* packet : {&out.back(), &in.back()}) {
      packet->bytes.insert(packet->bytes.end(), link_padding, 0xee);
    }
  }
  const size_t room = last + 128;
  const std::vector<Answer> sent = all.Run(out, room);
  const std::vector<Answer> received = all.Run(in, room);
  for (size_t n = 0; n < inner.size(); ++n) {
    ASSERT_EQ(ReasonName(sent[n].reason), "ok") << "out, " << inner[n].size() << " bytes";
    ASSERT_EQ(sent[n].bytes, outer[n]) << "out, " << inner[n].size() << " bytes";
    ASSERT_EQ(ReasonName(received[n].reason), "ok") << "in, " << inner[n].size() << " bytes";
    ASSERT_EQ(received[n].bytes, inner[n]) << "in, " << inner[n].size() << " bytes";
  }
}

}  // namespace vam::test
