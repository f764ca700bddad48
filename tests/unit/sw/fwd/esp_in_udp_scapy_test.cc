// Scapy opens our ESP in UDP, and we open Scapy's, over both IP versions.
#include <cstdio>

#include "tests/unit/sw/fwd/natt_fixture.h"

namespace vam::fwd::test {
namespace {

std::string Scapy(const std::string& arguments) {
  const std::string command =
      "/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/fwd/scapy_natt.py " + arguments;
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  if (pipe == nullptr) return "";
  std::string said;
  std::array<char, 4096> buffer{};
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    said.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said;
}

std::string KeyOf(const api::SaInstall& sa) {
  return FormatHex(Bytes(sa.key).first(sa.key_length));
}

class EspInUdpScapyTest : public NattTest, public ::testing::WithParamInterface<bool> {};

TEST_P(EspInUdpScapyTest, OpensWhatWeSend) {
  Start(GetParam());
  SetUp2();
  const Frame packet = Protected({.payload = 333});
  const std::string key = KeyOf(ike_a.Sa(0, false, spi));
  const std::string said =
      Scapy("open " + key + " " + std::to_string(spi) + " " + FormatHex(packet));
  Frame inner = UdpPacket({.payload = 333, .ttl = 63});
  EXPECT_EQ(said, std::string("4500 4500 ") + (GetParam() ? "right " : "none ") + FormatHex(inner));
}

TEST_P(EspInUdpScapyTest, WeOpenWhatItSends) {
  Start(GetParam());
  SetUp2();
  const std::string key = KeyOf(ike_b.Sa(0, true, spi));
  const Frame inner = UdpPacket({.payload = 77});
  const std::string sealed =
      Scapy("seal " + key + " " + std::to_string(spi) + " 5 " + End(1) + " " + End(2) + " " +
            std::to_string(kNatPort) + " " + FormatHex(inner));
  const auto packet = ParseHex(sealed);
  ASSERT_TRUE(packet.has_value());
  ToB(Frame(packet->begin(), packet->end()));
  ASSERT_EQ(b.ports[0]->out.size(), 1u);
  EXPECT_EQ(Payload(b.ports[0]->out.front()), UdpPacket({.payload = 77, .ttl = 63}));
  EXPECT_TRUE(ike_b.Events(api::EventKind::kEndpointChanged).empty());
}

INSTANTIATE_TEST_SUITE_P(Ip, EspInUdpScapyTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "V6" : "V4"; });

}  // namespace
}  // namespace vam::fwd::test
