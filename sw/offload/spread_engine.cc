#include "sw/offload/spread_engine.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sw/base/check.h"
#include "sw/base/log.h"
#include "sw/ipsec/esp_codec.h"
#include "sw/ipsec/ipcomp.h"

namespace vam::offload {

using ipsec::ControlDone;
using ipsec::ControlOp;
using ipsec::Done;
using ipsec::Job;
using ipsec::Protocol;
using ipsec::SaRef;

namespace {

std::optional<Protocol> InboundProtocol(ipsec::Op op) {
  switch (op) {
    case ipsec::Op::kEspIn:
      return Protocol::kEsp;
    case ipsec::Op::kAhIn:
      return Protocol::kAh;
    case ipsec::Op::kIpCompIn:
      return Protocol::kIpComp;
    default:
      return std::nullopt;
  }
}

// Where the SPI is in the protocol's header; a CPI is half as long.
std::optional<uint32_t> SpiOf(Protocol protocol, Bytes payload) {
  if (protocol == Protocol::kIpComp) {
    const auto header = ipsec::ParseIpComp(payload);
    return header ? std::optional<uint32_t>(header->cpi) : std::nullopt;
  }
  const size_t at = protocol == Protocol::kAh ? 4 : 0;
  if (payload.size() < at + 4) return std::nullopt;
  return LoadBe32(&payload[at]);
}

}  // namespace

size_t SpreadEngine::KeyHash::operator()(const Key& key) const {
  const uint64_t tail =
      uint64_t{key.spi} << 24 | uint64_t{key.vrf_tag} << 8 | static_cast<uint64_t>(key.protocol);
  return net::AddressHash()(key.local) ^ static_cast<size_t>(tail * 0x9e3779b97f4a7c15);
}

SpreadEngine::SpreadEngine(std::vector<std::unique_ptr<ipsec::Engine>> engines, const Clock& clock)
    : clock_(clock), parts_(engines.size()), places_(engines.at(0)->capabilities().max_sas) {
  VAM_CHECK(places_ > 0 && places_ * engines.size() < (1u << SaRef::kIndexBits));
  for (size_t i = 0; i < engines.size(); ++i) {
    VAM_CHECK(engines[i]->capabilities().max_sas == places_);
    parts_[i].engine = std::move(engines[i]);
  }
}

ipsec::Capabilities SpreadEngine::capabilities() const {
  ipsec::Capabilities all = parts_[0].engine->capabilities();
  all.max_sas *= static_cast<uint32_t>(parts_.size());
  return all;
}

SpreadEngine::PartInfo SpreadEngine::part(size_t i) const {
  const Part& part = parts_[i];
  return {part.sas[0] + part.sas[1], part.packets, part.refused, part.stuck};
}

SaRef SpreadEngine::ToInside(SaRef sa) const {
  return IsOurs(sa) ? SaRef::Make(sa.generation(), sa.index() % places_) : SaRef::None();
}

SaRef SpreadEngine::ToOutside(size_t part, SaRef sa) const {
  if (sa == SaRef::None()) return sa;
  return SaRef::Make(sa.generation(), static_cast<uint32_t>(part) * places_ + sa.index());
}

// ---- Packets ----

std::optional<SpreadEngine::Key> SpreadEngine::KeyOf(const Job& job) {
  const std::optional<Protocol> protocol = InboundProtocol(job.op);
  if (!protocol) return std::nullopt;
  const ipsec::OuterPacket outer = ipsec::ParseOuter(job.src, *protocol);
  if (outer.reason != Reason::kOk) return std::nullopt;
  const std::optional<uint32_t> spi = SpiOf(*protocol, outer.ip->payload());
  if (!spi) return std::nullopt;
  return Key{outer.ip->destination(), *spi, job.vrf_tag, *protocol};
}

// A job that belongs nowhere goes to the first engine, which says why.
size_t SpreadEngine::PartFor(const Job& job) const {
  if (IsOurs(job.sa)) return PartOf(job.sa);
  const std::optional<Key> key = KeyOf(job);
  if (!key) return 0;
  const auto found = holders_.find(*key);
  return found == holders_.end() ? 0 : found->second.part;
}

size_t SpreadEngine::Submit(std::span<const Job> jobs) {
  // Every job may have to be refused.
  const size_t count = std::min(jobs.size(), refused_.free_places());
  for (const Job& job : jobs.first(count)) {
    Part& part = parts_[PartFor(job)];
    if (part.batched == kBatch) Give(part);
    Job& inside = part.batch[part.batched++];
    inside = job;
    inside.sa = ToInside(job.sa);
  }
  for (Part& part : parts_) {
    if (part.batched != 0) Give(part);
  }
  return count;
}

void SpreadEngine::Give(Part& part) {
  const auto jobs = std::span(part.batch).first(part.batched);
  const size_t taken = part.engine->Submit(jobs);
  part.under_way += taken;
  part.refused += jobs.size() - taken;
  for (const Job& job : jobs.subspan(taken)) {
    refused_.Push({job.cookie, Reason::kEngineFull, SaRef::None(), 0});
  }
  part.batched = 0;
}

size_t SpreadEngine::Poll(std::span<Done> done) {
  size_t count = std::min(done.size(), refused_.size());
  for (Done& entry : done.first(count)) entry = refused_.Pop();
  for (size_t n = 0; n < parts_.size() && count < done.size(); ++n) {
    const size_t i = (first_polled_ + n) % parts_.size();
    Part& part = parts_[i];
    const auto ended = done.subspan(count, part.engine->Poll(done.subspan(count)));
    if (ended.empty()) continue;
    for (Done& entry : ended) entry.sa = ToOutside(i, entry.sa);
    part.under_way -= std::min<uint64_t>(part.under_way, ended.size());
    part.packets += ended.size();
    part.moved = true;
    count += ended.size();
  }
  first_polled_ = (first_polled_ + 1) % parts_.size();
  return count;
}

// ---- Controls ----

std::optional<SpreadEngine::Key> SpreadEngine::KeyOf(const ipsec::SaSettings& sa) {
  const bool found_by_packets =
      sa.direction == ipsec::Direction::kIn &&
      (sa.protocol != Protocol::kIpComp || sa.spi.value >= ipsec::kFirstCpi);
  if (!found_by_packets) return std::nullopt;
  return Key{sa.local, sa.spi.value, sa.vrf_tag, sa.protocol};
}

size_t SpreadEngine::Choose(const Held& sa) const {
  if (sa.key) {
    const auto found = holders_.find(*sa.key);
    if (found != holders_.end()) return found->second.part;
  }
  const auto direction = static_cast<size_t>(sa.direction);
  // min_element takes the first of equals.
  const auto best = std::ranges::min_element(parts_, {}, [direction](const Part& part) {
    return std::tuple(part.stuck, part.sas[direction], part.sas[0] + part.sas[1]);
  });
  return static_cast<size_t>(best - parts_.begin());
}

void SpreadEngine::Release(const std::optional<Key>& key) {
  if (!key) return;
  const auto found = holders_.find(*key);
  VAM_CHECK(found != holders_.end());
  if (--found->second.uses == 0) holders_.erase(found);
}

Result<uint64_t> SpreadEngine::Begun(size_t part, Result<uint64_t> token) {
  if (!token) return token;
  ++parts_[part].under_way;
  return ToOutside(part, *token);
}

Result<uint64_t> SpreadEngine::BeginAdd(const ipsec::SaParams& params) {
  const Held sa{params.direction, KeyOf(params)};
  const size_t part = Choose(sa);
  VAM_TRY(const uint64_t token, Begun(part, parts_[part].engine->BeginAdd(params)));
  ++SasLike(part, sa);
  if (sa.key) ++holders_.try_emplace(*sa.key, KeyHolder{part, 0}).first->second.uses;
  pending_[token] = {ControlOp::kAdd, sa};
  return token;
}

Result<uint64_t> SpreadEngine::BeginModify(SaRef sa, const ipsec::SaParams& params) {
  const size_t part = IsOurs(sa) ? PartOf(sa) : 0;
  return Begun(part, parts_[part].engine->BeginModify(ToInside(sa), params));
}

Result<uint64_t> SpreadEngine::BeginDelete(SaRef sa) {
  const size_t part = IsOurs(sa) ? PartOf(sa) : 0;
  VAM_TRY(const uint64_t token, Begun(part, parts_[part].engine->BeginDelete(ToInside(sa))));
  // One that is not held ends as kNotFound.
  if (auto node = held_.extract(sa.value); !node.empty()) {
    --SasLike(part, node.mapped());
    pending_[token] = {ControlOp::kDelete, node.mapped()};
  }
  return token;
}

Result<uint64_t> SpreadEngine::BeginQuery(SaRef sa) {
  const size_t part = IsOurs(sa) ? PartOf(sa) : 0;
  return Begun(part, parts_[part].engine->BeginQuery(ToInside(sa)));
}

void SpreadEngine::Ended(size_t part, ControlDone& done) {
  done.token = ToOutside(part, done.token);
  done.sa = ToOutside(part, done.sa);
  auto node = pending_.extract(done.token);
  if (node.empty()) return;
  const Pending& pending = node.mapped();
  if (pending.op == ControlOp::kDelete) return Release(pending.sa.key);
  if (done.status) {
    held_[done.sa.value] = pending.sa;
    return;
  }
  --SasLike(part, pending.sa);
  Release(pending.sa.key);
}

size_t SpreadEngine::PollControl(std::span<ControlDone> done) {
  Watch();
  size_t count = 0;
  for (size_t i = 0; i < parts_.size() && count < done.size(); ++i) {
    Part& part = parts_[i];
    const auto ended = done.subspan(count, part.engine->PollControl(done.subspan(count)));
    if (ended.empty()) continue;
    for (ControlDone& entry : ended) Ended(i, entry);
    part.under_way -= std::min<uint64_t>(part.under_way, ended.size());
    part.moved = true;
    count += ended.size();
  }
  return count;
}

size_t SpreadEngine::PollEvents(std::span<ipsec::SaEvent> events) {
  size_t count = 0;
  for (size_t i = 0; i < parts_.size() && count < events.size(); ++i) {
    const auto more = events.subspan(count, parts_[i].engine->PollEvents(events.subspan(count)));
    for (ipsec::SaEvent& event : more) event.sa = ToOutside(i, event.sa);
    count += more.size();
  }
  return count;
}

void SpreadEngine::AckEvent(SaRef sa, ipsec::EventType type) {
  if (IsOurs(sa)) parts_[PartOf(sa)].engine->AckEvent(ToInside(sa), type);
}

bool SpreadEngine::Tend(uint64_t now_ns) {
  bool more = false;
  for (Part& part : parts_) more = part.engine->Tend(now_ns) || more;
  return more;
}

void SpreadEngine::Watch() {
  const uint64_t now_ns = clock_.MonotonicNs();
  for (Part& part : parts_) {
    if (part.moved || part.under_way == 0) {
      part.moved = false;
      part.quiet_since_ns = now_ns;
    }
    const bool stuck = now_ns - part.quiet_since_ns >= kStuckNs;
    if (stuck == part.stuck) continue;
    part.stuck = stuck;
    Log(stuck ? LogLevel::kError : LogLevel::kWarning, "{} worker {} {}", name(),
        &part - parts_.data() + 1, stuck ? "is stuck" : "works again");
  }
}

}  // namespace vam::offload
