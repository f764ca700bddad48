// Parts that the show answers of the forwarder are made of.
#ifndef VAM_SW_FWD_SHOW_PARTS_H_
#define VAM_SW_FWD_SHOW_PARTS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/fwd/show.h"

namespace vam::fwd {

// The reasons that have occurred.
void AddReasons(const std::array<Counter, 256>& counters,
                google::protobuf::RepeatedPtrField<api::ReasonCount>* out);
void AddReasons(const FewReasons& counters,
                google::protobuf::RepeatedPtrField<api::ReasonCount>* out);

// An empty filter admits everything.
inline bool Wanted(const std::string& filter, const std::string& value) {
  return filter.empty() || filter == value;
}

// Counts what a piece costs. At least one row is looked at in each, so an answer always ends.
class Budget {
 public:
  // `clock` null: counts alone.
  Budget(const Clock* clock, uint32_t limit)
      : clock_(clock),
        rows_(limit == 0 ? kMostRows : std::min(limit, kMostRows)),
        deadline_ns_(clock == nullptr ? 0 : clock->MonotonicNs() + kPieceNs) {}

  void Look() { ++looked_; }
  void Row() { ++shown_; }
  bool spent() const {
    if (looked_ == 0) return false;
    if (shown_ >= rows_ || looked_ >= kMostLookedAt) return true;
    return clock_ != nullptr && clock_->MonotonicNs() > deadline_ns_;
  }

 private:
  const Clock* clock_;
  uint32_t rows_;
  uint64_t deadline_ns_;
  uint32_t looked_ = 0, shown_ = 0;
};

// Each fills the piece of its answer that `request` asks for, and `next` when there is more.
void ShowIpsecSa(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply);
void ShowCryptoEngine(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply);
void ShowSaPlacements(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply);
void ShowInterfaces(const ShowSources& s, const api::ShowRequest& request, api::Interfaces* out);
void ShowIpRoute(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply);
void ShowArp(const ShowSources& s, api::Arp* out);
void ShowNeighbors(const ShowSources& s, const api::ShowRequest& request, api::Neighbors* out);
// How often lines of access lists matched, those that did.
void ShowMatches(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply);
void ShowReasons(const ShowSources& s, api::Reasons* out);

// The SAs that the piece of ShowIpsecSa will quote.
std::vector<uint64_t> IpsecSasOf(const ShowSources& s, const api::ShowRequest& request);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SHOW_PARTS_H_
