#include "tests/unit/sw/ike/v2/wire/messages.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "sw/base/check.h"

namespace vam::ike::v2::test {

Buffer Hex(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ' ');
  auto bytes = ParseHex(digits);
  VAM_CHECK(bytes.has_value());
  return *bytes;
}

Buffer Of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

Buffer Counting(size_t count) {
  Buffer bytes(count);
  std::iota(bytes.begin(), bytes.end(), uint8_t{1});
  return bytes;
}

Buffer Payloads(MessageBuilder& message) {
  const auto bytes = message.payloads();
  VAM_CHECK(bytes.has_value());
  return Of(*bytes);
}

Buffer Body(MessageBuilder& message) {
  const Buffer bytes = Payloads(message);
  VAM_CHECK(bytes.size() >= kPayloadHeaderBytes && LoadBe16(bytes.data() + 2) == bytes.size());
  return Of(Bytes(bytes).subspan(kPayloadHeaderBytes));
}

ErrorCode Failure(MessageBuilder& message) {
  const auto bytes = message.payloads();
  VAM_CHECK(!bytes.has_value());
  return bytes.error().code;
}

std::vector<Recorded> LoadRecorded(std::string_view file) {
  std::ifstream in(VAM_SOURCE_DIR "/tests/vectors/ike/" + std::string(file));
  VAM_CHECK(in.good());
  std::vector<Recorded> messages;
  for (std::string line; std::getline(in, line);) {
    const size_t at = line.find(" = ");
    if (at == std::string::npos) continue;
    const std::string name = line.substr(0, at);
    const std::string value = line.substr(at + 3);
    if (name == "Message") messages.emplace_back().name = std::string(file) + ": " + value;
    if (name == "Wire") messages.back().wire = Hex(value);
    if (name == "First") messages.back().first = static_cast<PayloadType>(std::stoi(value));
    if (name == "Plain") {
      messages.back().encrypted = true;
      messages.back().plain = Hex(value);
    }
  }
  return messages;
}

std::vector<Recorded> LoadStrongSwan() {
  std::vector<Recorded> messages = LoadRecorded("strongswan_psk.txt");
  const std::vector<Recorded> more = LoadRecorded("strongswan_cert.txt");
  messages.insert(messages.end(), more.begin(), more.end());
  return messages;
}

}  // namespace vam::ike::v2::test
