#include "sw/ike/v2/exchange/nat_detection.h"

#include <openssl/evp.h>

#include <algorithm>

namespace vam::ike::v2 {

NatHash ComputeNatHash(uint64_t spi_i, uint64_t spi_r, const net::Address& address, uint16_t port) {
  std::array<uint8_t, 8 + 8 + 16 + 2> input;
  StoreBe64(input.data(), spi_i);
  StoreBe64(input.data() + 8, spi_r);
  const Bytes bytes = address.bytes();
  std::ranges::copy(bytes, input.begin() + 16);
  StoreBe16(input.data() + 16 + bytes.size(), port);
  NatHash hash{};
  // A hash that libcrypto cannot make is all zeros and agrees with nothing: NAT is assumed.
  static_cast<void>(EVP_Q_digest(nullptr, "SHA1", nullptr, input.data(), 18 + bytes.size(),
                                 hash.data(), nullptr));
  return hash;
}

void AddNatDetection(MessageBuilder& message, uint64_t spi_i, uint64_t spi_r, const Ends& ends) {
  AddNotify(message, NotifyType::kNatDetectionSourceIp,
            ComputeNatHash(spi_i, spi_r, ends.local, ends.local_port));
  AddNotify(message, NotifyType::kNatDetectionDestinationIp,
            ComputeNatHash(spi_i, spi_r, ends.remote, ends.remote_port));
}

NatFound FindNat(const Incoming& message, uint64_t spi_i, uint64_t spi_r, const Ends& ends) {
  const NatHash theirs = ComputeNatHash(spi_i, spi_r, ends.remote, ends.remote_port);
  const NatHash ours = ComputeNatHash(spi_i, spi_r, ends.local, ends.local_port);
  NatFound found;
  bool has_source = false;
  bool source_fits = false;
  for (const NotifyPayload& notify : message.notifies) {
    if (notify.type == NotifyType::kNatDetectionSourceIp) {
      has_source = true;
      source_fits = source_fits || std::ranges::equal(notify.data, theirs);
    } else if (notify.type == NotifyType::kNatDetectionDestinationIp) {
      found.here = !std::ranges::equal(notify.data, ours);
    }
  }
  found.there = has_source && !source_fits;
  return found;
}

void NoteNat(IkeSa& sa, const Incoming& message, uint64_t spi_r) {
  const NatFound nat = FindNat(message, sa.spi_i(), spi_r, sa.ends);
  sa.nat_here = nat.here;
  sa.nat_there = nat.there;
}

}  // namespace vam::ike::v2
