#include "sw/config/running_ike.h"

#include <algorithm>
#include <tuple>

namespace vam::config {

bool SameIkeKey(const IkeKey& a, const IkeKey& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a == b || a->Equals(*b);
}
bool operator==(const IkePpk& a, const IkePpk& b) {
  return a.id == b.id && a.required == b.required && SameIkeKey(a.key, b.key);
}
bool operator==(const Ikev2Peer& a, const Ikev2Peer& b) {
  const auto plain = [](const Ikev2Peer& p) {
    return std::tie(p.name, p.description, p.address, p.hostname, p.identity, p.ppk);
  };
  return plain(a) == plain(b) && SameIkeKey(a.local_key, b.local_key) &&
         SameIkeKey(a.remote_key, b.remote_key);
}
bool operator==(const Ikev2Profile& a, const Ikev2Profile& b) {
  const auto plain = [](const Ikev2Profile& p) {
    return std::tie(p.name, p.description, p.remote, p.certificate_maps, p.fvrf, p.local,
                    p.identity, p.local_auth, p.remote_auth, p.keyring, p.trustpoints, p.dpd,
                    p.lifetime, p.nat_keepalive, p.reauth, p.initial_contact_force, p.childless,
                    p.resumption, p.mobike, p.mobike_unchecked, p.psk_authorization,
                    p.cert_authorization, p.config_exchange, p.ivrf);
  };
  return plain(a) == plain(b) && SameIkeKey(a.local_key, b.local_key) &&
         SameIkeKey(a.remote_key, b.remote_key);
}

uint64_t RetransmitMs(const IkeRetransmit& retransmit) {
  constexpr uint64_t kMsPerSecond = 1'000;
  const uint64_t most_ms =
      retransmit.limit_s ? *retransmit.limit_s * kMsPerSecond : kMostRetransmitMs;
  uint64_t wait_ms = retransmit.timeout_ms;
  uint64_t all_ms = 0;
  for (unsigned i = 0; i < retransmit.tries && all_ms <= kMostRetransmitMs; ++i) {
    all_ms += std::min(wait_ms, most_ms);
    wait_ms = std::min(wait_ms * retransmit.base_percent / 100, most_ms);
  }
  return all_ms;
}

std::string_view IkeChildlessName(IkeChildless when) {
  switch (when) {
    case IkeChildless::kAllow:
      return "allow";
    case IkeChildless::kPrefer:
      return "prefer";
    case IkeChildless::kForce:
      return "force";
    case IkeChildless::kNever:
      break;
  }
  return "never";
}

std::string_view IkeAuthName(IkeAuth method) {
  switch (method) {
    case IkeAuth::kPreShare:
      return "pre-share";
    case IkeAuth::kRsaSig:
      return "rsa-sig";
    case IkeAuth::kEcdsaSig:
      return "ecdsa-sig";
    case IkeAuth::kEddsaSig:
      break;
  }
  return "eddsa-sig";
}

}  // namespace vam::config
