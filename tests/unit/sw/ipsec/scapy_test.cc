// Scapy opens what the engine seals, and the reverse: every suite in every shape.
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
using test::Shape;

struct Case {
  Suite suite;
  Shape shape = Shape::kTunnel44;
  bool esn = false;
  uint64_t initial_seq = 0;
};

// How scapy_esp.py calls an algorithm.
std::string NameOf(const EncryptionInfo& info) {
  const std::string name(info.name);
  if (info.kind == CipherKind::kGmac) return "AES-GMAC";
  if (info.kind == CipherKind::kNull || info.kind == CipherKind::kNone) return "NULL";
  if (name == "des_cbc") return "DES";
  if (name == "3des_cbc") return "3DES";
  if (name == "chacha20_poly1305") return "CHACHA20-POLY1305";
  return name.starts_with("aes_cbc")   ? "AES-CBC"
         : name.starts_with("aes_ctr") ? "AES-CTR"
         : name.starts_with("aes_gcm") ? "AES-GCM"
                                       : "AES-CCM";
}
std::string NameOf(Integrity integrity) {
  switch (integrity) {
    case Integrity::kNone:
      return "none";
    case Integrity::kHmacMd5_96:
      return "HMAC-MD5-96";
    case Integrity::kHmacSha1_96:
      return "HMAC-SHA1-96";
    case Integrity::kHmacSha256_128:
      return "SHA2-256-128";
    case Integrity::kHmacSha384_192:
      return "SHA2-384-192";
    case Integrity::kHmacSha512_256:
      return "SHA2-512-256";
    case Integrity::kAesXcbc96:
      return "AES-XCBC-96";
    case Integrity::kAesCmac96:
      return "AES-CMAC-96";
    default:
      return "GMAC";
  }
}

SaParams SaOf(const Case& c, Direction direction) {
  SaParams params = MakeSa(direction, c.suite, c.shape);
  params.esn = c.esn;
  params.initial_seq = c.initial_seq;
  const bool covered =
      c.suite.integrity != Integrity::kNone || InfoOf(c.suite.encryption).combined();
  if (direction == Direction::kIn && covered) params.replay_window = 64;
  return params;
}

std::string Line(const Case& c, uint64_t sequence, const Buffer& inner) {
  const SaParams sa = SaOf(c, Direction::kOut);
  const EncryptionInfo& encryption = InfoOf(c.suite.encryption);
  const bool tunnel = sa.mode == Mode::kTunnel;
  return "proto=" + std::string(sa.protocol == Protocol::kEsp ? "esp" : "ah") +
         " crypt=" + NameOf(encryption) + " key=" + FormatHex(sa.key_material.bytes()) +
         " icv=" + std::to_string(encryption.icv_bytes) + " auth=" + NameOf(c.suite.integrity) +
         " authkey=" + FormatHex(sa.auth_key.bytes()) + " tunnel=" +
         (!tunnel                  ? "none"
          : test::OuterV6(c.shape) ? "6"
                                   : "4") +
         " spi=" + std::to_string(sa.spi.value) + " seq=" + std::to_string(sequence) +
         " esn=" + (c.esn ? "1" : "0") + " inner=" + FormatHex(inner);
}

std::string Command(const std::string& mode, const std::string& path) {
  return "/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/ipsec/scapy_esp.py " + mode + " " +
         path;
}

// AES-GCM in the card's own form at many lengths, every suite in every shape at few.
struct Plan {
  std::vector<Case> cases;
  std::vector<size_t> lengths;
};

Plan Gcm() {
  Plan plan;
  plan.cases = {{{Encryption::kAesGcm128Icv16}, Shape::kTunnel44, false, 0},
                {{Encryption::kAesGcm128Icv16}, Shape::kTunnel44, true, 0xffffffe0},
                {{Encryption::kAesGcm192Icv16}, Shape::kTunnel44, false, 1000},
                {{Encryption::kAesGcm256Icv16}, Shape::kTunnel44, true, 0x500000000}};
  for (size_t size = 28; size < 100; ++size) plan.lengths.push_back(size);
  plan.lengths.insert(plan.lengths.end(), {576, 1400, 1446, 2048, 9000});
  return plan;
}

Plan Everything() {
  Plan plan;
  plan.lengths = {28, 41, 42, 43, 44, 63, 576};
  bool esn = false;
  for (const Suite& suite : test::AllSuites()) {
    const bool covered = suite.integrity != Integrity::kNone || InfoOf(suite.encryption).combined();
    for (const Shape shape : test::kShapes) {
      plan.cases.push_back(
          {suite, shape, covered && esn, covered && esn ? uint64_t{0x7fffffffc} : uint64_t{6}});
      esn = !esn;
    }
    esn = !esn;  // the next suite has the other numbers in the same shape
  }
  return plan;
}

void ScapyOpens(const Plan& plan, const std::string& name) {
  const std::string path = testing::TempDir() + "vam_scapy_open_" + name + ".txt";
  std::ofstream file(path);
  for (const Case& c : plan.cases) {
    Runner runner;
    const SaParams params = SaOf(c, Direction::kOut);
    const SaRef ref = runner.Add(params);
    uint64_t sequence = c.initial_seq;
    for (const size_t size : plan.lengths) {
      const Buffer inner = MakeInner(c.shape, size);
      const Ran ran = runner.Send(params, ref, inner);
      ASSERT_EQ(ran.reason, Reason::kOk);
      file << Line(c, ++sequence, inner) << " outer=" << FormatHex(ran.out) << "\n";
    }
  }
  file.close();
  EXPECT_EQ(std::system(Command("open", path).c_str()), 0);
}

// Scapy sends AH as if a routing header had one stop left, so it must have one: the code is over
// the addresses in the order in which they arrive.
Buffer InnerForScapy(const Case& c, size_t size) {
  constexpr size_t kSegmentsLeftAt = 40 + 8 + 3;
  Buffer inner = MakeInner(c.shape, size);
  if (c.suite.encryption == Encryption::kNone && c.shape == Shape::kTransport6) {
    inner[kSegmentsLeftAt] = 1;
  }
  return inner;
}

void EngineOpens(const Plan& plan, const std::string& name) {
  const std::string path = testing::TempDir() + "vam_scapy_seal_" + name + ".txt";
  std::ofstream file(path);
  for (const Case& c : plan.cases) {
    uint64_t sequence = c.initial_seq;
    for (const size_t size : plan.lengths) {
      file << Line(c, ++sequence, InnerForScapy(c, size)) << "\n";
    }
  }
  file.close();
  std::FILE* pipe = popen(Command("seal", path).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<char> line(40000);
  for (const Case& c : plan.cases) {
    SCOPED_TRACE(test::NameOf(c.suite) + " shape " + std::to_string(static_cast<int>(c.shape)));
    Runner runner;
    const SaParams params = SaOf(c, Direction::kIn);
    runner.Add(params);
    for (const size_t size : plan.lengths) {
      ASSERT_NE(std::fgets(line.data(), static_cast<int>(line.size()), pipe), nullptr);
      const std::string text(line.data());
      const auto outer = ParseHex(std::string_view(text).substr(0, text.size() - 1));
      ASSERT_TRUE(outer.has_value());
      const Ran ran = runner.Receive(params, *outer);
      ASSERT_EQ(ReasonName(ran.reason), "ok") << size;
      EXPECT_EQ(FormatHex(ran.out), FormatHex(InnerForScapy(c, size)));
    }
  }
  EXPECT_EQ(pclose(pipe), 0);
}

TEST(ScapyTest, OpensWhatTheEngineSeals) { ScapyOpens(Gcm(), "gcm"); }
TEST(ScapyTest, TheEngineOpensWhatScapySeals) { EngineOpens(Gcm(), "gcm"); }
TEST(ScapyTest, OpensEverySuiteInEveryShape) { ScapyOpens(Everything(), "all"); }
TEST(ScapyTest, TheEngineOpensEverySuiteInEveryShape) { EngineOpens(Everything(), "all"); }

}  // namespace
}  // namespace vam::ipsec
