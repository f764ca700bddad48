// show crypto ikev2 stats, show crypto ikev2 diagnose error.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "sw/ike/v2/show.h"

namespace vam::ike::v2 {
namespace {

constexpr std::array<std::string_view, 6> kStates{"init", "half_open", "auth",
                                                  "up",   "replaced",  "deleting"};

// As gateway.
constexpr std::array kTicketRefusals{
    Cause::kTicketUnknownKey, Cause::kTicketForged,    Cause::kTicketExpired,  Cause::kTicketUsed,
    Cause::kTicketPolicy,     Cause::kTicketTableFull, Cause::kTicketIdentity,
};

void FillSides(const Core& core, const Stats& stats, api::Ikev2Stats& show) {
  show.mutable_incoming()->set_established(stats.incoming().established);
  show.mutable_incoming()->set_failed(stats.incoming().failed);
  show.mutable_outgoing()->set_established(stats.outgoing().established);
  show.mutable_outgoing()->set_failed(stats.outgoing().failed);
  for (const std::string_view name : kStates) show.add_state()->set_state(std::string(name));
  uint32_t children = 0;
  for (const auto& [spi, sa] : core.sas()) {
    if (sa->state == IkeSa::State::kGone) continue;
    api::Ikev2StateCount& state = *show.mutable_state(static_cast<int>(sa->state));
    if (sa->initiator) {
      state.set_outgoing(state.outgoing() + 1);
    } else {
      state.set_incoming(state.incoming() + 1);
    }
    api::Ikev2Direction& side = sa->initiator ? *show.mutable_outgoing() : *show.mutable_incoming();
    if (sa->up_ns != 0) {
      side.set_active(side.active() + 1);
    } else {
      side.set_negotiating(side.negotiating() + 1);
    }
    children += static_cast<uint32_t>(
        std::ranges::count_if(sa->children, [](const auto& child) { return child->carries(); }));
  }
  show.set_children(children);
}

void FillRetransmit(const RetryPolicy& retry, api::Ikev2Retransmit& show) {
  show.set_timeout_ms(static_cast<uint32_t>(retry.first_ns / kNsPerMs));
  show.set_base_percent(retry.factor_percent);
  show.set_tries(retry.tries);
  show.set_limit_seconds(static_cast<uint32_t>(retry.limit_ns / kNsPerSecond));
  show.set_given_up_ms(retry.GivenUpAfterNs() / kNsPerMs);
}

void FillExchanges(const Stats& stats, api::Ikev2Stats& show) {
  for (size_t i = 0; i < Stats::kExchanges.size(); ++i) {
    const Stats::Exchange& counted = stats.exchanges()[i];
    api::Ikev2Exchange& row = *show.add_exchange();
    row.set_name(std::string(Stats::kExchanges[i]));
    row.set_sent_requests(counted.sent_requests);
    row.set_sent_responses(counted.sent_responses);
    row.set_received_requests(counted.received_requests);
    row.set_received_responses(counted.received_responses);
  }
}

void FillCauses(const CauseCounters& causes, api::Ikev2Stats& show) {
  for (size_t i = 0; i < kCauses; ++i) {
    const auto cause = static_cast<Cause>(i);
    if (causes.of(cause) == 0) continue;
    api::ReasonCount& row = *show.add_cause();
    row.set_reason(std::string(Name(cause)));
    row.set_packets(causes.of(cause));
  }
}

void FillHistogram(const Histogram& from, api::DurationHistogram& show) {
  for (const uint64_t bound_ns : Histogram::kBoundsNs) {
    show.add_bound_seconds(static_cast<double>(bound_ns) / static_cast<double>(kNsPerSecond));
  }
  for (const uint64_t count : from.counts()) show.add_count(count);
  show.set_sum_seconds(static_cast<double>(from.sum_ns()) / static_cast<double>(kNsPerSecond));
}

void FillTimings(const Timings& timings, api::Ikev2Stats& show) {
  using What = Timings::What;
  FillHistogram(timings.of(What::kSetUpAsInitiator), *show.mutable_setup_as_initiator());
  FillHistogram(timings.of(What::kSetUpAsResponder), *show.mutable_setup_as_responder());
  FillHistogram(timings.of(What::kChildSetUp), *show.mutable_child_setup());
  FillHistogram(timings.of(What::kIkeRekey), *show.mutable_ike_rekey());
  FillHistogram(timings.of(What::kChildRekey), *show.mutable_child_rekey());
}

void FillResumption(const Core& core, api::Ikev2Resumption& show) {
  const TicketCounts& counts = core.tickets().counts;
  show.set_tickets_asked(counts.asked);
  show.set_tickets_received(counts.received);
  show.set_tickets_held(static_cast<uint32_t>(core.tickets().held.size()));
  show.set_started(counts.started);
  show.set_succeeded(counts.succeeded);
  show.set_fell_back(counts.fell_back);
  show.set_tickets_requested(counts.requested);
  show.set_tickets_given(counts.given);
  show.set_tickets_presented(counts.presented);
  show.set_accepted(counts.accepted);
  show.set_used_remembered(static_cast<uint32_t>(core.tickets().used.size()));
  show.set_used_capacity(UsedTickets::kMost);
  for (const Cause cause : kTicketRefusals) {
    if (core.causes().of(cause) == 0) continue;
    api::ReasonCount& row = *show.add_refused();
    row.set_reason(std::string(Name(cause)));
    row.set_packets(core.causes().of(cause));
  }
}

void FillRedirects(const Stats& stats, api::Ikev2Redirects& show) {
  const auto of = [&stats](RedirectPhase phase) {
    return stats.sent_on()[static_cast<size_t>(phase)];
  };
  show.set_init(of(RedirectPhase::kInit));
  show.set_auth(of(RedirectPhase::kAuth));
  show.set_active(of(RedirectPhase::kActive));
}

}  // namespace

void FillIkev2Stats(const Core& core, const Stats& stats, api::ShowReply& reply) {
  api::Ikev2Stats& show = *reply.mutable_ikev2_stats();
  const Settings& settings = core.policy().settings();
  show.set_maximum_sas(settings.max_ike_sas);
  show.set_maximum_half_open(settings.max_half_open);
  show.set_cookies_above(settings.cookie_above);
  show.set_half_open(static_cast<uint32_t>(core.half_open()));
  FillRetransmit(settings.retry, *show.mutable_retransmit());
  FillSides(core, stats, show);
  show.set_ike_rekeys(stats.ike_rekeys());
  show.set_children_up(stats.children_up());
  show.set_children_down(stats.children_down());
  show.set_cookie_challenges(core.causes().of(Cause::kCookieWanted));
  show.set_wrong_cookies(core.causes().of(Cause::kWrongCookie));
  show.set_unsent(core.unsent());
  show.set_retransmissions(stats.retransmissions());
  show.set_addresses_in_use(core.leases().in_use());
  show.set_addresses_given(core.leases().given());
  show.set_addresses_refused(core.causes().of(Cause::kNoAddress));
  show.set_addresses_not_asked(core.causes().of(Cause::kAddressNotAsked));
  FillResumption(core, *show.mutable_resumption());
  FillRedirects(stats, *show.mutable_redirects());
  FillTimings(stats.timings(), show);
  FillExchanges(stats, show);
  FillCauses(core.causes(), show);
}

void FillIkev2Errors(const Stats& stats, api::ShowReply& reply, const Names& names) {
  api::Ikev2Errors& show = *reply.mutable_ikev2_errors();
  show.set_total(stats.total_errors());
  show.set_capacity(Stats::kMostFailures + Stats::kMostRefusals);
  for (const Stats::Fault& fault : stats.errors()) {
    api::Ikev2Error& row = *show.add_error();
    row.set_wall_ns(fault.wall_ns);
    row.set_cause(std::string(Name(fault.cause)));
    row.set_text(std::string(Meaning(fault.cause)));
    if (!fault.why.empty()) row.mutable_text()->append(": " + fault.why);
    row.set_local(net::ToString(fault.ends.local));
    row.set_local_port(fault.ends.local_port);
    row.set_remote(net::ToString(fault.ends.remote));
    row.set_remote_port(fault.ends.remote_port);
    row.set_front_vrf(names.Vrf(fault.ends.front_vrf));
    row.set_remote_id(fault.remote_id);
    row.set_profile(fault.profile);
    row.set_times(fault.times);
  }
}

}  // namespace vam::ike::v2
