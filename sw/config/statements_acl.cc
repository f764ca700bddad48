// Extended access lists, numbered and named.
#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr uint32_t kStep = 10;
constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17;

struct NamedProtocol {
  std::string_view name;
  uint8_t number;
};
constexpr NamedProtocol kProtocols[] = {{"ip", 0},   {"icmp", 1}, {"tcp", 6},  {"udp", 17},
                                        {"gre", 47}, {"esp", 50}, {"ahp", 51}, {"ospf", 89}};

// Reads the tokens of one line from left to right; the grammar has checked their shape.
class EntryReader {
 public:
  EntryReader(const Match& match, size_t at) : tokens_(match.tokens), at_(at) {}

  std::optional<Fault> Read() {
    entry_.permit = Next() == "permit";
    ReadProtocol();
    if (auto fault = ReadAddress(entry_.source)) return fault;
    if (auto fault = ReadPorts(entry_.source_port)) return fault;
    if (auto fault = ReadAddress(entry_.destination)) return fault;
    if (auto fault = ReadPorts(entry_.destination_port)) return fault;
    if (entry_.protocol == kIcmp) ReadIcmp();
    entry_.log = More() && Next() == "log";
    return {};
  }
  const AclEntry& entry() const { return entry_; }

 private:
  bool More() const { return at_ < tokens_.size(); }
  const std::string& Peek() const { return tokens_[at_].text; }
  const std::string& Next() { return tokens_[at_++].text; }

  void ReadProtocol() {
    const std::string& word = Next();
    for (const NamedProtocol& protocol : kProtocols) {
      if (protocol.name == word) entry_.protocol = protocol.number;
    }
    if (auto number = ParseNumber(word)) entry_.protocol = static_cast<uint8_t>(*number);
  }
  std::optional<Fault> ReadAddress(AddressMatch& match) {
    const size_t first = at_;
    const std::string& word = Next();
    if (word == "any") {
      match = AddressMatch();
      return {};
    }
    const bool host = word == "host";
    match.address = (*net::Address::Parse(host ? Next() : word)).v4();
    match.wildcard = host ? 0 : (*net::Address::Parse(Next())).v4();
    // 255.255.255.0 as a wildcard is a netmask typed by habit and would match the wrong hosts.
    const uint32_t wildcard = match.wildcard;
    if (wildcard != 0xFFFFFFFF && (wildcard >> 31) == 1 && net::LengthFromMask(wildcard)) {
      return Fault{first + 1,
                   "looks like a netmask; a wildcard has its ones on the right",
                   {net::ToString(net::Address::V4(~wildcard))}};
    }
    match.address &= ~wildcard;
    return {};
  }
  std::optional<Fault> ReadPorts(PortRange& range) {
    if ((entry_.protocol != kTcp && entry_.protocol != kUdp) || !More()) return {};
    const std::string word = Peek();
    if (word != "eq" && word != "range" && word != "gt" && word != "lt") return {};
    ++at_;
    const size_t first = at_;
    const uint16_t port = *ParsePort(Next());
    range = {port, port};
    if (word == "range") range.last = *ParsePort(Next());
    if (range.first > range.last) return Fault{first + 1, "the range ends before it begins"};
    if (word == "gt") {
      if (port == 65535) return Fault{first, "no port is above it"};
      range = {static_cast<uint16_t>(port + 1), 65535};
    }
    if (word == "lt") {
      if (port == 0) return Fault{first, "no port is below it"};
      range = {0, static_cast<uint16_t>(port - 1)};
    }
    return {};
  }
  void ReadIcmp() {
    if (!More() || Peek() == "log") return;
    const std::string& word = Next();
    if (word == "echo") {
      entry_.icmp_type = uint8_t{8};
    } else if (word == "echo-reply") {
      entry_.icmp_type = uint8_t{0};
    } else {
      entry_.icmp_type = static_cast<uint8_t>(*ParseNumber(word));
    }
    if (More() && Peek() != "log") entry_.icmp_code = static_cast<uint8_t>(*ParseNumber(Next()));
  }

  const std::vector<Token>& tokens_;
  size_t at_;
  AclEntry entry_;
};

bool SameTest(const AclEntry& a, AclEntry b) {
  b.sequence = a.sequence;
  return a == b;
}

std::optional<Fault> Insert(Editor& editor, const std::string& name, AclEntry entry) {
  Acl& acl = FindOrAdd(editor.running.acls, name);
  editor.Note("access-list " + name);
  // A line that is there already changes nothing: a configuration may be pasted twice.
  for (const AclEntry& other : acl.entries) {
    if (SameTest(other, entry) && (entry.sequence == 0 || entry.sequence == other.sequence)) {
      return {};
    }
  }
  if (entry.sequence == 0) {
    entry.sequence = acl.entries.empty() ? kStep : acl.entries.back().sequence + kStep;
  }
  auto at = std::find_if(acl.entries.begin(), acl.entries.end(),
                         [&](const AclEntry& e) { return e.sequence >= entry.sequence; });
  if (at != acl.entries.end() && at->sequence == entry.sequence) {
    return Fault{0, "another line has this sequence number"};
  }
  acl.entries.insert(at, std::move(entry));
  return {};
}

std::optional<Fault> NumberedLine(Editor& editor, const Match& match) {
  EntryReader reader(match, 2);
  if (auto fault = reader.Read()) return fault;
  return Insert(editor, match.tokens[1].text, reader.entry());
}
std::optional<Fault> NamedLine(Editor& editor, const Match& match) {
  const bool numbered = !match.tokens[0].keyword;
  EntryReader reader(match, numbered ? 1 : 0);
  if (auto fault = reader.Read()) return fault;
  AclEntry entry = reader.entry();
  if (numbered) entry.sequence = *ParseNumber(match.tokens[0].text);
  return Insert(editor, editor.object, std::move(entry));
}
std::optional<Fault> NoNamedLine(Editor& editor, const Match& match) {
  EntryReader reader(match, 1);
  if (auto fault = reader.Read()) return fault;
  Acl& acl = FindOrAdd(editor.running.acls, editor.object);
  if (std::erase_if(acl.entries, [&](const AclEntry& e) { return SameTest(e, reader.entry()); }) ==
      0) {
    return Fault{1, "no such line in this access list"};
  }
  return {};
}
std::optional<Fault> NoSequence(Editor& editor, const Match& match) {
  const uint32_t sequence = *ParseNumber(match.tokens[1].text);
  Acl& acl = FindOrAdd(editor.running.acls, editor.object);
  if (std::erase_if(acl.entries, [&](const AclEntry& e) { return e.sequence == sequence; }) == 0) {
    return Fault{1, "no such line in this access list"};
  }
  return {};
}

std::optional<Fault> EnterAcl(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[3].text;
  FindOrAdd(editor.running.acls, name);
  editor.Note("access-list " + name);
  editor.Enter(Mode::kAcl, name);
  return {};
}
std::optional<Fault> NoAcl(Editor& editor, const Match& match) {
  const size_t at = match.tokens.size() - 1;
  if (!EraseNamed(editor.running.acls, match.tokens[at].text)) {
    return Fault{at, "no such access list"};
  }
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "access-list <acl-number> @entry", "Add a line to a numbered access list"},
     NumberedLine},
    {{Mode::kConfig, "no access-list <acl-number>", "Remove an access list"}, NoAcl},
    {{Mode::kConfig, "ip access-list extended <acl>", "Edit an extended access list"}, EnterAcl},
    {{Mode::kConfig, "no ip access-list extended <acl>", "Remove an access list"}, NoAcl},
    {{Mode::kAcl, "@entry", "Add a line at the end"}, NamedLine},
    {{Mode::kAcl, "<number:1-2147483647> @entry", "Add a line at this place"}, NamedLine},
    {{Mode::kAcl, "no @entry", "Remove a line"}, NoNamedLine},
    {{Mode::kAcl, "no <number:1-2147483647>", "Remove the line at this place"}, NoSequence},
};

}  // namespace

std::span<const ConfigStatement> AclStatements() { return kStatements; }

}  // namespace vam::config
