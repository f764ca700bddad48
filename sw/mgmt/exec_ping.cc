// `ping`: its grammar and what its words mean.
#include <charconv>

#include "sw/mgmt/exec_table.h"
#include "sw/net/address.h"

namespace vam::mgmt {
namespace {

using config::Match;
using config::Mode;
using config::Token;

constexpr std::string_view kPattern =
    "ping [ vrf <vrf> ] [ { ip | ipv6 } ] <word> *[ source { <interface> | <address> | <address6> "
    "} | repeat <number:1-2147483647> | size <number:36-18024> | timeout <number:0-3600> | df-bit "
    "| data <word> | validate ]";
constexpr std::string_view kHelp =
    "Send echo requests, and show for each: '!' answered, '.' no answer in time, 'U' unreachable, "
    "'M' could not fragment, '&' time to live exceeded, '?' a wrong answer; Ctrl-C ends it";

constexpr ExecStatement kStatements[] = {
    {{Mode::kUserExec, kPattern, kHelp}, ExecCommand::Kind::kPing},
    {{Mode::kExec, kPattern, kHelp}, ExecCommand::Kind::kPing},
};

constexpr config::WordHelp kHelps[] = {
    {"ping", "Send echo requests"},
    {"ping ip", "To an IPv4 address"},
    {"ping ipv6", "To an IPv6 address"},
    {"source", "Address of this gateway to send from, or the interface that has it"},
    {"repeat", "How many (5)"},
    {"size", "Bytes of the IP packet (100)"},
    {"timeout", "Seconds to wait for an answer (2)"},
    {"df-bit", "Do not fragment (IPv4)"},
    {"data", "16 bits in hexadecimal that fill the packet (ABCD)"},
    {"validate", "The answer must bring the data back"},
};

constexpr uint32_t kRepeat = 5, kBytes = 100, kTimeoutSeconds = 2, kPattern16 = 0xabcd;

// The token behind the keyword; nullptr: the keyword is not there.
const Token* Behind(const Match& match, std::string_view keyword) {
  for (size_t i = 0; i + 1 < match.tokens.size(); ++i) {
    if (match.tokens[i].keyword && match.tokens[i].text == keyword) return &match.tokens[i + 1];
  }
  return nullptr;
}

// The grammar has checked the range.
uint32_t NumberBehind(const Match& match, std::string_view keyword, uint32_t otherwise) {
  const Token* token = Behind(match, keyword);
  if (token != nullptr) {
    std::from_chars(token->text.data(), token->text.data() + token->text.size(), otherwise);
  }
  return otherwise;
}

config::Mismatch Refused(const Token& token, std::string message, std::string expected) {
  config::Mismatch mismatch;
  mismatch.column = token.column;
  mismatch.word = config::ShowableWord(token.text);
  mismatch.message = std::move(message);
  mismatch.expected = {std::move(expected)};
  return mismatch;
}

std::optional<config::Mismatch> ReadDestination(const Match& match, api::PingRequest& ping) {
  // The first word is an argument of this type alone; that of `data` comes later.
  const Token& token = match.Argument("word");
  const auto address = net::Address::Parse(token.text);
  if (!address) {
    config::Mismatch refused;
    refused.kind = config::ErrorKind::kRefused;
    refused.column = token.column;
    refused.message = "Unrecognized host or address, or protocol not running.";
    return refused;
  }
  if (match.Has("ip") && !address->is_v4()) return Refused(token, "not an IPv4 address", "A.B.C.D");
  if (match.Has("ipv6") && !address->is_v6()) {
    return Refused(token, "not an IPv6 address", "X:X:X:X::X");
  }
  ping.set_destination(net::ToString(*address));
  return std::nullopt;
}

std::optional<config::Mismatch> ReadPattern(const Match& match, api::PingRequest& ping) {
  ping.set_pattern(kPattern16);
  const Token* token = Behind(match, "data");
  if (token == nullptr) return std::nullopt;
  std::string_view digits = token->text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || digits.size() > 4 || error != std::errc() ||
      end != digits.data() + digits.size()) {
    return Refused(*token, "not 16 bits in hexadecimal", "0000-FFFF");
  }
  ping.set_pattern(value);
  return std::nullopt;
}

}  // namespace

std::span<const ExecStatement> PingStatements() { return kStatements; }
std::span<const config::WordHelp> PingHelps() { return kHelps; }

std::optional<config::Mismatch> ReadPingWords(const Match& match, ExecCommand& command) {
  api::PingRequest& ping = command.ping;
  if (auto mismatch = ReadDestination(match, ping)) return mismatch;
  if (const Token* vrf = match.Find("vrf")) ping.set_vrf(vrf->text);
  ping.set_repeat(NumberBehind(match, "repeat", kRepeat));
  ping.set_bytes(NumberBehind(match, "size", kBytes));
  ping.set_timeout_seconds(NumberBehind(match, "timeout", kTimeoutSeconds));
  ping.set_dont_fragment(match.Has("df-bit"));
  ping.set_validate(match.Has("validate"));
  if (const Token* source = Behind(match, "source")) {
    const auto address = net::Address::Parse(source->text);
    if (address) {
      ping.set_source_address(net::ToString(*address));
    } else {
      ping.set_source_interface(source->text);
    }
  }
  return ReadPattern(match, ping);
}

}  // namespace vam::mgmt
