// A peer in Python (ipcomp_peer.py) opens what the engine compresses, and the reverse.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::Ran;
using test::Runner;
using test::Shape;

constexpr uint32_t kCpi = 0x3039;

struct Case {
  Compression algorithm;
  Shape shape;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const CompressionInfo& info : Compressions()) {
    for (const Shape shape : test::kShapes) cases.push_back({info.id, shape});
  }
  return cases;
}

bool IsTransport(const Case& c) {
  return c.shape == Shape::kTransport4 || c.shape == Shape::kTransport6;
}

SaParams SaOf(const Case& c, Direction direction) {
  SaParams params =
      test::MakeSa(direction, {Encryption::kNone, Integrity::kNone, c.algorithm}, c.shape);
  params.protocol = Protocol::kIpComp;
  params.spi = Spi{kCpi};
  return params;
}

// Letters and digits that repeat near, far (4,000 bytes: further than Linux's window) and not at
// all.
Buffer Inner(const Case& c, size_t size) {
  Buffer packet = MakeInner(c.shape, size);
  const size_t start = std::min(packet.size(), ParseIp(packet)->upper.offset + 8);
  for (size_t i = start; i < packet.size(); ++i) {
    packet[i] = i >= 4000 + start ? packet[i - 4000] : static_cast<uint8_t>('a' + packet[i] % 26);
    if (i % 40 > 20 && i >= start + 33) packet[i] = packet[i - 33];
  }
  return packet;
}

std::string Line(const Case& c, const Buffer& inner) {
  return "alg=" + std::string(InfoOf(c.algorithm).name) +
         " mode=" + (IsTransport(c) ? "transport" : "tunnel") + " cpi=" + std::to_string(kCpi) +
         " inner=" + FormatHex(inner);
}

std::string Command(const std::string& mode, const std::string& path) {
  return "/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/ipsec/ipcomp_peer.py " + mode + " " +
         path;
}

constexpr size_t kLengths[] = {28, 89, 90, 91, 92, 93, 94, 95, 96, 97, 120, 576, 1400, 2048, 9000};

TEST(IpCompPeerTest, OpensWhatTheEngineCompresses) {
  const std::string path = testing::TempDir() + "vam_ipcomp_open.txt";
  std::ofstream file(path);
  for (const Case& c : Cases()) {
    Runner runner;
    const SaRef ref = runner.Add(SaOf(c, Direction::kOut));
    for (const size_t size : kLengths) {
      const Buffer inner = Inner(c, size);
      const Ran ran = runner.Run(Op::kIpCompOut, ref, inner);
      ASSERT_EQ(ReasonName(ran.reason), "ok");
      file << Line(c, inner) << " outer=" << FormatHex(ran.out) << "\n";
    }
    // The peer saw packets of both kinds.
    const IpCompStats stats = runner.Query(ref).ipcomp;
    EXPECT_GE(stats.compressed, 5u);
    EXPECT_GE(stats.not_compressed + stats.compress_failed, 1u);
  }
  file.close();
  EXPECT_EQ(std::system(Command("open", path).c_str()), 0);
}

TEST(IpCompPeerTest, TheEngineOpensWhatItCompresses) {
  const std::string path = testing::TempDir() + "vam_ipcomp_pack.txt";
  std::ofstream file(path);
  constexpr size_t kShort[] = {28, 89, 120, 576, 1400};
  // The peer's tunnel is IPv4.
  const auto skipped = [](const Case& c) {
    return c.shape == Shape::kTunnel46 || c.shape == Shape::kTunnel66;
  };
  for (const Case& c : Cases()) {
    if (skipped(c)) continue;
    for (const size_t size : kShort) file << Line(c, Inner(c, size)) << "\n";
  }
  file.close();
  std::FILE* pipe = popen(Command("pack", path).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<char> line(40000);
  for (const Case& c : Cases()) {
    if (skipped(c)) continue;
    Runner runner;
    runner.Add(SaOf(c, Direction::kIn));
    for (const size_t size : kShort) {
      SCOPED_TRACE(std::string(InfoOf(c.algorithm).name) + " " + std::to_string(size));
      ASSERT_NE(std::fgets(line.data(), static_cast<int>(line.size()), pipe), nullptr);
      const std::string text(line.data());
      const auto outer = ParseHex(text.substr(0, text.find('\n')));
      ASSERT_TRUE(outer.has_value()) << text;
      const Ran ran = runner.Run(Op::kIpCompIn, SaRef::None(), *outer);
      ASSERT_EQ(ReasonName(ran.reason), "ok");
      ASSERT_EQ(FormatHex(ran.out), FormatHex(Inner(c, size)));
    }
  }
  EXPECT_EQ(pclose(pipe), 0);
}

}  // namespace
}  // namespace vam::ipsec
