#include "sw/ike/v2/clear.h"

#include <string>
#include <utility>
#include <variant>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/redirect_gateway.h"
#include "sw/ike/v2/sa_filter.h"

namespace vam::ike::v2 {
namespace {

uint32_t Clear(Core& core, const SaFilter& filter) {
  uint32_t cleared = 0;
  core.tickets().held.ForgetIf(
      [&filter](const HeldKey& key, const HeldTicket&) { return filter.MeansTicket(key); });
  // Nothing is taken out of the table before the turn ends.
  for (const auto& [spi, sa] : core.sas()) {
    if (sa->state == IkeSa::State::kGone || !filter.Means(*sa)) continue;
    DeleteIke(core, *sa, Cause::kClearedByOperator);
    ++cleared;
  }
  return cleared;
}

// Tells those peers that can go there. Sees to the error, a full sentence.
void Redirect(Core& core, const SaFilter& filter, const std::string& to, api::ClearReply& reply) {
  const auto gateway = net::Address::Parse(to);
  if (!gateway || !gateway->IsRoutableUnicast()) {
    return reply.set_error("No peer can be sent to this address: " + to + ".");
  }
  reply.set_told(0);
  for (const auto& [spi, sa] : core.sas()) {
    if (sa->state != IkeSa::State::kUp || !filter.Means(*sa)) continue;
    if (SendOn(core, *sa, *gateway)) {
      reply.set_told(reply.told() + 1);
    } else {
      reply.set_left(reply.left() + 1);
    }
  }
}

}  // namespace

uint32_t ClearIke(Core& core, const api::ClearRequest& request, const Names& names) {
  const auto filter = FilterOf(request, names);
  const auto* means = std::get_if<SaFilter>(&filter);
  return means == nullptr ? 0 : Clear(core, *means);
}

api::ClearReply AnswerClear(Core& core, Stats& stats, const Names& names,
                            const api::ClearRequest& request) {
  api::ClearReply reply;
  switch (request.kind()) {
    case api::CLEAR_IKEV2_STATS:
      stats.Clear();
      core.causes() = CauseCounters();
      core.tickets().counts = TicketCounts();
      return reply;
    case api::CLEAR_IKEV2_SA:
    case api::CLEAR_CRYPTO_SESSION: {
      auto filter = FilterOf(request, names);
      if (auto* error = std::get_if<std::string>(&filter)) {
        reply.set_error(std::move(*error));
      } else if (!request.redirect().empty()) {
        Redirect(core, std::get<SaFilter>(filter), request.redirect(), reply);
      } else {
        reply.set_cleared(Clear(core, std::get<SaFilter>(filter)));
      }
      return reply;
    }
    default:
      reply.set_error("IKEv2 has nothing of that kind to clear.");
      return reply;
  }
}

}  // namespace vam::ike::v2
