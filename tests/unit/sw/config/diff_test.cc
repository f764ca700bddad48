#include "sw/config/diff.h"

#include <gmock/gmock.h>

#include "sw/config/parser.h"
#include "tests/unit/sw/config/example.h"

namespace vam::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Running Read(std::string_view text) { return std::get<Parsed>(Parse(text)).running; }
std::vector<std::string> Between(std::string_view from, std::string_view to) {
  return Differences(Read(from), Read(to));
}

TEST(Differences, OfEqualConfigurationsThereAreNone) {
  EXPECT_THAT(Between(kExample, kExample), IsEmpty());
}
TEST(Differences, StandInTheirContext) {
  EXPECT_THAT(Between("hostname a\ninterface x\n mtu 900\n shutdown\n",
                      "hostname b\ninterface x\n mtu 800\n shutdown\ninterface y\n mtu 700\n"),
              ElementsAre("-hostname a", "interface x", " -mtu 900", " +mtu 800", "+hostname b",
                          "+interface y", " +mtu 700"));
  EXPECT_THAT(Between("interface x\n mtu 900\n", ""), ElementsAre("-interface x", " -mtu 900"));
}
TEST(Differences, AMovedLineOfAnAccessListIsNamed) {
  EXPECT_THAT(Between("access-list 101 permit ip any host 1.1.1.1\n"
                      "access-list 101 permit ip any host 2.2.2.2\n"
                      "access-list 101 permit ip any host 3.3.3.3\n",
                      "access-list 101 permit ip any host 3.3.3.3\n"
                      "access-list 101 permit ip any host 1.1.1.1\n"
                      "access-list 101 permit ip any host 2.2.2.2\n"),
              ElementsAre("-access-list 101 permit ip any host 3.3.3.3",
                          "+access-list 101 permit ip any host 3.3.3.3"));
}
TEST(Differences, OfAKeyShowNoKey) {
  const std::string begin =
      "crypto map m 10 ipsec-manual\n set session-key inbound esp 300 cipher ";
  const auto lines = Between(begin + std::string(40, 'a') + "\n", begin + std::string(40, 'b'));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1].substr(2), lines[2].substr(2));
  EXPECT_EQ(lines[2].find("bbb"), std::string::npos);
}

}  // namespace
}  // namespace vam::config
