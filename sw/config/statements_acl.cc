// Access lists: standard, extended and IPv6, numbered and named.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "sw/config/acl_entry.h"
#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr uint32_t kStep = 10;
constexpr uint32_t kLastSequence = 2147483647;  // as in the patterns
constexpr size_t kMostLines = 1'000'000;        // of one list: memory is bounded
constexpr size_t kMostRemarks = 100'000;
constexpr size_t kLongestRemark = 100;  // as IOS

std::string_view KindName(AclKind kind) {
  switch (kind) {
    case AclKind::kExtended:
      return "an extended IP";
    case AclKind::kStandard:
      return "a standard IP";
    case AclKind::kIpv6:
      return "an IPv6";
  }
  return "";
}

bool SameTest(const AclEntry& a, AclEntry b) {
  b.sequence = a.sequence;
  return a == b;
}

// FNV-1a over what most lines differ in; equality decides.
uint64_t HashOf(const AclEntry& entry) {
  uint64_t hash = 14695981039346656037U;
  const auto mix = [&hash](uint64_t value) { hash = (hash ^ value) * 1099511628211U; };
  mix(entry.permit);
  mix(entry.protocol);
  for (const AddressMatch* match : {&entry.source, &entry.destination}) {
    mix(match->address);
    mix(match->wildcard);
  }
  for (const net::Prefix* prefix : {&entry.source_v6, &entry.destination_v6}) {
    mix(LoadBe64(prefix->base().raw().data()));
    mix(LoadBe64(prefix->base().raw().data() + 8));
    mix(prefix->length());
  }
  for (const PortRange* range : {&entry.source_port, &entry.destination_port}) {
    mix(range->first);
    mix(range->last);
  }
  mix(entry.icmp_type.value_or(0));
  mix(entry.icmp_code.value_or(0));
  mix(entry.dscp.value_or(64));
  return hash;
}

// Taken out of the model; Editor::Settle puts it back.
AclDraft& DraftOf(Editor& editor, Acl& acl) {
  const auto [at, added] = editor.acl_drafts.try_emplace(acl.name);
  if (added) {
    for (AclEntry& entry : acl.entries) {
      at->second.tests.emplace(HashOf(entry), entry.sequence);
      const uint32_t sequence = entry.sequence;
      at->second.lines.emplace_hint(at->second.lines.end(), sequence, std::move(entry));
    }
    acl.entries.clear();
  }
  return at->second;
}

// The sequence numbers of the lines that test the same.
std::vector<uint32_t> EqualLines(const AclDraft& draft, const AclEntry& entry) {
  std::vector<uint32_t> equal;
  const auto [begin, end] = draft.tests.equal_range(HashOf(entry));
  for (auto at = begin; at != end; ++at) {
    if (SameTest(draft.lines.at(at->second), entry)) equal.push_back(at->second);
  }
  return equal;
}

// The list of that name and kind, made when it is new; a fault names `word`.
struct Found {
  Acl* acl = nullptr;
  std::optional<Fault> fault;
};
Found FindList(Editor& editor, const std::string& name, AclKind kind, const Token& word) {
  Acl* known = editor.running.acls.Find(name);
  if (known != nullptr && known->kind != kind) {
    return {nullptr, Fault{&word, fmt::format("there is {} access list of this name",
                                              KindName(known->kind))}};
  }
  if (known == nullptr) {
    known = &editor.running.acls.FindOrAdd(name);
    known->kind = kind;
  }
  editor.Note("access-list " + name);
  return {known, {}};
}

size_t FirstRemark(const Acl& acl, uint32_t after) {
  const auto at = std::lower_bound(acl.remarks.begin(), acl.remarks.end(), after,
                                   [](const AclRemark& r, uint32_t n) { return r.after < n; });
  return static_cast<size_t>(at - acl.remarks.begin());
}
void MoveCursor(const Acl& acl, AclDraft& draft, uint32_t sequence) {
  draft.cursor = sequence;
  draft.next_remark = FirstRemark(acl, sequence);
}

// `word` stands for the line when there is no place for it.
std::optional<Fault> Insert(Editor& editor, Acl& acl, AclEntry entry, const Token& word) {
  AclDraft& draft = DraftOf(editor, acl);
  // A line that is there already changes nothing: a configuration may be pasted twice.
  if (entry.sequence == 0) {
    const std::vector<uint32_t> equal = EqualLines(draft, entry);
    if (!equal.empty()) {
      MoveCursor(acl, draft, *std::min_element(equal.begin(), equal.end()));
      return {};
    }
    const uint32_t last = draft.lines.empty() ? 0 : draft.lines.rbegin()->first;
    if (last > kLastSequence - kStep) {
      return Fault{&word, "no sequence number is left behind the last line"};
    }
    entry.sequence = last + kStep;
  }
  const auto at = draft.lines.lower_bound(entry.sequence);
  if (at != draft.lines.end() && at->first == entry.sequence) {
    if (SameTest(at->second, entry)) {
      MoveCursor(acl, draft, entry.sequence);
      return {};
    }
    return Fault{&word, "another line has this sequence number"};
  }
  if (draft.lines.size() >= kMostLines) {
    return Fault{&word, fmt::format("an access list has at most {} lines", kMostLines)};
  }
  draft.tests.emplace(HashOf(entry), entry.sequence);
  draft.lines.emplace_hint(at, entry.sequence, entry);
  MoveCursor(acl, draft, entry.sequence);
  return {};
}

std::optional<Fault> NumberedLine(Editor& editor, const Match& match, AclKind kind,
                                  const Token& number) {
  auto entry = ReadAclEntry(kind, match, 2);
  if (auto* fault = std::get_if<Fault>(&entry)) return *std::move(fault);
  const Found found = FindList(editor, number.text, kind, number);
  if (found.fault) return found.fault;
  return Insert(editor, *found.acl, std::get<AclEntry>(entry), match.tokens[0]);
}
std::optional<Fault> NumberedExtended(Editor& editor, const Match& match) {
  return NumberedLine(editor, match, AclKind::kExtended, match.Argument("acl-number"));
}
std::optional<Fault> NumberedStandard(Editor& editor, const Match& match) {
  return NumberedLine(editor, match, AclKind::kStandard, match.Argument("acl-standard-number"));
}

AclKind KindOf(Mode mode) {
  if (mode == Mode::kIpv6Acl) return AclKind::kIpv6;
  return mode == Mode::kStandardAcl ? AclKind::kStandard : AclKind::kExtended;
}
// "10 permit ...", "sequence 10 permit ..." or "permit ...".
std::optional<Fault> NamedLine(Editor& editor, const Match& match) {
  const AclKind kind = KindOf(editor.mode);
  const auto begin = std::find_if(match.tokens.begin(), match.tokens.end(), [](const Token& t) {
    return t.keyword && (t.text == "permit" || t.text == "deny");
  });
  const auto first = static_cast<size_t>(begin - match.tokens.begin());
  auto read = ReadAclEntry(kind, match, first);
  if (auto* fault = std::get_if<Fault>(&read)) return *std::move(fault);
  AclEntry entry = std::get<AclEntry>(read);
  if (first != 0) entry.sequence = NumberOf(match.tokens[first - 1]);
  const Found found = FindList(editor, editor.object, kind, match.tokens[0]);
  if (found.fault) return found.fault;
  return Insert(editor, *found.acl, entry, match.tokens[0]);
}

// Remarks behind it stand behind the line before it then.
void RemoveLine(Acl& acl, AclDraft& draft, uint32_t sequence) {
  const auto place = draft.lines.find(sequence);
  const auto [begin, end] = draft.tests.equal_range(HashOf(place->second));
  draft.tests.erase(std::find_if(begin, end, [&](const auto& l) { return l.second == sequence; }));
  const uint32_t before = place == draft.lines.begin() ? 0 : std::prev(place)->first;
  draft.lines.erase(place);
  auto remark = acl.remarks.begin() + static_cast<std::ptrdiff_t>(FirstRemark(acl, sequence));
  for (; remark != acl.remarks.end() && remark->after == sequence; ++remark) {
    remark->after = before;
  }
}
std::optional<Fault> NoNamedLine(Editor& editor, const Match& match) {
  auto read = ReadAclEntry(KindOf(editor.mode), match, 1);
  if (auto* fault = std::get_if<Fault>(&read)) return *std::move(fault);
  const Found found = FindList(editor, editor.object, KindOf(editor.mode), match.tokens[1]);
  if (found.fault) return found.fault;
  AclDraft& draft = DraftOf(editor, *found.acl);
  const std::vector<uint32_t> equal = EqualLines(draft, std::get<AclEntry>(read));
  for (const uint32_t sequence : equal) RemoveLine(*found.acl, draft, sequence);
  if (equal.empty()) return Fault{&match.tokens[1], "no such line in this access list"};
  return {};
}
std::optional<Fault> NoSequence(Editor& editor, const Match& match) {
  const Token& number = match.Argument("number");
  const Found found = FindList(editor, editor.object, KindOf(editor.mode), number);
  if (found.fault) return found.fault;
  AclDraft& draft = DraftOf(editor, *found.acl);
  if (!draft.lines.contains(NumberOf(number))) {
    return Fault{&number, "no such line in this access list"};
  }
  RemoveLine(*found.acl, draft, NumberOf(number));
  return {};
}

// One that stands where it is entered again is the same, as a line is: a configuration may be
// pasted twice, and yet equal remarks may follow each other.
std::optional<Fault> AddRemark(Editor& editor, Acl& acl, const Token& line) {
  if (line.text.size() > kLongestRemark) {
    return Fault{&line, fmt::format("remark longer than {} characters", kLongestRemark)};
  }
  AclDraft& draft = DraftOf(editor, acl);
  for (size_t i = draft.next_remark; i < acl.remarks.size() && acl.remarks[i].after == draft.cursor;
       ++i) {
    if (acl.remarks[i].text != line.text) continue;
    draft.next_remark = i + 1;
    return {};
  }
  const uint32_t last = draft.lines.empty() ? 0 : draft.lines.rbegin()->first;
  if (acl.remarks.size() >= kMostRemarks) {
    return Fault{&line, fmt::format("an access list has at most {} remarks", kMostRemarks)};
  }
  acl.remarks.push_back({last, line.text});
  draft.cursor = last;
  draft.next_remark = acl.remarks.size();
  return {};
}
std::optional<Fault> NumberedRemark(Editor& editor, const Match& match) {
  const Token* extended = match.Find("acl-number");
  const Token& number = extended != nullptr ? *extended : match.Argument("acl-standard-number");
  const AclKind kind = extended != nullptr ? AclKind::kExtended : AclKind::kStandard;
  const Found found = FindList(editor, number.text, kind, number);
  if (found.fault) return found.fault;
  return AddRemark(editor, *found.acl, match.Argument("line"));
}
std::optional<Fault> Remark(Editor& editor, const Match& match) {
  const Found found = FindList(editor, editor.object, KindOf(editor.mode), match.tokens[0]);
  if (found.fault) return found.fault;
  const Token& line = match.Argument("line");
  if (!match.negated()) return AddRemark(editor, *found.acl, line);
  auto& remarks = found.acl->remarks;
  const auto at = std::find_if(remarks.begin(), remarks.end(),
                               [&](const AclRemark& r) { return r.text == line.text; });
  if (at == remarks.end()) return Fault{&line, "no such remark in this access list"};
  remarks.erase(at);
  return {};
}

std::optional<Fault> EnterAcl(Editor& editor, const Token& name, AclKind kind, Mode mode) {
  const Found found = FindList(editor, name.text, kind, name);
  if (found.fault) return found.fault;
  MoveCursor(*found.acl, DraftOf(editor, *found.acl), 0);
  editor.Enter(mode, name.text);
  return {};
}
std::optional<Fault> EnterExtended(Editor& editor, const Match& match) {
  return EnterAcl(editor, match.Argument("acl"), AclKind::kExtended, Mode::kAcl);
}
std::optional<Fault> EnterStandard(Editor& editor, const Match& match) {
  return EnterAcl(editor, match.Argument("acl-standard"), AclKind::kStandard, Mode::kStandardAcl);
}
std::optional<Fault> EnterIpv6(Editor& editor, const Match& match) {
  return EnterAcl(editor, match.Argument("acl6"), AclKind::kIpv6, Mode::kIpv6Acl);
}
std::optional<Fault> NoAcl(Editor& editor, const Match& match) {
  const Token& name = match.tokens.back();
  const AclKind kind = name.type->name == "acl6"                     ? AclKind::kIpv6
                       : name.type->name.starts_with("acl-standard") ? AclKind::kStandard
                                                                     : AclKind::kExtended;
  const Acl* acl = editor.running.FindAcl(name.text);
  if (acl == nullptr) return Fault{&name, "no such access list"};
  if (acl->kind != kind) {
    return Fault{&name, fmt::format("this is {} access list", KindName(acl->kind))};
  }
  EraseNamed(editor.running.acls, name.text);
  editor.acl_drafts.erase(name.text);
  return {};
}
// IOS takes the whole list away for this, to the surprise of those who type it.
std::optional<Fault> NoNumberedLine(Editor&, const Match& match) {
  return Fault{&match.tokens[3],
               "IOS would remove the whole list; one line is removed under 'ip access-list', the "
               "list by 'no access-list " +
                   match.tokens[2].text + "'"};
}

std::optional<Fault> Resequence(Editor& editor, const Match& match) {
  const Token& name = match.Argument("acl-filter");
  Acl* acl = editor.running.acls.Find(name.text);
  if (acl == nullptr || acl->kind == AclKind::kIpv6) return Fault{&name, "no such access list"};
  const Token* const start = match.Find("number");
  const Token* const step = match.Find("number", 1);
  const uint64_t first = start == nullptr ? kStep : NumberOf(*start);
  const uint64_t by = step == nullptr ? kStep : NumberOf(*step);
  AclDraft& draft = DraftOf(editor, *acl);
  if (!draft.lines.empty() && first + by * (draft.lines.size() - 1) > kLastSequence) {
    return Fault{step == nullptr ? start : step, "the last line would be above 2147483647"};
  }
  AclDraft fresh;
  auto remark = acl->remarks.begin();
  while (remark != acl->remarks.end() && remark->after == 0) ++remark;
  uint64_t next = first;
  for (auto& [sequence, entry] : draft.lines) {
    const auto number = static_cast<uint32_t>(next);
    for (; remark != acl->remarks.end() && remark->after == sequence; ++remark) {
      remark->after = number;
    }
    entry.sequence = number;
    fresh.tests.emplace(HashOf(entry), number);
    fresh.lines.emplace_hint(fresh.lines.end(), number, std::move(entry));
    next += by;
  }
  draft = std::move(fresh);
  editor.Note("access-list " + name.text);
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "access-list <acl-number> @entry", "Add a line to an extended access list"},
     NumberedExtended},
    {{Mode::kConfig, "access-list <acl-number> remark <line>", "Add a text to an access list"},
     NumberedRemark},
    {{Mode::kConfig, "access-list <acl-standard-number> @standard-entry",
      "Add a line to a standard access list"},
     NumberedStandard},
    {{Mode::kConfig, "access-list <acl-standard-number> remark <line>",
      "Add a text to a standard access list"},
     NumberedRemark},
    {{Mode::kConfig, "no access-list <acl-number>", "Remove an access list"}, NoAcl},
    {{Mode::kConfig, "no access-list <acl-number> { permit | deny | remark } <line>",
      "Refused: lines are removed under ip access-list"},
     NoNumberedLine},
    {{Mode::kConfig, "no access-list <acl-standard-number>", "Remove a standard access list"},
     NoAcl},
    {{Mode::kConfig, "no access-list <acl-standard-number> { permit | deny | remark } <line>",
      "Refused: lines are removed under ip access-list"},
     NoNumberedLine},
    {{Mode::kConfig, "ip access-list extended <acl>", "Edit an extended access list"},
     EnterExtended},
    {{Mode::kConfig, "no ip access-list extended <acl>", "Remove an access list"}, NoAcl},
    {{Mode::kConfig, "ip access-list standard <acl-standard>", "Edit a standard access list"},
     EnterStandard},
    {{Mode::kConfig, "no ip access-list standard <acl-standard>", "Remove a standard access list"},
     NoAcl},
    {{Mode::kConfig,
      "ip access-list resequence <acl-filter> [ <number:1-2147483647> [ <number:1-2147483647> ] ]",
      "Number the lines anew: first number, step (10 and 10)"},
     Resequence},
    {{Mode::kConfig, "ipv6 access-list <acl6>", "Edit an IPv6 access list"}, EnterIpv6},
    {{Mode::kConfig, "no ipv6 access-list <acl6>", "Remove an IPv6 access list"}, NoAcl},
    {{Mode::kAcl, "@entry", "Add a line at the end"}, NamedLine},
    {{Mode::kAcl, "<number:1-2147483647> @entry", "Add a line at this place"}, NamedLine},
    {{Mode::kAcl, "no @entry", "Remove a line"}, NoNamedLine},
    {{Mode::kAcl, "no <number:1-2147483647>", "Remove the line at this place"}, NoSequence},
    {{Mode::kAcl, "remark <line>", "Add a text behind the last line"}, Remark},
    {{Mode::kAcl, "no remark <line>", "Remove a text"}, Remark},
    {{Mode::kStandardAcl, "@standard-entry", "Add a line at the end"}, NamedLine},
    {{Mode::kStandardAcl, "<number:1-2147483647> @standard-entry", "Add a line at this place"},
     NamedLine},
    {{Mode::kStandardAcl, "no @standard-entry", "Remove a line"}, NoNamedLine},
    {{Mode::kStandardAcl, "no <number:1-2147483647>", "Remove the line at this place"}, NoSequence},
    {{Mode::kStandardAcl, "remark <line>", "Add a text behind the last line"}, Remark},
    {{Mode::kStandardAcl, "no remark <line>", "Remove a text"}, Remark},
    {{Mode::kIpv6Acl, "@entry6", "Add a line at the end"}, NamedLine},
    {{Mode::kIpv6Acl, "sequence <number:1-2147483647> @entry6", "Add a line at this place"},
     NamedLine},
    {{Mode::kIpv6Acl, "no @entry6", "Remove a line"}, NoNamedLine},
    {{Mode::kIpv6Acl, "no sequence <number:1-2147483647>", "Remove the line at this place"},
     NoSequence},
    {{Mode::kIpv6Acl, "remark <line>", "Add a text behind the last line"}, Remark},
    {{Mode::kIpv6Acl, "no remark <line>", "Remove a text"}, Remark},
};

}  // namespace

void Editor::Settle() {
  for (auto& [name, draft] : acl_drafts) {
    Acl* const acl = running.acls.Find(name);
    acl->entries.reserve(draft.lines.size());
    for (auto& [number, entry] : draft.lines) acl->entries.push_back(std::move(entry));
  }
  acl_drafts.clear();
  routes.Settle(running.routes);
  // As they are shown.
  std::stable_partition(running.routes.begin(), running.routes.end(), [](const Route& route) {
    return route.destination.family() == net::Family::kV4;
  });
  arps.Settle(running.arps);
  neighbors.Settle(running.neighbors);
}

std::span<const ConfigStatement> AclStatements() { return kStatements; }

}  // namespace vam::config
