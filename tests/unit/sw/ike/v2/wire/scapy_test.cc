// Scapy dissects what we build, and we parse what Scapy builds: both say the same in words. What
// Scapy cannot do is said in scapy_ikev2.py.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/ike/v2/wire/messages.h"
#include "tests/unit/sw/ike/v2/wire/rewrite.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Recorded;
using test::Rewritten;

constexpr size_t kMessages = 300;

template <typename T>
std::string Number(T value) {
  return std::to_string(static_cast<uint64_t>(value));
}

std::string SaText(Bytes body) {
  std::vector<Proposal> proposals;
  if (const auto offer = ParseSa(body); offer.has_value()) {
    proposals = *offer;
  } else {
    const auto chosen = ParseChosenSa(body);
    EXPECT_TRUE(chosen.has_value());
    if (chosen.has_value()) proposals = {*chosen};
  }
  std::string text;
  for (const Proposal& proposal : proposals) {
    std::array<char, 17> spi{};
    std::snprintf(spi.data(), spi.size(), "%0*llx", 2 * proposal.spi_bytes,
                  static_cast<unsigned long long>(proposal.spi));
    if (!text.empty()) text += "; ";
    text += Number(proposal.number) + " " + Number(proposal.protocol) + " " +
            (proposal.spi_bytes == 0 ? "-" : spi.data());
    for (const Transform& transform : proposal.transforms) {
      text += " " + Number(transform.type) + "/" + Number(transform.id) + "/" +
              Number(transform.key_bits);
    }
  }
  return text;
}

std::string TsText(Bytes body) {
  std::string text;
  const auto selectors = ParseTs(body);
  EXPECT_TRUE(selectors.has_value());
  for (const TrafficSelector& selector : selectors.value_or(std::vector<TrafficSelector>())) {
    if (!text.empty()) text += "; ";
    text += Number(selector.protocol) + " " + Number(selector.first_port) + " " +
            Number(selector.last_port) + " " + FormatHex(selector.first.bytes()) + " " +
            FormatHex(selector.last.bytes());
  }
  return text;
}

std::string CpText(Bytes body) {
  const auto configuration = ParseConfiguration(body);
  EXPECT_TRUE(configuration.has_value());
  if (!configuration.has_value()) return "";
  std::string text = Number(configuration->type);
  for (const ConfigurationAttribute& attribute : configuration->attributes) {
    text += " " + Number(attribute.type) + "=" + FormatHex(attribute.value);
  }
  return text;
}

// A number and bytes, as most payloads have them.
template <typename T, typename N>
std::string Pair(const Result<T>& parsed, const N& number, Bytes T::*data) {
  EXPECT_TRUE(parsed.has_value());
  return parsed.has_value() ? Number(number(*parsed)) + " " + FormatHex((*parsed).*data) : "";
}

std::string TextOf(const RawPayload& payload) {
  const Bytes body = payload.body;
  switch (payload.type) {
    case PayloadType::kSa:
      return SaText(body);
    case PayloadType::kTsInitiator:
    case PayloadType::kTsResponder:
      return TsText(body);
    case PayloadType::kConfiguration:
      return CpText(body);
    case PayloadType::kKe:
      return Pair(
          ParseKe(body), [](const auto& ke) { return ke.group; }, &KeyExchangePayload::data);
    case PayloadType::kIdInitiator:
    case PayloadType::kIdResponder:
      return Pair(
          ParseId(body), [](const auto& id) { return id.type; }, &IdPayload::data);
    case PayloadType::kCert:
    case PayloadType::kCertRequest:
      return Pair(
          ParseCert(body), [](const auto& cert) { return cert.encoding; }, &CertPayload::data);
    case PayloadType::kAuth:
      return Pair(
          ParseAuth(body), [](const auto& auth) { return auth.method; }, &AuthPayload::data);
    case PayloadType::kNotify:
      return Pair(
          ParseNotify(body), [](const auto& notify) { return notify.type; }, &NotifyPayload::data);
    case PayloadType::kEncryptedFragment: {
      const auto fragment = ParseFragmentHeader(body);
      EXPECT_TRUE(fragment.has_value());
      return Number(fragment->number) + "/" + Number(fragment->total) + " " +
             FormatHex(body.subspan(kFragmentHeaderBytes));
    }
    default:
      return FormatHex(body);
  }
}

std::string Describe(const Buffer& message) {
  const auto header = ParseHeader(message);
  EXPECT_TRUE(header.has_value());
  std::array<uint8_t, kHeaderBytes> bytes{};
  BuildHeader(*header, bytes);
  const Bytes spis(bytes);
  std::string text = FormatHex(spis.first(8)) + " " + FormatHex(spis.subspan(8, 8)) + " " +
                     Number(header->major_version * 16 + header->minor_version) + " " +
                     Number(header->exchange) + " " + Number(bytes[19]) + " " +
                     Number(header->message_id) + " " + Number(header->length);
  const auto chain = ParseChain(header->next_payload, Bytes(message).subspan(kHeaderBytes));
  EXPECT_TRUE(chain.has_value());
  if (!chain.has_value()) return text;
  std::vector<RawPayload> payloads = chain->payloads;
  if (chain->encrypted.has_value()) payloads.push_back(chain->encrypted->payload);
  for (const RawPayload& payload : payloads) {
    std::string line = " | " + Number(payload.type) + " " + TextOf(payload);
    while (line.ends_with(' ')) line.pop_back();
    text += line;
  }
  return text;
}

std::vector<std::string> RunScapy(const std::string& arguments) {
  const std::string command =
      "/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/ike/v2/wire/scapy_ikev2.py " + arguments;
  std::FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::vector<std::string> lines;
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else {
      lines.push_back(std::exchange(line, {}));
    }
  }
  EXPECT_EQ(pclose(pipe), 0);
  return lines;
}

// Messages of every payload, with random contents.
class Maker {
 public:
  Maker() : random_(vam::test::TestSeed()) {}

  Buffer Message() {
    MessageBuilder message;
    for (size_t i = Up(8); i > 0; --i) Payload(message);
    if (Up(5) == 0) {
      const bool fragment = Up(2) == 0;
      message.BeginEncrypted(fragment ? PayloadType::kEncryptedFragment : PayloadType::kEncrypted,
                             PayloadType::kAuth);
      if (fragment) AppendFragmentHeader(message, {1, static_cast<uint16_t>(Up(9) + 1)});
      message.Append(Some(1, 80));
    }
    Header header;
    header.initiator_spi = random_();
    header.responder_spi = random_();
    header.exchange = static_cast<ExchangeType>(34 + Up(5));
    header.from_initiator = Up(2) == 0;
    header.response = Up(2) == 0;
    header.message_id = static_cast<uint32_t>(random_());
    const auto whole = message.Finish(header);
    EXPECT_TRUE(whole.has_value());
    return whole.value_or(Buffer());
  }

 private:
  size_t Up(size_t bound) { return random_() % bound; }
  Buffer Some(size_t least, size_t most) {
    Buffer bytes(least + Up(most - least + 1));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
    return bytes;
  }
  void Payload(MessageBuilder& message) {
    switch (Up(12)) {
      case 0:
        return Sa(message);
      case 1:
        return AddKe(message, static_cast<uint16_t>(random_()), Some(1, 100));
      case 2:
        return AddId(message, PayloadType::kIdInitiator, IdType::kKeyId, Some(1, 30));
      case 3:
        return AddId(message, PayloadType::kIdResponder, IdType::kIpv6, Some(16, 16));
      case 4:
        return AddCert(message, PayloadType::kCertRequest, CertEncoding::kOcsp, Some(1, 60));
      case 5:
        return AddAuth(message, AuthMethod::kDigitalSignature, Some(1, 100));
      case 6:
        return message.Add(PayloadType::kNonce, Some(16, 256));
      case 7:
        return AddNotify(message, static_cast<NotifyType>(random_()), Some(0, 40));
      case 8:
        return AddDelete(message, Protocol::kEsp, std::vector<uint32_t>{1, 2, 3});
      case 9:
        return Ts(message);
      case 10:
        return message.Add(PayloadType::kVendorId, Some(1, 40));
      default:
        return AddConfiguration(message, {ConfigType::kReply,
                                          {{ConfigAttribute::kInternalIp4Address, Some(4, 4)},
                                           {ConfigAttribute::kInternalIp6Dns, Some(16, 16)},
                                           {ConfigAttribute::kInternalIp4Nbns, {}}}});
    }
  }
  void Sa(MessageBuilder& message) {
    std::vector<Proposal> offer(1 + Up(4));
    for (size_t i = 0; i < offer.size(); ++i) {
      offer[i].number = static_cast<uint8_t>(i + 1);
      offer[i].protocol = Up(2) == 0 ? Protocol::kIke : Protocol::kEsp;
      offer[i].spi_bytes = offer[i].protocol == Protocol::kEsp ? 4 : Up(2) == 0 ? 8 : 0;
      if (offer[i].spi_bytes != 0) offer[i].spi = random_() >> (64 - 8 * offer[i].spi_bytes);
      for (size_t t = 1 + Up(6); t > 0; --t) {
        offer[i].transforms.push_back({static_cast<TransformType>(1 + Up(5)),
                                       static_cast<uint16_t>(random_()),
                                       static_cast<uint16_t>(Up(2) * 128), false});
      }
    }
    AddSa(message, offer);
  }
  void Ts(MessageBuilder& message) {
    std::vector<TrafficSelector> selectors(1 + Up(5));
    for (TrafficSelector& selector : selectors) {
      const size_t size = Up(2) == 0 ? 4 : 16;
      selector.protocol = static_cast<uint8_t>(random_());
      selector.first_port = static_cast<uint16_t>(random_());
      selector.first = *net::Address::FromBytes(Some(size, size));
      selector.last = *net::Address::FromBytes(Some(size, size));
      if (selector.last < selector.first) std::swap(selector.first, selector.last);
    }
    AddTs(message, Up(2) == 0 ? PayloadType::kTsInitiator : PayloadType::kTsResponder, selectors);
  }

  std::mt19937_64 random_;
};

void ScapyAgrees(const std::vector<Buffer>& messages, const std::string& name) {
  const std::string path = testing::TempDir() + "vam_scapy_ikev2_" + name + ".txt";
  std::ofstream file(path);
  for (const Buffer& message : messages) file << FormatHex(message) << "\n";
  file.close();
  const std::vector<std::string> lines = RunScapy("dissect " + path);
  ASSERT_EQ(lines.size(), messages.size());
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(Describe(messages[i]), lines[i]) << i;
}

TEST(ScapyTest, SeesInOurMessagesWhatWeSee) {
  Maker maker;
  std::vector<Buffer> messages;
  for (size_t i = 0; i < kMessages; ++i) messages.push_back(maker.Message());
  ScapyAgrees(messages, "ours");
}

TEST(ScapyTest, SeesInRecordedMessagesWhatWeSee) {
  std::vector<Buffer> messages;
  std::vector<std::pair<PayloadType, Buffer>> plains;
  for (const Recorded& message : test::LoadStrongSwan()) {
    messages.push_back(message.wire);
    if (!message.encrypted) continue;
    if (message.first == PayloadType::kNone) {
      if (message.plain.empty()) continue;
      plains.back().second.insert(plains.back().second.end(), message.plain.begin(),
                                  message.plain.end());
    } else {
      plains.emplace_back(message.first, message.plain);
    }
  }
  // What was decrypted, as a message in clear. Scapy misreads notifies with an SPI.
  for (const auto& [first, plain] : plains) {
    const auto payloads = ParseInner(first, plain);
    ASSERT_TRUE(payloads.has_value());
    const auto notifies = ParseNotifies(*payloads);
    ASSERT_TRUE(notifies.has_value());
    if (Find(*notifies, NotifyType::kRekeySa) != nullptr) continue;
    MessageBuilder message;
    for (const RawPayload& payload : *payloads) message.Add(payload.type, payload.body);
    const auto whole = message.Finish({});
    ASSERT_TRUE(whole.has_value());
    messages.push_back(*whole);
  }
  EXPECT_GT(messages.size(), 55u);
  ScapyAgrees(messages, "recorded");
}

TEST(ScapyTest, WeSeeInItsMessagesWhatItSees) {
  const std::vector<std::string> lines =
      RunScapy("build " + std::to_string(kMessages) + " " + std::to_string(vam::test::TestSeed()));
  ASSERT_EQ(lines.size(), kMessages);
  size_t payloads = 0;
  for (const std::string& line : lines) {
    const size_t blank = line.find(' ');
    const Buffer bytes = test::Hex(std::string_view(line).substr(0, blank));
    ASSERT_EQ(Describe(bytes), line.substr(blank + 1));
    // And what we write in its place are its bytes.
    const auto header = ParseHeader(bytes);
    const auto chain = ParseChain(header->next_payload, Bytes(bytes).subspan(kHeaderBytes));
    MessageBuilder rebuilt;
    for (const RawPayload& payload : chain->payloads) {
      EXPECT_EQ(test::Rewrite(rebuilt, payload),
                payload.type == PayloadType::kVendorId ? Rewritten::kOpaque : Rewritten::kWritten);
      ++payloads;
    }
    if (chain->encrypted.has_value()) {
      rebuilt.BeginEncrypted(chain->encrypted->payload.type, chain->encrypted->first_inner);
      rebuilt.Append(chain->encrypted->payload.body);
    }
    const auto whole = rebuilt.Finish(*header);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(*whole, bytes);
  }
  EXPECT_GT(payloads, 800u);
}

}  // namespace
}  // namespace vam::ike::v2
