#include "sw/fwd/show.h"

#include <malloc.h>

#include "sw/fwd/show_parts.h"
#include "sw/fwd/show_ruleset.h"

namespace vam::fwd {

namespace {

// Of this process: the others say it themselves.
void ShowProcess(api::Processes* out) {
  api::Process& process = *out->add_process();
  process.set_role("fwd");
  process.set_state("up");
  process.set_cpu_milliseconds(ProcessCpuNs() / kNsPerMs);
  process.set_allocated_bytes(mallinfo2().uordblks);
}

using ReasonRows = google::protobuf::RepeatedPtrField<api::ReasonCount>;

template <typename CountOf>
void AddThose(const CountOf& count_of, ReasonRows* out) {
  for (const ReasonInfo& info : kReasons) {
    const uint64_t packets = count_of(info.reason);
    if (packets == 0) continue;
    api::ReasonCount* row = out->Add();
    row->set_reason(std::string(info.name));
    row->set_packets(packets);
  }
}

}  // namespace

void AddReasons(const std::array<Counter, 256>& counters, ReasonRows* out) {
  AddThose([&](Reason reason) { return counters[static_cast<size_t>(reason)].value(); }, out);
}
void AddReasons(const FewReasons& counters, ReasonRows* out) {
  AddThose([&](Reason reason) { return counters[reason]; }, out);
}

std::vector<uint64_t> SasOf(const ShowSources& sources, const api::ShowRequest& request) {
  if (request.kind() != api::SHOW_IPSEC_SA) return {};
  return IpsecSasOf(sources, request);
}

api::ShowReply Show(const ShowSources& sources, const api::ShowRequest& request) {
  api::ShowReply reply;
  switch (request.kind()) {
    case api::SHOW_IPSEC_SA:
      ShowIpsecSa(sources, request, reply);
      break;
    case api::SHOW_CRYPTO_ENGINE:
      ShowCryptoEngine(sources, request, reply);
      break;
    case api::SHOW_SA_PLACEMENTS:
      ShowSaPlacements(sources, request, reply);
      break;
    case api::SHOW_INTERFACES:
      ShowInterfaces(sources, request, reply.mutable_interfaces());
      break;
    case api::SHOW_IP_ROUTE:
    case api::SHOW_IPV6_ROUTE:
      ShowIpRoute(sources, request, reply);
      break;
    case api::SHOW_IPV6_NEIGHBORS:
      ShowNeighbors(sources, request, reply.mutable_neighbors());
      break;
    case api::SHOW_ACCESS_LISTS:
      ShowMatches(sources, request, reply);
      break;
    case api::SHOW_REASONS:
      ShowReasons(sources, reply.mutable_reasons());
      break;
    case api::SHOW_ARP:
      ShowArp(sources, reply.mutable_arp());
      break;
    case api::SHOW_CRYPTO_RULESET:
      ShowRuleset(sources, request, reply);
      break;
    case api::SHOW_PROCESSES:
      ShowProcess(reply.mutable_processes());
      break;
    default:
      reply.set_error("The forwarder does not answer this command.");
  }
  return reply;
}

}  // namespace vam::fwd
