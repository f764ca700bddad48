// The states that an IKE SA can be in, and how it gets there.
#ifndef VAM_TESTS_IKE_STAGES_H_
#define VAM_TESTS_IKE_STAGES_H_

#include "tests/ike/network.h"

namespace vam::ike::test {

enum class Stage {
  kInit,                // initiator, IKE_SA_INIT is out
  kResumeOut,           // initiator, IKE_SESSION_RESUME is out
  kHalfOpen,            // responder, awaits IKE_AUTH
  kIntermediateOut,     // initiator, IKE_INTERMEDIATE is out
  kIntermediateAwaits,  // responder, awaits IKE_INTERMEDIATE
  kAuthOut,             // initiator, IKE_AUTH is out
  kUp,
  kChildRekeyOut,   // CREATE_CHILD_SA is out
  kIkeRekeyOut,     // the same, for the IKE SA
  kFollowupOut,     // IKE_FOLLOWUP_KE is out
  kFollowupAwaits,  // awaits IKE_FOLLOWUP_KE
  kDeleting,        // the peer is told
  kRekeyed,         // the peer has a new one
};
inline constexpr Stage kStages[] = {
    Stage::kInit,
    Stage::kResumeOut,
    Stage::kHalfOpen,
    Stage::kIntermediateOut,
    Stage::kIntermediateAwaits,
    Stage::kAuthOut,
    Stage::kUp,
    Stage::kChildRekeyOut,
    Stage::kIkeRekeyOut,
    Stage::kFollowupOut,
    Stage::kFollowupAwaits,
    Stage::kDeleting,
    Stage::kRekeyed,
};
// Without "k".
const char* NameOf(Stage stage);
// It has no keys yet.
inline bool IsKeyless(Stage stage) { return stage == Stage::kInit || stage == Stage::kResumeOut; }

// Brings a new network there, and returns the side whose IKE SA it is. a called; the network is
// silent from there on.
Side& Reach(Network& net, Stage stage);
// That IKE SA.
v2::IkeSa& SaAt(Side& side, Stage stage);

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_STAGES_H_
