#include "sw/mgmt/show_config_ike.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "sw/config/effective_address.h"
#include "sw/config/effective_ike.h"
#include "sw/config/render_ike.h"

namespace vam::mgmt {
namespace {

bool Wanted(const api::ShowRequest& request, const std::string& name) {
  return request.map().empty() || request.map() == name;
}
std::string VrfText(const std::string& name) { return name.empty() ? "global" : name; }

void FillProposal(const config::Ikev2Proposal& proposal, api::Ikev2Proposal& out) {
  out.set_name(proposal.name);
  for (const auto id : proposal.encryption) {
    out.add_encryption(std::string(config::InfoOf(id).shown));
  }
  for (const auto id : proposal.integrity) {
    out.add_integrity(std::string(config::InfoOf(id).integrity));
  }
  for (const auto id : proposal.prf) out.add_prf(std::string(config::InfoOf(id).prf));
  for (const uint16_t number : proposal.groups) {
    out.add_group(std::string(config::FindIkeGroup(number)->shown));
  }
  for (uint32_t i = 0; i < proposal.additional_groups.size(); ++i) {
    if (proposal.additional_groups.at(i).empty()) continue;
    api::AdditionalKeyExchange& one = *out.add_additional_key_exchange();
    one.set_number(i + 1);
    for (const uint16_t number : proposal.additional_groups.at(i)) {
      const config::IkeGroupInfo* info = config::FindIkeGroup(number);
      one.add_group(info == nullptr ? "none" : std::string(info->shown));
    }
  }
  out.set_incomplete(config::WhyIncomplete(proposal));
}
api::Ikev2Proposals Proposals(const config::Running& running, const api::ShowRequest& request) {
  api::Ikev2Proposals show;
  const auto add = [&](std::string_view name) {
    const auto proposal = config::FindIkev2Proposal(running, name);
    if (proposal && Wanted(request, proposal->name)) FillProposal(*proposal, *show.add_proposal());
  };
  for (const config::Ikev2Proposal& proposal : running.ike.proposals) {
    if (proposal.name != config::kIkev2Default) add(proposal.name);
  }
  add(config::kIkev2Default);
  return show;
}

api::Ikev2Policies Policies(const config::Running& running, const api::ShowRequest& request) {
  api::Ikev2Policies show;
  for (const config::Ikev2Policy& policy : config::EffectiveIkev2Policies(running)) {
    if (!Wanted(request, policy.name)) continue;
    api::Ikev2Policy& out = *show.add_policy();
    out.set_name(policy.name);
    out.set_fvrf(VrfText(policy.fvrf.value_or("")));
    for (const net::Address& local : policy.local) out.add_local_address(net::ToString(local));
    for (const std::string& name : policy.proposals) out.add_proposal(name);
    out.set_incomplete(config::WhyIncomplete(running, policy));
  }
  return show;
}

// How often profiles are named.
std::map<std::string, uint32_t> References(const config::Running& running) {
  std::map<std::string, uint32_t> count;
  for (const config::CryptoMap& map : running.crypto_maps) {
    for (const config::CryptoMapEntry& entry : map.entries) ++count[entry.ikev2_profile];
  }
  for (const config::DynamicMap& map : running.dynamic_maps) {
    for (const config::CryptoMapEntry& entry : map.entries) ++count[entry.ikev2_profile];
  }
  for (const config::IpsecProfile& profile : running.ipsec_profiles) ++count[profile.ikev2_profile];
  return count;
}

void FillMatches(const config::Ikev2Profile& profile, api::Ikev2Profile& out) {
  out.set_fvrf(VrfText(profile.fvrf));
  for (const config::IkeLocalMatch& local : profile.local) {
    out.add_local(local.interface.empty() ? net::ToString(local.address) : local.interface);
  }
  for (const config::IkeIdentity& identity : profile.remote) {
    out.add_remote(config::RenderIkeIdentity(identity));
  }
  for (const std::string& map : profile.certificate_maps) out.add_certificate_map(map);
}
void FillProfile(const config::Running& running, const config::Ikev2Profile& profile,
                 api::Ikev2Profile& out) {
  out.set_name(profile.name);
  out.set_description(profile.description);
  FillMatches(profile, out);
  if (profile.identity) out.set_local_identity(config::RenderIkeIdentity(*profile.identity));
  if (profile.local_auth) {
    out.set_local_authentication(std::string(config::IkeAuthName(*profile.local_auth)));
  }
  for (const config::IkeAuth method : profile.remote_auth) {
    out.add_remote_authentication(std::string(config::IkeAuthName(method)));
  }
  out.set_keyring(profile.keyring);
  for (const config::IkeTrustpoint& point : profile.trustpoints) {
    out.add_trustpoint(point.name + (point.sign && point.verify ? ""
                                     : point.sign               ? " sign"
                                                                : " verify"));
  }
  out.set_lifetime_seconds(profile.lifetime);
  if (const auto dpd = config::DpdOf(running.ike, profile)) {
    out.mutable_dpd()->set_seconds(dpd->seconds);
    out.mutable_dpd()->set_retry_seconds(dpd->retry);
    out.mutable_dpd()->set_periodic(dpd->periodic);
  }
  out.set_nat_keepalive_seconds(config::NatKeepaliveOf(running.ike, profile).value_or(0));
  out.set_reauth_seconds(profile.reauth.value_or(0));
  out.set_initial_contact_force(profile.initial_contact_force);
  out.set_childless(std::string(config::IkeChildlessName(profile.childless)));
  out.set_session_resumption_seconds(profile.resumption.value_or(0));
  out.set_mobike(profile.mobike);
  out.set_mobike_unchecked(profile.mobike_unchecked);
  if (profile.psk_authorization) out.set_psk_authorization(profile.psk_authorization->policy);
  if (profile.cert_authorization) out.set_cert_authorization(profile.cert_authorization->policy);
  const config::IkeConfigExchange& exchange = profile.config_exchange;
  if (exchange.request) out.add_config_exchange(exchange.address ? "request address" : "request");
  if (exchange.accept) out.add_config_exchange("set accept");
  if (exchange.send) out.add_config_exchange("set send");
  out.set_ivrf(VrfText(profile.ivrf));
  out.set_incomplete(config::WhyIncomplete(running, profile));
}
api::Ikev2Profiles Profiles(const config::Running& running, const api::ShowRequest& request) {
  api::Ikev2Profiles show;
  const auto references = References(running);
  for (const config::Ikev2Profile& profile : running.ike.profiles) {
    if (!Wanted(request, profile.name)) continue;
    api::Ikev2Profile& out = *show.add_profile();
    FillProfile(running, profile, out);
    const auto named = references.find(profile.name);
    if (named != references.end()) out.set_references(named->second);
  }
  return show;
}

void FillAuthorization(const config::Running& running, const config::Ikev2Authorization& policy,
                       api::Ikev2Authorization& out) {
  out.set_name(policy.name);
  out.set_pool(policy.pool);
  out.set_ipv6_pool(policy.ipv6_pool);
  for (const auto* servers : {&policy.dns, &policy.ipv6_dns}) {
    for (const net::Address& server : *servers) out.add_dns(net::ToString(server));
  }
  for (const net::Address& server : policy.wins) out.add_wins(net::ToString(server));
  if (policy.netmask) {
    out.set_netmask(net::ToString(net::Address::V4(net::MaskFromLength(*policy.netmask))));
  }
  out.set_def_domain(policy.def_domain);
  for (const std::string& domain : policy.split_dns) out.add_split_dns(domain);
  out.set_route_access_list(policy.route_acl);
  out.set_route_access_list_ipv6(policy.route_acl6);
  for (const net::Prefix& route : config::RoutesOf(running, policy)) {
    out.add_route(net::ToString(route));
  }
  const auto names = [&policy](const config::Ikev2Profile& profile) {
    return (profile.psk_authorization && profile.psk_authorization->policy == policy.name) ||
           (profile.cert_authorization && profile.cert_authorization->policy == policy.name);
  };
  out.set_references(static_cast<uint32_t>(std::ranges::count_if(running.ike.profiles, names)));
}
api::Ikev2Authorizations Authorizations(const config::Running& running,
                                        const api::ShowRequest& request) {
  api::Ikev2Authorizations show;
  for (const config::Ikev2Authorization& policy : running.ike.authorizations) {
    if (Wanted(request, policy.name)) FillAuthorization(running, policy, *show.add_policy());
  }
  return show;
}

}  // namespace

bool IsIkev2Show(api::ShowKind kind) {
  return kind == api::SHOW_IKEV2_PROPOSAL || kind == api::SHOW_IKEV2_POLICY ||
         kind == api::SHOW_IKEV2_PROFILE || kind == api::SHOW_IKEV2_AUTHORIZATION;
}

api::ShowReply ShowIkev2(const config::Running& running, const api::ShowRequest& request) {
  api::ShowReply reply;
  int count = 0;
  std::string_view what;
  if (request.kind() == api::SHOW_IKEV2_PROPOSAL) {
    *reply.mutable_ikev2_proposals() = Proposals(running, request);
    count = reply.ikev2_proposals().proposal_size();
    what = "proposal";
  } else if (request.kind() == api::SHOW_IKEV2_POLICY) {
    *reply.mutable_ikev2_policies() = Policies(running, request);
    count = reply.ikev2_policies().policy_size();
    what = "policy";
  } else if (request.kind() == api::SHOW_IKEV2_AUTHORIZATION) {
    *reply.mutable_ikev2_authorizations() = Authorizations(running, request);
    count = reply.ikev2_authorizations().policy_size();
    what = "authorization policy";
  } else {
    *reply.mutable_ikev2_profiles() = Profiles(running, request);
    count = reply.ikev2_profiles().profile_size();
    what = "profile";
  }
  if (count != 0 || request.map().empty()) return reply;
  reply.Clear();
  reply.set_error(fmt::format("There is no IKEv2 {} of this name.", what));
  return reply;
}

}  // namespace vam::mgmt
