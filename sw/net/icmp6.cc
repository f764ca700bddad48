#include "sw/net/icmp6.h"

#include <cstring>

#include "sw/net/checksum.h"
#include "sw/net/ipv6.h"

namespace vam::net {
namespace {

// RFC 8200, 8.1: addresses, upper-layer length, three zero bytes, next header.
uint16_t Icmp6Checksum(const Address& source, const Address& destination, Bytes message) {
  ChecksumBuilder builder;
  builder.Add(source.bytes());
  builder.Add(destination.bytes());
  builder.AddU32(static_cast<uint32_t>(message.size()));
  builder.AddU32(kProtocolIcmpV6);
  builder.Add(message);
  return builder.Finish();
}

}  // namespace

bool Icmp6IsError(uint8_t type) { return type < 128 || type == kIcmp6Redirect; }

bool Icmp6ChecksumOk(const Address& source, const Address& destination, Bytes message) {
  return Icmp6Checksum(source, destination, message) == 0;
}

Result<size_t> WriteIcmp6(const Address& source, const Address& destination,
                          const IcmpHeader& header, Bytes body, MutableBytes out) {
  const size_t size = kIcmpHeaderBytes + body.size();
  if (out.size() < size) return Err(ErrorCode::kExhausted, "no room for an ICMPv6 message");
  if (!body.empty()) std::memmove(out.data() + kIcmpHeaderBytes, body.data(), body.size());
  out[0] = header.type;
  out[1] = header.code;
  StoreBe16(&out[2], 0);
  StoreBe32(&out[4], header.rest);
  StoreBe16(&out[2], Icmp6Checksum(source, destination, out.first(size)));
  return size;
}

}  // namespace vam::net
