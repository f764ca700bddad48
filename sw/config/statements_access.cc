// Who may use privileged commands.
#include <fmt/core.h>

#include "sw/config/arguments.h"
#include "sw/config/enable_secret.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr uint32_t kAllCommands = 15;  // the only level there is

std::optional<Fault> CheckLevel(const Match& match) {
  const Token* level = match.Find("number");
  if (level == nullptr || NumberOf(*level) == kAllCommands) return {};
  return Fault{level, "privileged commands have one level, 15"};
}

// A hash as it is: "enable secret 9 $9$...".
std::optional<Fault> TakeHash(Editor& editor, const Match& match) {
  if (auto fault = CheckLevel(match)) return fault;
  const Token& hash = match.Argument("enable-hash");
  const int type = match.Has("9") ? 9 : match.Has("8") ? 8 : 5;
  if (!IsEnableHash(hash.text, type)) {
    return Fault{&hash, fmt::format("not a hash of type {}", type)};
  }
  editor.running.enable_secret = hash.text;
  return {};
}

std::optional<Fault> Hash(Editor& editor, const Token& password) {
  if (password.text.size() > kLongestEnableSecret) {
    return Fault{&password, "longer than 127 characters"};
  }
  if (editor.rng == nullptr) {
    return Fault{&password,
                 "a password in clear can only be read where it is hashed at once; give "
                 "its hash of type 8 or 9"};
  }
  auto hash = HashEnableSecret(password.text, *editor.rng);
  if (!hash) return Fault{&password, hash.error().text};
  editor.running.enable_secret = std::move(*hash);
  return {};
}

std::optional<Fault> EnableSecret(Editor& editor, const Match& match) {
  if (auto fault = CheckLevel(match)) return fault;
  const Token& password = match.Argument("password");
  const bool digit = password.text.size() == 1 && ParseNumber(password.text).has_value();
  if (digit && !match.Has("0")) return Fault{&password, "a type without what it is the type of"};
  return Hash(editor, password);
}

// IOS keeps it in clear, or hides it in a way that anyone can undo, and does not look at it while
// there is a secret. Here it is hashed as the secret, or not kept.
std::optional<Fault> EnablePassword(Editor& editor, const Match& match) {
  if (auto fault = CheckLevel(match)) return fault;
  if (!editor.running.enable_secret.empty()) {
    editor.notices.emplace_back(
        "'enable secret' is set: 'enable password' would not count and is not kept");
    return {};
  }
  if (auto fault = Hash(editor, match.Argument("password"))) return fault;
  editor.notices.emplace_back("'enable password' is kept as 'enable secret 9', by its hash");
  return {};
}

std::optional<Fault> NoSecret(Editor& editor, const Match&) {
  editor.running.enable_secret.clear();
  return {};
}
std::optional<Fault> NoPassword(Editor&, const Match&) { return {}; }

std::optional<Fault> Hidden(Editor&, const Match& match) {
  return Fault{&match.Argument("word"),
               "type 7 hides nothing; give the password, or its hash of type 8 or 9"};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "enable secret [ level <number:1-15> ] { 9 | 8 | 5 } <enable-hash>",
      "Ask for this secret at 'enable': its hash by scrypt, PBKDF2, MD5"},
     TakeHash},
    {{Mode::kConfig, "enable secret [ level <number:1-15> ] [ 0 ] <password>",
      "Ask for this secret at 'enable': in clear, hashed at once (type 9)"},
     EnableSecret},
    {{Mode::kConfig, "enable password [ level <number:1-15> ] [ 0 ] <password>",
      "The same, if there is no secret yet"},
     EnablePassword},
    {{Mode::kConfig, "enable { secret | password } [ level <number:1-15> ] 7 <word>", "Refused"},
     Hidden},
    {{Mode::kConfig, "no enable secret [ level <number:1-15> ]",
      "Ask for nothing (default): the socket's owner may do all"},
     NoSecret},
    {{Mode::kConfig, "no enable password [ level <number:1-15> ]",
      "Nothing: passwords are kept as secrets"},
     NoPassword},
};

}  // namespace

std::span<const ConfigStatement> AccessStatements() { return kStatements; }

}  // namespace vam::config
