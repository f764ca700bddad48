// The text of a ticket (RFC 5723), as it stands under the seal; and the same bytes as a ticket that
// a stranger shows.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sw/base/check.h"
#include "sw/ike/v2/sa/ticket_keys.h"

namespace vam::ike::v2 {
namespace {

// Nobody without the key makes a ticket.
void AsTicket(Bytes input) {
  ManualClock clock(kNsPerSecond, 0);
  SeededRng rng(1);
  TicketKeys keys(clock, rng);
  keys.SetLife(kNsPerSecond);
  VAM_CHECK(!keys.Open(input));
  // Under the name of a key that is there.
  TicketState state;
  state.sk_d.Resize(InfoOf(state.suite.prf).bytes);
  auto sealed = keys.Seal(state);
  VAM_CHECK(sealed.has_value());
  if (input.size() <= kTicketHeadBytes) return;
  sealed->resize(kTicketHeadBytes);
  sealed->insert(sealed->end(), input.begin(), input.end());
  VAM_CHECK(!keys.Open(*sealed));
}

void AsText(Bytes input) {
  const auto state = DecodeTicket(input);
  if (!state) return;
  VAM_CHECK(state->sk_d.size() == InfoOf(state->suite.prf).bytes);
  VAM_CHECK(!state->peer_identity.empty() && !state->local_identity.empty());
  VAM_CHECK(state->suite.additional_groups.size() <= 7);
  const auto again = EncodeTicket(*state);
  // Longer ones than we write are under no seal of ours.
  VAM_CHECK(again ? std::ranges::equal(again->bytes(), input) : input.size() > kMaxTicketText);
}

}  // namespace
}  // namespace vam::ike::v2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxInput = 4'096;
  if (size > kMaxInput) return 0;
  const vam::Bytes input(data, size);
  vam::ike::v2::AsText(input);
  vam::ike::v2::AsTicket(input);
  return 0;
}
