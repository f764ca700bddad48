#include "sw/ike/v2/exchange/packet_fault.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// A peer that was heard lately lives, whatever is said in clear.
constexpr uint64_t kHeardLatelyNs = 10 * kNsPerSecond;
// Notices that wait for one IKE SA, which may still be being made.
constexpr size_t kMostWaiting = 16;

std::array<uint8_t, 4> SpiBytes(uint32_t spi) {
  std::array<uint8_t, 4> bytes;
  StoreBe32(bytes.data(), spi);
  return bytes;
}

// One notify in INFORMATIONAL, when the IKE SA is up.
class NoticeRequest final : public Request {
 public:
  explicit NoticeRequest(uint32_t unknown_spi) : type_(NotifyType::kInvalidSpi), data_(4) {
    std::ranges::copy(SpiBytes(unknown_spi), data_.begin());
  }
  NoticeRequest(const ChildSa& child, Bytes packet)
      : type_(NotifyType::kInvalidSelectors),
        protocol_(child.suite.protocol),
        spi_(child.spi_in),
        data_(packet.begin(), packet.end()) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Ready(const IkeSa& sa) const override { return sa.state == IkeSa::State::kUp; }
  bool Write(Core& /*core*/, IkeSa& /*sa*/, MessageBuilder& message) override {
    if (type_ == NotifyType::kInvalidSelectors) {
      AddNotify(message, type_, protocol_, spi_, data_);
    } else {
      AddNotify(message, type_, data_);
    }
    return true;
  }
  void OnAnswer(Core& /*core*/, IkeSa& /*sa*/, const Incoming& /*answer*/) override {}

 private:
  NotifyType type_;
  Protocol protocol_ = Protocol::kNone;
  uint32_t spi_ = 0;
  std::vector<uint8_t> data_;
};

// Its peer has proved who it is, or is the one that we call.
bool MayTellBy(const IkeSa& sa) {
  const bool calling = sa.initiator && (sa.state == IkeSa::State::kInit ||  //
                                        sa.state == IkeSa::State::kAuth);
  return (sa.state == IkeSa::State::kUp || calling) && sa.waiting.size() < kMostWaiting;
}

api::PolicyOpen OpenOf(const ChildConfig& config, const Ends& ends) {
  api::PolicyOpen open{};
  std::memcpy(open.map.data(), config.map.data(), std::min(config.map.size(), open.map.size()));
  open.sequence = config.sequence;
  open.line = config.lines.front().index;
  open.interface = config.shared ? ends.interface : config.interface;
  open.selector = ToFast(config.lines.front());
  return open;
}

}  // namespace

bool FaultNotices::Limit::Take(uint64_t now_ns, uint32_t most) {
  if (now_ns - second_ns >= kNsPerSecond) *this = {now_ns, 0};
  if (done >= most) return false;
  ++done;
  return true;
}

FaultNotices::OfOne* FaultNotices::MayAct(const net::Address& remote) {
  if (by_address_.size() >= kMostAddresses && !by_address_.contains(remote)) by_address_.clear();
  OfOne& one = by_address_[remote];
  const uint64_t now_ns = core_.now_ns();
  return one.limit.Take(now_ns, kPerSecondOfOne) && all_.Take(now_ns, kPerSecond) ? &one : nullptr;
}

// Of several with an address, behind a NAT or in the middle of being made anew, the one whose port
// it is, and of those the one that was heard last.
IkeSa* FaultNotices::Find(const Ends& ends) {
  if (core_.CountWith(ends.remote) == 0) return nullptr;
  IkeSa* best = nullptr;
  const auto rank = [&ends](const IkeSa& sa) {
    const bool port = ends.remote_port == 0 || sa.ends.remote_port == ends.remote_port;
    return std::pair(port, sa.heard_ns);
  };
  for (const auto& [spi, sa] : core_.sas()) {
    if (sa->ends.remote != ends.remote || sa->ends.local != ends.local ||
        sa->ends.front_vrf != ends.front_vrf || !MayTellBy(*sa)) {
      continue;
    }
    if (best == nullptr || rank(*best) < rank(*sa)) best = sa.get();
  }
  return best;
}

void FaultNotices::OnFault(const api::PacketFault& fault) {
  if (fault.kind == api::FaultKind::kWrongSelectors) return TellSelectors(fault);
  const auto local = FromFast(fault.endpoints.local);
  const auto remote = FromFast(fault.endpoints.remote);
  if (!local || !remote || fault.kind != api::FaultKind::kUnknownSpi) return;
  Ends ends;
  ends.local = *local;
  ends.remote = *remote;
  ends.remote_port = fault.endpoints.remote_port;
  ends.front_vrf = fault.endpoints.front_vrf;
  ends.interface = fault.endpoints.interface;
  TellSpi(ends, fault.spi);
}

void FaultNotices::TellSpi(const Ends& ends, uint32_t spi) {
  // Of nobody whom we know: no more than a look into a few tables.
  const auto config = RecoveredBy(ends);
  if (core_.CountWith(ends.remote) == 0 && config == nullptr) return;
  OfOne* const peer = MayAct(ends.remote);
  if (peer == nullptr) return;
  IkeSa* const sa = Find(ends);
  if (sa != nullptr) return core_.Begin(*sa, std::make_unique<NoticeRequest>(spi));
  if (config != nullptr) Recover(config, ends, spi, *peer);
}

std::shared_ptr<const ChildConfig> FaultNotices::RecoveredBy(const Ends& ends) const {
  if (!core_.policy().settings().recover_spis) return nullptr;
  return core_.policy().FindPeer(ends, core_.names().table().NamesOf(ends.remote));
}

// The negotiation goes as if a packet had asked for the child: the peer must be the one that the
// entry names and prove it, and a responder that has the IKE SA of before forgets it by our
// INITIAL_CONTACT.
void FaultNotices::Recover(const std::shared_ptr<const ChildConfig>& config, const Ends& ends,
                           uint32_t spi, OfOne& peer) {
  const uint64_t now_ns = core_.now_ns();
  if (peer.called_ns != 0 && now_ns - peer.called_ns < kCallAgainNs) return;
  if (!calls_.Take(now_ns, kCallsPerSecond)) return;
  peer.called_ns = now_ns;
  core_.fwd().Open(OpenOf(*config, ends),
                   [this, config, ends, spi](const Result<api::PolicyOpened>& opened) {
                     if (opened) CallAndTell(config, ends, opened->policy, spi);
                   });
}

void FaultNotices::CallAndTell(const std::shared_ptr<const ChildConfig>& config, const Ends& ends,
                               uint64_t policy, uint32_t spi) {
  // Meanwhile: another configuration, or an IKE SA that a packet asked for.
  if (RecoveredBy(ends) != config) return;
  IkeSa* sa = Find(ends);
  if (sa == nullptr) {
    sa = call_(*config, ends.remote, ends.interface);
    if (sa == nullptr) return;
    ChildSa& child = sa->AddChild(config);
    child.policy = policy;
    child.selectors = config->lines.front();
    child.transport = MayBeTransport(*config, child.selectors, sa->ends);
    ReserveSpi(core_, *sa, child);
  }
  core_.Begin(*sa, std::make_unique<NoticeRequest>(spi));
}

void FaultNotices::TellSelectors(const api::PacketFault& fault) {
  if (!core_.policy().settings().notify_selectors || fault.start_bytes > fault.start.size()) return;
  const Core::ChildRef found = core_.FindChild(fault.sa_id);
  if (found.child == nullptr || !MayTellBy(*found.sa)) return;
  uint64_t& told_ns = found.child->selectors_told_ns;
  const uint64_t now_ns = core_.now_ns();
  if (told_ns != 0 && now_ns - told_ns < kSelectorsNs) return;
  told_ns = now_ns;
  const Bytes start = Bytes(fault.start).first(fault.start_bytes);
  core_.Begin(*found.sa, std::make_unique<NoticeRequest>(*found.child, start));
}

void FaultNotices::AnswerUnknown(const Ends& ends, const Header& request, NotifyType type) {
  // Nothing answers an answer (1.5).
  if (request.response || MayAct(ends.remote) == nullptr) return;
  MessageBuilder message;
  AddNotify(message, type);
  Header header = request;
  header.major_version = kMajorVersion;
  header.response = true;
  header.from_initiator = !request.from_initiator;
  if (const auto bytes = message.Finish(header)) core_.SendClear(ends, *bytes);
}

void FaultNotices::OnHint(const Ends& ends, const Header& header,
                          std::span<const NotifyPayload> notifies) {
  const NotifyPayload* said = v2::Find(notifies, NotifyType::kInvalidSpi);
  if (said == nullptr || said->data.size() != 4 || header.response) return;
  if (core_.CountWith(ends.remote) == 0 || MayAct(ends.remote) == nullptr) return;
  IkeSa* const sa = Find(ends);
  if (sa == nullptr || !sa->up() || sa->FindChildByPeer(LoadBe32(said->data.data())) == nullptr) {
    return;
  }
  if (core_.now_ns() - sa->heard_ns >= kHeardLatelyNs) AskWhetherAlive(core_, *sa);
}

// ---- from the peer

namespace {

void OnInvalidSpi(Core& core, IkeSa& sa, const NotifyPayload& said) {
  if (said.data.size() != 4) return;
  ChildSa* const child = sa.FindChildByPeer(LoadBe32(said.data.data()));
  // One that is being made anew or deleted may cross what the peer says.
  if (child == nullptr || child->state != ChildSa::State::kUp) return;
  DeleteChild(core, sa, *child, Cause::kPeerLostSa);
}

void OnInvalidSelectors(Core& core, IkeSa& sa, const NotifyPayload& said) {
  ChildSa* const child = sa.FindChildByPeer(static_cast<uint32_t>(said.spi));
  if (child == nullptr || said.spi_bytes != 4) return;
  core.journal().WrongSelectors(sa, *child, said.data);
}

}  // namespace

void ReadNotices(Core& core, IkeSa& sa, const Incoming& request) {
  for (const NotifyPayload& said : request.notifies) {
    if (said.type == NotifyType::kInvalidSpi) OnInvalidSpi(core, sa, said);
    if (said.type == NotifyType::kInvalidSelectors) OnInvalidSelectors(core, sa, said);
  }
}

}  // namespace vam::ike::v2
