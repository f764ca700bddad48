#include "sw/ike/v2/keys/negotiation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "sw/crypto/prf.h"

namespace vam::ike::v2 {
namespace {

constexpr Cipher kGcm256{EncryptionId::kAesGcm16, 256};
constexpr Cipher kGcm128{EncryptionId::kAesGcm16, 128};
constexpr Cipher kCbc128{EncryptionId::kAesCbc, 128};
constexpr Cipher kCbc256{EncryptionId::kAesCbc, 256};
constexpr IntegrityId kSha256 = IntegrityId::kHmacSha256_128;
constexpr IntegrityId kSha1 = IntegrityId::kHmacSha1_96;

IkeOffer Offer(std::vector<Cipher> ciphers, std::vector<uint16_t> groups = {31, 19}) {
  return {std::move(ciphers), {kSha256, kSha1}, {PrfId::kHmacSha256}, std::move(groups), {}};
}

ChildOffer Child(std::vector<Cipher> ciphers) {
  ChildOffer offer;
  offer.ciphers = std::move(ciphers);
  offer.integrities = {kSha256};
  return offer;
}

Transform Make(TransformType type, uint16_t id, uint16_t key_bits = 0) {
  return {type, id, key_bits, false};
}
Transform Enc(Cipher cipher) {
  return Make(TransformType::kEncryption, static_cast<uint16_t>(cipher.id), cipher.key_bits);
}
Transform Integ(IntegrityId id) {
  return Make(TransformType::kIntegrity, static_cast<uint16_t>(id));
}
Transform Prf(PrfId id = PrfId::kHmacSha256) {
  return Make(TransformType::kPrf, static_cast<uint16_t>(id));
}
Transform Group(uint16_t id) { return Make(TransformType::kKeyExchange, id); }
Transform Esn(uint16_t id) { return Make(TransformType::kEsn, id); }
Transform Additional(size_t index, uint16_t id) {
  return Make(
      static_cast<TransformType>(static_cast<size_t>(TransformType::kAdditionalKe1) + index), id);
}

Proposal Ike(std::vector<Transform> transforms, uint8_t number = 1) {
  return {number, Protocol::kIke, 0, 0, std::move(transforms)};
}
Proposal Esp(std::vector<Transform> transforms, uint8_t number = 1) {
  return {number, Protocol::kEsp, 0x1234, 4, std::move(transforms)};
}

Result<Choice<IkeSuite>> ChooseIke(const std::vector<Proposal>& offered, const IkeOffer& ours,
                                   uint16_t preferred = 0) {
  return Choose(offered, {&ours, 1}, preferred);
}
Result<Choice<ChildSuite>> ChooseChild(const std::vector<Proposal>& offered, const ChildOffer& ours,
                                       bool with_group = false, uint16_t preferred = 0) {
  return Choose(offered, {&ours, 1}, with_group, preferred);
}
template <typename T>
void ExpectRefused(const Result<T>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, code);
}

// ---- Propose

// RFC 5282, 8: combined ciphers in a proposal without integrity, others in one of their own.
TEST(NegotiationTest, MixedCiphersBecomeTwoProposals) {
  const std::vector<IkeOffer> offers = {Offer({kCbc128, kGcm256, kCbc256, kGcm128})};
  const auto proposals = Propose(offers, 7, 8);
  ASSERT_EQ(proposals.size(), 2U);
  EXPECT_EQ(proposals[0].number, 1);
  EXPECT_EQ(proposals[1].number, 2);
  EXPECT_EQ(proposals[0].transforms, (std::vector{Enc(kCbc128), Enc(kCbc256), Prf(), Integ(kSha256),
                                                  Integ(kSha1), Group(31), Group(19)}));
  EXPECT_EQ(proposals[1].transforms,
            (std::vector{Enc(kGcm256), Enc(kGcm128), Prf(), Group(31), Group(19)}));
  for (const Proposal& proposal : proposals) {
    EXPECT_EQ(proposal.spi, 7U);
    EXPECT_EQ(proposal.spi_bytes, 8);
    EXPECT_EQ(proposal.protocol, Protocol::kIke);
  }
}

TEST(NegotiationTest, ChildProposalsBySequenceNumbersAndGroup) {
  ChildOffer offer = Child({kGcm128});
  offer.groups = {19};
  const auto of = [&](bool with_group) {
    return Propose(std::vector{offer}, 0x99, with_group).front().transforms;
  };
  EXPECT_EQ(of(true), (std::vector{Enc(kGcm128), Group(19), Esn(1), Esn(0)}));
  EXPECT_EQ(of(false), (std::vector{Enc(kGcm128), Esn(1), Esn(0)}));
  offer.short_numbers = false;
  EXPECT_EQ(of(false), (std::vector{Enc(kGcm128), Esn(1)}));
  offer.protocol = Protocol::kAh;
  EXPECT_EQ(of(false), (std::vector{Integ(kSha256), Esn(1)}));
}

// ---- Choose

TEST(NegotiationTest, PeersOrderWins) {
  const IkeOffer ours = Offer({kGcm256, kCbc128}, {31, 19});
  const auto choice = ChooseIke({Ike({Enc(kCbc256), Enc(kCbc128), Prf(), Integ(kSha1),
                                      Integ(kSha256), Group(14), Group(19), Group(31)}),
                                 Ike({Enc(kGcm256), Prf(), Group(31)}, 2)},
                                ours);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->suite, (IkeSuite{kCbc128, kSha1, PrfId::kHmacSha256, 19, {}}));
  EXPECT_EQ(choice->proposal, Ike({Enc(kCbc128), Prf(), Integ(kSha1), Group(19)}));
}

TEST(NegotiationTest, SecondProposalAndSecondOffer) {
  const std::vector<IkeOffer> ours = {Offer({kGcm256}), Offer({kGcm128}, {14})};
  const std::vector<Proposal> offered = {Ike({Enc(kCbc128), Prf(), Group(31)}),
                                         Ike({Enc(kGcm128), Prf(), Group(14)}, 2)};
  const auto choice = Choose(offered, ours);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->offer, 1U);
  EXPECT_EQ(choice->proposal.number, 2);
  // Halves of two offers make no whole one.
  ExpectRefused(Choose(std::vector{Ike({Enc(kGcm256), Prf(), Group(14)})}, ours),
                ErrorCode::kNotFound);
}

TEST(NegotiationTest, PreferredGroupIsTakenWhereBothHaveIt) {
  const IkeOffer ours = Offer({kGcm256}, {31, 19});
  const std::vector<Proposal> offered = {
      Ike({Enc(kGcm256), Prf(), Group(14), Group(31), Group(19)})};
  EXPECT_EQ(ChooseIke(offered, ours)->suite.group, 31);
  EXPECT_EQ(ChooseIke(offered, ours, 19)->suite.group, 19);
  EXPECT_EQ(ChooseIke(offered, ours, 14)->suite.group, 31);  // not ours
  EXPECT_EQ(ChooseIke(offered, ours, 20)->suite.group, 31);  // nobody's
}

TEST(NegotiationTest, IntegrityOfCombinedCiphersIsNoneOrAbsent) {
  const IkeOffer ours = Offer({kGcm256, kCbc128});
  const auto of = [&](std::vector<Transform> transforms) {
    return ChooseIke({Ike(std::move(transforms))}, ours);
  };
  EXPECT_EQ(of({Enc(kGcm256), Prf(), Group(31)})->suite.integrity, IntegrityId::kNone);
  const auto none = of({Enc(kGcm256), Prf(), Integ(IntegrityId::kNone), Group(31)});
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->suite.integrity, IntegrityId::kNone);
  ExpectRefused(of({Enc(kGcm256), Prf(), Integ(kSha256), Group(31)}), ErrorCode::kNotFound);
  ExpectRefused(of({Enc(kCbc128), Prf(), Group(31)}), ErrorCode::kNotFound);
  ExpectRefused(of({Enc(kCbc128), Prf(), Integ(IntegrityId::kNone), Group(31)}),
                ErrorCode::kNotFound);
}

// A PRF was agreed on that the daemon did not have: of all numbers those are chosen that are there,
// and a proposal without one is none.
TEST(NegotiationTest, Cve2018_10811_APrfThatIsNotThere) {
  IkeOffer ours = Offer({kGcm256});
  ours.prfs.clear();
  for (const PrfInfo& info : Prfs()) ours.prfs.push_back(info.id);
  size_t chosen = 0;
  for (uint32_t id = 0; id <= UINT16_MAX; ++id) {
    const auto choice =
        ChooseIke({Ike({Enc(kGcm256), Prf(static_cast<PrfId>(id)), Group(31)})}, ours);
    ASSERT_EQ(choice.has_value(), FindPrf(static_cast<uint16_t>(id)) != nullptr) << id;
    if (!choice) continue;
    ++chosen;
    const std::vector<uint8_t> key(32, 1);
    EXPECT_TRUE(crypto::Prf::Create(InfoOf(choice->suite.prf).prf, key).has_value()) << id;
  }
  EXPECT_EQ(chosen, Prfs().size());
  ExpectRefused(ChooseIke({Ike({Enc(kGcm256), Group(31)})}, ours), ErrorCode::kNotFound);
}

// RFC 7296, 3.3.6: an unknown type refuses its proposal, an unknown attribute its transform.
TEST(NegotiationTest, WhatIsUnknownIsNeverChosen) {
  const IkeOffer ours = Offer({kGcm256});
  const std::vector<Transform> good = {Enc(kGcm256), Prf(), Group(31)};
  const auto with = [&](const Transform& more) {
    std::vector<Transform> transforms = good;
    transforms.push_back(more);
    return ChooseIke({Ike(transforms)}, ours);
  };
  ASSERT_TRUE(ChooseIke({Ike(good)}, ours).has_value());
  ExpectRefused(with(Make(static_cast<TransformType>(13), 0)), ErrorCode::kNotFound);
  ExpectRefused(with(Make(static_cast<TransformType>(240), 1)), ErrorCode::kNotFound);
  ExpectRefused(with(Esn(1)), ErrorCode::kNotFound);
  EXPECT_TRUE(with(Make(TransformType::kEncryption, 9999, 256)).has_value());
  EXPECT_TRUE(with(Group(9999)).has_value());
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<Transform> marked = good;
    marked[i].unknown_attribute = true;
    ExpectRefused(ChooseIke({Ike(marked)}, ours), ErrorCode::kNotFound);
    // The same without it, behind it, will do.
    marked.push_back(good[i]);
    EXPECT_TRUE(ChooseIke({Ike(marked)}, ours).has_value());
    if (i == 0) continue;
    std::vector<Transform> keyed = good;
    keyed[i].key_bits = 128;  // a Key Length where none belongs
    ExpectRefused(ChooseIke({Ike(keyed)}, ours), ErrorCode::kNotFound);
  }
  std::vector<Proposal> esp = {Esp(good)};
  ExpectRefused(ChooseIke(esp, ours), ErrorCode::kNotFound);
  ExpectRefused(ChooseIke({}, ours), ErrorCode::kNotFound);
}

TEST(NegotiationTest, SequenceNumbersOfChildren) {
  const struct {
    bool esn, short_numbers;
    std::vector<uint16_t> offered;
    int chosen;  // -1: refused
  } cases[] = {{true, true, {1, 0}, 1},  {true, true, {0, 1}, 0}, {true, false, {0, 1}, 1},
               {false, true, {1, 0}, 0}, {true, false, {0}, -1},  {false, true, {1}, -1},
               {true, true, {2}, -1},    {true, true, {}, -1},    {true, true, {7, 1}, 1}};
  for (const auto& c : cases) {
    ChildOffer ours = Child({kGcm128});
    ours.esn = c.esn;
    ours.short_numbers = c.short_numbers;
    std::vector<Transform> transforms = {Enc(kGcm128)};
    for (const uint16_t id : c.offered) transforms.push_back(Esn(id));
    const auto choice = ChooseChild({Esp(transforms)}, ours);
    ASSERT_EQ(choice.has_value(), c.chosen >= 0);
    if (choice) {
      EXPECT_EQ(choice->suite.esn, c.chosen == 1);
    }
  }
}

TEST(NegotiationTest, GroupsOfChildren) {
  ChildOffer with = Child({kGcm128});
  with.groups = {19, 31};
  const ChildOffer without = Child({kGcm128});
  const auto of = [](std::vector<uint16_t> groups) {
    std::vector<Transform> transforms = {Enc(kGcm128)};
    for (const uint16_t group : groups) transforms.push_back(Group(group));
    transforms.push_back(Esn(0));
    return std::vector{Esp(transforms)};
  };
  EXPECT_EQ(ChooseChild(of({31, 19}), with, true)->suite.group, 31);
  EXPECT_EQ(ChooseChild(of({31, 19}), with, true, 19)->suite.group, 19);
  ExpectRefused(ChooseChild(of({}), with, true), ErrorCode::kNotFound);  // PFS is wanted
  ExpectRefused(ChooseChild(of({0}), with, true), ErrorCode::kNotFound);
  ExpectRefused(ChooseChild(of({14}), with, true), ErrorCode::kNotFound);
  EXPECT_EQ(ChooseChild(of({}), without, true)->suite.group, 0);
  EXPECT_EQ(ChooseChild(of({19, 0}), without, true)->suite.group, 0);
  ExpectRefused(ChooseChild(of({19}), without, true), ErrorCode::kNotFound);
  // The child of IKE_AUTH has none, whatever is configured.
  EXPECT_EQ(ChooseChild(of({}), with, false)->suite.group, 0);
  EXPECT_EQ(ChooseChild(of({0}), with, false)->suite.group, 0);
  ExpectRefused(ChooseChild(of({19}), with, false), ErrorCode::kNotFound);
}

TEST(NegotiationTest, SpisAndProtocolsOfChildren) {
  const ChildOffer ours = Child({kGcm128});
  Proposal proposal = Esp({Enc(kGcm128), Esn(0)});
  EXPECT_EQ(ChooseChild({proposal}, ours)->proposal.spi, 0x1234U);
  proposal.spi_bytes = 8;
  ExpectRefused(ChooseChild({proposal}, ours), ErrorCode::kNotFound);
  proposal.spi_bytes = 4;
  proposal.protocol = Protocol::kAh;
  ExpectRefused(ChooseChild({proposal}, ours), ErrorCode::kNotFound);
  ChildOffer ah = ours;
  ah.protocol = Protocol::kAh;
  Proposal of_ah = {1, Protocol::kAh, 1, 4, {Integ(kSha256), Esn(1)}};
  const auto choice = ChooseChild({of_ah}, ah);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->suite.integrity, kSha256);
  of_ah.transforms = {Esn(1)};
  ExpectRefused(ChooseChild({of_ah}, ah), ErrorCode::kNotFound);
}

// RFC 9370, 2.2.1.
TEST(NegotiationTest, AdditionalKeyExchanges) {
  IkeOffer ours = Offer({kGcm256});
  ours.additional_groups = {{36, 35}, {0, 19, 36}};
  const auto of = [&](std::vector<Transform> more) {
    std::vector<Transform> transforms = {Enc(kGcm256), Prf(), Group(31)};
    transforms.insert(transforms.end(), more.begin(), more.end());
    return ChooseIke({Ike(transforms)}, ours);
  };
  EXPECT_EQ(of({Additional(0, 35), Additional(1, 19)})->suite.additional_groups,
            (std::vector<uint16_t>{35, 19}));
  EXPECT_EQ(of({Additional(0, 36), Additional(1, 0)})->suite.additional_groups,
            std::vector<uint16_t>{36});
  EXPECT_EQ(of({Additional(0, 36)})->suite.additional_groups, std::vector<uint16_t>{36});
  ExpectRefused(of({}), ErrorCode::kNotFound);
  ExpectRefused(of({Additional(0, 0)}), ErrorCode::kNotFound);
  ExpectRefused(of({Additional(1, 19)}), ErrorCode::kNotFound);
  ExpectRefused(of({Additional(0, 36), Additional(2, 19)}), ErrorCode::kNotFound);
  EXPECT_TRUE(of({Additional(0, 36), Additional(2, 0)}).has_value());
  // No method twice.
  ExpectRefused(of({Additional(0, 36), Additional(1, 36)}), ErrorCode::kNotFound);
  EXPECT_EQ(of({Additional(0, 36), Additional(1, 36), Additional(1, 19)})->suite.additional_groups,
            (std::vector<uint16_t>{36, 19}));
}

// A method that the first key exchange has is not an additional one too.
TEST(NegotiationTest, AnAdditionalKeyExchangeIsOfAnotherMethod) {
  IkeOffer ours = Offer({kGcm256});
  ours.additional_groups = {{31, 19}};
  std::vector<Transform> transforms = {Enc(kGcm256), Prf(), Group(31), Additional(0, 31)};
  ExpectRefused(ChooseIke({Ike(transforms)}, ours), ErrorCode::kNotFound);
  transforms.push_back(Additional(0, 19));
  EXPECT_EQ(ChooseIke({Ike(transforms)}, ours)->suite.additional_groups, std::vector<uint16_t>{19});
  // Nor does an initiator take it.
  Proposal answer = Ike({Enc(kGcm256), Prf(), Group(31), Additional(0, 31)});
  const std::vector<Proposal> offered = {Ike(transforms)};
  ExpectRefused(CheckAnswer(offered, answer), ErrorCode::kMalformed);
  answer.transforms.back() = Additional(0, 19);
  EXPECT_TRUE(CheckAnswer(offered, answer).has_value());
}

// For peers that do not know such transforms, or cannot do what they need.
TEST(NegotiationTest, AdditionalKeyExchangesThatMayBeLeftOut) {
  std::vector<IkeOffer> ours = {Offer({kGcm256})};
  ours[0].additional_groups = {{36, 0}, {}, {35, 0}};
  const auto offered = Propose(ours, 0, 0);
  ASSERT_EQ(offered.size(), 2U);
  const auto additional = [](const Transform& t) {
    return t.type >= TransformType::kAdditionalKe1;
  };
  EXPECT_EQ(std::ranges::count_if(offered[0].transforms, additional), 4);
  EXPECT_EQ(std::ranges::count_if(offered[1].transforms, additional), 0);
  EXPECT_EQ(Choose(offered, ours)->suite.additional_groups, (std::vector<uint16_t>{36, 0, 35}));
  const auto without = Choose(offered, ours, 0, /*additional=*/false);
  ASSERT_TRUE(without.has_value());
  EXPECT_TRUE(without->suite.additional_groups.empty());
  EXPECT_TRUE(CheckAnswer(offered, without->proposal).has_value());
  ours[0].additional_groups = {{36}};
  EXPECT_EQ(Propose(ours, 0, 0).size(), 1U);
  ExpectRefused(Choose(offered, ours, 0, /*additional=*/false), ErrorCode::kNotFound);
}

// ---- CheckAnswer

TEST(NegotiationTest, AnswersThatWereNotOffered) {
  const std::vector<IkeOffer> offers = {Offer({kGcm256, kCbc128, kGcm128})};
  const auto offered = Propose(offers, 0, 0);
  const Proposal good = Ike({Enc(kGcm128), Prf(), Group(19)});
  const auto suite = CheckAnswer(offered, good);
  ASSERT_TRUE(suite.has_value());
  EXPECT_EQ(*suite, (IkeSuite{kGcm128, IntegrityId::kNone, PrfId::kHmacSha256, 19, {}}));
  EXPECT_TRUE(
      CheckAnswer(offered, Ike({Enc(kCbc128), Prf(), Integ(kSha1), Group(31)}, 2)).has_value());

  const auto refused = [&](const Proposal& answer) {
    ExpectRefused(CheckAnswer(offered, answer), ErrorCode::kMalformed);
  };
  refused(Ike({Enc(kGcm128), Enc(kGcm256), Prf(), Group(19)}));     // two of a type
  refused(Ike({Enc(kGcm128), Prf(), Group(19), Group(19)}));        // the same twice
  refused(Ike({Enc(kCbc256), Prf(), Group(19)}));                   // not offered
  refused(Ike({Enc(kCbc128), Prf(), Integ(kSha1), Group(31)}, 1));  // of the other proposal
  refused(Ike({Enc(kGcm128), Prf(), Group(19)}, 3));                // no such number
  refused(Ike({Enc(kGcm128), Prf(), Group(19)}, 0));
  refused(Ike({Enc(kGcm128), Prf()}));  // a type is missing
  refused(Ike({Enc(kGcm128), Group(19)}));
  refused(Ike({Prf(), Group(19)}));
  refused(Ike({}));
  refused(Ike({Enc(kCbc128), Prf(), Group(31)}, 2));               // CBC without integrity
  refused(Ike({Enc(kGcm128), Prf(), Integ(kSha256), Group(19)}));  // GCM with it
  refused(Ike({Enc(kGcm128), Prf(), Group(19), Esn(1)}));
  Proposal other = good;
  other.protocol = Protocol::kEsp;
  refused(other);
  other = good;
  other.spi_bytes = 8;
  refused(other);
  other = good;
  other.transforms[0].unknown_attribute = true;
  refused(other);
}

TEST(NegotiationTest, AnswersForChildren) {
  ChildOffer offer = Child({kGcm128, kCbc128});
  offer.groups = {19};
  const auto offered = Propose(std::vector{offer}, 1, true);
  const auto suite = CheckChildAnswer(offered, Esp({Enc(kGcm128), Group(19), Esn(1)}));
  ASSERT_TRUE(suite.has_value());
  EXPECT_TRUE(suite->esn);
  EXPECT_EQ(suite->group, 19);
  ExpectRefused(CheckChildAnswer(offered, Esp({Enc(kGcm128), Esn(1)})), ErrorCode::kMalformed);
  ExpectRefused(CheckChildAnswer(offered, Esp({Enc(kGcm128), Group(19)})), ErrorCode::kMalformed);
  ExpectRefused(CheckChildAnswer(offered, Esp({Enc(kGcm128), Group(19), Esn(0), Esn(1)})),
                ErrorCode::kMalformed);
}

// ---- properties

template <typename T>
std::vector<T> SomeOf(const std::vector<T>& all, size_t least) {
  std::vector<T> out;
  for (const T& one : all) {
    if (*rc::gen::arbitrary<bool>()) out.push_back(one);
  }
  for (size_t i = 0; out.size() < least; ++i) out.push_back(all[i]);
  // An order of its own: turned by some places.
  if (!out.empty()) {
    const auto turn = *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(out.size()));
    std::rotate(out.begin(), out.begin() + turn, out.end());
  }
  return out;
}

template <typename T>
bool In(const std::vector<T>& list, const T& one) {
  return std::ranges::find(list, one) != list.end();
}

IkeOffer AnyIkeOffer() {
  IkeOffer offer;
  offer.ciphers = SomeOf<Cipher>({kGcm256, kGcm128, kCbc128, kCbc256}, 1);
  offer.integrities = SomeOf<IntegrityId>({kSha256, kSha1, IntegrityId::kAesCmac96}, 1);
  offer.prfs = SomeOf<PrfId>({PrfId::kHmacSha256, PrfId::kHmacSha512, PrfId::kAesXcbc}, 1);
  offer.groups = SomeOf<uint16_t>({31, 19, 20, 14}, 1);
  if (*rc::gen::arbitrary<bool>()) offer.additional_groups = {SomeOf<uint16_t>({0, 35, 36}, 1)};
  return offer;
}

bool Has(const IkeOffer& offer, const IkeSuite& suite) {
  const bool integrity = InfoOf(suite.cipher).combined() ? suite.integrity == IntegrityId::kNone
                                                         : In(offer.integrities, suite.integrity);
  const uint16_t more = suite.additional_groups.empty() ? 0 : suite.additional_groups.front();
  const bool additional =
      offer.additional_groups.empty() ? more == 0 : In(offer.additional_groups.front(), more);
  return In(offer.ciphers, suite.cipher) && integrity && In(offer.prfs, suite.prf) &&
         In(offer.groups, suite.group) && additional;
}

// Whether there is anything that both would take: cipher by cipher.
bool AnyCommon(const IkeOffer& a, const IkeOffer& b) {
  const auto share = [](const auto& x, const auto& y) {
    return std::ranges::any_of(x, [&](const auto& one) { return In(y, one); });
  };
  const std::vector<uint16_t> none = {0};
  const auto& more_a = a.additional_groups.empty() ? none : a.additional_groups.front();
  const auto& more_b = b.additional_groups.empty() ? none : b.additional_groups.front();
  if (!share(a.prfs, b.prfs) || !share(a.groups, b.groups) || !share(more_a, more_b)) return false;
  return std::ranges::any_of(a.ciphers, [&](Cipher cipher) {
    return In(b.ciphers, cipher) &&
           (InfoOf(cipher).combined() || share(a.integrities, b.integrities));
  });
}

RC_GTEST_PROP(NegotiationProperty, IkeAgreesOnWhatBothHave, ()) {
  const std::vector<IkeOffer> theirs = {AnyIkeOffer()};
  const std::vector<IkeOffer> ours = {AnyIkeOffer()};
  const auto offered = Propose(theirs, 0, 0);
  const uint16_t preferred = *rc::gen::element<uint16_t>(0, 31, 19, 5);
  const auto choice = Choose(offered, ours, preferred);
  RC_ASSERT(choice.has_value() == AnyCommon(theirs.front(), ours.front()));
  if (!choice) return;
  RC_ASSERT(Has(theirs.front(), choice->suite));
  RC_ASSERT(Has(ours.front(), choice->suite));
  const auto checked = CheckAnswer(offered, choice->proposal);
  RC_ASSERT(checked.has_value());
  RC_ASSERT(*checked == choice->suite);
}

ChildOffer AnyChildOffer() {
  ChildOffer offer;
  offer.protocol = *rc::gen::element(Protocol::kEsp, Protocol::kEsp, Protocol::kAh);
  offer.ciphers = SomeOf<Cipher>({kGcm128, kCbc128, kGcm256}, 1);
  offer.integrities = SomeOf<IntegrityId>({kSha256, kSha1}, 1);
  offer.groups = SomeOf<uint16_t>({19, 31}, 0);
  offer.esn = *rc::gen::arbitrary<bool>();
  offer.short_numbers = !offer.esn || *rc::gen::arbitrary<bool>();
  return offer;
}

RC_GTEST_PROP(NegotiationProperty, ChildrenAgreeOnWhatBothHave, ()) {
  const std::vector<ChildOffer> theirs = {AnyChildOffer(), AnyChildOffer()};
  const std::vector<ChildOffer> ours = {AnyChildOffer(), AnyChildOffer()};
  const bool with_group = *rc::gen::arbitrary<bool>();
  const auto offered = Propose(theirs, 5, with_group);
  const auto choice = Choose(offered, ours, with_group, 0);
  if (!choice) return;
  const ChildSuite& suite = choice->suite;
  const ChildOffer& own = ours[choice->offer];
  RC_ASSERT(suite.protocol == own.protocol);
  RC_ASSERT((suite.esn ? own.esn : own.short_numbers));
  const bool own_group = with_group && !own.groups.empty();
  RC_ASSERT((own_group ? In(own.groups, suite.group) : suite.group == 0));
  if (suite.protocol == Protocol::kEsp) RC_ASSERT(In(own.ciphers, suite.cipher));
  const auto checked = CheckChildAnswer(offered, choice->proposal);
  RC_ASSERT(checked.has_value());
  RC_ASSERT(*checked == suite);
}

}  // namespace
}  // namespace vam::ike::v2
