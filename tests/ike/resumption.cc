#include "tests/ike/resumption.h"

#include <algorithm>

#include "sw/ike/v2/wire/header.h"

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

Policy::Parts ResumablePolicy(const Tunnel& tunnel, const Changes& changes) {
  auto profile = ProfileOf(tunnel);
  profile->resumption_s = changes.resumption_s;
  profile->dpd = {.interval_s = 10, .retry_s = 2, .on_demand = false};
  if (changes.profile) changes.profile(*profile);
  Policy::Parts parts = PolicyWith(tunnel, profile);
  if (changes.parts) changes.parts(parts);
  return parts;
}

ResumptionNetwork::ResumptionNetwork(uint64_t seed, const Changes& of_a, const Changes& of_b)
    : Network(seed) {
  ConfigureA(of_a);
  ConfigureB(of_b);
  on_packet = [this](size_t, const Side& from, Buffer& bytes) {
    log.push_back({&from == &a, bytes});
    return !pass || pass(from, bytes);
  };
}

void ResumptionNetwork::Call() {
  a.Acquire(++policy_);
  Run();
}

void ResumptionNetwork::LoseSession() {
  for (const auto& [spi, sa] : b.machine.core().sas()) {
    b.machine.core().End(*sa, Cause::kInternal);
  }
  b.machine.Poll();
  Pass(60'000);
}

void ResumptionNetwork::RestartB(const Changes& changes) {
  Machine& machine = b.machine;
  std::destroy_at(&machine);
  std::construct_at(&machine,
                    Core::Parts{clock_b, b.rng, b.client, b.pki.signer, b.pki.revocation, b.record},
                    std::make_shared<const Policy>(Policy::Parts{}));
  ConfigureB(changes);
}

bool ResumptionNetwork::IsWhole() {
  return Mismatch().empty() && a.IkeSas() == 1 && b.IkeSas() == 1 && a.Up() != nullptr &&
         b.Up() != nullptr && a.Children() == 1 && b.Children() == 1;
}

ExchangeType TypeOf(Bytes message) {
  const auto header = ParseHeader(message);
  return header ? header->exchange : ExchangeType{0};
}

size_t ResumptionNetwork::CountOf(ExchangeType type) const {
  return static_cast<size_t>(
      std::ranges::count_if(log, [type](const Sent& sent) { return TypeOf(sent.bytes) == type; }));
}

Buffer ResumptionNetwork::LastOf(ExchangeType type, bool response) const {
  Buffer found;
  for (const Sent& sent : log) {
    const auto header = ParseHeader(sent.bytes);
    if (header && header->exchange == type && header->response == response) found = sent.bytes;
  }
  return found;
}

Buffer UnderAnotherSpi(Buffer message, uint64_t spi) {
  StoreBe64(message.data(), spi);
  return message;
}

}  // namespace vam::ike::test
