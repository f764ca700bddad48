// The numbers of VRFs and interfaces: the same for whoever follows the same configurations.
#include "sw/config/numbering.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

Running Read(std::string_view text) { return test::Read(text).running; }

TEST(VrfNumbersTest, DefinedOnesInTheirOrder) {
  VrfNumbers numbers;
  numbers.Follow(Read("ip vrf red\nip vrf blue\ninterface A\n ip vrf forwarding blue\n"));
  EXPECT_EQ(numbers.Find(""), 0);
  EXPECT_EQ(numbers.Find("red"), 1);
  EXPECT_EQ(numbers.Find("blue"), 2);
  EXPECT_EQ(numbers.Find("green"), std::nullopt);
  EXPECT_EQ(numbers.count(), 3U);
}

TEST(VrfNumbersTest, NoNumberIsGivenTwice) {
  VrfNumbers numbers;
  numbers.Follow(Read("ip vrf red\nip vrf blue\n"));
  numbers.Follow(Read("ip vrf green\nip vrf blue\n"));
  EXPECT_EQ(numbers.Find("red"), 1) << "SAs may still name it";
  EXPECT_EQ(numbers.Find("blue"), 2);
  EXPECT_EQ(numbers.Find("green"), 3);
}

TEST(PortsOfTest, InterfacesWithADevice) {
  const Running running = Read(
      "interface Loopback0\n ip address 10.0.0.1 255.255.255.255\n"
      "interface g0\n device tap t0\ninterface g1\n"
      "interface g2\n device tap t2\n");
  std::vector<std::string> names;
  for (const Interface* port : PortsOf(running)) names.push_back(port->name);
  EXPECT_EQ(names, (std::vector<std::string>{"g0", "g2"}));
}

}  // namespace
}  // namespace vam::config
