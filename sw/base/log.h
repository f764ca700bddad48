// One line per event on standard error, UTC, through spdlog. Never key, nonce or payload bytes.
#ifndef VAM_SW_BASE_LOG_H_
#define VAM_SW_BASE_LOG_H_

#include <fmt/core.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace vam {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// Names this process in every line ("fwd", "mgmt"). Call once, before other threads log.
void SetLogName(std::string_view name);
// Lines below `level` are not written. Default: kInfo.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);
// Writes one line as it is. Any thread.
void LogText(LogLevel level, std::string_view text);

// Log(LogLevel::kInfo, "port {} is up", name). Formats only when the level is on.
template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) LogText(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace vam

#endif  // VAM_SW_BASE_LOG_H_
