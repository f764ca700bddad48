// The files of `debug crypto ikev2 keys`: what Wireshark needs to read IKE and ESP.
#ifndef VAM_SW_MGMT_KEY_LOG_H_
#define VAM_SW_MGMT_KEY_LOG_H_

#include <array>
#include <cstddef>
#include <string>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::mgmt {

// DIR/ikev2_decryption_table and DIR/esp_sa, as Wireshark names them, mode 0600. Opened before the
// process is confined. One thread.
class KeyLog {
 public:
  static constexpr size_t kMostBytes = 16 * 1024 * 1024;  // of each file

  // Makes what is missing; what is there stays. kIo: the directory or a file cannot be used.
  static Result<KeyLog> Open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  // Empties both.
  Status Begin();
  // The payload of a kKeyLog. kMalformed: it is none. kExhausted: the file is full. kIo.
  Status Write(Bytes payload);

 private:
  struct File {
    api::OwnedFd fd;
    size_t bytes = 0;
  };
  std::string directory_;
  std::array<File, 2> files_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_KEY_LOG_H_
