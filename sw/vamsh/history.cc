#include "sw/vamsh/history.h"

#include <cstddef>

namespace vam::vamsh {

bool MayBeKept(std::string_view line) {
  constexpr size_t kKeyDigits = 16;
  size_t run = 0;
  for (const char c : line) {
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    run = digit ? run + 1 : 0;
    if (run == kKeyDigits) return false;
  }
  return line.find("session-key") == std::string_view::npos;
}

}  // namespace vam::vamsh
