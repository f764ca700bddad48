// One end of a socket pair between two roles (or of vamsh's connection to mgmt): whole messages,
// non-blocking, bounded.
#ifndef VAM_SW_API_CHANNEL_H_
#define VAM_SW_API_CHANNEL_H_

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/message.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::api {

// A file descriptor that is closed with its owner.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

struct Message {
  MessageType type{};
  uint32_t request = 0;
  std::vector<uint8_t> payload;
  OwnedFd fd;  // when the sender attached one

  // Wipes the payload: configuration messages carry keys.
  ~Message();
  Message() = default;
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) noexcept = default;
};

// One thread. Every byte from the other side is checked: a wrong version, length or order is
// kMalformed, after which the channel is of no more use (`broken()`); the other side is never
// trusted to be alive or quick.
class Channel {
 public:
  Channel() = default;
  explicit Channel(OwnedFd fd) : fd_(std::move(fd)) {}
  Channel(Channel&&) noexcept = default;
  Channel& operator=(Channel&&) noexcept = default;
  ~Channel();

  // Both ends of a new SOCK_SEQPACKET pair, close-on-exec.
  static Result<std::pair<Channel, Channel>> Pair();

  int fd() const { return fd_.get(); }
  bool open() const { return static_cast<bool>(fd_) && !broken_; }
  bool broken() const { return broken_; }
  // True while records wait for the socket to take them: poll for POLLOUT and call Flush.
  bool pending() const { return !out_.empty(); }

  // Sends, or queues what the socket does not take now. kExhausted (nothing sent) when the queue
  // would pass kMaxQueued or the message kMaxMessage; kUnavailable when the other side is gone.
  // `fd`, if given, is duplicated to the other side.
  Status Send(MessageType type, uint32_t request, Bytes payload, int fd = -1);
  Status Send(MessageType type, uint32_t request, const google::protobuf::MessageLite& message,
              int fd = -1);
  Status Flush();

  // The next whole message; nullopt when none has arrived. kUnavailable: the other side closed.
  // kMalformed: see above.
  Result<std::optional<Message>> Receive();

 private:
  struct Record {
    std::vector<uint8_t> bytes;
    OwnedFd fd;
  };
  Result<bool> SendRecord(const Record& record);  // false: the socket is full
  Status TakeRecord(Bytes record, OwnedFd fd);
  Error Break(ErrorCode code, const char* text);

  OwnedFd fd_;
  bool broken_ = false;
  std::deque<Record> out_;
  size_t out_bytes_ = 0;
  std::optional<Message> partial_;
  std::optional<Message> ready_;
};

// The protobuf message in `payload`; kMalformed when it is not one.
template <typename T>
Result<T> ParseAs(Bytes payload) {
  T message;
  if (payload.size() > kMaxMessage ||
      !message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Err(ErrorCode::kMalformed, "payload is not the message its type says");
  }
  return message;
}

}  // namespace vam::api

#endif  // VAM_SW_API_CHANNEL_H_
