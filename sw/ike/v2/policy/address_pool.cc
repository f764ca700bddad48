#include "sw/ike/v2/policy/address_pool.h"

#include <algorithm>
#include <array>

#include "sw/base/bytes.h"
#include "sw/base/check.h"

namespace vam::ike::v2 {

namespace {

// What differs within a range.
uint64_t LowOf(const net::Address& address) {
  return address.is_v4() ? address.v4() : LoadBe64(address.raw().data() + 8);
}

bool SameHigh(const net::Address& a, const net::Address& b) {
  return a.is_v4() || std::equal(a.raw().begin(), a.raw().begin() + 8, b.raw().begin());
}

}  // namespace

net::Address AddressRange::At(uint32_t place) const {
  if (first.is_v4()) return net::Address::V4(first.v4() + place);
  std::array<uint8_t, 16> bytes = first.raw();
  StoreBe64(bytes.data() + 8, LowOf(first) + place);
  return net::Address::V6(bytes);
}

std::optional<uint32_t> AddressRange::PlaceOf(const net::Address& address) const {
  if (address.family() != first.family() || !SameHigh(address, first)) return std::nullopt;
  const uint64_t place = LowOf(address) - LowOf(first);
  if (address < first || place >= count) return std::nullopt;
  return static_cast<uint32_t>(place);
}

uint32_t AddressPool::size() const {
  uint32_t size = 0;
  for (const AddressRange& range : ranges) size += range.count;
  return size;
}

net::Address AddressPool::At(uint32_t place) const {
  for (const AddressRange& range : ranges) {
    if (place < range.count) return range.At(place);
    place -= range.count;
  }
  VAM_CHECK(false);
  return {};
}

bool AddressPool::Has(const net::Address& address) const {
  return std::ranges::any_of(
      ranges, [&](const AddressRange& range) { return range.PlaceOf(address).has_value(); });
}

}  // namespace vam::ike::v2
