// show crypto ipsec sa as text.
#ifndef VAM_SW_MGMT_SHOW_IPSEC_H_
#define VAM_SW_MGMT_SHOW_IPSEC_H_

#include <cstdint>
#include <string>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// "10.0.0.0/255.0.0.0/0/0" in brackets, as the idents of a flow are printed.
std::string IdentText(const api::Ident& ident);
// "10.2.2.2:500"; an IPv6 address is kept apart from its port: "2001:db8::1 port 500".
std::string EndpointText(const std::string& address, uint32_t port);
// "Hardware", "Software", "none".
std::string_view EngineType(const api::SaEntry& sa);

// The text of an answer that comes in pieces. Labels, order and values are those of the guides'
// samples (ipsec-data-plane.md, OUT-03); what they do not have stands behind them, or under
// `detail`.
class IpsecSaText {
 public:
  explicit IpsecSaText(const ShowOptions& options) : options_(options) {}

  std::string Piece(const api::IpsecSa& show);
  std::string Finish() const;

 private:
  std::string Header(const api::IpsecInterface& interface, const api::IpsecFlow& flow);
  std::string Addresses(const api::IpsecInterface& interface, const api::IpsecFlow& flow);

  ShowOptions options_;
  std::string last_;  // what stands above the flow that comes next
  bool any_ = false;
};

// show crypto ipsec sa count
class IpsecSaCount {
 public:
  void Piece(const api::IpsecSa& show);
  const api::IpsecSaCounts& counts() const { return counts_; }

 private:
  void Add(const google::protobuf::RepeatedPtrField<api::SaEntry>& sas);
  api::IpsecSaCounts counts_;
};

std::string RenderIpsecSaCounts(const api::IpsecSaCounts& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_IPSEC_H_
