// show crypto session: all between two crypto endpoints, put together from IKE SAs and IPsec flows
// (ipsec-management.md, MG-1..12).
#ifndef VAM_SW_MGMT_SHOW_SESSION_H_
#define VAM_SW_MGMT_SHOW_SESSION_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// Collects the pieces of both answers: all flows, then the IKE SAs. Holds at most kMostFlows.
class SessionTable {
 public:
  static constexpr size_t kMostFlows = 65536;

  void Add(const api::IpsecSa& piece);
  void Add(const api::IkeSas& sas);
  // Each with its status, in the order of interface and peer.
  api::CryptoSessions Sessions() const;
  // True when there are more flows than can be kept: the answer would not be whole.
  bool overflow() const { return overflow_; }

 private:
  // Interface, front VRF, local address, peer, its port, inside VRF.
  using Key = std::tuple<std::string, std::string, std::string, std::string, uint32_t, std::string>;
  api::CryptoSession& At(const Key& key);
  std::vector<api::CryptoSession*> Of(const api::IkeSa& sa);

  std::map<Key, api::CryptoSession> sessions_;
  // By front VRF, local address, peer: what an IKE SA knows. Several by interface, inside VRF, and
  // port of the peer: of those behind one NAT.
  std::multimap<std::tuple<std::string, std::string, std::string>, api::CryptoSession*> by_peer_;
  std::set<Key> negotiating_;  // SAs are being made
  size_t flows_ = 0;
  bool overflow_ = false;
};

// As show.proto defines them, from the SAs that `session` holds.
std::string SessionStatus(const api::CryptoSession& session);

std::string RenderSessions(const api::CryptoSessions& show, const ShowOptions& options);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_SESSION_H_
