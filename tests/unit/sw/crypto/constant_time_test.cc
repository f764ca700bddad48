#include "sw/crypto/constant_time.h"

#include <gtest/gtest.h>

namespace vam::crypto {
namespace {

TEST(ConstantTimeTest, EveryByteAndTheLengthCount) {
  const std::vector<uint8_t> a(16, 7);
  EXPECT_TRUE(ConstantTimeEqual(a, std::vector<uint8_t>(16, 7)));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(a, Bytes(a).first(15)));
  for (size_t i = 0; i < a.size(); ++i) {
    std::vector<uint8_t> b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(ConstantTimeEqual(a, b)) << i;
  }
}

}  // namespace
}  // namespace vam::crypto
