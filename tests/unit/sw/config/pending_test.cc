// Statements of later issues: kept, shown in place, taken back, listed.
#include "sw/config/pending.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "sw/config/statements_pending.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Running Good(std::string_view text) { return test::Read(text).running; }
std::string Shown(std::string_view text) { return Render(Good(text), Keys::kShown); }
Diagnostic Bad(std::string_view text) { return test::FirstError(text); }

// A line made from a pattern: each choice and option by chance, each argument in its range.
class LineMaker {
 public:
  explicit LineMaker(uint64_t seed) : random_(seed) {}

  std::string Make(std::string_view pattern) {
    words_.clear();
    Split(pattern);
    next_ = 0;
    std::string line = Sequence(true);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
  }

 private:
  size_t Pick(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }

  void Split(std::string_view pattern) {
    for (size_t at = 0; at < pattern.size();) {
      const size_t end = std::min(pattern.find(' ', at), pattern.size());
      const std::string_view word = pattern.substr(at, end - at);
      at = end + 1;
      if (word.empty()) continue;
      if (word[0] != '@') {
        words_.push_back(word);
        continue;
      }
      for (const Macro& macro : PendingMacros()) {
        if (macro.name == word.substr(1)) Split(macro.pattern);
      }
    }
  }
  // `taken` false: reads over it.
  std::string Sequence(bool taken) {
    std::string line;
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_];
      if (word == "|" || word == "}" || word == "]") break;
      ++next_;
      if (word == "{" || word == "[") {
        line += Alternatives(taken && (word == "{" || Pick(2) == 1));
      } else if (taken) {
        line +=
            (word[0] == '<' ? Argument(word.substr(1, word.size() - 2)) : std::string(word)) + " ";
      }
    }
    return line;
  }
  std::string Alternatives(bool taken) {
    size_t count = 1;
    int depth = 0;
    for (size_t i = next_; depth >= 0; ++i) {
      depth += words_[i] == "{" || words_[i] == "[" ? 1 : 0;
      depth -= words_[i] == "}" || words_[i] == "]" ? 1 : 0;
      count += depth == 0 && words_[i] == "|" ? 1 : 0;
    }
    const size_t chosen = Pick(count);
    std::string line;
    for (size_t i = 0; i < count; ++i) {
      line += Sequence(taken && i == chosen);
      ++next_;  // the bar or the end
    }
    return line;
  }
  std::string Argument(std::string_view inner) {
    const size_t colon = inner.find(':');
    if (colon != std::string_view::npos) {
      const size_t dash = inner.find('-', colon);
      const auto low = std::stoull(std::string(inner.substr(colon + 1, dash - colon - 1)));
      const auto high = std::stoull(std::string(inner.substr(dash + 1)));
      return std::to_string(Pick(3) == 0 ? low : Pick(2) == 0 ? high : low + Pick(high - low + 1));
    }
    static const std::map<std::string_view, std::vector<std::string>> kSamples{
        {"name", {"alpha", "Beta-2"}},
        {"word", {"some/word", "x.y"}},
        {"line", {"text up to the end", "x"}},
        {"address", {"192.0.2.1", "10.0.0.0"}},
        {"mask", {"255.255.255.0", "255.255.255.255", "0.0.0.0"}},
        {"interface", {"Serial1/0", "gi0/1", "lan0"}},
        {"tcp-port", {"www", "4500"}},
        {"udp-port", {"snmp", "4500"}},
        {"password", {"sesame", "0x", "$1$KxKv$cbqKsZtQTLJLGPN", "a,b"}},
        {"sealed", {}},
        {"peer-name", {"192.0.2.9", "2001:DB8::1", "gw.example.com"}},
        {"ipv6-any", {"2001:DB8::1", "2001:db8::/32"}},
        {"dh-group", {"14", "21"}},
        {"asa-cipher", {"aes-192", "3des"}},
        {"asa-hash", {"sha256", "null"}},
        {"asa-transform", {"esp-aes-256", "esp-sha-hmac"}},
        {"snmp-type", {"ipsec", "isakmp"}},
        {"hours", {"-8", "0", "12"}},
        {"slot", {"5/1"}},
        {"long-name", {"101", std::string(241, 'x')}},
    };
    const auto samples = kSamples.find(inner);
    EXPECT_NE(samples, kSamples.end()) << inner;
    // What is sealed needs a sealer: in clear here.
    if (samples->second.empty()) return "sesame";
    return samples->second[Pick(samples->second.size())];
  }

  std::mt19937_64 random_;
  std::vector<std::string_view> words_;
  size_t next_ = 0;
};

std::vector<std::pair<const PendingTable*, const PendingRow*>> AllRows() {
  std::vector<std::pair<const PendingTable*, const PendingRow*>> rows;
  for (const auto tables : {SystemPending(), ServicePending(), IkePending(), AsaPending()}) {
    for (const PendingTable& table : tables) {
      for (const PendingRow& row : table.rows) rows.emplace_back(&table, &row);
    }
  }
  return rows;
}
// The lines that open the mode.
std::string Heads(Mode mode, LineMaker& maker) {
  if (mode == Mode::kConfig) return "";
  if (mode == Mode::kInterface) return "interface Ethernet0/0\n";
  if (mode == Mode::kCryptoMap) return "crypto map vpn 10 ipsec-manual\n";
  if (mode == Mode::kIkev2Profile) return "crypto ikev2 profile vpn\n";
  if (mode == Mode::kIsakmpPeer) return "crypto isakmp peer address 192.0.2.2\n";
  if (mode == Mode::kPkiTrustpoint) return "crypto pki trustpoint ca\n";
  for (const auto& [table, row] : AllRows()) {
    if (row->opens != mode) continue;
    const std::string pattern = std::string(row->head) + " " + std::string(row->tail);
    return Heads(row->mode, maker) + maker.Make(pattern) + "\n";
  }
  ADD_FAILURE() << "no row opens " << ModeName(mode);
  return "";
}
// "6" of a secret means sealed; "0" in clear is what is tried here.
std::string WithoutSealed(std::string pattern) {
  for (size_t at = pattern.find("@password"); at != std::string::npos;
       at = pattern.find("@password")) {
    pattern.replace(at, 9, "{ 0 <password> | <password> }");
  }
  return pattern;
}

constexpr uint64_t kSeed = 20261121;
constexpr int kTries = 12;

TEST(PendingRows, EachIsKeptShownAndTakenBack) {
  LineMaker maker(kSeed);
  for (const auto& [table, row] : AllRows()) {
    if (row->shape == Shape::kOnHead || row->head.find("tfc-packets") != std::string_view::npos) {
      continue;  // tests of their own
    }
    const std::string pattern = WithoutSealed(
        std::string(row->head) + (row->tail.empty() ? "" : " ") + std::string(row->tail));
    int accepted = 0;
    for (int i = 0; i < kTries; ++i) {
      const std::string heads = Heads(row->mode, maker);
      const std::string line = maker.Make(pattern);
      SCOPED_TRACE(fmt::format("seed {}: {}{}", kSeed, heads, line));
      const auto parsed = Parse(heads + line);
      if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
        EXPECT_TRUE(row->check != nullptr && (*errors)[0].kind == ErrorKind::kRefused)
            << ToString((*errors)[0]);
        continue;
      }
      ++accepted;
      const Running& running = std::get<Parsed>(parsed).running;
      const auto items = ListPending(running.pending);
      const auto before = ListPending(Good(heads).pending);
      ASSERT_EQ(items.size(), before.size() + 1)
          << "a real statement has these words now: delete the row '" << row->head << "'";
      EXPECT_NE(std::ranges::find(items, table->topic, &PendingItem::topic), items.end());
      EXPECT_EQ(Good(Render(running, Keys::kShown)), running) << Render(running, Keys::kShown);
      EXPECT_EQ(Good(heads + line + "\n" + line), running) << "twice";
      // The line is gone, the blocks around it stay.
      const std::string gone = heads + line + "\n";
      const bool leaves = row->opens != kOpensNone;
      EXPECT_EQ(Good(gone + (leaves ? "exit\n" : "") + "default " + line), Good(heads));
      if (row->shape != Shape::kToggle) {
        EXPECT_EQ(Good(gone + (leaves ? "exit\n" : "") + "no " + line), Good(heads));
      }
    }
    EXPECT_GT(accepted, 0) << row->head << " " << row->tail;
  }
}

TEST(PendingRows, AllAtOnceReadBack) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LineMaker maker(seed);
    std::mt19937_64 random(seed);
    auto rows = AllRows();
    std::shuffle(rows.begin(), rows.end(), random);
    Candidate candidate(Running{});
    for (const auto& [table, row] : rows) {
      const std::string pattern =
          WithoutSealed(std::string(row->head) + " " + std::string(row->tail));
      std::istringstream lines(Heads(row->mode, maker) + maker.Make(pattern));
      for (std::string line; std::getline(lines, line);) candidate.Line(line);
    }
    const auto finished = candidate.Finish();
    ASSERT_TRUE(std::holds_alternative<Parsed>(finished)) << seed;
    const Running& running = std::get<Parsed>(finished).running;
    EXPECT_GT(ListPending(running.pending).size(), rows.size() * 8 / 10);
    const std::string text = Render(running, Keys::kShown);
    EXPECT_EQ(Good(text), running) << "seed " << seed;
    EXPECT_EQ(Render(Good(text), Keys::kShown), text) << "seed " << seed;
    EXPECT_THAT(Differences(running, Good(text)), IsEmpty());
  }
}

TEST(Pending, LinesStandInTheirPlaces) {
  EXPECT_EQ(Shown("crypto isakmp policy 10\n encr aes 256\n lifetime 180\n"
                  "interface Tunnel0\n mtu 1400\n tunnel source lo0\n ip nat inside\n"
                  "ip route 10.0.0.0 255.0.0.0 Tunnel0\naaa new-model\nline con 0\n login\n"
                  "ip nat pool p 10.0.0.1 10.0.0.9 netmask 255.255.255.0\n"),
            "hostname Router\n!\naaa new-model\n!\n"
            "crypto isakmp policy 10\n encryption aes 256\n lifetime 180\n!\n"
            "interface Tunnel0\n mtu 1400\n tunnel source Loopback0\n ip nat inside\n!\n"
            "ip nat pool p 10.0.0.1 10.0.0.9 netmask 255.255.255.0\n!\n"
            "ip route 10.0.0.0 255.0.0.0 Tunnel0\n!\nline con 0\n login\n!\nend\n");
}
TEST(Pending, BlocksNestAndOuterModesAreUnderstood) {
  EXPECT_THAT(Shown("policy-map p\n class a\n  police cir 8000\n   conform-action transmit\n"
                    " class b\n  priority percent 10\n exit\n exit\nhostname x\n"),
              HasSubstr("policy-map p\n class a\n  police cir 8000\n   conform-action transmit\n"
                        " class b\n  priority percent 10\n"));
}
TEST(Pending, AWordInFullIsNotShortForAnother) {
  const std::string text = Shown("policy-map p\n class c\n  priority\nservice pad\n");
  EXPECT_THAT(text, HasSubstr("\nservice pad\n"));
  EXPECT_THAT(text, Not(HasSubstr("service-policy")));
  // Nor in the blocks around that of the mode.
  EXPECT_THAT(
      Shown("policy-map p\n class c\n  police cir 8000\n   exceed-action drop\nservice pad\n"),
      HasSubstr("\nservice pad\n"));
  EXPECT_THAT(Shown("policy-map p\n class c\n  service-p q\n"), HasSubstr("  service-policy q\n"));
}
TEST(Pending, PromptsAndWaysOut) {
  Candidate candidate(Running{});
  const auto mode_after = [&](std::string_view line) {
    EXPECT_THAT(candidate.Line(line), IsEmpty()) << line;
    return ModeName(candidate.mode());
  };
  EXPECT_EQ(mode_after("crypto isakmp policy 10"), "config-isakmp");
  EXPECT_EQ(mode_after("crypto isakmp profile p"), "conf-isa-prof");
  EXPECT_EQ(mode_after("policy-map p"), "config-pmap");
  EXPECT_EQ(mode_after("class c"), "config-pmap-c");
  EXPECT_EQ(mode_after("police cir 8000"), "config-pmap-c-police");
  EXPECT_EQ(mode_after("exceed-action drop"), "config-pmap-c-police");
  EXPECT_EQ(mode_after("class d"), "config-pmap-c");
  EXPECT_EQ(mode_after("exit"), "config-pmap");
  EXPECT_EQ(mode_after("exit"), "config");
}

TEST(Pending, ANewValueReplacesTheOldOneInItsPlace) {
  EXPECT_THAT(Shown("crypto isakmp policy 1\n hash md5\n group 2\n hash sha256\n"),
              HasSubstr("policy 1\n hash sha256\n group 2\n"));
  EXPECT_THAT(Shown("class-map match-any c\n match any\nclass-map c\n match precedence 5\n"
                    "class-map match-all c\n"),
              HasSubstr("!\nclass-map match-all c\n match any\n match precedence 5\n!"));
  EXPECT_THAT(
      Shown("crypto isakmp key one address 10.0.0.1\ncrypto isakmp key two address 10.0.0.2\n"
            "crypto isakmp key 0 three address 10.0.0.1\n"),
      HasSubstr("crypto isakmp key 0 three address 10.0.0.1\n"
                "crypto isakmp key 0 two address 10.0.0.2\n"));
}
TEST(Pending, TogglesAreShownEitherWay) {
  EXPECT_THAT(Shown("no ip http server\nip cef\n"), HasSubstr("no ip http server\nip cef\n"));
  EXPECT_EQ(Good("no service pad\ndefault service pad\n"), Running());
  EXPECT_EQ(Good("no service pad\nservice pad\n"), Good("service pad\n"));
}
TEST(Pending, WhatIsNotThereIsNotTakenBack) {
  EXPECT_EQ(Bad("no crypto isakmp policy 10").message, "no such line is configured");
  EXPECT_EQ(Bad("no crypto isakmp key k address 10.0.0.1").message, "no such line is configured");
  EXPECT_EQ(Good("no crypto isakmp keepalive\ndefault crypto isakmp policy 10\n"), Running());
}

TEST(Pending, LinesGoWithTheirBlock) {
  const std::string text =
      "interface Tunnel0\n tunnel source lan0\ninterface Virtual-Template1 type tunnel\n"
      " tunnel mode ipsec ipv4\ncrypto map m 10 ipsec-manual\n qos pre-classify\n"
      "crypto map m 20 ipsec-manual\n qos pre-classify\n";
  EXPECT_EQ(ListPending(Good(text).pending).size(), 5u);
  EXPECT_EQ(Good(text + "no interface Tunnel0\nno interface Virtual-Template1\nno crypto map m\n"),
            Running());
  EXPECT_EQ(ListPending(Good(text + "no crypto map m 10\n").pending).size(), 4u);
  EXPECT_EQ(ListPending(Good(text + "default interface Tunnel0\n").pending).size(), 4u);
  // The name of a map within an interface is not the map.
  EXPECT_EQ(
      ListPending(Good(text + "interface e0\n crypto map m\n no crypto map m\n").pending).size(),
      5u);
}
TEST(Pending, AMapEntryIsOneWhateverItsLineSays) {
  EXPECT_EQ(HeadOf("crypto map m 10 ipsec-isakmp dynamic d"), "crypto map m 10");
  EXPECT_EQ(HeadOf("crypto map ipv6 m 10 ipsec-isakmp"), "crypto map m 10");
  EXPECT_EQ(HeadOf("crypto map ipv6 10 ipsec-isakmp"), "crypto map ipv6 10");
  EXPECT_EQ(HeadOf("crypto dynamic-map d 5"), "crypto dynamic-map d 5");
  EXPECT_EQ(HeadOf("interface Virtual-Template1 type tunnel"), "interface Virtual-Template1");
  EXPECT_EQ(HeadOf("crypto ipsec transform-set t esp-gcm 256"), "crypto ipsec transform-set t");
  EXPECT_EQ(HeadOf("vrf definition red"), "vrf definition red");
}
TEST(Pending, TheEndOfAHeadIsShown) {
  EXPECT_THAT(Shown("interface virtual-template 1 type tunnel\n ip virtual-reassembly\n"),
              HasSubstr("interface Virtual-Template1 type tunnel\n ip virtual-reassembly\n!"));
}

TEST(PendingSecrets, AreNeverShownInClear) {
  const std::string text =
      "crypto isakmp key swordfish address 10.0.0.1\nusername u password 0 swordfish\n"
      "snmp-server community swordfish RO\n"
      "crypto keyring r\n pre-shared-key address 10.0.0.2 key swordfish\n"
      "radius-server host 10.0.0.3 key swordfish\n";
  const Running running = Good(text);
  const std::string masked = Render(running, Keys::kMasked);
  EXPECT_THAT(masked, Not(HasSubstr("swordfish")));
  EXPECT_THAT(masked, HasSubstr("crypto isakmp key <removed> address 10.0.0.1\n"));
  EXPECT_THAT(masked, HasSubstr("snmp-server community <removed> RO\n"));
  for (const PendingItem& item : ListPending(running.pending)) {
    EXPECT_THAT(item.line, Not(HasSubstr("swordfish")));
  }
  EXPECT_THAT(Bad("crypto isakmp key <removed> address 10.0.0.1").message,
              HasSubstr("'<removed>' stands for a secret"));
  Running other = Good("crypto isakmp key other address 10.0.0.1\n");
  for (const std::string& line : Differences(running, other)) {
    EXPECT_THAT(line, Not(HasSubstr("swordfish")));
  }
}
TEST(PendingSecrets, AreSealed) {
  Sealer sealer;
  ASSERT_TRUE(sealer.Add("open sesame", {}));
  SeededRng rng(1);
  const Running running = Good(
      "crypto isakmp key 0 6 address 10.0.0.1\ncrypto keyring k\n"
      " pre-shared-key address 10.0.0.2 key 0 swordfish\n");
  const std::string text = Render(running, sealer, rng);
  EXPECT_THAT(text, Not(HasSubstr("swordfish")));
  EXPECT_THAT(text, HasSubstr("pre-shared-key address 10.0.0.2 key 6 A"));
  const auto parsed = Parse(text, {.sealer = &sealer});
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  EXPECT_EQ(std::get<Parsed>(parsed).running, running);
  EXPECT_TRUE(std::holds_alternative<std::vector<Diagnostic>>(Parse(text)));
}
TEST(PendingSecrets, StayOutOfMessages) {
  for (const char* line :
       {"crypto isakmp key my swordfish address 10.0.0.1", "username u password swordfish fish",
        "crypto isakmp key 7 swordfish address 10.0.0.1", "snmp-server community my swordfish x"}) {
    const Diagnostic error = Bad(line);
    EXPECT_THAT(ToString(error), Not(HasSubstr("swordfish"))) << line;
    EXPECT_EQ(error.word, "<key>");
    Candidate candidate(Running{});
    EXPECT_THAT(candidate.Line(line), Not(IsEmpty()));
    EXPECT_TRUE(candidate.sensitive()) << line;
  }
}

TEST(PendingShape, NumbersNamesAndAddressesAreChecked) {
  EXPECT_THAT(Bad("crypto isakmp policy 10001").message, HasSubstr("outside 1-10000"));
  EXPECT_THAT(Bad("crypto isakmp keepalive 9").message, HasSubstr("outside 10-3600"));
  EXPECT_EQ(Bad("crypto isakmp keepalive").kind, ErrorKind::kIncomplete);
  EXPECT_THAT(Bad("crypto isakmp nat keepalive 4").message, HasSubstr("outside 5-3600"));
  EXPECT_THAT(Bad("crypto isakmp peer address 10.0.0\n").message, HasSubstr("not an IPv4"));
  EXPECT_THAT(Bad("crypto isakmp profile " + std::string(65, 'x')).message,
              HasSubstr("longer than 64"));
  EXPECT_THAT(
      Bad("crypto isakmp peer address 10.0.0.1\n description " + std::string(81, 'x')).message,
      HasSubstr("longer than 80"));
  EXPECT_THAT(Bad("crypto ikev2 policy 1\n encryption aes-129").message, HasSubstr("not a cipher"));
  EXPECT_THAT(Bad("crypto ikev2 policy 1\n group 3").message, HasSubstr("not a Diffie-Hellman"));
  EXPECT_THAT(Bad("interface t0\n tunnel destination 10.0.0.256").message,
              HasSubstr("not an address or a host name"));
  EXPECT_THAT(Bad("controller isa 5-1").message, HasSubstr("SLOT/PORT"));
}
// DP-44, DP-57: all forms. DP-58: what holds by default is not shown.
TEST(PendingShape, DeadPeerDetection) {
  const auto shown = [](const std::string& words) {
    const std::string text = Render(Good("crypto isakmp keepalive " + words + "\n"), Keys::kShown);
    const size_t at = text.find("crypto isakmp keepalive");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(shown("10"), "crypto isakmp keepalive 10");
  EXPECT_EQ(shown("10 5"), "crypto isakmp keepalive 10 5");
  EXPECT_EQ(shown("10 periodic"), "crypto isakmp keepalive 10 periodic");
  EXPECT_EQ(shown("3600 60 periodic"), "crypto isakmp keepalive 3600 60 periodic");
  EXPECT_EQ(shown("10 on-demand"), "crypto isakmp keepalive 10");
  EXPECT_EQ(shown("10 5 on-demand"), "crypto isakmp keepalive 10 5");
  EXPECT_EQ(Good("crypto isakmp keepalive 10 periodic\ncrypto isakmp keepalive 10 on-demand\n"),
            Good("crypto isakmp keepalive 10\n"));
  EXPECT_EQ(Bad("crypto isakmp keepalive").kind, ErrorKind::kIncomplete);
  EXPECT_THAT(Bad("crypto isakmp keepalive 3601").message, HasSubstr("outside 10-3600"));
  for (const char* retry : {"1", "61"}) {
    EXPECT_THAT(Bad(std::string("crypto isakmp keepalive 10 ") + retry).message,
                HasSubstr("outside 2-60"));
  }
}
TEST(PendingShape, LongLinesAreRefused) {
  EXPECT_THAT(Bad("crypto isakmp profile p\n desc " + std::string(1100, 'x')).message,
              HasSubstr("longer than 1024"));
}
TEST(PendingShape, RulesWithinABlock) {
  EXPECT_THAT(
      Bad("interface t0\n tunnel mode ipsec ipv4\n tunnel protection ipsec profile p shared")
          .message,
      HasSubstr("'shared' does not go with"));
  EXPECT_THAT(
      Bad("interface t0\n tunnel protection ipsec profile p shared\n tunnel mode ipsec ipv6")
          .message,
      HasSubstr("'shared' does not go with"));
  EXPECT_THAT(Bad("crypto ipsec ikev2 ipsec-proposal p\n protocol esp integrity sha-256\n"
                  " protocol esp encryption aes-gcm")
                  .message,
              HasSubstr("integrity is null"));
  EXPECT_THAT(Bad("crypto ipsec ikev1 transform-set t esp-sha-hmac").message,
              HasSubstr("needs a cipher"));
  EXPECT_THAT(Bad("crypto ipsec ikev1 transform-set t esp-aes esp-des").message,
              HasSubstr("one cipher and one hash"));
  const std::string proposal = "crypto map m 1 set ikev2 ipsec-proposal p\n";
  const std::string tfc = "crypto map m 1 set tfc-packets burst 8 timeout auto\n";
  EXPECT_THAT(Bad(tfc).message, HasSubstr("ipsec-proposal first"));
  EXPECT_THAT(Shown(proposal + tfc), HasSubstr(proposal + tfc));
}

TEST(Pending, CommasAndCapitals) {
  EXPECT_THAT(Shown("CRYPTO IKEv2 policy 1\n ENCR 3des, aes\n"),
              HasSubstr("crypto ikev2 policy 1\n encryption 3des aes\n"));
  EXPECT_THAT(Shown("controller isa 5/1\n"), HasSubstr("\ncontroller ISA 5/1\n"));
  EXPECT_THAT(Shown("radius-server authorization permit missing Service-Type\n"),
              HasSubstr("missing Service-Type\n"));
}
TEST(Pending, WhatNobodyKnowsIsRefused) {
  EXPECT_EQ(Bad("frobnicate").kind, ErrorKind::kInvalid);
  EXPECT_EQ(Bad("crypto isakmp frobnicate").kind, ErrorKind::kInvalid);
  EXPECT_EQ(Bad("crypto isakmp policy 1\n frobnicate 2").kind, ErrorKind::kInvalid);
  EXPECT_EQ(Bad("crypto isakmp policy 1\n police cir 8000").kind, ErrorKind::kInvalid);
}

TEST(Pending, IsListedWithItsTopicAndWarnedAbout) {
  const auto parsed = Parse(
      "ip cef\ncrypto isakmp policy 1\n group 14\ninterface e0\n ip nat inside\n"
      "voice call carrier capacity active\n");
  const Parsed& good = std::get<Parsed>(parsed);
  std::vector<std::string> lines;
  for (const PendingItem& item : ListPending(good.running.pending)) {
    std::string line(TopicName(item.topic));
    for (const std::string& head : item.within) line += " / " + head;
    lines.push_back(line + " / " + item.line);
  }
  EXPECT_THAT(lines, ElementsAre("Switching paths / ip cef", "IKEv1 / crypto isakmp policy 1",
                                 "IKEv1 / crypto isakmp policy 1 / group 14",
                                 "NAT / interface e0 / ip nat inside",
                                 "Other services / voice call carrier capacity active"));
  EXPECT_TRUE(ActsLater(Topic::kNat));
  EXPECT_FALSE(ActsLater(Topic::kForeign));
  EXPECT_THAT(good.warnings, Contains(HasSubstr("5 statements are kept and shown but do not act")));
}
TEST(Pending, HelpKnowsTheWords) {
  const auto words = [](Mode mode, std::string_view line) {
    std::vector<std::string> all;
    for (const HelpLine& row : ConfigurationHelp(mode, line)) all.push_back(row.word);
    return all;
  };
  EXPECT_THAT(words(Mode::kConfig, "crypto isakmp policy "), ElementsAre("<1-10000>"));
  EXPECT_THAT(words(ModeOf(PendingMode::kIsakmpPolicy), "encryption "),
              ElementsAre("3des", "aes", "des"));
  EXPECT_THAT(words(Mode::kInterface, "tunnel mode ipsec "), ElementsAre("ipv4", "ipv6"));
}

// Reading stays linear in the lines.
TEST(Pending, TwentyThousandKeysLoad) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += fmt::format("crypto isakmp key k{} address 10.{}.{}.1\n", i, i / 250, i % 250);
  }
  const Running running = Good(text);
  EXPECT_EQ(ListPending(running.pending).size(), 20000u);
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
}

}  // namespace
}  // namespace vam::config
