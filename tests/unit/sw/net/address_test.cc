#include "sw/net/address.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

#include "sw/net/mac.h"
#include "sw/net/prefix.h"

namespace vam::net {
namespace {

TEST(AddressTest, TextRoundTrips) {
  for (const char* text : {"10.0.0.1", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::", "::1"}) {
    const auto address = Address::Parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(ToString(*address), text);
  }
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1 ", "1:2", "a", "10.0.0.1.2", "::1::2",
        "11111111111111111111111111111111111111111111"}) {
    EXPECT_EQ(Address::Parse(text).error().code, ErrorCode::kMalformed) << text;
  }
  EXPECT_FALSE(Address::Parse(std::string_view("10.0.0.1\0x", 10)).has_value());
}

TEST(AddressTest, BytesAreInWireOrder) {
  const Address address = Address::V4(0x0a010203);
  EXPECT_EQ(FormatHex(address.bytes()), "0a010203");
  EXPECT_EQ(address.v4(), 0x0a010203u);
  EXPECT_EQ(*Address::FromBytes(address.bytes()), address);
  EXPECT_EQ(Address::Parse("2001:db8::1")->bytes().size(), 16u);
  EXPECT_FALSE(Address::FromBytes(Bytes(address.raw()).first(5)).has_value());
}

TEST(AddressTest, FamiliesAreDifferentAddresses) {
  EXPECT_NE(Address::V4(0), Address());
  EXPECT_NE(Address::V4(0), Address::V6({}));
  EXPECT_TRUE(Address().is_none());
  EXPECT_TRUE(Address().bytes().empty());
}

TEST(AddressTest, Kinds) {
  EXPECT_TRUE(Address::Parse("224.0.0.1")->IsMulticast());
  EXPECT_FALSE(Address::Parse("223.255.255.255")->IsMulticast());
  EXPECT_TRUE(Address::Parse("ff02::1")->IsMulticast());
  EXPECT_TRUE(Address::Parse("127.1.2.3")->IsLoopback());
  EXPECT_TRUE(Address::Parse("::1")->IsLoopback());
  EXPECT_TRUE(Address::Parse("0.0.0.0")->IsUnspecified());
  EXPECT_TRUE(Address::Parse("255.255.255.255")->IsLimitedBroadcast());
}

TEST(PrefixTest, ContainsExactlyItsBits) {
  const Prefix prefix = *Prefix::Parse("10.1.0.0/17");
  EXPECT_TRUE(prefix.Contains(*Address::Parse("10.1.127.255")));
  EXPECT_FALSE(prefix.Contains(*Address::Parse("10.1.128.0")));
  EXPECT_FALSE(prefix.Contains(*Address::Parse("2001:db8::1")));
  EXPECT_FALSE(prefix.Contains(Address()));
  EXPECT_TRUE(Prefix::Any(Family::kV4).Contains(Address::V4(0xffffffff)));
  EXPECT_FALSE(Prefix().Contains(Address::V4(0)));
  EXPECT_TRUE(prefix.Contains(*Prefix::Parse("10.1.64.0/18")));
  EXPECT_FALSE(prefix.Contains(*Prefix::Parse("10.1.0.0/16")));
}

TEST(PrefixTest, EveryIpv4LengthAgreesWithItsMask) {
  const Address address = Address::V4(0xc0a8a5ff);
  for (uint8_t length = 0; length <= 32; ++length) {
    const Prefix prefix = *Prefix::Create(address, length);
    EXPECT_EQ(prefix.base().v4(), address.v4() & MaskFromLength(length));
    EXPECT_TRUE(prefix.Contains(address));
    EXPECT_EQ(*LengthFromMask(MaskFromLength(length)), length);
    EXPECT_EQ(*Prefix::Parse(ToString(prefix)), prefix);
    if (length == 0) continue;
    EXPECT_FALSE(prefix.Contains(Address::V4(address.v4() ^ (1u << (32 - length)))));
  }
  EXPECT_FALSE(LengthFromMask(0xff00ff00).has_value());
  EXPECT_FALSE(LengthFromMask(0x00000001).has_value());
}

TEST(PrefixTest, Ipv6) {
  const Prefix prefix = *Prefix::Create(*Address::Parse("2001:db8:1:2:3::9"), 61);
  EXPECT_EQ(ToString(prefix), "2001:db8:1::/61");
  EXPECT_TRUE(prefix.Contains(*Address::Parse("2001:db8:1:7::1")));
  EXPECT_FALSE(prefix.Contains(*Address::Parse("2001:db8:1:8::1")));
}

TEST(PrefixTest, LastIsTheLastThatItContains) {
  for (const char* text : {"192.168.165.255", "2001:db8:1:2:3::9"}) {
    const Address address = *Address::Parse(text);
    const size_t bits = 8 * address.bytes().size();
    for (uint8_t length = 0; length <= bits; ++length) {
      const Prefix prefix = *Prefix::Create(address, length);
      const Address last = prefix.Last();
      EXPECT_TRUE(prefix.Contains(last)) << ToString(prefix);
      // What the wildcard leaves of the last one is the first.
      std::array<uint8_t, 16> rest = last.raw();
      size_t ones = 0;
      for (size_t i = 0; i < rest.size(); ++i) {
        rest[i] = static_cast<uint8_t>(rest[i] ^ prefix.HostBits()[i]);
        ones += static_cast<size_t>(std::popcount(prefix.HostBits()[i]));
      }
      EXPECT_EQ(rest, prefix.base().raw()) << ToString(prefix);
      EXPECT_EQ(ones, bits - length);
    }
  }
  EXPECT_EQ(ToString(Prefix::Parse("10.1.128.0/17")->Last()), "10.1.255.255");
  EXPECT_EQ(ToString(Prefix::Parse("2001:db8:1::/61")->Last()), "2001:db8:1:7:ffff:ffff:ffff:ffff");
  EXPECT_EQ(Prefix::Any(Family::kV4).Last(), Address::V4(0xffffffff));
  EXPECT_EQ(Prefix().Last(), Address());
}

TEST(PrefixTest, RefusesWhatIsNoPrefix) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.1/24", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                           "/8", "10.0.0.0/256", "::/129"}) {
    EXPECT_FALSE(Prefix::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Prefix::Create(Address(), 0).has_value());
  EXPECT_EQ(Prefix::Parse("10.0.0.1")->length(), 32);
}

TEST(MacTest, ThreeNotations) {
  const MacAddress mac{{0x02, 0, 0, 0xab, 0xcd, 0xef}};
  for (const char* text : {"02:00:00:ab:cd:ef", "02-00-00-AB-CD-EF", "0200.00ab.cdef"}) {
    ASSERT_TRUE(MacAddress::Parse(text).has_value()) << text;
    EXPECT_EQ(*MacAddress::Parse(text), mac);
  }
  EXPECT_EQ(ToString(mac), "02:00:00:ab:cd:ef");
  EXPECT_EQ(ToDottedString(mac), "0200.00ab.cdef");
}

TEST(MacTest, RefusesWhatIsNoMac) {
  for (const char* text : {"", "02:00:00:ab:cd", "02:00:00:ab:cd:eg", "02:00-00:ab:cd:ef",
                           "020.000ab.cdef", "0200000abcdef.", "02a00a00aabacdaef"}) {
    EXPECT_FALSE(MacAddress::Parse(text).has_value()) << text;
  }
}

TEST(MacTest, Kinds) {
  EXPECT_TRUE(MacAddress::Broadcast().IsBroadcast());
  EXPECT_TRUE(MacAddress::Broadcast().IsMulticast());
  EXPECT_TRUE(MacAddress{}.IsZero());
  EXPECT_TRUE(MacAddress::Parse("0100.5e00.0001")->IsMulticast());
}

}  // namespace
}  // namespace vam::net
