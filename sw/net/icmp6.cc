#include "sw/net/icmp6.h"

#include <cstring>

#include "sw/net/checksum.h"
#include "sw/net/ipv6.h"

namespace vam::net {

bool Icmp6IsError(uint8_t type) { return type < 128 || type == kIcmp6Redirect; }

bool Icmp6ChecksumOk(const Address& source, const Address& destination, Bytes message) {
  return UpperChecksum(source, destination, kProtocolIcmpV6, message) == 0;
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
  StoreBe16(&out[2], UpperChecksum(source, destination, kProtocolIcmpV6, out.first(size)));
  return size;
}

}  // namespace vam::net
