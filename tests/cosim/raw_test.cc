// Raw AEAD operations: published vectors, negatives bred from them, random operations against
// OpenSSL.
#include <gtest/gtest.h>

#include <map>

#include "tests/cosim/bench.h"
#include "tests/support/vectors.h"

namespace vam::test {
namespace {

class RawTest : public CosimTest {};
VAM_COSIM_SUITE(RawTest);

void Append(ByteVector& out, const ByteVector& more) {
  out.insert(out.end(), more.begin(), more.end());
}

Op MakeOp(map::SqeOp op, uint32_t handle, const GcmVector& v, const ByteVector& text,
          const ByteVector& tag) {
  Op o{.op = op, .handle = handle, .src = v.aad, .dst_size = text.size() + 64};
  o.src.resize((v.aad.size() + 15) / 16 * 16);
  Append(o.src, text);
  Append(o.src, tag);
  o.raw = driver::RawFields{.aad_size = static_cast<uint16_t>(v.aad.size()),
                            .tag_size = static_cast<uint8_t>(v.tag.size()),
                            .iv = {}};
  std::copy(v.iv.begin(), v.iv.end(), o.raw->iv.begin());
  return o;
}

// Runs vectors in groups: as many keys at once as the group has.
class VectorRun {
 public:
  explicit VectorRun(Bench& bench) : bench_(bench) {}

  void Run(const std::vector<GcmVector>& vectors) {
    constexpr size_t kGroup = 200;
    for (size_t first = 0; first < vectors.size(); first += kGroup) {
      const size_t count = std::min(kGroup, vectors.size() - first);
      Group(std::span(vectors).subspan(first, count));
      if (testing::Test::HasFailure()) return;
    }
    // The card takes no empty source: those records stay with the tests of the lane.
    std::printf("%zu operations, %zu without any source byte left out\n", ran_, empty_);
  }

 private:
  struct Expected {
    Reason reason;
    ByteVector bytes;
    std::string source;
  };

  void Ask(const Op& op, Reason reason, ByteVector bytes, const std::string& source) {
    if (op.src.empty()) {
      ++empty_;
      return;
    }
    ops_.push_back(op);
    expected_.push_back({reason, std::move(bytes), source});
  }

  void Group(std::span<const GcmVector> vectors) {
    ops_.clear();
    expected_.clear();
    std::map<ByteVector, uint32_t> handles;
    for (const GcmVector& v : vectors) {
      if (!handles.contains(v.key)) {
        Tunnel t;
        t.key = v.key;
        handles[v.key] = bench_.Add(t.RawCtx());
      }
      const uint32_t handle = handles[v.key];
      const Op open = MakeOp(map::SqeOp::kRawOpen, handle, v, v.ct, v.tag);
      if (!v.valid) {
        Ask(open, Reason::kIcvFailed, {}, v.source);
        continue;
      }
      Ask(open, Reason::kOk, v.pt, v.source);
      ByteVector sealed = v.ct;
      Append(sealed, v.tag);
      Ask(MakeOp(map::SqeOp::kRawSeal, handle, v, v.pt, {}), Reason::kOk, sealed, v.source);
      // One flipped bit somewhere in associated data, text or tag.
      Op bad = open;
      const size_t at = bench_.rng().Below(v.aad.size() + v.ct.size() + v.tag.size());
      const size_t padding = (v.aad.size() + 15) / 16 * 16 - v.aad.size();
      bad.src[at < v.aad.size() ? at : at + padding] ^= 0x20;
      Ask(bad, Reason::kIcvFailed, {}, v.source);
    }
    const auto answers = bench_.Run(ops_);
    for (size_t i = 0; i < answers.size(); ++i) {
      ASSERT_EQ(ReasonName(answers[i].reason), ReasonName(expected_[i].reason))
          << expected_[i].source;
      ASSERT_EQ(answers[i].bytes, expected_[i].bytes) << expected_[i].source;
    }
    ran_ += answers.size();
    for (const auto& [key, handle] : handles) {
      ASSERT_EQ(bench_.Admin(bench_.device().sas().BeginDelete(handle)).reason, Reason::kOk);
    }
  }

  Bench& bench_;
  std::vector<Op> ops_;
  std::vector<Expected> expected_;
  size_t ran_ = 0;
  size_t empty_ = 0;
};

TEST_P(RawTest, NistCavp) {
  Bench bench(GetParam());
  std::vector<GcmVector> vectors = Only96BitIv(LoadCavpGcm());
  ASSERT_GT(vectors.size(), 15000u);
  if (IsRtl()) {
    // All of them run through the lane in tests/rtl/crypto; here every seventh goes all the way,
    // another seventh on each card.
    std::vector<GcmVector> some;
    for (size_t i = GetParam() == "rtl" ? 0 : 3; i < vectors.size(); i += 7) {
      some.push_back(vectors[i]);
    }
    vectors = some;
  }
  VectorRun(bench).Run(vectors);
}

TEST_P(RawTest, Wycheproof) {
  Bench bench(GetParam());
  VectorRun(bench).Run(Only96BitIv(LoadWycheproofGcm()));
}

// The packets of draft-mcgrew-gcm-test-01 in RFC 4106 form: associated data of 8 and 12 bytes.
TEST_P(RawTest, EspDraftMcgrew) {
  Bench bench(GetParam());
  const auto vectors = LoadGcmFile(VAM_SOURCE_DIR "/tests/vectors/esp_gcm_mcgrew.rsp", false);
  ASSERT_EQ(vectors.size(), 14u);
  VectorRun(bench).Run(vectors);
}

TEST_P(RawTest, RandomAgainstOpenssl) {
  Bench bench(GetParam());
  Rng& rng = bench.rng();
  std::vector<GcmVector> vectors;
  for (int i = 0; i < 200; ++i) {
    GcmVector v;
    v.key = RandomBytes(rng, 16 + 8 * rng.Below(3));
    v.iv = RandomBytes(rng, 12);
    v.aad = RandomBytes(rng, rng.Below(70));
    v.pt = RandomBytes(rng, rng.Below(400));
    ByteVector sealed = Seal(v.key, v.iv, v.aad, v.pt);
    v.ct.assign(sealed.begin(), sealed.begin() + static_cast<ptrdiff_t>(v.pt.size()));
    const size_t tag = 4 + rng.Below(13);
    v.tag.assign(sealed.end() - 16, sealed.end() - 16 + static_cast<ptrdiff_t>(tag));
    v.source = "random " + std::to_string(i);
    vectors.push_back(v);
  }
  VectorRun(bench).Run(vectors);
}

}  // namespace
}  // namespace vam::test
