// The key log: lines for Wireshark, from the ikev2 role to the files of mgmt. Payload of kKeyLog:
// one byte that names the file, then the line without its end. Both sides wipe it.
#ifndef VAM_SW_API_KEY_LOG_H_
#define VAM_SW_API_KEY_LOG_H_

#include <cstddef>
#include <cstdint>

namespace vam::api {

enum class KeyLogFile : uint8_t {
  kIke = 1,  // ikev2_decryption_table
  kEsp = 2,  // esp_sa
};
inline constexpr size_t kLongestKeyLine = 1024;

}  // namespace vam::api

#endif  // VAM_SW_API_KEY_LOG_H_
