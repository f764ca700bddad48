#include "sw/config/diff.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "sw/config/render.h"

namespace vam::config {
namespace {

struct Line {
  std::string_view exact;  // with its secrets: compared
  std::string_view shown;
  std::string_view parent = {};  // the line of a section that it stands under, further indented
};
// Lines under different parents are different: "route-target" of two address families.
struct SameLine {
  bool operator()(const Line& a, const Line& b) const {
    return a.exact == b.exact && a.parent == b.parent;
  }
};
struct HashLine {
  size_t operator()(const Line& line) const {
    const std::hash<std::string_view> hash;
    return hash(line.exact) ^ (hash(line.parent) * 31);
  }
};
struct Section {
  Line head;
  std::vector<Line> lines;  // without the blank that indents them
};

// The text of a configuration, cut into statements and what stands under them.
class Text {
 public:
  explicit Text(const Running& running)
      : exact_(Render(running, Keys::kShown)), shown_(Render(running, Keys::kMasked)) {
    std::string_view exact = exact_;
    std::string_view shown = shown_;
    std::string_view parent;
    while (!exact.empty()) {
      Line line{Cut(exact), Cut(shown)};
      if (line.exact == "!" || line.exact == "end") continue;
      if (line.exact.starts_with(' ') && !sections_.empty()) {
        line = {line.exact.substr(1), line.shown.substr(1)};
        if (line.exact.starts_with(' ')) line.parent = parent;
        if (line.parent.empty()) parent = line.exact;
        sections_.back().lines.push_back(line);
      } else {
        sections_.push_back({line, {}});
      }
    }
    for (size_t i = 0; i < sections_.size(); ++i) at_.emplace(sections_[i].head.exact, i);
  }
  ~Text() { OPENSSL_cleanse(exact_.data(), exact_.size()); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  const std::vector<Section>& sections() const { return sections_; }
  const Section* Find(std::string_view head) const {
    const auto found = at_.find(head);
    return found == at_.end() ? nullptr : &sections_[found->second];
  }

 private:
  static std::string_view Cut(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  }

  std::string exact_;
  std::string shown_;
  std::vector<Section> sections_;
  std::unordered_map<std::string_view, size_t> at_;
};

bool OrderMatters(std::string_view head) { return head.starts_with("access-list "); }

// The statements of `to` that stand in `from` too, but are out of its order: all that are not in
// a longest rising sequence of their places.
std::unordered_set<std::string_view> Moved(const Text& from, const Text& to) {
  std::unordered_map<std::string_view, size_t> place;
  for (const Section& section : from.sections()) {
    if (OrderMatters(section.head.exact)) place.emplace(section.head.exact, place.size());
  }
  struct Step {
    size_t place;
    size_t before;  // index of the step before it
    std::string_view head;
  };
  constexpr size_t kNone = SIZE_MAX;
  std::vector<Step> steps;
  std::vector<size_t> tails;  // of the rising sequences by length: index of the last step
  for (const Section& section : to.sections()) {
    const auto found = place.find(section.head.exact);
    if (found == place.end()) continue;
    const auto tail =
        std::lower_bound(tails.begin(), tails.end(), found->second,
                         [&](size_t step, size_t wanted) { return steps[step].place < wanted; });
    steps.push_back({found->second, tail == tails.begin() ? kNone : *(tail - 1), found->first});
    if (tail == tails.end()) {
      tails.push_back(steps.size() - 1);
    } else {
      *tail = steps.size() - 1;
    }
  }
  std::unordered_set<std::string_view> moved;
  for (const Step& step : steps) moved.insert(step.head);
  for (size_t at = tails.empty() ? kNone : tails.back(); at != kNone; at = steps[at].before) {
    moved.erase(steps[at].head);
  }
  return moved;
}

void AddMissing(const std::vector<Line>& all, const std::vector<Line>& known, std::string_view sign,
                std::vector<std::string>& out) {
  const std::unordered_set<Line, HashLine, SameLine> exact(known.begin(), known.end());
  std::string_view named;
  for (const Line& line : all) {
    if (line.parent.empty()) named = {};
    if (exact.contains(line)) continue;
    if (line.parent.empty()) named = line.exact;
    if (named != line.parent && !line.parent.empty()) out.push_back(" " + std::string(line.parent));
    if (!line.parent.empty()) named = line.parent;
    out.push_back(std::string(sign) + std::string(line.shown));
  }
}

void AddWhole(const Section& section, char sign, std::vector<std::string>& out) {
  out.push_back(sign + std::string(section.head.shown));
  for (const Line& line : section.lines) {
    out.push_back(std::string(" ") + sign + std::string(line.shown));
  }
}

}  // namespace

std::vector<std::string> Differences(const Running& from, const Running& to) {
  const Text before(from);
  const Text after(to);
  const auto moved = Moved(before, after);
  std::vector<std::string> out;
  for (const Section& section : before.sections()) {
    const Section* now = after.Find(section.head.exact);
    if (now == nullptr || moved.contains(section.head.exact)) {
      AddWhole(section, '-', out);
      continue;
    }
    std::vector<std::string> lines;
    AddMissing(section.lines, now->lines, " -", lines);
    AddMissing(now->lines, section.lines, " +", lines);
    if (lines.empty()) continue;
    out.emplace_back(section.head.shown);
    std::move(lines.begin(), lines.end(), std::back_inserter(out));
  }
  for (const Section& section : after.sections()) {
    const bool known = before.Find(section.head.exact) != nullptr;
    if (!known || moved.contains(section.head.exact)) AddWhole(section, '+', out);
  }
  return out;
}

}  // namespace vam::config
