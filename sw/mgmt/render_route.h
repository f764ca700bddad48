// The text of show ip route and show ipv6 route, a piece of the table at a time.
#ifndef VAM_SW_MGMT_RENDER_ROUTE_H_
#define VAM_SW_MGMT_RENDER_ROUTE_H_

#include <cstddef>
#include <set>
#include <string>

#include "sw/api/show.pb.h"

namespace vam::mgmt {

// Pieces come in the order of prefixes. IOS groups IPv4 routes by classful network and says above
// each group how many there are: its lines are held until it is whole.
class RouteText {
 public:
  std::string Piece(const api::IpRoute& show);
  // After the last piece.
  std::string Finish();

 private:
  std::string Head(const api::IpRoute& show) const;
  std::string Add(const api::RouteEntry& route);

  bool begun_ = false;
  std::string major_, lines_;  // of the group that is not whole
  size_t count_ = 0;
  std::set<uint8_t> lengths_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_RENDER_ROUTE_H_
