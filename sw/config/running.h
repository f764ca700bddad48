// The configuration as plain data: what the statements say, with no text left and nothing derived.
// Parsed by sw/config/parser.h, written by sw/config/render.h; what follows from it is in
// sw/config/effective.h.
#ifndef VAM_SW_CONFIG_RUNNING_H_
#define VAM_SW_CONFIG_RUNNING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/config/named_list.h"
#include "sw/config/pending.h"
#include "sw/config/running_crypto.h"
#include "sw/config/running_ike.h"
#include "sw/config/running_logging.h"
#include "sw/config/running_metrics.h"
#include "sw/config/running_names.h"
#include "sw/config/running_net.h"
#include "sw/config/running_pki.h"
#include "sw/net/address.h"

namespace vam::config {

// Which card `engine card` asks for. kNone: every SA runs in software, by configuration.
enum class CardKind : uint8_t { kNone, kRtl, kModel };

struct Running {
  std::string hostname = "Router";
  std::string enable_secret;  // a hash (enable_secret.h); empty: `enable` asks for nothing
  CardKind card = CardKind::kNone;
  CryptoGlobals crypto;
  bool ipv6_routing = false;  // `ipv6 unicast-routing`
  NamedList<Vrf> vrfs;
  NamedList<Interface> interfaces;  // in the order of first mention
  std::vector<Route> routes;        // IPv4, then IPv6; one for each {vrf, destination, path}
  std::vector<ArpEntry> arps;
  std::vector<Neighbor> neighbors;
  Logging logging;
  Names names;
  std::optional<MetricsListen> metrics;
  NamedList<Acl> acls;  // of all kinds: no two have one name
  NamedList<TransformSet> transform_sets;
  NamedList<DynamicMap> dynamic_maps;
  NamedList<CryptoMap> crypto_maps;
  NamedList<IpsecProfile> ipsec_profiles;
  Ike ike;
  Pki pki;
  Pending pending;  // statements of later issues
  bool operator==(const Running&) const = default;

  // nullptr when there is none of that name.
  const Interface* FindInterface(std::string_view name) const;
  const Vrf* FindVrf(std::string_view name) const;
  const Acl* FindAcl(std::string_view name) const;
  const TransformSet* FindTransformSet(std::string_view name) const;
  const CryptoMap* FindCryptoMap(std::string_view name) const;
  const DynamicMap* FindDynamicMap(std::string_view name) const;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RUNNING_H_
