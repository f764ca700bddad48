// crypto statements that hold for all SAs.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/effective_ike.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

// What uses something that `crypto legacy-algorithms enable` allows; "" when nothing does.
std::string LegacyUser(const Running& running) {
  for (const TransformSet& set : running.transform_sets) {
    if (!CheckTransforms(set.transforms, false).message.empty()) {
      return "transform set " + set.name;
    }
  }
  const auto legacy = [](const SaPolicy& p) { return p.pfs_group && IsLegacyGroup(*p.pfs_group); };
  for (const IpsecProfile& profile : running.ipsec_profiles) {
    if (legacy(profile)) return "profile " + profile.name;
  }
  for (const DynamicMap& map : running.dynamic_maps) {
    for (const CryptoMapEntry& entry : map.entries) {
      if (legacy(entry)) return fmt::format("crypto dynamic-map {} {}", map.name, entry.sequence);
    }
  }
  for (const CryptoMap& map : running.crypto_maps) {
    for (const CryptoMapEntry& entry : map.entries) {
      if (legacy(entry)) return fmt::format("crypto map {} {}", map.name, entry.sequence);
    }
  }
  return LegacyIkeUser(running);
}
std::optional<Fault> Legacy(Editor& editor, const Match& match) {
  Running& running = editor.running;
  if (!match.negated()) {
    running.crypto.legacy_algorithms = true;
    return {};
  }
  const std::string user = LegacyUser(running);
  if (!user.empty()) return Fault{&match.tokens.back(), user + " uses legacy algorithms"};
  running.crypto.legacy_algorithms = false;
  return {};
}
std::optional<Fault> ManualCounterMode(Editor& editor, const Match& match) {
  editor.running.crypto.manual_counter_mode = !match.negated();
  return {};
}
std::optional<Fault> DefaultSets(Editor& editor, const Match& match) {
  // `default ...` is the default: on.
  editor.running.crypto.default_transform_sets = match.tokens[0].text != "no";
  return {};
}
std::optional<Fault> Lifetime(Editor& editor, const Match& match) {
  SetLifetime(editor.running.crypto.lifetime, match);
  return {};
}
std::optional<Fault> IdleTime(Editor& editor, const Match& match) {
  auto& idle = editor.running.crypto.idle_seconds;
  idle.reset();
  if (!match.negated()) idle = NumberOf(match.Argument("number"));
  return {};
}
std::optional<Fault> Replay(Editor& editor, const Match& match) {
  editor.running.crypto.replay_window = ReplayWindowOf(match).value_or(kDefaultReplayWindow);
  return {};
}
std::optional<Fault> GlobalDfBit(Editor& editor, const Match& match) {
  editor.running.crypto.df_bit = DfBitOf(match).value_or(DfBit::kCopy);
  return {};
}
std::optional<Fragmentation> FragmentationOf(const Match& match) {
  if (match.negated()) return std::nullopt;
  return match.Has("after-encryption") ? Fragmentation::kAfter : Fragmentation::kBefore;
}
std::optional<Fault> GlobalFragmentation(Editor& editor, const Match& match) {
  editor.running.crypto.fragmentation = FragmentationOf(match).value_or(Fragmentation::kBefore);
  return {};
}
std::optional<Fault> InterfaceDfBit(Editor& editor, const Match& match) {
  FindOrAdd(editor.running.interfaces, editor.object).df_bit = DfBitOf(match);
  return {};
}
std::optional<Fault> InterfaceFragmentation(Editor& editor, const Match& match) {
  FindOrAdd(editor.running.interfaces, editor.object).fragmentation = FragmentationOf(match);
  return {};
}

std::optional<Fault> LogSessions(Editor& editor, const Match& match) {
  editor.running.crypto.log_sessions = !match.negated();
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto legacy-algorithms enable",
      "Allow DES, 3DES, MD5, SHA-1, the groups 1, 2 and 5, and encryption without authentication "
      "(OpenVAM's own; default off)"},
     Legacy},
    {{Mode::kConfig, "no crypto legacy-algorithms [ enable ]", "Refuse them (default)"}, Legacy},
    {{Mode::kConfig, "crypto ipsec manual-counter-mode enable",
      "Allow manual keys with GCM, GMAC, CTR, CCM and ChaCha20 (OpenVAM's own): safe only while "
      "the state directory lives"},
     ManualCounterMode},
    {{Mode::kConfig, "no crypto ipsec manual-counter-mode [ enable ]",
      "Manual keys with these ciphers are not used (default)"},
     ManualCounterMode},
    {{Mode::kConfig, "crypto logging session", "Log sessions that come up and go down (MG-13)"},
     LogSessions},
    {{Mode::kConfig, "no crypto logging session", "Do not log them (default)"}, LogSessions},
    {{Mode::kConfig, "crypto ipsec default transform-set",
      "Entries without transform set use the default sets (default)"},
     DefaultSets},
    {{Mode::kConfig, "no crypto ipsec default transform-set",
      "Entries without transform set are incomplete"},
     DefaultSets},
    {{Mode::kConfig,
      "crypto ipsec security-association lifetime { seconds @seconds | kilobytes { "
      "@kilobytes | disable } }",
      "Lifetime of SAs (default 3600 seconds, 4608000 kilobytes)"},
     Lifetime},
    {{Mode::kConfig,
      "no crypto ipsec security-association lifetime { seconds [ @seconds ] | "
      "kilobytes [ { @kilobytes | disable } ] }",
      "Back to the default"},
     Lifetime},
    {{Mode::kConfig, "crypto ipsec security-association idle-time <number:60-86400>",
      "Delete SAs that carry nothing for so many seconds (default never)"},
     IdleTime},
    {{Mode::kConfig, "no crypto ipsec security-association idle-time [ <number:60-86400> ]",
      "Keep idle SAs"},
     IdleTime},
    {{Mode::kConfig,
      "crypto ipsec security-association replay { window-size [ @window ] | disable }",
      "Anti-replay window of negotiated SAs (default 64)"},
     Replay},
    {{Mode::kConfig,
      "no crypto ipsec security-association replay { window-size [ @window ] | disable }",
      "Back to 64"},
     Replay},
    {{Mode::kConfig, "crypto ipsec df-bit { copy | set | clear }",
      "Don't-fragment bit of the outer header (default copy)"},
     GlobalDfBit},
    {{Mode::kConfig, "no crypto ipsec df-bit [ { copy | set | clear } ]", "Back to copy"},
     GlobalDfBit},
    {{Mode::kConfig, "crypto ipsec fragmentation { before-encryption | after-encryption }",
      "Where packets that are too long are cut (default before encryption)"},
     GlobalFragmentation},
    {{Mode::kConfig, "no crypto ipsec fragmentation [ { before-encryption | after-encryption } ]",
      "Back to before encryption"},
     GlobalFragmentation},
    {{Mode::kInterface, "crypto ipsec df-bit { copy | set | clear }",
      "Don't-fragment bit of outer headers that leave here (default as the global one)"},
     InterfaceDfBit},
    {{Mode::kInterface, "no crypto ipsec df-bit [ { copy | set | clear } ]", "As the global one"},
     InterfaceDfBit},
    {{Mode::kInterface, "crypto ipsec fragmentation { before-encryption | after-encryption }",
      "Where packets that leave here are cut (default as the global one)"},
     InterfaceFragmentation},
    {{Mode::kInterface,
      "no crypto ipsec fragmentation [ { before-encryption | after-encryption } ]",
      "As the global one"},
     InterfaceFragmentation},
};

}  // namespace

void SetLifetime(SaLifetime& lifetime, const Match& match) {
  const Token* number = match.Find("number");
  if (match.Has("seconds")) {
    lifetime.seconds.reset();
    if (!match.negated()) lifetime.seconds = NumberOf(*number);
    return;
  }
  lifetime.kilobytes.reset();
  lifetime.kilobytes_disabled = !match.negated() && match.Has("disable");
  if (!match.negated() && number != nullptr) lifetime.kilobytes = NumberOf(*number);
}

std::optional<uint16_t> ReplayWindowOf(const Match& match) {
  if (match.negated()) return std::nullopt;
  if (match.Has("disable")) return uint16_t{0};
  const Token& last = match.tokens.back();
  return last.text == "window-size" ? kDefaultReplayWindow : static_cast<uint16_t>(NumberOf(last));
}

std::optional<DfBit> DfBitOf(const Match& match) {
  if (match.negated()) return std::nullopt;
  // "set" is also the first word of an entry's statement.
  const std::string& word = match.tokens.back().text;
  return word == "set" ? DfBit::kSet : word == "clear" ? DfBit::kClear : DfBit::kCopy;
}

bool IsLegacyGroup(uint8_t group) { return group == 1 || group == 2 || group == 5; }

Fault NeedsLegacy(const Token& token, std::string_view what) {
  return {&token, fmt::format("{} is too weak for new use and needs 'crypto legacy-algorithms "
                              "enable'",
                              what)};
}

std::span<const ConfigStatement> CryptoStatements() { return kStatements; }

}  // namespace vam::config
