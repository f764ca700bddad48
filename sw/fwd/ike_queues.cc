#include "sw/fwd/ike_queues.h"

#include <algorithm>

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
              Queue(Reason::kIkeNewFull, kMaxNew, kNewBytes)} {}

void IkeQueues::Reset(bool present) {
  present_ = present;
  spis_.clear();
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

IkeClass IkeQueues::ClassOf(const IkeHead& head) const {
  const auto found = spis_.find(head.own_spi());
  if (found == spis_.end()) return IkeClass::kNew;
  return found->second == IkeSpiState::kUp ? IkeClass::kKnownSpi : IkeClass::kHalfOpen;
}

Reason IkeQueues::Offer(const api::FastEndpoints& ends, uint16_t flags, Bytes message) {
  if (!present_) return Reason::kIkeNoRole;
  const IkeInspection seen = InspectIke(message);
  if (seen.reason != Reason::kOk) return seen.reason;
  api::IkePacket packet{};
  packet.endpoints = ends;
  packet.flags = flags;
  packet.ike_class = ClassOf(seen.head);
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
  const auto found =
      std::ranges::find_if(queues_, [](const Queue& queue) { return !queue.ring.empty(); });
  return found == queues_.end() ? nullptr : &*found;
}

Bytes IkeQueues::Front() {
  Queue* queue = First();
  return queue == nullptr ? Bytes() : queue->ring.front();
}

void IkeQueues::Pop() {
  Queue* queue = First();
  VAM_CHECK(queue != nullptr);
  ++queue->counts.taken;
  queue->ring.Pop();
}

}  // namespace vam::fwd
