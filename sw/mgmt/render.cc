#include "sw/mgmt/render.h"

#include <fmt/core.h>
#include <google/protobuf/util/json_util.h>

#include "sw/mgmt/render_ping.h"
#include "sw/mgmt/render_route.h"
#include "sw/mgmt/show_config_crypto.h"
#include "sw/mgmt/show_config_ike.h"
#include "sw/mgmt/show_ikev2.h"
#include "sw/mgmt/show_ipsec.h"
#include "sw/mgmt/show_pending.h"
#include "sw/mgmt/show_pki.h"
#include "sw/mgmt/show_session.h"

namespace vam::mgmt {
namespace {

void DropLines(const google::protobuf::RepeatedPtrField<api::ReasonCount>& drops,
               std::string_view indent, std::string& text) {
  for (const api::ReasonCount& drop : drops) {
    text += fmt::format("{}{}: {}\n", indent, drop.reason(), drop.packets());
  }
}

const google::protobuf::Message* BodyOf(const api::ShowReply& reply) {
  const auto* descriptor = reply.GetDescriptor()->FindOneofByName("body");
  const auto* reflection = reply.GetReflection();
  if (!reflection->HasOneof(reply, descriptor)) return nullptr;
  return &reflection->GetMessage(reply, reflection->GetOneofFieldDescriptor(reply, descriptor));
}

}  // namespace

std::string RenderReasons(const api::Reasons& show) {
  std::string text =
      fmt::format("Packets offered: {}, in flight: {}\n", show.offered(), show.in_flight());
  for (const api::ReasonCount& reason : show.reason()) {
    text += fmt::format("  {:<24}{:>20}\n", reason.reason(), reason.packets());
  }
  return text;
}

std::string RenderArp(const api::Arp& show) {
  std::string text = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n";
  for (const api::ArpState& entry : show.entry()) {
    const std::string age = entry.age_minutes() < 0 ? "-" : std::to_string(entry.age_minutes());
    text += fmt::format("Internet  {:<15}  {:>9}  {:<14}  ARPA   {}\n", entry.address(), age,
                        entry.mac(), entry.interface());
  }
  return text;
}

std::string RenderProcesses(const api::Processes& show) {
  std::string text = "Role      State        PID        Restarts\n";
  for (const api::Process& process : show.process()) {
    text += fmt::format("{:<10}{:<13}{:<11}{}\n", process.role(), process.state(), process.pid(),
                        process.restarts());
  }
  return text;
}

std::string RenderVersion(const api::Version& show) {
  const uint64_t up = show.uptime_seconds();
  return fmt::format(
      "{}, Version {}\n{}\n{} uptime is {} days, {} hours, {} minutes\n"
      "Configuration file is \"{}\"\n",
      show.product(), show.version(),
      show.impairment() ? "This is a test build, which can spoil its own messages: not for use\n"
                        : "",
      show.hostname(), up / 86400, up / 3600 % 24, up / 60 % 60, show.configuration_file());
}

std::string RenderInterfaces(const api::Interfaces& show) {
  std::string text;
  for (const api::InterfaceState& i : show.interface()) {
    text += fmt::format("{} is {}, line protocol is {}\n", i.name(),
                        i.admin_up() ? (i.line_up() ? "up" : "down") : "administratively down",
                        i.admin_up() && i.line_up() ? "up" : "down");
    text += fmt::format("  Hardware is {}, address is {}\n",
                        i.device().empty() ? "not present" : i.device(), i.mac());
    if (!i.description().empty()) text += fmt::format("  Description: {}\n", i.description());
    if (!i.address().empty()) text += fmt::format("  Internet address is {}\n", i.address());
    text += fmt::format("  MTU {} bytes\n", i.mtu());
    text += "  Encapsulation ARPA\n";
    if (!i.crypto_map().empty()) text += fmt::format("  Crypto map is {}\n", i.crypto_map());
    text += fmt::format("     {} packets input, {} bytes, {} no buffer\n", i.packets_input(),
                        i.bytes_input(), i.no_buffer());
    text += fmt::format("     Received {} broadcasts\n", i.broadcasts());
    text += fmt::format("     {} input errors\n", i.input_errors());
    text += fmt::format("     {} packets output, {} bytes\n", i.packets_output(), i.bytes_output());
    text += fmt::format("     {} output errors\n", i.output_errors());
    if (i.tcp_mss() != 0 || i.tcp_mss6() != 0) {
      text += fmt::format("     {} TCP SYNs with their MSS lowered, {} with malformed options\n",
                          i.mss_adjusted(), i.mss_malformed());
    }
    if (i.drop_size() != 0) text += "     Packets received here ended as:\n";
    DropLines(i.drop(), "       ", text);
  }
  return text;
}

std::string RenderIpRoute(const api::IpRoute& show) {
  RouteText text;
  const std::string body = text.Piece(show);
  return body + text.Finish();
}

std::string RenderIpsecSa(const api::IpsecSa& show, const ShowOptions& options) {
  IpsecSaText text(options);
  const std::string body = text.Piece(show);
  return body + text.Finish();
}

namespace {

std::string RenderLines(const api::RunningConfig& show) {
  std::string text;
  for (const std::string& line : show.line()) text += line + "\n";
  return text;
}

std::string RenderIkev2(const api::ShowReply& reply) {
  switch (reply.body_case()) {
    case api::ShowReply::kIkev2Proposals:
      return RenderIkev2Proposals(reply.ikev2_proposals());
    case api::ShowReply::kIkev2Policies:
      return RenderIkev2Policies(reply.ikev2_policies());
    case api::ShowReply::kIkev2Profiles:
      return RenderIkev2Profiles(reply.ikev2_profiles());
    case api::ShowReply::kIkev2Authorizations:
      return RenderIkev2Authorizations(reply.ikev2_authorizations());
    case api::ShowReply::kAddressPools:
      return RenderAddressPools(reply.address_pools());
    case api::ShowReply::kIkev2Stats:
      return RenderIkev2Stats(reply.ikev2_stats());
    default:
      return RenderIkev2Errors(reply.ikev2_errors());
  }
}

// What is shown in one way alone.
std::string RenderPlain(const api::ShowReply& reply) {
  switch (reply.body_case()) {
    case api::ShowReply::kCryptoMap:
      return RenderCryptoMap(reply.crypto_map());
    case api::ShowReply::kPkiTrustpoints:
      return RenderPkiTrustpoints(reply.pki_trustpoints(), /*status=*/false);
    case api::ShowReply::kCryptoKeys:
      return RenderCryptoKeys(reply.crypto_keys());
    case api::ShowReply::kIpRoute:
      return RenderIpRoute(reply.ip_route());
    case api::ShowReply::kRunningConfig:
      return RenderLines(reply.running_config());
    case api::ShowReply::kVersion:
      return RenderVersion(reply.version());
    case api::ShowReply::kReasons:
      return RenderReasons(reply.reasons());
    case api::ShowReply::kArp:
      return RenderArp(reply.arp());
    case api::ShowReply::kIkePeers:
      return RenderIkePeers(reply.ike_peers());
    case api::ShowReply::kSaPlacementCounts:  // for metrics alone
      return "";
    case api::ShowReply::kImpairments:
      return RenderImpairments(reply.impairments());
    case api::ShowReply::kClockTime:
      return RenderClock(reply.clock_time());
    case api::ShowReply::kHosts:
      return RenderHosts(reply.hosts());
    case api::ShowReply::kHistory:
      return RenderHistory(reply.history());
    case api::ShowReply::kUsers:
      return RenderUsers(reply.users());
    case api::ShowReply::kIpsecSaCounts:
      return RenderIpsecSaCounts(reply.ipsec_sa_counts());
    case api::ShowReply::kPendingConfiguration:
      return RenderPending(reply.pending_configuration());
    case api::ShowReply::kTransformSets:
      return RenderTransformSets(reply.transform_sets());
    case api::ShowReply::kCryptoLifetime:
      return RenderLifetime(reply.crypto_lifetime());
    case api::ShowReply::kIkev2Proposals:
    case api::ShowReply::kIkev2Policies:
    case api::ShowReply::kIkev2Profiles:
    case api::ShowReply::kIkev2Stats:
    case api::ShowReply::kIkev2Errors:
    case api::ShowReply::kIkev2Authorizations:
    case api::ShowReply::kAddressPools:
      return RenderIkev2(reply);
    case api::ShowReply::kAccessLists:
      return RenderAccessLists(reply.access_lists());
    case api::ShowReply::kLogging:
      return RenderLogging(reply.logging());
    case api::ShowReply::kPing:
      return RenderPing(reply.ping());
    case api::ShowReply::kNeighbors:
      return RenderNeighbors(reply.neighbors());
    case api::ShowReply::kIpsecSa:
    case api::ShowReply::kCryptoEngine:
    case api::ShowReply::kInterfaces:
    case api::ShowReply::kPkiCertificates:
    case api::ShowReply::kProcesses:
    case api::ShowReply::kCryptoSessions:
    case api::ShowReply::kIkeSas:
    case api::ShowReply::kCryptoRuleset:
    case api::ShowReply::kDebugging:
    case api::ShowReply::BODY_NOT_SET:
      break;
  }
  return "% The answer is empty.\n";
}

}  // namespace

std::string RenderText(const api::ShowReply& reply, const ShowOptions& options) {
  if (!reply.error().empty()) return "% " + reply.error() + "\n";
  switch (reply.body_case()) {
    case api::ShowReply::kIpsecSa:
      return RenderIpsecSa(reply.ipsec_sa(), options);
    case api::ShowReply::kCryptoEngine:
      return RenderCryptoEngine(reply.crypto_engine(), options);
    case api::ShowReply::kInterfaces:
      return options.view == ShowView::kBrief ? RenderInterfacesBrief(reply.interfaces())
                                              : RenderInterfaces(reply.interfaces());
    case api::ShowReply::kPkiCertificates:
      return RenderPkiCertificates(reply.pki_certificates(), options);
    case api::ShowReply::kProcesses:
      return options.view == ShowView::kDefault
                 ? RenderProcesses(reply.processes())
                 : RenderProcessUsage(reply.processes(), options.view);
    case api::ShowReply::kCryptoSessions:
      return RenderSessions(reply.crypto_sessions(), options);
    case api::ShowReply::kIkeSas:
      return RenderIkeSas(reply.ike_sas(), options);
    case api::ShowReply::kCryptoRuleset:
      return RenderRuleset(reply.crypto_ruleset(), options.detail).text;
    case api::ShowReply::kDebugging:
      return options.conditions ? RenderDebugCondition(reply.debugging(), options)
                                : RenderDebugging(reply.debugging());
    default:
      return RenderPlain(reply);
  }
}

std::string MessageJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}\n";
  return text;
}

std::string RenderJson(const api::ShowReply& reply) {
  const google::protobuf::Message* body = BodyOf(reply);
  if (reply.error().empty() && body != nullptr) {
    const auto* oneof = reply.GetDescriptor()->FindOneofByName("body");
    const std::string name = reply.GetReflection()->GetOneofFieldDescriptor(reply, oneof)->name();
    std::string text = MessageJson(*body);
    const bool empty = text.find('"') == std::string::npos;
    const size_t at = text.find('{') + 1;
    text.insert(at, fmt::format("\n \"schema_version\": {},\n \"body\": \"{}\"{}",
                                kJsonSchemaVersion, name, empty ? "\n" : ","));
    return text;
  }
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  api::ShowReply error;
  error.set_error(reply.error().empty() ? "The answer is empty." : reply.error());
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(error, &text, options).ok()) return "{}\n";
  return text;
}

}  // namespace vam::mgmt
