#include "sw/ike/v2/exchange/followup_ke.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sw/ike/v2/exchange/incoming.h"

namespace vam::ike::v2 {

namespace {

constexpr size_t kMaxRounds = 7;
constexpr size_t kMaxAwaited = 4;  // chains of one IKE SA
constexpr size_t kLinkBytes = 16;
// For each round: longer than a peer retransmits, shorter than an SPI is reserved (child.cc).
constexpr uint64_t kPatienceNs = 30 * kNsPerSecond;

using Secrets = Secret<kMaxRounds * crypto::kMaxSharedBytes>;

std::unique_ptr<Secrets> Join(std::span<const crypto::SharedSecret> secrets) {
  size_t size = 0;
  for (const crypto::SharedSecret& secret : secrets) size += secret.size();
  auto out = std::make_unique<Secrets>();
  MutableBytes rest = out->Resize(size);
  for (const crypto::SharedSecret& secret : secrets) {
    std::ranges::copy(secret.bytes(), rest.begin());
    rest = rest.subspan(secret.size());
  }
  return out;
}

class FollowupRequest final : public Request {
 public:
  FollowupRequest(std::vector<uint16_t> rounds, Bytes link, FollowupDone done)
      : rounds_(std::move(rounds)), link_(link.begin(), link.end()), done_(std::move(done)) {}

  ExchangeType type() const override { return ExchangeType::kIkeFollowupKe; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;
  void OnLost(Core& core, IkeSa& sa) override { done_(core, sa, FollowupEnd::kLost, {}); }

 private:
  std::vector<uint16_t> rounds_;  // still to come
  std::vector<uint8_t> link_;
  FollowupDone done_;
  std::vector<crypto::SharedSecret> secrets_;
  std::optional<crypto::KeyExchange> exchange_;
};

bool FollowupRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  auto started =
      crypto::KeyExchange::Start(static_cast<crypto::Group>(rounds_.front()), core.rng());
  if (!started) {
    done_(core, sa, FollowupEnd::kRefused, {});
    return false;
  }
  exchange_ = std::move(*started);
  AddKe(message, rounds_.front(), exchange_->public_data());
  AddNotify(message, NotifyType::kAdditionalKeyExchange, link_);
  return true;
}

void FollowupRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (FindRefusal(answer) != nullptr) return done_(core, sa, FollowupEnd::kRefused, {});
  auto shared = FinishExchange(answer, rounds_.front(), *exchange_);
  if (!shared) return done_(core, sa, FollowupEnd::kMalformed, {});
  secrets_.push_back(std::move(*shared));
  rounds_.erase(rounds_.begin());
  if (rounds_.empty()) {
    return done_(core, sa, FollowupEnd::kDone, Join(secrets_)->bytes());
  }
  const NotifyPayload* link = Find(answer.notifies, NotifyType::kAdditionalKeyExchange);
  if (link == nullptr) return done_(core, sa, FollowupEnd::kMalformed, {});
  auto next = std::make_unique<FollowupRequest>(std::move(rounds_), link->data, std::move(done_));
  next->secrets_ = std::move(secrets_);
  core.Begin(sa, std::move(next));
}

// Takes it out of the list.
std::unique_ptr<Followup> Take(IkeSa& sa, const Followup& followup) {
  const auto found = std::ranges::find(sa.followups, &followup, &std::unique_ptr<Followup>::get);
  std::unique_ptr<Followup> out = std::move(*found);
  sa.followups.erase(found);
  return out;
}

Followup* FindByLink(IkeSa& sa, Bytes link) {
  const auto found = std::ranges::find_if(sa.followups, [link](const auto& followup) {
    return std::ranges::equal(followup->link, link);
  });
  return found == sa.followups.end() ? nullptr : found->get();
}

// The next request names this one.
void Link(Core& core, Followup& followup, MessageBuilder& answer) {
  followup.link.resize(kLinkBytes);
  core.rng().Fill(followup.link);
  followup.expires_ns = core.now_ns() + kPatienceNs;
  AddNotify(answer, NotifyType::kAdditionalKeyExchange, followup.link);
}

// Our side of the round that the request asks for.
Result<crypto::KeyExchange::Answer> Respond(Core& core, const Incoming& request, uint16_t group) {
  VAM_TRY(const Bytes body, Only(request.payloads, PayloadType::kKe));
  VAM_TRY(const KeyExchangePayload ke, ParseKe(body));
  if (ke.group != group) return Err(ErrorCode::kMalformed, "a key exchange of another method");
  return crypto::KeyExchange::Respond(static_cast<crypto::Group>(group), ke.data, core.rng());
}

}  // namespace

std::vector<ChildOffer> OffersUnder(const IkeSa& sa, std::span<const ChildOffer> offers) {
  std::vector<ChildOffer> out(offers.begin(), offers.end());
  for (ChildOffer& offer : out) {
    if (offer.groups.empty()) continue;
    for (const uint16_t group : RoundsOf(sa.suite.additional_groups)) {
      offer.additional_groups.push_back({group, 0});
    }
  }
  return out;
}

std::vector<uint16_t> RoundsOf(std::span<const uint16_t> additional_groups) {
  std::vector<uint16_t> out(additional_groups.begin(), additional_groups.end());
  std::erase(out, uint16_t{0});
  return out;
}

Status BeginFollowup(Core& core, IkeSa& sa, std::vector<uint16_t> rounds, const Incoming& answer,
                     FollowupDone done) {
  const NotifyPayload* link = Find(answer.notifies, NotifyType::kAdditionalKeyExchange);
  if (link == nullptr) return Err(ErrorCode::kMalformed, "no link to the next key exchange");
  core.Begin(sa, std::make_unique<FollowupRequest>(std::move(rounds), link->data, std::move(done)));
  return Ok();
}

bool IsFollowing(const IkeSa& sa) {
  const auto is_one = [](const Request& request) {
    return request.type() == ExchangeType::kIkeFollowupKe;
  };
  return std::ranges::any_of(sa.waiting, [&](const auto& request) { return is_one(*request); }) ||
         std::ranges::any_of(sa.sent, [&](const auto& entry) { return is_one(*entry.second); });
}

bool MayAwaitFollowup(const IkeSa& sa) { return sa.followups.size() < kMaxAwaited; }

void AwaitFollowup(Core& core, IkeSa& sa, std::unique_ptr<Followup> followup,
                   MessageBuilder& answer) {
  Link(core, *followup, answer);
  sa.followups.push_back(std::move(followup));
  core.Touch(sa);
}

const Followup* AwaitedOfIke(const IkeSa& sa) {
  const auto found = std::ranges::find_if(
      sa.followups, [](const auto& followup) { return !followup->lowest_nonce.empty(); });
  return found == sa.followups.end() ? nullptr : found->get();
}

void AbandonOfIke(Core& core, IkeSa& sa) {
  const Followup* followup = AwaitedOfIke(sa);
  if (followup != nullptr) Take(sa, *followup)->abandon(core, sa);
}

void OnFollowupKe(Core& core, IkeSa& sa, const Incoming& request) {
  const NotifyPayload* link = Find(request.notifies, NotifyType::kAdditionalKeyExchange);
  Followup* const followup = link == nullptr ? nullptr : FindByLink(sa, link->data);
  if (followup == nullptr) {
    return core.AnswerWith(sa, request.header, NotifyType::kStateNotFound);
  }
  auto made = Respond(core, request, followup->groups.front());
  if (!made) {
    Take(sa, *followup)->abandon(core, sa);
    return core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
  }
  MessageBuilder message;
  AddKe(message, followup->groups.front(), made->own.public_data());
  followup->secrets.push_back(std::move(made->shared));
  followup->groups.erase(followup->groups.begin());
  if (!followup->groups.empty()) {
    Link(core, *followup, message);
    return core.Answer(sa, ExchangeType::kIkeFollowupKe, request.header.message_id, message);
  }
  const std::unique_ptr<Followup> last = Take(sa, *followup);
  last->finish(core, sa, request.header, std::move(message), Join(last->secrets)->bytes());
}

void ExpireFollowups(Core& core, IkeSa& sa) {
  while (FollowupDueNs(sa) <= core.now_ns()) {
    const auto first = std::ranges::min_element(
        sa.followups, {}, [](const auto& followup) { return followup->expires_ns; });
    Take(sa, **first)->abandon(core, sa);
  }
}

uint64_t FollowupDueNs(const IkeSa& sa) {
  uint64_t due = UINT64_MAX;
  for (const auto& followup : sa.followups) due = std::min(due, followup->expires_ns);
  return due;
}

}  // namespace vam::ike::v2
