// Statements of the issues on AAA, RADIUS, SNMP, NAT, QoS, the firewall and tunnel interfaces.
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr Mode kGlobal = Mode::kConfig;
constexpr Mode kIf = Mode::kInterface;

constexpr Mode kAaaGroup = ModeOf(PendingMode::kAaaGroup);
constexpr PendingRow kAaa[] = {
    {kGlobal, "aaa new-model", "", "AAA on (MG-52)", kOpensNone, Shape::kToggle},
    {kGlobal, "aaa session-id", "{ common | unique }",
     "One session number for all records (MG-56)"},
    {kGlobal, "aaa authentication { login | ppp | enable } <name>", "@aaa-methods",
     "How users prove who they are (MG-53)"},
    {kGlobal, "aaa authorization { network | exec } <name>", "@aaa-methods",
     "Where rights come from (MG-54)"},
    {kGlobal, "aaa accounting { network | exec | connection | system } <name>",
     "{ none | { start-stop | stop-only } [ broadcast ] group <name> [ group <name> ] }",
     "Where accounting goes (MG-55)"},
    {kGlobal, "aaa accounting update",
     "{ newinfo [ periodic <number:1-2147483647> ] | periodic <number:1-2147483647> }",
     "Minutes between interim records (MG-73)"},
    {kGlobal, "aaa group server { radius | tacacs+ } <name>", "", "Group of servers", kAaaGroup},
    {kAaaGroup, "server <peer-name>",
     "[ auth-port <number:0-65535> ] [ acct-port <number:0-65535> ]", "A server of the group"},
    {kAaaGroup, "ip vrf forwarding", "<name>", "VRF of the servers"},
    {kAaaGroup, "deadtime", "<number:0-1440>", "Minutes to leave a dead server alone"},
    {kGlobal, "username <name>",
     "{ nopassword | password @password | secret [ 5 ] @password | "
     "privilege <number:0-15> [ { password @password | secret [ 5 ] @password } ] }",
     "A user (SY-52)"},
    {kGlobal, "tacacs-server host <peer-name>", "[ key @password ]", "A TACACS+ server"},
    {kGlobal, "tacacs-server key", "@password", "Key of all TACACS+ servers"},
};

constexpr PendingRow kRadius[] = {
    {kGlobal, "radius-server host <peer-name>",
     "[ auth-port <number:0-65535> ] [ acct-port <number:0-65535> ] [ timeout <number:1-1000> ] "
     "[ retransmit <number:1-100> ] [ key @password ]",
     "A RADIUS server (MG-69)"},
    {kGlobal, "radius-server key", "@password", "Key of all RADIUS servers (MG-70)"},
    {kGlobal, "radius-server vsa send [ { accounting | authentication } ]", "",
     "Send vendor attributes (MG-71)"},
    {kGlobal, "radius-server retransmit", "<number:0-100>", "Tries of a request (MG-72)"},
    {kGlobal, "radius-server timeout", "<number:1-1000>", "Seconds to wait for an answer"},
    {kGlobal, "radius-server deadtime", "<number:1-1440>", "Minutes to leave a dead server alone"},
    {kGlobal, "radius-server authorization permit missing service-type", "",
     "Accept answers without Service-Type (MG-72)"},
    {kGlobal, "ip radius source-interface", "<interface>", "Address to ask from"},
};

// SNMP, CON-5: a keyword and its value run together are no community.
std::optional<Fault> CheckCommunity(const PendingLines&, const Match& match) {
  const Token* community = match.Find("password");
  if (community == nullptr || !community->text.starts_with("version")) return {};
  return Fault{community, "not a community: the version stands in words of its own ('version 2c')"};
}
constexpr PendingRow kSnmp[] = {
    {kGlobal, "snmp-server enable traps", "", "All notifications"},
    {kGlobal,
     "snmp-server enable traps ipsec [ { cryptomap [ { add | delete | attach | detach } ] | "
     "tunnel [ { start | stop } ] | too-many-sas | isakmp } ]",
     "", "Notifications about crypto maps and tunnels (MG-27)"},
    {kGlobal,
     "snmp-server enable traps isakmp [ { policy [ { add | delete } ] | "
     "tunnel [ { start | stop } ] } ]",
     "", "Notifications about policies and IKE SAs (MG-28)"},
    {kGlobal,
     "snmp-server host <peer-name> [ { traps | informs } ] "
     "[ version { 1 | 2c | 3 { auth | noauth | priv } } ] @password "
     "[ udp-port <number:0-65535> ] [ @snmp-types ]",
     "", "Where notifications go (MG-30)", kOpensNone, Shape::kLine, CheckCommunity},
    {kGlobal, "snmp-server community @password [ { ro | rw } ] [ <name> ]", "",
     "Community, its right and the access list of who may use it"},
    {kGlobal, "snmp-server location", "<line>", "Where this system stands"},
    {kGlobal, "snmp-server contact", "<line>", "Who cares for this system"},
    {kGlobal, "snmp-server trap-source", "<interface>", "Address to send from"},
    {kGlobal, "crypto mib ipsec flowmib history { failure | tunnel } size", "<number:1-2147483647>",
     "Rows of the history tables (MG-31, MG-32; default 200)"},
};

constexpr PendingRow kNat[] = {
    {kGlobal, "ip nat pool <name>",
     "<address> <address> { netmask <mask> | prefix-length <number:1-32> } "
     "[ type { match-host | rotary } ]",
     "Addresses to translate to"},
    {kGlobal,
     "ip nat { inside | outside } source list <name> { interface <interface> | pool <name> } "
     "[ vrf <name> ] [ overload ]",
     "", "Translate what this list permits (SY-162)"},
    {kGlobal,
     "ip nat { inside | outside } source static "
     "{ <address> { <address> | interface <interface> } | "
     "tcp <address> <tcp-port> { <address> | interface <interface> } <tcp-port> | "
     "udp <address> <udp-port> { <address> | interface <interface> } <udp-port> } "
     "[ vrf <name> ] [ extendable ]",
     "", "Translate one address, or one port"},
    {kGlobal,
     "ip nat translation { timeout | tcp-timeout | udp-timeout | icmp-timeout | dns-timeout | "
     "syn-timeout | finrst-timeout | max-entries }",
     "{ <number:0-2147483647> | never }", "Seconds of a translation, or most of them (SY-162)"},
    {kIf, "ip nat", "{ inside | outside }", "Side of this interface"},
};

constexpr Mode kClassMap = ModeOf(PendingMode::kClassMap);
constexpr Mode kPolicyMap = ModeOf(PendingMode::kPolicyMap);
constexpr Mode kClass = ModeOf(PendingMode::kPolicyClass);
constexpr Mode kPolice = ModeOf(PendingMode::kPolice);
constexpr PendingRow kQos[] = {
    {kGlobal, "class-map [ { match-all | match-any } ] <name>", "", "Class of traffic (SY-150)",
     kClassMap, Shape::kOption},
    {kClassMap, "match [ not ] any", "", "All packets"},
    {kClassMap, "match [ not ] [ ip ] precedence @precedences", "", "By IP precedence (DP-97)"},
    {kClassMap, "match [ not ] [ ip ] dscp <word> [ <word> [ <word> [ <word> ] ] ]", "", "By DSCP"},
    {kClassMap, "match [ not ] access-group { <number:1-2699> | name <name> }", "",
     "By access list"},
    {kClassMap, "match [ not ] protocol <name>", "", "By protocol"},
    {kClassMap, "match [ not ] qos-group <number:0-99>", "", "By QoS group"},
    {kClassMap, "match [ not ] class-map <name>", "", "By another class"},
    {kClassMap, "match [ not ] input-interface <interface>", "", "By where it came in"},
    {kClassMap, "description", "<line>", "Text for people"},
    {kGlobal, "policy-map <name>", "", "What to do with classes", kPolicyMap},
    {kPolicyMap, "class <name>", "", "A class of this policy", kClass},
    {kPolicyMap, "description", "<line>", "Text for people"},
    {kClass, "police",
     "{ cir <number:8000-4294967295> | <number:8000-4294967295> } [ bc <number:1-4294967295> ] "
     "[ be <number:1-4294967295> ] [ conform-action @police-action ] "
     "[ exceed-action @police-action ]",
     "Bits per second and bursts in bytes; actions here or below (SY-150)", kPolice},
    {kPolice, "conform-action", "@police-action", "What happens within the rate"},
    {kPolice, "exceed-action", "@police-action", "What happens above the rate"},
    {kPolice, "violate-action", "@police-action", "What happens above the burst"},
    {kClass, "priority",
     "[ { level <number:1-2> | percent <number:1-100> | <number:1-100000000> } ]",
     "Low-latency queue (DP-90)"},
    {kClass, "bandwidth",
     "{ remaining { percent <number:1-100> | ratio <number:1-1000> } | percent <number:1-100> | "
     "<number:1-100000000> }",
     "Share of the link (DP-97)"},
    {kClass, "shape { average | peak }", "<number:8000-4294967295>", "Bits per second"},
    {kClass, "set qos-group", "<number:0-99>", "QoS group (DP-96)"},
    {kClass, "set [ ip ] precedence <number:0-7>", "", "IP precedence"},
    {kClass, "set [ ip ] dscp <word>", "", "DSCP"},
    {kClass, "fair-queue", "[ <number:1-4096> ]", "One queue per flow"},
    {kClass, "queue-limit", "<number:1-8192>", "Packets of the queue"},
    {kClass, "service-policy", "<name>", "A policy within this class"},
    {kIf, "service-policy { input | output }", "<name>", "Policy of this interface (SY-150)"},
    {kIf, "qos pre-classify", "", "Classify by the clear packet (DP-94)"},
    {Mode::kCryptoMap, "qos pre-classify", "", "Classify by the clear packet (DP-93)"},
    {kGlobal, "platform ipsec llq qos-group <number:1-99>", "",
     "QoS group of the low-latency queue (DP-95)"},
};

constexpr PendingRow kFirewall[] = {
    {kGlobal, "ip inspect { max-incomplete | one-minute } { high | low }", "<number:1-2147483647>",
     "Half-open sessions (SY-163)"},
    {kGlobal, "ip inspect tcp { synwait-time | finwait-time | idle-time }", "<number:1-2147483647>",
     "Seconds"},
    {kGlobal, "ip inspect tcp max-incomplete host",
     "<number:1-4294967295> [ block-time <number:0-35791> ]", "Half-open sessions of one host"},
    {kGlobal, "ip inspect { udp idle-time | dns-timeout }", "<number:1-2147483647>", "Seconds"},
    {kGlobal, "ip inspect name <name> <name>",
     "[ alert { on | off } ] [ audit-trail { on | off } ] [ timeout <number:5-43200> ]",
     "Inspect a protocol (SY-163)"},
    {kIf, "ip inspect <name> { in | out }", "", "Inspect what passes here (SY-163)"},
    {kIf, "ip virtual-reassembly", "[ in ] [ out ]", "Look at whole packets (SY-155)", kOpensNone,
     Shape::kToggle},
    {kGlobal, "ip audit notify { log | nr-director }", "", "Where findings go"},
    {kGlobal, "ip audit po max-events", "<number:1-65535>", "Findings to keep"},
};

// SY-129, C14, DP-125: `shared` does not go with an IPsec tunnel mode.
std::optional<Fault> CheckTunnel(const PendingLines& block, const Match& match) {
  const PendingLine* mode = block.Find("tunnel mode");
  const PendingLine* protection = block.Find("tunnel protection ipsec profile");
  const bool shared = match.Has("shared") || (!match.Has("protection") && protection != nullptr &&
                                              protection->text.ends_with(" shared"));
  const bool ipsec =
      (match.Has("mode") && match.Has("ipsec")) ||
      (!match.Has("mode") && mode != nullptr && mode->text.starts_with("tunnel mode ipsec"));
  if (!shared || !ipsec) return {};
  return Fault{&match.tokens.back(), "'shared' does not go with 'tunnel mode ipsec'"};
}
constexpr PendingRow kVti[] = {
    {kGlobal, "interface <interface> type { tunnel | serial | ethernet }", "",
     "A virtual template for tunnels (SY-133)", kOpensNone, Shape::kOnHead},
    {kIf, "tunnel source", "{ <interface> | <peer-name> }", "Outer source (SY-120)"},
    {kIf, "tunnel destination", "<peer-name>", "Outer destination (SY-120)"},
    {kIf, "tunnel mode",
     "{ ipsec { ipv4 | ipv6 } | gre { ip | ipv6 | multipoint } | ipip [ decapsulate-any ] | ipv6 | "
     "ipv6ip | aurp | cayman | dvmrp | eon | iptalk | mpls | nos | rbscp }",
     "Encapsulation (DP-124)", kOpensNone, Shape::kLine, CheckTunnel},
    {kIf, "tunnel protection ipsec profile", "<name> [ shared ]", "Protect the tunnel (SY-120)",
     kOpensNone, Shape::kLine, CheckTunnel},
    {kIf, "tunnel protection ipsec initiate", "", "Open SAs (default)", kOpensNone, Shape::kToggle},
    {kIf, "tunnel vrf", "<name>", "VRF of the outer packets"},
    {kIf, "tunnel key", "<number:0-4294967295>", "GRE key"},
    {kIf, "tunnel ttl", "<number:1-255>", "TTL of the outer packets"},
    {kIf, "tunnel path-mtu-discovery", "", "Find the path MTU of the tunnel"},
};

constexpr PendingTable kTables[] = {
    {Topic::kAaa, Place::kSystem, kAaa},           {Topic::kQos, Place::kSystem, kQos},
    {Topic::kVti, Place::kServices, kVti},         {Topic::kNat, Place::kServices, kNat},
    {Topic::kFirewall, Place::kSystem, kFirewall}, {Topic::kSnmp, Place::kLast, kSnmp},
    {Topic::kRadius, Place::kLast, kRadius},
};

}  // namespace

std::span<const PendingTable> ServicePending() { return kTables; }

}  // namespace vam::config
