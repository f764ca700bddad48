// Several readers of what the exchanges tell.
#ifndef VAM_SW_IKE_V2_JOURNALS_H_
#define VAM_SW_IKE_V2_JOURNALS_H_

#include <utility>
#include <vector>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Tells each of them, in their order. They must outlive it.
class Journals final : public Journal {
 public:
  explicit Journals(std::vector<Journal*> readers) : readers_(std::move(readers)) {}

  void IkeUp(const IkeSa& sa) override {
    for (Journal* one : readers_) one->IkeUp(sa);
  }
  void IkeDown(const IkeSa& sa, Cause cause, bool was_up) override {
    for (Journal* one : readers_) one->IkeDown(sa, cause, was_up);
  }
  void ChildUp(const IkeSa& sa, const ChildSa& child) override {
    for (Journal* one : readers_) one->ChildUp(sa, child);
  }
  void ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) override {
    for (Journal* one : readers_) one->ChildDown(sa, child, cause);
  }
  void IkeMoved(const IkeSa& sa) override {
    for (Journal* one : readers_) one->IkeMoved(sa);
  }
  void Installing(const api::SaInstall& install) override {
    for (Journal* one : readers_) one->Installing(install);
  }
  void Retransmitted(const IkeSa& sa) override {
    for (Journal* one : readers_) one->Retransmitted(sa);
  }
  void StateChange(const IkeSa& sa, IkeSa::State next) override {
    for (Journal* one : readers_) one->StateChange(sa, next);
  }
  void Packet(const Ends& ends, bool sent, Bytes message) override {
    for (Journal* one : readers_) one->Packet(ends, sent, message);
  }
  void WrongSelectors(const IkeSa& sa, const ChildSa& child, Bytes packet) override {
    for (Journal* one : readers_) one->WrongSelectors(sa, child, packet);
  }
  void SentOn(const Ends& ends, RedirectPhase phase, const net::Address& gateway) override {
    for (Journal* one : readers_) one->SentOn(ends, phase, gateway);
  }
  void Refused(const Ends& ends, Cause cause) override {
    for (Journal* one : readers_) one->Refused(ends, cause);
  }

 private:
  std::vector<Journal*> readers_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_JOURNALS_H_
