// Every inner length from 2049 to 9216 bytes, as agreement_test does below: for the nightly run.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cosim/opinions.h"

namespace vam::test {
namespace {

TEST(AgreementJumboTest, EveryInnerLength) {
  constexpr size_t kStep = 512;
  Opinions all({"model", "rtl"});
  for (size_t first = 2049; first <= 9216 && !HasFailure(); first += kStep) {
    ExpectAgreementOnLengths(all, first, std::min<size_t>(first + kStep - 1, 9216), 0);
  }
}

}  // namespace
}  // namespace vam::test
