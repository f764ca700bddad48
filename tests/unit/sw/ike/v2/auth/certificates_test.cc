// CERT and CERTREQ payloads.
#include "sw/ike/v2/auth/certificates.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "sw/ike/v2/wire/payloads.h"
#include "sw/pki/verify.h"
#include "tests/support/identity.h"

namespace vam::ike::v2 {
namespace {

using test::CertificateOptions;
using test::KeyChoice;
using Buffer = std::vector<uint8_t>;

// A message's payloads, and the bytes that they belong to.
struct Message {
  std::vector<RawPayload> payloads;
  Buffer bytes;
};
Message Make(const std::function<void(MessageBuilder&)>& fill) {
  MessageBuilder builder;
  fill(builder);
  const auto payloads = builder.payloads();
  EXPECT_TRUE(payloads.has_value());
  Message out;
  out.bytes.assign(payloads->begin(), payloads->end());
  if (!out.bytes.empty()) out.payloads = *ParseInner(builder.first(), out.bytes);
  return out;
}
void Add(MessageBuilder& message, Bytes data,
         CertEncoding encoding = CertEncoding::kX509Signature) {
  AddCert(message, PayloadType::kCert, encoding, data);
}

const test::Identity& Ca() {
  static const auto ca = test::Identity::SelfSigned({.subject = "CN=ca", .ca = true});
  return ca;
}
const test::Identity& Leaf() {
  static const auto leaf = Ca().Issue({.subject = "CN=leaf"});
  return leaf;
}
pki::Certificate Read(const test::Identity& from) {
  return *pki::Certificate::FromDer(from.certificate());
}
ErrorCode ErrorOf(const Message& message) {
  const auto read = ReadCertificates(message.payloads);
  EXPECT_FALSE(read.has_value());
  return read ? ErrorCode::kInternal : read.error().code;
}

TEST(CertificatesTest, ThePeersOwnIsTheFirst) {
  const Message message = Make([](MessageBuilder& to) {
    Add(to, Leaf().certificate());
    Add(to, Ca().certificate());
  });
  const auto read = ReadCertificates(message.payloads);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].subject(), "CN=leaf");
  EXPECT_EQ((*read)[1].subject(), "CN=ca");
}

TEST(CertificatesTest, NoneOrBroken) {
  EXPECT_EQ(ErrorOf(Make([](MessageBuilder&) {})), ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(Make([](MessageBuilder& to) { Add(to, Buffer(40, 0x30)); })),
            ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf(Make([](MessageBuilder& to) {
              Add(to, Leaf().certificate());
              Add(to, Buffer{0x30, 0x01});
            })),
            ErrorCode::kMalformed);
  Buffer longer = Leaf().certificate();
  longer.push_back(0);
  EXPECT_EQ(ErrorOf(Make([&](MessageBuilder& to) { Add(to, longer); })), ErrorCode::kMalformed);
}

// What says nothing of who the peer is, or what we know nothing of, is no reason to refuse.
TEST(CertificatesTest, OtherEncodingsAreLeftOut) {
  const Message message = Make([](MessageBuilder& to) {
    Add(to, Buffer(10, 1), CertEncoding::kCrl);
    Add(to, Leaf().certificate());
    Add(to, Buffer(10, 1), CertEncoding::kOcsp);
    Add(to, Buffer(10, 1), static_cast<CertEncoding>(99));
    Add(to, Buffer(40, 1), CertEncoding::kHashAndUrlX509);
  });
  const auto read = ReadCertificates(message.payloads);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->size(), 1U);
}

TEST(CertificatesTest, ByHashAndUrlIsNotTaken) {
  for (const auto encoding : {CertEncoding::kHashAndUrlX509, CertEncoding::kHashAndUrlBundle}) {
    EXPECT_EQ(ErrorOf(Make([&](MessageBuilder& to) {
                Add(to, Buffer(40, 1), encoding);
                Add(to, Leaf().certificate());
              })),
              ErrorCode::kUnsupported);
  }
}

TEST(CertificatesTest, SixteenAndNoMore) {
  for (const size_t count : {pki::kMaxPeerCertificates, pki::kMaxPeerCertificates + 1}) {
    const Message message = Make([&](MessageBuilder& to) {
      for (size_t i = 0; i < count; ++i) Add(to, Leaf().certificate());
    });
    const auto read = ReadCertificates(message.payloads);
    EXPECT_EQ(read.has_value(), count <= pki::kMaxPeerCertificates);
    if (!read) {
      EXPECT_EQ(read.error().code, ErrorCode::kExhausted);
    }
  }
}

TEST(CertificatesTest, OursGoOutAsTheyAre) {
  const Credential own{"T", "key", Read(Leaf()), {Read(Ca())}, {}, {}};
  const Message message = Make([&](MessageBuilder& to) { AddCertificates(to, own); });
  ASSERT_EQ(message.payloads.size(), 2U);
  const auto first = ParseCert(message.payloads[0].body);
  EXPECT_EQ(first->encoding, CertEncoding::kX509Signature);
  EXPECT_EQ(Buffer(first->data.begin(), first->data.end()), Leaf().certificate());
}

TEST(CertificatesTest, AuthoritiesThereAndBack) {
  const std::vector<KeyHash> hashes{Read(Ca()).key_hash(), Read(Leaf()).key_hash()};
  const Message message = Make([&](MessageBuilder& to) { AddCertRequest(to, hashes); });
  EXPECT_EQ(ReadAuthorities(message.payloads), hashes);
  EXPECT_TRUE(Make([](MessageBuilder& to) { AddCertRequest(to, {}); }).payloads.empty());
}

TEST(CertificatesTest, RequestsAreHints) {
  const Message message = Make([](MessageBuilder& to) {
    AddCert(to, PayloadType::kCertRequest, CertEncoding::kX509Signature, Buffer(19, 1));
    AddCert(to, PayloadType::kCertRequest, CertEncoding::kHashAndUrlX509, Buffer(20, 1));
    AddCert(to, PayloadType::kCertRequest, CertEncoding::kX509Signature, {});
    AddCert(to, PayloadType::kCertRequest, CertEncoding::kX509Signature, Buffer(40, 2));
    for (int i = 0; i < 20; ++i) {
      AddCert(to, PayloadType::kCertRequest, CertEncoding::kX509Signature, Buffer(20 * 100, 3));
    }
  });
  const auto read = ReadAuthorities(message.payloads);
  EXPECT_EQ(read.size(), kMaxAuthorities);
  EXPECT_EQ(read.front().front(), 2);
}

TEST(CertificatesTest, TheCredentialThatThePeerAsksFor) {
  const KeyHash a{1}, b{2}, c{3};
  const auto made = [](const char* name, std::vector<KeyHash> authorities) {
    return std::make_shared<const Credential>(
        Credential{name, "key", Read(Leaf()), {}, std::move(authorities), {}});
  };
  const std::vector<std::shared_ptr<const Credential>> own{made("A", {a}), made("B", {c, b})};
  const auto chosen = [&](std::vector<KeyHash> asked) {
    return ChooseCredential(own, asked)->trustpoint;
  };
  EXPECT_EQ(chosen({}), "A");
  EXPECT_EQ(chosen({b}), "B");
  EXPECT_EQ(chosen({KeyHash{9}, c}), "B");
  EXPECT_EQ(chosen({b, a}), "A") << "our order";
  EXPECT_EQ(chosen({KeyHash{9}}), "A") << "the peer may trust more than it says";
  EXPECT_EQ(ChooseCredential({}, {}), nullptr);
}

}  // namespace
}  // namespace vam::ike::v2
