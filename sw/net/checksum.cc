#include "sw/net/checksum.h"

#include "sw/net/ipv4.h"

namespace vam::net {
namespace {

uint16_t Fold(uint64_t sum) {
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<uint16_t>(sum);
}

}  // namespace

void ChecksumBuilder::Add(Bytes bytes) {
  const uint8_t* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 4; left -= 4, p += 4) sum_ += LoadBe32(p);
  if (left >= 2) {
    sum_ += LoadBe16(p);
    p += 2;
    left -= 2;
  }
  if (left == 1) sum_ += static_cast<uint64_t>(*p) << 8;
}

uint16_t ChecksumBuilder::Finish() const { return static_cast<uint16_t>(~Fold(sum_)); }

uint16_t Checksum(Bytes bytes) {
  ChecksumBuilder builder;
  builder.Add(bytes);
  return builder.Finish();
}

uint16_t UpperChecksum(const Address& source, const Address& destination, uint8_t protocol,
                       Bytes segment) {
  ChecksumBuilder builder;
  builder.Add(source.bytes());
  builder.Add(destination.bytes());
  builder.AddU32(static_cast<uint32_t>(segment.size()));
  builder.AddU32(protocol);
  builder.Add(segment);
  return builder.Finish();
}

uint16_t UdpChecksum(const Address& source, const Address& destination, Bytes segment) {
  const uint16_t checksum = UpperChecksum(source, destination, kProtocolUdp, segment);
  return checksum == 0 ? uint16_t{0xffff} : checksum;
}

uint16_t UpdateChecksum(uint16_t checksum, uint16_t old_word, uint16_t new_word) {
  const uint64_t sum = uint64_t{static_cast<uint16_t>(~checksum)} +
                       uint64_t{static_cast<uint16_t>(~old_word)} + new_word;
  return static_cast<uint16_t>(~Fold(sum));
}

}  // namespace vam::net
