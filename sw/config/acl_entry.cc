#include "sw/config/acl_entry.h"

#include <fmt/core.h>

#include <array>

#include "sw/config/arguments.h"
#include "sw/config/ip_names.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::config {
namespace {

constexpr std::array<std::string_view, 7> kNotYet{"time-range", "reflect",  "option", "dest-option",
                                                  "hbh",        "mobility", "auth"};

// Reads the tokens of one line from left to right; the grammar has checked their shape.
class EntryReader {
 public:
  EntryReader(AclKind kind, const Match& match, size_t at)
      : v6_(kind == AclKind::kIpv6),
        standard_(kind == AclKind::kStandard),
        tokens_(match.tokens),
        at_(at) {}

  std::optional<Fault> Read() {
    entry_.permit = Next().text == "permit";
    if (standard_) return ReadStandard();
    const std::string& protocol = Next().text;
    entry_.protocol = v6_ ? *ParseProtocolV6(protocol) : *ParseProtocol(protocol);
    if (auto fault = ReadAddress(entry_.source, entry_.source_v6)) return fault;
    if (auto fault = ReadPorts(entry_.source_port)) return fault;
    if (auto fault = ReadAddress(entry_.destination, entry_.destination_v6)) return fault;
    if (auto fault = ReadPorts(entry_.destination_port)) return fault;
    return ReadOptions();
  }
  const AclEntry& entry() const { return entry_; }

 private:
  const Token& Next() { return tokens_[at_++]; }
  bool AtEnd() const { return at_ == tokens_.size(); }
  bool NextIs(std::string_view keyword) const {
    return !AtEnd() && tokens_[at_].keyword && tokens_[at_].text == keyword;
  }
  bool NextIsArgument(std::string_view type) const {
    return !AtEnd() && !tokens_[at_].keyword && tokens_[at_].type->name == type;
  }

  std::optional<Fault> ReadStandard() {
    const bool lone =
        NextIsArgument("address") && (at_ + 1 == tokens_.size() || tokens_[at_ + 1].keyword);
    if (lone) {
      entry_.source = {AddressOf(Next()).v4(), 0};
    } else if (auto fault = ReadAddress(entry_.source, entry_.source_v6)) {
      return fault;
    }
    entry_.log = NextIs("log");
    return {};
  }
  std::optional<Fault> ReadAddress(AddressMatch& match, net::Prefix& prefix) {
    const Token& first = Next();
    if (first.keyword && first.text == "any") return {};
    if (first.keyword) {
      const net::Address host = AddressOf(Next());
      if (v6_) {
        prefix = net::Prefix::Host(host);
      } else {
        match = {host.v4(), 0};
      }
      return {};
    }
    if (v6_) return ReadPrefix(first, prefix);
    const Token& second = Next();
    const uint32_t wildcard = AddressOf(second).v4();
    // 255.255.255.0 as a wildcard is a netmask typed by habit and would match the wrong hosts.
    if (wildcard != 0xFFFFFFFF && (wildcard >> 31) == 1 && net::LengthFromMask(wildcard)) {
      return Fault{&second,
                   "looks like a netmask; a wildcard has its ones on the right",
                   {net::ToString(net::Address::V4(~wildcard))}};
    }
    match = {AddressOf(first).v4() & ~wildcard, wildcard};
    return {};
  }
  // IOS clears the host bits; ::/0 is any.
  static std::optional<Fault> ReadPrefix(const Token& token, net::Prefix& prefix) {
    const InterfaceAddress given = PrefixOf(token);
    prefix = given.prefix_length == 0 ? net::Prefix()
                                      : *net::Prefix::Create(given.address, given.prefix_length);
    return {};
  }
  std::optional<Fault> ReadPorts(PortRange& range) {
    if (!net::ProtocolHasPorts(entry_.protocol)) return {};
    if (!NextIs("eq") && !NextIs("range") && !NextIs("gt") && !NextIs("lt") && !NextIs("neq")) {
      return {};
    }
    const std::string& word = Next().text;
    const Token& first = Next();
    const uint16_t port = *ParsePort(first.text, entry_.protocol);
    range = {port, port, word == "neq"};
    if (word == "range") {
      const Token& last = Next();
      range.last = *ParsePort(last.text, entry_.protocol);
      if (range.first > range.last) return Fault{&last, "the range ends before it begins"};
    }
    if (word == "gt") {
      if (port == 65535) return Fault{&first, "no port is above it"};
      range = {static_cast<uint16_t>(port + 1), 65535};
    }
    if (word == "lt") {
      if (port == 0) return Fault{&first, "no port is below it"};
      range = {0, static_cast<uint16_t>(port - 1)};
    }
    return {};
  }

  std::optional<Fault> ReadOptions() {
    while (!AtEnd()) {
      const Token& word = Next();
      if (std::find(kNotYet.begin(), kNotYet.end(), word.text) != kNotYet.end() && word.keyword) {
        return Fault{&word, "not in this release"};
      }
      const AclEntry before = entry_;
      if (auto fault = word.keyword ? ReadKeyword(word) : ReadIcmpNumbers(word)) return fault;
      if (entry_ == before) return Fault{&word, "given twice, or changes nothing"};
    }
    if (entry_.fragments && (!entry_.source_port.any() || !entry_.destination_port.any() ||
                             entry_.icmp_type || entry_.established || !entry_.tcp_flags.any())) {
      return Fault{&tokens_.back(), "fragments other than the first show no ports, flags or types"};
    }
    return {};
  }
  std::optional<Fault> ReadKeyword(const Token& word) {
    const std::string& text = word.text;
    if (text == "log") entry_.log = true;
    if (text == "log-input") entry_.log_input = true;
    if (text == "fragments") entry_.fragments = true;
    if (text == "established") entry_.established = true;
    if (text == "routing") entry_.routing = true;
    if (text == "undetermined-transport") entry_.undetermined = true;
    if (text == "dscp") return Once(entry_.dscp, *ParseDscp(Next().text), word);
    if (text == "precedence") return Once(entry_.precedence, *ParsePrecedence(Next().text), word);
    if (text == "tos") return Once(entry_.tos, *ParseTos(Next().text), word);
    if (text == "flow-label") return Once(entry_.flow_label, NumberOf(Next()), word);
    if (text == "sequence") entry_.sequence = NumberOf(Next());
    if (text == "ttl") return ReadTtl(word);
    if (text == "match-any" || text == "match-all") return ReadFlags(word);
    if (const auto flag = ParseTcpFlag(text)) {
      if (entry_.tcp_flags.all) return Fault{&word, "not beside match-all"};
      entry_.tcp_flags.set |= *flag;
      return {};
    }
    if (entry_.protocol != (v6_ ? kProtocolIcmpV6 : net::kProtocolIcmp)) return {};
    if (const auto message = ParseIcmp(text, v6_)) return SetIcmp(*message, word);
    return {};
  }
  template <typename T>
  static std::optional<Fault> Once(std::optional<T>& field, T value, const Token& word) {
    if (field) return Fault{&word, "given twice"};
    field = value;
    return {};
  }
  std::optional<Fault> SetIcmp(const IcmpMessage& message, const Token& word) {
    if (entry_.icmp_type) return Fault{&word, "one message type per line"};
    entry_.icmp_type = message.type;
    entry_.icmp_code = message.code;
    return {};
  }
  std::optional<Fault> ReadIcmpNumbers(const Token& word) {
    IcmpMessage message{static_cast<uint8_t>(NumberOf(word)), {}};
    if (NextIsArgument("number")) message.code = static_cast<uint8_t>(NumberOf(Next()));
    return SetIcmp(message, word);
  }
  std::optional<Fault> ReadFlags(const Token& word) {
    if (!entry_.tcp_flags.any()) return Fault{&word, "TCP flags are given twice"};
    TcpFlags flags;
    flags.all = word.text == "match-all";
    while (NextIsArgument("flag")) {
      const Token& token = Next();
      const uint8_t flag = *ParseTcpFlag(token.text.substr(1));
      if (((flags.set | flags.clear) & flag) != 0) return Fault{&token, "given twice"};
      (token.text[0] == '+' ? flags.set : flags.clear) |= flag;
    }
    entry_.tcp_flags = flags;
    return {};
  }
  std::optional<Fault> ReadTtl(const Token& word) {
    const std::string& how = Next().text;
    const Token& first = Next();
    const auto value = static_cast<uint8_t>(NumberOf(first));
    TtlRange range{value, value, how == "neq"};
    if (how == "gt") range = {static_cast<uint8_t>(value + 1), 255};
    if (how == "lt") range = {0, static_cast<uint8_t>(value - 1)};
    if (how == "range") {
      const Token& last = Next();
      range.last = static_cast<uint8_t>(NumberOf(last));
      if (range.first > range.last) return Fault{&last, "the range ends before it begins"};
    }
    return Once(entry_.ttl, range, word);
  }

  const bool v6_;
  const bool standard_;
  const std::vector<Token>& tokens_;
  size_t at_;
  AclEntry entry_;
};

}  // namespace

std::variant<AclEntry, Fault> ReadAclEntry(AclKind kind, const Match& match, size_t at) {
  EntryReader reader(kind, match, at);
  if (auto fault = reader.Read()) return *std::move(fault);
  return reader.entry();
}

}  // namespace vam::config
