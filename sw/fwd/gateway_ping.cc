// What an operator asks a ping for, checked and completed.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "sw/config/effective.h"
#include "sw/fwd/gateway.h"

namespace vam::fwd {

namespace {

// As IOS says it.
constexpr const char* kBadSource =
    "Invalid source address- IP address not on any of our up interfaces";
constexpr const char* kNoWay = "No valid route for destination";

constexpr uint32_t kLongestTimeoutSeconds = 3600;

// A message of the operator's side that no grammar lets through.
bool IsMalformed(const api::PingRequest& request) {
  return request.repeat() == 0 || request.timeout_seconds() > kLongestTimeoutSeconds ||
         request.pattern() > 0xffff || request.bytes() > kMaxEchoBytes ||
         (!request.source_address().empty() && !request.source_interface().empty());
}

}  // namespace

// Empty: `echo` has its source, and the link of a link-local destination. Requires: its VRF and
// destination are set.
std::string Gateway::FindPingSource(const api::PingRequest& request, OwnEcho& echo) const {
  const bool v6 = echo.destination.is_v6();
  const std::string& name = request.source_interface();
  if (!name.empty()) {
    const config::Interface* from = running_->FindInterface(name);
    if (from == nullptr) return "There is no interface " + name + ".";
    const auto port = std::ranges::find(port_names_, name);
    if (port != port_names_.end()) {
      echo.interface = static_cast<uint16_t>(port - port_names_.begin());
    }
    const bool has_port = echo.interface != kNoInterface;
    if (v6) {
      echo.source = has_port
                        ? forwarder_->ipv6_addresses().SourceFor(echo.interface, echo.destination)
                        : config::FirstIpv6(*from).value_or(net::Address());
    } else if (has_port && snapshot_->interfaces[echo.interface].address != 0) {
      echo.source = net::Address::V4(snapshot_->interfaces[echo.interface].address);
    } else if (!has_port) {
      echo.source = from->address.value_or(net::Address());
    }
    // Beyond the link nobody could answer it.
    if (v6 && echo.source.IsLinkLocal() && !echo.destination.IsLinkLocal()) echo.source = {};
    if (echo.source.is_none()) {
      return name + (v6 ? " has no IPv6 address that is in use." : " has no IPv4 address.");
    }
  } else if (!request.source_address().empty()) {
    const auto source = net::Address::Parse(request.source_address());
    if (!source) return "The source is not an IP address.";
    echo.source = *source;
    if (echo.source.family() != echo.destination.family()) {
      return "Source and destination are not of the same IP version.";
    }
  } else if (forwarder_->IsOwn(echo.vrf, kNoInterface, echo.destination)) {
    echo.source = echo.destination;
  } else {
    echo.source = forwarder_->SourceFor(echo.vrf, echo.destination);
  }
  return "";
}

std::variant<PingPlan, std::string> Gateway::PlanPing(const api::PingRequest& request) const {
  if (IsMalformed(request)) return "The request is malformed.";
  PingPlan plan;
  OwnEcho& echo = plan.echo;
  const auto& vrfs = snapshot_->vrfs;
  const auto vrf = std::ranges::find(vrfs, request.vrf(), &Vrf::name);
  if (vrf == vrfs.end()) return "There is no VRF " + request.vrf() + ".";
  echo.vrf = static_cast<uint16_t>(vrf - vrfs.begin());
  const auto destination = net::Address::Parse(request.destination());
  if (!destination || !destination->IsRoutableUnicast() || destination->IsV4Mapped()) {
    return "The destination is not the address of one host.";
  }
  echo.destination = *destination;
  const bool v6 = echo.destination.is_v6();
  if (request.bytes() < (v6 ? kMinEchoBytesV6 : kMinEchoBytes)) {
    return v6 ? "An IPv6 echo request has at least 48 bytes."
              : "An IPv4 echo request has at least 36 bytes.";
  }
  if (v6 && request.dont_fragment()) return "IPv6 has no DF bit: only its source cuts a packet.";
  if (std::string problem = FindPingSource(request, echo); !problem.empty()) return problem;
  const bool on_link = echo.destination.IsLinkLocal() && v6;
  if (on_link && echo.interface == kNoInterface) {
    return "A link-local destination needs 'source INTERFACE'.";
  }
  const bool reachable = on_link ||
                         snapshot_->routes(echo.vrf).Lookup(echo.destination) != nullptr ||
                         forwarder_->IsOwn(echo.vrf, kNoInterface, echo.destination);
  if (!reachable || echo.source.is_none()) return kNoWay;
  if (!forwarder_->IsOwn(echo.vrf, echo.interface, echo.source)) return kBadSource;
  echo.bytes = request.bytes();
  echo.dont_fragment = request.dont_fragment();
  echo.pattern = static_cast<uint16_t>(request.pattern());
  plan.id = request.id();
  plan.vrf = request.vrf();
  plan.repeat = request.repeat();
  plan.timeout_ns = request.timeout_seconds() * kNsPerSecond;
  plan.validate = request.validate();
  return plan;
}

void Gateway::Ping(uint32_t request, const api::PingRequest& message) {
  switch (message.kind()) {
    case api::PingRequest::START: {
      auto plan = PlanPing(message);
      if (auto* problem = std::get_if<std::string>(&plan)) {
        return pinger_->Refuse(request, std::move(*problem));
      }
      return pinger_->Start(request, std::move(std::get<PingPlan>(plan)));
    }
    case api::PingRequest::NEXT:
      return pinger_->Next(request, message.id());
    case api::PingRequest::STOP:
      return pinger_->Stop(message.id());
    case api::PingRequest::FORGET:
      return pinger_->Forget(message.id());
    default:
      return pinger_->Refuse(request, "The forwarder does not know this request.");
  }
}

}  // namespace vam::fwd
