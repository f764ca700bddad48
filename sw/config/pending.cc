#include "sw/config/pending.h"

#include <fmt/core.h>

#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/net/prefix.h"

namespace vam::config {
namespace {

struct TopicInfo {
  std::string_view name;
  bool later = true;
};
constexpr std::array<TopicInfo, kTopics> kTopicInfo{{
    {"IKEv1"},
    {"IKEv2"},
    {"PKI"},
    {"VTI"},
    {"IPsec"},
    {"Easy VPN"},
    {"AAA"},
    {"RADIUS"},
    {"SNMP"},
    {"NAT"},
    {"QoS"},
    {"Firewall"},
    {"Switching paths"},
    {"Card"},
    {"Routing"},
    {"System"},
    {"ASA dialect"},
    {"Other services", false},
}};

std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end != 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}
bool IsNumber(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}
std::string Join(const std::vector<std::string_view>& words, size_t count) {
  std::string line;
  for (size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i != 0) line += ' ';
    line += words[i];
  }
  return line;
}

std::string TextOf(const PendingLine& line, const WriteSecret& write_secret) {
  std::string text;
  size_t next = 0;
  for (char c : line.text) {
    if (c == kSecretMark) {
      text += write_secret(line.secrets[next++]->bytes());
    } else {
      text += c;
    }
  }
  return text;
}

// Puts the pending lines between those of a rendered configuration.
class Weaver {
 public:
  Weaver(const Pending& pending, const WriteSecret& write_secret)
      : pending_(pending), write_secret_(write_secret) {}

  std::string Weave(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      Line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(text_);
  }

 private:
  void Line(std::string_view line) {
    if (line.starts_with(' ')) return Write(0, line);
    EndBlock();
    if (line == "!") return Separator(line);
    Anchors(line);
    const std::string head = HeadOf(line);
    std::string whole(line);
    if (const auto at = pending_.on_head.find(head); at != pending_.on_head.end()) {
      whole += " " + TextOf(at->second, write_secret_);
    }
    Write(0, whole);
    after_hostname_ |= line.starts_with("hostname ");
    if (const auto at = pending_.under.find(head); at != pending_.under.end()) {
      open_ = &at->second;
    }
  }
  void Separator(std::string_view line) {
    Write(0, line);
    if (!after_hostname_) return;
    Global(Place::kSystem);
  }
  void EndBlock() {
    if (open_ == nullptr) return;
    for (const PendingLine& line : *open_) Tree(line, 1);
    open_ = nullptr;
  }
  // What comes before this line.
  void Anchors(std::string_view line) {
    const auto begins = [line](std::initializer_list<std::string_view> words) {
      return std::any_of(words.begin(), words.end(),
                         [line](std::string_view word) { return line.starts_with(word); });
    };
    const bool last = line == "end";
    const bool lists = last || begins({"ip route ", "ipv6 route ", "access-list ",
                                       "ip access-list ", "ipv6 access-list ", "arp "});
    if (last || lists || begins({"crypto ", "interface "})) {
      Global(Place::kSystem);
      Global(Place::kCrypto);
    }
    if (lists) Global(Place::kServices);
    if (last) Global(Place::kLast);
  }
  // All lines of a place, once.
  void Global(Place place) {
    bool& done = done_[static_cast<size_t>(place)];
    if (done) return;
    done = true;
    bool line_open = false;
    for (const PendingLine& line : pending_.global[static_cast<size_t>(place)]) {
      Tree(line, 0);
      line_open = line.lines.empty();
      if (!line_open) Write(0, "!");
    }
    if (line_open) Write(0, "!");
  }
  void Tree(const PendingLine& line, size_t depth) {
    Write(depth, TextOf(line, write_secret_));
    for (const PendingLine& inner : line.lines) Tree(inner, depth + 1);
  }
  void Write(size_t depth, std::string_view line) {
    text_.append(depth, ' ');
    text_ += line;
    text_ += '\n';
  }

  const Pending& pending_;
  const WriteSecret& write_secret_;
  std::string text_;
  std::array<bool, kPlaces> done_{};
  bool after_hostname_ = false;
  const PendingLines* open_ = nullptr;  // of the block that is being written
};

// An IPv6 address has many spellings, and its length two places.
std::string PeerHead(std::vector<std::string_view> words) {
  constexpr size_t kAddress = 5;  // crypto isakmp peer address ipv6 X
  if (words.size() <= kAddress || words[kAddress - 1] != "ipv6") return Join(words, words.size());
  const bool length = words.size() > kAddress + 1 && IsNumber(words[kAddress + 1]);
  std::string written(words[kAddress]);
  if (length) written += "/" + std::string(words[kAddress + 1]);
  if (written.find('/') == std::string::npos) written += "/128";
  const auto prefix = net::Prefix::Parse(written);
  if (!prefix) return Join(words, words.size());
  const std::string text = net::ToString(*prefix);
  words[kAddress] = text;
  if (length) words.erase(words.begin() + kAddress + 1);
  return Join(words, words.size());
}

std::string Removed(Bytes) { return std::string(kRemovedSecret); }

void ListTree(const PendingLine& line, std::vector<std::string>& within,
              std::vector<PendingItem>& items) {
  items.push_back({within, TextOf(line, Removed), line.topic});
  within.push_back(items.back().line);
  for (const PendingLine& inner : line.lines) ListTree(inner, within, items);
  within.pop_back();
}

}  // namespace

std::string_view TopicName(Topic topic) { return kTopicInfo[static_cast<size_t>(topic)].name; }
bool ActsLater(Topic topic) { return kTopicInfo[static_cast<size_t>(topic)].later; }

bool PendingLine::operator==(const PendingLine& other) const {
  const bool same_secrets =
      std::equal(secrets.begin(), secrets.end(), other.secrets.begin(), other.secrets.end(),
                 [](const auto& a, const auto& b) { return a == b || (a && b && a->Equals(*b)); });
  return name == other.name && text == other.text && topic == other.topic && same_secrets &&
         lines == other.lines;
}

bool Pending::empty() const {
  return under.empty() && on_head.empty() &&
         std::all_of(global.begin(), global.end(), [](const auto& lines) { return lines.empty(); });
}

std::string HeadOf(std::string_view line) {
  std::vector<std::string_view> words = WordsOf(line);
  if (words.empty()) return "";
  if (words[0] == "interface") return Join(words, 2);
  if (words[0] != "crypto" || words.size() < 3) return std::string(line);
  if (words[1] == "ca" || words[1] == "pki") {
    words[1] = "pki";
    return Join(words, words.size());
  }
  if (words[1] == "map" || words[1] == "dynamic-map") {
    if (words[2] == "ipv6" && words.size() > 3 && !IsNumber(words[3])) {
      words.erase(words.begin() + 2);
    }
    // Without a number it is about the whole map.
    return Join(words, words.size() > 3 && IsNumber(words[3]) ? 4 : 3);
  }
  if (words[1] == "isakmp" && words[2] == "peer") return PeerHead(std::move(words));
  if (words[1] == "ipsec" && (words[2] == "transform-set" || words[2] == "profile")) {
    return Join(words, 4);
  }
  return std::string(line);
}

std::string Weave(std::string_view text, const Pending& pending, const WriteSecret& write_secret) {
  if (pending.empty()) return std::string(text);
  return Weaver(pending, write_secret).Weave(text);
}

std::vector<PendingItem> ListPending(const Pending& pending) {
  std::vector<PendingItem> items;
  std::vector<std::string> within;
  const auto list_place = [&](Place place) {
    for (const PendingLine& line : pending.global[static_cast<size_t>(place)]) {
      ListTree(line, within, items);
    }
  };
  list_place(Place::kSystem);
  list_place(Place::kCrypto);
  for (const auto& [head, line] : pending.on_head) {
    items.push_back({{head}, TextOf(line, Removed), line.topic});
  }
  for (const auto& [head, lines] : pending.under) {
    within = {head};
    for (const PendingLine& line : lines) ListTree(line, within, items);
    within.clear();
  }
  list_place(Place::kServices);
  list_place(Place::kLast);
  return items;
}

std::vector<std::string> PendingWarnings(const Pending& pending) {
  const size_t count = ListPending(pending).size();
  if (count == 0) return {};
  return {fmt::format(
      "{} {} kept and shown but {} not act in this release: see 'show configuration "
      "pending'",
      count, count == 1 ? "statement is" : "statements are", count == 1 ? "does" : "do")};
}

}  // namespace vam::config
