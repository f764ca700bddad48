// Scapy as an independent reader of what the card made, and as an independent sender of what it
// must take.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "sw/base/bytes.h"
#include "tests/cosim/bench.h"

namespace vam::test {
namespace {

class ScapyTest : public CosimTest {};
VAM_COSIM_SUITE(ScapyTest);

// One line per packet: key and salt, SPI, ESN flag, whole sequence number, inner packet, outer
// packet.
std::string Line(const Tunnel& t, uint64_t seq, const ByteVector& inner, const ByteVector& outer) {
  ByteVector key = t.key;
  key.insert(key.end(), t.salt.begin(), t.salt.end());
  return FormatHex(key) + ' ' + std::to_string(t.spi) + ' ' + (t.esn ? "1 " : "0 ") +
         std::to_string(seq) + ' ' + FormatHex(inner) + ' ' + FormatHex(outer) + '\n';
}

int RunScript(const char* mode, const std::string& in, const std::string& out) {
  const std::string command = std::string("/usr/bin/python3 ") + VAM_SOURCE_DIR +
                              "/tests/cosim/scapy_peer.py " + mode + ' ' + in + ' ' + out;
  return std::system(command.c_str());
}

// Three key sizes, each with 32-bit numbers and with extended ones that pass 2^32 on the way.
std::vector<Tunnel> Tunnels(Rng& rng) {
  std::vector<Tunnel> tunnels;
  for (size_t i = 0; i < 6; ++i) {
    Tunnel t = Tunnel::Random(rng);
    t.key = RandomBytes(rng, 16 + 8 * (i / 2));
    t.esn = i % 2 == 1;
    t.fixed_tos.reset();
    t.initial_seq = t.esn ? (i + 1) * 0x1'0000'0000 - 4 : 1000 * i;
    tunnels.push_back(t);
  }
  return tunnels;
}

TEST_P(ScapyTest, ReadsPacketsOfTheCard) {
  Bench bench(GetParam());
  const std::string base = testing::TempDir() + "cosim_scapy_read_" + GetParam();
  std::ofstream file(base + ".in");
  for (const Tunnel& t : Tunnels(bench.rng())) {
    const uint32_t handle = bench.Add(t.OutboundCtx());
    uint64_t seq = t.initial_seq;
    for (const size_t size : {20u, 21u, 22u, 23u, 64u, 333u, 1400u}) {
      const ByteVector inner = MakeInner({.size = size}, bench.rng());
      const Answer answer = bench.Run(EspOut(handle, inner));
      ASSERT_EQ(answer.reason, Reason::kOk);
      file << Line(t, ++seq, inner, answer.bytes);
    }
  }
  file.close();
  EXPECT_EQ(RunScript("read", base + ".in", base + ".out"), 0);
}

TEST_P(ScapyTest, TakesPacketsOfScapy) {
  Bench bench(GetParam());
  const std::string base = testing::TempDir() + "cosim_scapy_make_" + GetParam();
  std::ofstream file(base + ".in");
  struct Sent {
    Tunnel tunnel;
    ByteVector inner;
  };
  std::vector<Sent> sent;
  for (const Tunnel& t : Tunnels(bench.rng())) {
    bench.Add(t.InboundCtx());
    uint64_t seq = t.initial_seq;
    for (const size_t size : {20u, 21u, 22u, 23u, 64u, 333u, 1400u}) {
      const ByteVector inner = MakeInner({.size = size}, bench.rng());
      ByteVector header(20);
      StoreBe32(&header[12], t.src);
      StoreBe32(&header[16], t.dst);
      file << Line(t, ++seq, inner, header);
      sent.push_back({t, inner});
    }
  }
  file.close();
  ASSERT_EQ(RunScript("make", base + ".in", base + ".out"), 0);
  std::ifstream made(base + ".out");
  std::string line;
  size_t n = 0;
  while (std::getline(made, line)) {
    ASSERT_LT(n, sent.size());
    const auto outer = ParseHex(line);
    ASSERT_TRUE(outer.has_value());
    const Answer answer = bench.Run(EspIn(sent[n].tunnel, *outer));
    ASSERT_EQ(ReasonName(answer.reason), "ok") << n;
    EXPECT_EQ(answer.bytes, sent[n].inner);
    ++n;
  }
  EXPECT_EQ(n, sent.size());
}

}  // namespace
}  // namespace vam::test
