#include "sw/api/peer_names.h"

#include <gmock/gmock.h>

namespace vam::api {
namespace {

using ::testing::ElementsAre;

net::Address At(const char* text) { return *net::Address::Parse(text); }

TEST(PeerNames, ChangesWhatItNames) {
  net::NameTable table;
  PeerNames message;
  PeerNames::Name* name = message.add_name();
  name->set_name("gw.example.com");
  name->add_address(FieldOf(At("192.0.2.1")));
  name->add_address(FieldOf(At("2001:db8::1")));
  message.add_name()->set_name("b");
  message.mutable_name(1)->set_problem("There is no such name.");
  ASSERT_TRUE(Apply(message, table));
  EXPECT_THAT(table.AddressesOf("GW.example.com"), ElementsAre(At("192.0.2.1"), At("2001:db8::1")));
  EXPECT_EQ(table.Find("b")->problem, "There is no such name.");

  PeerNames gone;
  gone.add_name()->set_name("gw.example.com");
  gone.mutable_name(0)->set_gone(true);
  ASSERT_TRUE(Apply(gone, table));
  EXPECT_EQ(table.Find("gw.example.com"), nullptr);
  EXPECT_NE(table.Find("b"), nullptr);
}

TEST(PeerNames, OneBadAddressChangesNothing) {
  net::NameTable table;
  PeerNames message;
  message.add_name()->set_name("a");
  message.mutable_name(0)->add_address(FieldOf(At("192.0.2.1")));
  message.add_name()->set_name("b");
  message.mutable_name(1)->add_address("12345");
  EXPECT_FALSE(Apply(message, table));
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace vam::api
