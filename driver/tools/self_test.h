// Known answers through the rings of a card.
#ifndef VAM_DRIVER_TOOLS_SELF_TEST_H_
#define VAM_DRIVER_TOOLS_SELF_TEST_H_

#include <string>
#include <vector>

#include "driver/device/device.h"
#include "sw/base/clock.h"

namespace vam::tools {

struct SelfTestLine {
  std::string name;
  bool passed = false;
  std::string detail;  // why not
};

// Register lines, events, raw AES-GCM with the published answers of McGrew and Viega (gcm-spec,
// cases 4, 10 and 16) in both directions and with a wrong tag, an ESP packet out and in again. Uses
// data queue 1 and leaves no SA behind. Waits at most `timeout_ns` for each answer.
std::vector<SelfTestLine> RunSelfTest(driver::Device& device, const Clock& clock,
                                      uint64_t timeout_ns);

}  // namespace vam::tools

#endif  // VAM_DRIVER_TOOLS_SELF_TEST_H_
