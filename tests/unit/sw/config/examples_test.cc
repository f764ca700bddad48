// Every configuration example of the five guides, and what becomes of it
// (tests/vectors/config_examples/README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/pending.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::filesystem::path kTop =
    std::filesystem::path(VAM_SOURCE_DIR) / "tests/vectors/config_examples";

struct Guide {
  const char* folder;
  const char* prefix;  // of its ids
};
constexpr Guide kGuides[] = {{"asa", "ASA"},
                             {"data-plane", "DP"},
                             {"ios-configuring", "IOS"},
                             {"management", "MG"},
                             {"security-for-vpns", "SY"}};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}
std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Example {
  std::string guide;
  std::string name;
  bool applies = false;  // nothing of it is pending
  bool warned = false;
  std::map<std::string, int> pending;  // topic -> statements
  std::map<int, std::string> refused;  // line -> part of the message
  std::map<int, std::string> needs;    // line -> statement that is not built yet
  std::vector<std::string> unknown;    // of the expectation itself
  std::string text() const { return ReadFile(kTop / guide / (name + ".cfg")); }
};
void PrintTo(const Example& example, std::ostream* out) {
  *out << example.guide << "/" << example.name;
}

void ReadExpectation(const std::string& line, Example& example) {
  const size_t colon = line.find(':');
  const std::string key = line.substr(0, colon);
  const std::string value =
      colon == std::string::npos || colon + 2 > line.size() ? "" : line.substr(colon + 2);
  if (key == "applies") {
    example.applies = true;
  } else if (key == "warned") {
    example.warned = true;
  } else if (key == "pending") {
    std::istringstream items(value);
    for (std::string item; std::getline(items, item, ',');) {
      const size_t count = item.find_last_of(' ');
      const size_t start = item.find_first_not_of(' ');
      example.pending[item.substr(start, count - start)] = std::stoi(item.substr(count));
    }
  } else if (key == "refused" || key == "needs") {
    const size_t blank = std::min(value.find(' '), value.size());
    auto& lines = key == "refused" ? example.refused : example.needs;
    lines[std::stoi(value)] = blank == value.size() ? "" : value.substr(blank + 1);
  } else {
    example.unknown.push_back(line);
  }
}
std::vector<Example> ReadExamples() {
  std::vector<Example> examples;
  for (const Guide& guide : kGuides) {
    for (const std::string& line : LinesOf(ReadFile(kTop / guide.folder / "expected.txt"))) {
      if (line.empty() || line[0] == '#') continue;
      if (line[0] == '[') {
        examples.emplace_back();
        examples.back().guide = guide.folder;
        examples.back().name = line.substr(1, line.size() - 2);
      } else {
        ReadExpectation(line, examples.back());
      }
    }
  }
  return examples;
}

// The guides' algorithms are legacy: what switches them on, once there is such a statement.
Running Base() {
  auto parsed = Parse("crypto legacy-algorithms enable");
  auto* good = std::get_if<Parsed>(&parsed);
  return good == nullptr ? Running() : std::move(good->running);
}

std::map<std::string, int> CountTopics(const Pending& pending) {
  std::map<std::string, int> counts;
  for (const PendingItem& item : ListPending(pending)) ++counts[std::string(TopicName(item.topic))];
  return counts;
}
bool IsIndented(const std::string& line) { return line.starts_with(' '); }

class Examples : public ::testing::TestWithParam<Example> {
 protected:
  // What stands today of an example with statements that are not built: all other lines.
  struct Rest {
    std::string text;
    int skipped = 0;  // lines under a statement that is not built
  };
  Rest WithoutNeeded(const Example& example) {
    Candidate candidate(Base(), {.file = example.name});
    Rest rest;
    bool head_refused = false;
    int number = 0;
    for (const std::string& line : LinesOf(example.text())) {
      ++number;
      if (IsIndented(line) && head_refused) {
        ++rest.skipped;
        rest.text += "!\n";
        continue;
      }
      const std::vector<Diagnostic> errors = candidate.Line(line);
      if (!IsIndented(line)) head_refused = !errors.empty();
      EXPECT_EQ(errors.empty(),
                !example.needs.contains(number) && !example.refused.contains(number))
          << "line " << number << ": " << line << "\n"
          << (errors.empty() ? "is accepted now: delete it from 'needs' in expected.txt"
                             : ToString(errors[0]));
      // A map on an interface leans on its entries.
      const bool leans = line.starts_with(" crypto map ") || line.starts_with(" ipv6 crypto map ");
      rest.text += errors.empty() && !leans ? line + "\n" : "!\n";
    }
    return rest;
  }
  void ExpectRefused(const Example& example,
                     const std::variant<Parsed, std::vector<Diagnostic>>& parsed) {
    const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed);
    ASSERT_NE(errors, nullptr) << "is accepted";
    for (const auto& refused : example.refused) {
      const int line = refused.first;
      const std::string& part = refused.second;
      const bool found = std::any_of(errors->begin(), errors->end(), [&](const Diagnostic& e) {
        return static_cast<int>(e.line) == line && ToString(e).find(part) != std::string::npos;
      });
      EXPECT_TRUE(found) << "line " << line << ": " << part
                         << "; first: " << ToString((*errors)[0]);
    }
  }
  void ExpectKept(const Example& example, const Parsed& parsed, int uncounted) {
    const auto counts = CountTopics(parsed.running.pending);
    if (uncounted == 0) {
      EXPECT_EQ(counts, example.pending);
    } else {
      for (const auto& [topic, count] : counts)
        EXPECT_LE(count, example.pending.at(topic)) << topic;
    }
    const Running& running = parsed.running;
    const auto again = Parse(Render(running, Keys::kShown), {.file = "rendered"});
    if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&again)) {
      FAIL() << ToString((*errors)[0]) << "\n" << Render(running, Keys::kShown);
    }
    EXPECT_EQ(std::get<Parsed>(again).running, running) << Render(running, Keys::kShown);
    EXPECT_THAT(Differences(running, std::get<Parsed>(again).running), IsEmpty());
  }
  // No line is silently ignored: without it the outcome is another one, or a notice is missing.
  void ExpectEachLineMatters(const Example& example, const Parsed& whole) {
    const std::vector<std::string> lines = LinesOf(example.text());
    for (size_t left_out = 0; left_out < lines.size(); ++left_out) {
      const std::string& line = lines[left_out];
      if (SaysNothingNew(line)) continue;
      std::string text;
      for (size_t i = 0; i < lines.size(); ++i) text += (i == left_out ? "" : lines[i]) + "\n";
      const auto parsed = Parse(text, {}, Base());
      const auto* other = std::get_if<Parsed>(&parsed);
      EXPECT_FALSE(other != nullptr && other->running == whole.running &&
                   other->notices == whole.notices)
          << "line " << left_out + 1 << " changes nothing: " << line;
    }
  }
  // Comments, ways out, and what is so without saying it.
  static bool SaysNothingNew(const std::string& line) {
    static const std::set<std::string> kDefaults{
        " exit",
        "end",
        " no ip address",
        " mode tunnel",
        " ip mtu 1500",
        "crypto ipsec fragmentation before-encryption",
        "service timestamps debug datetime msec",
        "service timestamps log datetime msec",
        "crypto dynamic-map dyn_testmap 10"};  // entered twice

    return line.empty() || line[0] == '!' || kDefaults.contains(line);
  }
};

TEST_P(Examples, BecomeWhatIsExpected) {
  const Example& example = GetParam();
  ASSERT_THAT(example.unknown, IsEmpty());
  const bool kept = example.applies || !example.pending.empty();
  ASSERT_EQ(kept, example.refused.empty()) << "either kept or refused";
  if (example.needs.empty()) {
    const auto parsed = Parse(example.text(), {.file = example.name}, Base());
    if (!kept) return ExpectRefused(example, parsed);
    if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
      FAIL() << ToString((*errors)[0]);
    }
    ExpectKept(example, std::get<Parsed>(parsed), 0);
    if (example.warned) {
      EXPECT_THAT(std::get<Parsed>(parsed).warnings, Not(IsEmpty()));
    }
    return;
  }
  // Faults between statements show only when nothing is missing.
  Example today = example;
  std::erase_if(today.refused, [&](const auto& line) {
    return line.second.find("overlaps") != std::string::npos;
  });
  const Rest rest = WithoutNeeded(today);
  if (!kept) return;
  const auto parsed = Parse(rest.text, {.file = example.name}, Base());
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    FAIL() << ToString((*errors)[0]);
  }
  ExpectKept(example, std::get<Parsed>(parsed), rest.skipped);
}

TEST_P(Examples, HaveNoLineThatIsSilentlyIgnored) {
  const Example& example = GetParam();
  if (!example.needs.empty() || !example.refused.empty()) return;
  if (example.name.find("fragmentation") != std::string::npos ||
      example.name == "ex-03-aggressive-mode-on") {
    return;  // these overwrite their own lines
  }
  const auto parsed = Parse(example.text(), {}, Base());
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  ExpectEachLineMatters(example, std::get<Parsed>(parsed));
}

std::string NameOf(const ::testing::TestParamInfo<Example>& info) {
  std::string name = info.param.guide + "_" + info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(OfTheGuides, Examples, ::testing::ValuesIn(ReadExamples()), NameOf);

// "SY-EX-4" of security-for-vpns/ex-04-....
std::string IdOf(const Example& example) {
  for (const Guide& guide : kGuides) {
    if (example.guide != guide.folder) continue;
    return std::string(guide.prefix) + "-EX-" + std::to_string(std::stoi(example.name.substr(3)));
  }
  return "";
}

TEST(ExampleFiles, AreAllExpectedAndAllThere) {
  std::set<std::string> files;
  for (const Guide& guide : kGuides) {
    for (const auto& file : std::filesystem::directory_iterator(kTop / guide.folder)) {
      if (file.path().extension() != ".cfg") continue;
      files.insert(std::string(guide.folder) + "/" + file.path().stem().string());
    }
  }
  std::set<std::string> expected;
  for (const Example& example : ReadExamples()) {
    EXPECT_TRUE(expected.insert(example.guide + "/" + example.name).second) << example.name;
  }
  EXPECT_EQ(files, expected);
}

// ids.txt lists every EX id of the inventories: those that are configurations have a file.
TEST(ExampleFiles, CoverEveryConfigurationOfTheInventories) {
  std::set<std::string> wanted;
  std::set<std::string> known;
  for (const std::string& line : LinesOf(ReadFile(kTop / "ids.txt"))) {
    if (line.empty() || line[0] == '#') continue;
    const std::string id = line.substr(0, line.find(' '));
    EXPECT_TRUE(known.insert(id).second) << id;
    if (line.find(' ') == std::string::npos) wanted.insert(id);
  }
  std::set<std::string> have;
  for (const Example& example : ReadExamples()) have.insert(IdOf(example));
  EXPECT_EQ(have, wanted);
  EXPECT_EQ(known.size(), 45u + 7u + 20u + 16u + 17u);
  const std::string coverage = ReadFile(std::filesystem::path(VAM_SOURCE_DIR) / "docs/coverage.md");
  for (const std::string& id : wanted) EXPECT_THAT(coverage, HasSubstr("| " + id + " |"));
}

}  // namespace
}  // namespace vam::config
