#include "sw/net/ethernet.h"

#include <algorithm>

namespace vam::net {

Result<EthernetHeader> ParseEthernet(Bytes frame) {
  if (frame.size() < kEthernetHeaderBytes) {
    return Err(ErrorCode::kTruncated, "frame shorter than its Ethernet header");
  }
  EthernetHeader header;
  std::copy_n(frame.begin(), 6, header.destination.bytes.begin());
  std::copy_n(frame.begin() + 6, 6, header.source.bytes.begin());
  header.ether_type = LoadBe16(frame.data() + 12);
  return header;
}

Result<size_t> WriteEthernet(const EthernetHeader& header, MutableBytes out) {
  if (out.size() < kEthernetHeaderBytes) {
    return Err(ErrorCode::kExhausted, "no room for an Ethernet header");
  }
  std::copy_n(header.destination.bytes.begin(), 6, out.begin());
  std::copy_n(header.source.bytes.begin(), 6, out.begin() + 6);
  StoreBe16(out.data() + 12, header.ether_type);
  return kEthernetHeaderBytes;
}

}  // namespace vam::net
