#include "sw/ike/v2/wire/notify_data.h"

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

// The data of the only notify of a message.
Buffer DataOf(MessageBuilder& message, NotifyType type) {
  const Buffer body = Body(message);
  const auto notify = ParseNotify(body);
  EXPECT_TRUE(notify.has_value());
  EXPECT_EQ(notify->type, type);
  return Of(notify->data);
}

template <typename T>
bool Malformed(const Result<T>& result) {
  return !result.has_value() && result.error().code == ErrorCode::kMalformed;
}

TEST(NotifyDataTest, CookiesAndHashes) {
  for (size_t size = 0; size < 80; ++size) {
    const Buffer data(size);
    EXPECT_EQ(ParseCookie(data).has_value(), size >= 1 && size <= 64) << size;
    EXPECT_EQ(ParseNatDetection(data).has_value(), size == 20) << size;
    EXPECT_EQ(ParseGroup(data).has_value(), size == 2) << size;
    EXPECT_EQ(ParseAuthLifetime(data).has_value(), size == 4) << size;
    EXPECT_EQ(ParseIpcompSupported(data).has_value(), size == 3) << size;
  }
}

// What a peer dropped, as far as it quotes it.
TEST(NotifyDataTest, StartsOfPackets) {
  const Buffer udp = Hex("4500001c00004000401100000a0100050a02000703e80035");
  const auto v4 = ParseDroppedPacket(udp);
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(net::ToString(v4->source), "10.1.0.5");
  EXPECT_EQ(net::ToString(v4->destination), "10.2.0.7");
  EXPECT_EQ(v4->protocol, 17);
  EXPECT_EQ(v4->source_port, 1000);
  EXPECT_EQ(v4->destination_port, 53);
  Buffer later = udp;
  later[7] = 1;  // a fragment behind the first shows no ports
  EXPECT_EQ(ParseDroppedPacket(later)->destination_port, 0);
  Buffer esp = udp;
  esp[9] = 50;
  EXPECT_EQ(ParseDroppedPacket(esp)->source_port, 0);
  const Buffer tcp6 =
      Hex("6000000000140640"
          "20010db8000000000000000000000001"
          "20010db8000000000000000000000002"
          "c0000050");
  const auto v6 = ParseDroppedPacket(tcp6);
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(net::ToString(v6->source), "2001:db8::1");
  EXPECT_EQ(v6->source_port, 0xc000);
  EXPECT_EQ(v6->destination_port, 80);
  // Cut anywhere: headers are whole or nothing is said, ports are there or not.
  for (size_t size = 0; size < tcp6.size(); ++size) {
    EXPECT_EQ(ParseDroppedPacket(Bytes(tcp6).first(size)).has_value(), size >= 40) << size;
    if (size < udp.size()) {
      EXPECT_EQ(ParseDroppedPacket(Bytes(udp).first(size)).has_value(), size >= 20) << size;
    }
  }
  Buffer short_header = udp;
  short_header[0] = 0x44;
  EXPECT_TRUE(Malformed(ParseDroppedPacket(short_header)));
  short_header[0] = 0x4f;  // options that are not there
  EXPECT_TRUE(Malformed(ParseDroppedPacket(short_header)));
  short_header[0] = 0x55;
  EXPECT_TRUE(Malformed(ParseDroppedPacket(short_header)));
}

TEST(NotifyDataTest, Numbers) {
  MessageBuilder group;
  AddInvalidKe(group, 31);
  EXPECT_EQ(*ParseGroup(DataOf(group, NotifyType::kInvalidKePayload)), 31);
  MessageBuilder window;
  AddNotifyNumber(window, NotifyType::kSetWindowSize, 5);
  EXPECT_EQ(DataOf(window, NotifyType::kSetWindowSize), Hex("00000005"));
  EXPECT_EQ(*ParseWindowSize(Hex("00000005")), 5u);
  EXPECT_TRUE(Malformed(ParseWindowSize(Hex("00000000"))));
  EXPECT_TRUE(Malformed(ParseWindowSize(Hex("0005"))));
  EXPECT_EQ(*ParseAuthLifetime(Hex("00015180")), 86'400u);
  MessageBuilder ipcomp;
  AddIpcompSupported(ipcomp, {0x1234, 2});
  const auto parsed = ParseIpcompSupported(DataOf(ipcomp, NotifyType::kIpcompSupported));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->cpi, 0x1234);
  EXPECT_EQ(parsed->transform, 2);
}

TEST(NotifyDataTest, AdditionalAddresses) {
  for (const char* text : {"198.51.100.1", "2001:db8::1"}) {
    const net::Address address = *net::Address::Parse(text);
    MessageBuilder message;
    AddAdditionalAddress(message, address);
    const Buffer body = Body(message);
    auto notify = ParseNotify(body);
    ASSERT_TRUE(notify.has_value());
    EXPECT_EQ(*ParseAdditionalAddress(*notify), address);
    notify->data = notify->data.first(notify->data.size() - 1);
    EXPECT_TRUE(Malformed(ParseAdditionalAddress(*notify)));
    notify->type = NotifyType::kCookie;
    EXPECT_TRUE(Malformed(ParseAdditionalAddress(*notify)));
  }
  MessageBuilder none;
  AddAdditionalAddress(none, {});
  EXPECT_EQ(Failure(none), ErrorCode::kInvalidArgument);
}

TEST(NotifyDataTest, SignatureHashes) {
  const std::vector<uint16_t> hashes = {2, 3, 4, 5};
  MessageBuilder message;
  AddSignatureHashes(message, hashes);
  EXPECT_EQ(DataOf(message, NotifyType::kSignatureHashAlgorithms), Hex("0002 0003 0004 0005"));
  EXPECT_EQ(*ParseSignatureHashes(Hex("0002 0003 0004 0005")), hashes);
  EXPECT_TRUE(Malformed(ParseSignatureHashes({})));
  EXPECT_TRUE(Malformed(ParseSignatureHashes(Hex("000200"))));
  EXPECT_TRUE(ParseSignatureHashes(Buffer(128)).has_value());
  EXPECT_TRUE(Malformed(ParseSignatureHashes(Buffer(130))));
  MessageBuilder none;
  AddSignatureHashes(none, {});
  EXPECT_EQ(Failure(none), ErrorCode::kInvalidArgument);
}

TEST(NotifyDataTest, Redirections) {
  const Buffer name = {'g', 'w', '.', 'x'};
  const Buffer nonce = Counting(16);
  MessageBuilder message;
  AddRedirect(message, NotifyType::kRedirect, {GatewayType::kFqdn, name, nonce});
  const Buffer data = DataOf(message, NotifyType::kRedirect);
  EXPECT_EQ(data, Hex("03 04 67772e78 0102030405060708090a0b0c0d0e0f10"));
  const auto redirect = ParseRedirect(data);
  ASSERT_TRUE(redirect.has_value());
  EXPECT_EQ(redirect->type, GatewayType::kFqdn);
  EXPECT_EQ(Of(redirect->gateway), name);
  EXPECT_EQ(Of(redirect->nonce), nonce);
  EXPECT_TRUE(ParseRedirect(Hex("01 04 c0000201"))->nonce.empty());
  EXPECT_TRUE(ParseRedirect(Hex("02 10 20010db8000000000000000000000001")).has_value());
  for (const char* hex : {"", "01", "01 04 c00002", "01 03 c00002", "01 05 c000020100",
                          "02 04 c0000201", "03 00", "03 02 6700", "01 04 c0000201 aa"}) {
    EXPECT_TRUE(Malformed(ParseRedirect(Hex(hex)))) << hex;
  }
  EXPECT_EQ(ParseRedirect(Hex("04 01 00")).error().code, ErrorCode::kUnsupported);
  MessageBuilder wrong;
  AddRedirect(wrong, NotifyType::kRedirectedFrom, {GatewayType::kIpv6, name, {}});
  EXPECT_EQ(Failure(wrong), ErrorCode::kInvalidArgument);
}

TEST(NotifyDataTest, TicketsAndPpkIdentities) {
  const Buffer bytes = Hex("aabb");
  MessageBuilder message;
  AddTicket(message, {3600, bytes});
  const Buffer data = DataOf(message, NotifyType::kTicketLtOpaque);
  EXPECT_EQ(data, Hex("00000e10 aabb"));
  EXPECT_EQ(ParseTicket(data)->lifetime_seconds, 3600u);
  EXPECT_EQ(Of(ParseTicket(data)->ticket), bytes);
  EXPECT_TRUE(Malformed(ParseTicket(Hex("00000e10"))));
  EXPECT_TRUE(Malformed(ParseTicket(Hex("00000e"))));
  MessageBuilder empty;
  AddTicket(empty, {});
  EXPECT_EQ(Failure(empty), ErrorCode::kInvalidArgument);

  MessageBuilder ppk;
  AddPpkIdentity(ppk, {2, bytes});
  const Buffer identity = DataOf(ppk, NotifyType::kPpkIdentity);
  EXPECT_EQ(identity, Hex("02 aabb"));
  EXPECT_EQ(ParsePpkIdentity(identity)->type, 2);
  EXPECT_EQ(Of(ParsePpkIdentity(identity)->data), bytes);
  EXPECT_EQ(ParsePpkIdentity({}).error().code, ErrorCode::kTruncated);
  EXPECT_TRUE(Malformed(ParsePpkIdentity(Hex("02"))));
  MessageBuilder no_identity;
  AddPpkIdentity(no_identity, {});
  EXPECT_EQ(Failure(no_identity), ErrorCode::kInvalidArgument);
}

TEST(NotifyDataTest, AuthMethods) {
  // The three forms of RFC 9593, 3.2: method, method and link, method, link and algorithm.
  const Buffer algorithm = Hex("300a06082a8648ce3d040302");
  const Buffer data = Hex("02 02  03 01 01  0f 0e 02 300a06082a8648ce3d040302");
  const auto methods = ParseAuthMethods(data);
  ASSERT_TRUE(methods.has_value());
  ASSERT_EQ(methods->size(), 3u);
  EXPECT_EQ(methods->at(0).method, AuthMethod::kSharedKey);
  EXPECT_FALSE(methods->at(0).has_link);
  EXPECT_EQ(methods->at(1).cert_link, 1);
  EXPECT_EQ(methods->at(2).method, AuthMethod::kDigitalSignature);
  EXPECT_EQ(Of(methods->at(2).algorithm), algorithm);
  MessageBuilder message;
  AddAuthMethods(message, *methods);
  EXPECT_EQ(DataOf(message, NotifyType::kSupportedAuthMethods), data);
  EXPECT_TRUE(ParseAuthMethods({})->empty());
  for (const char* hex : {"00", "01", "01 02", "02", "03 02 ", "02 02 02", "00 02"}) {
    EXPECT_TRUE(Malformed(ParseAuthMethods(Hex(hex)))) << hex;
  }
  Buffer many;
  for (size_t i = 0; i <= kMaxAuthAnnouncements; ++i) many.insert(many.end(), {2, 2});
  EXPECT_TRUE(Malformed(ParseAuthMethods(many)));
  MessageBuilder no_link, too_long;
  AddAuthMethods(no_link, std::vector<AuthAnnouncement>{{AuthMethod::kNull, 0, false, algorithm}});
  EXPECT_EQ(Failure(no_link), ErrorCode::kInvalidArgument);
  const Buffer huge(253);
  AddAuthMethods(too_long,
                 std::vector<AuthAnnouncement>{{AuthMethod::kDigitalSignature, 0, true, huge}});
  EXPECT_EQ(Failure(too_long), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vam::ike::v2
