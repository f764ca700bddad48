#include "sw/ike/v2/wire/payloads.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;
using test::Counting;
using test::Failure;
using test::Hex;
using test::Of;
using test::Payloads;

Buffer Text(std::string_view text) { return {text.begin(), text.end()}; }

template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? ErrorCode::kInternal : result.error().code;
}

TEST(PayloadsTest, KeyExchange) {
  const Buffer body = Hex("001f 0000 0102030405");
  const auto ke = ParseKe(body);
  ASSERT_TRUE(ke.has_value());
  EXPECT_EQ(ke->group, 31);
  EXPECT_EQ(Of(ke->data), Hex("0102030405"));
  MessageBuilder message;
  AddKe(message, ke->group, ke->data);
  EXPECT_EQ(Body(message), body);
  EXPECT_EQ(CodeOf(ParseKe(Hex("001f 00"))), ErrorCode::kTruncated);
  EXPECT_EQ(CodeOf(ParseKe(Hex("001f 0000"))), ErrorCode::kMalformed);
  MessageBuilder empty;
  AddKe(empty, 31, {});
  EXPECT_EQ(Failure(empty), ErrorCode::kInvalidArgument);
}

TEST(PayloadsTest, Identities) {
  const Buffer name = Text("a.example.org");
  MessageBuilder message;
  AddId(message, PayloadType::kIdInitiator, IdType::kFqdn, name);
  const Buffer body = Body(message);
  EXPECT_EQ(body, Hex("02 000000 612e6578616d706c652e6f7267"));
  const auto id = ParseId(body);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->type, IdType::kFqdn);
  EXPECT_EQ(Of(id->data), name);
  EXPECT_EQ(Of(id->rest_of_id), body);
}

TEST(PayloadsTest, IdentitiesHaveTheDataOfTheirType) {
  for (size_t size = 0; size < 20; ++size) {
    for (unsigned type = 0; type < 256; ++type) {
      Buffer body(4 + size, 'x');
      body[0] = static_cast<uint8_t>(type);
      const bool expected = type == 1    ? size == 4
                            : type == 5  ? size == 16
                            : type == 13 ? size == 0
                                         : size > 0;
      const auto id = ParseId(body);
      ASSERT_EQ(id.has_value(), expected) << type << " of " << size;
      if (!expected) {
        EXPECT_EQ(id.error().code, ErrorCode::kMalformed);
      }
      MessageBuilder message;
      AddId(message, PayloadType::kIdResponder, static_cast<IdType>(type), Bytes(body).subspan(4));
      EXPECT_EQ(message.payloads().has_value(), expected);
    }
  }
  for (size_t size = 0; size < 4; ++size) {
    EXPECT_EQ(CodeOf(ParseId(Buffer(size, 2))), ErrorCode::kTruncated);
  }
}

TEST(PayloadsTest, NamesHaveNoControlCharacters) {
  for (const uint8_t type : std::initializer_list<uint8_t>{2, 3, 11}) {
    for (unsigned c = 0; c < 256; ++c) {
      const Buffer body = {type, 0, 0, 0, 'a', static_cast<uint8_t>(c)};
      EXPECT_EQ(ParseId(body).has_value(), type == 11 || (c >= 0x20 && c != 0x7f)) << c;
    }
  }
}

TEST(PayloadsTest, CertificatesAndRequests) {
  const Buffer body = Hex("04 3082 0001");
  const auto cert = ParseCert(body);
  ASSERT_TRUE(cert.has_value());
  EXPECT_EQ(cert->encoding, CertEncoding::kX509Signature);
  EXPECT_EQ(Of(cert->data), Hex("30820001"));
  MessageBuilder message;
  AddCert(message, PayloadType::kCertRequest, cert->encoding, cert->data);
  EXPECT_EQ(message.first(), PayloadType::kCertRequest);
  EXPECT_EQ(Body(message), body);
  EXPECT_TRUE(ParseCert(Hex("0e"))->data.empty());  // OCSP: any responder (RFC 4806, 3.1)
  EXPECT_EQ(CodeOf(ParseCert({})), ErrorCode::kTruncated);
}

TEST(PayloadsTest, Authentication) {
  const Buffer body = Hex("02 000000 aabbcc");
  const auto auth = ParseAuth(body);
  ASSERT_TRUE(auth.has_value());
  EXPECT_EQ(auth->method, AuthMethod::kSharedKey);
  EXPECT_EQ(Of(auth->data), Hex("aabbcc"));
  MessageBuilder message;
  AddAuth(message, auth->method, auth->data);
  EXPECT_EQ(Body(message), body);
  EXPECT_EQ(CodeOf(ParseAuth(Hex("02 0000"))), ErrorCode::kTruncated);
}

TEST(PayloadsTest, DigitalSignatures) {
  // RFC 7427, 3, with ecdsa-with-SHA256 of its appendix A.3.2.
  const Buffer body = Hex("0e 000000  0c 300a06082a8648ce3d040302  01020304");
  const auto auth = ParseAuth(body);
  ASSERT_TRUE(auth.has_value());
  const auto signature = ParseDigitalSignature(auth->data);
  ASSERT_TRUE(signature.has_value());
  EXPECT_EQ(Of(signature->algorithm), Hex("300a06082a8648ce3d040302"));
  EXPECT_EQ(Of(signature->signature), Hex("01020304"));
  MessageBuilder message;
  AddDigitalSignature(message, *signature);
  EXPECT_EQ(Body(message), body);
  EXPECT_EQ(CodeOf(ParseDigitalSignature({})), ErrorCode::kTruncated);
  EXPECT_EQ(CodeOf(ParseDigitalSignature(Hex("03 0102"))), ErrorCode::kTruncated);
  EXPECT_EQ(CodeOf(ParseDigitalSignature(Hex("02 0102"))), ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf(ParseDigitalSignature(Hex("00 0102"))), ErrorCode::kMalformed);
  MessageBuilder long_algorithm;
  const Buffer bytes(256);
  AddDigitalSignature(long_algorithm, {bytes, bytes});
  EXPECT_EQ(Failure(long_algorithm), ErrorCode::kInvalidArgument);
}

TEST(PayloadsTest, NoncesHave16To256Bytes) {
  for (size_t size = 0; size < 300; ++size) {
    const Buffer body(size);
    const auto nonce = ParseNonce(body);
    ASSERT_EQ(nonce.has_value(), size >= 16 && size <= 256) << size;
    if (!nonce.has_value()) {
      EXPECT_EQ(nonce.error().code, ErrorCode::kMalformed);
    }
  }
}

TEST(PayloadsTest, Notifies) {
  MessageBuilder message;
  AddNotify(message, NotifyType::kCookie, Hex("aabb"));
  EXPECT_EQ(Body(message), Hex("00 00 4006 aabb"));
  MessageBuilder rekey;
  AddNotify(rekey, NotifyType::kRekeySa, Protocol::kEsp, 0xc0ffee01);
  const Buffer body = Body(rekey);
  EXPECT_EQ(body, Hex("03 04 4009 c0ffee01"));
  const auto notify = ParseNotify(body);
  ASSERT_TRUE(notify.has_value());
  EXPECT_EQ(notify->protocol, Protocol::kEsp);
  EXPECT_EQ(notify->spi, 0xc0ffee01u);
  EXPECT_EQ(notify->spi_bytes, 4);
  EXPECT_EQ(notify->type, NotifyType::kRekeySa);
  EXPECT_TRUE(notify->data.empty());
  const auto ike = ParseNotify(Hex("01 08 4000 0102030405060708"));
  ASSERT_TRUE(ike.has_value());
  EXPECT_EQ(ike->spi, 0x0102030405060708u);
}

TEST(PayloadsTest, ANotifysSpiIsOfItsProtocol) {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    for (const unsigned spi_bytes : {0u, 1u, 3u, 4u, 5u, 8u, 16u, 255u}) {
      Buffer body(4 + spi_bytes, 7);
      body[0] = static_cast<uint8_t>(protocol);
      body[1] = static_cast<uint8_t>(spi_bytes);
      const auto notify = ParseNotify(body);
      const bool expected = spi_bytes == 0 || (protocol == 1 && spi_bytes == 8) ||
                            ((protocol == 2 || protocol == 3) && spi_bytes == 4);
      ASSERT_EQ(notify.has_value(), expected) << protocol << " " << spi_bytes;
      if (!expected) {
        EXPECT_EQ(notify.error().code, ErrorCode::kMalformed);
      } else if (spi_bytes == 0) {
        EXPECT_EQ(notify->protocol, Protocol::kNone);  // MUST be ignored (3.10)
      }
    }
  }
  EXPECT_EQ(CodeOf(ParseNotify(Hex("00 00 40"))), ErrorCode::kTruncated);
  EXPECT_EQ(CodeOf(ParseNotify(Hex("03 04 4009 c0ffee"))), ErrorCode::kTruncated);
  MessageBuilder message;
  AddNotify(message, NotifyType::kRekeySa, Protocol::kIke, 1);
  EXPECT_EQ(Failure(message), ErrorCode::kInvalidArgument);
}

TEST(PayloadsTest, AllNotifiesOfAMessage) {
  MessageBuilder message;
  AddNotify(message, NotifyType::kInitialContact);
  message.Add(PayloadType::kVendorId, Hex("01"));
  AddNotify(message, NotifyType::kUseTransportMode);
  Buffer bytes = Payloads(message);
  auto chain = ParseChain(message.first(), bytes);
  const auto notifies = ParseNotifies(chain->payloads);
  ASSERT_TRUE(notifies.has_value());
  ASSERT_EQ(notifies->size(), 2u);
  EXPECT_EQ(Find(*notifies, NotifyType::kUseTransportMode), &notifies->at(1));
  EXPECT_EQ(Find(*notifies, NotifyType::kCookie), nullptr);
  message.Add(PayloadType::kNotify, Hex("03 04 4009"));
  bytes = Payloads(message);
  chain = ParseChain(message.first(), bytes);
  EXPECT_EQ(CodeOf(ParseNotifies(chain->payloads)), ErrorCode::kTruncated);
}

TEST(PayloadsTest, Deletes) {
  MessageBuilder message;
  const std::vector<uint32_t> spis = {0xc0ffee01, 2};
  AddDelete(message, Protocol::kEsp, spis);
  const Buffer body = Body(message);
  EXPECT_EQ(body, Hex("03 04 0002 c0ffee01 00000002"));
  const auto deletion = ParseDelete(body);
  ASSERT_TRUE(deletion.has_value());
  EXPECT_EQ(deletion->protocol, Protocol::kEsp);
  EXPECT_EQ(deletion->spis, spis);
  MessageBuilder ike;
  AddDeleteIke(ike);
  EXPECT_EQ(Body(ike), Hex("01 00 0000"));
  const auto whole = ParseDelete(Hex("01 00 0000"));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->protocol, Protocol::kIke);
  EXPECT_TRUE(whole->spis.empty());
}

TEST(PayloadsTest, BrokenDeletesAreMalformed) {
  for (const char* hex :
       {"00 00 0000", "04 04 0001 00000001", "03 04 0000", "03 00 0000", "03 04 0001",
        "03 04 0001 000000", "03 04 0001 0000000100", "03 04 0002 00000001",
        "03 08 0001 0000000000000001", "03 00 0001", "01 00 0001", "01 08 0001 0000000000000001",
        "01 00 0000 00", "01 08 0000", "03 04 ffff 00000001"}) {
    EXPECT_EQ(CodeOf(ParseDelete(Hex(hex))), ErrorCode::kMalformed) << hex;
  }
  EXPECT_EQ(CodeOf(ParseDelete(Hex("03 04 00"))), ErrorCode::kTruncated);
  std::vector<uint32_t> spis(kMaxSpis, 5);
  MessageBuilder most;
  AddDelete(most, Protocol::kAh, spis);
  Buffer body = Body(most);
  EXPECT_EQ(ParseDelete(body)->spis, spis);
  body.insert(body.end(), 4, 0);
  StoreBe16(body.data() + 2, kMaxSpis + 1);
  EXPECT_EQ(CodeOf(ParseDelete(body)), ErrorCode::kMalformed);
  spis.push_back(5);
  MessageBuilder too_many, none, wrong;
  AddDelete(too_many, Protocol::kAh, spis);
  EXPECT_EQ(Failure(too_many), ErrorCode::kInvalidArgument);
  AddDelete(none, Protocol::kAh, {});
  EXPECT_EQ(Failure(none), ErrorCode::kInvalidArgument);
  AddDelete(wrong, Protocol::kIke, std::span(spis).first(1));
  EXPECT_EQ(Failure(wrong), ErrorCode::kInvalidArgument);
}

TEST(PayloadsTest, Eap) {
  // RFC 3748: an identity request, its response, success.
  for (const char* hex :
       {"01 07 0005 01", "02 07 000a 01 616c696365", "03 07 0004", "04 08 0004"}) {
    const Buffer body = Hex(hex);
    const auto eap = ParseEap(body);
    ASSERT_TRUE(eap.has_value()) << hex;
    EXPECT_EQ(static_cast<int>(eap->code), body[0]);
    EXPECT_EQ(eap->identifier, body[1]);
    MessageBuilder message;
    AddEap(message, *eap);
    EXPECT_EQ(Body(message), body);
  }
  EXPECT_EQ(Of(ParseEap(Hex("02 07 000a 01 616c696365"))->data), Text("alice"));
  EXPECT_EQ(CodeOf(ParseEap(Hex("01 07 00"))), ErrorCode::kTruncated);
  for (const char* hex :
       {"01 07 0004", "02 07 0004", "03 07 0005 00", "04 07 0005 01", "00 07 0005 01",
        "05 07 0005 01", "01 07 0006 01", "01 07 0004 01", "01 07 0000 01"}) {
    EXPECT_EQ(CodeOf(ParseEap(Hex(hex))), ErrorCode::kMalformed) << hex;
  }
  MessageBuilder no_type, data_in_success;
  AddEap(no_type, {EapCode::kRequest, 1, 0, {}});
  EXPECT_EQ(Failure(no_type), ErrorCode::kInvalidArgument);
  AddEap(data_in_success, {EapCode::kSuccess, 1, 0, Counting(1)});
  EXPECT_EQ(Failure(data_in_success), ErrorCode::kInvalidArgument);
}

TEST(PayloadsTest, FragmentHeaders) {
  const auto fragment = ParseFragmentHeader(Hex("0002 0003 aabb"));
  ASSERT_TRUE(fragment.has_value());
  EXPECT_EQ(fragment->number, 2);
  EXPECT_EQ(fragment->total, 3);
  MessageBuilder message;
  message.BeginEncrypted(PayloadType::kEncryptedFragment, PayloadType::kNone);
  AppendFragmentHeader(message, *fragment);
  EXPECT_EQ(Body(message), Hex("0002 0003"));
  EXPECT_EQ(CodeOf(ParseFragmentHeader(Hex("0001 00"))), ErrorCode::kTruncated);
  for (unsigned number = 0; number < 300; ++number) {
    for (const unsigned total : {0u, 1u, 2u, 255u, 256u, 257u, 65535u}) {
      Buffer body(4);
      StoreBe16(body.data(), static_cast<uint16_t>(number));
      StoreBe16(body.data() + 2, static_cast<uint16_t>(total));
      const bool expected = number >= 1 && number <= total && total <= kMaxFragments;
      EXPECT_EQ(ParseFragmentHeader(body).has_value(), expected) << number << "/" << total;
      MessageBuilder built;
      built.BeginEncrypted(PayloadType::kEncryptedFragment, PayloadType::kNone);
      AppendFragmentHeader(built, {static_cast<uint16_t>(number), static_cast<uint16_t>(total)});
      EXPECT_EQ(built.payloads().has_value(), expected);
    }
  }
}

}  // namespace
}  // namespace vam::ike::v2
