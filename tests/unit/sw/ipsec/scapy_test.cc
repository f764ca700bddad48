// Scapy opens what the engine seals, and the reverse.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::MakeSa;
using test::Ran;
using test::Runner;

struct Case {
  CipherSuite suite;
  bool esn;
  uint64_t initial_seq;
};

constexpr Case kCases[] = {
    {CipherSuite::kAesGcm128Icv16, false, 0},
    {CipherSuite::kAesGcm128Icv16, true, 0xffffffe0},
    {CipherSuite::kAesGcm192Icv16, false, 1000},
    {CipherSuite::kAesGcm256Icv16, true, 0x500000000},
};

std::string Line(const Case& c, uint64_t sequence, const Buffer& inner) {
  return FormatHex(MakeSa(Direction::kOut, c.suite).key_material.bytes()) + " " +
         std::to_string(0x12345678) + " " + std::to_string(sequence) + " " +
         std::to_string(c.esn ? 1 : 0) + " " + FormatHex(inner);
}

SaParams SaOf(const Case& c, Direction direction) {
  SaParams params = MakeSa(direction, c.suite);
  params.esn = c.esn;
  params.initial_seq = c.initial_seq;
  if (direction == Direction::kIn) params.replay_window = 64;
  return params;
}

std::string Command(const std::string& mode, const std::string& path) {
  return "/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/ipsec/scapy_esp.py " + mode + " " +
         path;
}

// A UDP packet whose checksums scapy would leave as they are.
std::vector<size_t> Lengths() {
  std::vector<size_t> lengths;
  for (size_t size = 20; size < 100; ++size) lengths.push_back(size);
  lengths.insert(lengths.end(), {576, 1400, 1446, 2048, 9000});
  return lengths;
}

TEST(ScapyTest, OpensWhatTheEngineSeals) {
  const std::string path = testing::TempDir() + "vam_scapy_open.txt";
  std::ofstream file(path);
  for (const Case& c : kCases) {
    Runner runner;
    const SaRef ref = runner.Add(SaOf(c, Direction::kOut));
    uint64_t sequence = c.initial_seq;
    for (const size_t size : Lengths()) {
      const Buffer inner = MakeInner(size, static_cast<uint8_t>(size));
      const Ran ran = runner.Out(ref, inner);
      ASSERT_EQ(ran.reason, Reason::kOk);
      file << Line(c, ++sequence, inner) << " " << FormatHex(ran.out) << "\n";
    }
  }
  file.close();
  EXPECT_EQ(std::system(Command("open", path).c_str()), 0);
}

TEST(ScapyTest, TheEngineOpensWhatScapySeals) {
  const std::string path = testing::TempDir() + "vam_scapy_seal.txt";
  std::ofstream file(path);
  for (const Case& c : kCases) {
    uint64_t sequence = c.initial_seq;
    for (const size_t size : Lengths()) file << Line(c, ++sequence, MakeInner(size)) << "\n";
  }
  file.close();
  std::FILE* pipe = popen(Command("seal", path).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<char> line(40000);
  for (const Case& c : kCases) {
    Runner runner;
    runner.Add(SaOf(c, Direction::kIn));
    for (const size_t size : Lengths()) {
      ASSERT_NE(std::fgets(line.data(), static_cast<int>(line.size()), pipe), nullptr);
      const std::string text(line.data());
      const auto outer = ParseHex(std::string_view(text).substr(0, text.size() - 1));
      ASSERT_TRUE(outer.has_value());
      const Ran ran = runner.In(*outer);
      ASSERT_EQ(ran.reason, Reason::kOk) << size;
      EXPECT_EQ(FormatHex(ran.out), FormatHex(MakeInner(size)));
    }
  }
  EXPECT_EQ(pclose(pipe), 0);
}

}  // namespace
}  // namespace vam::ipsec
