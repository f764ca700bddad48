// MSI-X of the functional card: table, pending bits, moderation.
#ifndef VAM_SIM_MODEL_INTERRUPTS_H_
#define VAM_SIM_MODEL_INTERRUPTS_H_

#include <cstdint>
#include <functional>
#include <vector>

namespace vam::sim {

class Interrupts {
 public:
  // Called with address and data of every message written.
  using Sink = std::function<void(uint64_t address, uint32_t data)>;

  Interrupts(uint32_t vectors, Sink sink) : sink_(std::move(sink)), vectors_(vectors) {}

  uint32_t vectors() const { return static_cast<uint32_t>(vectors_.size()); }
  // Words of the table: {vector, word 0 to 3} (PCIe base specification, 7.7.2).
  uint32_t ReadTable(uint32_t vector, uint32_t word) const;
  void WriteTable(uint32_t vector, uint32_t word, uint32_t value);
  uint32_t ReadModeration(uint32_t vector) const { return vectors_[vector].moderation; }
  void WriteModeration(uint32_t vector, uint32_t value) { vectors_[vector].moderation = value; }
  uint32_t pending() const;

  // An armed ring of this vector has `waiting` entries. True: a message was sent or is pending, the
  // ring is disarmed. False: moderation holds it back.
  bool Raise(uint32_t vector, uint32_t waiting, bool urgent, uint64_t now);
  // When a message held back now may go at the latest.
  uint64_t NextAt(uint32_t vector) const;

 private:
  struct Vector {
    uint64_t address = 0;
    uint32_t data = 0;
    bool masked = true;
    bool pending = false;
    uint32_t moderation = 0;
    uint64_t last = 0;
    bool sent_before = false;
  };

  void Send(Vector& vector);

  Sink sink_;
  std::vector<Vector> vectors_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_INTERRUPTS_H_
