#include "sw/ike/v2/exchange/held_message.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace vam::ike::v2 {

HeldMessage::HeldMessage(const Incoming& message) {
  message_.header = message.header;
  message_.payloads = message.payloads;
  // All at once: spans lead into it.
  bytes_.resize(std::transform_reduce(message.payloads.begin(), message.payloads.end(), size_t{0},
                                      std::plus<>(),
                                      [](const RawPayload& raw) { return raw.body.size(); }));
  MutableBytes rest(bytes_);
  for (RawPayload& payload : message_.payloads) {
    const MutableBytes body = rest.first(payload.body.size());
    std::ranges::copy(payload.body, body.begin());
    payload.body = body;
    rest = rest.subspan(body.size());
  }
  auto notifies = ParseNotifies(message_.payloads);
  if (notifies) message_.notifies = std::move(*notifies);
}

}  // namespace vam::ike::v2
