#include "sw/ipsec/ecn.h"

#include <gtest/gtest.h>

namespace vam::ipsec {
namespace {

constexpr int kDrop = -1;

// RFC 6040, figure 4. Rows: arriving inner Not-ECT, ECT(1), ECT(0), CE (0 to 3). Columns: arriving
// outer, in the same order.
constexpr int kFigure4[4][4] = {
    {0, 0, 0, kDrop},
    {1, 1, 1, 3},
    {2, 1, 2, 3},
    {3, 3, 3, 3},
};

TEST(EcnTest, Figure4OfRfc6040) {
  for (uint8_t inner = 0; inner < 4; ++inner) {
    for (uint8_t outer = 0; outer < 4; ++outer) {
      const auto got = EcnAfterDecapsulation(inner, outer);
      EXPECT_EQ(got.has_value() ? *got : kDrop, kFigure4[inner][outer])
          << int{inner} << " " << int{outer};
    }
  }
}

}  // namespace
}  // namespace vam::ipsec
