// show crypto ikev2 sa, session, stats and diagnose error as text, in the layouts of IOS; what IOS
// does not have stands behind them.
#ifndef VAM_SW_MGMT_SHOW_IKEV2_H_
#define VAM_SW_MGMT_SHOW_IKEV2_H_

#include <string>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// IKE SAs in pieces: those of IPv4 first.
class Ikev2SaText {
 public:
  explicit Ikev2SaText(const ShowOptions& options) : options_(options) {}
  std::string Piece(const api::IkeSas& show);
  std::string Finish();

 private:
  std::string Family(bool ipv6);
  std::string One(const api::IkeSa& sa) const;

  ShowOptions options_;
  bool began_ = false;
  bool ipv6_ = false;
};

std::string RenderIkev2Stats(const api::Ikev2Stats& show);
std::string RenderIkev2Errors(const api::Ikev2Errors& show);
std::string RenderAddressPools(const api::AddressPools& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_IKEV2_H_
