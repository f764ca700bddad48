#include "sw/ipsec/sad.h"

#include <utility>

namespace vam::ipsec {
namespace {

constexpr uint32_t kGenerationMask = 0xfff;

}  // namespace

SoftSa::SoftSa(const SaParams& params)
    : settings(params),
      replay(settings.replay_window, settings.esn, settings.initial_seq),
      sequence(settings.initial_seq),
      keys(params.CloneKeys()) {
  if (settings.protocol != Protocol::kIpComp) return;
  ipcomp = std::make_unique<IpCompSa>(settings.suite.compression,
                                      static_cast<uint16_t>(settings.spi.value));
}

Status SoftSa::Prepare() {
  if (settings.protocol == Protocol::kEsp) {
    VAM_TRY(EspCipher made, EspCipher::Create(settings, keys));
    esp = std::make_unique<EspCipher>(std::move(made));
  } else if (settings.protocol == Protocol::kAh) {
    VAM_TRY(AhMac made, AhMac::Create(settings, keys));
    ah = std::make_unique<AhMac>(std::move(made));
  }
  return Ok();
}

void SoftSa::Rest() {
  esp = nullptr;
  ah = nullptr;
}

SaStats SoftSa::Stats() const {
  SaStats stats;
  stats.sa_id = settings.id;
  if (ipcomp != nullptr) {
    stats.ipcomp = ipcomp->stats();
  } else {
    stats.sequence = settings.direction == Direction::kOut ? sequence : replay.top();
  }
  stats.packets = packets;
  stats.bytes = bytes;
  stats.pending_events = static_cast<uint16_t>(fired & ~acked);
  stats.errors = errors;
  return stats;
}

Sad::Sad(uint32_t max_sas) : slots_(max_sas), free_(max_sas) {
  VAM_CHECK(max_sas < (1u << SaRef::kIndexBits));
  for (uint32_t index = 0; index < max_sas; ++index) free_.Push(index);
  inbound_.reserve(max_sas);
}

size_t Sad::KeyHash::operator()(const Key& key) const {
  const uint64_t tail = (uint64_t{key.spi.value} << 24) | (uint64_t{key.vrf_tag} << 8) |
                        static_cast<uint64_t>(key.protocol);
  return net::AddressHash()(key.local) ^ static_cast<size_t>(tail * 0x9e3779b97f4a7c15);
}

bool Sad::HasKey(const SaSettings& sa) {
  return sa.direction == Direction::kIn &&
         (sa.protocol != Protocol::kIpComp || sa.spi.value >= kFirstCpi);
}

Result<SaRef> Sad::Add(const SaParams& params) {
  VAM_TRY_STATUS(Validate(params));
  const Key key = KeyOf(params);
  const bool has_key = HasKey(params);
  if (has_key && inbound_.contains(key)) {
    return Err(ErrorCode::kExists, "SPI in use at this address");
  }
  if (free_.empty()) return Err(ErrorCode::kExhausted, "no place for another SA");

  auto sa = std::make_unique<SoftSa>(params);
  // Keys that libcrypto refuses are refused here, not at the first packet.
  VAM_TRY_STATUS(sa->Prepare());
  sa->Rest();
  const uint32_t index = free_.Pop();
  Slot& slot = slots_[index];
  slot.sa = std::move(sa);
  const SaRef ref = SaRef::Make(slot.generation, index);
  if (has_key) inbound_.emplace(key, ref);
  return ref;
}

Result<SaStats> Sad::Remove(SaRef ref) {
  SoftSa* sa = Get(ref).sa;
  if (sa == nullptr) return Err(ErrorCode::kNotFound, "no SA has this handle");
  const SaStats stats = sa->Stats();
  if (HasKey(sa->settings)) inbound_.erase(KeyOf(sa->settings));
  Slot& slot = slots_[ref.index()];
  slot.sa.reset();
  slot.generation = (slot.generation + 1) & kGenerationMask;
  free_.Push(ref.index());
  return stats;
}

Sad::Found Sad::Get(SaRef ref) {
  if (ref.index() >= slots_.size()) return {nullptr, Reason::kNoSa};
  Slot& slot = slots_[ref.index()];
  if (slot.generation != ref.generation()) return {nullptr, Reason::kSaStale};
  if (slot.sa == nullptr) return {nullptr, Reason::kNoSa};
  return {slot.sa.get(), Reason::kOk};
}

SaRef Sad::FindInbound(uint16_t vrf_tag, const net::Address& local, Protocol protocol,
                       Spi spi) const {
  const auto found = inbound_.find(Key{local, spi, vrf_tag, protocol});
  return found == inbound_.end() ? SaRef::None() : found->second;
}

}  // namespace vam::ipsec
