#include "sw/net/arp.h"

#include <algorithm>

#include "sw/net/ethernet.h"

namespace vam::net {
namespace {

constexpr uint16_t kHardwareEthernet = 1;
constexpr uint16_t kSizes = 0x0604;  // hardware address of 6, protocol address of 4 bytes

}  // namespace

Result<ArpMessage> ParseArp(Bytes payload) {
  if (payload.size() < kArpBytes) return Err(ErrorCode::kTruncated, "ARP message too short");
  const uint8_t* p = payload.data();
  if (LoadBe16(p) != kHardwareEthernet || LoadBe16(p + 2) != kEtherTypeIpv4 ||
      LoadBe16(p + 4) != kSizes) {
    return Err(ErrorCode::kMalformed, "ARP that is not IPv4 over Ethernet");
  }
  const uint16_t operation = LoadBe16(p + 6);
  if (operation != 1 && operation != 2) {
    return Err(ErrorCode::kMalformed, "ARP operation is neither request nor reply");
  }
  ArpMessage message;
  message.operation = static_cast<ArpOperation>(operation);
  std::copy_n(p + 8, 6, message.sender_mac.bytes.begin());
  message.sender_ip = Address::V4(LoadBe32(p + 14));
  std::copy_n(p + 18, 6, message.target_mac.bytes.begin());
  message.target_ip = Address::V4(LoadBe32(p + 24));
  return message;
}

Result<size_t> WriteArp(const ArpMessage& message, MutableBytes out) {
  if (!message.sender_ip.is_v4() || !message.target_ip.is_v4()) {
    return Err(ErrorCode::kInvalidArgument, "ARP carries IPv4 addresses");
  }
  if (out.size() < kArpBytes) return Err(ErrorCode::kExhausted, "no room for an ARP message");
  uint8_t* p = out.data();
  StoreBe16(p, kHardwareEthernet);
  StoreBe16(p + 2, kEtherTypeIpv4);
  StoreBe16(p + 4, kSizes);
  StoreBe16(p + 6, static_cast<uint16_t>(message.operation));
  std::copy_n(message.sender_mac.bytes.begin(), 6, p + 8);
  StoreBe32(p + 14, message.sender_ip.v4());
  std::copy_n(message.target_mac.bytes.begin(), 6, p + 18);
  StoreBe32(p + 24, message.target_ip.v4());
  return kArpBytes;
}

}  // namespace vam::net
