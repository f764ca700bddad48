#include "sw/ipsec/sa.h"

#include <array>

#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"
#include "sw/net/ports.h"

namespace vam::ipsec {
namespace {

// By CipherSuite.
constexpr std::array<SuiteInfo, 3> kSuites{{
    {"aes_gcm_128", 16, kGcmSaltBytes, kGcmIvBytes, kGcmIcvBytes, 4},
    {"aes_gcm_192", 24, kGcmSaltBytes, kGcmIvBytes, kGcmIcvBytes, 4},
    {"aes_gcm_256", 32, kGcmSaltBytes, kGcmIvBytes, kGcmIcvBytes, 4},
}};

size_t OuterHeaderBytes(const SaSettings& sa) {
  const size_t ip = sa.local.is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
  return ip + (sa.udp_local != 0 ? net::kUdpHeaderBytes : 0);
}

size_t FixedBytes(const SaSettings& sa) {
  const SuiteInfo& suite = InfoOf(sa.suite);
  return OuterHeaderBytes(sa) + kEspHeaderBytes + suite.iv_bytes + suite.icv_bytes;
}

Error Invalid(const char* text) { return Err(ErrorCode::kInvalidArgument, text); }

Status ValidateBuilt(const SaSettings& params) {
  if (params.mode != Mode::kTunnel) return Err(ErrorCode::kUnsupported, "transport mode");
  if (params.udp_local != 0 || params.udp_remote != 0) {
    return Err(ErrorCode::kUnsupported, "UDP encapsulation");
  }
  if (params.local.is_v6()) return Err(ErrorCode::kUnsupported, "IPv6 outer header");
  if (params.selectors.local.family() == net::Family::kV6 ||
      params.selectors.remote.family() == net::Family::kV6) {
    return Err(ErrorCode::kUnsupported, "IPv6 selectors");
  }
  return Ok();
}

Status ValidateReplay(const SaSettings& params) {
  const uint32_t window = params.replay_window;
  if (window != 0 && (window < kMinReplayWindow || window > kMaxReplayWindow)) {
    return Invalid("replay window is 0 or 64 to 1024");
  }
  if (!params.esn && params.initial_seq > 0xffffffff) {
    return Invalid("initial sequence number above 32 bits");
  }
  return Ok();
}

}  // namespace

SaParams SaParams::Clone() const {
  SaParams copy;
  static_cast<SaSettings&>(copy) = *this;
  copy.key_material = key_material.Clone();
  return copy;
}

const SuiteInfo* FindSuite(CipherSuite suite) {
  const auto row = static_cast<size_t>(suite);
  return row < kSuites.size() ? &kSuites[row] : nullptr;
}

const SuiteInfo& InfoOf(CipherSuite suite) {
  const SuiteInfo* info = FindSuite(suite);
  VAM_CHECK(info != nullptr);
  return *info;
}

size_t TextBytes(const SuiteInfo& suite, size_t inner_bytes) {
  const size_t mask = suite.alignment - size_t{1};
  return (inner_bytes + kEspTrailerBytes + mask) & ~mask;
}

Status Validate(const SaParams& params) {
  const SuiteInfo* suite = FindSuite(params.suite);
  if (suite == nullptr) return Err(ErrorCode::kUnsupported, "cipher suite");
  if (params.local.is_none() || params.local.family() != params.remote.family()) {
    return Invalid("tunnel ends are two addresses of one family");
  }
  if (params.spi.value < kFirstSpi) return Invalid("SPI under 256");
  if (params.key_material.size() != suite->material_bytes()) {
    return Invalid("key material is the cipher key and its salt");
  }
  if (params.dscp > 63) return Invalid("DSCP above 63");
  if (params.ttl == 0) return Invalid("TTL 0");
  if (params.selectors.local_ports.low > params.selectors.local_ports.high ||
      params.selectors.remote_ports.low > params.selectors.remote_ports.high) {
    return Invalid("port range upside down");
  }
  VAM_TRY_STATUS(ValidateReplay(params));
  return ValidateBuilt(params);
}

size_t EncapsulatedBytes(const SaSettings& sa, size_t inner_bytes) {
  return FixedBytes(sa) + TextBytes(InfoOf(sa.suite), inner_bytes);
}

size_t PlaintextMtu(const SaSettings& sa, size_t path_mtu_bytes) {
  const size_t fixed = FixedBytes(sa);
  const size_t alignment = InfoOf(sa.suite).alignment;
  if (path_mtu_bytes < fixed + alignment) return 0;
  return ((path_mtu_bytes - fixed) & ~(alignment - 1)) - kEspTrailerBytes;
}

}  // namespace vam::ipsec
