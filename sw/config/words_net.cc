// Parts of patterns and help of words of all statements but crypto.
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr Macro kMacros[] = {
    {"addr", "{ any | host <address> | <address> <wildcard> }"},
    {"addr6", "{ any | host <address6> | <prefix6> }"},
    {"tcp-ports",
     "[ { eq <tcp-port> | gt <tcp-port> | lt <tcp-port> | neq <tcp-port> | "
     "range <tcp-port> <tcp-port> } ]"},
    {"udp-ports",
     "[ { eq <udp-port> | gt <udp-port> | lt <udp-port> | neq <udp-port> | "
     "range <udp-port> <udp-port> } ]"},
    {"tcp-flags",
     "{ established | ack | fin | psh | rst | syn | urg | match-any <flag> *[ <flag> ] | "
     "match-all <flag> *[ <flag> ] }"},
    {"ttl",
     "ttl { eq <number:0-255> | gt <number:0-254> | lt <number:1-255> | neq <number:0-255> | "
     "range <number:0-255> <number:0-255> }"},
    {"icmp-message",
     "{ administratively-prohibited | alternate-address | conversion-error | dod-host-prohibited | "
     "dod-net-prohibited | echo | echo-reply | general-parameter-problem | host-isolated | "
     "host-precedence-unreachable | host-redirect | host-tos-redirect | host-tos-unreachable | "
     "host-unknown | host-unreachable | information-reply | information-request | mask-reply | "
     "mask-request | mobile-redirect | net-redirect | net-tos-redirect | net-tos-unreachable | "
     "net-unreachable | network-unknown | no-room-for-option | option-missing | packet-too-big | "
     "parameter-problem | port-unreachable | precedence-unreachable | protocol-unreachable | "
     "reassembly-timeout | redirect | router-advertisement | router-solicitation | source-quench | "
     "source-route-failed | time-exceeded | timestamp-reply | timestamp-request | traceroute | "
     "ttl-exceeded | unreachable | <number:0-255> [ <number:0-255> ] }"},
    {"icmp6-message",
     "{ beyond-scope | destination-unreachable | echo-reply | echo-request | header | hop-limit | "
     "mld-query | mld-reduction | mld-report | nd-na | nd-ns | next-header | no-admin | no-route | "
     "packet-too-big | parameter-option | parameter-problem | port-unreachable | "
     "reassembly-timeout | redirect | renum-command | renum-result | renum-seq-number | "
     "router-advertisement | router-renumbering | router-solicitation | time-exceeded | "
     "unreachable | <number:0-255> [ <number:0-255> ] }"},
    {"acl-options",
     "{ dscp <dscp> | precedence <precedence> | tos <tos> | @ttl | fragments | log | log-input | "
     "time-range <name> | reflect <name> | option <word> }"},
    {"acl6-options",
     "{ dscp <dscp> | flow-label <number:0-1048575> | fragments | routing | "
     "undetermined-transport | log | log-input | sequence <number:1-2147483647> | "
     "time-range <name> | reflect <name> | dest-option | hbh | mobility | auth }"},
    {"entry",
     "{ permit | deny } & { "
     "tcp @addr & @tcp-ports & @addr & @tcp-ports & *[ @tcp-flags | @acl-options ] | "
     "udp @addr & @udp-ports & @addr & @udp-ports & *[ @acl-options ] | "
     "icmp @addr & @addr & *[ @icmp-message | @acl-options ] | "
     "{ ip | ahp | eigrp | esp | gre | igmp | ipinip | nos | ospf | pcp | pim | <number:0-255> } & "
     "@addr & @addr & *[ @acl-options ] }"},
    {"standard-entry",
     "{ permit | deny } & { any | host <address> | <address> [ <wildcard> ] } & [ log ]"},
    {"entry6",
     "{ permit | deny } & { "
     "tcp @addr6 & @tcp-ports & @addr6 & @tcp-ports & *[ @tcp-flags | @acl6-options ] | "
     "udp @addr6 & @udp-ports & @addr6 & @udp-ports & *[ @acl6-options ] | "
     "icmp @addr6 & @addr6 & *[ @icmp6-message | @acl6-options ] | "
     "{ ipv6 | ahp | esp | pcp | sctp | <number:0-255> } & @addr6 & @addr6 & "
     "*[ @acl6-options ] }"},
    {"path",
     "{ <address> | <interface> [ <address> ] } & "
     "*[ <number:1-255> | tag <number:1-4294967295> | permanent | name <name> | "
     "track <number:1-1000> ]"},
    {"path6",
     "{ <address6> | <interface> [ <address6> ] } & "
     "*[ <number:1-254> | tag <number:1-4294967295> | name <name> | track <number:1-1000> ]"},
};

constexpr WordHelp kWordHelp[] = {
    {"mtu", "Longest packet"},
    {"ip mtu", "Longest IP packet"},
    {"ipv6 mtu", "Longest IPv6 packet"},
    {"shutdown", "Carry no packet"},
    {"mac-address", "Ethernet address"},
    {"echo", "Echo request"},
    {"echo-reply", "Echo reply"},
    {"echo-request", "Echo request"},
    {"tcp", "Transmission control protocol"},
    {"tcp adjust-mss", "Lower the MSS of TCP connections that pass"},
    {"udp", "User datagram protocol"},
    {"icmp", "Internet control message protocol"},
    {"igmp", "Internet group management protocol"},
    {"ipinip", "IP in IP tunnel"},
    {"pim", "Protocol independent multicast"},
    {"pcp", "Payload compression protocol"},
    {"sctp", "Stream control transmission protocol"},
    {"eigrp", "Enhanced interior gateway routing protocol"},
    {"nos", "KA9Q NOS IP in IP tunnel"},
    {"gre", "Generic routing encapsulation"},
    {"esp", "Encapsulating security payload"},
    {"ahp", "Authentication header"},
    {"ospf", "Open shortest path first"},
    {"access-list", "Add a line to an access list"},
    {"ip access-list", "Edit an access list"},
    {"ip host", "Addresses of a name"},
    {"ip name-server", "Who resolves names"},
    {"ip domain", "Names"},
    {"ip domain lookup", "Ask name servers"},
    {"ip domain-lookup", "Ask name servers"},
    {"ipv6 access-list", "Edit an IPv6 access list"},
    {"extended", "Extended: source, destination, protocol and ports"},
    {"standard", "Standard: source addresses"},
    {"resequence", "Number the lines of an access list anew"},
    {"remark", "Text for people, kept in its place"},
    {"sequence", "Place of the line"},
    {"address", "IP address"},
    {"any", "Any address"},
    {"host", "A single address"},
    {"permit", "Matching traffic is protected (crypto) or passed"},
    {"deny", "Matching traffic falls to the next entry (crypto) or is refused"},
    {"eq", "Equal to"},
    {"neq", "Not equal to"},
    {"gt", "Above"},
    {"lt", "Below"},
    {"range", "From and to, inclusive"},
    {"log", "Log matches"},
    {"log-input", "Log matches with interface and source MAC"},
    {"established", "Of a connection that exists: ACK or RST is set"},
    {"ack", "ACK is set"},
    {"fin", "FIN is set"},
    {"psh", "PSH is set"},
    {"rst", "RST is set"},
    {"syn", "SYN is set"},
    {"urg", "URG is set"},
    {"match-any", "One of these TCP flags is as given"},
    {"match-all", "All of these TCP flags are as given"},
    {"dscp", "DSCP value"},
    {"precedence", "Precedence value"},
    {"tos", "Type of service value"},
    {"ttl", "Time to live"},
    {"flow-label", "Flow label"},
    {"fragments", "Fragments other than the first"},
    {"routing", "With a routing header"},
    {"undetermined-transport", "The upper-layer protocol cannot be found"},
    {"time-range", "Only at times (not in this release)"},
    {"reflect", "Reflexive access list (not in this release)"},
    {"option", "IP option (not in this release)"},
    {"dest-option", "With a destination options header (not in this release)"},
    {"hbh", "With a hop-by-hop options header (not in this release)"},
    {"mobility", "With a mobility header (not in this release)"},
    {"auth", "With an authentication header (not in this release)"},
    {"access-group", "Filter packets by an access list"},
    {"traffic-filter", "Filter IPv6 packets by an access list"},
    {"in", "Packets that come in here"},
    {"out", "Packets that leave here"},
    {"arp", "Fixed neighbour"},
    {"arpa", "Ethernet"},
    {"neighbor", "Fixed IPv6 neighbour"},
    {"ip", "IP statements"},
    {"ipv6", "IPv6 statements"},
    {"permit ip", "Any IP protocol"},
    {"deny ip", "Any IP protocol"},
    {"permit ipv6", "Any protocol over IPv6"},
    {"deny ipv6", "Any protocol over IPv6"},
    {"route", "Static route"},
    {"permanent", "Stays when its interface goes down"},
    {"tag", "Number that goes with the route"},
    {"name", "Text that goes with the route"},
    {"track", "Follow a tracked object (not in this release)"},
    {"unicast-routing", "Forward IPv6 packets"},
    {"secondary", "One more address"},
    {"unnumbered", "Use the address of another interface"},
    {"unreachables", "Send ICMP unreachable messages"},
    {"adjust-mss", "Lower the MSS of TCP connections that pass"},
    {"eui-64", "The host part is made of the Ethernet address"},
    {"link-local", "The link-local address"},
    {"vrf", "A routing table of its own"},
    {"definition", "A VRF for IPv4 and IPv6"},
    {"forwarding", "The VRF that this interface belongs to"},
    {"rd", "Route distinguisher"},
    {"route-target", "Route target (kept and shown: there is no BGP)"},
    {"import", "Routes that are taken"},
    {"export", "Routes that are given"},
    {"both", "Both ways"},
    {"address-family", "Statements of one IP version"},
    {"ipv4", "IPv4"},
    {"logging", "System messages"},
    {"on", "Send them to their destinations"},
    {"buffered", "Keep messages in memory"},
    {"console", "Messages to standard error"},
    {"trap", "Least severity of messages to hosts"},
    {"facility", "Facility of messages to hosts"},
    {"format", "Format of messages to hosts"},
    {"ios", "As IOS writes them"},
    {"rfc5424", "As RFC 5424 has them"},
    {"source-interface", "Interface whose address is the source"},
    {"rate-limit", "Messages per second"},
    {"all", "Of all kinds"},
    {"except", "Not those of this severity and worse"},
    {"logging host", "A host that gets messages"},
    {"metrics", "Figures for a monitoring system"},
    {"metrics listen", "Where they are served by HTTP"},
    {"transport udp", "By UDP"},
    {"host transport", "Transport"},
    {"port", "Port"},
    {"sequence-num-session", "Number the messages to this host"},
    {"service", "Services of this system"},
    {"timestamps", "Times of messages"},
    {"debug", "Of debug messages"},
    {"uptime", "Time since the start"},
    {"datetime", "Date and time"},
    {"msec", "Milliseconds too"},
    {"localtime", "Of the local time zone (UTC)"},
    {"show-timezone", "The time zone too"},
    {"year", "The year too"},
    {"sequence-numbers", "Number the messages"},
};

}  // namespace

std::span<const Macro> NetMacros() { return kMacros; }
std::span<const WordHelp> NetWordHelp() { return kWordHelp; }

}  // namespace vam::config
