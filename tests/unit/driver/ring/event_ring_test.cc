#include "driver/ring/event_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "sim/model/host_memory.h"

namespace vam::driver {
namespace {

void Write(sim::HostMemory& memory, const EventRing& ring, uint16_t index, map::EventEntry entry) {
  if ((index >> ring.log2() & 1) == 0) entry.flags |= map::kEventEntryPhase;
  std::array<uint8_t, sizeof entry> bytes;
  std::memcpy(bytes.data(), &entry, sizeof entry);
  const uint16_t slot = index & static_cast<uint16_t>((1u << ring.log2()) - 1u);
  ASSERT_TRUE(memory.WriteEntry(ring.bus() + slot * sizeof entry, bytes));
}

TEST(EventRingTest, LapsInOrder) {
  sim::HostMemory memory;
  EventRing ring = *EventRing::Create(memory, 3);
  for (uint32_t i = 0; i < 70000; ++i) {
    ASSERT_FALSE((*ring.Pop()).has_value());
    map::EventEntry entry{};
    entry.kind = 1;
    entry.sa_handle = i;
    entry.sa_id = uint64_t{i} << 32;
    entry.value = i + 1;
    entry.dropped = 3;
    Write(memory, ring, static_cast<uint16_t>(i), entry);
    const auto event = ring.Pop();
    ASSERT_TRUE(event.has_value() && event->has_value());
    EXPECT_EQ((*event)->kind, map::EventType::kSoftBytes);
    EXPECT_EQ((*event)->sa_handle, i);
    EXPECT_EQ((*event)->sa_id, uint64_t{i} << 32);
    EXPECT_EQ((*event)->value, i + 1);
    EXPECT_EQ((*event)->dropped, 3u);
  }
}

TEST(EventRingTest, DistrustsKindAndReservedBits) {
  for (const uint8_t kind : std::initializer_list<uint8_t>{0, 8, 255}) {
    sim::HostMemory memory;
    EventRing ring = *EventRing::Create(memory, 3);
    map::EventEntry entry{};
    entry.kind = kind;
    Write(memory, ring, 0, entry);
    EXPECT_EQ(ring.Pop().error().code, ErrorCode::kDevice);
    EXPECT_EQ(ring.Pop().error().code, ErrorCode::kDevice);
    ring.Restart();
    EXPECT_FALSE((*ring.Pop()).has_value());
  }
  sim::HostMemory memory;
  EventRing ring = *EventRing::Create(memory, 3);
  map::EventEntry entry{};
  entry.kind = 1;
  entry.flags = 4;
  Write(memory, ring, 0, entry);
  EXPECT_EQ(ring.Pop().error().code, ErrorCode::kDevice);
}

TEST(EventRingTest, RefusesBadSizes) {
  sim::HostMemory memory;
  EXPECT_EQ(EventRing::Create(memory, 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EventRing::Create(memory, 13).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vam::driver
