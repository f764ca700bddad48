#include "sw/fwd/ike_queues.h"

#include <algorithm>

#include "sw/api/cookie_tag.h"
#include "sw/api/fast_address.h"
#include "sw/base/check.h"

namespace vam::fwd {

namespace {

using api::IkeClass;
using api::IkeSpiState;

constexpr size_t kIkeHeaderBytes = 28;
constexpr size_t kVersionAt = 17;
constexpr size_t kFlagsAt = 19;
constexpr size_t kLengthAt = 24;
constexpr uint8_t kFromInitiator = 0x08;
// Of a first message with a cookie, which stands before all else (RFC 7296, 2.6, 3.10).
constexpr size_t kNextPayloadAt = 16;
constexpr size_t kExchangeAt = 18;
constexpr uint8_t kNotifyPayload = 41;
constexpr uint8_t kIkeSaInit = 34;
constexpr uint8_t kIkeSessionResume = 38;
constexpr uint16_t kCookieNotify = 16390;
constexpr size_t kNotifyHeadBytes = 8;

}  // namespace

IkeInspection InspectIke(Bytes message) {
  IkeInspection seen;
  seen.reason = Reason::kIkeMalformed;
  if (message.size() < kIkeHeaderBytes) return seen;
  if (LoadBe32(&message[kLengthAt]) != message.size()) return seen;
  seen.head.initiator_spi = LoadBe64(message.data());
  seen.head.responder_spi = LoadBe64(&message[8]);
  seen.head.major_version = message[kVersionAt] >> 4;
  seen.head.from_initiator = (message[kFlagsAt] & kFromInitiator) != 0;
  if (seen.head.initiator_spi == 0 || seen.head.major_version == 0) return seen;
  seen.reason = seen.head.major_version == 1 ? Reason::kIkeNoRole : Reason::kOk;
  return seen;
}

// Messages lie in one piece, the oldest first; behind the end of the memory it begins anew.
size_t IkeMessageRing::FindRoom(size_t bytes) {
  if (places_.empty()) return bytes <= bytes_.size() ? 0 : SIZE_MAX;
  const size_t begin = places_.front().at;
  const bool wrapped = end_ <= begin;
  if (wrapped) return bytes <= begin - end_ ? end_ : SIZE_MAX;
  if (bytes <= bytes_.size() - end_) return end_;
  return bytes <= begin ? 0 : SIZE_MAX;
}

bool IkeMessageRing::Push(const api::IkePacket& head, Bytes message) {
  if (places_.free_places() == 0) return false;
  const size_t bytes = sizeof head + message.size();
  const size_t at = FindRoom(bytes);
  if (at == SIZE_MAX) return false;
  std::ranges::copy(api::EncodeFast(head), &bytes_[at]);
  std::ranges::copy(message, &bytes_[at] + sizeof head);
  places_.Push({at, bytes});
  end_ = at + bytes;
  return true;
}

Bytes IkeMessageRing::front() {
  const Place& place = places_.front();
  return Bytes(bytes_).subspan(place.at, place.bytes);
}

void IkeMessageRing::Pop() { places_.Pop(); }

IkeQueues::IkeQueues()
    : queues_{Queue(Reason::kIkeKnownFull, kMaxKnown, kKnownBytes),
              Queue(Reason::kIkeHalfOpenFull, kMaxHalfOpen, kHalfOpenBytes),
              Queue(Reason::kIkeNewFull, kMaxCookie, kCookieBytes),
              Queue(Reason::kIkeNewFull, kMaxNew, kNewBytes)} {}

void IkeQueues::Reset(bool present) {
  present_ = present;
  spis_.clear();
  cookie_keys_.reset();
  for (Queue& queue : queues_) {
    queue.counts.forgotten += queue.ring.size();
    while (!queue.ring.empty()) queue.ring.Pop();
  }
}

Status IkeQueues::SetSpi(uint64_t spi, IkeSpiState state) {
  if (spi == 0) return Err(ErrorCode::kInvalidArgument, "IKE SPI 0");
  switch (state) {
    case IkeSpiState::kGone:
      spis_.erase(spi);
      return Ok();
    case IkeSpiState::kHalfOpen:
    case IkeSpiState::kUp:
      if (spis_.size() >= kMaxSpis && !spis_.contains(spi)) {
        return Err(ErrorCode::kExhausted, "too many IKE SPIs");
      }
      spis_[spi] = state;
      return Ok();
  }
  return Err(ErrorCode::kInvalidArgument, "no such state of an IKE SPI");
}

// The role looks at the whole cookie again: here it only chooses the queue.
bool IkeQueues::HasGoodCookie(const IkeHead& head, const api::FastEndpoints& ends,
                              Bytes message) const {
  constexpr size_t kNotifyBytes = kNotifyHeadBytes + api::kCookieBytes;
  if (!cookie_keys_ || !head.from_initiator || head.responder_spi != 0) return false;
  if (message.size() < kIkeHeaderBytes + kNotifyBytes ||
      message[kNextPayloadAt] != kNotifyPayload) {
    return false;
  }
  const uint8_t exchange = message[kExchangeAt];
  if (exchange != kIkeSaInit && exchange != kIkeSessionResume) return false;
  const Bytes notify = message.subspan(kIkeHeaderBytes, kNotifyBytes);
  // An SPI of no bytes, whatever the protocol.
  if (LoadBe16(&notify[2]) != kNotifyBytes || notify[5] != 0 ||
      LoadBe16(&notify[6]) != kCookieNotify) {
    return false;
  }
  const Result<net::Address> from = api::FromFast(ends.remote);
  if (!from) return false;
  const Bytes cookie = notify.subspan(kNotifyHeadBytes);
  const uint64_t tag = LoadBe64(&cookie[1]);
  for (size_t i = 0; i < cookie_keys_->version.size(); ++i) {
    if (cookie_keys_->version[i] != cookie[0]) continue;
    const SipHashKey key{cookie_keys_->k0[i], cookie_keys_->k1[i]};
    if (api::CookieTag(key, *from, ends.remote_port, head.initiator_spi) == tag) return true;
  }
  return false;
}

IkeClass IkeQueues::ClassOf(const IkeHead& head, const api::FastEndpoints& ends,
                            Bytes message) const {
  const auto found = spis_.find(head.own_spi());
  if (found == spis_.end()) {
    return HasGoodCookie(head, ends, message) ? IkeClass::kCookie : IkeClass::kNew;
  }
  return found->second == IkeSpiState::kUp ? IkeClass::kKnownSpi : IkeClass::kHalfOpen;
}

Reason IkeQueues::Offer(const api::FastEndpoints& ends, uint16_t flags, Bytes message) {
  if (!present_) return Reason::kIkeNoRole;
  const IkeInspection seen = InspectIke(message);
  if (seen.reason != Reason::kOk) return seen.reason;
  api::IkePacket packet{};
  packet.endpoints = ends;
  packet.flags = flags;
  packet.ike_class = ClassOf(seen.head, ends, message);
  packet.length = static_cast<uint32_t>(message.size());
  Queue& queue = queues_[static_cast<size_t>(packet.ike_class) - 1];
  if (!queue.ring.Push(packet, message)) {
    ++queue.counts.dropped;
    return queue.full;
  }
  ++queue.counts.queued;
  return Reason::kOk;
}

IkeQueues::Queue* IkeQueues::First() {
  const bool new_ones_turn = turn_ % kOneNewIn == kOneNewIn - 1;
  Queue& newest = queues_.back();
  for (Queue& queue : queues_) {
    if (queue.ring.empty()) continue;
    const bool gives_way = &queue == &queues_[static_cast<size_t>(IkeClass::kCookie) - 1] &&
                           new_ones_turn && !newest.ring.empty();
    if (!gives_way) return &queue;
  }
  return nullptr;
}

Bytes IkeQueues::Front() {
  Queue* queue = First();
  return queue == nullptr ? Bytes() : queue->ring.front();
}

void IkeQueues::Pop() {
  Queue* queue = First();
  VAM_CHECK(queue != nullptr);
  ++queue->counts.taken;
  if (queue - queues_.data() >= static_cast<ptrdiff_t>(IkeClass::kCookie) - 1) ++turn_;
  queue->ring.Pop();
}

}  // namespace vam::fwd
