// The IKE side of the messages with fwd (sw/api/fast.h), for both versions of IKE: requests and
// their answers, each answer to whoever asked.
#ifndef VAM_SW_IKE_FWD_CLIENT_H_
#define VAM_SW_IKE_FWD_CLIENT_H_

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "sw/api/fast.h"
#include "sw/api/message.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::ike {

// One thread. Nothing waits: an answer comes in a later call of Receive or DeliverRefused, never
// from within the request. A callback may begin other requests, and must find its SA by a number:
// by then it may be gone.
class FwdClient {
 public:
  // Carries one message to fwd. False: it could not be sent, and never will be.
  using Send = std::function<bool(api::MessageType, uint32_t request, Bytes payload)>;
  template <typename T>
  using Done = std::function<void(const Result<T>&)>;

  static constexpr size_t kMaxPending = 65'536;

  explicit FwdClient(Send send) : send_(std::move(send)) {}

  // The SA set for what a peer proposed.
  void Open(const api::PolicyOpen& message, Done<api::PolicyOpened> done);
  // Inbound SPIs.
  void Reserve(const api::SpiReserve& message, Done<api::SpiReserved> done);
  // An engine holds the SA. The value is its id.
  void Install(const api::SaInstall& message, Done<uint64_t> done);
  // The SA takes no more packets, or none after the drain time.
  void Delete(const api::SaDelete& message, Done<uint64_t> done);
  // The SA has other ends from now on. The value is its id.
  void Move(const api::SaMove& message, Done<uint64_t> done);
  // What became of an IKE SA of ours; there is no answer.
  void TellSpi(const api::IkeSpi& message);
  // By what the tags of cookies are made; there is no answer.
  void TellCookieKeys(const api::IkeCookieKeys& message);
  // An IKE message to a peer. `packet.length` is set here.
  void SendPacket(api::IkePacket packet, Bytes message);

  // An answer from fwd: true when it belongs to a request. False: it is none, or nobody asked.
  bool Receive(api::MessageType type, uint32_t request, Bytes payload);
  // Answers requests that could not be sent.
  void DeliverRefused();
  // fwd has gone, and with it every SA: all who wait get kUnavailable.
  void Lose();

  size_t pending() const { return pending_.size(); }
  // IKE messages and requests that the channel did not take.
  uint64_t unsent() const { return unsent_; }

 private:
  using Pending = std::variant<Done<api::PolicyOpened>, Done<api::SpiReserved>, Done<uint64_t>>;
  // What Install, Delete and Move wait for differs in its type of message alone.
  struct Waiting {
    api::MessageType answer;
    Pending done;
  };

  template <typename T, typename D>
  void Ask(api::MessageType type, api::MessageType answer, const T& message, D done);
  uint32_t NextRequest();

  Send send_;
  std::vector<std::function<void()>> refused_;
  std::unordered_map<uint32_t, Waiting> pending_;
  uint32_t next_request_ = 0;
  uint64_t unsent_ = 0;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_FWD_CLIENT_H_
