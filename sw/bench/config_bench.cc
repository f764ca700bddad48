#include "sw/bench/config_bench.h"

#include <fmt/core.h>

#include <string>

#include "sw/base/check.h"
#include "sw/config/parser.h"
#include "sw/net/address.h"

namespace vam::bench {
namespace {

std::string V4(uint32_t address) { return net::ToString(net::Address::V4(address)); }

// Ten lines: `i` makes them differ from all others.
std::string TenLines(uint32_t i) {
  std::string text = fmt::format("crypto map m {} ipsec-manual\n set peer {}\n match address {}\n",
                                 i % 65'535 + 1, V4(0xC6000001 + i), 100 + i % 2);
  for (uint32_t j = 3 * i; j < 3 * i + 3; ++j) {
    text += fmt::format("ip route {} 255.255.255.0 192.168.0.2\n", V4(0x0B000000 + 256 * j));
    text += fmt::format("access-list {} permit ip host {} any\n", 100 + j % 3, V4(0x0A000001 + j));
  }
  return text + fmt::format("arp {} 0200.0000.0001 arpa\n", V4(0x0C000000 + i));
}

}  // namespace

std::vector<Figure> MeasureConfigLoad(const Clock& clock, uint32_t lines) {
  std::string text;
  for (uint32_t i = 0; i < lines / 10; ++i) text += TenLines(i);
  const uint64_t begin = clock.MonotonicNs();
  const auto parsed = config::Parse(text);
  const uint64_t end = clock.MonotonicNs();
  VAM_CHECK(std::holds_alternative<config::Parsed>(parsed));
  const double seconds = static_cast<double>(end - begin) / static_cast<double>(kNsPerSecond);
  return {{"config.load_seconds", seconds, "s", {{"lines", std::to_string(lines / 10 * 10)}}}};
}

}  // namespace vam::bench
