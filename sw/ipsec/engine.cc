#include "sw/ipsec/engine.h"

namespace vam::ipsec {
namespace {

// `capability` is a literal: a name of the table or of a field.
Error Missing(std::string_view capability) {
  return Err(ErrorCode::kUnsupported, capability.data());
}

bool HasLifetimes(const Lifetimes& lifetimes) { return lifetimes != Lifetimes{}; }

bool CarriesIpv6(const SaSettings& sa) {
  return sa.selectors.local.family() == net::Family::kV6 ||
         sa.selectors.remote.family() == net::Family::kV6;
}

Status CheckSuite(const Capabilities& capabilities, const Suite& suite) {
  if (suite.encryption != Encryption::kNone &&
      !capabilities.encryption.test(BitOf(suite.encryption))) {
    return Missing(InfoOf(suite.encryption).name);
  }
  if (suite.integrity != Integrity::kNone && !capabilities.integrity.test(BitOf(suite.integrity))) {
    return Missing(InfoOf(suite.integrity).name);
  }
  if (suite.compression != Compression::kNone &&
      !capabilities.compression.test(BitOf(suite.compression))) {
    return Missing(InfoOf(suite.compression).name);
  }
  return Ok();
}

}  // namespace

Status CheckCapabilities(const Capabilities& capabilities, const SaSettings& sa) {
  if (sa.protocol == Protocol::kAh && !capabilities.ah) return Missing("ah");
  VAM_TRY_STATUS(CheckSuite(capabilities, sa.suite));
  if (sa.mode == Mode::kTransport && !capabilities.transport) return Missing("transport");
  if (sa.local.is_v6() && !capabilities.outer_ipv6) return Missing("outer_ipv6");
  if (CarriesIpv6(sa) && !capabilities.inner_ipv6) return Missing("inner_ipv6");
  if (sa.udp_local != 0 && !capabilities.nat_t) return Missing("nat_t");
  if (sa.esn && !capabilities.esn) return Missing("esn");
  if (sa.replay_window > capabilities.max_replay_window) return Missing("replay_window");
  if (HasLifetimes(sa.lifetimes) && !capabilities.lifetimes) return Missing("lifetimes");
  return Ok();
}

}  // namespace vam::ipsec
