// Show commands of tunnels, engines and the system, and debug: their grammar and what their words
// mean.
#include <algorithm>
#include <array>
#include <charconv>

#include "sw/mgmt/exec_table.h"
#include "sw/net/address.h"

namespace vam::mgmt {
namespace {

using config::Match;
using config::Mode;
using config::Token;
using Kind = ExecCommand::Kind;

constexpr ExecStatement Show(std::string_view pattern, std::string_view help, api::ShowKind kind,
                             ShowView view = ShowView::kDefault, Mode mode = Mode::kExec) {
  return {{mode, pattern, help}, Kind::kShow, kind, api::CLEAR_NONE, view};
}
constexpr ExecStatement ForUsers(std::string_view pattern, std::string_view help,
                                 api::ShowKind kind, ShowView view = ShowView::kDefault) {
  return Show(pattern, help, kind, view, Mode::kUserExec);
}
constexpr ExecStatement Debug(std::string_view pattern, std::string_view help) {
  return {{Mode::kExec, pattern, help}, Kind::kDebug};
}

constexpr ExecStatement kStatements[] = {
    // What needs no privilege tells nothing of policy, peers or keys (MG-120).
    ForUsers("show version", "Product, version, uptime", api::SHOW_VERSION),
    ForUsers("show processes", "Roles of this system", api::SHOW_PROCESSES),
    ForUsers("show clock", "Time and date", api::SHOW_CLOCK),
    ForUsers("show history", "Lines of this session", api::SHOW_HISTORY),
    ForUsers("show users", "Sessions on this system", api::SHOW_USERS),

    Show("show crypto ipsec sa [ { map <name> | interface <interface> | peer <word> [ port "
         "<number:1-65535> ] | vrf <name> } ] [ { address | identity | entry } ] [ detail ]",
         "SAs: selectors, counters, where each runs", api::SHOW_IPSEC_SA),
    // The guide's word for IPv6 is the longer one; `detail` is short for it.
    Show("show crypto ipsec sa ipv6 [ <interface> ] [ { address | identity | entry } ] "
         "[ detailed ]",
         "SAs of IPv6 peers", api::SHOW_IPSEC_SA),
    Show("show crypto ipsec sa count [ vrf <name> ]", "How many SAs there are, by state",
         api::SHOW_IPSEC_SA, ShowView::kCount),
    Show("show crypto session [ interface <interface> ] [ local <word> [ port <number:1-65535> ] ] "
         "[ remote <word> [ port <number:1-65535> ] ] [ fvrf <name> ] [ ivrf <name> ] [ detail ]",
         "Sessions: what stands between two crypto endpoints", api::SHOW_CRYPTO_SESSION),
    Show("show crypto session summary", "How many sessions there are, by status",
         api::SHOW_CRYPTO_SESSION, ShowView::kSummary),
    Show("show crypto session brief", "One line per session", api::SHOW_CRYPTO_SESSION,
         ShowView::kBrief),
    Show("show crypto dynamic-map [ tag <name> ]", "Dynamic crypto maps as configured",
         api::SHOW_CRYPTO_DYNAMIC_MAP),
    Show("show crypto ipsec transform-set [ tag <name> ]",
         "Transform sets, and the default sets behind them", api::SHOW_CRYPTO_TRANSFORM_SET),
    Show("show crypto ipsec default transform-set",
         "What stands in where no transform set is configured; nothing when it is switched off",
         api::SHOW_CRYPTO_DEFAULT_TRANSFORM_SET),
    Show("show crypto ipsec security-association lifetime",
         "Lifetime of SAs that no entry says otherwise for", api::SHOW_CRYPTO_LIFETIME),
    Show("show crypto engine",
         "Engines: capabilities, counters, cycles; where each SA runs and why",
         api::SHOW_CRYPTO_ENGINE),
    Show("show crypto engine brief", "Engines in short", api::SHOW_CRYPTO_ENGINE, ShowView::kBrief),
    Show("show crypto engine configuration", "Engines as they are installed",
         api::SHOW_CRYPTO_ENGINE, ShowView::kConfiguration),
    Show("show crypto engine connections [ { active | show } ]", "One line per SA",
         api::SHOW_IPSEC_SA, ShowView::kConnections),
    Show("show crypto engine connections dh", "Diffie-Hellman operations", api::SHOW_CRYPTO_ENGINE,
         ShowView::kDiffieHellman),
    Show("show crypto engine connections dropped-packet", "Packets that the engines dropped",
         api::SHOW_CRYPTO_ENGINE, ShowView::kDroppedPackets),
    Show("show crypto engine qos", "Queues before the engines", api::SHOW_CRYPTO_ENGINE,
         ShowView::kQos),
    Show("show crypto engine accelerator statistic [ <number:0-255> ]",
         "The card's own counters; the number is its slot", api::SHOW_CRYPTO_ENGINE,
         ShowView::kAccelerator),
    Show("show crypto eli", "Engines behind the encryption layer", api::SHOW_CRYPTO_ENGINE,
         ShowView::kAbstraction),
    Show("show crypto ruleset [ detail ]", "What becomes of a packet, rule by rule",
         api::SHOW_CRYPTO_RULESET),
    Show("show crypto isakmp sa [ { peer <word> | vrf <name> } ] [ detail ]", "IKEv1 SAs",
         api::SHOW_IKE_SA),
    Show("show crypto isakmp sa count [ vrf <name> ]", "How many IKEv1 SAs there are",
         api::SHOW_IKE_SA, ShowView::kCount),
    Show("show crypto ikev2 sa [ { local <word> | remote <word> | fvrf <name> } ] [ detailed ]",
         "IKEv2 SAs", api::SHOW_IKE_SA),
    Show("show crypto ikev2 session [ detailed ]", "IKEv2 SAs and their child SAs",
         api::SHOW_IKE_SA, ShowView::kSession),
    Show("show crypto ikev2 stats", "Set-ups, exchanges, cookies, and what went wrong by cause",
         api::SHOW_IKEV2_STATS),
    Show("show crypto ikev2 diagnose error", "The last errors: when, with whom, why",
         api::SHOW_IKEV2_ERRORS),
    Show("show crypto ikev2 proposal [ <name> ]",
         "IKEv2 proposals with their algorithms, best first; the default one too",
         api::SHOW_IKEV2_PROPOSAL),
    Show("show crypto ikev2 policy [ <name> ]", "IKEv2 policies in the order of trial",
         api::SHOW_IKEV2_POLICY),
    Show("show crypto ikev2 profile [ <name> ]",
         "IKEv2 profiles: whom they match, how both sides prove who they are",
         api::SHOW_IKEV2_PROFILE),
    Show("show crypto ikev2 authorization policy [ <name> ]",
         "IKEv2 authorization policies: what peers are assigned and told",
         api::SHOW_IKEV2_AUTHORIZATION),
    Show("show ip local pool [ <name> ]", "Addresses for peers: free and in use; by name, whose",
         api::SHOW_ADDRESS_POOLS),
    Show("show ipv6 local pool [ <name> ]", "The same of IPv6", api::SHOW_ADDRESS_POOLS),
    Show("show crypto isakmp peers [ <word> ]", "IKE peers and their descriptions",
         api::SHOW_IKE_PEER),
    Show("show crypto debug-condition [ { peer | connid | flowid | spi | fvrf | ivrf | unmatched } "
         "]",
         "Conditions of debugging", api::SHOW_DEBUG_CONDITION),
    Show("show debugging", "What is debugged, and the last records", api::SHOW_DEBUG),
    Show("show interfaces [ <interface> ]", "Interfaces and their counters", api::SHOW_INTERFACES),
    Show("show ip interface brief", "One line per interface", api::SHOW_INTERFACES,
         ShowView::kBrief),
    Show("show version", "Product, version, uptime", api::SHOW_VERSION),
    Show("show processes", "Roles of this system", api::SHOW_PROCESSES),
    Show("show processes cpu", "Processor time of the roles", api::SHOW_PROCESSES, ShowView::kCpu),
    Show("show processes memory", "Memory of the roles", api::SHOW_PROCESSES, ShowView::kMemory),
    Show("show hosts", "Names of peers and the addresses that they stand for", api::SHOW_HOSTS),
    Show("show clock", "Time and date", api::SHOW_CLOCK),
    Show("show history", "Lines of this session", api::SHOW_HISTORY),
    Show("show users", "Sessions on this system", api::SHOW_USERS),
    {{Mode::kExec, "show tech-support ipsec [ { peer <word> | vrf <name> } ]",
      "All that support asks for, secrets removed"},
     Kind::kTechSupport,
     api::SHOW_TECH_SUPPORT},

    Debug("debug crypto { isakmp | ipsec | engine } [ error ]",
          "Report what this part does; 'error': only what goes wrong"),
    Debug("debug crypto ikev2 [ { packet | error | internal } ]",
          "Report what IKEv2 does; its messages; only what goes wrong; its states"),
    Debug("debug crypto ikev2 keys",
          "Write the keys of IKE and ESP to files for Wireshark: whoever reads them reads the "
          "traffic"),
    Debug("debug crypto mib", "Report what this part does"),
    Debug("debug crypto condition { connid | flowid } <number:1-32766> engine-id <number:0-255>",
          "Only what concerns this connection or flow of an engine"),
    Debug("debug crypto condition { fvrf | ivrf } <name>", "Only what concerns this VRF"),
    Debug("debug crypto condition peer { ipv4 <address> | subnet <address> <mask> | group <name> | "
          "hostname <word> | username <word> }",
          "Only what concerns this peer"),
    Debug("debug crypto condition spi <spi:1-4294967295>", "Only what concerns this SPI"),
    Debug("debug crypto condition unmatched [ { isakmp | ipsec | engine } ]",
          "Also what has nothing to check"),
    Debug("debug crypto condition reset", "Forget all conditions"),
    Debug("debug all", "Report everything"),
    Debug("no debug crypto { isakmp | ipsec | engine } [ error ]", "Report it no more"),
    Debug("no debug crypto ikev2 [ { packet | error | internal } ]", "Report it no more"),
    Debug("no debug crypto ikev2 keys", "Write no further keys"),
    Debug("no debug crypto mib", "Report it no more"),
    Debug("no debug crypto condition { connid | flowid } <number:1-32766> engine-id <number:0-255>",
          "Forget this condition"),
    Debug("no debug crypto condition { fvrf | ivrf } <name>", "Forget this condition"),
    Debug("no debug crypto condition peer { ipv4 <address> | subnet <address> <mask> | group "
          "<name> | hostname <word> | username <word> }",
          "Forget this condition"),
    Debug("no debug crypto condition spi <spi:1-4294967295>", "Forget this condition"),
    Debug("no debug crypto condition unmatched [ { isakmp | ipsec | engine } ]",
          "Not what has nothing to check"),
    Debug("no debug all", "Report nothing"),
    Debug("undebug crypto { isakmp | ipsec | engine } [ error ]", "Report it no more"),
    Debug("undebug crypto ikev2 [ { packet | error | internal } ]", "Report it no more"),
    Debug("undebug crypto ikev2 keys", "Write no further keys"),
    Debug("undebug crypto mib", "Report it no more"),
    Debug("undebug all", "Report nothing"),
};

constexpr config::WordHelp kHelps[] = {
    {"session", "What stands between two crypto endpoints"},
    {"isakmp", "IKEv1"},
    {"ikev2", "IKEv2"},
    {"eli", "Encryption layer"},
    {"ruleset", "Rules of the packets"},
    {"peers", "IKE peers"},
    {"stats", "Counters of IKEv2"},
    {"diagnose", "What went wrong"},
    {"diagnose error", "The last errors"},
    {"ikev2 session", "IKEv2 SAs and their child SAs"},
    {"ikev2 proposal", "Algorithms of IKE SAs"},
    {"ikev2 policy", "Which proposals are used where"},
    {"ikev2 authorization", "What peers are assigned and told"},
    {"authorization policy", "What peers are assigned and told"},
    {"ip local", "Addresses for peers"},
    {"ipv6 local", "IPv6 addresses for peers"},
    {"local pool", "Free and in use"},
    {"ikev2 profile", "Who the peers are, and how both sides prove it"},
    {"address", "By front VRF and peer: the SAs alone"},
    {"identity", "The flows without their SAs"},
    {"entry", "By peer"},
    {"detail", "All there is to tell"},
    {"detailed", "All there is to tell"},
    {"count", "How many"},
    {"summary", "How many, by status"},
    {"brief", "In short"},
    {"port", "Of the peer"},
    {"vrf", "Inside VRF"},
    {"fvrf", "Front VRF"},
    {"ivrf", "Inside VRF"},
    {"local", "The local crypto endpoint"},
    {"remote", "The other gateway"},
    {"ipv6", "Peers with IPv6 addresses"},
    {"configuration", "As installed"},
    {"connections", "One line per SA"},
    {"active", "Those that are up"},
    {"connections show", "Those that are up"},
    {"dh", "Diffie-Hellman operations"},
    {"dropped-packet", "Packets that the engines dropped"},
    {"qos", "Queues before the engines"},
    {"accelerator", "The card"},
    {"statistic", "Its counters"},
    {"debug-condition", "Conditions of debugging"},
    {"debugging", "What is debugged"},
    {"version", "Product, version, uptime"},
    {"processes", "Roles of this system"},
    {"cpu", "Processor time"},
    {"processes memory", "Memory in use"},
    {"clock", "Time and date"},
    {"history", "Lines of this session"},
    {"users", "Sessions on this system"},
    {"tech-support", "All that support asks for"},
    {"debug", "Report what a part does"},
    {"undebug", "Report it no more"},
    {"debug crypto ikev2 keys", "Keys, for Wireshark"},
    {"condition", "Only what concerns ..."},
    {"connid", "Connection number of an engine"},
    {"flowid", "Flow number of an engine"},
    {"engine-id", "Number of the engine; 0: any"},
    {"spi", "Security parameter index"},
    {"unmatched", "What has nothing to check"},
    {"reset", "Forget all conditions"},
    {"error", "Only what goes wrong"},
    {"packet", "Messages, as they come and go"},
    {"internal", "States of IKE SAs"},
    {"all", "Everything"},
    {"mib", "SNMP tables"},
};

// The token behind the keyword, or behind `skip` more.
const Token* After(const Match& match, std::string_view keyword, size_t skip = 0) {
  for (size_t i = 0; i + 1 + skip < match.tokens.size(); ++i) {
    if (match.tokens[i].keyword && match.tokens[i].text == keyword) {
      return &match.tokens[i + 1 + skip];
    }
  }
  return nullptr;
}

std::string TextAfter(const Match& match, std::string_view keyword, size_t skip = 0) {
  const Token* token = After(match, keyword, skip);
  return token == nullptr ? "" : token->text;
}

// The grammar has checked the range.
uint32_t NumberOf(const std::string& text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  uint32_t value = 0;
  std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), value, hex ? 16 : 10);
  return value;
}

// An address of either family, in the form in which the roles print it.
std::optional<config::Mismatch> ReadAddress(const Token* token, std::string& out) {
  if (token == nullptr) return std::nullopt;
  const auto address = net::Address::Parse(token->text);
  if (!address) {
    config::Mismatch mismatch;
    mismatch.column = token->column;
    mismatch.word = config::ShowableWord(token->text);
    mismatch.message = "not an IPv4 or IPv6 address";
    mismatch.expected = {"an address"};
    return mismatch;
  }
  out = net::ToString(*address);
  return std::nullopt;
}

std::optional<config::Mismatch> ReadShowFilters(const Match& match, ExecCommand& command) {
  api::ShowRequest& show = command.show;
  for (const char* keyword : {"peer", "remote", "peers"}) {
    const Token* token = After(match, keyword);
    if (token == nullptr || token->keyword) continue;
    if (auto mismatch = ReadAddress(token, *show.mutable_peer())) return mismatch;
    const Token* port = After(match, keyword, 1);
    if (port == nullptr || port->text != "port") continue;
    show.set_peer_port(NumberOf(TextAfter(match, keyword, 2)));
  }
  const Token* local = After(match, "local");
  if (local != nullptr && local->keyword) local = nullptr;  // `local pool`
  if (auto mismatch = ReadAddress(local, *show.mutable_local())) return mismatch;
  if (TextAfter(match, "local", 1) == "port") {
    show.set_local_port(NumberOf(TextAfter(match, "local", 2)));
  }
  show.set_vrf(TextAfter(match, "vrf") + TextAfter(match, "ivrf"));
  show.set_front_vrf(TextAfter(match, "fvrf"));
  show.set_ipv6(match.Has("ipv6"));
  return std::nullopt;
}

void ReadOptions(const Match& match, ExecCommand& command) {
  ShowOptions& options = command.options;
  options.detail = match.Has("detail") || match.Has("detailed");
  if (match.Has("address")) options.view = ShowView::kAddress;
  if (match.Has("identity")) options.view = ShowView::kIdentity;
  if (match.Has("entry")) options.view = ShowView::kEntry;
  if (match.Has("statistic")) options.slot = NumberOf(TextAfter(match, "statistic"));
  options.version = match.Has("ikev2") ? 2 : 1;
  options.conditions = command.show.kind() == api::SHOW_DEBUG_CONDITION;
  options.peer = match.Has("peer");
  options.connid = match.Has("connid");
  options.flowid = match.Has("flowid");
  options.spi = match.Has("spi");
  options.front_vrf = match.Has("fvrf");
  options.inside_vrf = match.Has("ivrf");
  options.unmatched = match.Has("unmatched");
}

api::DebugArea AreaOf(const Match& match) {
  constexpr std::array<std::pair<std::string_view, api::DebugArea>, 5> kAreas{{
      {"isakmp", api::DEBUG_ISAKMP},
      {"ipsec", api::DEBUG_IPSEC},
      {"engine", api::DEBUG_ENGINE},
      {"ikev2", api::DEBUG_IKEV2},
      {"mib", api::DEBUG_MIB},
  }};
  if (match.Has("packet")) return api::DEBUG_IKEV2_PACKET;
  if (match.Has("internal")) return api::DEBUG_IKEV2_INTERNAL;
  for (const auto& [word, area] : kAreas) {
    if (match.Has(word)) return area;
  }
  return api::DEBUG_NONE;
}

api::DebugCondition ConditionOf(const Match& match) {
  constexpr std::array<std::pair<std::string_view, api::DebugCondition::Kind>, 10> kKinds{{
      {"connid", api::DebugCondition::CONNID},
      {"flowid", api::DebugCondition::FLOWID},
      {"fvrf", api::DebugCondition::FRONT_VRF},
      {"ivrf", api::DebugCondition::INSIDE_VRF},
      {"group", api::DebugCondition::PEER_GROUP},
      {"hostname", api::DebugCondition::PEER_HOSTNAME},
      {"ipv4", api::DebugCondition::PEER_IPV4},
      {"subnet", api::DebugCondition::PEER_SUBNET},
      {"username", api::DebugCondition::PEER_USERNAME},
      {"spi", api::DebugCondition::SPI},
  }};
  api::DebugCondition condition;
  for (const auto& [word, kind] : kKinds) {
    if (!match.Has(word)) continue;
    condition.set_kind(kind);
    const std::string value = TextAfter(match, word);
    const bool number = kind == api::DebugCondition::CONNID ||
                        kind == api::DebugCondition::FLOWID || kind == api::DebugCondition::SPI;
    if (number) {
      condition.set_number(NumberOf(value));
    } else {
      condition.set_text(value);
    }
    if (kind == api::DebugCondition::PEER_SUBNET) condition.set_mask(TextAfter(match, word, 1));
    break;
  }
  condition.set_engine_id(NumberOf(TextAfter(match, "engine-id")));
  return condition;
}

void ReadDebug(const Match& match, DebugCommand& debug) {
  debug.off = match.tokens[0].text != "debug";
  debug.error = match.Has("error");
  debug.area = AreaOf(match);
  if (match.Has("keys")) {
    debug.kind = DebugCommand::Kind::kKeys;
  } else if (match.Has("all")) {
    debug.kind = DebugCommand::Kind::kAll;
  } else if (match.Has("reset")) {
    debug.kind = DebugCommand::Kind::kReset;
  } else if (match.Has("unmatched")) {
    debug.kind = DebugCommand::Kind::kUnmatched;
  } else if (match.Has("condition")) {
    debug.kind = DebugCommand::Kind::kCondition;
    debug.condition = ConditionOf(match);
  }
}

}  // namespace

std::span<const ExecStatement> ShowStatements() { return kStatements; }
std::span<const config::WordHelp> ShowHelps() { return kHelps; }

std::optional<config::Mismatch> ReadShowWords(const Match& match, ExecCommand& command) {
  if (command.kind == Kind::kDebug) {
    ReadDebug(match, command.debug);
    return std::nullopt;
  }
  if (command.kind != Kind::kShow && command.kind != Kind::kTechSupport) return std::nullopt;
  ReadOptions(match, command);
  return ReadShowFilters(match, command);
}

}  // namespace vam::mgmt
