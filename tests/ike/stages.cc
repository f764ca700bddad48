#include "tests/ike/stages.h"

#include "sw/base/check.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "tests/ike/forge.h"
#include "tests/ike/resumption.h"

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

namespace {

// With an additional key exchange, of children too.
Policy::Parts HybridPolicy(const Tunnel& tunnel) {
  Policy::Parts parts =
      Changed(tunnel, [](ChildConfig& child) { child.offers.front().groups = {19}; });
  parts.ike.front().offers.front().additional_groups = {{20}};
  return parts;
}

bool IsHybrid(Stage stage) {
  return stage == Stage::kIntermediateOut || stage == Stage::kIntermediateAwaits ||
         stage == Stage::kFollowupOut || stage == Stage::kFollowupAwaits;
}

// b has lost the session, and a knows.
void LoseSession(Network& net) {
  for (const auto& [spi, sa] : net.b.machine.core().sas()) {
    net.b.machine.core().End(*sa, Cause::kInternal);
  }
  net.b.machine.Poll();
  net.Pass(60'000);
  VAM_CHECK(net.a.IkeSas() == 0);
}

void StartChildRekey(Side& side) {
  side.Event(side.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
}

void StartIkeRekey(Side& side) {
  RekeyIke(side.machine.core(), *side.Up());
  side.machine.Poll();
}

}  // namespace

const char* NameOf(Stage stage) {
  switch (stage) {
    case Stage::kInit:
      return "Init";
    case Stage::kResumeOut:
      return "ResumeOut";
    case Stage::kHalfOpen:
      return "HalfOpen";
    case Stage::kIntermediateOut:
      return "IntermediateOut";
    case Stage::kIntermediateAwaits:
      return "IntermediateAwaits";
    case Stage::kAuthOut:
      return "AuthOut";
    case Stage::kUp:
      return "Up";
    case Stage::kChildRekeyOut:
      return "ChildRekeyOut";
    case Stage::kIkeRekeyOut:
      return "IkeRekeyOut";
    case Stage::kFollowupOut:
      return "FollowupOut";
    case Stage::kFollowupAwaits:
      return "FollowupAwaits";
    case Stage::kDeleting:
      return "Deleting";
    case Stage::kRekeyed:
      return "Rekeyed";
  }
  return "";
}

Side& Reach(Network& net, Stage stage) {
  if (IsHybrid(stage)) {
    net.a.SetPolicy(HybridPolicy(TunnelOfA()));
    net.b.SetPolicy(HybridPolicy(TunnelOfB()));
  }
  if (stage == Stage::kResumeOut) {
    net.a.SetPolicy(ResumablePolicy(TunnelOfA(), {}));
    net.b.SetPolicy(ResumablePolicy(TunnelOfB(), {}));
    net.a.Acquire(1);
    net.Run();
    LoseSession(net);
  }
  // So many packets get there; UINT32_MAX: all.
  size_t before = UINT32_MAX;
  if (IsKeyless(stage)) before = 0;
  if (stage == Stage::kHalfOpen || stage == Stage::kIntermediateOut ||
      stage == Stage::kIntermediateAwaits || stage == Stage::kAuthOut) {
    before = 2;
  }
  PassOnly(net, net.packets() + before);
  net.a.Acquire(stage == Stage::kResumeOut ? 2 : 1);
  net.Pass(10);
  size_t after = 0;
  switch (stage) {
    case Stage::kChildRekeyOut:
    case Stage::kIkeRekeyOut:
    case Stage::kDeleting:
    case Stage::kUp:
      break;
    case Stage::kFollowupOut:
    case Stage::kFollowupAwaits:
    case Stage::kRekeyed:
      after = 2;
      break;
    default:
      return stage == Stage::kHalfOpen || stage == Stage::kIntermediateAwaits ? net.b : net.a;
  }
  VAM_CHECK(net.a.Up() != nullptr && net.b.Up() != nullptr);
  PassOnly(net, net.packets() + after);
  if (stage == Stage::kDeleting) {
    DeleteIke(net.a.machine.core(), *net.a.Up(), Cause::kDeletedByUs);
    net.a.machine.Poll();
  } else if (stage == Stage::kIkeRekeyOut || stage == Stage::kRekeyed) {
    StartIkeRekey(net.a);
  } else if (stage != Stage::kUp) {
    StartChildRekey(net.a);
  }
  net.Pass(10);
  return stage == Stage::kUp || stage == Stage::kRekeyed || stage == Stage::kFollowupAwaits ? net.b
                                                                                            : net.a;
}

IkeSa& SaAt(Side& side, Stage stage) {
  for (const auto& [spi, sa] : side.machine.core().sas()) {
    const bool is_it = stage == Stage::kRekeyed       ? sa->state == IkeSa::State::kReplaced
                       : stage == Stage::kIkeRekeyOut ? sa->state == IkeSa::State::kUp
                                                      : true;
    if (is_it) return *sa;
  }
  VAM_CHECK(false);
}

}  // namespace vam::ike::test
