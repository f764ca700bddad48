// Extended access lists, numbered and named.
#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/statements.h"
#include "sw/net/icmp.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

namespace vam::config {
namespace {

constexpr uint32_t kStep = 10;
constexpr uint32_t kLastSequence = 2147483647;  // as in the patterns

// Reads the tokens of one line from left to right; the grammar has checked their shape.
class EntryReader {
 public:
  EntryReader(const Match& match, size_t at) : tokens_(match.tokens), at_(at) {}

  std::optional<Fault> Read() {
    entry_.permit = Next().text == "permit";
    entry_.protocol = *ParseProtocol(Next().text);
    if (auto fault = ReadAddress(entry_.source)) return fault;
    if (auto fault = ReadPorts(entry_.source_port)) return fault;
    if (auto fault = ReadAddress(entry_.destination)) return fault;
    if (auto fault = ReadPorts(entry_.destination_port)) return fault;
    if (entry_.protocol == net::kProtocolIcmp) ReadIcmp();
    entry_.log = NextIs("log");
    return {};
  }
  const AclEntry& entry() const { return entry_; }

 private:
  const Token& Next() { return tokens_[at_++]; }
  bool NextIs(std::string_view keyword) const {
    return at_ < tokens_.size() && tokens_[at_].keyword && tokens_[at_].text == keyword;
  }

  std::optional<Fault> ReadAddress(AddressMatch& match) {
    const Token& first = Next();
    if (first.text == "any") {
      match = AddressMatch();
      return {};
    }
    if (first.text == "host") {
      match = {AddressOf(Next()).v4(), 0};
      return {};
    }
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
  std::optional<Fault> ReadPorts(PortRange& range) {
    if (!net::ProtocolHasPorts(entry_.protocol)) return {};
    if (!NextIs("eq") && !NextIs("range") && !NextIs("gt") && !NextIs("lt")) return {};
    const std::string& word = Next().text;
    const Token& first = Next();
    const uint16_t port = *ParsePort(first.text);
    range = {port, port};
    if (word == "range") {
      const Token& last = Next();
      range.last = *ParsePort(last.text);
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
  void ReadIcmp() {
    if (at_ == tokens_.size() || NextIs("log")) return;
    const Token& type = Next();
    if (type.keyword) {
      entry_.icmp_type = type.text == "echo" ? net::kIcmpEchoRequest : net::kIcmpEchoReply;
      return;
    }
    entry_.icmp_type = static_cast<uint8_t>(NumberOf(type));
    if (at_ < tokens_.size() && !tokens_[at_].keyword) {
      entry_.icmp_code = static_cast<uint8_t>(NumberOf(Next()));
    }
  }

  const std::vector<Token>& tokens_;
  size_t at_;
  AclEntry entry_;
};

bool SameTest(const AclEntry& a, AclEntry b) {
  b.sequence = a.sequence;
  return a == b;
}

uint64_t HashOf(const AclEntry& entry) {
  uint64_t hash = 14695981039346656037U;  // FNV-1a over the fields; equality decides
  const auto mix = [&hash](uint64_t value) { hash = (hash ^ value) * 1099511628211U; };
  mix(entry.permit);
  mix(entry.protocol);
  for (const AddressMatch* match : {&entry.source, &entry.destination}) {
    mix(match->address);
    mix(match->wildcard);
  }
  for (const PortRange* range : {&entry.source_port, &entry.destination_port}) {
    mix(range->first);
    mix(range->last);
  }
  mix(entry.icmp_type.value_or(0));
  mix(entry.icmp_code.value_or(0));
  return hash;
}

auto PlaceOf(Acl& acl, uint32_t sequence) {
  return std::lower_bound(
      acl.entries.begin(), acl.entries.end(), sequence,
      [](const AclEntry& entry, uint32_t number) { return entry.sequence < number; });
}

AclLines& LinesOf(Editor& editor, const Acl& acl) {
  const auto [at, added] = editor.acl_lines.try_emplace(acl.name);
  if (added) {
    for (const AclEntry& entry : acl.entries) at->second.emplace(HashOf(entry), entry.sequence);
  }
  return at->second;
}

// The sequence numbers of the lines that test the same.
std::vector<uint32_t> EqualLines(Editor& editor, Acl& acl, const AclEntry& entry) {
  std::vector<uint32_t> equal;
  const auto [begin, end] = LinesOf(editor, acl).equal_range(HashOf(entry));
  for (auto at = begin; at != end; ++at) {
    if (SameTest(*PlaceOf(acl, at->second), entry)) equal.push_back(at->second);
  }
  return equal;
}

// `first` is the word that stands for the line when there is no place for it.
std::optional<Fault> Insert(Editor& editor, const std::string& name, AclEntry entry,
                            const Token& first) {
  Acl& acl = FindOrAdd(editor.running.acls, name);
  editor.Note("access-list " + name);
  // A line that is there already changes nothing: a configuration may be pasted twice.
  if (entry.sequence == 0) {
    if (!EqualLines(editor, acl, entry).empty()) return {};
    const uint32_t last = acl.entries.empty() ? 0 : acl.entries.back().sequence;
    if (last > kLastSequence - kStep) {
      return Fault{&first, "no sequence number is left behind the last line"};
    }
    entry.sequence = last + kStep;
  }
  const auto at = PlaceOf(acl, entry.sequence);
  if (at != acl.entries.end() && at->sequence == entry.sequence) {
    if (SameTest(*at, entry)) return {};
    return Fault{&first, "another line has this sequence number"};
  }
  LinesOf(editor, acl).emplace(HashOf(entry), entry.sequence);
  acl.entries.insert(at, entry);
  return {};
}

std::optional<Fault> NumberedLine(Editor& editor, const Match& match) {
  EntryReader reader(match, 2);
  if (auto fault = reader.Read()) return fault;
  return Insert(editor, match.Argument("acl-number").text, reader.entry(), match.tokens[0]);
}
std::optional<Fault> NamedLine(Editor& editor, const Match& match) {
  const bool numbered = !match.tokens[0].keyword;
  EntryReader reader(match, numbered ? 1 : 0);
  if (auto fault = reader.Read()) return fault;
  AclEntry entry = reader.entry();
  if (numbered) entry.sequence = NumberOf(match.tokens[0]);
  return Insert(editor, editor.object, entry, match.tokens[0]);
}

void RemoveLine(Editor& editor, Acl& acl, uint32_t sequence) {
  const auto place = PlaceOf(acl, sequence);
  AclLines& lines = LinesOf(editor, acl);
  const auto [begin, end] = lines.equal_range(HashOf(*place));
  lines.erase(std::find_if(begin, end, [&](const auto& l) { return l.second == sequence; }));
  acl.entries.erase(place);
}
std::optional<Fault> NoNamedLine(Editor& editor, const Match& match) {
  EntryReader reader(match, 1);
  if (auto fault = reader.Read()) return fault;
  Acl& acl = FindOrAdd(editor.running.acls, editor.object);
  const std::vector<uint32_t> equal = EqualLines(editor, acl, reader.entry());
  for (const uint32_t sequence : equal) RemoveLine(editor, acl, sequence);
  if (equal.empty()) return Fault{&match.tokens[1], "no such line in this access list"};
  return {};
}
std::optional<Fault> NoSequence(Editor& editor, const Match& match) {
  const uint32_t sequence = NumberOf(match.Argument("number"));
  Acl& acl = FindOrAdd(editor.running.acls, editor.object);
  const auto place = PlaceOf(acl, sequence);
  if (place == acl.entries.end() || place->sequence != sequence) {
    return Fault{&match.tokens[1], "no such line in this access list"};
  }
  RemoveLine(editor, acl, sequence);
  return {};
}

std::optional<Fault> EnterAcl(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("acl").text;
  FindOrAdd(editor.running.acls, name);
  editor.Note("access-list " + name);
  editor.Enter(Mode::kAcl, name);
  return {};
}
std::optional<Fault> NoAcl(Editor& editor, const Match& match) {
  const Token& name = match.tokens.back();
  if (!EraseNamed(editor.running.acls, name.text)) return Fault{&name, "no such access list"};
  editor.acl_lines.erase(name.text);
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
