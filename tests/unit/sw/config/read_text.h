// Configurations as text, for tests that expect them to be read or refused.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_
#define VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sw/config/parser.h"

namespace vam::config::test {

// On top of `base`. Fails the test, and gives nothing, when the text is refused.
inline Parsed Read(std::string_view text, const Running& base = Running()) {
  auto parsed = Parse(text, {}, base);
  if (auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    ADD_FAILURE() << ToString(errors->front()) << "\n" << text;
    return {};
  }
  return std::move(std::get<Parsed>(parsed));
}

// The first error; fails the test when the text is accepted.
inline Diagnostic FirstError(std::string_view text) {
  auto parsed = Parse(text);
  if (std::holds_alternative<Parsed>(parsed)) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  return std::get<std::vector<Diagnostic>>(parsed).front();
}

// The first error as it is told, with the name of the file; "accepted": none.
inline std::string ErrorOf(std::string_view text, const Running& base = Running(),
                           const char* file = "<text>") {
  auto parsed = Parse(text, {.file = file}, base);
  if (std::holds_alternative<Parsed>(parsed)) return "accepted";
  return ToString(std::get<std::vector<Diagnostic>>(parsed).front());
}

}  // namespace vam::config::test

#endif  // VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_
