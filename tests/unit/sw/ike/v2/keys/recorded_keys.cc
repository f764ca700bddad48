#include "tests/unit/sw/ike/v2/keys/recorded_keys.h"

#include <fstream>

#include "sw/base/check.h"

namespace vam::ike::v2::test {

RecordedRun LoadRun(std::string_view file) {
  RecordedRun run;
  for (Recorded& message : LoadRecorded(file)) run.messages.push_back({std::move(message), ""});
  std::ifstream in(VAM_SOURCE_DIR "/tests/vectors/ike/" + std::string(file));
  VAM_CHECK(in.good());
  size_t count = 0;
  RecordedKeys* keys = nullptr;
  for (std::string line; std::getline(in, line);) {
    const size_t at = line.find(" = ");
    if (at == std::string::npos || line.front() == '#') continue;
    const std::string name = line.substr(0, at);
    const std::string value = line.substr(at + 3);
    if (name == "Message") ++count;
    if (name == "Keys") run.messages.at(count - 1).keys = value;
    if (name == "KeysOf") {
      keys = &run.keys[value];
    } else if (keys != nullptr) {
      (*keys)[name] = Hex(value);
    }
  }
  return run;
}

}  // namespace vam::ike::v2::test
