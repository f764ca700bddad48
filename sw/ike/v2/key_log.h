// `debug crypto ikev2 keys`: keys of IKE and ESP as lines for Wireshark's tables.
#ifndef VAM_SW_IKE_V2_KEY_LOG_H_
#define VAM_SW_IKE_V2_KEY_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sw/api/key_log.h"
#include "sw/base/bytes.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Bytes that are wiped. Movable.
class WipedLine {
 public:
  WipedLine() = default;
  WipedLine(WipedLine&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  WipedLine& operator=(WipedLine&& other) noexcept;
  WipedLine(const WipedLine&) = delete;
  WipedLine& operator=(const WipedLine&) = delete;
  ~WipedLine() { Wipe(); }

  // Requires: at most api::kLongestKeyLine bytes in all; what is longer is left out.
  void Add(std::string_view text);
  void AddHex(Bytes bytes);
  void AddHex64(uint64_t value);  // 16 digits
  // The payload of a kKeyLog.
  Bytes bytes() const { return bytes_; }

 private:
  friend class KeyLog;
  void Wipe();
  // Its room is made once: growing would leave copies behind.
  std::vector<uint8_t> bytes_;
};

// One thread. Off until it is switched on; off, it keeps nothing.
class KeyLog final : public Journal {
 public:
  static constexpr size_t kMostQueued = 4096;

  // Switched on, it begins with the IKE SAs that are there (of their children the keys are not
  // kept). Off: what waits is forgotten.
  void Set(bool on, const Core& core);
  bool empty() const { return lines_.empty(); }
  // To be sent to mgmt.
  std::vector<WipedLine> Take();

  // Ours and the peer's are known from these states on.
  void StateChange(const IkeSa& sa, IkeSa::State next) override;
  void Installing(const api::SaInstall& install) override;

 private:
  void AddIke(const IkeSa& sa);
  WipedLine* Next(api::KeyLogFile file);

  bool on_ = false;
  std::vector<WipedLine> lines_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEY_LOG_H_
