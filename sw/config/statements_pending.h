// The table of statements of later issues. To make one real: delete its row and write a handler
// (a real statement of the same words wins over a row, so the order of the two steps is free).
// Internal to sw/config.
#ifndef VAM_SW_CONFIG_STATEMENTS_PENDING_H_
#define VAM_SW_CONFIG_STATEMENTS_PENDING_H_

#include <optional>
#include <span>
#include <string_view>

#include "sw/config/grammar.h"
#include "sw/config/pending.h"
#include "sw/config/statements.h"

namespace vam::config {

enum class Shape : uint8_t {
  kLine,
  kToggle,  // on without the line, or worth showing either way: `no X` is kept as a line
  kOnHead,  // `interface X type tunnel`: a real statement, then words that end its line
  kOption,  // what stands in brackets in the head is no part of the name
};

// No mode: the row opens none.
inline constexpr Mode kOpensNone = Mode::kUserExec;

struct PendingRow {
  Mode mode;
  // The words that tell the line from others of its block; one word, `<type>` or `{ a | b }` each.
  // With an empty tail the whole line is its name, the values of secrets apart.
  std::string_view head;
  std::string_view tail;  // the rest, which a new line replaces and `no` may leave out
  std::string_view help;
  Mode opens = kOpensNone;
  Shape shape = Shape::kLine;
  // What is wrong beyond the pattern; `block`: the lines that are there already.
  std::optional<Fault> (*check)(const PendingLines& block, const Match& match) = nullptr;
  std::string_view default_word = {};  // of its tail: says what holds without it, and is not shown
};

// Rows of one topic and place.
struct PendingTable {
  Topic topic;
  Place place;
  std::span<const PendingRow> rows;
};

std::span<const PendingTable> IkePending();      // statements_pending_ike.cc
std::span<const PendingTable> AsaPending();      // statements_pending_asa.cc
std::span<const PendingTable> ServicePending();  // statements_pending_services.cc
std::span<const PendingTable> SystemPending();   // statements_pending_system.cc
// Parts of their patterns.
std::span<const Macro> PendingMacros();
std::span<const WordHelp> PendingWordHelp();  // pending_help.cc

// All rows as statements: a row's, then that of its `no` form; last, `exit` of their modes. They
// yield to others. To be called once.
std::vector<ConfigStatement> PendingStatements();

// The mode outside of `mode`, whose statements are understood in it as well.
Mode OuterMode(Mode mode);
// Keeps the place in `editor` after a statement that is not pending: which block lines belong to,
// and which are gone with their block. `global`: it is a statement of global configuration.
void FollowStatement(Editor& editor, const Match& match, bool global);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_STATEMENTS_PENDING_H_
