#include "sw/config/statements.h"

#include <fmt/core.h>

#include "sw/base/bytes.h"
#include "sw/base/check.h"
#include "sw/config/arguments.h"
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr Macro kMacros[] = {
    {"secret", "{ <key> | 6 <sealed> }"},
    {"window", "{ 64 | 128 | 256 | 512 | 1024 }"},
    {"bits", "[ { 128 | 192 | 256 } ]"},
    {"icv", "[ icv { 8 | 12 | 16 } ]"},
    {"transform",
     "{ ah-md5-hmac | ah-sha-hmac | ah-sha | ah-sha256-hmac | ah-sha384-hmac | ah-sha512-hmac | "
     "ah-aes-xcbc | ah-aes-cmac | ah-gmac @bits | esp-des | esp-3des | esp-aes @bits | "
     "esp-aes-ctr @bits | esp-gcm @bits @icv | esp-gmac @bits | esp-ccm @bits @icv | "
     "esp-chacha20-poly1305 | esp-null | esp-seal | esp-md5-hmac | esp-sha-hmac | esp-sha | "
     "esp-sha256-hmac | esp-sha384-hmac | esp-sha512-hmac | esp-aes-xcbc | esp-aes-cmac | "
     "comp-lzs | comp-deflate }"},
    {"group",
     "{ group1 | group2 | group5 | group14 | group15 | group16 | group17 | group18 | group19 | "
     "group20 | group21 | group31 | group32 }"},
    {"seconds", "<number:120-2592000>"},
    {"kilobytes", "<number:2560-4294967295>"},
};

constexpr WordHelp kWordHelp[] = {
    {"no", "Negate a statement or set its default"},
    {"default", "Set a statement to its default"},
    {"ipsec default", "What is used where nothing is configured"},
    {"hostname", "Name of this system"},
    {"interface", "An interface"},
    {"description", "Text for people"},
    {"size", "Size"},
    {"tunnel", "Tunnel mode"},
    {"transport", "Transport mode"},
    {"rx", "Read from"},
    {"tx", "Write to"},
    {"match address", "Access list whose permit lines are protected"},
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
    {"ah-md5-hmac", "AH with HMAC-MD5 (legacy)"},
    {"ah-sha-hmac", "AH with HMAC-SHA-1 (legacy)"},
    {"ah-sha", "The same as ah-sha-hmac"},
    {"ah-sha256-hmac", "AH with HMAC-SHA-256"},
    {"ah-sha384-hmac", "AH with HMAC-SHA-384"},
    {"ah-sha512-hmac", "AH with HMAC-SHA-512"},
    {"ah-aes-xcbc", "AH with AES-XCBC (OpenVAM's own)"},
    {"ah-aes-cmac", "AH with AES-CMAC (OpenVAM's own)"},
    {"ah-gmac", "AH with AES-GMAC (OpenVAM's own)"},
    {"esp-des", "ESP with DES, 56 bits (legacy)"},
    {"esp-3des", "ESP with 3DES, 168 bits (legacy)"},
    {"esp-aes", "ESP with AES-CBC"},
    {"esp-aes-ctr", "ESP with AES-CTR (OpenVAM's own)"},
    {"esp-gcm", "ESP with AES-GCM (RFC 4106)"},
    {"esp-gmac", "ESP with AES-GMAC: authentication, the text stays readable (RFC 4543)"},
    {"esp-ccm", "ESP with AES-CCM (RFC 4309; OpenVAM's own)"},
    {"esp-chacha20-poly1305", "ESP with ChaCha20-Poly1305 (RFC 7634; OpenVAM's own)"},
    {"esp-null", "ESP without encryption"},
    {"esp-seal", "ESP with SEAL (no engine has it)"},
    {"esp-md5-hmac", "ESP authentication with HMAC-MD5 (legacy)"},
    {"esp-sha-hmac", "ESP authentication with HMAC-SHA-1 (legacy)"},
    {"esp-sha", "The same as esp-sha-hmac"},
    {"esp-sha256-hmac", "ESP authentication with HMAC-SHA-256"},
    {"esp-sha384-hmac", "ESP authentication with HMAC-SHA-384"},
    {"esp-sha512-hmac", "ESP authentication with HMAC-SHA-512"},
    {"esp-aes-xcbc", "ESP authentication with AES-XCBC (OpenVAM's own)"},
    {"esp-aes-cmac", "ESP authentication with AES-CMAC (OpenVAM's own)"},
    {"comp-lzs", "IP compression with LZS"},
    {"comp-deflate", "IP compression with DEFLATE (OpenVAM's own)"},
    {"icv", "Length of the integrity check value in bytes (default 16; OpenVAM's own)"},
    {"legacy-algorithms", "Algorithms that are too weak for new use"},
    {"ipsec-manual", "Keys are given by hand"},
    {"ipsec-isakmp", "Keys are negotiated"},
    {"cisco", "Cisco encryption technology"},
    {"dynamic", "The entries of a dynamic map"},
    {"peer dynamic", "Resolve the name each time it is used"},
    {"discover", "Find the peer with probes"},
    {"dynamic-map", "Template of entries for peers that are not known beforehand"},
    {"profile", "How tunnel interfaces are protected"},
    {"isakmp-profile", "ISAKMP profile of these SAs"},
    {"ikev2-profile", "IKEv2 profile of these SAs"},
    {"responder-only", "Never begin a negotiation"},
    {"lifetime", "When SAs are replaced"},
    {"seconds", "After this time"},
    {"kilobytes", "After this much traffic"},
    {"disable", "Off"},
    {"kilobytes disable", "Never by traffic"},
    {"idle-time", "Delete SAs that carry nothing for so many seconds"},
    {"level", "What shares an SA"},
    {"per-host", "A pair of SAs for each pair of hosts"},
    {"pfs", "Perfect forward secrecy: a key exchange for each SA"},
    {"reverse-route", "Routes to what the SAs reach"},
    {"static", "At once, not only while there is an SA"},
    {"remote-peer", "By way of this address"},
    {"gateway", "And a route to that address"},
    {"distance", "Administrative distance of the routes"},
    {"tag", "Tag of the routes"},
    {"security-policy", "Flows of a peer"},
    {"limit", "At most so many"},
    {"fragmentation", "Where packets that are too long are cut"},
    {"before-encryption", "Before encryption: the peer need not reassemble (default)"},
    {"after-encryption", "After encryption"},
    {"ipv6", "IPv6"},
    {"local-address", "Interface that gives the address of all SAs of the map"},
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
    {"ah", "Authentication header"},
    {"cipher", "Key of the cipher"},
    {"6", "What follows is sealed under the config-key"},
    {"key", "Keys of this system"},
    {"config-key", "What seals the secrets of the configuration"},
    {"password-encrypt", "With this passphrase"},
    {"authenticator", "Key of the authenticator"},
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
       {GlobalStatements(),        InterfaceStatements(),    AclStatements(),
        CryptoStatements(),        TransformStatements(),    CryptoMapStatements(),
        CryptoEntryStatements(),   SessionKeyStatements(),   RouteStatements(),
        Ipv6Statements(),          VrfStatements(),          LoggingStatements(),
        MetricsStatements(),       AccessStatements(),       NameStatements(),
        Ikev2ProposalStatements(), Ikev2KeyringStatements(), Ikev2AuthorizationStatements(),
        Ikev2ProfileStatements(),  IkeGlobalStatements(),    IsakmpPeerStatements(),
        PkiStatements(),           PkiChainStatements(),     PoolStatements()}) {
    for (const ConfigStatement& statement : table) {
      statements.push_back(statement.statement);
      handlers.push_back(statement.handler);
    }
  }
  const size_t first_pending = statements.size();
  for (const ConfigStatement& statement : PendingStatements()) {
    statements.push_back(statement.statement);
    handlers.push_back(statement.handler);
  }
  const auto append = [](auto& all, const auto& more) {
    all.insert(all.end(), std::begin(more), std::end(more));
  };
  std::vector<Macro> macros(std::begin(kMacros), std::end(kMacros));
  append(macros, NetMacros());
  append(macros, IkeMacros());
  append(macros, PkiMacros());
  append(macros, PendingMacros());
  // The last help of a word counts: that of the real statements.
  std::vector<WordHelp> helps(PendingWordHelp().begin(), PendingWordHelp().end());
  append(helps, kWordHelp);
  append(helps, NetWordHelp());
  append(helps, IkeWordHelp());
  append(helps, PkiWordHelp());
  return ConfigGrammar{Grammar(statements, macros, helps), std::move(handlers), first_pending};
}

}  // namespace

net::Address AddressOf(const Token& token) { return *net::Address::Parse(token.text); }
InterfaceAddress PrefixOf(const Token& token) {
  const size_t slash = token.text.find('/');
  return {*net::Address::Parse(std::string_view(token.text).substr(0, slash)),
          static_cast<uint8_t>(*ParseNumber(std::string_view(token.text).substr(slash + 1)))};
}
net::MacAddress MacOf(const Token& token) { return *net::MacAddress::Parse(token.text); }
uint32_t NumberOf(const Token& token) { return *ParseNumber(token.text); }

std::optional<Fault> SetDescription(std::string& description, const Match& match, size_t longest) {
  const Token* line = match.Find("line");
  if (line != nullptr && line->text.size() > longest) {
    return Fault{line, fmt::format("description longer than {} characters", longest)};
  }
  description = line == nullptr ? "" : line->text;
  return {};
}

bool IsSecret(const ArgumentType& type) { return type.secret; }

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
