#include "sw/fwd/entry_peers.h"

#include <gtest/gtest.h>

namespace vam::fwd {
namespace {

net::Address At(const char* text) { return *net::Address::Parse(text); }

TEST(EntryPeersTest, ByAddressAndByName) {
  net::NameTable names;
  names.Set("gw.example.com", {{At("2001:db8::1"), At("192.0.2.1")}, ""});
  CompiledEntry entry;
  entry.peer_names = {"nobody.example.com", "GW.example.com"};
  EXPECT_TRUE(HasPeer(entry, At("192.0.2.1"), names));
  EXPECT_FALSE(HasPeer(entry, At("192.0.2.2"), names));
  EXPECT_EQ(FirstPeer(entry, names), At("192.0.2.1"));
  EXPECT_EQ(WhyNoPeer(entry, names), "");
  entry.ipv6 = true;
  EXPECT_EQ(FirstPeer(entry, names), At("2001:db8::1"));
  entry.peers = {At("192.0.2.2")};
  entry.peer = entry.peers[0];
  EXPECT_TRUE(HasPeer(entry, At("192.0.2.2"), names));
  EXPECT_EQ(FirstPeer(entry, names), At("192.0.2.2"));
}

TEST(EntryPeersTest, WhyThereIsNone) {
  net::NameTable names;
  CompiledEntry entry;
  EXPECT_EQ(WhyNoPeer(entry, names), "") << "it names none";
  entry.peer_names = {"gw"};
  EXPECT_EQ(WhyNoPeer(entry, names), "The name of peer gw is being looked up.");
  names.Set("gw", {{}, "There is no such name."});
  EXPECT_EQ(WhyNoPeer(entry, names), "Peer gw has no address: There is no such name.");
  names.Set("gw", {{At("2001:db8::1")}, ""});
  EXPECT_EQ(WhyNoPeer(entry, names), "Peer gw has no IPv4 address.");
  EXPECT_TRUE(FirstPeer(entry, names).is_none());
}

}  // namespace
}  // namespace vam::fwd
