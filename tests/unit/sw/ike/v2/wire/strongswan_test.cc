// Recorded messages of strongSwan 5.9.8 (tests/vectors/ike), field by field and byte for byte.
#include <gtest/gtest.h>

#include <string>

#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/unit/sw/ike/v2/wire/messages.h"
#include "tests/unit/sw/ike/v2/wire/rewrite.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Hex;
using test::Of;
using test::Recorded;
using test::Rewritten;

std::string Text(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
net::Address At(std::string_view text) { return *net::Address::Parse(text); }

Transform Enc(EncryptionId id, uint16_t bits) {
  return {TransformType::kEncryption, static_cast<uint16_t>(id), bits, false};
}
Transform Integ(IntegrityId id) { return {TransformType::kIntegrity, static_cast<uint16_t>(id)}; }
Transform Prf(PrfId id) { return {TransformType::kPrf, static_cast<uint16_t>(id)}; }
Transform Group(uint16_t id) { return {TransformType::kKeyExchange, id}; }
Transform Esn(uint16_t id) { return {TransformType::kEsn, id}; }

// A recorded message with its payloads, which stay as long as it does.
struct Opened {
  Recorded recorded;
  Header header;
  std::vector<RawPayload> payloads;  // decrypted, if they were encrypted
};

// The plaintext of a message that came in fragments is that of all of them (RFC 7383, 2.6).
Opened Open(std::string_view file, std::string_view name) {
  Opened opened;
  for (const Recorded& recorded : test::LoadRecorded(file)) {
    if (recorded.name != std::string(file) + ": " + std::string(name)) continue;
    if (opened.recorded.wire.empty()) {
      opened.recorded = recorded;
    } else {
      Buffer& plain = opened.recorded.plain;
      plain.insert(plain.end(), recorded.plain.begin(), recorded.plain.end());
    }
  }
  const Recorded& message = opened.recorded;
  const auto header = ParseHeader(message.wire);
  EXPECT_TRUE(header.has_value()) << name;
  opened.header = *header;
  const auto payloads = message.encrypted ? ParseInner(message.first, message.plain)
                                          : ParseInner(header->next_payload,
                                                       Bytes(message.wire).subspan(kHeaderBytes));
  EXPECT_TRUE(payloads.has_value()) << name;
  opened.payloads = *payloads;
  return opened;
}

// The last of several messages of one name.
Opened OpenLast(std::string_view file, std::string_view name) {
  const std::vector<Recorded> all = test::LoadRecorded(file);
  Opened opened;
  for (const Recorded& recorded : all) {
    if (recorded.name == std::string(file) + ": " + std::string(name)) opened.recorded = recorded;
  }
  opened.header = *ParseHeader(opened.recorded.wire);
  opened.payloads =
      *ParseInner(opened.header.next_payload, Bytes(opened.recorded.wire).subspan(kHeaderBytes));
  return opened;
}

std::string Types(const std::vector<RawPayload>& payloads) {
  std::string names;
  for (const RawPayload& payload : payloads) names += Name(payload.type) + " ";
  return names;
}

constexpr char kPsk[] = "strongswan_psk.txt";
constexpr char kCert[] = "strongswan_cert.txt";

TEST(StrongSwanTest, ThereAre41Messages) {
  EXPECT_EQ(test::LoadRecorded(kPsk).size(), 29u);
  EXPECT_EQ(test::LoadRecorded(kCert).size(), 12u);
}

// Whatever our builder writes in the same form, it writes in the same bytes: all of them.
TEST(StrongSwanTest, EveryMessageIsRebuiltByteForByte) {
  for (const Recorded& message : test::LoadStrongSwan()) {
    SCOPED_TRACE(message.name);
    const auto header = ParseHeader(message.wire);
    ASSERT_TRUE(header.has_value());
    const auto chain = ParseChain(header->next_payload, Bytes(message.wire).subspan(kHeaderBytes));
    ASSERT_TRUE(chain.has_value());
    EXPECT_EQ(chain->encrypted.has_value(), message.encrypted);
    EXPECT_EQ(FindUnknownCritical(chain->payloads), nullptr);
    MessageBuilder rebuilt;
    for (const RawPayload& payload : chain->payloads) {
      EXPECT_EQ(test::Rewrite(rebuilt, payload), Rewritten::kWritten) << Name(payload.type);
    }
    if (chain->encrypted.has_value()) {
      EXPECT_EQ(chain->encrypted->first_inner, message.first);
      EXPECT_EQ(chain->encrypted->offset, kHeaderBytes);
      rebuilt.BeginEncrypted(chain->encrypted->payload.type, chain->encrypted->first_inner);
      rebuilt.Append(chain->encrypted->payload.body);
    }
    const auto whole = rebuilt.Finish(*header);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(*whole, message.wire);
  }
}

TEST(StrongSwanTest, EveryDecryptedPayloadIsRebuiltByteForByte) {
  size_t rebuilt_payloads = 0;
  std::vector<std::pair<PayloadType, Buffer>> plains;
  for (const Recorded& message : test::LoadStrongSwan()) {
    if (!message.encrypted) continue;
    const auto header = ParseHeader(message.wire);
    const bool fragment = header->next_payload == PayloadType::kEncryptedFragment;
    if (fragment && message.first == PayloadType::kNone) {
      Buffer& plain = plains.back().second;
      plain.insert(plain.end(), message.plain.begin(), message.plain.end());
    } else {
      plains.emplace_back(message.first, message.plain);
    }
  }
  for (const auto& [first, plain] : plains) {
    const auto payloads = ParseInner(first, plain);
    ASSERT_TRUE(payloads.has_value());
    MessageBuilder rebuilt;
    for (const RawPayload& payload : *payloads) {
      EXPECT_EQ(test::Rewrite(rebuilt, payload), Rewritten::kWritten) << Name(payload.type);
      ++rebuilt_payloads;
    }
    EXPECT_EQ(test::Payloads(rebuilt), plain);
  }
  EXPECT_EQ(plains.size(), 28u);
  EXPECT_EQ(rebuilt_payloads, 81u);
}

TEST(StrongSwanTest, FragmentsAreNumbered) {
  std::string numbers;
  for (const Recorded& message : test::LoadStrongSwan()) {
    const auto chain =
        ParseChain(ParseHeader(message.wire)->next_payload, Bytes(message.wire).subspan(28));
    if (!chain->encrypted.has_value() ||
        chain->encrypted->payload.type != PayloadType::kEncryptedFragment) {
      continue;
    }
    const auto fragment = ParseFragmentHeader(chain->encrypted->payload.body);
    ASSERT_TRUE(fragment.has_value());
    numbers += std::to_string(fragment->number) + "/" + std::to_string(fragment->total) + " ";
  }
  EXPECT_EQ(numbers, "1/2 2/2 1/3 2/3 3/3 1/3 2/3 3/3 ");
}

TEST(StrongSwanTest, IkeSaInit) {
  const Opened request = OpenLast(kPsk, "ike_sa_init request 0 of a");
  EXPECT_EQ(request.header.exchange, ExchangeType::kIkeSaInit);
  EXPECT_TRUE(request.header.from_initiator);
  EXPECT_FALSE(request.header.response);
  EXPECT_EQ(request.header.responder_spi, 0u);
  EXPECT_EQ(Types(request.payloads), "SA KE Nonce N N N N N ");
  const auto offer = ParseSa(*Only(request.payloads, PayloadType::kSa));
  ASSERT_TRUE(offer.has_value());
  const std::vector<Proposal> expected = {
      {1,
       Protocol::kIke,
       0,
       0,
       {Enc(EncryptionId::kAesGcm16, 256), Enc(EncryptionId::kAesGcm16, 128),
        Prf(PrfId::kHmacSha256), Group(19), Group(31)}},
      {2,
       Protocol::kIke,
       0,
       0,
       {Enc(EncryptionId::kAesCbc, 128), Integ(IntegrityId::kHmacSha256_128),
        Prf(PrfId::kHmacSha256), Group(14)}}};
  EXPECT_EQ(*offer, expected);
  const auto ke = ParseKe(*Only(request.payloads, PayloadType::kKe));
  ASSERT_TRUE(ke.has_value());
  EXPECT_EQ(ke->group, 19);
  EXPECT_EQ(ke->data.size(), 64u);
  EXPECT_EQ(ParseNonce(*Only(request.payloads, PayloadType::kNonce))->size(), 32u);
  const auto notifies = ParseNotifies(request.payloads);
  ASSERT_TRUE(notifies.has_value());
  const NotifyPayload* source = Find(*notifies, NotifyType::kNatDetectionSourceIp);
  ASSERT_NE(source, nullptr);
  EXPECT_TRUE(ParseNatDetection(source->data).has_value());
  const NotifyPayload* hashes = Find(*notifies, NotifyType::kSignatureHashAlgorithms);
  ASSERT_NE(hashes, nullptr);
  EXPECT_EQ(*ParseSignatureHashes(hashes->data), (std::vector<uint16_t>{2, 3, 4, 5}));
  EXPECT_NE(Find(*notifies, NotifyType::kIkev2FragmentationSupported), nullptr);
  EXPECT_NE(Find(*notifies, NotifyType::kRedirectSupported), nullptr);
}

TEST(StrongSwanTest, InvalidKeAndCookie) {
  const auto find = [](std::string_view file, NotifyType type) {
    for (const Recorded& message : test::LoadRecorded(file)) {
      if (message.name.find("ike_sa_init response") == std::string::npos) continue;
      const auto payloads = ParseInner(ParseHeader(message.wire)->next_payload,
                                       Bytes(message.wire).subspan(kHeaderBytes));
      const auto notifies = ParseNotifies(*payloads);
      const NotifyPayload* notify = Find(*notifies, type);
      if (notify != nullptr) return Of(notify->data);
    }
    return Buffer();
  };
  EXPECT_EQ(*ParseGroup(find(kPsk, NotifyType::kInvalidKePayload)), 19);
  EXPECT_EQ(ParseCookie(find(kCert, NotifyType::kCookie))->size(), 24u);
}

TEST(StrongSwanTest, IkeAuthWithAPresharedKey) {
  const Opened request = Open(kPsk, "ike_auth request 1 of a");
  EXPECT_EQ(request.header.message_id, 1u);
  EXPECT_EQ(Types(request.payloads), "IDi N CERTREQ IDr AUTH SA TSi TSr N N N N N ");
  const auto id = ParseId(*Only(request.payloads, PayloadType::kIdInitiator));
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->type, IdType::kFqdn);
  EXPECT_EQ(Text(id->data), "a.example.org");
  EXPECT_EQ(id->rest_of_id.size(), 17u);
  const auto auth = ParseAuth(*Only(request.payloads, PayloadType::kAuth));
  ASSERT_TRUE(auth.has_value());
  EXPECT_EQ(auth->method, AuthMethod::kSharedKey);
  EXPECT_EQ(auth->data.size(), 32u);
  const auto authorities = ParseCert(*Only(request.payloads, PayloadType::kCertRequest));
  ASSERT_TRUE(authorities.has_value());
  EXPECT_EQ(authorities->data.size(), 20u);
  const auto selectors = ParseTs(*Only(request.payloads, PayloadType::kTsResponder));
  ASSERT_TRUE(selectors.has_value());
  const std::vector<TrafficSelector> expected = {
      {6, 80, 90, At("10.2.0.0"), At("10.2.0.255")},
      {17, 0, 65535, At("10.2.0.0"), At("10.2.0.255")},
      {0, 0, 65535, At("fd02::"), At("fd02::ffff:ffff:ffff:ffff")}};
  EXPECT_EQ(*selectors, expected);
  const auto notifies = ParseNotifies(request.payloads);
  ASSERT_TRUE(notifies.has_value());
  EXPECT_NE(Find(*notifies, NotifyType::kInitialContact), nullptr);
  const NotifyPayload* more = Find(*notifies, NotifyType::kAdditionalIp4Address);
  ASSERT_NE(more, nullptr);
  EXPECT_EQ(*ParseAdditionalAddress(*more), At("198.51.100.1"));
}

TEST(StrongSwanTest, TheChosenProposalHasTheNumberOfTheOffer) {
  const Opened response = Open(kPsk, "ike_auth response 1 of b");
  EXPECT_TRUE(response.header.response);
  const Bytes body = *Only(response.payloads, PayloadType::kSa);
  const auto chosen = ParseChosenSa(body);
  ASSERT_TRUE(chosen.has_value());
  const Proposal expected = {
      2,
      Protocol::kEsp,
      0x9d54a9b6,
      4,
      {Enc(EncryptionId::kAesCbc, 256), Integ(IntegrityId::kHmacSha256_128), Esn(0)}};
  EXPECT_EQ(*chosen, expected);
  EXPECT_FALSE(ParseSa(body).has_value());
}

TEST(StrongSwanTest, RekeyingTheChildAndTheIkeSa) {
  const Opened child = Open(kPsk, "create_child_sa request 2 of a");
  EXPECT_EQ(Types(child.payloads), "N SA Nonce KE TSi TSr ");
  const auto notifies = ParseNotifies(child.payloads);
  ASSERT_TRUE(notifies.has_value());
  const NotifyPayload* rekey = Find(*notifies, NotifyType::kRekeySa);
  ASSERT_NE(rekey, nullptr);
  EXPECT_EQ(rekey->protocol, Protocol::kEsp);
  EXPECT_EQ(rekey->spi, 0x901b202fu);
  const Opened refused = Open(kPsk, "create_child_sa response 2 of b");
  const auto reason = ParseNotify(*Only(refused.payloads, PayloadType::kNotify));
  ASSERT_TRUE(reason.has_value());
  EXPECT_EQ(reason->type, NotifyType::kInvalidKePayload);
  EXPECT_EQ(*ParseGroup(reason->data), 14);
  // The second try came in two fragments; modp2048 has 256 bytes.
  const Opened again = Open(kPsk, "create_child_sa request 3 of a");
  const auto ke = ParseKe(*Only(again.payloads, PayloadType::kKe));
  ASSERT_TRUE(ke.has_value());
  EXPECT_EQ(ke->group, 14);
  EXPECT_EQ(ke->data.size(), 256u);

  const Opened ike = Open(kPsk, "create_child_sa request 5 of a");
  const auto offer = ParseSa(*Only(ike.payloads, PayloadType::kSa));
  ASSERT_TRUE(offer.has_value());
  ASSERT_EQ(offer->size(), 2u);
  EXPECT_EQ(offer->at(1).spi, 0xd87ba83a70b9a8cbu);
  EXPECT_EQ(offer->at(1).spi_bytes, 8);
}

TEST(StrongSwanTest, Deletions) {
  const Opened child = Open(kPsk, "informational request 4 of a");
  const auto one = ParseDelete(*Only(child.payloads, PayloadType::kDelete));
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->protocol, Protocol::kEsp);
  EXPECT_EQ(one->spis, std::vector<uint32_t>{0x901b202f});
  const Opened ike = Open(kPsk, "informational request 6 of a");
  const auto whole = ParseDelete(*Only(ike.payloads, PayloadType::kDelete));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->protocol, Protocol::kIke);
  EXPECT_TRUE(Open(kPsk, "informational response 6 of b").payloads.empty());
}

TEST(StrongSwanTest, IkeAuthWithCertificates) {
  const Opened request = Open(kCert, "ike_auth request 1 of a");
  EXPECT_EQ(Types(request.payloads), "IDi CERT N CERTREQ IDr AUTH CP SA TSi TSr N N N ");
  const auto cert = ParseCert(*Only(request.payloads, PayloadType::kCert));
  ASSERT_TRUE(cert.has_value());
  EXPECT_EQ(cert->encoding, CertEncoding::kX509Signature);
  EXPECT_EQ(LoadBe16(cert->data.data() + 2) + 4u, cert->data.size());  // one DER sequence
  const auto auth = ParseAuth(*Only(request.payloads, PayloadType::kAuth));
  ASSERT_TRUE(auth.has_value());
  EXPECT_EQ(auth->method, AuthMethod::kDigitalSignature);
  const auto signature = ParseDigitalSignature(auth->data);
  ASSERT_TRUE(signature.has_value());
  // sha256WithRSAEncryption (RFC 7427, A.1.2) and an RSA signature of 2048 bits.
  EXPECT_EQ(Of(signature->algorithm), Hex("300d06092a864886f70d01010b0500"));
  EXPECT_EQ(signature->signature.size(), 256u);
  const auto wishes = ParseConfiguration(*Only(request.payloads, PayloadType::kConfiguration));
  ASSERT_TRUE(wishes.has_value());
  EXPECT_EQ(wishes->type, ConfigType::kRequest);
  ASSERT_EQ(wishes->attributes.size(), 2u);
  EXPECT_TRUE(wishes->attributes[1].value.empty());

  const Opened response = Open(kCert, "ike_auth response 1 of b");
  const auto given = ParseConfiguration(*Only(response.payloads, PayloadType::kConfiguration));
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->type, ConfigType::kReply);
  const auto* v4 = Find(given->attributes, ConfigAttribute::kInternalIp4Address);
  ASSERT_NE(v4, nullptr);
  EXPECT_EQ(Of(v4->value), Hex("0a030001"));
  const auto* v6 = Find(given->attributes, ConfigAttribute::kInternalIp6Address);
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(Of(v6->value), Hex("fd030000000000000000000000000001 40"));
}

}  // namespace
}  // namespace vam::ike::v2
