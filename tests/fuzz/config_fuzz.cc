// Configuration text: never a crash, bounded messages without control characters, and what is
// accepted survives being written and read again.
#include <cstdint>
#include <string_view>

#include "sw/base/check.h"
#include "sw/config/diff.h"
#include "sw/config/effective.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vam::config;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // What is typed is completed and helped with before it is entered.
  for (const Mode mode :
       {Mode::kConfig, Mode::kInterface, Mode::kCryptoMap, Mode::kAcl, Mode::kTransformSet,
        Mode::kDynamicMap, Mode::kIpsecProfile, Mode::kIpv6Acl, Mode::kVrfFamily}) {
    const std::string_view line = text.substr(0, text.find('\n'));
    for (const HelpLine& row : ConfigurationHelp(mode, line)) VAM_CHECK(!row.word.empty());
    ConfigurationExpects(mode, line, "interface");
  }
  const auto parsed = Parse(text);
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    VAM_CHECK(!errors->empty() && errors->size() <= 101);
    for (const Diagnostic& error : *errors) {
      const std::string line = ToString(error);
      VAM_CHECK(line.size() < 4096);
      for (char c : line) VAM_CHECK(c >= 0x20 && c < 0x7F);
    }
    return 0;
  }
  const Running& running = std::get<Parsed>(parsed).running;
  for (const EffectiveEntry& entry : EffectiveEntries(running)) {
    const bool manual = entry.kind == EntryKind::kManual;
    VAM_CHECK(entry.incomplete.empty() || entry.outbound.empty());
    VAM_CHECK(!manual || entry.outbound.size() == entry.inbound.size());
    VAM_CHECK(!manual || entry.outbound.size() <= 3);
  }
  VAM_CHECK(Differences(running, running).empty());
  VAM_CHECK(running == Running() || !Differences(Running(), running).empty());
  const std::string written = Render(running, Keys::kShown);
  const auto again = Parse(written);
  VAM_CHECK(std::holds_alternative<Parsed>(again));
  VAM_CHECK(std::get<Parsed>(again).running == running);
  return 0;
}
