#include "sw/ike/v2/sa/ticket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/sa/held_tickets.h"
#include "sw/ike/v2/sa/ticket_keys.h"

namespace vam::ike::v2 {
namespace {

using Buffer = std::vector<uint8_t>;

constexpr uint64_t kLifeNs = 3'600 * kNsPerSecond;

TicketState Some() {
  TicketState state;
  state.expires_ns = 0x0102030405060708;
  state.reauth_by_ns = 7;
  state.session = 9;
  state.policy.fill(0x5a);
  state.suite.cipher = {EncryptionId::kAesCbc, 256};
  state.suite.integrity = IntegrityId::kHmacSha256_128;
  state.suite.prf = PrfId::kHmacSha256;
  state.suite.group = 19;
  state.suite.additional_groups = {36, 0, 37};
  state.sk_d = *Key::From(Buffer(32, 3));
  state.local_auth = AuthKind::kEcdsa;
  state.peer_auth = AuthKind::kRsa;
  state.local_identity = Identity::Of(IdentityType::kFqdn, "gw.example.com");
  state.peer_identity = Identity::Of(IdentityType::kEmail, "a@example.com");
  state.profile = "branch";
  state.ppk = "q1";
  state.peer_subject = "CN=a";
  return state;
}

Buffer TextOf(const TicketState& state) {
  const auto text = EncodeTicket(state);
  return {text->bytes().begin(), text->bytes().end()};
}

TEST(TicketTest, WhatIsWrittenIsRead) {
  const TicketState state = Some();
  const auto read = DecodeTicket(TextOf(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(TextOf(*read), TextOf(state));
  EXPECT_EQ(read->expires_ns, state.expires_ns);
  EXPECT_EQ(read->reauth_by_ns, state.reauth_by_ns);
  EXPECT_EQ(read->session, state.session);
  EXPECT_EQ(read->policy, state.policy);
  EXPECT_EQ(read->suite, state.suite);
  EXPECT_TRUE(read->sk_d.Equals(state.sk_d));
  EXPECT_EQ(read->local_auth, state.local_auth);
  EXPECT_EQ(read->peer_auth, state.peer_auth);
  EXPECT_EQ(read->local_identity, state.local_identity);
  EXPECT_EQ(read->peer_identity, state.peer_identity);
  EXPECT_EQ(read->profile, "branch");
  EXPECT_EQ(read->ppk, "q1");
  EXPECT_EQ(read->peer_subject, "CN=a");
}

TEST(TicketTest, ItsFormIsAsWritten) {
  TicketState state = Some();
  state.suite.additional_groups.clear();
  const Buffer text = TextOf(state);
  EXPECT_EQ(text[0], 1) << "version";
  EXPECT_EQ(Buffer(text.begin() + 1, text.begin() + 9), (Buffer{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(text.size(),
            1 + 3 * 8 + 32 + 11 + 2 + 32 + 2 + 3 + 14 + 3 + 13 + 2 + 6 + 2 + 2 + 2 + 4U);
}

TEST(TicketTest, NothingElseIsRead) {
  const Buffer text = TextOf(Some());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(DecodeTicket(Bytes(text).first(size))) << size;
  }
  Buffer longer = text;
  longer.push_back(0);
  EXPECT_FALSE(DecodeTicket(longer));
  Buffer other = text;
  other[0] = 2;
  EXPECT_FALSE(DecodeTicket(other));
  // Whatever is read is what would be written.
  for (size_t at = 0; at < text.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Buffer flipped = text;
      flipped[at] ^= static_cast<uint8_t>(1U << bit);
      const auto read = DecodeTicket(flipped);
      if (read) {
        EXPECT_EQ(TextOf(*read), flipped) << at;
      }
    }
  }
}

TEST(TicketTest, NumbersThatNobodyKnows) {
  const auto refused = [](auto change) {
    TicketState state = Some();
    change(state);
    const auto text = EncodeTicket(state);
    EXPECT_TRUE(!text || !DecodeTicket(text->bytes()));
  };
  refused([](TicketState& s) { s.suite.cipher = {EncryptionId::kNull, 0}; });
  refused([](TicketState& s) { s.suite.cipher.key_bits = 200; });
  refused([](TicketState& s) { s.suite.cipher = {EncryptionId::kAesGcm16, 256}; });
  refused([](TicketState& s) { s.suite.integrity = IntegrityId::kNone; });
  refused([](TicketState& s) { s.suite.prf = static_cast<PrfId>(999); });
  refused([](TicketState& s) { s.suite.prf = PrfId::kHmacSha512; });
  refused([](TicketState& s) { s.suite.additional_groups.resize(8, 36); });
  refused([](TicketState& s) { s.peer_identity = {}; });
  refused([](TicketState& s) { s.local_auth = static_cast<AuthKind>(9); });
  refused([](TicketState& s) { s.peer_subject.assign(kMaxTicketText, 'x'); });
}

// ---- keys

class TicketKeysTest : public testing::Test {
 protected:
  TicketKeysTest() { keys_.SetLife(kLifeNs); }
  ErrorCode OpenError(const Buffer& ticket) {
    const auto opened = keys_.Open(ticket);
    return opened ? ErrorCode::kInternal : opened.error().code;
  }

  ManualClock clock_{kNsPerSecond, 0};
  SeededRng rng_{1};
  TicketKeys keys_{clock_, rng_};
};

TEST_F(TicketKeysTest, OpensWhatItSealed) {
  const auto ticket = keys_.Seal(Some());
  ASSERT_TRUE(ticket);
  const auto opened = keys_.Open(*ticket);
  ASSERT_TRUE(opened);
  EXPECT_EQ(TextOf(opened->state), TextOf(Some()));
  const auto other = keys_.Seal(Some());
  EXPECT_NE(*other, *ticket) << "another IV";
  EXPECT_NE(keys_.Open(*other)->id, opened->id);
  // Nothing of it stands there in clear.
  const Buffer text = TextOf(Some());
  EXPECT_EQ(std::search(ticket->begin(), ticket->end(), text.end() - 4, text.end()), ticket->end());
}

TEST_F(TicketKeysTest, TheKeyBeforeOpensStillAndNoneBeforeThat) {
  const auto first = keys_.Seal(Some());
  clock_.AdvanceNs(kLifeNs);
  const auto second = keys_.Seal(Some());
  EXPECT_FALSE(std::equal(first->begin(), first->begin() + 9, second->begin())) << "turned once";
  EXPECT_TRUE(keys_.Open(*first));
  clock_.AdvanceNs(kLifeNs);
  const auto third = keys_.Seal(Some());
  EXPECT_EQ(OpenError(*first), ErrorCode::kNotFound) << "turned twice";
  EXPECT_TRUE(keys_.Open(*second));
  EXPECT_TRUE(keys_.Open(*third));
}

TEST_F(TicketKeysTest, KeysGoWhenNobodyNeedsThem) {
  EXPECT_EQ(keys_.next_ns(), UINT64_MAX);
  const auto ticket = keys_.Seal(Some());
  EXPECT_EQ(keys_.next_ns(), clock_.MonotonicNs() + 2 * kLifeNs);
  clock_.AdvanceNs(2 * kLifeNs);
  keys_.Expire();
  EXPECT_EQ(keys_.next_ns(), UINT64_MAX);
  EXPECT_EQ(OpenError(*ticket), ErrorCode::kNotFound);
  const auto other = keys_.Seal(Some());
  keys_.SetLife(0);
  EXPECT_EQ(OpenError(*other), ErrorCode::kNotFound);
  EXPECT_EQ(keys_.Seal(Some()).error().code, ErrorCode::kUnavailable);
}

TEST_F(TicketKeysTest, NobodyElseCanSeal) {
  SeededRng rng(2);
  TicketKeys strangers(clock_, rng);
  strangers.SetLife(kLifeNs);
  const auto theirs = strangers.Seal(Some());
  const auto ours = keys_.Seal(Some());
  EXPECT_EQ(OpenError(*theirs), ErrorCode::kNotFound);
  // Under the name of our key.
  Buffer named = *theirs;
  std::copy_n(ours->begin(), kTicketHeadBytes, named.begin());
  EXPECT_EQ(OpenError(named), ErrorCode::kAuthFailed);
  EXPECT_EQ(OpenError({}), ErrorCode::kTruncated);
  EXPECT_EQ(OpenError(Buffer(kMaxTicketBytes + 1, 1)), ErrorCode::kMalformed);
}

TEST(UsedTicketsTest, AreRefusedUntilTheyEnd) {
  UsedTickets used;
  TicketId id{};
  EXPECT_TRUE(used.Add(id, 100, 1));
  EXPECT_TRUE(used.Has(id));
  EXPECT_FALSE(used.Add(id, 200, 1));
  EXPECT_TRUE(used.HasRoom(100));
  EXPECT_FALSE(used.Has(id));
  EXPECT_EQ(used.size(), 0U);
}

// ---- the client's

HeldKey KeyFor(uint32_t peer) { return {net::Address::V4(1), net::Address::V4(peer), 0, "P"}; }
std::unique_ptr<HeldTicket> Ticket(uint64_t expires_ns) {
  auto ticket = std::make_unique<HeldTicket>();
  ticket->state.expires_ns = expires_ns;
  return ticket;
}

TEST(HeldTicketsTest, OneForEachPeerUntilItEnds) {
  HeldTickets held;
  held.Put(KeyFor(1), Ticket(100));
  held.Put(KeyFor(1), Ticket(300));
  held.Put(KeyFor(2), Ticket(200));
  EXPECT_EQ(held.size(), 2U);
  EXPECT_EQ(held.next_ns(), 200U);
  held.Expire(200);
  EXPECT_EQ(held.Find(KeyFor(2)), nullptr);
  ASSERT_NE(held.Find(KeyFor(1)), nullptr);
  EXPECT_EQ(held.Take(KeyFor(1))->state.expires_ns, 300U);
  EXPECT_EQ(held.Take(KeyFor(1)), nullptr);
  EXPECT_EQ(held.next_ns(), UINT64_MAX);
}

TEST(HeldTicketsTest, OfTooManyTheFirstToEndGoes) {
  HeldTickets held;
  for (uint32_t i = 1; i <= HeldTickets::kMost; ++i) held.Put(KeyFor(i), Ticket(1'000 + i));
  held.Put(KeyFor(0x01000000), Ticket(5));
  EXPECT_EQ(held.size(), HeldTickets::kMost);
  EXPECT_EQ(held.Find(KeyFor(1)), nullptr);
  EXPECT_NE(held.Find(KeyFor(2)), nullptr);
  held.ForgetIf([](const HeldKey&, const HeldTicket& one) { return one.state.expires_ns > 10; });
  EXPECT_EQ(held.size(), 1U);
  EXPECT_EQ(held.next_ns(), 5U);
}

}  // namespace
}  // namespace vam::ike::v2
