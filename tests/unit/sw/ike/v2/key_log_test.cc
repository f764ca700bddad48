// The key log over whole machines: what it writes opens what was on the wire, by libcrypto alone.
#include "sw/ike/v2/key_log.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <map>
#include <sstream>
#include <string>

#include "tests/ike/network.h"

namespace vam::ike::v2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string TextOf(const WipedLine& line) {
  const Bytes bytes = line.bytes().subspan(1);
  return std::string(bytes.begin(), bytes.end());
}
// Lines for one file.
std::vector<std::string> LinesFor(api::KeyLogFile file, const std::vector<WipedLine>& lines) {
  std::vector<std::string> out;
  for (const WipedLine& line : lines) {
    if (line.bytes()[0] == static_cast<uint8_t>(file)) out.push_back(TextOf(line));
  }
  return out;
}
// Fields of a line of a table: separated by commas, which are in no name.
std::vector<std::string> FieldsOf(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) {
    std::erase(field, '"');
    fields.push_back(field);
  }
  if (line.ends_with(',')) fields.emplace_back();
  return fields;
}
std::vector<uint8_t> Unhex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = text.starts_with("0x") ? 2 : 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// RFC 5282: key, then salt; the IV is behind the generic header, the header is authenticated.
bool Opens(const std::vector<uint8_t>& key, Bytes message) {
  constexpr size_t kHead = kHeaderBytes + kPayloadHeaderBytes, kIv = 8, kTag = 16;
  if (message.size() < kHead + kIv + kTag || key.size() != 36) return false;
  std::vector<uint8_t> nonce(key.end() - 4, key.end());
  nonce.insert(nonce.end(), message.begin() + kHead, message.begin() + kHead + kIv);
  const Bytes text = message.subspan(kHead + kIv, message.size() - kHead - kIv - kTag);
  std::vector<uint8_t> tag(message.end() - kTag, message.end());
  std::vector<uint8_t> plain(text.size());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int got = 0;
  EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), nonce.data());
  EVP_DecryptUpdate(context, nullptr, &got, message.data(), kHead);
  EVP_DecryptUpdate(context, plain.data(), &got, text.data(), static_cast<int>(text.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTag, tag.data());
  const bool good = EVP_DecryptFinal_ex(context, plain.data(), &got) == 1;
  EVP_CIPHER_CTX_free(context);
  return good;
}

struct Watched {
  explicit Watched(uint64_t seed) : net(seed) {
    net.a.record.also = &log;
    net.on_packet = [this](size_t, const test::Side& from, std::vector<uint8_t>& bytes) {
      packets.emplace_back(&from == &net.a, bytes);
      return true;
    };
  }
  Core& core() { return net.a.machine.core(); }
  void Rekey() {
    RekeyIke(core(), *net.a.Up());
    net.a.machine.Poll();
    net.Run();
  }
  // Encrypted messages that no logged key opens.
  size_t Unreadable(const std::vector<std::string>& ike) {
    size_t unreadable = 0;
    for (const auto& [of_a, bytes] : packets) {
      const auto header = ParseHeader(bytes);
      if (header->exchange == ExchangeType::kIkeSaInit) continue;
      bool read = false;
      for (const std::string& line : ike) {
        const auto fields = FieldsOf(line);
        std::ostringstream spi;
        spi << std::hex;
        spi.width(16);
        spi.fill('0');
        spi << header->initiator_spi;
        if (fields.at(0) != spi.str()) continue;
        read |= Opens(Unhex(fields.at(header->from_initiator ? 2 : 3)), bytes);
      }
      unreadable += read ? 0 : 1;
    }
    return unreadable;
  }

  test::Network net;
  KeyLog log;
  std::vector<std::pair<bool, std::vector<uint8_t>>> packets;
};

TEST(KeyLogTest, NothingIsKeptUntilItIsSwitchedOn) {
  Watched w(1);
  w.net.a.Acquire(1);
  w.net.Run();
  EXPECT_TRUE(w.log.empty());
  EXPECT_THAT(w.log.Take(), SizeIs(0));
}
TEST(KeyLogTest, TheKeysOpenEveryMessage) {
  Watched w(2);
  w.log.Set(true, w.core());
  w.net.a.Acquire(1);
  w.net.Run();
  w.Rekey();
  w.Rekey();
  ASSERT_NE(w.net.a.Up(), nullptr);
  const auto lines = w.log.Take();
  const auto ike = LinesFor(api::KeyLogFile::kIke, lines);
  ASSERT_THAT(ike, SizeIs(3));  // the first one, and those that rekeying made
  for (const std::string& line : ike) {
    EXPECT_THAT(line, MatchesRegex("[0-9a-f]{16},[0-9a-f]{16},[0-9a-f]{72},[0-9a-f]{72},"
                                   "\"AES-GCM-256 with 16 octet ICV \\[RFC5282\\]\",,,"
                                   "\"NONE \\[RFC4306\\]\""));
  }
  EXPECT_GT(w.packets.size(), 6u);
  EXPECT_EQ(w.Unreadable(ike), 0u);
  EXPECT_NE(w.Unreadable({ike[0]}), 0u);
}
TEST(KeyLogTest, TheResponderHasThemToo) {
  Watched w(3);
  w.net.a.record.also = nullptr;
  w.net.b.record.also = &w.log;
  w.log.Set(true, w.net.b.machine.core());
  w.net.a.Acquire(1);
  w.net.Run();
  w.Rekey();
  const auto ike = LinesFor(api::KeyLogFile::kIke, w.log.Take());
  ASSERT_THAT(ike, SizeIs(2));
  EXPECT_EQ(w.Unreadable(ike), 0u);
}
TEST(KeyLogTest, EspSasAsTheForwarderGetsThem) {
  Watched w(4);
  w.log.Set(true, w.core());
  w.net.a.Acquire(1);
  w.net.Run();
  const auto esp = LinesFor(api::KeyLogFile::kEsp, w.log.Take());
  ASSERT_THAT(esp, SizeIs(2));
  std::map<std::string, std::vector<std::string>> by_source;
  for (const std::string& line : esp) by_source[FieldsOf(line).at(1)] = FieldsOf(line);
  for (const auto& [id, sa] : w.net.a.fwd.sas()) {
    const bool out = sa.direction == api::FastDirection::kOut;
    const auto& fields = by_source.at(out ? "192.0.2.1" : "192.0.2.2");
    ASSERT_EQ(fields.size(), 8u);
    EXPECT_EQ(fields[0], "IPv4");
    EXPECT_EQ(fields[2], out ? "192.0.2.2" : "192.0.2.1");
    EXPECT_EQ(std::stoul(fields[3], nullptr, 16), sa.spi);
    EXPECT_EQ(fields[4], "AES-GCM with 16 octet ICV [RFC4106]");
    EXPECT_EQ(Unhex(fields[5]),
              std::vector<uint8_t>(sa.key.begin(), sa.key.begin() + sa.key_length));
    EXPECT_EQ(fields[6], "NULL");
  }
}
TEST(KeyLogTest, SwitchedOnLaterItBeginsWithWhatIsThere) {
  Watched w(5);
  w.net.a.Acquire(1);
  w.net.Run();
  w.log.Set(true, w.core());
  w.log.Set(true, w.core());  // it is on already
  const auto lines = w.log.Take();
  EXPECT_THAT(LinesFor(api::KeyLogFile::kIke, lines), SizeIs(1));
  EXPECT_THAT(LinesFor(api::KeyLogFile::kEsp, lines), SizeIs(0));
  EXPECT_EQ(w.Unreadable(LinesFor(api::KeyLogFile::kIke, lines)), 0u);
}
TEST(KeyLogTest, SwitchedOffWhatWaitsIsForgotten) {
  Watched w(6);
  w.log.Set(true, w.core());
  w.net.a.Acquire(1);
  w.net.Run();
  EXPECT_FALSE(w.log.empty());
  w.log.Set(false, w.core());
  EXPECT_TRUE(w.log.empty());
  w.Rekey();
  EXPECT_TRUE(w.log.empty());
}
TEST(KeyLogTest, EveryAlgorithmHasALineAndFitsIt) {
  KeyLog log;
  test::Network net(7);
  log.Set(true, net.a.machine.core());
  for (int encryption = 0; encryption <= 31; ++encryption) {
    for (int integrity = 0; integrity <= 10; ++integrity) {
      api::SaInstall install{};
      install.protocol = 50;
      install.spi = 0x01020304;
      install.endpoints.local = ToFast(*net::Address::Parse("2001:db8:1111:2222:3333:4444:5555:1"));
      install.endpoints.remote =
          ToFast(*net::Address::Parse("2001:db8:1111:2222:3333:4444:5555:2"));
      install.direction = api::FastDirection::kOut;
      install.encryption = static_cast<api::FastEncryption>(encryption);
      install.integrity = static_cast<api::FastIntegrity>(integrity);
      install.key_length = install.auth_length = 64;
      log.Installing(install);
    }
  }
  for (const WipedLine& line : log.Take()) {
    EXPECT_LE(line.bytes().size(), api::kLongestKeyLine + 1);
    const std::string text = TextOf(line);
    if (text.starts_with("#")) {
      EXPECT_EQ(text, "# Wireshark cannot decrypt the ESP SA 0x01020304");
      continue;
    }
    EXPECT_THAT(text, AllOf(StartsWith("\"IPv6\",\"2001:db8:1111:2222:3333:4444:5555:1\",\""),
                            HasSubstr("\"0x01020304\"")));
    EXPECT_EQ(std::ranges::count(text, '"'), 16);
  }
}
TEST(KeyLogTest, ItIsBounded) {
  KeyLog log;
  test::Network net(8);
  log.Set(true, net.a.machine.core());
  api::SaInstall install{};
  install.protocol = 50;
  for (size_t i = 0; i < 2 * KeyLog::kMostQueued; ++i) log.Installing(install);
  EXPECT_THAT(log.Take(), SizeIs(KeyLog::kMostQueued));
}

}  // namespace
}  // namespace vam::ike::v2
