#include "sw/net/name_table.h"

#include <gmock/gmock.h>

namespace vam::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Address At(const char* text) { return *Address::Parse(text); }

TEST(NameTable, NamesHaveNoCaseAndNoLastDot) {
  EXPECT_EQ(FoldName("GW.Example.COM."), "gw.example.com");
  NameTable table;
  table.Set("GW.example.com", {{At("192.0.2.1")}, ""});
  ASSERT_NE(table.Find("gw.EXAMPLE.com."), nullptr);
  EXPECT_THAT(table.AddressesOf("gw.example.com"), ElementsAre(At("192.0.2.1")));
  EXPECT_THAT(table.AddressesOf("gw"), IsEmpty());
  EXPECT_EQ(table.size(), 1u);
}

TEST(NameTable, FindsByAddress) {
  NameTable table;
  table.Set("b", {{At("192.0.2.1"), At("2001:db8::1")}, ""});
  table.Set("a", {{At("192.0.2.1")}, ""});
  EXPECT_THAT(table.NamesOf(At("192.0.2.1")), ElementsAre("a", "b"));
  EXPECT_THAT(table.NamesOf(At("2001:db8::1")), ElementsAre("b"));
  table.Set("b", {{At("192.0.2.9")}, "Late."});
  EXPECT_THAT(table.NamesOf(At("192.0.2.1")), ElementsAre("a"));
  EXPECT_THAT(table.NamesOf(At("2001:db8::1")), IsEmpty());
  EXPECT_EQ(table.Find("b")->problem, "Late.");
  table.Remove("A");
  EXPECT_THAT(table.NamesOf(At("192.0.2.1")), IsEmpty());
  table.Remove("nobody");
  EXPECT_EQ(table.size(), 1u);
}

TEST(NameTable, IsBounded) {
  NameTable table;
  std::vector<Address> many;
  for (uint32_t i = 1; i < 100; ++i) many.push_back(Address::V4(0xC0000200 + i));
  table.Set("a", {many, ""});
  EXPECT_EQ(table.AddressesOf("a").size(), NameTable::kMaxAddresses);
  EXPECT_THAT(table.NamesOf(many.back()), IsEmpty());
  for (size_t i = 0; i < NameTable::kMaxNames + 10; ++i) table.Set("n" + std::to_string(i), {});
  EXPECT_EQ(table.size(), NameTable::kMaxNames);
  table.Set("a", {{At("192.0.2.1")}, ""});  // one that is there changes
  EXPECT_THAT(table.AddressesOf("a"), ElementsAre(At("192.0.2.1")));
}

}  // namespace
}  // namespace vam::net
