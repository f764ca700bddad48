// Collects the lines of a configuration. Internal to sw/config.
#ifndef VAM_SW_CONFIG_LINE_WRITER_H_
#define VAM_SW_CONFIG_LINE_WRITER_H_

#include <string>
#include <string_view>
#include <utility>

namespace vam::config {

// The base of what renders more than one statement.
class LineWriter {
 protected:
  void Line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }
  // Closes a section.
  void Break() { Line("!"); }
  // Lines that are there already.
  void Text(std::string_view lines) { text_ += lines; }
  // Closes what `write` writes, if it writes anything.
  template <typename Write>
  void Section(Write write) {
    const size_t before = text_.size();
    write();
    if (text_.size() != before) Break();
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_LINE_WRITER_H_
