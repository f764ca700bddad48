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

// Single-threaded, blocking.
class Client {
 public:
  // kNotFound: no socket there. kIo: it cannot be used.
  static Result<Client> Connect(const std::string& path);

  // Takes the text of a long answer as it comes; what the last reply has is not among it.
  using OnText = std::function<void(std::string_view text)>;

  // kUnavailable: mgmt went away. kTimedOut: no answer in 60 s. Without `on_text` the reply holds
  // the whole text.
  Result<api::CliReply> Run(const std::string& line);
  Result<api::CliReply> Run(const api::CliRequest& request, const OnText& on_text = {});
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

  Result<api::Message> Await(uint32_t request);

  static constexpr size_t kMostMessages = 256;  // the oldest go
  void Keep(const api::Message& message);

  api::Channel channel_;
  std::deque<std::string> messages_;
  uint32_t next_request_ = 1;
};

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_CLIENT_H_
