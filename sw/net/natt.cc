#include "sw/net/natt.h"

namespace vam::net {

namespace {

constexpr size_t kEspHeaderBytes = 8;  // RFC 4303, 2

}  // namespace

NattContent NattContentOf(Bytes payload) {
  if (payload.size() == 1 && payload[0] == kNatKeepalive) return NattContent::kKeepalive;
  if (payload.size() < kNonEspMarkerBytes) return NattContent::kShort;
  if (LoadBe32(payload.data()) == 0) return NattContent::kIke;
  return payload.size() < kEspHeaderBytes ? NattContent::kShort : NattContent::kEsp;
}

}  // namespace vam::net
