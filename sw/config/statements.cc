#include "sw/config/statements.h"

#include <fmt/core.h>

#include "sw/base/bytes.h"
#include "sw/base/check.h"
#include "sw/config/arguments.h"

namespace vam::config {
namespace {

constexpr Macro kMacros[] = {
    {"addr", "{ any | host <address> | <address> <wildcard> }"},
    {"port", "[ { eq <port> | gt <port> | lt <port> | range <port> <port> } ]"},
    {"entry",
     "{ permit | deny } { "
     "{ tcp | udp } @addr @port @addr @port | "
     "icmp @addr @addr [ { echo | echo-reply | <number:0-255> [ <number:0-255> ] } ] | "
     "{ ip | gre | esp | ahp | ospf | <number:0-255> } @addr @addr } [ log ]"},
    {"secret", "{ <key> | 6 <sealed> }"},
    {"window", "{ 64 | 128 | 256 | 512 | 1024 }"},
    {"other-transform",
     "{ esp-des | esp-3des | esp-aes | esp-seal | esp-gmac | esp-null | esp-md5-hmac | "
     "esp-sha-hmac | esp-sha256-hmac | esp-sha384-hmac | esp-sha512-hmac | ah-md5-hmac | "
     "ah-sha-hmac | comp-lzs }"},
};

constexpr WordHelp kWordHelp[] = {
    {"no", "Negate a statement or set its default"},
    {"default", "Set a statement to its default"},
    {"hostname", "Name of this system"},
    {"interface", "An interface"},
    {"description", "Text for people"},
    {"mtu", "Longest packet"},
    {"ip mtu", "Longest IP packet"},
    {"shutdown", "Carry no packet"},
    {"mac-address", "Ethernet address"},
    {"size", "Size"},
    {"tunnel", "Tunnel mode"},
    {"transport", "Transport mode"},
    {"echo", "Echo request"},
    {"echo-reply", "Echo reply"},
    {"tcp", "Transmission control protocol"},
    {"udp", "User datagram protocol"},
    {"icmp", "Internet control message protocol"},
    {"gre", "Generic routing encapsulation"},
    {"ahp", "Authentication header"},
    {"ospf", "Open shortest path first"},
    {"rx", "Read from"},
    {"tx", "Write to"},
    {"access-list", "Add a line to an access list"},
    {"ip access-list", "Edit an access list"},
    {"extended", "Extended: source, destination, protocol and ports"},
    {"address", "IP address"},
    {"match address", "Access list whose permit lines are protected"},
    {"any", "Any address"},
    {"host", "A single address"},
    {"permit", "Matching traffic is protected (crypto) or passed"},
    {"deny", "Matching traffic falls to the next entry (crypto) or is refused"},
    {"eq", "This port"},
    {"gt", "Ports above"},
    {"lt", "Ports below"},
    {"range", "Ports from and to, inclusive"},
    {"log", "Log matches"},
    {"arp", "Fixed neighbour"},
    {"arpa", "Ethernet"},
    {"crypto", "Encryption"},
    {"ipsec", "IPsec"},
    {"map", "Crypto map"},
    {"transform-set", "Transform set"},
    {"security-association", "Security association parameters"},
    {"replay", "Anti-replay"},
    {"window-size", "Width of the window in packets"},
    {"df-bit", "Don't-fragment bit of the outer header"},
    {"manual-counter-mode", "Manual keys with counter-mode ciphers"},
    {"enable", "Switch on"},
    {"esp-gcm", "ESP with AES-GCM, 16-byte ICV (RFC 4106)"},
    {"ipsec-manual", "Keys are given by hand"},
    {"ipsec-isakmp", "Keys are negotiated (not in this release)"},
    {"local-address", "Interface that gives the address of all SAs of the map"},
    {"ip", "IP statements"},
    {"permit ip", "Any IP protocol"},
    {"deny ip", "Any IP protocol"},
    {"route", "Static route"},
    {"engine", "Where SAs run"},
    {"card", "The accelerator card"},
    {"rtl", "The card's Verilog, simulated"},
    {"model", "The card's functional model"},
    {"none", "No card"},
    {"set", "Value of this entry"},
    {"df-bit set", "Always set"},
    {"copy", "As in the inner header"},
    {"clear", "Always clear"},
    {"peer", "The other gateway"},
    {"session-key", "Manual key"},
    {"inbound", "What the peer sends"},
    {"outbound", "What goes to the peer"},
    {"esp", "Encapsulating security payload"},
    {"ah", "Authentication header (not in this release)"},
    {"cipher", "Key of the cipher"},
    {"6", "What follows is sealed under the config-key"},
    {"key", "Keys of this system"},
    {"config-key", "What seals the secrets of the configuration"},
    {"password-encrypt", "With this passphrase"},
    {"authenticator", "Key of the authenticator (not with esp-gcm)"},
    {"esn", "64-bit sequence numbers"},
    {"match", "What the entry is about"},
    {"mode", "Encapsulation mode"},
    {"device", "What carries the packets"},
    {"af-packet", "A Linux interface"},
    {"tap", "A new TAP interface"},
    {"pcap", "Capture files"},
    {"ethdev", "A DPDK device by its arguments"},
};

ConfigGrammar Build() {
  std::vector<Statement> statements;
  std::vector<Handler> handlers;
  for (const auto table :
       {GlobalStatements(), InterfaceStatements(), AclStatements(), CryptoStatements()}) {
    for (const ConfigStatement& statement : table) {
      statements.push_back(statement.statement);
      handlers.push_back(statement.handler);
    }
  }
  return ConfigGrammar{Grammar(statements, kMacros, kWordHelp), std::move(handlers)};
}

}  // namespace

net::Address AddressOf(const Token& token) { return *net::Address::Parse(token.text); }
net::MacAddress MacOf(const Token& token) { return *net::MacAddress::Parse(token.text); }
uint32_t NumberOf(const Token& token) { return *ParseNumber(token.text); }

std::optional<Fault> SetDescription(std::string& description, const Match& match) {
  constexpr size_t kLongest = 200;
  const Token* line = match.Find("line");
  if (line != nullptr && line->text.size() > kLongest) {
    return Fault{line, fmt::format("description longer than {} characters", kLongest)};
  }
  description = line == nullptr ? "" : line->text;
  return {};
}

std::variant<Secret<kLongestSealed>, Fault> SecretOf(Editor& editor, const Match& match, size_t n) {
  const Token* token = nullptr;
  for (const Token& candidate : match.tokens) {
    if (candidate.type != nullptr && candidate.type->secret && n-- == 0) token = &candidate;
  }
  VAM_CHECK(token != nullptr);
  if (token->type->name == "sealed") {
    if (editor.sealer == nullptr || !editor.sealer->ready()) {
      return Fault{token, "sealed, but no config-key is set ('key config-key password-encrypt')"};
    }
    auto opened = editor.sealer->Open(token->text);
    if (!opened) return Fault{token, opened.error().text};
    return std::move(*opened);
  }
  Secret<kLongestSealed> secret;
  const size_t size = token->text.size() / 2;
  if (size > kLongestSealed) return Fault{token, "longer than any key"};
  if (!ParseHexInto(token->text, secret.Resize(size))) return Fault{token, "not hexadecimal"};
  return secret;
}

const ConfigGrammar& Configuration() {
  static const ConfigGrammar built = Build();
  return built;
}

}  // namespace vam::config
