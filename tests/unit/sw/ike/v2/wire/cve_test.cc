// What brought other daemons down, as far as the wire format is concerned.
#include <gtest/gtest.h>

#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;
using test::Failure;
using test::Hex;
using test::Of;
using test::Payloads;

// strongSwan dereferenced null for the group that stood for its own parameters. A number is a
// number.
TEST(CveTest, Cve2014_9221_Group1025) {
  for (const unsigned group : {0u, 1024u, 1025u, 65535u}) {
    MessageBuilder message;
    const Proposal offer = {
        1,
        Protocol::kIke,
        0,
        0,
        {{TransformType::kKeyExchange, static_cast<uint16_t>(group), 0, false}}};
    AddSa(message, {&offer, 1});
    AddKe(message, static_cast<uint16_t>(group), Hex("00"));
    const Buffer bytes = Payloads(message);
    const auto chain = ParseChain(message.first(), bytes);
    ASSERT_TRUE(chain.has_value());
    const auto sa = ParseSa(*Only(chain->payloads, PayloadType::kSa));
    ASSERT_TRUE(sa.has_value());
    EXPECT_EQ(sa->at(0).transforms[0].id, group);
    EXPECT_EQ(ParseKe(*Only(chain->payloads, PayloadType::kKe))->group, group);
  }
}

// strongSwan subtracted the head from the length of an attribute of RADIUS, which was 0. RADIUS is
// not built; here lengths count what follows the head, so 0 is an attribute without value.
TEST(CveTest, Cve2026_35333_AttributesOfLengthZero) {
  Buffer request = {1, 0, 0, 0};
  for (size_t i = 0; i < kMaxConfigAttributes; ++i) request.insert(request.end(), {0, 1, 0, 0});
  const auto configuration = ParseConfiguration(request);
  ASSERT_TRUE(configuration.has_value());
  EXPECT_EQ(configuration->attributes.size(), kMaxConfigAttributes);
  for (size_t cut = 1; cut < 4; ++cut) {
    EXPECT_FALSE(ParseConfiguration(Bytes(request).first(request.size() - cut)).has_value());
  }
  // A Key Length in the long shape and without value: the transform is read and never chosen.
  const Buffer body = Hex("00 000014 01 01 00 01  00 00000c 01 00 0014  000e 0000");
  const auto sa = ParseSa(body);
  ASSERT_TRUE(sa.has_value());
  EXPECT_TRUE(sa->at(0).transforms.at(0).unknown_attribute);
  EXPECT_EQ(sa->at(0).transforms.at(0).key_bits, 0u);
}

// strongSwan took IKEv1's payloads inside a message of version 2 for its own objects.
TEST(CveTest, Cve2015_3991_PayloadsOfVersion1) {
  for (unsigned type = 1; type <= 32; ++type) {
    MessageBuilder message;
    message.Add(static_cast<PayloadType>(type), Hex("00000001 00000001"), true);
    message.Add(PayloadType::kNonce, Buffer(16));
    const Buffer bytes = Payloads(message);
    const auto chain = ParseChain(message.first(), bytes);
    ASSERT_TRUE(chain.has_value());
    // None is found under a name of version 2, and each is the unknown critical one.
    EXPECT_EQ(Find(chain->payloads, PayloadType::kSa), nullptr);
    EXPECT_EQ(FindUnknownCritical(chain->payloads), chain->payloads.data()) << type;
    EXPECT_EQ(Of(*Only(chain->payloads, PayloadType::kNonce)).size(), 16u);
  }
}

// libreswan freed selectors twice when a second parse of the same payload failed. A parse has no
// state: as often as it is repeated, and after failures between, the answer is the same.
TEST(CveTest, Cve2023_23009_SelectorsParsedTwice) {
  const Buffer good =
      Hex("02 000000 07 00 0010 0000 ffff 0a000001 0a000001"
          "07 00 0010 0000 ffff 0a000002 0a000002");
  Buffer bad = good;
  bad[0] = 3;
  const auto first = ParseTs(good);
  ASSERT_TRUE(first.has_value());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(ParseTs(bad).has_value());
    const auto again = ParseTs(good);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, *first);
  }
}

// libreswan wrote one element behind an array when a message held one more than it had room for.
TEST(CveTest, Cve2026_12413_CountsOffByOne) {
  const auto chain_of = [](size_t count) {
    MessageBuilder message;
    for (size_t i = 0; i < count; ++i) message.Add(PayloadType{200}, {});
    const auto chain = ParseChain(message.first(), Payloads(message));
    return chain.has_value();
  };
  EXPECT_TRUE(chain_of(kMaxPayloads));
  EXPECT_FALSE(chain_of(kMaxPayloads + 1));
  const auto fragment = [](uint16_t number, uint16_t total) {
    Buffer body(4);
    StoreBe16(body.data(), number);
    StoreBe16(body.data() + 2, total);
    return ParseFragmentHeader(body).has_value();
  };
  EXPECT_TRUE(fragment(kMaxFragments, kMaxFragments));
  EXPECT_FALSE(fragment(kMaxFragments + 1, kMaxFragments));
  EXPECT_FALSE(fragment(1, kMaxFragments + 1));
  EXPECT_FALSE(fragment(0, 1));
  for (const size_t count : {kMaxSpis, kMaxSpis + 1}) {
    Buffer body(4 + 4 * count);
    body[0] = 3;
    body[1] = 4;
    StoreBe16(body.data() + 2, static_cast<uint16_t>(count));
    EXPECT_EQ(ParseDelete(body).has_value(), count == kMaxSpis);
  }
}

// libreswan copied a protocol number from a REKEY_SA into its answer, where an assertion met it.
TEST(CveTest, Cve2023_38710_ProtocolCopiedIntoAnAnswer) {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    Buffer body = Hex("00 04 4009 c0ffee01");
    body[0] = static_cast<uint8_t>(protocol);
    const bool ipsec = protocol == 2 || protocol == 3;
    const auto notify = ParseNotify(body);
    EXPECT_EQ(notify.has_value(), ipsec) << protocol;
    // Even a caller who copies what no parser gave him gets an error, not an end.
    MessageBuilder answer;
    AddNotify(answer, NotifyType::kChildSaNotFound, static_cast<Protocol>(protocol), 0xc0ffee01);
    EXPECT_EQ(answer.payloads().has_value(), ipsec) << protocol;
    MessageBuilder deletion;
    const uint32_t spi = 0xc0ffee01;
    AddDelete(deletion, static_cast<Protocol>(protocol), {&spi, 1});
    EXPECT_EQ(deletion.payloads().has_value(), ipsec) << protocol;
  }
}

// libreswan's default proposal held a PRF that it did not have. Every number of every registry
// passes the wire format, there and back.
TEST(CveTest, Cve2016_3071_AlgorithmsThatNobodyHas) {
  for (unsigned type = 0; type < 256; ++type) {
    Proposal offer;
    for (const unsigned id : {0u, 4u, 11u, 1024u, 65535u}) {
      offer.transforms.push_back(
          {static_cast<TransformType>(type), static_cast<uint16_t>(id), 65535, false});
    }
    MessageBuilder message;
    AddSa(message, {&offer, 1});
    const auto parsed = ParseSa(Body(message));
    ASSERT_TRUE(parsed.has_value()) << type;
    EXPECT_EQ(parsed->at(0), offer);
  }
}

// Two DELETE payloads for one SA in a message (2023-38712) are two entries of a list, no more.
TEST(CveTest, Cve2023_38712_DeletedTwice) {
  MessageBuilder message;
  const std::vector<uint32_t> spis = {7, 7};
  AddDelete(message, Protocol::kEsp, spis);
  AddDelete(message, Protocol::kEsp, spis);
  const Buffer bytes = Payloads(message);
  const auto chain = ParseChain(message.first(), bytes);
  ASSERT_TRUE(chain.has_value());
  for (const RawPayload& payload : chain->payloads)
    EXPECT_EQ(ParseDelete(payload.body)->spis, spis);
  EXPECT_FALSE(Only(chain->payloads, PayloadType::kDelete).has_value());
}

}  // namespace
}  // namespace vam::ike::v2
