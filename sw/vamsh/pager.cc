#include "sw/vamsh/pager.h"

#include <algorithm>
#include <string>

namespace vam::vamsh {
namespace {

constexpr std::string_view kMore = " --More-- ";

void Write(std::FILE* out, std::string_view text) { fwrite(text.data(), 1, text.size(), out); }

// Rows that a line takes on a terminal that wraps it.
int RowsOf(std::string_view line, int columns) {
  if (columns <= 0 || line.empty()) return 1;
  return static_cast<int>((line.size() - 1) / static_cast<size_t>(columns)) + 1;
}

}  // namespace

void PrintByPage(std::FILE* out, std::string_view text, Page page,
                 const std::function<int()>& read_key) {
  const int full = std::max(page.lines - 1, 1);  // the last row is for the question
  int left = full;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const int rows = RowsOf(text.substr(0, end), page.columns);
    if (page.lines > 0 && left < rows && left < full) {
      Write(out, kMore);
      std::fflush(out);
      const int key = read_key();
      Write(out, "\r" + std::string(kMore.size(), ' ') + "\r");
      if (key != ' ' && key != '\r' && key != '\n') break;
      left = key == ' ' ? full : rows;
    }
    Write(out, text.substr(0, end));
    Write(out, "\n");
    left -= rows;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::fflush(out);
}

}  // namespace vam::vamsh
