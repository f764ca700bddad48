#include "sw/fwd/manual_sas.h"

#include <algorithm>

#include "sw/base/check.h"
#include "sw/config/transforms.h"

namespace vam::fwd {

namespace {

using config::SaProtocol;
using config::Transform;
using ipsec::Encryption;
using ipsec::Integrity;

// Algorithms of one mode follow each other by key length, then by ICV (sw/ipsec/algorithms.h).
Encryption BySize(Encryption of128, uint16_t key_bits, size_t step) {
  const size_t size = key_bits == 256 ? 2U : key_bits == 192 ? 1U : 0U;
  return static_cast<Encryption>(ipsec::BitOf(of128) + size * step);
}

Encryption ByIcv(Encryption of128_icv8, const config::TransformUse& use) {
  const Encryption sized = BySize(of128_icv8, use.key_bits, 3);
  const size_t icv = use.icv_bytes == 8 ? 0U : use.icv_bytes == 12 ? 1U : 2U;
  return static_cast<Encryption>(ipsec::BitOf(sized) + icv);
}

ipsec::Protocol ToProtocol(SaProtocol protocol) {
  switch (protocol) {
    case SaProtocol::kCompression:
      return ipsec::Protocol::kIpComp;
    case SaProtocol::kEsp:
      return ipsec::Protocol::kEsp;
    case SaProtocol::kAh:
      return ipsec::Protocol::kAh;
  }
  return ipsec::Protocol::kEsp;
}

ipsec::Suite ToSuite(const config::SaSpec& spec) {
  if (spec.protocol == SaProtocol::kAh) return {Encryption::kNone, ToIntegrity(spec.first)};
  if (spec.protocol == SaProtocol::kCompression) {
    const bool lzs = spec.first.transform == Transform::kCompLzs;
    return {Encryption::kNone, Integrity::kNone,
            lzs ? ipsec::Compression::kLzs : ipsec::Compression::kDeflate};
  }
  return {ToEncryption(spec.first), spec.second ? ToIntegrity(*spec.second) : Integrity::kNone};
}

bool HasIntegrity(const ipsec::Suite& suite) {
  return suite.integrity != Integrity::kNone || ipsec::InfoOf(suite.encryption).combined();
}

template <size_t N>
bool CopyKey(const config::Key& key, Secret<N>& to) {
  if (key == nullptr) return true;
  if (key->size() > N) return false;
  const Bytes bytes = key->bytes();
  std::copy(bytes.begin(), bytes.end(), to.Resize(bytes.size()).begin());
  return true;
}

net::Prefix HostOf(const net::Address& address) {
  return *net::Prefix::Create(address, address.is_v6() ? 128 : 32);
}

// What carries every layer but the innermost: packets of the SA inside it, between the two ends.
ipsec::Selectors Around(const ipsec::SaSettings& inner) {
  ipsec::Selectors selectors;
  selectors.local = HostOf(inner.local);
  selectors.remote = HostOf(inner.remote);
  // What is not compressed has no IPComp header.
  if (inner.protocol != ipsec::Protocol::kIpComp) {
    selectors.protocol = static_cast<uint8_t>(inner.protocol);
  }
  return selectors;
}

class ManualCompiler {
 public:
  ManualCompiler(const config::Running& running, const config::EffectiveEntry& effective,
                 const ipsec::Selectors& selectors, ipsec::DfMode df_mode)
      : running_(running), effective_(effective), selectors_(selectors), df_mode_(df_mode) {}

  // Empty: done.
  std::string Compile(bool inbound, std::vector<ipsec::SaParams>& bundle) const {
    for (const config::SaSpec& spec : inbound ? effective_.inbound : effective_.outbound) {
      ipsec::SaParams params;
      if (!Fill(spec, inbound, bundle, params)) return "a key is too long";
      const Status valid = ipsec::Validate(params);
      if (!valid) return valid.error().text;
      bundle.push_back(std::move(params));
    }
    return Checked(bundle, inbound);
  }

 private:
  bool BetweenPeers() const {
    return selectors_.local == HostOf(*effective_.local) &&
           selectors_.remote == HostOf(*effective_.entry->PeerAddress());
  }

  bool Fill(const config::SaSpec& spec, bool inbound, const std::vector<ipsec::SaParams>& inside,
            ipsec::SaParams& params) const {
    const config::CryptoMapEntry& entry = *effective_.entry;
    params.direction = inbound ? ipsec::Direction::kIn : ipsec::Direction::kOut;
    params.protocol = ToProtocol(spec.protocol);
    params.suite = ToSuite(spec);
    params.spi = {spec.spi};
    params.local = *effective_.local;
    params.remote = *entry.PeerAddress();
    const bool wants_transport = effective_.mode() == config::IpsecMode::kTransport;
    const bool transport = !inside.empty() || (wants_transport && BetweenPeers());
    params.mode = transport ? ipsec::Mode::kTransport : ipsec::Mode::kTunnel;
    params.selectors = inside.empty() ? selectors_ : Around(inside.back());
    // Numbers that nobody verified mean nothing (RFC 4303, 3.4.3).
    const bool numbered = HasIntegrity(params.suite);
    params.esn = numbered && entry.esn;
    if (inbound && numbered) params.replay_window = Window();
    params.df_mode = df_mode_;
    return CopyKey(spec.cipher_key, params.key_material) && CopyKey(spec.auth_key, params.auth_key);
  }

  uint16_t Window() const {
    return config::ReplayWindowOf(running_.crypto, *effective_.entry, /*manual=*/true);
  }

  std::string Checked(const std::vector<ipsec::SaParams>& bundle, bool inbound) const {
    const bool numbered = std::ranges::any_of(
        bundle, [](const ipsec::SaParams& sa) { return HasIntegrity(sa.suite); });
    if (numbered || (!effective_.entry->esn && (!inbound || Window() == 0))) return "";
    return "a replay window or ESN needs an integrity transform";
  }

  const config::Running& running_;
  const config::EffectiveEntry& effective_;
  const ipsec::Selectors& selectors_;
  const ipsec::DfMode df_mode_;
};

}  // namespace

Encryption ToEncryption(const config::TransformUse& use) {
  switch (use.transform) {
    case Transform::kEspDes:
      return Encryption::kDesCbc;
    case Transform::kEsp3Des:
      return Encryption::kTripleDesCbc;
    case Transform::kEspAes:
      return BySize(Encryption::kAesCbc128, use.key_bits, 1);
    case Transform::kEspAesCtr:
      return BySize(Encryption::kAesCtr128, use.key_bits, 1);
    case Transform::kEspGcm:
      return ByIcv(Encryption::kAesGcm128Icv8, use);
    case Transform::kEspCcm:
      return ByIcv(Encryption::kAesCcm128Icv8, use);
    case Transform::kEspGmac:
      return BySize(Encryption::kAesGmac128, use.key_bits, 1);
    case Transform::kEspChaCha20Poly1305:
      return Encryption::kChaCha20Poly1305;
    default:
      return Encryption::kNull;
  }
}

Integrity ToIntegrity(const config::TransformUse& use) {
  switch (use.transform) {
    case Transform::kAhMd5Hmac:
    case Transform::kEspMd5Hmac:
      return Integrity::kHmacMd5_96;
    case Transform::kAhShaHmac:
    case Transform::kEspShaHmac:
      return Integrity::kHmacSha1_96;
    case Transform::kAhSha256Hmac:
    case Transform::kEspSha256Hmac:
      return Integrity::kHmacSha256_128;
    case Transform::kAhSha384Hmac:
    case Transform::kEspSha384Hmac:
      return Integrity::kHmacSha384_192;
    case Transform::kAhSha512Hmac:
    case Transform::kEspSha512Hmac:
      return Integrity::kHmacSha512_256;
    case Transform::kAhAesXcbc:
    case Transform::kEspAesXcbc:
      return Integrity::kAesXcbc96;
    case Transform::kAhAesCmac:
    case Transform::kEspAesCmac:
      return Integrity::kAesCmac96;
    case Transform::kAhGmac:
      if (use.key_bits == 256) return Integrity::kAesGmac256;
      return use.key_bits == 192 ? Integrity::kAesGmac192 : Integrity::kAesGmac128;
    default:
      return Integrity::kNone;
  }
}

ManualBundles CompileManual(const config::Running& running, const config::EffectiveEntry& effective,
                            const ipsec::Selectors& selectors, ipsec::DfMode df_mode) {
  // Seal is the one transform that no engine has; it must not pass for something else.
  for (const config::SaSpec& spec : effective.outbound) {
    if (spec.first.transform == Transform::kEspSeal) return {{}, {}, "esp-seal is not built"};
  }
  const ManualCompiler compiler(running, effective, selectors, df_mode);
  ManualBundles bundles;
  bundles.problem = compiler.Compile(false, bundles.outbound);
  if (bundles.problem.empty()) bundles.problem = compiler.Compile(true, bundles.inbound);
  if (!bundles.problem.empty()) {
    bundles.outbound.clear();
    bundles.inbound.clear();
  }
  return bundles;
}

}  // namespace vam::fwd
