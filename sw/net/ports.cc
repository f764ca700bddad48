#include "sw/net/ports.h"

#include "sw/net/ipv4.h"

namespace vam::net {

bool ProtocolHasPorts(uint8_t protocol) {
  return protocol == kProtocolTcp || protocol == kProtocolUdp;
}

Result<Ports> ParsePorts(Bytes transport) {
  if (transport.size() < 4) return Err(ErrorCode::kTruncated, "transport header without ports");
  return Ports{LoadBe16(transport.data()), LoadBe16(transport.data() + 2)};
}

Result<UdpHeader> ParseUdp(Bytes transport) {
  if (transport.size() < kUdpHeaderBytes) {
    return Err(ErrorCode::kTruncated, "datagram shorter than a UDP header");
  }
  const uint8_t* p = transport.data();
  const UdpHeader header{{LoadBe16(p), LoadBe16(p + 2)}, LoadBe16(p + 4), LoadBe16(p + 6)};
  if (header.length_bytes < kUdpHeaderBytes) {
    return Err(ErrorCode::kMalformed, "UDP length under 8");
  }
  if (header.length_bytes > transport.size()) {
    return Err(ErrorCode::kTruncated, "UDP length above the datagram");
  }
  return header;
}

Result<size_t> WriteUdp(const UdpHeader& header, MutableBytes out) {
  if (out.size() < kUdpHeaderBytes) return Err(ErrorCode::kExhausted, "no room for a UDP header");
  StoreBe16(out.data(), header.ports.source);
  StoreBe16(out.data() + 2, header.ports.destination);
  StoreBe16(out.data() + 4, header.length_bytes);
  StoreBe16(out.data() + 6, header.checksum);
  return kUdpHeaderBytes;
}

}  // namespace vam::net
