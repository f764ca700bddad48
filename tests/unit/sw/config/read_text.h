// Configurations as text, for tests that expect them to be read or refused.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_
#define VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sw/config/parser.h"

namespace vam::config::test {

// Fails the test, and gives nothing, when the text is refused.
inline Parsed Read(std::string_view text) {
  auto parsed = Parse(text);
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

}  // namespace vam::config::test

#endif  // VAM_TESTS_UNIT_SW_CONFIG_READ_TEXT_H_
