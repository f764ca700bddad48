// Show replies about the IKEv2 statements as text. Labels and their order are those of IOS; what it
// does not have follows.
#include <fmt/core.h>

#include "sw/mgmt/show_config_ike.h"

namespace vam::mgmt {
namespace {

using Words = google::protobuf::RepeatedPtrField<std::string>;

std::string Joined(const Words& words, std::string_view none) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? std::string(none) : text;
}
std::string OrNone(const std::string& text) { return text.empty() ? "none" : text; }
std::string SecondsOr(uint32_t seconds, std::string_view none) {
  return seconds == 0 ? std::string(none) : fmt::format("{} seconds", seconds);
}
std::string Lines(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += fmt::format("   {}\n", word);
  return text;
}
std::string IncompleteText(const std::string& why, std::string_view indent) {
  return why.empty() ? "" : fmt::format("{}Incomplete, not used: {}\n", indent, why);
}

std::string ListOr(std::string_view head, const Words& words, std::string_view none) {
  return words.empty() ? fmt::format("  {}: {}\n", head, none)
                       : fmt::format("  {}:\n{}", head, Lines(words));
}
std::string DpdText(const api::Ikev2Profile& profile) {
  if (!profile.has_dpd()) return "disabled";
  return fmt::format("configured for {} seconds, retry {}, {}", profile.dpd().seconds(),
                     profile.dpd().retry_seconds(),
                     profile.dpd().periodic() ? "periodic" : "on-demand");
}
std::string AuthorizationText(const api::Ikev2Profile& profile) {
  std::string text = "local\n";
  if (!profile.psk_authorization().empty()) {
    text += fmt::format("   PSK policy: {}\n", profile.psk_authorization());
  }
  if (!profile.cert_authorization().empty()) {
    text += fmt::format("   CERT policy: {}\n", profile.cert_authorization());
  }
  return text;
}
std::string ProfileText(const api::Ikev2Profile& profile) {
  std::string text = fmt::format("\nIKEv2 profile: {}\n", profile.name());
  if (!profile.description().empty()) {
    text += fmt::format(" Description: {}\n", profile.description());
  }
  text += fmt::format(" Ref Count: {}\n Match criteria:\n  Fvrf: {}\n", profile.references(),
                      profile.fvrf());
  text += ListOr("Local address/interface", profile.local(), "none");
  text += ListOr("Identities", profile.remote(), "none");
  text += ListOr("Certificate maps", profile.certificate_map(), "none");
  text += fmt::format(" Local identity: {}\n Remote identity: none\n",
                      OrNone(profile.local_identity()));
  text += fmt::format(" Local authentication method: {}\n Remote authentication method(s): {}\n",
                      OrNone(profile.local_authentication()),
                      Joined(profile.remote_authentication(), "none"));
  text += fmt::format(" EAP options: none\n Keyring: {}\n", OrNone(profile.keyring()));
  text += profile.trustpoint().empty() ? " Trustpoint(s): none\n"
                                       : " Trustpoint(s):\n" + Lines(profile.trustpoint());
  text += fmt::format(" Lifetime: {} seconds\n DPD: {}\n NAT-keepalive: {}\n Ivrf: {}\n",
                      profile.lifetime_seconds(), DpdText(profile),
                      SecondsOr(profile.nat_keepalive_seconds(), "disabled"), profile.ivrf());
  text +=
      " Virtual-template: none\n AAA EAP authentication mlist: none\n AAA Accounting: none\n"
      " AAA group authorization: ";
  text += profile.psk_authorization().empty() && profile.cert_authorization().empty()
              ? "none\n"
              : AuthorizationText(profile);
  text += " AAA user authorization: none\n";
  for (const std::string& what : profile.config_exchange()) {
    text += fmt::format(" Config-exchange: {}\n", what);
  }
  if (profile.reauth_seconds() != 0) {
    text += fmt::format(" Reauthentication: {} seconds\n", profile.reauth_seconds());
  }
  if (profile.initial_contact_force()) text += " Initial contact: force\n";
  if (profile.childless() != "allow" && !profile.childless().empty()) {
    text += fmt::format(" Childless: {}\n", profile.childless());
  }
  if (profile.session_resumption_seconds() != 0) {
    text += fmt::format(" Session resumption: tickets for {} seconds\n",
                        profile.session_resumption_seconds());
  }
  if (!profile.mobike()) text += " MOBIKE: disabled\n";
  if (profile.mobike_unchecked()) text += " MOBIKE: unchecked\n";
  return text + IncompleteText(profile.incomplete(), " ");
}

}  // namespace

std::string RenderIkev2Proposals(const api::Ikev2Proposals& show) {
  std::string text;
  for (const api::Ikev2Proposal& proposal : show.proposal()) {
    text += fmt::format(" IKEv2 proposal: {}\n", proposal.name());
    text += fmt::format("     Encryption : {}\n", Joined(proposal.encryption(), "none"));
    text += fmt::format("     Integrity  : {}\n", Joined(proposal.integrity(), "none"));
    text += fmt::format("     PRF        : {}\n", Joined(proposal.prf(), "none"));
    text += fmt::format("     DH Group   : {}\n", Joined(proposal.group(), "none"));
    for (const api::AdditionalKeyExchange& one : proposal.additional_key_exchange()) {
      text += fmt::format("     Add. KE {}  : {}\n", one.number(), Joined(one.group(), "none"));
    }
    text += IncompleteText(proposal.incomplete(), "     ");
  }
  return text;
}

std::string RenderIkev2Policies(const api::Ikev2Policies& show) {
  std::string text;
  for (const api::Ikev2Policy& policy : show.policy()) {
    text += fmt::format("\n IKEv2 policy : {}\n", policy.name());
    text += fmt::format("      Match fvrf  : {}\n", policy.fvrf());
    if (policy.local_address().empty()) text += "      Match address local : any\n";
    for (const std::string& address : policy.local_address()) {
      text += fmt::format("      Match address local : {}\n", address);
    }
    for (const std::string& proposal : policy.proposal()) {
      text += fmt::format("      Proposal    : {}\n", proposal);
    }
    text += IncompleteText(policy.incomplete(), "      ");
  }
  return text;
}

std::string RenderIkev2Authorizations(const api::Ikev2Authorizations& show) {
  std::string text;
  for (const api::Ikev2Authorization& policy : show.policy()) {
    text += fmt::format("\n IKEv2 Authorization Policy : {}\n", policy.name());
    const auto word = [&text](std::string_view head, const std::string& value) {
      if (!value.empty()) text += fmt::format("   {} : {}\n", head, value);
    };
    word("Address pool", policy.pool());
    word("IPv6 address pool", policy.ipv6_pool());
    for (const std::string& server : policy.dns()) word("DNS server", server);
    for (const std::string& server : policy.wins()) word("WINS server", server);
    word("Netmask", policy.netmask());
    word("Default domain", policy.def_domain());
    for (const std::string& domain : policy.split_dns()) word("Split-DNS", domain);
    word("route set acl", policy.route_access_list());
    word("route set acl ipv6", policy.route_access_list_ipv6());
    for (const std::string& route : policy.route()) word("route", route);
    text += fmt::format("   Ref Count : {}\n", policy.references());
  }
  return text;
}

std::string RenderIkev2Profiles(const api::Ikev2Profiles& show) {
  std::string text;
  for (const api::Ikev2Profile& profile : show.profile()) text += ProfileText(profile);
  return text;
}

}  // namespace vam::mgmt
