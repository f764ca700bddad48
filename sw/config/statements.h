// The table of configuration statements: pattern, help and what it does to the model. Internal to
// sw/config.
#ifndef VAM_SW_CONFIG_STATEMENTS_H_
#define VAM_SW_CONFIG_STATEMENTS_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sw/config/grammar.h"
#include "sw/config/parser.h"
#include "sw/config/running.h"
#include "sw/config/seal.h"

namespace vam::config {

// Why a well-formed statement is refused.
struct Fault {
  const Token* token;  // the word that is wrong; of the match
  std::string message;
  std::vector<std::string> expected = {};
};

// What the lines of an access list test (its hash) -> their sequence numbers.
using AclLines = std::unordered_multimap<uint64_t, uint32_t>;

// A model under construction and the mode the next line is read in.
struct Editor {
  Running running;
  Mode mode = Mode::kConfig;
  std::string object;     // interface, map, access list or transform set of the mode
  uint32_t sequence = 0;  // crypto map entry of the mode
  uint32_t line = 0;
  bool interactive = false;  // a session of `configure terminal`: `do` and `abort` are possible
  Leaving leaving = Leaving::kNo;
  Sealer* sealer = nullptr;
  std::optional<ConfigKeyChange> config_key;  // what the last line asked for
  // So that long configurations load in linear time; an absent part is made when it is needed.
  std::unordered_map<std::string, AclLines> acl_lines;  // by list
  std::unordered_map<std::string, size_t> route_at;     // path -> index
  std::unordered_map<std::string, size_t> arp_at;       // address -> index
  std::map<std::string, uint32_t> defined_at;           // subject of a Finding -> line

  void Enter(Mode new_mode, std::string name, uint32_t entry = 0) {
    mode = new_mode;
    object = std::move(name);
    sequence = entry;
  }
  // Remembers where `subject` was last touched.
  void Note(const std::string& subject) { defined_at[subject] = line; }
};

// What an argument says; the grammar has checked it.
net::Address AddressOf(const Token& token);
net::MacAddress MacOf(const Token& token);
uint32_t NumberOf(const Token& token);

// A statement and its `no` form may share a handler (Match::negated). A fault leaves the model as
// it was.
using Handler = std::optional<Fault> (*)(Editor& editor, const Match& match);

// Sets `description` of any object; `no description` empties it.
std::optional<Fault> SetDescription(std::string& description, const Match& match);

struct ConfigStatement {
  Statement statement;
  Handler handler;
};

std::span<const ConfigStatement> GlobalStatements();
std::span<const ConfigStatement> InterfaceStatements();
std::span<const ConfigStatement> AclStatements();
std::span<const ConfigStatement> CryptoStatements();

struct ConfigGrammar {
  Grammar grammar;
  std::vector<Handler> handlers;  // by Match::statement
};
// Built on first use.
const ConfigGrammar& Configuration();

// Finds by name, or adds at the end.
template <typename T>
T& FindOrAdd(NamedList<T>& list, std::string_view name) {
  return list.FindOrAdd(name);
}
// True when it was there.
template <typename T>
bool EraseNamed(NamedList<T>& list, std::string_view name) {
  return list.Erase(name);
}

// The bytes of the secret number `n` (from 0) of a line: hexadecimal digits, or what is sealed.
std::variant<Secret<kLongestSealed>, Fault> SecretOf(Editor& editor, const Match& match,
                                                     size_t n = 0);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_STATEMENTS_H_
