// What a loop does with a channel in each of its turns: it waits, then takes a bounded number of
// messages.
#ifndef VAM_SW_API_TURN_H_
#define VAM_SW_API_TURN_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::api {

// For poll(): something has come, or what is pending can go out. A channel that is not open has
// descriptor -1, which poll passes over.
inline pollfd WaitFor(const Channel& channel) {
  const short events = channel.pending() ? POLLIN | POLLOUT : POLLIN;
  return {channel.open() ? channel.fd() : -1, events, 0};
}

// For TakeMessages.
inline constexpr size_t kAllMessages = SIZE_MAX;

// Hands at most `most` messages to `take`, a void(Message), then sends what is pending. True: more
// messages may have come. An error is that of Receive: the channel is of no more use. One that is
// not open has none.
template <typename Take>
Result<bool> TakeMessages(Channel& channel, size_t most, Take take) {
  bool more = false;
  for (size_t i = 0; channel.open(); ++i) {
    more = i == most;
    if (more) break;
    VAM_TRY(std::optional<Message> message, channel.Receive());
    if (!message) break;
    take(std::move(*message));
  }
  if (channel.open() && channel.pending()) static_cast<void>(channel.Flush());
  return more;
}

}  // namespace vam::api

#endif  // VAM_SW_API_TURN_H_
