// What `ping` prints, as IOS does.
#ifndef VAM_SW_MGMT_RENDER_PING_H_
#define VAM_SW_MGMT_RENDER_PING_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "sw/api/ping.pb.h"

namespace vam::mgmt {

// The lines before the first mark. `asked`: what the operator has named is said.
std::string RenderPingHead(const api::PingRequest& asked, const api::Ping& ping);

// Marks of echo requests, 70 to a line.
class PingMarks {
 public:
  std::string Add(std::string_view marks);
  // The end of a line that was begun.
  std::string Finish();

 private:
  size_t column_ = 0;
};

// The lines after the last mark: how many came back, and what this gateway itself dropped.
std::string RenderPingTail(const api::Ping& ping);

// All of it but the marks.
std::string RenderPing(const api::Ping& ping);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_RENDER_PING_H_
