#include "sw/ike/v2/exchange/informational.h"

#include <algorithm>
#include <array>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/configuration.h"
#include "sw/ike/v2/exchange/mobike.h"
#include "sw/ike/v2/exchange/packet_fault.h"
#include "sw/ike/v2/exchange/reauth.h"
#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/sa/lifetime.h"

namespace vam::ike::v2 {

namespace {

class DeleteChildRequest final : public Request {
 public:
  DeleteChildRequest(uint32_t child, Cause cause) : child_(child), cause_(cause) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& /*core*/, IkeSa& sa, MessageBuilder& message) override {
    const ChildSa* child = sa.FindChild(child_);
    if (child == nullptr) return false;  // the peer was first
    const std::array<uint32_t, 1> spis = {child->spi_in};
    AddDelete(message, child->suite.protocol, spis);
    return true;
  }
  // The peer names its own half of the pair, or nothing when both deleted at once (1.4.1).
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& /*answer*/) override { Remove(core, sa); }
  void OnLost(Core& core, IkeSa& sa) override { Remove(core, sa); }

 private:
  void Remove(Core& core, IkeSa& sa) const {
    if (ChildSa* child = sa.FindChild(child_)) core.EndChild(sa, *child, cause_);
  }

  uint32_t child_;
  Cause cause_;
};

class LivenessRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& /*core*/, IkeSa& sa, MessageBuilder& message) override {
    AskWhatIsSeen(sa, message);
    return true;
  }
  std::optional<RetryPolicy> retry(const IkeSa& sa) const override {
    constexpr unsigned kTries = 5;  // DP-46
    // Without `dpd` only a hint makes us ask: there is no hurry.
    if (sa.profile->dpd.interval_s == 0) return std::nullopt;
    return RetryPolicy{sa.profile->dpd.retry_s * kNsPerSecond, 100, kTries};
  }
  // That it came says it all, but for a NAT that has us somewhere else now.
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override {
    NoteWhatIsSeen(core, sa, answer);
  }
};

class DeleteIkeRequest final : public Request {
 public:
  explicit DeleteIkeRequest(Cause cause) : cause_(cause) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Ready(const IkeSa& sa) const override { return sa.requests.empty(); }
  bool Write(Core& /*core*/, IkeSa& /*sa*/, MessageBuilder& message) override {
    AddDeleteIke(message);
    return true;
  }
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& /*answer*/) override {
    core.End(sa, cause_);
  }
  void OnLost(Core& core, IkeSa& sa) override { core.End(sa, cause_); }

 private:
  Cause cause_;
};

// The SPIs of ours that go with those that the peer deletes.
std::vector<uint32_t> DeleteNamed(Core& core, IkeSa& sa, const DeletePayload& named) {
  std::vector<uint32_t> ours;
  for (const uint32_t spi : named.spis) {
    ChildSa* child = sa.FindChildByPeer(spi);
    if (child == nullptr || child->suite.protocol != named.protocol) continue;
    // Both delete it at once: the peer knows of our half already (1.4.1).
    if (child->state != ChildSa::State::kDeleting) ours.push_back(child->spi_in);
    if (InstallSuccessor(core, sa, *child)) {
      child->state = ChildSa::State::kReplaced;
      child->deleted_by_peer = true;
      continue;
    }
    const bool replaced = child->state == ChildSa::State::kReplaced;
    core.EndChild(sa, *child, replaced ? Cause::kReplaced : Cause::kDeletedByPeer);
  }
  return ours;
}

// Of an IKE SA that the peer deletes.
Cause WhyDeleted(const IkeSa& sa) {
  if (WasSentOn(sa)) return Cause::kRedirected;
  return sa.state == IkeSa::State::kReplaced ? Cause::kReplaced : Cause::kDeletedByPeer;
}

}  // namespace

void DeleteChild(Core& core, IkeSa& sa, ChildSa& child, Cause cause) {
  if (child.state == ChildSa::State::kDeleting) return;
  if (child.spi_out == 0 || !sa.up()) return core.EndChild(sa, child, cause);
  child.state = ChildSa::State::kDeleting;
  core.Begin(sa, std::make_unique<DeleteChildRequest>(child.id, cause));
}

void DeleteIke(Core& core, IkeSa& sa, Cause cause) {
  if (sa.state == IkeSa::State::kDeleting) return;
  if (!sa.up()) return core.End(sa, cause);
  core.SetState(sa, IkeSa::State::kDeleting);
  core.Begin(sa, std::make_unique<DeleteIkeRequest>(cause));
}

void DeleteIdle(Core& core, IkeSa& sa, ChildSa& child) {
  if (child.config->idle_to_default) {
    core.peers().Reset(core.names().AddressesOf(*child.config));
  }
  const bool others = std::ranges::any_of(sa.children, [&child](const auto& other) {
    return other.get() != &child && other->state != ChildSa::State::kDeleting;
  });
  if (others || sa.state != IkeSa::State::kUp) {
    return DeleteChild(core, sa, child, Cause::kDeletedByUs);
  }
  DeleteIke(core, sa, Cause::kDeletedByUs);
}

void AskWhetherAlive(Core& core, IkeSa& sa) {
  const uint64_t interval_ns = sa.profile->dpd.interval_s * kNsPerSecond;
  if (sa.heard_ns + interval_ns > core.now_ns()) return SetLiveness(sa, sa.heard_ns);
  SetLiveness(sa, core.now_ns());
  // A request that waits for its answer asks the same.
  if (sa.state == IkeSa::State::kUp && sa.requests.empty() && sa.waiting.empty()) {
    core.Begin(sa, std::make_unique<LivenessRequest>());
  }
}

void OnInformational(Core& core, IkeSa& sa, const Incoming& request) {
  ReadNotices(core, sa, request);
  MessageBuilder answer;
  bool ike = false;
  for (const RawPayload& payload : request.payloads) {
    if (payload.type != PayloadType::kDelete) continue;
    const auto named = ParseDelete(payload.body);
    if (!named) continue;  // the machine has checked it: see ParseAll
    if (named->protocol == Protocol::kIke) {
      ike = true;
      continue;
    }
    const std::vector<uint32_t> ours = DeleteNamed(core, sa, *named);
    if (!ours.empty()) AddDelete(answer, named->protocol, ours);
  }
  if (!ike) {
    TakeMobike(core, sa, request, answer);
    TakeConfiguration(sa, request, answer);
    AnswerTicketRequest(core, sa, request, answer);
  }
  core.Answer(sa, ExchangeType::kInformational, request.header.message_id, answer);
  if (sa.reauth.called && Find(request.notifies, NotifyType::kAuthLifetime) != nullptr) {
    NoteAuthLifetime(core, sa, request);
  }
  if (!ike) return TakeRedirect(core, sa, request);
  HandOver(core, sa);
  ReleaseWaiting(core, sa);
  core.End(sa, WhyDeleted(sa));
}

}  // namespace vam::ike::v2
