#include "sw/ipsec/sa.h"

#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"
#include "sw/net/ports.h"

namespace vam::ipsec {
namespace {

size_t IpHeaderBytes(const SaSettings& sa) {
  return sa.local.is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
}

// Of the inner packet, what stays before ESP or AH.
size_t KeptBytes(const SaSettings& sa, size_t own_bytes) {
  if (sa.mode == Mode::kTunnel) return 0;
  return own_bytes != 0 ? own_bytes : IpHeaderBytes(sa);
}

// The headers before ESP or AH: new ones in tunnel mode, the packet's own in transport mode.
size_t HeaderBytes(const SaSettings& sa, size_t own_bytes) {
  const size_t udp = sa.udp_local != 0 ? net::kUdpHeaderBytes : 0;
  const size_t ip = sa.mode == Mode::kTunnel ? IpHeaderBytes(sa) : KeptBytes(sa, own_bytes);
  return ip + udp;
}

// What AH and IPComp add at most: a packet that is not compressed has no IPComp header.
size_t FixedBytes(const SaSettings& sa) {
  return sa.protocol == Protocol::kAh ? AhBytes(sa.suite.integrity, sa.local.is_v6()) : 0;
}

Error Invalid(const char* text) { return Err(ErrorCode::kInvalidArgument, text); }

Status ValidateEsp(const SaSettings& params) {
  const EncryptionInfo& encryption = InfoOf(params.suite.encryption);
  const bool has_integrity = params.suite.integrity != Integrity::kNone;
  if (encryption.kind == CipherKind::kNone) return Invalid("ESP has an encryption, or null");
  if (encryption.combined()) {
    if (has_integrity) return Invalid("an encryption that has its own integrity stands alone");
    return Ok();
  }
  if (InfoOf(params.suite.integrity).iv_bytes != 0) return Invalid("GMAC beside an encryption");
  if (has_integrity) return Ok();
  if (encryption.kind == CipherKind::kNull) return Invalid("ESP that protects nothing");
  if (encryption.kind == CipherKind::kCtr) return Invalid("counter mode without integrity");
  // Numbers that nobody verified must not move a window (RFC 4303, 3.4.3).
  if (params.replay_window != 0 || params.esn) {
    return Invalid("replay window or ESN without integrity");
  }
  return Ok();
}

Status ValidateAh(const SaSettings& params) {
  if (params.suite.encryption != Encryption::kNone || params.suite.integrity == Integrity::kNone) {
    return Invalid("AH has an integrity and no encryption");
  }
  return Ok();
}

Status ValidateIpComp(const SaSettings& params) {
  if (params.suite.encryption != Encryption::kNone || params.suite.integrity != Integrity::kNone ||
      params.suite.compression == Compression::kNone) {
    return Invalid("IPComp has a compression and nothing else");
  }
  if (params.esn || params.replay_window != 0 || params.initial_seq != 0 ||
      params.seq_watermark != 0) {
    return Invalid("IPComp has no sequence numbers");
  }
  return Ok();
}

Status ValidateSuite(const SaParams& params) {
  if (BitOf(params.suite.encryption) >= kEncryptions ||
      BitOf(params.suite.integrity) >= kIntegrities ||
      BitOf(params.suite.compression) >= kCompressions) {
    return Err(ErrorCode::kUnsupported, "cipher suite");
  }
  if (params.protocol == Protocol::kIpComp) {
    VAM_TRY_STATUS(ValidateIpComp(params));
  } else if (params.suite.compression != Compression::kNone) {
    return Invalid("compression is an SA of its own");
  } else {
    VAM_TRY_STATUS(params.protocol == Protocol::kEsp ? ValidateEsp(params) : ValidateAh(params));
  }
  const EncryptionInfo& encryption = InfoOf(params.suite.encryption);
  if (params.key_material.size() != encryption.key_bytes + encryption.salt_bytes) {
    return Invalid("key material is the encryption's key and salt");
  }
  const IntegrityInfo& integrity = InfoOf(params.suite.integrity);
  if (params.auth_key.size() != integrity.key_bytes + integrity.salt_bytes) {
    return Invalid("the integrity's key has another length");
  }
  return Ok();
}

Status ValidateSpi(const SaSettings& params) {
  const uint32_t spi = params.spi.value;
  if (params.protocol != Protocol::kIpComp) {
    return spi < kFirstSpi ? Invalid("SPI under 256") : Ok();
  }
  const bool agreed = spi >= kFirstCpi && spi <= kLastCpi;
  if (agreed || spi == InfoOf(params.suite.compression).cpi) return Ok();
  return Invalid("CPI is the algorithm's own or 256 to 61439");
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

SaKeys SaKeys::CloneKeys() const {
  SaKeys copy;
  copy.key_material = key_material.Clone();
  copy.auth_key = auth_key.Clone();
  return copy;
}

SaParams SaParams::Clone() const {
  SaParams copy;
  static_cast<SaSettings&>(copy) = *this;
  static_cast<SaKeys&>(copy) = CloneKeys();
  return copy;
}

Status Validate(const SaParams& params) {
  VAM_TRY_STATUS(ValidateSuite(params));
  if (params.local.is_none() || params.local.family() != params.remote.family()) {
    return Invalid("tunnel ends are two addresses of one family");
  }
  VAM_TRY_STATUS(ValidateSpi(params));
  if (params.dscp > 63) return Invalid("DSCP above 63");
  if (params.ttl == 0) return Invalid("TTL 0");
  const Selectors& selectors = params.selectors;
  if (selectors.local_ports.low > selectors.local_ports.high ||
      selectors.remote_ports.low > selectors.remote_ports.high) {
    return Invalid("port range upside down");
  }
  if (selectors.local.family() != net::Family::kNone &&
      selectors.remote.family() != net::Family::kNone &&
      selectors.local.family() != selectors.remote.family()) {
    return Invalid("selectors of two families");
  }
  VAM_TRY_STATUS(ValidateReplay(params));
  if (params.udp_local != 0 || params.udp_remote != 0) {
    return Err(ErrorCode::kUnsupported, "UDP encapsulation");
  }
  return Ok();
}

EspLayout LayoutOf(const Suite& suite) {
  const EncryptionInfo& encryption = InfoOf(suite.encryption);
  return {
      .iv_bytes = encryption.iv_bytes,
      .icv_bytes = encryption.combined() ? encryption.icv_bytes : InfoOf(suite.integrity).icv_bytes,
      .block_bytes = encryption.block_bytes};
}

size_t AhBytes(Integrity integrity, bool v6) {
  const IntegrityInfo& info = InfoOf(integrity);
  const size_t unit = v6 ? 8 : 4;
  return (kAhFixedBytes + info.iv_bytes + info.icv_bytes + unit - 1) / unit * unit;
}

size_t EncapsulatedBytes(const SaSettings& sa, size_t inner_bytes, size_t header_bytes) {
  const size_t header = HeaderBytes(sa, header_bytes);
  const size_t kept = KeptBytes(sa, header_bytes);
  const size_t payload = inner_bytes > kept ? inner_bytes - kept : 0;
  if (sa.protocol != Protocol::kEsp) return header + FixedBytes(sa) + payload;
  const EspLayout layout = LayoutOf(sa.suite);
  return header + layout.fixed_bytes() + layout.TextBytes(payload);
}

size_t PlaintextMtu(const SaSettings& sa, size_t path_mtu_bytes, size_t header_bytes) {
  const size_t header = HeaderBytes(sa, header_bytes);
  const size_t kept = KeptBytes(sa, header_bytes);
  if (sa.protocol != Protocol::kEsp) {
    const size_t fixed = header + FixedBytes(sa);
    return path_mtu_bytes > fixed ? path_mtu_bytes - fixed + kept : 0;
  }
  const EspLayout layout = LayoutOf(sa.suite);
  const size_t fixed = header + layout.fixed_bytes();
  if (path_mtu_bytes < fixed + layout.block_bytes) return 0;
  const size_t text = (path_mtu_bytes - fixed) / layout.block_bytes * layout.block_bytes;
  return text - kEspTrailerBytes + kept;
}

}  // namespace vam::ipsec
