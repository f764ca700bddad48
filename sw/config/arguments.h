// The argument types of patterns: how they are shown, and which words they take.
#ifndef VAM_SW_CONFIG_ARGUMENTS_H_
#define VAM_SW_CONFIG_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vam::config {

// What a shown configuration has in the place of a secret when there is no config-key.
inline constexpr std::string_view kRemovedSecret = "<removed>";

struct ArgumentType {
  std::string_view name;   // in patterns: <name>
  std::string_view label;  // in help: "A.B.C.D"; empty: the range
  std::string_view help;
  // nullptr: any word. Returns what is wrong; empty: nothing.
  std::string (*check)(std::string_view word, int64_t low, int64_t high);
  bool rest_of_line = false;
  bool secret = false;  // never repeated in a message
  bool interface = false;
  bool commas = false;  // one behind the word is no part of it
};

// nullptr when there is no such type.
const ArgumentType* FindArgumentType(std::string_view name);
// Of those that only statements of later issues have.
const ArgumentType* FindPendingArgumentType(std::string_view name);
// Of those of IKE.
const ArgumentType* FindIkeArgumentType(std::string_view name);

// Of those of PKI.
const ArgumentType* FindPkiArgumentType(std::string_view name);

// Letters, digits, '-', '_' and '.', with a letter: no address.
bool IsDomainName(std::string_view word);

// Decimal, or 0x hexadecimal; nullopt for anything else or above 2^32 - 1.
std::optional<uint32_t> ParseNumber(std::string_view word);

// Interface names as IOS users type them: "gi0/1", "GigabitEthernet 0/1" and "fastethernet0" are
// "GigabitEthernet0/1" and "FastEthernet0". A type is abbreviated to two letters, or to one before
// a number with a slash. Every other name ("lan0"), and "eth0" and "port0", stays as it is.
// Idempotent.
std::string FullInterfaceName(std::string_view word);
// A type of IOS interface or two letters of it, without a number.
bool IsInterfaceType(std::string_view word);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_ARGUMENTS_H_
