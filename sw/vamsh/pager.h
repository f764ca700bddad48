// Output by the page: " --More-- " at the foot of each.
#ifndef VAM_SW_VAMSH_PAGER_H_
#define VAM_SW_VAMSH_PAGER_H_

#include <cstdio>
#include <functional>
#include <string_view>

namespace vam::vamsh {

struct Page {
  int lines = 0;  // 0: everything at once
  int columns = 80;
};

// Writes `text` to `out`. At the foot of each page `read_key` gives the next key: blank shows a
// page more, Enter a line, any other, and a negative number (no more keys), ends the output.
void PrintByPage(std::FILE* out, std::string_view text, Page page,
                 const std::function<int()>& read_key);

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_PAGER_H_
