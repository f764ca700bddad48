// The configuration file, opened before the process is confined, and replaced as a whole afterwards
// without opening anything.
#ifndef VAM_SW_MGMT_CONFIG_FILE_H_
#define VAM_SW_MGMT_CONFIG_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::mgmt {

inline constexpr size_t kLongestConfiguration = 8 * 1024 * 1024;  // bytes of text

// Single-threaded.
class ConfigFile {
 public:
  // Opens PATH, and PATH.new for later saves (without it Save is kUnavailable). kNotFound, kIo.
  static Result<ConfigFile> Open(const std::string& path);

  // At most kLongestConfiguration; kExhausted above.
  Result<std::string> Read() const;
  // Writes PATH.new (mode 0600), syncs it and exchanges the two names: a reader, and the next start
  // after a power cut at any instant, sees the old text or the new one. PATH.new then holds the old
  // text, and the next save writes over it: a program that reads the file meanwhile must be quicker
  // than two saves. kIo: one of the two texts is in place.
  Status Save(std::string_view text);
  // The steps of Save, in order.
  enum class Step : uint8_t { kTruncate, kWrite, kSync, kExchange, kSyncDirectory };
  // For tests: Save ends with kIo before a step for which `stop` says so, as if power had failed.
  void StopBefore(std::function<bool(Step)> stop) { stop_ = std::move(stop); }
  const std::string& path() const { return path_; }

 private:
  ConfigFile() = default;

  bool Stopped(Step step) const { return stop_ && stop_(step); }
  Status WriteSpare(std::string_view text);

  std::function<bool(Step)> stop_;
  std::string path_;
  api::OwnedFd current_;
  api::OwnedFd spare_;
  api::OwnedFd directory_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_CONFIG_FILE_H_
