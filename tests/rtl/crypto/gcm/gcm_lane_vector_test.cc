// NIST CAVP and Wycheproof AES-GCM through gcm_lane, with negatives bred from each record.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "Vgcm_lane_test_v.h"
#include "tests/rtl/crypto/gcm/gcm_lane_driver.h"
#include "tests/support/seed.h"
#include "tests/support/vectors.h"

namespace vam::test {
namespace {

using Lane = GcmLaneDriver<Vgcm_lane_test_v>;

GcmPacket ToPacket(const GcmVector& vector, bool decrypt) {
  GcmPacket packet;
  packet.decrypt = decrypt;
  packet.key = vector.key;
  std::copy_n(vector.iv.begin(), 12, packet.nonce.begin());
  packet.aad = vector.aad;
  packet.text = decrypt ? vector.ct : vector.pt;
  return packet;
}

// As a receiver compares: the first bytes of the full tag.
bool TagMatches(const GcmVector& vector, const Block& tag) {
  return std::equal(vector.tag.begin(), vector.tag.end(), tag.begin());
}

// All records as a receiver meets them, and the valid ones as a sender makes them.
void ExpectVectorsHold(const std::vector<GcmVector>& vectors) {
  Lane lane(TestSeed());
  for (const GcmVector& v : vectors) {
    lane.Push(ToPacket(v, true));
    if (v.valid) lane.Push(ToPacket(v, false));
  }
  ASSERT_TRUE(lane.Run()) << lane.broken();
  size_t at = 0;
  for (const GcmVector& v : vectors) {
    const GcmAnswer& received = lane.answers()[at++];
    ASSERT_EQ(TagMatches(v, received.tag), v.valid) << v.source;
    if (!v.valid) continue;
    ASSERT_EQ(received.text, v.pt) << v.source;
    const GcmAnswer& sent = lane.answers()[at++];
    ASSERT_EQ(sent.text, v.ct) << v.source;
    ASSERT_TRUE(TagMatches(v, sent.tag)) << v.source;
  }
}

// The parts of a record in which one flipped bit must make a receiver refuse it.
using Part = std::vector<uint8_t> GcmVector::*;
constexpr Part kParts[] = {&GcmVector::key, &GcmVector::iv, &GcmVector::aad, &GcmVector::ct,
                           &GcmVector::tag};

void ExpectNegativesFail(const std::vector<GcmVector>& vectors) {
  std::mt19937_64 rng(TestSeed());
  std::vector<GcmVector> bred;
  for (const GcmVector& v : vectors) {
    if (!v.valid) continue;
    for (const Part part : kParts) {
      if ((v.*part).empty()) continue;
      GcmVector& negative = bred.emplace_back(v);
      const size_t bit = rng() % (8 * (v.*part).size());
      (negative.*part)[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    }
  }
  ASSERT_GE(bred.size(), 3 * vectors.size() / 2);
  Lane lane(TestSeed());
  for (const GcmVector& v : bred) lane.Push(ToPacket(v, true));
  ASSERT_TRUE(lane.Run()) << lane.broken();
  for (size_t i = 0; i < bred.size(); ++i) {
    ASSERT_FALSE(TagMatches(bred[i], lane.answers()[i].tag)) << bred[i].source << " with a flip";
  }
}

class CavpByKey : public ::testing::TestWithParam<size_t> {
 protected:
  // The records of this key size that the lane takes.
  static std::vector<GcmVector> Records() {
    static const std::vector<GcmVector> all = LoadCavpGcm();
    std::vector<GcmVector> some = Only96BitIv(all);
    EXPECT_EQ(all.size(), 47250u);
    EXPECT_EQ(some.size(), 15750u);
    std::erase_if(some, [](const GcmVector& v) { return v.key.size() != GetParam(); });
    EXPECT_EQ(some.size(), 5250u);
    return some;
  }
};

TEST_P(CavpByKey, VectorsHold) {
  const std::vector<GcmVector> records = Records();
  const auto refused =
      std::count_if(records.begin(), records.end(), [](const GcmVector& v) { return !v.valid; });
  EXPECT_GT(refused, 1000) << "the decrypt files hold failures";
  ExpectVectorsHold(records);
}
TEST_P(CavpByKey, NegativesFail) { ExpectNegativesFail(Records()); }

INSTANTIATE_TEST_SUITE_P(KeyBytes, CavpByKey, ::testing::Values(16, 24, 32),
                         ::testing::PrintToStringParamName());

std::vector<GcmVector> WycheproofRecords() {
  const std::vector<GcmVector> all = LoadWycheproofGcm();
  EXPECT_EQ(all.size(), 316u);
  std::vector<GcmVector> some = Only96BitIv(all);
  EXPECT_EQ(some.size(), 197u);
  return some;
}

TEST(WycheproofGcm, VectorsHold) { ExpectVectorsHold(WycheproofRecords()); }
TEST(WycheproofGcm, NegativesFail) { ExpectNegativesFail(WycheproofRecords()); }

}  // namespace
}  // namespace vam::test
