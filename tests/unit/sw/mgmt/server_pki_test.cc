// Commands about keys and certificates over real channels, with a signer that the test plays.
#include <gmock/gmock.h>

#include <deque>

#include "sw/mgmt/pki_paste.h"
#include "sw/pki/certificate.h"
#include "sw/vamsh/session.h"
#include "tests/support/identity.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }
std::string Pem(const test::Identity& of) { return ToPem("CERTIFICATE", of.certificate()); }

class PkiTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    clock_.AdvanceNs(1'800'000'000ULL * kNsPerSecond - clock_.WallNs());
    Synchronise();
    auto pair = api::Channel::Pair();
    signer_ = std::move(pair->second);
    server_->ConnectSigner(std::move(pair->first));
    on_turn_ = [this] { PlaySigner(); };
  }
  void PlaySigner() {
    while (signer_.open()) {
      auto received = signer_.Receive();
      if (!received || !*received) return;
      ASSERT_EQ((*received)->type, api::MessageType::kKeyRequest);
      asked_.push_back(*api::ParseAs<api::KeyRequest>(Bytes((*received)->payload)));
      if (silent_) return;
      ASSERT_TRUE(
          signer_.Send(api::MessageType::kKeyReply, (*received)->request, ReplyTo(asked_.back())));
    }
  }
  api::KeyReply ReplyTo(const api::KeyRequest& request) {
    api::KeyReply reply = next_reply_;
    reply.set_error(refusal_of_signer_);
    if (!request.has_list()) return reply;
    reply.Clear();
    for (const api::KeyInfo& key : keys_) {
      const bool wanted = request.list().label().empty() || request.list().label() == key.label();
      if (wanted) *reply.add_key() = key;
    }
    return reply;
  }
  void AddKey(const std::string& label, const test::Identity& identity,
              api::KeyKind kind = api::KEY_EC) {
    api::KeyInfo key;
    key.set_label(label);
    key.set_kind(kind);
    key.set_bits(256);
    key.set_made_unix_seconds(1'700'000'000);
    const auto certificate = pki::Certificate::FromDer(identity.certificate());
    key.set_public_key(Text(*certificate->key().ToDer()));
    keys_.push_back(key);
  }
  // What the operator answers to questions and pastes is `typed`, as in a script.
  struct Seen {
    std::string text;
    int exit_code = -1;
    std::vector<std::string> questions;
  };
  Seen Type(const std::string& line, std::deque<std::string> typed = {}) {
    Seen seen;
    InSession([&](vamsh::Client& client) {
      if (!client.Run("enable")) return;
      const auto next = [&]() -> std::optional<std::string> {
        if (typed.empty()) return std::nullopt;
        std::string answer = typed.front();
        typed.pop_front();
        return answer;
      };
      const vamsh::Terminal terminal{
          [&](std::string_view text, const api::CliReply&) { seen.text += text; },
          [&](const std::string& question) {
            seen.questions.push_back(question);
            return next();
          },
          [](const std::string&) { return std::nullopt; },
          [&](const std::string& text, bool) {
            seen.questions.push_back(text);
            return next();
          }};
      std::istringstream lines(line);
      for (std::string one; std::getline(lines, one);) {
        const auto reply = vamsh::RunLine(client, one, terminal);
        if (!reply) return;
        seen.exit_code = reply->exit_code();
        if (seen.exit_code != 0) return;
      }
    });
    return seen;
  }
  const config::Pki& pki() const { return distributor_->running().pki; }

  api::Channel signer_;
  std::vector<api::KeyInfo> keys_;
  api::KeyReply next_reply_;  // to what is no List
  std::string refusal_of_signer_;
  bool silent_ = false;
  std::vector<api::KeyRequest> asked_;

  test::Identity ca_ = test::Identity::SelfSigned({.subject = "CN=Root", .ca = true});
  test::Identity own_ = ca_.Issue({.subject = "CN=gw", .dns = {"gw.example.com"}});
};

constexpr char kConfigure[] =
    "configure terminal\ncrypto pki trustpoint T\nenrollment terminal pem\neckeypair K\n"
    "fqdn gw.example.com\nip-address 192.0.2.1\nend\n";

TEST_F(PkiTest, KeysAreGenerated) {
  const Seen seen = Type("crypto key generate rsa label L modulus 3072 exportable");
  EXPECT_EQ(seen.exit_code, 0) << seen.text;
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[0].list().label(), "L");
  const auto& generate = asked_[1].generate();
  EXPECT_EQ(generate.label(), "L");
  EXPECT_EQ(generate.kind(), api::KEY_RSA);
  EXPECT_EQ(generate.bits(), 3072u);
  EXPECT_TRUE(generate.exportable());
  EXPECT_FALSE(generate.replace());
  EXPECT_EQ(seen.text,
            "The name for the keys will be: L\n\n% The key modulus size is 3072 bits\n"
            "% Generating 3072 bit RSA keys, keys will be exportable...\n[OK]\n");
}
TEST_F(PkiTest, DefaultsOfKeys) {
  const auto generated = [this](const std::string& words) {
    Type("crypto key generate " + words);
    return asked_.back().generate();
  };
  EXPECT_EQ(generated("rsa").label(), "default-rsa");
  EXPECT_EQ(asked_.back().generate().bits(), 2048u);
  EXPECT_EQ(generated("ec keysize 521").label(), "default-ec");
  EXPECT_EQ(asked_.back().generate().bits(), 521u);
  EXPECT_EQ(generated("ecdsa").bits(), 384u);
  EXPECT_EQ(generated("ecdsa elliptic-curve 256 label x").bits(), 256u);
  EXPECT_EQ(generated("ed25519 label e").kind(), api::KEY_ED25519);
  EXPECT_EQ(generated("ed448 noconfirm").kind(), api::KEY_ED448);
  EXPECT_EQ(Type("crypto key generate rsa modulus 1024").exit_code, 2);
}
TEST_F(PkiTest, KeysThatAreThereAreReplacedOnlyWhenAsked) {
  AddKey("L", own_);
  const std::string line = "crypto key generate ec keysize 256 label L";
  EXPECT_EQ(Type(line, {"no"}).text, "% You already have keys named L.\nNothing is changed.\n");
  EXPECT_TRUE(asked_.back().has_list());
  const Seen without = Type(line);
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.text, HasSubstr("'noconfirm' in a script"));
  EXPECT_EQ(Type(line, {"yes"}).exit_code, 0);
  EXPECT_TRUE(asked_.back().generate().replace());
  EXPECT_EQ(Type(line + " noconfirm").exit_code, 0);
  EXPECT_TRUE(asked_.back().generate().replace());
}
TEST_F(PkiTest, KeysAreRemoved) {
  AddKey("L", own_);
  EXPECT_THAT(Type("crypto key zeroize rsa").text, HasSubstr("There are no such keys"));
  const Seen seen = Type("crypto key zeroize ec L", {"yes"});
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_THAT(seen.text, HasSubstr("Keys to be removed are named 'L'"));
  EXPECT_EQ(asked_.back().remove().label(), "L");
  EXPECT_EQ(asked_.back().remove().kind(), api::KEY_EC);
}
TEST_F(PkiTest, KeysAreShown) {
  AddKey("L", own_);
  const std::string text = Type("show crypto key mypubkey all").text;
  EXPECT_THAT(text, StartsWith("% Key pair was generated at: 22:13:20 UTC Nov 14 2023\n"
                               "Key name: L\nKey type: EC KEYS\n"));
  EXPECT_THAT(text, HasSubstr(" Key is not exportable.\n Key Size: 256 bits\n Key Data:\n  3059"));
  EXPECT_EQ(Type("show crypto key mypubkey rsa").text, "");
  EXPECT_THAT(Type("show crypto key mypubkey ec X").text, HasSubstr("no key pair named X"));
  EXPECT_THAT(Type("show crypto key mypubkey all | json").text,
              AllOf(HasSubstr("\"body\": \"crypto_keys\""), HasSubstr("\"label\": \"L\"")));
  EXPECT_EQ(Type("show crypto key mypubkey all | count Key name").text,
            "Number of lines which match regexp = 1\n");
}
TEST_F(PkiTest, TheSignerMayRefuseBeAwayOrSilent) {
  refusal_of_signer_ = "The disk is full.";
  Seen seen = Type("crypto key generate rsa noconfirm");
  EXPECT_EQ(seen.text, "% The disk is full.\n");
  EXPECT_EQ(seen.exit_code, 1);
  silent_ = true;
  on_turn_ = [this] {
    PlaySigner();
    clock_.AdvanceNs(kNsPerSecond);
  };
  EXPECT_EQ(Type("show crypto key mypubkey all").text, "% The signer does not answer.\n");
  on_turn_ = [this] {
    PlaySigner();
    if (asked_.size() > 2) signer_ = api::Channel();
  };
  EXPECT_EQ(Type("show crypto key mypubkey all").text, "% The signer does not answer.\n");
  EXPECT_EQ(Type("show crypto key mypubkey all").text, "% The signer is not running.\n");
}

TEST_F(PkiTest, ATrustpointIsAuthenticated) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  const Seen seen = Type("crypto pki authenticate T", {Pem(ca_), "yes"});
  EXPECT_EQ(seen.exit_code, 0) << seen.text;
  ASSERT_EQ(seen.questions.size(), 2u);
  EXPECT_THAT(seen.questions[0], HasSubstr("End with a blank line or the word \"quit\""));
  EXPECT_EQ(seen.questions[1], "\n% Do you accept this certificate? [yes/no]: ");
  const auto certificate = pki::Certificate::FromDer(ca_.certificate());
  EXPECT_THAT(seen.text, HasSubstr("Fingerprint SHA256: "));
  EXPECT_THAT(seen.text, HasSubstr("Trustpoint CA certificate accepted.\n"));
  ASSERT_EQ(pki().chains.Find("T")->certificates.size(), 1u);
  EXPECT_EQ(pki().chains.Find("T")->certificates[0].der, ca_.certificate());
  EXPECT_THAT(committed_, HasSubstr(" certificate ca " + certificate->serial()));
  EXPECT_THAT(Type("crypto pki authenticate T").text,
              HasSubstr("has a certificate of a CA already: remove it first"));
}
TEST_F(PkiTest, AScriptHasWhatIsPastedBehindTheLine) {
  std::vector<std::string> lines = vamsh::LinesOf(kConfigure);
  lines.emplace_back("crypto pki authenticate T");
  for (std::string& line : vamsh::LinesOf(Pem(ca_))) lines.push_back(std::move(line));
  const std::vector<std::string> begin = lines;
  const auto run = [this](const std::vector<std::string>& script) {
    int code = -1;
    InSession([&](vamsh::Client& client) { code = vamsh::RunScript(client, script); });
    return code;
  };
  EXPECT_EQ(run(begin), 1) << "the paste is not ended";
  lines.insert(lines.end(), {"quit", "no"});
  EXPECT_EQ(run(lines), 1);
  EXPECT_EQ(pki().chains.size(), 0u);
  lines.back() = "yes";
  lines.emplace_back("show crypto pki certificates");
  EXPECT_EQ(run(lines), 0);
  EXPECT_EQ(pki().chains.size(), 1u);
}
TEST(PasteEnds, AtQuitOrABlankLine) {
  EXPECT_TRUE(vamsh::PasteEnds(" quit\r", "", false));
  EXPECT_FALSE(vamsh::PasteEnds("quit it", "", true));
  EXPECT_FALSE(vamsh::PasteEnds(" ", "a\n", false));
  EXPECT_FALSE(vamsh::PasteEnds("", " \n", true)) << "nothing was pasted yet";
  EXPECT_TRUE(vamsh::PasteEnds("\t", "a\n", true));
}
TEST_F(PkiTest, WhatIsNotAcceptedChangesNothing) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  const std::string line = "crypto pki authenticate T";
  EXPECT_THAT(Type(line, {Pem(ca_), "no"}).text, HasSubstr("Nothing is changed.\n"));
  EXPECT_THAT(Type(line, {"AAAA"}).text, HasSubstr("the certificate cannot be read"));
  EXPECT_THAT(Type(line, {"no base64!"}).text, HasSubstr("what was pasted is no certificate"));
  EXPECT_THAT(Type(line, {Pem(own_)}).text, HasSubstr("CN=gw is no certificate of a CA"));
  EXPECT_THAT(Type(line, {ToPem("PRIVATE KEY", own_.certificate())}).text,
              HasSubstr("there is a block of 'PRIVATE KEY'"));
  const test::Identity middle = ca_.Issue({.subject = "CN=Sub", .ca = true});
  EXPECT_THAT(Type(line, {Pem(middle)}).text, HasSubstr("Paste the root certificate too"));
  EXPECT_THAT(Type(line).text, HasSubstr("not ended by 'quit'"));
  EXPECT_THAT(Type("crypto pki authenticate X").text, HasSubstr("trustpoint X is not defined"));
  EXPECT_EQ(pki().chains.size(), 0u);
}
TEST_F(PkiTest, ASessionOfConfigureTerminalHasTheCommandsToo) {
  const std::string lines =
      "configure terminal\ncrypto pki trustpoint T\neckeypair K\ncrypto pki authenticate T\n"
      "interface lan0\ndescription behind it\n";
  const Seen half = Type(lines, {Pem(ca_), "yes"});
  EXPECT_THAT(half.text, HasSubstr("% It acts at 'end', with what else was entered."));
  EXPECT_EQ(pki().trustpoints.size(), 0u);  // the session ended without `end`
  const Seen seen = Type(lines + "end\n", {Pem(ca_), "yes"});
  EXPECT_EQ(seen.exit_code, 0) << seen.text;
  EXPECT_EQ(pki().chains.Find("T")->certificates.size(), 1u);
  EXPECT_EQ(distributor_->running().FindInterface("lan0")->description, "behind it");
  EXPECT_EQ(Type("configure terminal\ncrypto key generate ec keysize 256").exit_code, 0);
  EXPECT_TRUE(asked_.back().has_generate());
  const Seen wrong = Type("configure terminal\ncrypto key generate dsa");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.text, HasSubstr("% Invalid input detected"));
}

TEST_F(PkiTest, ARequestIsPrinted) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  AddKey("K", own_);
  next_reply_.set_data("request");
  const Seen seen = Type("crypto pki enroll T");
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_THAT(seen.text, HasSubstr("-----BEGIN CERTIFICATE REQUEST-----\ncmVxdWVzdA==\n-----END"));
  const auto& certify = asked_.back().certify();
  EXPECT_EQ(certify.label(), "K");
  EXPECT_EQ(certify.subject(), "CN=gw-a");
  EXPECT_EQ(certify.hash(), static_cast<uint32_t>(crypto::Hash::kSha256));
  ASSERT_EQ(certify.dns_name_size(), 1);
  EXPECT_EQ(certify.dns_name(0), "gw.example.com");
  ASSERT_EQ(certify.address_size(), 1);
  EXPECT_EQ(certify.address(0), std::string("\xC0\x00\x02\x01", 4));
  EXPECT_FALSE(certify.self_signed());
}
TEST_F(PkiTest, EnrollMakesAnRsaKeyThatIsNotThere) {
  ASSERT_EQ(Type(std::string(kConfigure)).exit_code, 0);
  EXPECT_THAT(Type("crypto pki enroll T").text, HasSubstr("There is no key pair named K"));
  ASSERT_EQ(Type("configure terminal\ncrypto pki trustpoint T\nrsakeypair R 3072\nend").exit_code,
            0);
  EXPECT_EQ(Type("crypto pki enroll T").exit_code, 0);
  ASSERT_GE(asked_.size(), 3u);
  EXPECT_EQ(asked_[asked_.size() - 2].generate().bits(), 3072u);
  EXPECT_EQ(asked_.back().certify().label(), "R");
  ASSERT_EQ(Type("configure terminal\ncrypto pki trustpoint N\nend").exit_code, 0);
  EXPECT_THAT(Type("crypto pki enroll N").text, HasSubstr("other ways are not built"));
}
TEST_F(PkiTest, ASelfSignedCertificateIsStored) {
  ASSERT_EQ(Type(std::string(kConfigure) +
                 "configure terminal\ncrypto pki trustpoint T\nenrollment selfsigned\nend\n")
                .exit_code,
            0);
  AddKey("K", own_);
  next_reply_.set_data(Text(own_.certificate()));
  EXPECT_EQ(Type("crypto pki enroll T").exit_code, 0);
  EXPECT_TRUE(asked_.back().certify().self_signed());
  EXPECT_EQ(asked_.back().certify().now_unix_seconds(), 1'800'000'000u);
  ASSERT_EQ(pki().chains.Find("T")->certificates.size(), 1u);
  EXPECT_FALSE(pki().chains.Find("T")->certificates[0].ca);
  EXPECT_THAT(Type("crypto pki enroll T", {"no"}).text,
              HasSubstr("Trustpoint T has a certificate"));
}
TEST_F(PkiTest, TheIssuedCertificateIsImported) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  ASSERT_EQ(Type("crypto pki authenticate T", {Pem(ca_), "yes"}).exit_code, 0);
  EXPECT_THAT(Type("crypto pki import T certificate", {Pem(own_)}).text,
              HasSubstr("There is no key pair named K"));
  AddKey("K", own_);
  const test::Identity other = ca_.Issue({.subject = "CN=other"});
  EXPECT_THAT(Type("crypto pki import T certificate", {Pem(other)}).text,
              HasSubstr("The certificate is not that of the key pair K."));
  const Seen seen = Type("crypto pki import T certificate", {Pem(own_)});
  EXPECT_EQ(seen.text, "% Router Certificate successfully imported\n");
  const config::PkiChain& chain = *pki().chains.Find("T");
  ASSERT_EQ(chain.certificates.size(), 2u);
  EXPECT_EQ(chain.certificates[0].der, own_.certificate());
  EXPECT_TRUE(chain.certificates[1].ca);
  // Again: in the place of the one before.
  const test::Identity renewed = ca_.IssueFor(own_, {.subject = "CN=gw2"});
  EXPECT_EQ(Type("crypto pki import T certificate", {Pem(renewed)}).exit_code, 0);
  EXPECT_EQ(pki().chains.Find("T")->certificates[0].der, renewed.certificate());
  EXPECT_EQ(pki().chains.Find("T")->certificates.size(), 2u);
}
TEST_F(PkiTest, ACertificateOfAnotherCaIsRefused) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  AddKey("K", own_);
  EXPECT_THAT(Type("crypto pki import T certificate", {Pem(own_)}).text,
              HasSubstr("has no certificate of a CA: authenticate it first"));
  const test::Identity other = test::Identity::SelfSigned({.subject = "CN=Other", .ca = true});
  ASSERT_EQ(Type("crypto pki authenticate T", {Pem(other), "yes"}).exit_code, 0);
  const Seen seen = Type("crypto pki import T certificate", {Pem(own_)});
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_THAT(seen.text, HasSubstr("CN=gw"));
  EXPECT_EQ(pki().chains.Find("T")->certificates.size(), 1u);
}

TEST_F(PkiTest, Pkcs12IsImportedIntoANewTrustpoint) {
  next_reply_.add_certificate(Text(own_.certificate()));
  next_reply_.add_certificate(Text(ca_.certificate()));
  api::KeyInfo key;
  key.set_kind(api::KEY_EC);
  *next_reply_.add_key() = key;
  const Seen seen =
      Type("crypto pki import P pkcs12 exportable terminal password sesame", {"cGtjczEy"});
  EXPECT_EQ(seen.exit_code, 0) << seen.text;
  const auto& import = asked_.back().import();
  EXPECT_EQ(import.label(), "P");
  EXPECT_EQ(import.data(), "pkcs12");
  EXPECT_EQ(import.passphrase(), "sesame");
  EXPECT_TRUE(import.exportable());
  EXPECT_EQ(pki().trustpoints.Find("P")->ec_key, "P");
  EXPECT_EQ(pki().chains.Find("P")->certificates.size(), 2u);
  EXPECT_EQ(pki().chains.Find("P")->certificates[0].der, own_.certificate());
  AddKey("P", own_);
  EXPECT_THAT(Type("crypto pki import P pkcs12 terminal password x", {"cGtjczEy", "no"}).text,
              HasSubstr("You already have keys named P"));
  EXPECT_EQ(Type("crypto pki import P pkcs12 terminal password x", {"cGtjczEy", "yes"}).exit_code,
            0);
  EXPECT_TRUE(asked_.back().import().replace());
}
TEST_F(PkiTest, PemGoesToTheSignerAsItIs) {
  next_reply_.add_certificate(Text(own_.certificate()));
  const std::string pem = ToPem("ENCRYPTED PRIVATE KEY", own_.private_key()) + "\n" + Pem(own_);
  EXPECT_EQ(Type("crypto pki import P pem terminal password sesame", {pem}).exit_code, 0);
  EXPECT_EQ(asked_.back().import().data(), pem);
  const Seen url = Type("crypto pki import P pem tftp://x/y password sesame");
  EXPECT_THAT(url.text, HasSubstr("URLs are not built"));
  EXPECT_NE(url.exit_code, 0);
}
TEST_F(PkiTest, AFileIsReadByVamsh) {
  const std::string path = directory_ + "/gw.p12";
  std::ofstream(path) << "pkcs12";
  EXPECT_EQ(Type("crypto pki import P pkcs12 " + path + " password x").exit_code, 0);
  EXPECT_EQ(asked_.back().import().data(), "pkcs12");
}
TEST_F(PkiTest, ExportPrintsWhatTheSignerProtected) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  ASSERT_EQ(Type("crypto pki authenticate T", {Pem(ca_), "yes"}).exit_code, 0);
  AddKey("K", own_);
  ASSERT_EQ(Type("crypto pki import T certificate", {Pem(own_)}).exit_code, 0);
  next_reply_.set_data("protected");
  const Seen p12 = Type("crypto pki export T pkcs12 terminal password sesame");
  EXPECT_THAT(p12.text, HasSubstr("cHJvdGVjdGVk\n\n---End - This line not part"));
  EXPECT_EQ(asked_.back().export_().passphrase(), "sesame");
  ASSERT_EQ(asked_.back().export_().certificate_size(), 2);
  EXPECT_EQ(asked_.back().export_().certificate(0), Text(own_.certificate()));
  const Seen pem = Type("crypto pki export T pem terminal password sesame");
  EXPECT_THAT(pem.text, StartsWith("% Private key:\nprotected\n% General Purpose Certificate:\n"));
  EXPECT_THAT(pem.text, HasSubstr("% CA certificate:\n" + Pem(ca_)));
}
TEST_F(PkiTest, PassphrasesAreNotRemembered) {
  InSession([](vamsh::Client& client) {
    if (!client.Run("enable")) return;
    const auto reply = client.Run("crypto pki export T pkcs12 terminal password sesame");
    EXPECT_TRUE(reply->sensitive());
    const auto history = client.Run("show history");
    EXPECT_THAT(history->text(), Not(HasSubstr("sesame")));
  });
}

TEST_F(PkiTest, CertificatesAndTrustpointsAreShown) {
  ASSERT_EQ(Type(kConfigure).exit_code, 0);
  EXPECT_EQ(Type("show crypto pki trustpoints").text,
            "Trustpoint T:\n    No certificate is configured.\n\n");
  ASSERT_EQ(Type("crypto pki authenticate T", {Pem(ca_), "yes"}).exit_code, 0);
  AddKey("K", own_);
  ASSERT_EQ(Type("crypto pki import T certificate", {Pem(own_)}).exit_code, 0);
  const std::string text = Type("show crypto pki certificates").text;
  EXPECT_THAT(text, StartsWith("Certificate\n  Status: Available\n"));
  EXPECT_THAT(text, HasSubstr("  Issuer:\n    CN=Root\n  Subject:\n    CN=gw\n"));
  EXPECT_THAT(text, HasSubstr("    start date: 22:13:20 UTC Nov 14 2023\n"));
  EXPECT_THAT(text, HasSubstr("CA Certificate\n"));
  EXPECT_THAT(text, Not(HasSubstr("Fingerprint")));
  const std::string verbose = Type("show crypto pki certificates T verbose").text;
  EXPECT_THAT(verbose, AllOf(HasSubstr("Fingerprint SHA256: "), HasSubstr("    gw.example.com\n")));
  EXPECT_THAT(Type("show crypto pki certificates T pem").text, HasSubstr(Pem(ca_)));
  EXPECT_THAT(Type("show crypto pki certificates X").text, HasSubstr("X is not defined"));
  EXPECT_THAT(Type("show crypto pki certificates | json").text,
              AllOf(HasSubstr("\"pki_certificates\""), HasSubstr("\"subject\": \"CN=gw\"")));
  EXPECT_THAT(Type("show crypto pki trustpoints").text,
              HasSubstr("Trustpoint T:\n    Subject Name:\n    CN=Root\n"));
  const std::string status = Type("show crypto pki trustpoints status").text;
  EXPECT_THAT(status,
              HasSubstr("Keys generated ............. Yes (EC 256 bits, not exportable) K"));
  EXPECT_THAT(status, HasSubstr("Issuing CA authenticated ....... Yes\n"));
  clock_.AdvanceNs(2'300'000'000ULL * kNsPerSecond);
  EXPECT_THAT(Type("show crypto pki certificates").text, HasSubstr("  Status: Expired\n"));
}
TEST_F(PkiTest, WhatIsNoCertificateIsRefusedAtEnd) {
  const Seen seen = Type(std::string(kConfigure) +
                         "configure terminal\ncrypto pki certificate chain T\ncertificate 07\n"
                         "30083006A00100020107\nquit\nend\n");
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_THAT(seen.text,
              HasSubstr("crypto pki certificate chain T: certificate 07 cannot be used: "));
  EXPECT_THAT(pki().chains, IsEmpty());
}

TEST(Paste, Base64) {
  const auto text = [](std::string_view typed) {
    const auto bytes = FromBase64(typed);
    return bytes ? Text(*bytes) : std::string("!");
  };
  for (const auto& [typed, meant] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"Zg==", "f"},
                                                        {"Zm8=", "fo"},
                                                        {"Zm9v", "foo"},
                                                        {"Zm9vYg==", "foob"},
                                                        {"Zm9vYmE=", "fooba"},
                                                        {"Zm9vYmFy", "foobar"},
                                                        {" Zm\r\n9v\t", "foo"}}) {
    EXPECT_EQ(text(typed), meant) << typed;  // RFC 4648, 10
  }
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Zm9v=", "Zg==Zg==", "Z*=="}) {
    EXPECT_EQ(text(bad), "!") << bad;
  }
  for (size_t size = 0; size < 200; ++size) {
    const std::vector<uint8_t> bytes(size, static_cast<uint8_t>(size));
    EXPECT_EQ(*FromBase64(ToBase64Lines(bytes)), bytes);
  }
}
TEST(Paste, Pem) {
  const auto blocks = ReadPasted(
      "bag\n-----BEGIN A-----\nZm9v\n-----END A-----\nx\n"
      "-----BEGIN B C-----\r\nZg==\r\n-----END B C-----\r\n");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].label, "A");
  EXPECT_EQ((*blocks)[1].label, "B C");
  EXPECT_EQ(Text((*blocks)[1].der), "f");
  for (const char* bad :
       {"", "-----BEGIN A", "-----BEGIN A-----\nZm9v\n",
        "-----BEGIN A\n-----\nZm9v\n-----END A-----", "-----BEGIN A-----\nZm9v\n-----END B-----",
        "-----BEGIN A-----\nX: y\n-----END A-----"}) {
    EXPECT_FALSE(ReadPasted(bad)) << bad;
  }
  EXPECT_FALSE(ReadPasted(std::string(kMostPasted + 1, 'A')));
  std::string many;
  for (size_t i = 0; i <= kMostPastedBlocks; ++i) many += "-----BEGIN A-----\n-----END A-----\n";
  EXPECT_FALSE(ReadPasted(many));
}

}  // namespace
}  // namespace vam::mgmt
