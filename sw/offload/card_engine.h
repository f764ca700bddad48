// A card as an IPsec engine: SA parameters become contexts, jobs become submissions.
#ifndef VAM_SW_OFFLOAD_CARD_ENGINE_H_
#define VAM_SW_OFFLOAD_CARD_ENGINE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "driver/device/device.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/ipsec/engine.h"

namespace vam::offload {

// The sa_ctx of an SA; kUnsupported when the layout has no place for it. The caller wipes the key
// in it.
Result<map::SaCtx> ToSaCtx(const ipsec::SaParams& params);

// One thread. When the card misbehaves the engine resets it, so that it touches no memory any more,
// and is kFailed from then on: its SAs are dead (design.md, law 6).
class CardEngine final : public ipsec::Engine {
 public:
  // Takes the whole card. `clock` and `rng` must outlive the engine. Errors of
  // driver::Device::Open.
  static Result<std::unique_ptr<CardEngine>> Open(std::unique_ptr<hal::Card> card,
                                                  const Clock& clock, Rng& rng);
  ~CardEngine() override;

  // Makes memory that jobs point into reachable by the card. Requires: no job is under way.
  Status MapMemory(std::span<uint8_t> memory);

  std::string_view name() const override { return "card"; }
  ipsec::Capabilities capabilities() const override;
  ipsec::EngineState state() const override { return state_; }
  size_t Submit(std::span<const ipsec::Job> jobs) override;
  size_t Poll(std::span<ipsec::Done> done) override;
  Result<uint64_t> BeginAdd(const ipsec::SaParams& params) override;
  Result<uint64_t> BeginModify(ipsec::SaRef sa, const ipsec::SaParams& params) override;
  Result<uint64_t> BeginDelete(ipsec::SaRef sa) override;
  Result<uint64_t> BeginQuery(ipsec::SaRef sa) override;
  size_t PollControl(std::span<ipsec::ControlDone> done) override;
  size_t PollEvents(std::span<ipsec::SaEvent> events) override;
  void AckEvent(ipsec::SaRef sa, ipsec::EventType type) override;

  // For `show crypto engine`.
  driver::Device& device() { return *device_; }
  const std::string& failure() const { return failure_; }
  uint32_t sas_in_use() const { return static_cast<uint32_t>(device_->sas().size()); }

  // Takes the card out of service as a fault would, with the reason to be shown.
  void Fail(std::string why);

 private:
  static constexpr uint64_t kHealthNs = 100 * kNsPerMs;

  CardEngine(std::unique_ptr<hal::Card> card, const Clock& clock);
  bool Translate(std::span<const uint8_t> memory, driver::BusRange& out) const;
  void CheckHealth();
  Result<uint64_t> Begun(Result<uint64_t> token);

  std::unique_ptr<hal::Card> card_;
  const Clock& clock_;
  std::unique_ptr<driver::Device> device_;
  std::unique_ptr<driver::QueuePair> queue_;
  std::vector<hal::DmaRegion> regions_;
  ipsec::EngineState state_ = ipsec::EngineState::kReady;
  std::string failure_;
  uint64_t next_health_ns_ = 0;
  size_t controls_ = 0;  // operations under way
};

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_CARD_ENGINE_H_
