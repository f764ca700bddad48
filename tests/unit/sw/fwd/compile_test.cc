#include "sw/fwd/compile.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/fwd/gateway_fixture.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kTwoInterfaces = R"(
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
 crypto map M
interface Ethernet0/1
 ip address 192.0.2.1 255.255.255.0
 crypto map M
crypto map M local-address Ethernet0/1
crypto ipsec transform-set T esp-gcm 128
)";

class CompileTest : public ::testing::Test {
 protected:
  const Snapshot& Compiled(const std::string& text) {
    snapshot_ = Compile(ParseOrDie(kTwoInterfaces + text), {"Ethernet0/0", "Ethernet0/1"}, 1, ids_)
                    .snapshot;
    return *snapshot_;
  }
  ipsec::PolicyMatch Find(const std::string& source, const std::string& destination,
                          uint16_t port = 80) const {
    ipsec::Flow flow;
    flow.source = *net::Address::Parse(source);
    flow.destination = *net::Address::Parse(destination);
    flow.protocol = net::kProtocolUdp;
    flow.ports = ipsec::Field::kShown;
    flow.source_port = 1000;
    flow.destination_port = port;
    return snapshot_->interfaces[1].policy->Find(flow);
  }

  EntryIds ids_;
  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(CompileTest, InterfacesOfOneMapShareItsPolicy) {
  const Snapshot& snapshot = Compiled(
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "crypto map M 10 ipsec-manual\n match address 101\n");
  ASSERT_NE(snapshot.interfaces[0].policy, nullptr);
  EXPECT_EQ(snapshot.interfaces[0].policy, snapshot.interfaces[1].policy);
  EXPECT_EQ(Find("10.1.0.5", "10.2.0.7").entry, ids_.Of("M", 10));
}

TEST_F(CompileTest, InterfaceWithoutMapHasNoPolicy) {
  const Snapshot& snapshot = Compiled(
      "interface Ethernet0/0\n no crypto map\ncrypto map M 10 ipsec-manual\n match address 101\n");
  EXPECT_EQ(snapshot.interfaces[0].policy, nullptr);
  EXPECT_NE(snapshot.interfaces[1].policy, nullptr);
}

TEST_F(CompileTest, EntriesInOrderAndDenyFallsThrough) {
  Compiled(
      "access-list 101 deny ip host 10.1.0.5 10.2.0.0 0.0.0.255\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 102 permit udp host 10.1.0.5 10.2.0.0 0.0.0.255 eq 80\n"
      "crypto map M 20 ipsec-manual\n match address 102\n"
      "crypto map M 10 ipsec-manual\n match address 101\n");
  EXPECT_EQ(Find("10.1.0.6", "10.2.0.7").entry, ids_.Of("M", 10));
  EXPECT_EQ(Find("10.1.0.6", "10.2.0.7").line, 1u);
  EXPECT_EQ(Find("10.1.0.5", "10.2.0.7").entry, ids_.Of("M", 20));
  EXPECT_FALSE(Find("10.1.0.5", "10.2.0.7", 81).protect());
  EXPECT_FALSE(Find("10.3.0.5", "10.2.0.7").protect());
}

// SY-104. What the second permit would take goes in clear, as the operator is warned.
TEST_F(CompileTest, OnlyTheFirstPermitOfAManualEntryCounts) {
  Compiled(
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
      "crypto map M 10 ipsec-manual\n match address 101\n");
  EXPECT_TRUE(Find("10.1.0.5", "10.2.0.7").protect());
  EXPECT_FALSE(Find("10.1.0.5", "10.3.0.7").protect());
}

// SY-110: a list that is named and not there takes every packet that comes to its entry.
TEST_F(CompileTest, MissingListDropsWhatEarlierEntriesLeave) {
  Compiled(
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 103 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
      "crypto map M 10 ipsec-manual\n match address 101\n"
      "crypto map M 20 ipsec-manual\n match address 199\n"
      "crypto map M 30 ipsec-manual\n match address 103\n");
  EXPECT_EQ(Find("10.1.0.5", "10.2.0.7").entry, ids_.Of("M", 10));
  EXPECT_EQ(Find("10.1.0.5", "10.3.0.7").entry, ids_.Of("M", 20));
  EXPECT_EQ(Find("172.16.0.1", "172.16.0.2").entry, ids_.Of("M", 20));
  EXPECT_FALSE(Find("172.16.0.1", "172.16.0.2").complete);
}

TEST_F(CompileTest, EmptyListIsAsAMissingOne) {
  Compiled("ip access-list extended E\ncrypto map M 10 ipsec-manual\n match address E\n");
  EXPECT_TRUE(Find("172.16.0.1", "172.16.0.2").protect());
  EXPECT_FALSE(Find("172.16.0.1", "172.16.0.2").complete);
}

TEST_F(CompileTest, EntryWithoutAListIsNotAsked) {
  Compiled("crypto map M 10 ipsec-manual\n set transform-set T\n");
  EXPECT_FALSE(Find("10.1.0.5", "10.2.0.7").protect());
}

TEST_F(CompileTest, EntriesAreFoundByTheirId) {
  ids_.Of("gone", 10);
  const Snapshot& snapshot = Compiled(
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 102 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
      "crypto map M 20 ipsec-manual\n match address 102\n"
      "crypto map M 10 ipsec-manual\n match address 101\n");
  ipsec::Flow flow;
  flow.source = *net::Address::Parse("10.1.0.5");
  flow.destination = *net::Address::Parse("10.3.0.7");
  EXPECT_TRUE(snapshot.Admits(ids_.Of("M", 20), ipsec::kAnyLine, flow));
  EXPECT_FALSE(snapshot.Admits(ids_.Of("M", 10), ipsec::kAnyLine, flow));
  EXPECT_FALSE(snapshot.Admits(ids_.Of("gone", 10), ipsec::kAnyLine, flow));
  EXPECT_FALSE(snapshot.Admits(1000, ipsec::kAnyLine, flow));
  EXPECT_FALSE(snapshot.Admits(kNoEntry, ipsec::kAnyLine, flow));
}

}  // namespace
}  // namespace vam::fwd::test
