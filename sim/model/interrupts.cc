#include "sim/model/interrupts.h"

#include "driver/gen/vam_regs.h"

namespace vam::sim {

uint32_t Interrupts::ReadTable(uint32_t vector, uint32_t word) const {
  const Vector& v = vectors_[vector];
  switch (word) {
    case 0:
      return static_cast<uint32_t>(v.address);
    case 1:
      return static_cast<uint32_t>(v.address >> 32);
    case 2:
      return v.data;
    default:
      return v.masked ? 1 : 0;
  }
}

void Interrupts::WriteTable(uint32_t vector, uint32_t word, uint32_t value) {
  Vector& v = vectors_[vector];
  switch (word) {
    case 0:
      v.address = (v.address & ~uint64_t{0xffffffff}) | value;
      break;
    case 1:
      v.address = (v.address & 0xffffffff) | static_cast<uint64_t>(value) << 32;
      break;
    case 2:
      v.data = value;
      break;
    default:
      v.masked = (value & 1) != 0;
      if (!v.masked && v.pending) Send(v);
      break;
  }
}

uint32_t Interrupts::pending() const {
  uint32_t bits = 0;
  for (uint32_t i = 0; i < vectors_.size(); ++i) {
    if (vectors_[i].pending) bits |= 1u << i;
  }
  return bits;
}

uint64_t Interrupts::NextAt(uint32_t vector) const {
  const Vector& v = vectors_[vector];
  return v.sent_before ? v.last + (v.moderation & map::kModerationVectorInterval) : 0;
}

bool Interrupts::Raise(uint32_t vector, uint32_t waiting, bool urgent, uint64_t now) {
  Vector& v = vectors_[vector];
  const uint32_t count =
      (v.moderation & map::kModerationVectorCount) >> map::kModerationVectorCountShift;
  const bool many = count != 0 && waiting >= count;
  if (now < NextAt(vector) && !many && !urgent) return false;
  v.last = now;
  v.sent_before = true;
  if (v.masked) {
    v.pending = true;
  } else {
    Send(v);
  }
  return true;
}

void Interrupts::Send(Vector& vector) {
  vector.pending = false;
  sink_(vector.address, vector.data);
}

}  // namespace vam::sim
