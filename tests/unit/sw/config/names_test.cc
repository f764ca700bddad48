// Host names and who resolves them.
#include <gmock/gmock.h>

#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using test::ErrorOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Running Good(std::string_view text, const Running& base = Running()) {
  return test::Read(text, base).running;
}
net::Address At(const char* text) { return *net::Address::Parse(text); }

TEST(Names, HostsHaveAddressesOfBothKinds) {
  const Running running =
      Good("ip host GW.Example.com 192.0.2.1 2001:db8::1 192.0.2.1\nip host gw2 192.0.2.2\n");
  ASSERT_EQ(running.names.hosts.size(), 2u);
  EXPECT_THAT(running.names.hosts.Find("gw.example.com")->addresses,
              ElementsAre(At("192.0.2.1"), At("2001:db8::1")));
  EXPECT_THAT(Render(running, Keys::kShown), HasSubstr("ip host gw.example.com 192.0.2.1 "
                                                       "2001:db8::1\nip host gw2 192.0.2.2\n"));
  // The same name again: the line takes the place of the other one.
  EXPECT_THAT(Good("ip host GW2 192.0.2.3\n", running).names.hosts.Find("gw2")->addresses,
              ElementsAre(At("192.0.2.3")));
  EXPECT_EQ(Good("no ip host gw2\n", running).names.hosts.size(), 1u);
  EXPECT_EQ(Good("no ip host gw2 192.0.2.2\n", running).names.hosts.size(), 1u);
}

TEST(Names, HostsAreRefusedByName) {
  EXPECT_THAT(ErrorOf("ip host 192.0.2.1 192.0.2.2\n"), HasSubstr("not a host name"));
  EXPECT_THAT(ErrorOf("ip host gw gw2\n"), HasSubstr("not the address of a host"));
  EXPECT_THAT(ErrorOf("ip host gw 255.255.255.255\n"), HasSubstr("not the address of a host"));
  EXPECT_THAT(ErrorOf("no ip host gw\n"), HasSubstr("no such host"));
  EXPECT_THAT(ErrorOf("ip host gw 1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 "
                      "1.0.0.9\n"),
              HasSubstr("more than 8 addresses"));
}

TEST(Names, ServersAddUp) {
  const Running running = Good(
      "ip name-server 192.0.2.53 2001:db8::53\nip name-server 192.0.2.53 "
      "192.0.2.54\n");
  EXPECT_THAT(running.names.servers,
              ElementsAre(At("192.0.2.53"), At("2001:db8::53"), At("192.0.2.54")));
  EXPECT_THAT(Good("no ip name-server 192.0.2.53\n", running).names.servers,
              ElementsAre(At("2001:db8::53"), At("192.0.2.54")));
  EXPECT_THAT(Good("no ip name-server\n", running).names.servers, IsEmpty());
  EXPECT_THAT(ErrorOf("ip name-server 1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4\n", running),
              HasSubstr("more than 6 name servers"));
  EXPECT_EQ(Good("ip name-server 127.0.0.53\n").names.servers.size(), 1u);
  EXPECT_THAT(ErrorOf("ip name-server 224.0.0.1\n"), HasSubstr("not the address of a name server"));
  EXPECT_THAT(ErrorOf("ip name-server gw\n"), HasSubstr("not the address of a name server"));
}

TEST(Names, LookupIsTheDefault) {
  EXPECT_TRUE(Running().names.lookup);
  const Running off = Good("no ip domain-lookup\n");
  EXPECT_FALSE(off.names.lookup);
  EXPECT_THAT(Render(off, Keys::kShown), HasSubstr("no ip domain lookup\n"));
  EXPECT_TRUE(Good("ip domain lookup\n", off).names.lookup);
  EXPECT_TRUE(Good("default ip domain lookup\n", off).names.lookup);
}

}  // namespace
}  // namespace vam::config
