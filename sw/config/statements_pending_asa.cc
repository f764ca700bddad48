// Statements of the ASA dialect (asa-ipsec-isakmp.md): the same services in other words. Its access
// lists have netmasks where IOS has wildcard bits, so a configuration with these lines is warned
// about.
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr Mode kGlobal = Mode::kConfig;

constexpr Mode kPolicy1 = ModeOf(PendingMode::kIkev1PolicyAsa);
constexpr Mode kPolicy2 = ModeOf(PendingMode::kIkev2PolicyAsa);
constexpr PendingRow kIke[] = {
    {kGlobal, "crypto ikev1 policy <number:1-65535>", "", "IKEv1 policy; 1 is the highest (ASA-16)",
     kPolicy1},
    {kPolicy1, "encryption", "{ des | 3des | aes | aes-192 | aes-256 }", "Cipher (ASA-7)"},
    {kPolicy1, "hash", "{ md5 | sha }", "Hash (ASA-7)"},
    {kPolicy1, "authentication", "{ pre-share | rsa-sig }",
     "How peers prove who they are (ASA-17)"},
    {kPolicy1, "group", "{ 1 | 2 | 5 | 14 }", "Diffie-Hellman group (ASA-7)"},
    {kPolicy1, "lifetime", "<number:120-2147483647>", "Seconds of an IKE SA (ASA-17)"},
    {kGlobal, "crypto ikev2 policy <number:1-65535>", "", "IKEv2 policy; 1 is the highest (ASA-16)",
     kPolicy2},
    {kPolicy2, "encryption", "@asa-ciphers", "Ciphers (ASA-8)"},
    {kPolicy2, "integrity", "@asa-hashes", "Hashes (ASA-8)"},
    {kPolicy2, "prf", "@asa-hashes", "Pseudo-random functions (ASA-8)"},
    {kPolicy2, "group", "@dh-groups", "Diffie-Hellman groups (ASA-8)"},
    {kPolicy2, "lifetime", "{ seconds <number:120-2147483647> | <number:120-2147483647> }",
     "Seconds of an IKE SA (ASA-17)"},
    {kGlobal, "crypto { ikev1 | ikev2 } enable <name>", "", "IKE on this interface (ASA-19)"},
    {kGlobal, "crypto ikev1 am-disable", "", "Refuse aggressive mode (ASA-20)"},
    {kGlobal, "crypto ikev1 ipsec-over-tcp", "[ port @ten-ports ]", "IPsec over TCP (ASA-44)"},
    {kGlobal, "crypto isakmp nat-traversal", "[ <number:10-3600> ]",
     "NAT traversal and its keepalive in seconds (ASA-41)"},
    {kGlobal, "crypto isakmp disconnect-notify", "", "Tell peers why a session ends (ASA-72)"},
    {kGlobal, "crypto isakmp reload-wait", "", "Wait for sessions before a reload (ASA-73)"},
};

bool IsCipher(const std::string& transform) {
  return !transform.ends_with("-hmac") && transform != "esp-none";
}
// ASA-9: a cipher and at most one hash, in any order.
std::optional<Fault> CheckTransforms(const PendingLines&, const Match& match) {
  const Token& first = match.Argument("asa-transform");
  const Token* second = match.Find("asa-transform", 1);
  if (second == nullptr) {
    if (IsCipher(first.text)) return {};
    return Fault{&first, "a transform set needs a cipher"};
  }
  if (IsCipher(first.text) != IsCipher(second->text)) return {};
  return Fault{second, "a transform set has one cipher and one hash"};
}
// ASA-10: a cipher that authenticates by itself stands with integrity null.
bool HasGcm(const std::string& line) { return line.find("aes-gcm") != std::string::npos; }
std::optional<Fault> CheckProposal(const PendingLines& block, const Match& match) {
  std::string ciphers;
  std::string hashes;
  if (const PendingLine* line = block.Find("protocol esp encryption")) ciphers = line->text;
  if (const PendingLine* line = block.Find("protocol esp integrity")) hashes = line->text;
  std::string& own = match.Has("encryption") ? ciphers : hashes;
  own.clear();
  for (const Token& token : match.tokens) own += " " + token.text;
  if (!HasGcm(ciphers) || hashes.empty() || hashes.ends_with(" null")) return {};
  return Fault{&match.tokens.back(), "with aes-gcm the integrity is null"};
}
// ASA-14.
std::optional<Fault> CheckTfc(const PendingLines& block, const Match& match) {
  const std::string entry =
      "crypto " + match.tokens[1].text + " " + match.tokens[2].text + " " + match.tokens[3].text;
  if (block.Find(entry + " set ikev2 ipsec-proposal") != nullptr) return {};
  return Fault{match.FindKeyword("tfc-packets"), "the entry needs its ikev2 ipsec-proposal first"};
}

constexpr Mode kProposal = ModeOf(PendingMode::kProposalAsa);
constexpr PendingRow kIpsec[] = {
    {kGlobal, "crypto ipsec ikev1 transform-set <name>", "<asa-transform> [ <asa-transform> ]",
     "Transform set (ASA-9)", kOpensNone, Shape::kLine, CheckTransforms},
    {kGlobal, "crypto ipsec ikev1 transform-set <name> mode", "{ tunnel | transport }",
     "Mode of a transform set"},
    {kGlobal, "crypto ipsec ikev2 ipsec-proposal <name>", "", "IKEv2 proposal of SAs (ASA-10)",
     kProposal},
    {kProposal, "protocol esp encryption", "@asa-ciphers", "Ciphers (ASA-10)", kOpensNone,
     Shape::kLine, CheckProposal},
    {kProposal, "protocol esp integrity", "@asa-hashes", "Hashes (ASA-10)", kOpensNone,
     Shape::kLine, CheckProposal},
    {kGlobal, "crypto ipsec inner-routing-lookup", "", "Route inner packets each (ASA-64)"},
    {kGlobal, "ipsec inner-routing-lookup", "", "Route inner packets each (ASA-64)"},
    {kGlobal, "crypto ipsec security-association pmtu-aging", "<number:10-3600>",
     "When a learnt path MTU is forgotten (ASA-71)"},
    {kGlobal, "sysopt connection permit-vpn", "", "Interface lists do not see IPsec (ASA-59)",
     kOpensNone, Shape::kToggle},
    {kGlobal, "crypto map <name> interface <name>", "", "Apply a crypto map (ASA-58)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> match address", "<long-name>",
     "Access list of an entry (ASA-45)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set peer", "@ten-peers",
     "Peers of an entry (ASA-49)"},
    {kGlobal, "crypto map <name> <number:1-65535> set ikev1 transform-set", "@eleven-names",
     "Transform sets of an entry (ASA-48)"},
    {kGlobal, "crypto dynamic-map <name> <number:1-65535> set ikev1 transform-set", "@nine-names",
     "Transform sets of an entry (ASA-62)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set ikev2 ipsec-proposal",
     "@eleven-names", "Proposals of an entry (ASA-48)"},
    {kGlobal, "crypto map <name> <number:1-65535> set ikev2 mode",
     "{ tunnel | transport | transport-require }", "Mode of an entry (ASA-13)"},
    {kGlobal,
     "crypto { map | dynamic-map } <name> <number:1-65535> set security-association lifetime "
     "seconds",
     "<number:120-214783647>", "Seconds of an SA (ASA-67)"},
    {kGlobal,
     "crypto { map | dynamic-map } <name> <number:1-65535> set security-association lifetime "
     "kilobytes",
     "{ <number:10-2147483647> | unlimited }", "Volume of an SA (ASA-67)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set pfs",
     "[ { group14 | group15 | group16 | group19 | group20 | group21 } ]",
     "Perfect forward secrecy (ASA-12)"},
    {kGlobal, "crypto map <name> <number:1-65535> set reverse-route", "[ dynamic ]",
     "Reverse route injection (ASA-63)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set df-bit",
     "{ clear-df | copy-df | set-df }", "Don't-fragment bit (ASA-75)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set validate-icmp-errors", "",
     "Check ICMP errors (ASA-76)"},
    {kGlobal, "crypto { map | dynamic-map } <name> <number:1-65535> set tfc-packets",
     "[ burst { auto | <number:1-16> } ] [ payload-size { auto | <number:64-1024> } ] "
     "[ timeout { auto | <number:10-60> } ]",
     "Dummy packets (ASA-14)", kOpensNone, Shape::kLine, CheckTfc},
};

constexpr Mode kTunnelIpsec = ModeOf(PendingMode::kTunnelIpsec);
constexpr Mode kTunnelGeneral = ModeOf(PendingMode::kTunnelGeneral);
constexpr Mode kGroupPolicy = ModeOf(PendingMode::kGroupPolicy);
constexpr PendingRow kGroups[] = {
    {kGlobal, "tunnel-group <name> type", "{ ipsec-l2l | remote-access | ipsec-ra }",
     "Tunnel group (ASA-35)"},
    {kGlobal, "tunnel-group <name> ipsec-attributes", "", "Keys of a tunnel group", kTunnelIpsec},
    {kTunnelIpsec, "ikev1 pre-shared-key", "@password", "IKEv1 key"},
    {kTunnelIpsec, "ikev1 trust-point", "<name>", "IKEv1 certificate"},
    {kTunnelIpsec, "ikev2 { local-authentication | remote-authentication }",
     "{ pre-shared-key [ { 8 | hex } ] @password | certificate [ <name> ] }",
     "IKEv2 key or certificate of one side (ASA-22)"},
    {kTunnelIpsec, "peer-id-validate", "{ req | cert | nocheck }", "Compare the identity"},
    {kTunnelIpsec, "isakmp keepalive",
     "{ disable | threshold <number:10-3600> [ retry <number:2-10> ] }", "Dead peer detection"},
    {kGlobal, "tunnel-group <name> general-attributes", "", "Terms of a tunnel group",
     kTunnelGeneral},
    {kTunnelGeneral, "default-group-policy", "<name>", "Group policy"},
    {kTunnelGeneral, "address-pool <name>", "", "Addresses of the clients"},
    {kTunnelGeneral, "authentication-server-group", "<name>", "AAA servers"},
    {kTunnelGeneral, "authorization-server-group", "<name>", "AAA servers"},
    {kTunnelGeneral, "accounting-server-group", "<name>", "AAA servers"},
    {kGlobal, "tunnel-group-map enable { rules | ou | ike-id | peer-ip }", "",
     "How a tunnel group is found (ASA-37)"},
    {kGlobal, "tunnel-group-map <number:1-65535> enable", "{ rules | ou | ike-id | peer-ip }",
     "How a tunnel group is found (ASA-37)"},
    {kGlobal, "tunnel-group-map default-group", "<name>", "Tunnel group of the rest (ASA-39)"},
    {kGlobal, "tunnel-group-map <name> <number:1-65535>", "<name>",
     "Tunnel group of a certificate rule (ASA-38)"},
    {kGlobal, "group-policy <name> { internal | external }", "", "Group policy"},
    {kGlobal, "group-policy <name> attributes", "", "Terms of a group policy", kGroupPolicy},
    {kGroupPolicy, "vpn-tunnel-protocol", "<line>", "Protocols"},
    {kGroupPolicy, "vpn-idle-timeout", "{ none | <number:1-35791394> }", "Minutes"},
    {kGroupPolicy, "vpn-session-timeout", "{ none | <number:1-35791394> }", "Minutes"},
    {kGroupPolicy, "dns-server value", "<address> [ <address> ]", "Name servers"},
    {kGroupPolicy, "split-tunnel-policy", "{ tunnelall | tunnelspecified | excludespecified }",
     "What goes through the tunnel"},
    {kGroupPolicy, "split-tunnel-network-list value", "<long-name>", "Networks of the tunnel"},
    {kGroupPolicy, "ipsec-udp", "{ enable | disable }", "IPsec over UDP (ASA-42)"},
    {kGroupPolicy, "ipsec-udp-port", "<number:4001-49151>", "Port of IPsec over UDP"},
    {kGlobal, "aaa authentication { http | ssh | telnet } console", "<name>",
     "Who may manage this system (ASA-40)"},
    {kGlobal, "aaa authorization http console", "<name>", "Rights of managers (ASA-40)"},
};

constexpr PendingTable kTables[] = {
    {Topic::kAsa, Place::kCrypto, kIke},
    {Topic::kAsa, Place::kCrypto, kIpsec},
    {Topic::kAsa, Place::kCrypto, kGroups},
};

}  // namespace

std::span<const PendingTable> AsaPending() { return kTables; }

}  // namespace vam::config
