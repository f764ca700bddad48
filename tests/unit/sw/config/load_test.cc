// Long configurations: work that grows with the lines, not with their square.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <ctime>

#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr double kLimitSeconds = 50;
#else
constexpr double kLimitSeconds = 5;
#endif

// Processor time: the machine may be busy with other things.
Running Load(const std::string& text) {
  const std::clock_t begin = std::clock();
  auto parsed = Parse(text);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds, kLimitSeconds);
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    ADD_FAILURE() << ToString(errors->front());
    return {};
  }
  return std::get<Parsed>(parsed).running;
}
std::string V4(uint32_t address) { return net::ToString(net::Address::V4(address)); }

std::string AclLines(uint32_t list, uint32_t count) {
  std::string text;
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("access-list {} permit ip host {} any\n", list, V4(0x0A000001 + i));
  }
  return text;
}

TEST(Load, AHundredThousandLines) {
  std::string text;
  for (uint32_t i = 0; i < 500; ++i) {
    text += fmt::format("interface lan{}\n ip address {} 255.255.255.252\n mtu 1400\n", i,
                        V4(0xC0A80001 + 4 * i));
  }
  for (uint32_t i = 0; i < 8000; ++i) {
    text += fmt::format("crypto map m {} ipsec-manual\n set peer {}\n match address {}\n", i + 1,
                        V4(0xC6000001 + i), 100 + i % 3);
  }
  for (uint32_t i = 0; i < 34'500; ++i) {
    text += fmt::format("ip route {} 255.255.255.0 192.168.0.2\n", V4(0x0B000000 + 256 * i));
  }
  text += AclLines(100, 10'000) + AclLines(101, 10'000) + AclLines(102, 10'000);
  for (uint32_t i = 0; i < 10'000; ++i) {
    text += fmt::format("arp {} 0200.0000.0001 arpa\n", V4(0x0C000000 + i));
  }
  ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 100'000);
  const Running running = Load(text);
  EXPECT_EQ(running.routes.size(), 34'500u);
  EXPECT_EQ(running.acls.at(2).entries.size(), 10'000u);
  EXPECT_EQ(Load(Render(running, Keys::kShown)), running);
}

TEST(Load, AListOfTenThousandLinesTwice) {
  const std::string lines = AclLines(101, 10'000);
  EXPECT_EQ(Load(lines + lines).acls.at(0).entries.size(), 10'000u);
}

TEST(Load, LinesOfAListAreTakenBack) {
  std::string text = "ip access-list extended x\n";
  for (int i = 0; i < 10'000; ++i) text += fmt::format(" permit ip host {} any\n", V4(1 + i));
  for (int i = 0; i < 9'999; ++i) text += fmt::format(" no permit ip host {} any\n", V4(1 + i));
  EXPECT_EQ(Load(text).acls.at(0).entries.size(), 1u);
}

TEST(Load, TenThousandEntriesOfACryptoMapAndNamedLists) {
  std::string text;
  for (uint32_t i = 1; i <= 10'000; ++i) {
    text += fmt::format("crypto map m {} ipsec-manual\n set peer {}\n match address list{}\n", i,
                        V4(0xC6000001 + i), i);
    text += fmt::format("ip access-list extended list{}\n permit ip any host {}\n", i,
                        V4(0x0A000000 + i));
  }
  const Running running = Load(text);
  EXPECT_EQ(running.crypto_maps.at(0).entries.size(), 10'000u);
  EXPECT_EQ(running.acls.size(), 10'000u);
}

TEST(Load, ErrorsOfALongTextAreBounded) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ip route 1.2.3.4 nonsense\n";
  const auto parsed = Parse(text);
  EXPECT_EQ(std::get<std::vector<Diagnostic>>(parsed).size(), 101u);
  EXPECT_FALSE(std::holds_alternative<Parsed>(Parse(std::string(9 << 20, '!'))));
}

}  // namespace
}  // namespace vam::config
