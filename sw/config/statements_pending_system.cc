// Statements about the platform: what router configurations carry beside IPsec (SY-196, MG-130;
// data-plane guide, section 14).
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr Mode kGlobal = Mode::kConfig;
constexpr Mode kIf = Mode::kInterface;
constexpr auto kToggle = Shape::kToggle;

constexpr PendingRow kSystem[] = {
    {kGlobal, "version", "<word>", "Version that wrote the configuration"},
    {kGlobal, "boot-start-marker", "", "Boot statements begin"},
    {kGlobal, "boot-end-marker", "", "Boot statements end"},
    {kGlobal, "service { pad | config | dhcp | finger | nagle }", "", "A service", kOpensNone,
     kToggle},
    {kGlobal, "service { password-encryption | tcp-small-servers | udp-small-servers }", "",
     "A service", kOpensNone, kToggle},
    {kGlobal, "clock timezone", "<name> <hours> [ <number:0-59> ]", "Name and hours from UTC"},
    {kGlobal, "clock summer-time <name>", "recurring [ <line> ]", "Summer time"},
    {kGlobal, "ip domain { name | list }", "<peer-name>", "Domain of this system"},
    {kGlobal, "ip domain-name", "<peer-name>", "Domain of this system"},
    {kGlobal, "ip http { server | secure-server }", "", "Web server", kOpensNone, kToggle},
    {kGlobal, "cdp run", "", "Cisco discovery protocol", kOpensNone, kToggle},
    {kGlobal, "logging queue-limit", "<number:100-2147483647>", "Messages that may wait"},
    {kIf, "cdp enable", "", "Cisco discovery protocol", kOpensNone, kToggle},
};

constexpr PendingRow kInterfaces[] = {
    {kIf, "duplex", "{ auto | full | half }", "Duplex"},
    {kIf, "full-duplex", "", "Full duplex"},
    {kIf, "half-duplex", "", "Half duplex"},
    {kIf, "speed", "{ auto | 10 | 100 | 1000 | 10000 }", "Megabits per second"},
    {kIf, "negotiation auto", "", "Negotiate speed and duplex", kOpensNone, kToggle},
    {kIf, "media-type", "<word>", "Connector"},
    {kIf, "keepalive", "[ <number:0-32767> ]", "Keepalives", kOpensNone, kToggle},
    {kIf, "load-interval", "<number:30-600>", "Seconds of the rate counters (SY-189)"},
    {kIf, "bandwidth", "<number:1-100000000>", "Kilobits per second, for routing"},
    {kIf, "delay", "<number:1-16777215>", "Tens of microseconds, for routing"},
    {kIf, "encapsulation", "{ hdlc | ppp | frame-relay | dot1q <number:1-4094> [ native ] }",
     "Encapsulation (SY-192)"},
    {kIf, "serial { restart-delay | restart_delay }", "<number:0-900>", "Seconds"},
    {kIf, "clockrate", "<number:300-8000000>", "Bits per second"},
    {kIf, "clock rate", "<number:300-8000000>", "Bits per second"},
    {kIf, "fair-queue", "[ <number:1-4096> ]", "Fair queueing", kOpensNone, kToggle},
    {kIf, "mop { enabled | sysid }", "", "Maintenance operation protocol", kOpensNone, kToggle},
};

constexpr PendingRow kRouting[] = {
    {kGlobal, "ip classless", "", "Forward without classes", kOpensNone, kToggle},
    {kGlobal, "ip subnet-zero", "", "Allow subnet 0", kOpensNone, kToggle},
    {kGlobal, "ip default-gateway", "<address>", "Gateway of a system that does not route"},
    {kGlobal, "ip multicast-routing", "[ distributed ]", "Forward multicast", kOpensNone, kToggle},
    {kGlobal, "ip pim bidir-enable", "", "Bidirectional PIM", kOpensNone, kToggle},
    {kIf, "ip directed-broadcast", "", "Forward to the broadcast address", kOpensNone, kToggle},
    {kIf, "ip broadcast-address", "<address>", "Broadcast address"},
    {kIf, "ip proxy-arp", "", "Answer ARP for others", kOpensNone, kToggle},
    {kIf, "ip redirects", "", "Send ICMP redirects", kOpensNone, kToggle},
    {kIf, "ip ospf mtu-ignore", "", "Do not compare MTUs (SY-156)"},
    {kIf, "ip pim { sparse-mode | dense-mode | sparse-dense-mode }", "", "Multicast"},
};

constexpr PendingRow kSwitching[] = {
    {kGlobal, "ip cef", "[ distributed ]", "Express forwarding (SY-165)", kOpensNone, kToggle},
    {kGlobal, "ipv6 cef", "[ distributed ]", "Express forwarding", kOpensNone, kToggle},
    {kIf, "ip route-cache", "", "Fast switching (IOS-23)", kOpensNone, kToggle},
    {kIf, "ip route-cache { cef | flow | same-interface }", "", "A switching path (IOS-23)",
     kOpensNone, kToggle},
    {kIf, "ip mroute-cache", "", "Fast switching of multicast", kOpensNone, kToggle},
    {kIf, "ipv6 cef", "", "Express forwarding", kOpensNone, kToggle},
};

constexpr PendingRow kCard[] = {
    {kGlobal, "controller isa <slot>", "", "The accelerator card (DP-40)",
     ModeOf(PendingMode::kController)},
};

constexpr Mode kLineMode = ModeOf(PendingMode::kLine);
constexpr PendingRow kLines[] = {
    {kGlobal, "line { con | console | aux | vty | tty } <number:0-1000>", "[ <number:0-1000> ]",
     "Terminal lines", kLineMode},
    {kLineMode, "exec-timeout", "<number:0-35791> [ <number:0-2147483> ]", "Minutes and seconds"},
    {kLineMode, "exec prompt timestamp", "", "Show the time with each command"},
    {kLineMode, "password", "@password", "Password of the line"},
    {kLineMode, "login", "[ { local | authentication <name> } ]", "Ask who logs in", kOpensNone,
     kToggle},
    {kLineMode, "privilege level", "<number:0-15>", "Rights of the line"},
    {kLineMode, "transport { input | output | preferred }", "{ none | all | ssh | telnet }",
     "Protocols of the line"},
    {kLineMode, "access-class <name> { in | out }", "", "Who may connect"},
    {kLineMode, "logging synchronous", "", "Messages do not cut what is typed"},
    {kLineMode, "stopbits", "{ 1 | 1.5 | 2 }", "Stop bits"},
    {kLineMode, "speed", "<number:75-115200>", "Bits per second"},
    {kLineMode, "length", "<number:0-512>", "Lines of a page"},
    {kLineMode, "width", "<number:0-512>", "Characters of a line"},
    {kGlobal, "ntp server <peer-name>", "[ prefer ]", "Time server"},
    {kGlobal, "ntp clock-period", "<number:0-4294967295>", "Correction of the clock"},
    {kGlobal, "exception core-file", "<word>", "Name of a core file"},
    {kGlobal, "exception dump", "<peer-name>", "Where a core file goes"},
    {kGlobal, "control-plane", "", "Control plane", ModeOf(PendingMode::kControlPlane)},
};

constexpr Mode kGatekeeper = ModeOf(PendingMode::kGatekeeper);
constexpr PendingRow kForeign[] = {
    {kGlobal, "voice call carrier capacity active", "", "Voice"},
    {kGlobal, "voice hpi capture { buffer | destination }", "", "Voice", kOpensNone, kToggle},
    {kGlobal, "mta receive maximum-recipients", "<number:0-1024>", "Fax"},
    {kGlobal, "call rsvp-sync", "", "Voice", kOpensNone, kToggle},
    {kGlobal, "mgcp profile <name>", "", "Voice", ModeOf(PendingMode::kMgcpProfile)},
    {kGlobal, "dial-peer cor custom", "", "Voice", ModeOf(PendingMode::kDialPeer)},
    {kGlobal, "gatekeeper", "", "H.323 gatekeeper", kGatekeeper},
    {kGatekeeper, "shutdown", "", "Off", kOpensNone, kToggle},
    {kGlobal, "dialer-list <number:1-255> protocol { ip | ipx }", "{ permit | deny }",
     "What makes a line dial"},
    {kGlobal, "cns event-service server", "", "Network services"},
    {kGlobal, "mpls ldp logging neighbor-changes", "", "Label distribution", kOpensNone, kToggle},
    {kGlobal, "ftp-server write-enable", "", "FTP server", kOpensNone, kToggle},
};

constexpr PendingTable kTables[] = {
    {Topic::kSystem, Place::kSystem, kSystem},     {Topic::kSystem, Place::kServices, kInterfaces},
    {Topic::kRouting, Place::kServices, kRouting}, {Topic::kSwitching, Place::kSystem, kSwitching},
    {Topic::kCard, Place::kCrypto, kCard},         {Topic::kSystem, Place::kLast, kLines},
    {Topic::kForeign, Place::kLast, kForeign},
};

}  // namespace

std::span<const PendingTable> SystemPending() { return kTables; }

}  // namespace vam::config
