#include "sw/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace vam {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "VAM_CHECK failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace vam
