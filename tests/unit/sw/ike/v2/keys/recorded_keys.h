// The keys in tests/vectors/ike, beside the messages they protected.
#ifndef VAM_TESTS_UNIT_SW_IKE_V2_KEYS_RECORDED_KEYS_H_
#define VAM_TESTS_UNIT_SW_IKE_V2_KEYS_RECORDED_KEYS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2::test {

// One IKE SA by the names of the file: "Spis", "SharedSecret", "SK_d" to "SK_pr".
using RecordedKeys = std::map<std::string, Buffer>;

// An encrypted message and the name of what protected it.
struct RecordedSealed {
  Recorded message;
  std::string keys;
};

struct RecordedRun {
  std::map<std::string, RecordedKeys> keys;
  std::vector<RecordedSealed> messages;  // those in clear too, with no name of keys
};
// Aborts when the file is missing or malformed.
RecordedRun LoadRun(std::string_view file);

}  // namespace vam::ike::v2::test

#endif  // VAM_TESTS_UNIT_SW_IKE_V2_KEYS_RECORDED_KEYS_H_
