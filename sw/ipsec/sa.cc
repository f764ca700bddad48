#include "sw/ipsec/sa.h"

#include "sw/net/ipv4.h"

namespace vam::ipsec {
namespace {

constexpr size_t kPadAlignment = 4;  // RFC 4303, 2.4
constexpr size_t kUdpEncapBytes = 8;
constexpr size_t kOuterIpv6Bytes = 40;

size_t OuterHeaderBytes(const SaParams& params) {
  const size_t ip = params.local.is_v6() ? kOuterIpv6Bytes : net::kIpv4HeaderBytes;
  return ip + (params.udp_local != 0 ? kUdpEncapBytes : 0);
}

size_t FixedBytes(const SaParams& params) {
  return OuterHeaderBytes(params) + kEspHeaderBytes + kGcmIvBytes + kGcmIcvBytes;
}

Error Invalid(const char* text) { return Err(ErrorCode::kInvalidArgument, text); }

Status ValidateBuilt(const SaParams& params) {
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

Status ValidateReplay(const SaParams& params) {
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
  copy.id = id;
  copy.direction = direction;
  copy.mode = mode;
  copy.suite = suite;
  copy.spi = spi;
  copy.vrf_tag = vrf_tag;
  copy.local = local;
  copy.remote = remote;
  copy.udp_local = udp_local;
  copy.udp_remote = udp_remote;
  copy.key_material = key_material.Clone();
  copy.esn = esn;
  copy.replay_window = replay_window;
  copy.initial_seq = initial_seq;
  copy.seq_watermark = seq_watermark;
  copy.lifetimes = lifetimes;
  copy.df_mode = df_mode;
  copy.dscp_fixed = dscp_fixed;
  copy.dscp = dscp;
  copy.ttl = ttl;
  copy.selectors = selectors;
  return copy;
}

size_t KeyBytes(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kAesGcm128Icv16:
      return 16;
    case CipherSuite::kAesGcm192Icv16:
      return 24;
    case CipherSuite::kAesGcm256Icv16:
      return 32;
  }
  return 0;
}

Status Validate(const SaParams& params) {
  if (KeyBytes(params.suite) == 0) return Err(ErrorCode::kUnsupported, "cipher suite");
  if (params.local.is_none() || params.local.family() != params.remote.family()) {
    return Invalid("tunnel ends are two addresses of one family");
  }
  if (params.spi.value < kFirstSpi) return Invalid("SPI under 256");
  if (params.key_material.size() != KeyBytes(params.suite) + kGcmSaltBytes) {
    return Invalid("key material is the AES key and four bytes of salt");
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

size_t EncapsulatedBytes(const SaParams& params, size_t inner_bytes) {
  const size_t text =
      (inner_bytes + kEspTrailerBytes + kPadAlignment - 1) / kPadAlignment * kPadAlignment;
  return FixedBytes(params) + text;
}

size_t PlaintextMtu(const SaParams& params, size_t path_mtu_bytes) {
  const size_t fixed = FixedBytes(params);
  if (path_mtu_bytes < fixed + kPadAlignment) return 0;
  return (path_mtu_bytes - fixed) / kPadAlignment * kPadAlignment - kEspTrailerBytes;
}

}  // namespace vam::ipsec
