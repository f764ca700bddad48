// vamsh's connection to mgmt: one request, one answer.
#ifndef VAM_SW_VAMSH_CLIENT_H_
#define VAM_SW_VAMSH_CLIENT_H_

#include <functional>
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

 private:
  explicit Client(api::Channel channel) : channel_(std::move(channel)) {}
  Result<api::Message> Ask(api::MessageType type, const google::protobuf::MessageLite& message);

  Result<api::Message> Await(uint32_t request);

  api::Channel channel_;
  uint32_t next_request_ = 1;
};

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_CLIENT_H_
