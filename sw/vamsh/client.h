// vamsh's connection to mgmt: one request, one answer.
#ifndef VAM_SW_VAMSH_CLIENT_H_
#define VAM_SW_VAMSH_CLIENT_H_

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/base/result.h"

namespace vam::vamsh {

// Takes text of a long answer as it comes; what the last reply has is not among it.
using OnText = std::function<void(std::string_view text)>;

// What happens while a command runs. Missing parts: its text is in the reply, and it is not ended.
struct Watch {
  OnText on_text = {};  // text that may be shown as it comes
  OnText on_live = {};  // text that is to be seen at once: the command goes on until it ends
  int keys = -1;        // once there was such text this descriptor is waited for too, and `on_keys`
  std::function<bool()> on_keys = {};  // reads it; true: the command is to end
};

// Single-threaded, blocking.
class Client {
 public:
  // kNotFound: no socket there. kIo: it cannot be used.
  static Result<Client> Connect(const std::string& path);

  // kUnavailable: mgmt went away. kTimedOut: no answer in 60 s, or no more of a long one.
  Result<api::CliReply> Run(const std::string& line);
  Result<api::CliReply> Run(const api::CliRequest& request, const Watch& watch = {});
  // What '?' shows after `line`, and the words that complete it.
  Result<api::CliHelpReply> Help(const std::string& line);

  // System messages, after `terminal monitor`: they come at any time, also within the calls above.
  // To be read when fd() is readable and nothing is asked. kUnavailable: mgmt went away.
  int fd() const { return channel_.fd(); }
  Status ReadMessages();
  // The next one that came, a line without its end; nullopt: none.
  std::optional<std::string> TakeMessage();

 private:
  explicit Client(api::Channel channel) : channel_(std::move(channel)) {}
  Result<api::Message> Ask(api::MessageType type, const google::protobuf::MessageLite& message);

  Result<api::Message> Await(uint32_t request, const Watch* live = nullptr);

  static constexpr size_t kMostMessages = 256;  // the oldest go
  void Keep(const api::Message& message);

  api::Channel channel_;
  std::deque<std::string> messages_;
  uint32_t next_request_ = 1;
};

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_CLIENT_H_
