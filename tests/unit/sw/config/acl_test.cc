// Access lists: what lines say, where they stand, and what is refused.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include "sw/config/diff.h"
#include "sw/config/ip_names.h"
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
// What a line of a list is shown as.
std::string Shown(const std::string& line, AclKind kind = AclKind::kExtended) {
  const char* const head = kind == AclKind::kIpv6       ? "ipv6 access-list x\n"
                           : kind == AclKind::kStandard ? "ip access-list standard x\n"
                                                        : "ip access-list extended x\n";
  const Running running = Good(head + line);
  if (running.acls.empty() || running.acls[0].entries.empty()) return "none";
  return RenderAclEntry(running.acls[0].entries[0], kind);
}
std::vector<uint32_t> Numbers(const Acl& acl) {
  std::vector<uint32_t> numbers;
  for (const AclEntry& entry : acl.entries) numbers.push_back(entry.sequence);
  return numbers;
}

// Words of IOS, and the numbers that stand for them on the wire (IANA registries).
TEST(AclLine, WordsAndNumbersAreOne) {
  const std::pair<const char*, const char*> kCases[] = {
      {"permit 6 any any", "permit tcp any any"},
      {"permit 51 any any", "permit ahp any any"},
      {"permit 108 any any", "permit pcp any any"},
      {"permit 4 any any", "permit ipinip any any"},
      {"permit udp any eq 500 any eq 4500", "permit udp any eq isakmp any eq non500-isakmp"},
      {"permit tcp any any eq 514", "permit tcp any any eq cmd"},
      {"permit udp any any eq 514", "permit udp any any eq syslog"},
      {"permit tcp any any neq 25", "permit tcp any any neq smtp"},
      {"permit tcp any any range 20 21", "permit tcp any any range ftp-data ftp"},
      {"deny icmp any any 3 3", "deny icmp any any port-unreachable"},
      {"deny icmp any any 3", "deny icmp any any unreachable"},
      {"deny icmp any any 3 99", "deny icmp any any 3 99"},
      {"permit ip any any dscp 46", "permit ip any any dscp ef"},
      {"permit ip any any precedence 5", "permit ip any any precedence critical"},
      {"permit ip any any tos 8 log", "permit ip any any tos min-delay log"},
      {"permit ip any any log dscp 46", "permit ip any any dscp ef log"},
      {"permit tcp any any ack rst", "permit tcp any any match-any +ack +rst"},
      {"permit tcp any any match-all +syn -ack -fin",
       "permit tcp any any match-all -ack -fin +syn"},
      {"permit ip 10.1.2.3 0.0.0.255 host 1.1.1.1", "permit ip 10.1.2.0 0.0.0.255 host 1.1.1.1"},
      {"permit ip 10.1.2.3 0.0.0.0 0.0.0.0 255.255.255.255", "permit ip host 10.1.2.3 any"},
      {"permit ip any any ttl lt 5", "permit ip any any ttl lt 5"},
      {"permit ip any any ttl range 3 255", "permit ip any any ttl gt 2"},
  };
  for (const auto& [typed, shown] : kCases) {
    EXPECT_EQ(Shown(typed), shown);
    EXPECT_EQ(Shown(shown), shown);
  }
}
TEST(AclLine, OfIpv6) {
  const std::pair<const char*, const char*> kCases[] = {
      {"permit 58 any any", "permit icmp any any"},
      {"permit ipv6 2001:DB8::7/32 any", "permit ipv6 2001:db8::/32 any"},
      {"permit ipv6 ::/0 2001:db8::1/128", "permit ipv6 any host 2001:db8::1"},
      {"deny icmp any any 135", "deny icmp any any nd-ns"},
      {"deny tcp any any eq 443 established flow-label 7 routing",
       "deny tcp any any eq 443 established flow-label 7 routing"},
      {"sequence 7 permit udp any any undetermined-transport fragments",
       "permit udp any any undetermined-transport fragments"},
  };
  for (const auto& [typed, shown] : kCases) EXPECT_EQ(Shown(typed, AclKind::kIpv6), shown);
}
TEST(AclLine, OfStandardLists) {
  EXPECT_EQ(Shown("permit host 10.0.0.1", AclKind::kStandard), "permit 10.0.0.1");
  EXPECT_EQ(Shown("permit 10.0.0.1 log", AclKind::kStandard), "permit 10.0.0.1 log");
  EXPECT_EQ(Shown("deny 10.0.0.9 0.0.0.7", AclKind::kStandard), "deny 10.0.0.8 0.0.0.7");
  EXPECT_EQ(Shown("permit any", AclKind::kStandard), "permit any");
}

// RFC 9293, 3.1: the flags of a segment.
TEST(AclLine, TcpFlagsMatchAsTheirWordsSay) {
  const auto flags = [](const std::string& words) {
    return Good("ip access-list extended x\n permit tcp any any " + words)
        .acls[0]
        .entries[0]
        .tcp_flags;
  };
  const TcpFlags all = flags("match-all +syn -ack");
  EXPECT_TRUE(all.Matches(kTcpSyn));
  EXPECT_FALSE(all.Matches(kTcpSyn | kTcpAck));
  EXPECT_FALSE(all.Matches(0));
  const TcpFlags any = flags("match-any +syn -ack");
  EXPECT_TRUE(any.Matches(kTcpSyn | kTcpAck));
  EXPECT_TRUE(any.Matches(0));
  EXPECT_FALSE(any.Matches(kTcpAck));
  EXPECT_TRUE(flags("syn fin").Matches(kTcpFin | kTcpAck));
  EXPECT_FALSE(flags("syn fin").Matches(kTcpAck));
  EXPECT_TRUE(flags("log").Matches(0));
}

TEST(AclLine, RefusalsNameTheWord) {
  const std::string begin = "ip access-list extended x\n ";
  const std::pair<const char*, const char*> kCases[] = {
      {"permit ip any any time-range night", "not in this release: 'time-range'"},
      {"permit tcp any any reflect mirror", "not in this release: 'reflect'"},
      {"permit ip any any option 7", "not in this release: 'option'"},
      {"permit ip any any log log", "given twice"},
      {"permit ip any any dscp 1 dscp 2", "given twice: 'dscp'"},
      {"permit ip any any dscp 64", "not a DSCP value: '64'"},
      {"permit udp any any established", "'established'"},
      {"permit tcp any any eq isakmp", "not a port number or name of TCP: 'isakmp'"},
      {"permit tcp any any eq 80 fragments", "show no ports, flags or types"},
      {"permit icmp any any echo echo-reply", "one message type per line: 'echo-reply'"},
      {"permit tcp any any match-all +syn -syn", "given twice: '-syn'"},
      {"permit tcp any any match-all syn", "not a TCP flag with its sign: 'syn'"},
      {"permit ip any any ttl range 9 3", "ends before it begins"},
      {"permit 256 any any", "number outside 0-255: '256'"},
  };
  for (const auto& [line, message] : kCases) {
    const std::string error = ErrorOf(begin + line);
    EXPECT_THAT(error, HasSubstr(message)) << line;
    EXPECT_THAT(error, HasSubstr("<text>:2:")) << line;
  }
  EXPECT_THAT(ErrorOf("ipv6 access-list x\n permit ipv6 any any mobility"),
              HasSubstr("not in this release"));
}

TEST(Acl, OneNameIsOneList) {
  EXPECT_THAT(ErrorOf("ip access-list extended x\nip access-list standard x\n"),
              HasSubstr("there is an extended IP access list of this name: 'x'"));
  EXPECT_THAT(ErrorOf("ip access-list standard x\nipv6 access-list x\n"),
              HasSubstr("there is a standard IP"));
  EXPECT_THAT(ErrorOf("ipv6 access-list x\nno ip access-list extended x\n"),
              HasSubstr("this is an IPv6 access list"));
  EXPECT_THAT(ErrorOf("no access-list 101"), HasSubstr("no such access list"));
  EXPECT_THAT(ErrorOf("access-list 101 permit ip any any\nno access-list 101 permit ip any any"),
              HasSubstr("IOS would remove the whole list"));
}

TEST(Acl, LinesAreInsertedAndRemovedByNumber) {
  const Running base = Good(
      "ip access-list standard x\n permit 1.1.1.1\n permit 2.2.2.2\n 15 deny 3.3.3.3\n"
      "5 permit 4.4.4.4\n");
  EXPECT_THAT(Numbers(base.acls[0]), ElementsAre(5, 10, 15, 20));
  const Running after = Good("ip access-list standard x\n no 10\n no permit 2.2.2.2\n", base);
  EXPECT_THAT(Numbers(after.acls[0]), ElementsAre(5, 15));
  EXPECT_THAT(ErrorOf("ip access-list standard x\n no 10\n"), HasSubstr("no such line"));
  EXPECT_THAT(ErrorOf("ip access-list standard x\n 7 permit 1.1.1.1\n 7 permit 2.2.2.2\n"),
              HasSubstr("another line has this sequence number"));
  const Running six = Good(
      "ipv6 access-list x\n permit ipv6 any any\n sequence 5 deny tcp any any\n"
      " no sequence 10\n permit udp any any sequence 7\n");
  EXPECT_THAT(Numbers(six.acls[0]), ElementsAre(5, 7));
}

TEST(Acl, ResequenceKeepsOrderAndRemarks) {
  const Running running = Good(
      "ip access-list extended x\n remark top\n 3 permit ip any any\n remark after three\n"
      " 4 deny tcp any any\n 9 deny udp any any\n remark end\n"
      "ip access-list resequence x 100 5\n");
  const Acl& acl = running.acls[0];
  EXPECT_THAT(Numbers(acl), ElementsAre(100, 105, 110));
  EXPECT_THAT(acl.remarks, ElementsAre(AclRemark{0, "top"}, AclRemark{100, "after three"},
                                       AclRemark{110, "end"}));
  EXPECT_EQ(acl.entries[1].protocol, 6);
  EXPECT_THAT(ErrorOf("ip access-list extended x\n permit ip any any\n deny tcp any any\n"
                      "ip access-list resequence x 2147483647 1\n"),
              HasSubstr("above 2147483647"));
  EXPECT_THAT(ErrorOf("ip access-list resequence gone"), HasSubstr("no such access list"));
}

TEST(Acl, RemarksStayInTheirPlace) {
  const Running base = Good(
      "ip access-list extended x\n remark top\n permit ip any any\n remark a\n remark a\n"
      " permit tcp any any\n remark end\n");
  EXPECT_THAT(Render(base, Keys::kShown),
              HasSubstr("ip access-list extended x\n remark top\n 10 permit ip any any\n"
                        " remark a\n remark a\n 20 permit tcp any any\n remark end\n"));
  const Running without = Good("ip access-list extended x\n no 10\n no remark a\n", base);
  EXPECT_THAT(without.acls[0].remarks,
              ElementsAre(AclRemark{0, "top"}, AclRemark{0, "a"}, AclRemark{20, "end"}));
  EXPECT_EQ(Good(Render(without, Keys::kShown)), without);
  EXPECT_THAT(ErrorOf("access-list 7 remark " + std::string(101, 'x')),
              HasSubstr("remark longer than 100"));
}

// SY-71: a crypto map selects by addresses, protocol and ports.
TEST(Acl, CryptoMapsRefuseWhatTheyCannotSelectBy) {
  const std::string map = "crypto map m 10 ipsec-manual\n match address 101\n";
  for (const char* word : {"established", "dscp ef", "precedence 5", "tos 1", "ttl eq 1", "syn"}) {
    const std::string error = ErrorOf(map + "access-list 101 permit tcp any any " + word + "\n");
    EXPECT_THAT(error, HasSubstr("crypto map m 10: line 10 of access list 101 tests")) << word;
  }
  EXPECT_THAT(ErrorOf(map + "access-list 101 permit tcp any any neq 7\n"), HasSubstr("'neq'"));
  EXPECT_THAT(ErrorOf("crypto map m 10 ipsec-manual\n match address x\n"
                      "ip access-list standard x\n permit any\n"),
              HasSubstr("is a standard one"));
  EXPECT_THAT(ErrorOf("crypto map m 10 ipsec-manual\n match address x\nipv6 access-list x\n"),
              HasSubstr("is one of IPv6"));
  Good(map +
       "access-list 101 permit tcp any any eq 7\naccess-list 101 deny ip any any fragments\n");
}

TEST(Acl, FiltersAreOfTheirVersion) {
  EXPECT_THAT(ErrorOf("interface a\n ip access-group six in\nipv6 access-list six\n"),
              HasSubstr("interface a: access list six is one of IPv6"));
  EXPECT_THAT(ErrorOf("interface a\n ipv6 traffic-filter four in\nip access-list extended four\n"),
              HasSubstr("access list four is not one of IPv6"));
  EXPECT_THAT(ErrorOf("interface a\n ip access-group 200 in\n"), HasSubstr("'200'"));
  const auto parsed = Parse("interface a\n ip access-group 7 in\n");
  EXPECT_THAT(std::get<Parsed>(parsed).warnings,
              ElementsAre(HasSubstr("access list 7 is not defined, so it filters nothing")));
}

TEST(Acl, EveryIcmpWordReadsBack) {
  for (const bool v6 : {false, true}) {
    for (const IcmpWord& word : IcmpWords(v6)) {
      const std::string line = fmt::format("permit icmp any any {}", word.word);
      EXPECT_EQ(Shown(line, v6 ? AclKind::kIpv6 : AclKind::kExtended), line);
    }
  }
}

}  // namespace
}  // namespace vam::config
