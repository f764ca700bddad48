// What the tests of the wire format share: bytes by hand and recorded messages.
#ifndef VAM_TESTS_UNIT_SW_IKE_V2_WIRE_MESSAGES_H_
#define VAM_TESTS_UNIT_SW_IKE_V2_WIRE_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2::test {

using Buffer = std::vector<uint8_t>;

// Hexadecimal; blanks are left out. Aborts when it is not: a mistake in a test.
Buffer Hex(std::string_view text);
Buffer Of(Bytes bytes);
// `count` bytes 1, 2, 3 ..
Buffer Counting(size_t count);

// The payloads so far; aborts when they cannot be written.
Buffer Payloads(MessageBuilder& message);
// The body of the only payload.
Buffer Body(MessageBuilder& message);
// How the builder failed; aborts when it did not.
ErrorCode Failure(MessageBuilder& message);

// A message of tests/vectors/ike.
struct Recorded {
  std::string name;  // "ike_auth request 1 of a"
  Buffer wire;       // as in the UDP datagram, without non-ESP marker
  bool encrypted = false;
  PayloadType first = PayloadType::kNone;  // of the decrypted ones
  Buffer plain;                            // decrypted payloads, without padding
};
// Aborts when the file is missing or malformed.
std::vector<Recorded> LoadRecorded(std::string_view file);
// Both files of strongSwan: 41 messages.
std::vector<Recorded> LoadStrongSwan();

}  // namespace vam::ike::v2::test

#endif  // VAM_TESTS_UNIT_SW_IKE_V2_WIRE_MESSAGES_H_
