#include "sw/net/icmp.h"

#include <cstring>

#include "sw/net/checksum.h"

namespace vam::net {

bool IcmpIsError(uint8_t type) {
  switch (type) {
    case kIcmpUnreachable:
    case 4:  // source quench
    case 5:  // redirect
    case kIcmpTimeExceeded:
    case 12:  // parameter problem
      return true;
    default:
      return false;
  }
}

Result<IcmpHeader> ParseIcmp(Bytes message) {
  if (message.size() < kIcmpHeaderBytes) {
    return Err(ErrorCode::kTruncated, "message shorter than an ICMP header");
  }
  const uint8_t* p = message.data();
  return IcmpHeader{p[0], p[1], LoadBe16(p + 2), LoadBe32(p + 4)};
}

bool IcmpChecksumOk(Bytes message) { return Checksum(message) == 0; }

Result<size_t> WriteIcmp(const IcmpHeader& header, Bytes body, MutableBytes out) {
  const size_t size = kIcmpHeaderBytes + body.size();
  if (out.size() < size) return Err(ErrorCode::kExhausted, "no room for an ICMP message");
  if (!body.empty()) std::memmove(out.data() + kIcmpHeaderBytes, body.data(), body.size());
  uint8_t* p = out.data();
  p[0] = header.type;
  p[1] = header.code;
  StoreBe16(p + 2, 0);
  StoreBe32(p + 4, header.rest);
  StoreBe16(p + 2, Checksum(out.first(size)));
  return size;
}

}  // namespace vam::net
