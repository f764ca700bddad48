// Oracle: the AUTH payloads of strongSwan's recorded run under a preshared key.
#include "sw/ike/v2/auth/signed_octets.h"

#include <gtest/gtest.h>

#include <string>

#include "sw/ike/v2/wire/payloads.h"
#include "tests/unit/sw/ike/v2/keys/recorded_keys.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;

// The last message of this name.
test::Recorded Last(const test::RecordedRun& run, const std::string& name) {
  test::Recorded out;
  for (const auto& [message, keys] : run.messages) {
    if (message.name == "strongswan_psk.txt: " + name) out = message;
  }
  EXPECT_FALSE(out.wire.empty()) << name;
  return out;
}

Buffer NonceOf(const test::Recorded& init) {
  const auto payloads =
      ParseInner(ParseHeader(init.wire)->next_payload, Bytes(init.wire).subspan(kHeaderBytes));
  return test::Of(Find(*payloads, PayloadType::kNonce)->body);
}

class SignedOctetsTest : public testing::Test {
 protected:
  // AUTH as we make it for one side of the run.
  Buffer Ours(bool initiator, const std::string& secret) {
    const test::Recorded& own = initiator ? request_ : response_;
    const auto payloads = AuthPayloads(initiator);
    const Buffer nonce = NonceOf(initiator ? response_ : request_);
    const Bytes id =
        Find(payloads, initiator ? PayloadType::kIdInitiator : PayloadType::kIdResponder)->body;
    const Buffer sk_p = run_.keys.at("ike_1").at(initiator ? "SK_pi" : "SK_pr");
    const auto octets = SignedOctets(PrfId::kHmacSha256, sk_p, {own.wire, nonce, id, {}});
    EXPECT_EQ(octets->size(), own.wire.size() + nonce.size() + 32);
    const Buffer key(secret.begin(), secret.end());
    return *SharedKeyAuth(PrfId::kHmacSha256, key, *octets);
  }
  Buffer Theirs(bool initiator) {
    return test::Of(ParseAuth(Find(AuthPayloads(initiator), PayloadType::kAuth)->body)->data);
  }
  std::vector<RawPayload> AuthPayloads(bool initiator) const {
    const test::Recorded& message = initiator ? auth_request_ : auth_response_;
    return *ParseInner(message.first, message.plain);
  }

  test::RecordedRun run_ = test::LoadRun("strongswan_psk.txt");
  test::Recorded request_ = Last(run_, "ike_sa_init request 0 of a");
  test::Recorded response_ = Last(run_, "ike_sa_init response 0 of b");
  test::Recorded auth_request_ = Last(run_, "ike_auth request 1 of a");
  test::Recorded auth_response_ = Last(run_, "ike_auth response 1 of b");
};

TEST_F(SignedOctetsTest, AuthOfStrongSwan) {
  EXPECT_EQ(FormatHex(Ours(true, "not a secret")), FormatHex(Theirs(true)));
  EXPECT_EQ(FormatHex(Ours(false, "not a secret")), FormatHex(Theirs(false)));
  EXPECT_NE(Ours(true, "another"), Theirs(true));
  EXPECT_NE(Ours(false, "not a secret"), Theirs(true));
}

TEST_F(SignedOctetsTest, EveryPartCounts) {
  const Buffer message = test::Counting(40);
  const Buffer nonce(16, 1);
  const Buffer id(8, 2);
  const Buffer more(32, 3);
  const Buffer key(32, 4);
  const auto of = [&](const AuthInput& input) {
    return *SignedOctets(PrfId::kHmacSha256, key, input);
  };
  const Buffer whole = of({message, nonce, id, more});
  ASSERT_EQ(whole.size(), 40U + 16 + 32 + 32);
  EXPECT_TRUE(std::equal(message.begin(), message.end(), whole.begin()));
  EXPECT_TRUE(std::equal(nonce.begin(), nonce.end(), whole.begin() + 40));
  EXPECT_TRUE(std::equal(more.begin(), more.end(), whole.end() - 32));
  EXPECT_NE(of({message, nonce, Buffer(8, 9), more}), whole);
  // A key of any length, none at all too.
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{128}}) {
    EXPECT_EQ(SharedKeyAuth(PrfId::kHmacSha512, Buffer(bytes, 5), whole)->size(), 64U);
  }
}

}  // namespace
}  // namespace vam::ike::v2
