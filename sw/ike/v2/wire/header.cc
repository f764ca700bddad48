#include "sw/ike/v2/wire/header.h"

namespace vam::ike::v2 {
namespace {

constexpr uint8_t kFlagInitiator = 0x08;
constexpr uint8_t kFlagVersion = 0x10;
constexpr uint8_t kFlagResponse = 0x20;

}  // namespace

Result<Header> ParseHeader(Bytes message) {
  if (message.size() < kHeaderBytes)
    return Err(ErrorCode::kTruncated, "shorter than an IKE header");
  const uint8_t* p = message.data();
  Header header;
  header.initiator_spi = LoadBe64(p);
  header.responder_spi = LoadBe64(p + 8);
  header.next_payload = static_cast<PayloadType>(p[16]);
  header.major_version = p[17] >> 4;
  header.minor_version = p[17] & 15;
  header.exchange = static_cast<ExchangeType>(p[18]);
  header.from_initiator = (p[19] & kFlagInitiator) != 0;
  header.higher_version = (p[19] & kFlagVersion) != 0;
  header.response = (p[19] & kFlagResponse) != 0;
  header.message_id = LoadBe32(p + 20);
  header.length = LoadBe32(p + 24);
  if (header.length != message.size()) {
    return Err(ErrorCode::kMalformed, "the header's length is not that of the message");
  }
  return header;
}

void BuildHeader(const Header& header, std::span<uint8_t, kHeaderBytes> out) {
  uint8_t* p = out.data();
  StoreBe64(p, header.initiator_spi);
  StoreBe64(p + 8, header.responder_spi);
  p[16] = static_cast<uint8_t>(header.next_payload);
  p[17] = static_cast<uint8_t>((header.major_version & 15) << 4 | (header.minor_version & 15));
  p[18] = static_cast<uint8_t>(header.exchange);
  p[19] = static_cast<uint8_t>((header.from_initiator ? kFlagInitiator : 0) |
                               (header.higher_version ? kFlagVersion : 0) |
                               (header.response ? kFlagResponse : 0));
  StoreBe32(p + 20, header.message_id);
  StoreBe32(p + 24, header.length);
}

}  // namespace vam::ike::v2
