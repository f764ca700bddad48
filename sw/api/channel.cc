#include "sw/api/channel.h"

#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vam::api {
namespace {

void Wipe(std::vector<uint8_t>& bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

// The first descriptor that came with a record; any other is closed.
OwnedFd TakeFd(msghdr& header) {
  OwnedFd taken;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      OwnedFd owned(fd);
      if (!taken) taken = std::move(owned);
    }
  }
  return taken;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void OwnedFd::Reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Message::~Message() { Wipe(payload); }

Channel::~Channel() {
  for (Record& record : out_) Wipe(record.bytes);
}

Result<std::pair<Channel, Channel>> Channel::Pair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    return Err(ErrorCode::kIo, "socketpair failed");
  }
  return std::pair<Channel, Channel>(Channel(OwnedFd(fds[0])), Channel(OwnedFd(fds[1])));
}

Error Channel::Break(ErrorCode code, const char* text) {
  broken_ = true;
  partial_.reset();
  return Err(code, text);
}

Status Channel::Send(MessageType type, uint32_t request,
                     const google::protobuf::MessageLite& message, int fd) {
  std::vector<uint8_t> payload(message.ByteSizeLong());
  if (!message.SerializeToArray(payload.data(), static_cast<int>(payload.size()))) {
    return Err(ErrorCode::kInternal, "message did not serialise");
  }
  Status status = Send(type, request, Bytes(payload), fd);
  Wipe(payload);
  return status;
}

Status Channel::Send(MessageType type, uint32_t request, Bytes payload, int fd) {
  if (!open()) return Err(ErrorCode::kUnavailable, "the channel is closed");
  if (payload.size() > kMaxMessage) return Err(ErrorCode::kExhausted, "message too long");
  const size_t records =
      std::max<size_t>(1, (payload.size() + kMaxRecordPayload - 1) / kMaxRecordPayload);
  const size_t total = payload.size() + records * sizeof(FrameHeader);
  if (out_bytes_ + total > kMaxQueued)
    return Err(ErrorCode::kExhausted, "the reader does not keep up");
  OwnedFd attached;
  if (fd >= 0) {
    attached = OwnedFd(dup(fd));
    if (!attached) return Err(ErrorCode::kIo, "the descriptor could not be duplicated");
  }
  for (size_t i = 0; i < records; ++i) {
    const Bytes part = payload.subspan(
        i * kMaxRecordPayload, std::min(kMaxRecordPayload, payload.size() - i * kMaxRecordPayload));
    const FrameHeader header{kProtocolVersion, static_cast<uint16_t>(type),
                             static_cast<uint32_t>(part.size()), request,
                             i + 1 < records ? kFlagMore : 0};
    Record record;
    record.bytes.resize(sizeof header + part.size());
    std::memcpy(record.bytes.data(), &header, sizeof header);
    if (!part.empty()) std::memcpy(record.bytes.data() + sizeof header, part.data(), part.size());
    if (i == 0) record.fd = std::exchange(attached, OwnedFd());
    out_bytes_ += record.bytes.size();
    out_.push_back(std::move(record));
  }
  return Flush();
}

Status Channel::Flush() {
  if (!open()) return Err(ErrorCode::kUnavailable, "the channel is closed");
  while (!out_.empty()) {
    VAM_TRY(const bool sent, SendRecord(out_.front()));
    if (!sent) break;
    out_bytes_ -= out_.front().bytes.size();
    Wipe(out_.front().bytes);
    out_.pop_front();
  }
  return Ok();
}

Result<bool> Channel::SendRecord(const Record& record) {
  iovec part{const_cast<uint8_t*>(record.bytes.data()), record.bytes.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (record.fd) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = record.fd.get();
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  for (;;) {
    if (sendmsg(fd_.get(), &header, MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) return false;
    return Break(ErrorCode::kUnavailable, "the other side closed the channel");
  }
}

Result<std::optional<Message>> Channel::Receive() {
  if (!open()) return Err(ErrorCode::kUnavailable, "the channel is closed");
  // One for all channels of the thread: a worker asks often and finds nothing or little. Wiped as
  // far as it was used.
  thread_local std::vector<uint8_t> buffer(sizeof(FrameHeader) + kMaxRecordPayload);
  while (!ready_) {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) uint8_t control[CMSG_SPACE(4 * sizeof(int))];
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return std::optional<Message>();
      return Break(ErrorCode::kUnavailable, "the channel failed");
    }
    OwnedFd fd = TakeFd(header);
    if (got == 0) return Break(ErrorCode::kUnavailable, "the other side closed the channel");
    const MutableBytes record(buffer.data(), static_cast<size_t>(got));
    const bool whole = (header.msg_flags & MSG_TRUNC) == 0;
    Status status = whole ? TakeRecord(record, std::move(fd))
                          : Status(Break(ErrorCode::kMalformed, "record too long"));
    OPENSSL_cleanse(record.data(), record.size());
    VAM_TRY_STATUS(status);
  }
  std::optional<Message> message = std::move(ready_);
  ready_.reset();
  return message;
}

Status Channel::TakeRecord(Bytes record, OwnedFd fd) {
  FrameHeader header;
  if (record.size() < sizeof header) return Break(ErrorCode::kMalformed, "record without a header");
  std::memcpy(&header, record.data(), sizeof header);
  const Bytes payload = record.subspan(sizeof header);
  if (header.version != kProtocolVersion) return Break(ErrorCode::kMalformed, "wrong version");
  if (header.length != payload.size()) return Break(ErrorCode::kMalformed, "wrong length");
  if ((header.flags & ~kFlagMore) != 0) return Break(ErrorCode::kMalformed, "unknown flags");
  const auto type = static_cast<MessageType>(header.type);
  if (!partial_) {
    partial_.emplace();
    partial_->type = type;
    partial_->request = header.request;
    partial_->fd = std::move(fd);
  } else if (partial_->type != type || partial_->request != header.request) {
    return Break(ErrorCode::kMalformed, "records of two messages mixed");
  }
  if (partial_->payload.size() + payload.size() > kMaxMessage) {
    return Break(ErrorCode::kMalformed, "message too long");
  }
  partial_->payload.insert(partial_->payload.end(), payload.begin(), payload.end());
  if ((header.flags & kFlagMore) == 0) {
    ready_ = std::move(partial_);
    partial_.reset();
  }
  return Ok();
}

}  // namespace vam::api
