// What becomes of a child SA between the messages: its SPI, its engine, its end (design.md section
// 7, install order).
#ifndef VAM_SW_IKE_V2_EXCHANGE_CHILD_H_
#define VAM_SW_IKE_V2_EXCHANGE_CHILD_H_

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/keys/negotiation.h"

namespace vam::ike::v2 {

// Asks fwd for the SPI of a child that we propose; the IKE SA is flushed when it is there. A child
// that gets none goes.
void ReserveSpi(Core& core, IkeSa& sa, ChildSa& child);

// ---- as the one who proposes

// SA, TSi, TSr and what belongs to them.
void WriteChild(const ChildSa& child, std::span<const Proposal> proposals, MessageBuilder& message);
// What we propose for it: one proposal list, `with_group` outside of IKE_AUTH.
std::vector<Proposal> ProposalsOf(const IkeSa& sa, const ChildSa& child, bool with_group);

// The answer's payloads of the child: suite, selectors, SPI into `child`. kMalformed when it is not
// within what we proposed.
Status ReadChildAnswer(const Incoming& answer, std::span<const Proposal> proposals, ChildSa& child);

// Of the exchange that made the child.
struct ChildNonces {
  Bytes i, r;
};
// Keys, then inbound, then outbound (initiator's order), then it is up.
// `shared` and `additional`: of the exchange's key exchanges (DeriveChild).
Status InstallAsProposer(Core& core, IkeSa& sa, ChildSa& child, const ChildNonces& nonces,
                         Bytes shared, Bytes additional = {});

// ---- as the one who answers

struct ChildOffered {
  std::vector<Proposal> proposals;
  std::vector<TrafficSelector> local;   // TSr of the request
  std::vector<TrafficSelector> remote;  // TSi
  bool transport = false;               // USE_TRANSPORT_MODE
  uint16_t group = 0;                   // of its KE payload; 0: none
  bool with_group = false;
};
Result<ChildOffered> ReadChildOffer(const Incoming& request, bool with_group);

// What was chosen, before anything is asked of fwd.
struct ChildChoice {
  std::shared_ptr<const ChildConfig> config;
  uint32_t line = 0;
  ChildLine selectors;
  Choice<ChildSuite> choice;
  bool transport = false;
};
// The entries that its peer may propose children for.
std::vector<std::shared_ptr<const ChildConfig>> ConfiguredFor(const Core& core, const IkeSa& sa);
// kNotFound: NO_PROPOSAL_CHOSEN. kNoPolicy: TS_UNACCEPTABLE. `only`: the child that is rekeyed.
Result<ChildChoice> ChooseChild(const Core& core, const IkeSa& sa, const ChildOffered& offered,
                                const ChildSa* only);

// Opens the SA set (`replaces`: takes that child's), reserves the SPI, installs the inbound SA;
// then calls `done` with the child, or with null when it could not be (NO_ADDITIONAL_SAS). It is
// not called when the IKE SA ends meanwhile. `keys` null: they are not there yet, and nothing is
// installed before GoOnAccepted.
using ChildDone = std::function<void(Core& core, IkeSa& sa, ChildSa* child)>;
void AcceptChild(Core& core, IkeSa& sa, std::shared_ptr<const ChildChoice> choice,
                 uint32_t replaces, std::shared_ptr<const ChildKeys> keys, ChildDone done);
// The keys are there now. `done` as above.
void GoOnAccepted(Core& core, const IkeSa& sa, const ChildSa& child,
                  std::shared_ptr<const ChildKeys> keys, ChildDone done);
// The payloads of the answer.
void WriteAccepted(const ChildSa& child, const ChildChoice& choice, MessageBuilder& message);
// The answer went out.
void InstallOutbound(Core& core, IkeSa& sa, ChildSa& child, const ChildKeys& keys);

// The same, where it waits for the peer to use the child.
void InstallLater(Core& core, IkeSa& sa, ChildSa& child);
// The peer deletes the child: one that replaces it and waits goes out now. True: it is on its way,
// and until it is there the old one must carry.
bool InstallSuccessor(Core& core, IkeSa& sa, const ChildSa& child);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CHILD_H_
