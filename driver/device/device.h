// A card as the host uses it: queues, SA table, events, health, reset.
#ifndef VAM_DRIVER_DEVICE_DEVICE_H_
#define VAM_DRIVER_DEVICE_DEVICE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "driver/device/counters.h"
#include "driver/device/queue_pair.h"
#include "driver/device/registers.h"
#include "driver/device/sa_table.h"
#include "driver/hal/card.h"
#include "driver/ring/event_ring.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"

namespace vam::driver {

enum class Health : uint8_t {
  kGood,
  kGone,        // registers read as all ones: link down or card pulled
  kStopped,     // the heartbeat stands still
  kNotReady,    // the card is in reset
  kQueueError,  // a queue stopped itself (bad ring address or doorbell)
  kStuck,       // a queue's thread has looked for completions in vain for longer than allowed
};

// "gone" and so on.
const char* HealthName(Health health);

struct DeviceOptions {
  uint8_t admin_log2 = 6;
  uint8_t admin_vector = 0;
  uint8_t event_log2 = 8;
  uint8_t event_vector = 0;
  // A thread that looks for a completion this long in vain has a stuck queue. Only looks (Poll)
  // count, and a pause between two of them for at most 100 ms.
  uint64_t stuck_ns = kNsPerSecond;
  // How long a reset, a zeroise or the stop of a queue may take.
  uint64_t timeout_ns = 20 * kNsPerSecond;
};

// One control thread; queue pairs may live on others, one each. Outlives its queue pairs.
class Device {
 public:
  // Probes the card, gives it a hash key, resets it and starts admin queue and events. `card`,
  // `clock`: outlive the device. Errors of Registers::Probe; kDevice: it does not get ready.
  static Result<std::unique_ptr<Device>> Open(hal::Card& card, const Clock& clock, Rng& rng,
                                              const DeviceOptions& options = {});
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  // Resets the card: no key stays on it.
  ~Device();

  hal::Card& card() { return *context_.card; }
  const Registers& registers() const { return context_.regs; }
  const Identity& identity() const { return context_.regs.identity(); }
  const Capabilities& capabilities() const { return context_.regs.capabilities(); }

  // Data queues are 1 to capabilities().data_queues. kInvalidArgument; kExists: it is open;
  // kExhausted; kDevice.
  Result<std::unique_ptr<QueuePair>> OpenQueue(uint8_t index, const QueueConfig& config);
  SaTable& sas() { return *sas_; }

  // Up to out.size() events. Events of an SA come again until acknowledged (SaTable::BeginAck).
  // kDevice: the card wrote nonsense; reset it.
  Result<size_t> PollEvents(std::span<Event> out);
  // Blocks until an event may be there. False: none within `timeout_ns`.
  Result<bool> WaitEvents(uint64_t timeout_ns);

  // An armed vector sends at most one message per `interval_cycles` (0 to 65535), unless `count`
  // entries wait (0: no such limit) or an urgent one does. kInvalidArgument: out of range.
  Status SetModeration(uint8_t vector, uint32_t interval_cycles, uint8_t count);

  Counters ReadCounters() const { return driver::ReadCounters(context_.regs); }
  // Fault bits of the card (map::kCtrlFaults...), cleared by reading them here.
  uint32_t TakeFaults();

  // To be called now and then; compares with the last call.
  Health CheckHealth();

  // Stops every transfer of the card, deletes its SAs and starts admin queue and events again.
  // Returns the SAs that were on it, for reporting: none may be resumed. Queue pairs fail with
  // kDevice until Restart. kDevice: the card does not come back; the device stays unusable, Reset
  // may be tried again.
  Result<std::vector<LostSa>> Reset();

  // Deletes and scrubs every SA through the control register; returns them. Queues go on.
  // kDevice: the card does not confirm it.
  Result<std::vector<LostSa>> Zeroise();

 private:
  Device(hal::Card& card, const Registers& regs, const Clock& clock, const DeviceOptions& options);

  Status ResetCard();
  Status WaitStatus(uint32_t mask, uint32_t value, const char* what);
  Status StartEvents();
  bool QueueHasError() const;
  bool QueueIsStuck() const;

  CardContext context_;
  const DeviceOptions options_;
  std::unique_ptr<SaTable> sas_;
  std::optional<EventRing> events_;
  std::vector<std::weak_ptr<QueueProgress>> watches_;  // by queue
  std::optional<uint32_t> heartbeat_;
  bool vector_enabled_ = false;
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_DEVICE_H_
