// Certificates by hash and URL (RFC 7296, 3.6): what is fetched for whom, and what is not.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <array>
#include <functional>
#include <string>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/exchange/own_proof.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using crypto::Hash;
using crypto::SignatureKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kUrl = "http://certs.example.com/a.der";
constexpr crypto::SignatureScheme kEcdsa{SignatureKind::kEcdsaDer, Hash::kSha256};
constexpr SignatureMethod kMethod{AuthMethod::kDigitalSignature, kEcdsa};

Buffer Named(const Buffer& data, const std::string& url) {
  Buffer out(SHA_DIGEST_LENGTH);
  SHA1(data.data(), data.size(), out.data());
  out.insert(out.end(), url.begin(), url.end());
  return out;
}
Buffer Element(uint8_t tag, const Buffer& content) {
  const size_t size = content.size();
  Buffer out;
  out.reserve(size + 4);
  out.push_back(tag);
  if (size >= 0x80) out.push_back(size >= 0x100 ? 0x82 : 0x81);
  if (size >= 0x100) out.push_back(static_cast<uint8_t>(size >> 8));
  out.push_back(static_cast<uint8_t>(size));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}
Identity NameOf(const Issued& from) {
  const pki::Certificate certificate = CertificateOf(from);
  const Bytes subject = certificate.subject_der();
  return {IdentityType::kDn, {subject.begin(), subject.end()}};
}

// Somebody who has agreed on keys with b, and sends an IKE_AUTH of his own making.
class Caller {
 public:
  explicit Caller(bool lookup = true, const Proof& proof = {.own = LeafOfB()}) : net(1) {
    Policy::Parts parts = PolicyOf(TunnelOfB(), proof);
    parts.settings.http_url_cert = lookup;
    net.b.SetPolicy(std::move(parts));
  }
  void Begin() {
    // What was begun before is of another caller.
    for (const auto& [spi, sa] : net.a.machine.core().sas()) {
      net.a.machine.core().End(*sa, Cause::kDeletedByUs);
    }
    net.a.machine.Poll();
    const size_t first = net.packets();
    net.on_packet = [first](size_t index, const Side&, std::vector<uint8_t>&) {
      return index < first + 2;
    };
    net.a.Acquire(++policy_);
    net.Pass(10);
  }
  IkeSa& Sa() {
    for (const auto& [spi, sa] : net.b.machine.core().sas()) {
      if (sa->state == IkeSa::State::kHalfOpen) return *sa;
    }
    ADD_FAILURE() << "no IKE SA";
    return *AnySa(net.b);
  }
  void Send(const Issued& who, const std::vector<std::pair<CertEncoding, Buffer>>& certificates) {
    const Identity name = NameOf(who);
    Buffer rest{static_cast<uint8_t>(name.type), 0, 0, 0};
    rest.insert(rest.end(), name.data.begin(), name.data.end());
    IkeSa& sa = Sa();
    const Buffer octets = *OctetsOf(sa, true, rest);
    const Buffer signature = *crypto::PrivateKey::FromDer(who.private_key())->Sign(kEcdsa, octets);
    MessageBuilder message;
    AddId(message, PayloadType::kIdInitiator, static_cast<IdType>(name.type), name.data);
    for (const auto& [encoding, data] : certificates) {
      AddCert(message, PayloadType::kCert, encoding, data);
    }
    AddAuth(message, kMethod.method,
            AuthDataOf(kMethod, CertificateOf(who).key().type(), signature));
    Inject(net.b, net.a.address,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kIkeAuth, false, 1, message));
    net.Pass(100);
  }
  void SendByUrl(const Issued& who = LeafOfA(), const std::string& url = kUrl) {
    Send(who, {{CertEncoding::kHashAndUrlX509, Named(who.certificate(), url)}});
  }
  const std::vector<std::string>& lines() { return net.b.record.lines(); }
  const std::vector<std::string>& fetched() { return net.b.pki.fetched(); }

  CertificateNetwork net;

 private:
  uint64_t policy_ = 0;
};

TEST(HashAndUrlTest, IsFetchedWhereItIsConfigured) {
  Caller caller;
  caller.net.b.pki.Serve(kUrl, LeafOfA().certificate());
  caller.Begin();
  caller.SendByUrl();
  EXPECT_THAT(caller.fetched(), ElementsAre(kUrl));
  EXPECT_THAT(caller.lines(), ElementsAre("ike up"));
}

TEST(HashAndUrlTest, IsNotFetchedByDefault) {
  Caller caller(false);
  caller.net.b.pki.Serve(kUrl, LeafOfA().certificate());
  caller.Begin();
  caller.SendByUrl();
  EXPECT_THAT(caller.fetched(), IsEmpty());
  EXPECT_THAT(caller.lines(), ElementsAre("ike failed certificate_encoding"));
}

TEST(HashAndUrlTest, ABundleBringsItsChain) {
  const Issued middle = Root().Issue({.subject = "CN=middle,O=Example", .ca = true});
  const Issued leaf = middle.Issue({.subject = "CN=a,O=Example"});
  Buffer all = Element(0xa0, leaf.certificate());
  const Buffer crl = Element(0xa1, Root().Crl({}));
  all.insert(all.end(), crl.begin(), crl.end());
  const Buffer second = Element(0xa0, middle.certificate());
  all.insert(all.end(), second.begin(), second.end());
  const Buffer bundle = Element(0x30, all);
  Caller caller;
  caller.net.b.pki.Serve(kUrl, bundle);
  caller.Begin();
  caller.Send(leaf, {{CertEncoding::kHashAndUrlBundle, Named(bundle, kUrl)}});
  EXPECT_THAT(caller.lines(), ElementsAre("ike up"));
}

TEST(HashAndUrlTest, AnIntermediateByUrlBehindALeaf) {
  const Issued middle = Root().Issue({.subject = "CN=middle,O=Example", .ca = true});
  const Issued leaf = middle.Issue({.subject = "CN=a,O=Example"});
  Caller caller;
  caller.net.b.pki.Serve(kUrl, middle.certificate());
  caller.Begin();
  caller.Send(leaf, {{CertEncoding::kX509Signature, leaf.certificate()},
                     {CertEncoding::kHashAndUrlX509, Named(middle.certificate(), kUrl)}});
  EXPECT_THAT(caller.fetched(), ElementsAre(kUrl));
  EXPECT_THAT(caller.lines(), ElementsAre("ike up"));
}

TEST(HashAndUrlTest, WhatIsThereMustBeWhatWasNamed) {
  Caller caller;
  caller.net.b.pki.Serve(kUrl, LeafOfB().certificate());
  caller.Begin();
  caller.SendByUrl();
  EXPECT_THAT(caller.lines(), ElementsAre("ike failed certificate_not_fetched"));
}

TEST(HashAndUrlTest, WhatFailedIsNotAskedForAgainAtOnce) {
  Caller caller;
  for (int i = 0; i < 3; ++i) {
    caller.Begin();
    caller.SendByUrl();
  }
  EXPECT_THAT(caller.fetched(), SizeIs(1));
  caller.net.Pass(61'000);
  caller.net.b.pki.Serve(kUrl, LeafOfA().certificate());
  caller.Begin();
  caller.SendByUrl();
  EXPECT_THAT(caller.fetched(), SizeIs(2));
  EXPECT_EQ(caller.net.b.record.Count("ike up"), 1U);
}

TEST(HashAndUrlTest, IsKeptForTheNextTimeWhereThatIsConfigured) {
  for (const uint32_t kept : {0U, 10U}) {
    Caller caller;
    Policy::Parts parts = PolicyOf(TunnelOfB(), Proof{.own = LeafOfB()});
    parts.settings.http_url_cert = true;
    parts.settings.certificate_cache = kept;
    caller.net.b.SetPolicy(std::move(parts));
    caller.net.b.pki.Serve(kUrl, LeafOfA().certificate());
    for (int i = 0; i < 2; ++i) {
      caller.Begin();
      caller.SendByUrl();
      caller.net.Pass(100'000);
    }
    EXPECT_THAT(caller.fetched(), SizeIs(kept == 0 ? 2 : 1));
    EXPECT_EQ(caller.net.b.record.Count("ike up"), 2U);
  }
}

// ---- what a stranger can have us do

TEST(HashAndUrlTest, NobodyHasUsAskOften) {
  Caller caller;
  for (int i = 0; i < 20; ++i) {
    caller.Begin();
    caller.SendByUrl(LeafOfA(), fmt::format("http://victim.example.com/{}", i));
    caller.net.Pass(100);
  }
  // The hash is the same: once it has failed that is that.
  EXPECT_THAT(caller.fetched(), SizeIs(1));
  for (int i = 0; i < 20; ++i) {
    caller.Begin();
    Buffer data = Named(Buffer{static_cast<uint8_t>(i)}, "http://victim.example.com/");
    caller.Send(LeafOfA(), {{CertEncoding::kHashAndUrlX509, data}});
  }
  EXPECT_LE(caller.fetched().size(), FetchBudget::kOfOne + 1);
}

TEST(HashAndUrlTest, OneMessageHasFewLookups) {
  Caller caller;
  caller.Begin();
  std::vector<std::pair<CertEncoding, Buffer>> certificates;
  for (int i = 0; i < 50; ++i) {
    certificates.emplace_back(CertEncoding::kHashAndUrlX509,
                              Named(Buffer{static_cast<uint8_t>(i)}, "http://victim.example.com/"));
  }
  caller.Send(LeafOfA(), certificates);
  EXPECT_THAT(caller.fetched(), SizeIs(kMostLookups));
  EXPECT_EQ(caller.net.b.IkeSas(), 0U);
}

TEST(HashAndUrlTest, UrlsThatAreNone) {
  const std::vector<std::string> urls = {"",
                                         "https://a/",
                                         "ftp://a/",
                                         "file:///etc/passwd",
                                         "http:/",
                                         "http://a/ b",
                                         "http://",
                                         std::string("http://a/\0b", 11),
                                         "http://" + std::string(600, 'a'),
                                         "http://a/\n"};
  for (const std::string& url : urls) {
    Caller caller;
    caller.Begin();
    caller.SendByUrl(LeafOfA(), url);
    EXPECT_THAT(caller.fetched(), IsEmpty()) << url;
    EXPECT_EQ(caller.net.b.record.Count("ike up"), 0U) << url;
    EXPECT_EQ(caller.net.b.IkeSas(), 0U) << url;
  }
}

// Whom no profile means, and who could not be trusted anyway, is fetched nothing for.
TEST(HashAndUrlTest, NothingIsFetchedForWhomNobodyMeans) {
  Proof others{.own = LeafOfB()};
  others.match = {{config::IkeIdKind::kFqdn, {}, "somebody.example.com"}};
  Caller stranger(true, others);
  stranger.Begin();
  stranger.SendByUrl();
  EXPECT_THAT(stranger.fetched(), IsEmpty());
  EXPECT_THAT(stranger.lines(), ElementsAre("ike failed no_profile"));
  Caller nobody_trusted(true, {.own = LeafOfB(), .anchors = {}});
  nobody_trusted.Begin();
  nobody_trusted.SendByUrl();
  EXPECT_THAT(nobody_trusted.fetched(), IsEmpty());
}

TEST(HashAndUrlTest, MgmtThatDoesNotAnswerIsAFailure) {
  Caller caller;
  caller.net.b.pki.SetMgmt(true, false);
  caller.Begin();
  caller.SendByUrl();
  caller.net.Pass(20'000);
  EXPECT_THAT(caller.lines(), ElementsAre("ike failed certificate_not_fetched"));
}

TEST(HashAndUrlTest, TheBudgetComesBack) {
  FetchBudget budget;
  const net::Address peer = net::Address::V4(0xC0000201);
  constexpr uint64_t kNow = 1'000;
  EXPECT_TRUE(budget.Take(peer, 3, kNow));
  EXPECT_FALSE(budget.Take(peer, 2, kNow));
  EXPECT_TRUE(budget.Take(peer, 1, kNow));
  EXPECT_FALSE(budget.Take(peer, 1, kNow + FetchBudget::kOneBackNs - 1));
  EXPECT_TRUE(budget.Take(peer, 1, kNow + FetchBudget::kOneBackNs));
  // One /64 of IPv6 is one peer.
  EXPECT_TRUE(budget.Take(*net::Address::Parse("2001:db8::1"), 4, kNow));
  EXPECT_FALSE(budget.Take(*net::Address::Parse("2001:db8::2"), 1, kNow));
  EXPECT_TRUE(budget.Take(*net::Address::Parse("2001:db8:0:1::2"), 1, kNow));
  FetchBudget all;
  uint32_t taken = 0;
  for (uint32_t i = 0; i < 100; ++i) taken += all.Take(net::Address::V4(i + 1), 1, kNow) ? 1 : 0;
  EXPECT_EQ(taken, FetchBudget::kOfAll);
}

// ---- what we say

// ---- our own

constexpr const char* kUrlOfB = "http://certs.example.com/b.der";

// Both by certificates that stand behind URLs; each looks up what it is said to.
class BothByUrl : public CertificateNetwork {
 public:
  BothByUrl(bool a_looks_up, bool b_looks_up) : CertificateNetwork(1) {
    Configure(a, TunnelOfA(), LeafOfA(), kUrl, a_looks_up);
    Configure(b, TunnelOfB(), LeafOfB(), kUrlOfB, b_looks_up);
    a.pki.Serve(kUrlOfB, LeafOfB().certificate());
    b.pki.Serve(kUrl, LeafOfA().certificate());
  }

 private:
  static void Configure(Side& side, const Tunnel& tunnel, const Issued& own, const char* url,
                        bool looks_up) {
    const auto profile = ProfileOf(tunnel, {.own = own});
    auto credential = std::make_shared<Credential>(*profile->credentials[0]);
    credential->hash_and_url = MakeHashAndUrl(credential->leaf.der(), url);
    profile->credentials = {std::move(credential)};
    Policy::Parts parts = PolicyWith(tunnel, profile);
    parts.settings.http_url_cert = looks_up;
    side.SetPolicy(std::move(parts));
  }
};

TEST(HashAndUrlTest, OursGoesSoToPeersThatLookItUp) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      SCOPED_TRACE(std::to_string(a) + std::to_string(b));
      BothByUrl net(a, b);
      net.SetUp();
      EXPECT_EQ(net.WhyNotUp(), "");
      EXPECT_EQ(net.a.pki.fetched().size(), a ? 1U : 0U) << "else it comes itself";
      EXPECT_EQ(net.b.pki.fetched().size(), b ? 1U : 0U);
      ASSERT_NE(net.a.Up(), nullptr);
      EXPECT_EQ(net.a.Up()->peer_subject, "CN=b,O=Example");
      EXPECT_EQ(net.b.Up()->peer_subject, "CN=a,O=Example");
    }
  }
}

// Without the statement it comes itself, whatever the peer looks up.
TEST(HashAndUrlTest, OursComesItselfByDefault) {
  CertificateNetwork net(2);
  for (Side* side : {&net.a, &net.b}) {
    const bool is_a = side == &net.a;
    Policy::Parts parts =
        PolicyOf(is_a ? TunnelOfA() : TunnelOfB(), Proof{.own = is_a ? LeafOfA() : LeafOfB()});
    parts.settings.http_url_cert = true;
    side->SetPolicy(std::move(parts));
  }
  net.SetUp();
  EXPECT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.a.pki.fetched(), IsEmpty());
  EXPECT_THAT(net.b.pki.fetched(), IsEmpty());
}

// What we send is what we read.
TEST(HashAndUrlTest, ThePayloadIsHashAndUrl) {
  const Buffer der = LeafOfA().certificate();
  const std::vector<uint8_t> data = MakeHashAndUrl(der, kUrl);
  EXPECT_EQ(data, Named(der, kUrl));
  const auto read = ParseHashAndUrl({CertEncoding::kHashAndUrlX509, data});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->url, kUrl);
}

TEST(HashAndUrlTest, TheNotifyIsSaidWhereItIsConfigured) {
  for (const bool lookup : {false, true}) {
    CertificateNetwork net(1);
    Policy::Parts parts = PolicyOf(TunnelOfB(), Proof{.own = LeafOfB()});
    parts.settings.http_url_cert = lookup;
    net.b.SetPolicy(std::move(parts));
    bool said = false;
    net.on_packet = [&](size_t index, const Side&, std::vector<uint8_t>& bytes) {
      if (index != 1) return true;
      const auto header = ParseHeader(bytes);
      const auto chain = ParseChain(header->next_payload, Bytes(bytes).subspan(kHeaderBytes));
      const auto notifies = ParseNotifies(chain->payloads);
      said = Find(*notifies, NotifyType::kHttpCertLookupSupported) != nullptr;
      return true;
    };
    net.SetUp();
    EXPECT_EQ(net.WhyNotUp(), "");
    EXPECT_EQ(said, lookup);
  }
}

}  // namespace
}  // namespace vam::ike::test
