// What may come over a channel: records with any header and length, protobuf of any content, fast
// structs. The input is a list of records {length (2, big-endian), bytes}, sent as they are into a
// channel; whole messages are then read as their type says.
#include <google/protobuf/stubs/logging.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/api/fast.h"
#include "sw/api/show.pb.h"
#include "sw/base/check.h"
#include "sw/mgmt/exec.h"
#include "sw/mgmt/pipe.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/system_log.h"

namespace vam::api {
namespace {

void Read(const Message& message) {
  const Bytes payload(message.payload);
  static_cast<void>(DecodeFast<IkePacket>(payload).has_value());
  static_cast<void>(DecodeFast<SaInstall>(payload).has_value());
  static_cast<void>(DecodeFast<SaMove>(payload).has_value());
  static_cast<void>(DecodeFast<Event>(payload).has_value());
  if (const auto reply = ParseAs<ShowReply>(payload)) {
    static_cast<void>(mgmt::RenderText(*reply).size());
    VAM_CHECK(!mgmt::RenderJson(*reply).empty());
  }
  if (const auto request = ParseAs<CliRequest>(payload)) {
    if (auto piped = mgmt::SplitPipe(request->line())) {
      static_cast<void>(mgmt::ParseExec(config::Mode::kExec, piped->command).index());
      static_cast<void>(mgmt::ApplyFilters("a\n b\n", piped->filters).size());
    }
  }
  static_cast<void>(ParseAs<Prepare>(payload).has_value());
  static_cast<void>(ParseAs<NumberBlock>(payload).has_value());
  static_cast<void>(ParseAs<RoleStates>(payload).has_value());
  if (const auto record = ParseAs<LogRecord>(payload)) {
    const ManualClock clock(0, 0);
    const auto printable = [](const std::string& line) {
      for (const char c : line) VAM_CHECK(c >= 0x20 && c < 0x7F);
    };
    mgmt::SystemLog(
        clock, [](const LogDatagram&) { return true; }, printable)
        .Post(*record);
  }
}

}  // namespace
}  // namespace vam::api

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vam;       // NOLINT(google-build-using-namespace)
  using namespace vam::api;  // NOLINT(google-build-using-namespace)
  int fds[2];
  VAM_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) == 0);
  Channel channel{OwnedFd(fds[0])};
  const OwnedFd raw(fds[1]);
  ByteReader reader(Bytes(data, size));
  while (channel.open()) {
    const auto length = reader.U16();
    if (!length) break;
    const auto record = reader.Take(std::min<size_t>(*length, reader.remaining()));
    if (send(raw.get(), record->data(), record->size(), MSG_NOSIGNAL) < 0) break;
    const auto received = channel.Receive();
    if (received && *received) Read(**received);
  }
  return 0;
}
