// Manual keys: `set session-key`.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

ManualKeys& KeysOf(CryptoMapEntry& entry, const Match& match) {
  return match.Has("inbound") ? entry.inbound : entry.outbound;
}
// Refused by the statement already: what no transform of the kind takes. Whether it fits the
// entry's transform set is asked when all statements are read.
bool SomeTransformTakes(TransformKind kind, size_t bytes) {
  const auto all = Transforms();
  return std::any_of(all.begin(), all.end(), [&](const TransformInfo& info) {
    if (info.kind != kind || (info.key_bytes == 0 && !info.sized)) return false;
    if (!info.sized) return size_t{info.key_bytes} + info.salt_bytes == bytes;
    const size_t key = bytes - info.salt_bytes;
    return key == 16 || key == 24 || key == 32;
  });
}

struct ReadKey {
  Key key;
  std::optional<Fault> fault;
};
// The secret number `n` (from 0) of the line.
ReadKey Read(Editor& editor, const Match& match, TransformKind kind, std::string_view what,
             size_t n) {
  const Token* token = nullptr;
  for (size_t i = 0, seen = 0; i < match.tokens.size(); ++i) {
    const ArgumentType* type = match.tokens[i].type;
    if (type != nullptr && IsSecret(*type) && seen++ == n) token = &match.tokens[i];
  }
  auto read = SecretOf(editor, match, n);
  if (auto* fault = std::get_if<Fault>(&read)) return {nullptr, *fault};
  const auto& bytes = std::get<Secret<kLongestSealed>>(read);
  const size_t size = bytes.size();
  if (!SomeTransformTakes(kind, size)) {
    return {nullptr, Fault{token, fmt::format("the {} key has {} bytes: no {} transform takes that",
                                              what, size, KindName(kind))}};
  }
  auto secret = std::make_shared<Secret<kLongestKey>>();
  std::copy(bytes.bytes().begin(), bytes.bytes().end(), secret->Resize(size).begin());
  return {std::move(secret), {}};
}

std::optional<Fault> RefuseNegotiated(Editor& editor, const Match& match) {
  if (CurrentEntry(editor).kind == EntryKind::kManual) return {};
  return Fault{match.FindKeyword("session-key"), "only an ipsec-manual entry has session keys"};
}

std::optional<Fault> SetAhKey(Editor& editor, const Match& match) {
  if (auto fault = RefuseNegotiated(editor, match)) return fault;
  ReadKey read = Read(editor, match, TransformKind::kAh, "ah", 0);
  if (read.fault) return read.fault;
  KeysOf(CurrentEntry(editor), match).ah =
      AhKey{NumberOf(match.Argument("spi")), std::move(read.key)};
  return {};
}
std::optional<Fault> SetEspKey(Editor& editor, const Match& match) {
  if (auto fault = RefuseNegotiated(editor, match)) return fault;
  EspKey key;
  key.spi = NumberOf(match.Argument("spi"));
  size_t n = 0;
  if (match.Has("cipher")) {
    ReadKey read = Read(editor, match, TransformKind::kEspEncryption, "cipher", n++);
    if (read.fault) return read.fault;
    key.cipher = std::move(read.key);
  }
  if (match.Has("authenticator")) {
    ReadKey read = Read(editor, match, TransformKind::kEspAuthentication, "authenticator", n);
    if (read.fault) return read.fault;
    key.authenticator = std::move(read.key);
  }
  KeysOf(CurrentEntry(editor), match).esp = std::move(key);
  return {};
}
std::optional<Fault> NoSessionKey(Editor& editor, const Match& match) {
  ManualKeys& keys = KeysOf(CurrentEntry(editor), match);
  const Token* protocol = match.FindKeyword("ah");
  if (protocol == nullptr) protocol = match.FindKeyword("esp");
  const bool ah = protocol->text == "ah";
  if (ah ? !keys.ah : !keys.esp) return Fault{protocol, "no key is set in this direction"};
  if (ah) {
    keys.ah.reset();
  } else {
    keys.esp.reset();
  }
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kCryptoMap, "set session-key { inbound | outbound } ah <spi:256-4294967295> @secret",
      "Manual key of AH: SPI and key"},
     SetAhKey},
    {{Mode::kCryptoMap,
      "set session-key { inbound | outbound } esp <spi:256-4294967295> { cipher @secret [ "
      "authenticator @secret ] | authenticator @secret }",
      "Manual keys of ESP: SPI, key of the cipher (with its salt behind it), key of the "
      "authenticator, as the transform set needs them"},
     SetEspKey},
    {{Mode::kCryptoMap, "no set session-key { inbound | outbound } { ah | esp } [ <line> ]",
      "Remove the keys of a direction"},
     NoSessionKey},
};

}  // namespace

std::span<const ConfigStatement> SessionKeyStatements() { return kStatements; }

}  // namespace vam::config
