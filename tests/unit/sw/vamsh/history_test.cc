#include "sw/vamsh/history.h"

#include <gtest/gtest.h>

namespace vam::vamsh {
namespace {

TEST(HistoryTest, LinesWithoutAKeyAreKept) {
  EXPECT_TRUE(MayBeKept("show crypto ipsec sa peer 192.0.2.1"));
  EXPECT_TRUE(MayBeKept("arp 192.0.2.1 0200.0000.0001 arpa"));
  EXPECT_TRUE(MayBeKept("set transform-set deadbeef"));
}

TEST(HistoryTest, AKeyIsNotKeptHoweverTheLineIsAbbreviated) {
  const std::string key = "000102030405060708090A0B0C0D0E0Fa0a1a2a3";
  EXPECT_FALSE(MayBeKept("set session-key inbound esp 300 cipher " + key));
  EXPECT_FALSE(MayBeKept("set sess inb esp 300 ciph " + key));
  EXPECT_FALSE(MayBeKept("set sess inb esp 300 ciph 0x" + key + " "));
  EXPECT_FALSE(MayBeKept(key));
  EXPECT_FALSE(MayBeKept("set session-key inbound esp 300 cipher typo"));
}

}  // namespace
}  // namespace vam::vamsh
