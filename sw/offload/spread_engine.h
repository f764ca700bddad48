// Several engines as one: each SA lives on one of them.
#ifndef VAM_SW_OFFLOAD_SPREAD_ENGINE_H_
#define VAM_SW_OFFLOAD_SPREAD_ENGINE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sw/base/clock.h"
#include "sw/ipsec/engine.h"
#include "sw/ipsec/fixed_queue.h"

namespace vam::offload {

// An SA direction is placed when it is added, for its life: on the engine with the fewest SAs of
// its direction, of those the one with the fewest in all, of those the first; on one that is stuck
// only if all are. So the packets of an SA keep their order, which engine has an SA follows from
// the calls alone, and traffic that mostly goes one way is shared too.
//
// Handles are {generation, engine x places + index}: those of the engine inside, moved. An inbound
// job goes where Job::sa says, or without it to the engine that has the SA of its {VRF,
// destination, protocol, SPI}.
//
// An engine that has no room for a job does not stop the others: the job is taken and ends as
// kEngineFull, maybe before jobs that were given earlier.
//
// One thread, that of the engines inside. The packet path allocates nothing.
class SpreadEngine final : public ipsec::Engine {
 public:
  // An engine that has work and ends nothing of it for so long is shown as stuck.
  static constexpr uint64_t kStuckNs = kNsPerSecond;

  // Requires: 1 to 64 engines of the same kind, whose tables together have less than 2^20 places.
  // `clock` must outlive the engine.
  SpreadEngine(std::vector<std::unique_ptr<ipsec::Engine>> engines, const Clock& clock);

  std::string_view name() const override { return parts_[0].engine->name(); }
  ipsec::Capabilities capabilities() const override;
  ipsec::EngineState state() const override { return ipsec::EngineState::kReady; }
  size_t Submit(std::span<const ipsec::Job> jobs) override;
  size_t Poll(std::span<ipsec::Done> done) override;
  Result<uint64_t> BeginAdd(const ipsec::SaParams& params) override;
  Result<uint64_t> BeginModify(ipsec::SaRef sa, const ipsec::SaParams& params) override;
  Result<uint64_t> BeginDelete(ipsec::SaRef sa) override;
  Result<uint64_t> BeginQuery(ipsec::SaRef sa) override;
  size_t PollControl(std::span<ipsec::ControlDone> done) override;
  size_t PollEvents(std::span<ipsec::SaEvent> events) override;
  void AckEvent(ipsec::SaRef sa, ipsec::EventType type) override;
  bool Tend(uint64_t now_ns) override;

  // For `show crypto engine`.
  struct PartInfo {
    uint32_t sas = 0;  // being added among them
    uint64_t packets = 0;
    uint64_t refused = 0;  // ended as kEngineFull
    bool stuck = false;
  };
  size_t parts() const { return parts_.size(); }
  PartInfo part(size_t i) const;

 private:
  static constexpr size_t kBatch = 64;
  static constexpr size_t kRefused = 256;  // not yet polled

  struct Part {
    std::unique_ptr<ipsec::Engine> engine;
    std::array<ipsec::Job, kBatch> batch;
    size_t batched = 0;
    std::array<uint32_t, 2> sas{};  // by direction, those being added among them
    uint64_t under_way = 0;         // jobs and controls
    uint64_t quiet_since_ns = 0;
    bool moved = true;  // since the last look
    bool stuck = false;
    uint64_t packets = 0;
    uint64_t refused = 0;
  };
  // By what an inbound packet finds its SA.
  struct Key {
    net::Address local;
    uint32_t spi = 0;
    uint16_t vrf_tag = 0;
    ipsec::Protocol protocol = ipsec::Protocol::kEsp;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  // Who holds a key, with all that is being added and deleted under it: a second add of the key
  // goes to the same engine, which then decides as one engine alone would.
  struct KeyHolder {
    size_t part = 0;
    size_t uses = 0;
  };
  // An SA that is being added, is there, or is being deleted.
  struct Held {
    ipsec::Direction direction = ipsec::Direction::kOut;
    std::optional<Key> key;
  };
  struct Pending {
    ipsec::ControlOp op = ipsec::ControlOp::kAdd;  // or kDelete
    Held sa;
  };

  static std::optional<Key> KeyOf(const ipsec::SaSettings& sa);
  static std::optional<Key> KeyOf(const ipsec::Job& job);
  size_t Choose(const Held& sa) const;
  uint32_t& SasLike(size_t part, const Held& sa) {
    return parts_[part].sas[static_cast<size_t>(sa.direction)];
  }
  void Release(const std::optional<Key>& key);
  size_t PartOf(ipsec::SaRef sa) const { return sa.index() / places_; }
  bool IsOurs(ipsec::SaRef sa) const { return PartOf(sa) < parts_.size(); }
  ipsec::SaRef ToInside(ipsec::SaRef sa) const;
  ipsec::SaRef ToOutside(size_t part, ipsec::SaRef sa) const;
  uint64_t ToOutside(size_t part, uint64_t token) const { return token * parts_.size() + part; }
  size_t PartFor(const ipsec::Job& job) const;
  void Give(Part& part);
  Result<uint64_t> Begun(size_t part, Result<uint64_t> token);
  void Ended(size_t part, ipsec::ControlDone& done);
  void Watch();

  const Clock& clock_;
  std::vector<Part> parts_;
  uint32_t places_;
  ipsec::FixedQueue<ipsec::Done> refused_{kRefused};
  size_t first_polled_ = 0;  // each in turn, so that none waits for the others
  std::unordered_map<Key, KeyHolder, KeyHash> holders_;
  std::unordered_map<uint32_t, Held> held_;        // by handle: those that are not being deleted
  std::unordered_map<uint64_t, Pending> pending_;  // by token
};

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_SPREAD_ENGINE_H_
