// The table of configuration statements: pattern, help and what it does to the model. Internal to
// sw/config.
#ifndef VAM_SW_CONFIG_STATEMENTS_H_
#define VAM_SW_CONFIG_STATEMENTS_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sw/config/grammar.h"
#include "sw/config/parser.h"
#include "sw/config/running.h"

namespace vam::config {

// Why a well-formed statement is refused.
struct Fault {
  const Token* token;  // the word that is wrong; of the match
  std::string message;
  std::vector<std::string> expected = {};
};

// A model under construction and the mode the next line is read in.
struct Editor {
  Running running;
  Mode mode = Mode::kConfig;
  std::string object;     // interface, map, access list or transform set of the mode
  uint32_t sequence = 0;  // crypto map entry of the mode
  uint32_t line = 0;
  bool interactive = false;  // a session of `configure terminal`: `do` and `abort` are possible
  Leaving leaving = Leaving::kNo;
  std::map<std::string, uint32_t> defined_at;  // subject of a Finding -> line

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
T& FindOrAdd(std::vector<T>& list, std::string_view name) {
  for (T& item : list) {
    if (item.name == name) return item;
  }
  list.emplace_back();
  list.back().name = std::string(name);
  return list.back();
}
// True when it was there.
template <typename T>
bool EraseNamed(std::vector<T>& list, std::string_view name) {
  return std::erase_if(list, [&](const T& item) { return item.name == name; }) != 0;
}

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_STATEMENTS_H_
