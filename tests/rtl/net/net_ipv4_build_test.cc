#include <gtest/gtest.h>

#include <array>
#include <random>

#include "Vnet_ipv4_build_test_v.h"
#include "tests/rtl/bench.h"
#include "tests/rtl/net/net_reference.h"
#include "tests/support/seed.h"

namespace vam::nettest {
namespace {

TEST(NetIpv4Build, EqualsRfc791) {
  std::mt19937_64 rng(test::TestSeed());
  Vnet_ipv4_build_test_v top;
  for (int i = 0; i < 20000; ++i) {
    auto word = [&] { return static_cast<uint32_t>(rng() % 4 == 0 ? 0xffffffff : rng()); };
    const uint32_t src = word(), dst = word();
    const auto length = static_cast<uint16_t>(word()), id = static_cast<uint16_t>(word());
    const auto tos = static_cast<uint8_t>(word()), ttl = static_cast<uint8_t>(word());
    const auto proto = static_cast<uint8_t>(word());
    const bool df = (rng() & 1) != 0;
    auto byte = [](uint32_t value, unsigned shift) { return static_cast<uint8_t>(value >> shift); };
    std::array<uint8_t, 20> want{0x45,
                                 tos,
                                 byte(length, 8),
                                 byte(length, 0),
                                 byte(id, 8),
                                 byte(id, 0),
                                 df ? uint8_t{0x40} : uint8_t{0},
                                 0,
                                 ttl,
                                 proto,
                                 0,
                                 0,
                                 byte(src, 24),
                                 byte(src, 16),
                                 byte(src, 8),
                                 byte(src, 0),
                                 byte(dst, 24),
                                 byte(dst, 16),
                                 byte(dst, 8),
                                 byte(dst, 0)};
    const auto checksum = static_cast<uint16_t>(~Sum(want));
    want[10] = byte(checksum, 8);
    want[11] = byte(checksum, 0);
    top.src_i = src, top.dst_i = dst, top.total_len_i = length, top.id_i = id;
    top.tos_i = tos, top.ttl_i = ttl, top.proto_i = proto, top.dont_fragment_i = df ? 1 : 0;
    top.eval();
    std::array<uint8_t, 20> got{};
    for (size_t at = 0; at < got.size(); ++at) got[at] = test::GetByte(top.header_o, at);
    ASSERT_EQ(got, want);
  }
}

}  // namespace
}  // namespace vam::nettest
