#include "sw/ike/v2/exchange/intermediate.h"

#include <memory>
#include <optional>
#include <utility>

#include "sw/ike/v2/exchange/auth.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/keys/int_auth.h"

namespace vam::ike::v2 {

namespace {

// The method of the next round. 0: there is none.
uint16_t NextGroup(const IkeSa& sa) {
  // The ticket's key has the secrets of all of them (RFC 5723, 5.1).
  if (sa.setup->resuming != nullptr) return 0;
  uint32_t round = 0;
  for (const uint16_t group : sa.suite.additional_groups) {
    if (group != 0 && round++ == sa.setup->intermediate.rounds) return group;
  }
  return 0;
}

// A message of the initiator's, or of the responder's.
Status Cover(IkeSa& sa, bool of_initiator, Bytes covered) {
  IntermediateState& state = sa.setup->intermediate;
  std::vector<uint8_t>& last = of_initiator ? state.int_auth_i : state.int_auth_r;
  VAM_TRY(last,
          NextIntAuth(sa.suite.prf, of_initiator ? sa.keys.pi() : sa.keys.pr(), last, covered));
  return Ok();
}

// The round is done: new keys for all that follows (RFC 9370, 2.2.2).
Status Update(IkeSa& sa, Bytes shared) {
  const Setup& setup = *sa.setup;
  VAM_TRY(IkeKeys keys,
          DeriveAdditional(sa.suite, sa.keys.d(),
                           {setup.nonce_i, setup.nonce_r, sa.spi_i(), sa.spi_r()}, shared));
  IntermediateState& state = sa.setup->intermediate;
  ++state.rounds;
  if (!sa.initiator) state.former = std::make_unique<const IkeKeys>(std::move(sa.keys));
  sa.keys = std::move(keys);
  sa.counter = {};
  return Ok();
}

class IntermediateRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeIntermediate; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  std::optional<crypto::KeyExchange> exchange_;
};

bool IntermediateRequest::Write(Core& core, IkeSa& sa, MessageBuilder& message) {
  const uint16_t group = NextGroup(sa);
  auto started = crypto::KeyExchange::Start(static_cast<crypto::Group>(group), core.rng());
  if (!started) {
    core.End(sa, Cause::kInternal);
    return false;
  }
  exchange_ = std::move(*started);
  AddKe(message, group, exchange_->public_data());
  return true;
}

void IntermediateRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (FindRefusal(answer) != nullptr) return core.End(sa, Cause::kRefusedByPeer);
  const auto shared = FinishExchange(answer, NextGroup(sa), *exchange_);
  if (!shared) return core.End(sa, Cause::kBadKeyExchange);
  if (!Cover(sa, /*of_initiator=*/false, answer.raw) || !Update(sa, shared->bytes())) {
    return core.End(sa, Cause::kInternal);
  }
  BeginIntermediate(core, sa);
}

}  // namespace

void BeginIntermediate(Core& core, IkeSa& sa) {
  if (NextGroup(sa) == 0) return BeginAuth(core, sa);
  core.Begin(sa, std::make_unique<IntermediateRequest>());
}

bool AwaitsIntermediate(const IkeSa& sa) { return NextGroup(sa) != 0; }

void OnIntermediate(Core& core, IkeSa& sa, const Incoming& request) {
  const uint32_t id = request.header.message_id;
  const auto refuse = [&](Cause cause) {
    core.AnswerWith(sa, request.header, NotifyType::kInvalidSyntax);
    core.End(sa, cause);
  };
  const auto body = Only(request.payloads, PayloadType::kKe);
  if (!body) return refuse(Cause::kMalformed);
  const auto ke = ParseKe(*body);
  if (!ke) return refuse(Cause::kMalformed);
  // It was agreed on: another one is no question of taste any more.
  if (ke->group != NextGroup(sa)) return refuse(Cause::kWrongGroup);
  const auto made =
      crypto::KeyExchange::Respond(static_cast<crypto::Group>(ke->group), ke->data, core.rng());
  if (!made) return refuse(Cause::kBadKeyExchange);
  if (!Cover(sa, /*of_initiator=*/true, request.raw)) return core.End(sa, Cause::kInternal);
  MessageBuilder message;
  AddKe(message, ke->group, made->own.public_data());
  core.Answer(sa, ExchangeType::kIkeIntermediate, id, message);
  if (sa.state == IkeSa::State::kGone) return;
  if (!Update(sa, made->shared.bytes())) return core.End(sa, Cause::kInternal);
  sa.setup->intermediate.former_id = id;
}

SkKeys InboundKeysOf(const IkeSa& sa, uint32_t id) {
  const IntermediateState* state = sa.setup == nullptr ? nullptr : &sa.setup->intermediate;
  if (state == nullptr || state->former == nullptr || id != state->former_id) return sa.inbound();
  return {sa.suite.cipher, sa.suite.integrity, state->former->ei(), state->former->ai()};
}

Status NoteSentIntermediate(IkeSa& sa, const Header& header, PayloadType first, Bytes inner) {
  return Cover(sa, sa.initiator, CoveredByIntAuth(header, first, inner));
}

std::vector<uint8_t> IntAuthOf(const IkeSa& sa) {
  const IntermediateState& state = sa.setup->intermediate;
  if (state.rounds == 0) return {};
  std::vector<uint8_t> out = state.int_auth_i;
  out.insert(out.end(), state.int_auth_r.begin(), state.int_auth_r.end());
  // The message number of the first IKE_AUTH, behind IKE_SA_INIT's and one for each round.
  const uint32_t id = 1 + state.rounds;
  out.resize(out.size() + sizeof id);
  StoreBe32(out.data() + out.size() - sizeof id, id);
  return out;
}

}  // namespace vam::ike::v2
