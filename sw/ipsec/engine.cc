#include "sw/ipsec/engine.h"

namespace vam::ipsec {
namespace {

Error Missing(const char* capability) { return Err(ErrorCode::kUnsupported, capability); }

bool HasLifetimes(const Lifetimes& lifetimes) { return lifetimes != Lifetimes{}; }

}  // namespace

bool Capabilities::Has(CipherSuite suite) const {
  switch (suite) {
    case CipherSuite::kAesGcm128Icv16:
      return aes_gcm_128;
    case CipherSuite::kAesGcm192Icv16:
      return aes_gcm_192;
    case CipherSuite::kAesGcm256Icv16:
      return aes_gcm_256;
  }
  return false;
}

Status CheckCapabilities(const Capabilities& capabilities, const SaSettings& sa) {
  if (!capabilities.Has(sa.suite)) {
    const SuiteInfo* suite = FindSuite(sa.suite);
    return Missing(suite == nullptr ? "cipher suite" : suite->name);
  }
  if (sa.mode == Mode::kTransport && !capabilities.transport) return Missing("transport");
  if (sa.local.is_v6() && !capabilities.outer_ipv6) return Missing("outer_ipv6");
  if (sa.udp_local != 0 && !capabilities.nat_t) return Missing("nat_t");
  if (sa.esn && !capabilities.esn) return Missing("esn");
  if (sa.replay_window > capabilities.max_replay_window) return Missing("replay_window");
  if (HasLifetimes(sa.lifetimes) && !capabilities.lifetimes) return Missing("lifetimes");
  return Ok();
}

}  // namespace vam::ipsec
