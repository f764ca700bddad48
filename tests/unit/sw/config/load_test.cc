// Long configurations: work that grows with the lines, not with their square.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <ctime>

#include "sw/base/sanitizer.h"
#include "sw/config/effective.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

#ifdef VAM_ASAN
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

// Each line of a hundred thousand is taken back, oldest first: the worst order for a vector.
TEST(Load, RoutesAndNeighboursAreTakenBack) {
  std::string text;
  for (const char* no : {"", "no "}) {
    for (uint32_t i = 0; i < 25'000; ++i) {
      text +=
          fmt::format("{}ip route {} 255.255.255.0 192.168.0.2\n", no, V4(0x0B000000 + 256 * i));
      text += fmt::format("{}arp {} 0200.0000.0001 arpa\n", no, V4(0x0C000000 + i));
    }
  }
  EXPECT_EQ(Load(text), Running());
}
TEST(Load, AHundredThousandLinesOfOneListInTheWorstOrder) {
  std::string text = "ip access-list extended x\n";
  for (uint32_t i = 50'000; i > 0; --i)
    text += fmt::format(" {} permit ip host {} any\n", i, V4(i));
  for (uint32_t i = 1; i < 50'000; ++i) text += fmt::format(" no {}\n", i);
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

// Half of them AES-GCM, half AES-CBC with HMAC; the peers share their SPIs, and no key comes twice.
TEST(Load, TenThousandManualTunnels) {
  std::string text =
      "crypto ipsec manual-counter-mode enable\n"
      "crypto ipsec transform-set G esp-gcm 256\n"
      "crypto ipsec transform-set C esp-aes 256 esp-sha256-hmac\n"
      "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
      "interface net1\n ip address 192.0.2.1 255.255.255.0\n crypto map m\n";
  const auto key = [](uint32_t i, uint32_t which) {
    return i % 2 == 0 ? fmt::format("{:063x}{}a0a1a2a3", i, which)
                      : fmt::format("{0:063x}{1} authenticator {0:064x}", i, which);
  };
  for (uint32_t i = 1; i <= 10'000; ++i) {
    text += fmt::format(
        "crypto map m {0} ipsec-manual\n set peer {1}\n set transform-set {2}\n"
        " set session-key inbound esp {3} cipher {4}\n"
        " set session-key outbound esp 256 cipher {5}\n match address 101\n",
        i, V4(0xC6000001 + i), i % 2 == 0 ? 'G' : 'C', 300 + i, key(i, 1), key(i, 2));
  }
  const Running running = Load(text);
  ASSERT_EQ(running.crypto_maps.size(), 1u);
  const auto entries = EffectiveEntries(running);
  ASSERT_EQ(entries.size(), 10'000u);
  EXPECT_EQ(entries.back().incomplete, "");
  EXPECT_EQ(Load(Render(running, Keys::kShown)), running);
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
