// Invalid SPIs and selectors: what fwd saw of packets that were dropped, said to the peer that sent
// them; and what peers say of ours (RFC 7296, 1.5, 2.21.4, 3.10.1; DP-25 to DP-28, ASA-23 to
// ASA-25).
#ifndef VAM_SW_IKE_V2_EXCHANGE_PACKET_FAULT_H_
#define VAM_SW_IKE_V2_EXCHANGE_PACKET_FAULT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// One thread. Packets with SPIs of chance and the addresses of peers can be sent by anybody: what
// follows from them is bounded for each peer and for all, and costs nobody an IKE SA who is not a
// peer of ours.
class FaultNotices {
 public:
  static constexpr uint32_t kPerSecond = 100;                 // of whatever kind, in all
  static constexpr uint32_t kPerSecondOfOne = 10;             // of one address
  static constexpr size_t kMostAddresses = 4'096;             // whose limits are remembered
  static constexpr uint64_t kSelectorsNs = 5 * kNsPerSecond;  // of one SA (ASA-24)
  // Recovery (DP-28): calls on one peer, and on all.
  static constexpr uint64_t kCallAgainNs = 60 * kNsPerSecond;
  static constexpr uint32_t kCallsPerSecond = 5;

  // Begins an IKE SA with a peer; null: there are too many.
  using Call = std::function<IkeSa*(const ChildConfig& config, const net::Address& peer,
                                    uint32_t interface)>;
  // `core` must outlive it.
  FaultNotices(Core& core, Call call) : core_(core), call_(std::move(call)) {}

  // What fwd saw. An unknown SPI is told by the IKE SA with the sender; without one nothing is
  // done, but by `crypto isakmp invalid-spi-recovery` an IKE SA is begun, with the first child of
  // the entry whose peer the sender is.
  void OnFault(const api::PacketFault& fault);
  // A request of an IKE SA that is not there, or of another major version: the sender is told in
  // clear, which says no more to it than that it may look after its own IKE SA (1.5).
  void AnswerUnknown(const Ends& ends, const Header& request, NotifyType type);
  // INVALID_SPI in clear: a hint, for anybody could have sent it. A peer that has an SA of ours
  // with this SPI is asked whether it lives.
  void OnHint(const Ends& ends, const Header& header, std::span<const NotifyPayload> notifies);

 private:
  struct Limit {
    uint64_t second_ns = 0;  // when its present second began
    uint32_t done = 0;       // in it
    bool Take(uint64_t now_ns, uint32_t most);
  };
  struct OfOne {
    Limit limit;
    uint64_t called_ns = 0;  // 0: never
  };
  // Null: not now.
  OfOne* MayAct(const net::Address& remote);
  IkeSa* Find(const Ends& ends);
  void TellSpi(const Ends& ends, uint32_t spi);
  void TellSelectors(const api::PacketFault& fault);
  // The entry for the sender, by its address or by a name that stands for it at present. Null:
  // none, or recovery is off.
  std::shared_ptr<const ChildConfig> RecoveredBy(const Ends& ends) const;
  void Recover(const std::shared_ptr<const ChildConfig>& config, const Ends& ends, uint32_t spi,
               OfOne& peer);
  void CallAndTell(const std::shared_ptr<const ChildConfig>& config, const Ends& ends,
                   uint64_t policy, uint32_t spi);

  Core& core_;
  Call call_;
  Limit all_, calls_;
  std::unordered_map<net::Address, OfOne, net::AddressHash> by_address_;
};

// What a peer says in a request that is protected. INVALID_SPI: the child that sends by this SPI
// goes, and the next packet has another one made (DP-27). INVALID_SELECTORS is told to operators.
void ReadNotices(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_PACKET_FAULT_H_
