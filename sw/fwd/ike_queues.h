// Messages on their way to an IKE role: four bounded queues, so that neither first messages of
// nobody nor half-open exchanges keep those of IKE SAs that are up from the role (design.md,
// section 7), and first messages from forged addresses do not keep those that return a cookie.
#ifndef VAM_SW_FWD_IKE_QUEUES_H_
#define VAM_SW_FWD_IKE_QUEUES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/base/result.h"
#include "sw/ipsec/fixed_queue.h"

namespace vam::fwd {

// The fields of an IKE header by which fwd sorts (RFC 7296, 3.1). Versions above 2 and what is
// inside are for the role to judge.
struct IkeHead {
  uint64_t initiator_spi = 0;
  uint64_t responder_spi = 0;
  uint8_t major_version = 0;
  bool from_initiator = false;

  // The SPI that the receiver of the message chose; 0: none yet.
  uint64_t own_spi() const { return from_initiator ? responder_spi : initiator_spi; }
};

// kIkeMalformed: shorter than a header, a length field that is not the message's, version 0, or no
// initiator's SPI. kIkeNoRole: version 1, which no role speaks. kOk: `head` is filled.
struct IkeInspection {
  Reason reason = Reason::kOk;
  IkeHead head;
};
IkeInspection InspectIke(Bytes message);

// First in, first out, of whole messages; all memory is taken at the start.
class IkeMessageRing {
 public:
  IkeMessageRing(size_t messages, size_t bytes) : places_(messages), bytes_(bytes) {}

  // False: no room for it.
  bool Push(const api::IkePacket& head, Bytes message);
  // The struct and the message behind it. Requires: !empty().
  Bytes front();
  void Pop();
  size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }

 private:
  struct Place {
    size_t at = 0;
    size_t bytes = 0;
  };
  // Where so many bytes go in one piece; SIZE_MAX: nowhere.
  size_t FindRoom(size_t bytes);

  ipsec::FixedQueue<Place> places_;
  std::vector<uint8_t> bytes_;
  size_t end_ = 0;  // behind the newest
};

// Belongs to the worker. Offer takes the same time whatever is queued, and allocates nothing.
class IkeQueues {
 public:
  static constexpr size_t kMaxKnown = 1024;
  static constexpr size_t kMaxHalfOpen = 512;
  static constexpr size_t kMaxCookie = 256;
  static constexpr size_t kMaxNew = 256;
  static constexpr size_t kKnownBytes = 1024 * 1024;
  static constexpr size_t kHalfOpenBytes = 512 * 1024;
  static constexpr size_t kCookieBytes = 256 * 1024;
  static constexpr size_t kNewBytes = 256 * 1024;
  // While both wait, of so many messages with a cookie and new ones one is new: whoever repeats a
  // good cookie does not shut out those who have none yet.
  static constexpr unsigned kOneNewIn = 4;
  static constexpr size_t kMaxSpis = 131'072;

  IkeQueues();

  // A role came or went: messages and SPIs were the last one's. Without a role Offer ends every
  // message with kIkeNoRole.
  void Reset(bool present);
  bool present() const { return present_; }

  // What the role says of an SPI of its own. kInvalidArgument: SPI 0 or no such state. kExhausted:
  // kMaxSpis are known; messages of this one are sorted as new ones.
  Status SetSpi(uint64_t spi, api::IkeSpiState state);
  size_t spis() const { return spis_.size(); }
  // By what the role marks its cookies. Until it says so no message has a good one.
  void SetCookieKeys(const api::IkeCookieKeys& keys) { cookie_keys_ = keys; }

  // A message from the wire, without the non-ESP marker. `ends` and `flags` are its own; the class
  // is found here. kOk: it is queued. Else why not: InspectIke's, or its queue is full.
  Reason Offer(const api::FastEndpoints& ends, uint16_t flags, Bytes message);

  // The next message for the role as kIkePacket carries it: of SAs that are up, then half-open
  // ones, then with a cookie, then new ones (kOneNewIn). Empty: none. It holds until Pop or the
  // next Offer.
  Bytes Front();
  void Pop();

  struct Counts {
    uint64_t queued = 0;
    uint64_t taken = 0;
    uint64_t dropped = 0;    // no room
    uint64_t forgotten = 0;  // when their role went
  };
  const Counts& counts(api::IkeClass of) const { return At(of).counts; }
  size_t waiting(api::IkeClass of) const { return At(of).ring.size(); }

 private:
  struct Queue {
    Queue(Reason overflow, size_t messages, size_t bytes) : ring(messages, bytes), full(overflow) {}
    IkeMessageRing ring;
    Reason full;
    Counts counts;
  };
  const Queue& At(api::IkeClass of) const { return queues_[static_cast<size_t>(of) - 1]; }
  api::IkeClass ClassOf(const IkeHead& head, const api::FastEndpoints& ends, Bytes message) const;
  bool HasGoodCookie(const IkeHead& head, const api::FastEndpoints& ends, Bytes message) const;
  Queue* First();

  std::array<Queue, 4> queues_;  // by IkeClass, in the order in which they are served
  std::unordered_map<uint64_t, api::IkeSpiState> spis_;
  std::optional<api::IkeCookieKeys> cookie_keys_;
  unsigned turn_ = 0;  // among messages with a cookie and new ones
  bool present_ = false;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_IKE_QUEUES_H_
