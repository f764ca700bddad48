// Statements of the IKE, PKI and Easy VPN issues: they matter to the ike role, which gets the
// configuration as text.
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr Mode kGlobal = Mode::kConfig;
constexpr Mode kIf = Mode::kInterface;

// DP, C-17: one interface cannot be both sides.
std::optional<Fault> CheckEzvpnSide(const PendingLines& block, const Match& match) {
  const std::string name = "crypto ipsec client ezvpn " + match.Argument("name").text;
  const PendingLine* other = block.Find(name);
  if (other == nullptr) return {};
  const bool was_inside = other->text.ends_with(" inside");
  if (was_inside == match.Has("inside")) return {};
  return Fault{&match.tokens.back(), "this interface is the other side of this client already"};
}

constexpr Mode kPolicy = ModeOf(PendingMode::kIsakmpPolicy);
constexpr Mode kProfile = ModeOf(PendingMode::kIsakmpProfile);
constexpr Mode kRing = ModeOf(PendingMode::kKeyring);
constexpr Mode kPeer = Mode::kIsakmpPeer;
constexpr PendingRow kIkev1[] = {
    {kGlobal, "crypto isakmp policy <number:1-10000>", "",
     "IKEv1 policy; 1 is the highest (DP-106)", kPolicy},
    {kPolicy, "encryption", "{ des | 3des | aes [ { 128 | 192 | 256 } ] }", "Cipher of the IKE SA"},
    {kPolicy, "hash", "{ md5 | sha | sha256 | sha384 | sha512 }", "Hash of the IKE SA"},
    {kPolicy, "authentication", "{ pre-share | rsa-sig | rsa-encr | ecdsa-sig }",
     "How peers prove who they are"},
    {kPolicy, "group", "{ 1 | 2 | 5 | 14 | 15 | 16 | 19 | 20 | 21 | 24 }", "Diffie-Hellman group"},
    {kPolicy, "lifetime", "<number:60-86400>", "Seconds of an IKE SA"},
    {kGlobal, "crypto isakmp default policy", "", "The eight default policies (MG-90)", kOpensNone,
     Shape::kToggle},
    {kGlobal, "crypto isakmp enable", "", "IKE on (default)", kOpensNone, Shape::kToggle},
    {kGlobal,
     "crypto isakmp key @password { address { <address> [ <mask> ] | ipv6 <ipv6-any> } | "
     "ipv6 <ipv6-any> | hostname <peer-name> } [ no-xauth ]",
     "", "Pre-shared key of a peer (DP-115)"},
    {kGlobal, "crypto isakmp identity", "{ address | hostname | dn | auto | key-id <word> }",
     "As what this system names itself to peers"},
    {kGlobal, "crypto isakmp keepalive",
     "<number:10-3600> [ <number:2-60> ] [ { periodic | on-demand } ]",
     "Dead peer detection: seconds, seconds between retries (DP-44)", kOpensNone, Shape::kLine,
     nullptr, "on-demand"},
    {kGlobal, "crypto isakmp nat keepalive", "<number:5-3600>",
     "Seconds between NAT keepalives (DP-71)"},
    {kGlobal, "crypto isakmp aggressive-mode disable", "", "Refuse aggressive mode"},
    {kGlobal, "crypto isakmp profile <name>", "[ accounting <name> ]", "ISAKMP profile (SY-45)",
     kProfile},
    {kProfile, "keyring <name>", "", "Keys of the peers of this profile"},
    {kProfile,
     "match identity { group <name> | address { <address> [ <mask> ] [ <name> ] | "
     "ipv6 <ipv6-any> } | host { domain <peer-name> | <peer-name> } | "
     "user { domain <word> | <word> } }",
     "", "Which peers belong to this profile (DP-122)"},
    {kProfile, "match certificate <name>", "", "Peers whose certificate fits this map"},
    {kProfile, "self-identity", "{ address [ ipv6 ] | fqdn | user-fqdn <word> }",
     "As what this system names itself (DP-121)"},
    {kProfile, "local-address", "{ <address> [ <name> ] | <interface> }",
     "For SAs that end at this address alone (SY-46)"},
    {kProfile, "client authentication list", "<name>", "AAA list for XAUTH"},
    {kProfile, "isakmp authorization list", "<name>", "AAA list for keys and policy of groups"},
    {kProfile, "client configuration address", "{ initiate | respond }", "Mode configuration"},
    {kProfile, "virtual-template", "<number:1-1000>", "Interface to clone for each session"},
    {kProfile, "vrf", "<name>", "VRF of the protected networks"},
    {kProfile, "accounting", "<name>", "AAA list for accounting"},
    {kProfile, "ca trust-point <name>", "", "Trustpoint of this profile"},
    {kProfile, "initiate mode aggressive", "", "Begin in aggressive mode"},
    {kProfile, "keepalive", "<number:10-3600> [ retry <number:2-60> ]", "Dead peer detection"},
    {kProfile, "description", "<line>", "Text for people"},
    {kGlobal, "crypto keyring <name>", "[ vrf <name> ]", "Keyring (SY-44)", kRing},
    {kRing,
     "pre-shared-key { address <address> [ <mask> ] | hostname <peer-name> | ipv6 <ipv6-any> } "
     "key @password",
     "", "Pre-shared key of a peer (DP-116)"},
    {kRing, "local-address", "{ <address> [ <name> ] | <interface> }",
     "For SAs that end at this address alone (SY-46)"},
    {kRing, "description", "<line>", "Text for people"},
    {kPeer, "set aggressive-mode client-endpoint",
     "{ ipv6 <ipv6-any> | ipv4-address <address> | fqdn <peer-name> | user-fqdn <word> | "
     "<peer-name> }",
     "Identity for aggressive mode (DP-117)"},
    {kPeer, "set aggressive-mode password", "@password", "Key for aggressive mode"},
    {kGlobal, "crypto ipsec nat-transparency { udp-encapsulation | spi-matching }", "",
     "NAT traversal (DP-69, DP-70)", kOpensNone, Shape::kToggle},
    {kGlobal, "crypto map <name> client accounting list", "<name>",
     "AAA list for accounting of all entries (MG-68)"},
    {kGlobal, "crypto map <name> client authentication list", "<name>",
     "AAA list for XAUTH (SY-56)"},
    {kGlobal, "crypto map <name> client configuration address { initiate | respond }", "",
     "Mode configuration"},
    {kGlobal, "crypto map <name> isakmp authorization list", "<name>", "AAA list for keys (SY-56)"},
    {kGlobal, "crypto map <name> isakmp-profile", "<name>", "ISAKMP profile of all entries"},
};

// EAP, AAA and cloned interfaces.
constexpr Mode kProfile2 = Mode::kIkev2Profile;
constexpr PendingRow kIkev2[] = {
    {kProfile2, "authentication { local | remote } eap", "", "Prove by EAP"},
    {kProfile2, "keyring aaa", "<name>", "Keys of the peers by AAA"},
    {kProfile2, "virtual-template", "<number:1-1000>", "Interface to clone for each session"},
};

// Enrolment over the network, and what IPsec has no use for.
constexpr Mode kTrust = Mode::kPkiTrustpoint;
constexpr Mode kCertMap = ModeOf(PendingMode::kCertificateMap);
constexpr PendingRow kPki[] = {
    {kTrust, "enrollment url", "<word>", "Enrol over the network"},
    {kTrust, "enrollment retry count", "<number:1-100>", "Attempts to enrol"},
    {kTrust, "enrollment retry period", "<number:1-60>", "Minutes between attempts"},
    {kTrust, "ip-address", "<interface>", "Address of this interface in requests"},
    {kTrust, "serial-number", "[ none ]", "Serial number of this system in requests"},
    {kTrust, "usage", "{ ike | ssl-client | ssl-server }", "What the certificate is for"},
    {kTrust, "auto-enroll", "[ <number:1-100> ] [ regenerate ]", "Renew at this part of its life"},
    {kTrust, "password", "@password", "Challenge password of the request"},
    {kTrust, "source interface", "<interface>", "Address to ask from"},
    {kTrust, "primary", "", "The trustpoint of this system"},
    {kGlobal, "crypto ca certificate map <number:1-65535>", "", "Rules on certificates (ASA-36)",
     kCertMap},
    {kCertMap,
     "{ subject-name | issuer-name | alt-subject-name | name | unstructured-subject-name } "
     "{ co | eq | nc | ne } <line>",
     "", "A field that must fit"},
    {kCertMap, "{ expires-on | valid-start } { eq | ge | lt | ne } <line>", "", "A date"},
};

constexpr Mode kGroup = ModeOf(PendingMode::kClientGroup);
constexpr Mode kEzvpn = ModeOf(PendingMode::kEzvpn);
constexpr PendingRow kEasyVpn[] = {
    {kGlobal, "crypto isakmp client configuration group <name>", "", "Group of clients (SY-53)",
     kGroup},
    {kGroup, "key", "@password", "Key of the group"},
    {kGroup, "pool", "<name>", "Addresses of the clients"},
    {kGroup, "save-password", "", "Clients may store their password"},
    {kGroup, "dns", "<address> [ <address> ]", "Name servers of the clients"},
    {kGroup, "wins", "<address> [ <address> ]", "WINS servers of the clients"},
    {kGroup, "domain", "<peer-name>", "Domain of the clients"},
    {kGroup, "acl", "<name>", "Networks that clients reach through the tunnel"},
    {kGroup, "netmask", "<mask>", "Netmask of the clients"},
    {kGroup, "max-users", "<number:1-5000>", "Most clients"},
    {kGroup, "max-logins", "<number:1-10>", "Most sessions of one user"},
    {kGroup, "include-local-lan", "", "Clients may reach their own network"},
    {kGroup, "pfs", "", "Ask clients for perfect forward secrecy"},
    {kGroup, "group-lock", "", "Users are bound to this group"},
    {kGlobal, "crypto isakmp client configuration address-pool local", "<name>",
     "Addresses of all clients"},
    {kGlobal, "crypto ipsec client ezvpn <name>", "", "Easy VPN client (SY-54)", kEzvpn},
    {kEzvpn, "connect", "{ auto | manual | acl <name> }", "When to connect (DP-52)"},
    {kEzvpn, "group", "<name> key @password", "Group and its key"},
    {kEzvpn, "mode", "{ client | network-extension | network-extension-plus }", "Mode (SY-55)"},
    {kEzvpn, "peer <peer-name> [ default ]", "", "Server; repeat for backup servers"},
    {kEzvpn, "virtual-interface", "[ <number:1-1000> ]", "Interface to clone"},
    {kEzvpn, "username", "<name> password @password", "Name and password for XAUTH"},
    {kEzvpn, "xauth userid mode", "{ local | interactive | http-intercept }",
     "Where name and password come from"},
    {kEzvpn, "local-address", "<interface>", "Address of the client"},
    {kEzvpn, "acl", "<name>", "Networks behind the client"},
    {kEzvpn, "idle-time", "<number:60-86400>", "Seconds without traffic"},
    {kIf, "crypto ipsec client ezvpn <name>", "[ { inside | outside } ]",
     "Side of this interface (DP-52)", kOpensNone, Shape::kLine, CheckEzvpnSide},
    {kGlobal, "crypto logging ezvpn", "[ group <name> ]", "Log Easy VPN events"},
};

constexpr PendingTable kTables[] = {
    {Topic::kIkev1, Place::kCrypto, kIkev1},
    {Topic::kIkev2, Place::kCrypto, kIkev2},
    {Topic::kPki, Place::kCrypto, kPki},
    {Topic::kEasyVpn, Place::kCrypto, kEasyVpn},
};

}  // namespace

std::span<const PendingTable> IkePending() { return kTables; }

}  // namespace vam::config
