#include "sw/ike/v2/auth/supported_methods.h"

#include <algorithm>
#include <utility>

#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

using crypto::Hash;
using crypto::KeyType;
using crypto::SignatureKind;

bool Announces(const std::vector<PeerMethod>& peer, const SignatureMethod& wanted, KeyType own) {
  return std::ranges::any_of(peer, [&](const PeerMethod& one) {
    return one.method == wanted.method && (one.method != AuthMethod::kDigitalSignature ||
                                           IsAlgorithm(one.algorithm, wanted.scheme, own));
  });
}

// Every way that a key of ours may sign for this peer, the best first.
std::vector<SignatureMethod> WaysOf(KeyType own, const PeerHashes& hashes, bool legacy) {
  std::vector<SignatureMethod> ways;
  if (hashes) {
    for (const Hash hash : PreferredHashes(own)) {
      if (std::ranges::find(*hashes, hash) == hashes->end()) continue;
      ways.push_back({AuthMethod::kDigitalSignature, SchemeOf(own, hash)});
    }
    for (size_t i = 0, count = own == KeyType::kRsa ? ways.size() : 0; i < count; ++i) {
      ways.push_back(
          {AuthMethod::kDigitalSignature, {SignatureKind::kRsaPkcs1, ways[i].scheme.hash}});
    }
  }
  if (const auto older = ChooseMethod(own, std::nullopt, legacy)) ways.push_back(*older);
  return ways;
}

}  // namespace

PeerMethods ReadMethods(Bytes data) {
  const auto parsed = ParseAuthMethods(data);
  if (!parsed || parsed->empty()) return std::nullopt;
  std::vector<PeerMethod> out;
  for (const AuthAnnouncement& one : *parsed) {
    out.push_back({one.method, {one.algorithm.begin(), one.algorithm.end()}});
  }
  return out;
}

void AddOwnMethods(MessageBuilder& message, const OwnMethods& own) {
  // A link of 0: of whatever authority (RFC 9593, 3.2.2).
  std::vector<AuthAnnouncement> methods;
  if (own.shared_key) methods.push_back({AuthMethod::kSharedKey, 0, false, {}});
  std::vector<std::vector<uint8_t>> algorithms;
  for (const KeyType key : own.signatures) {
    if (const auto older = ChooseMethod(key, std::nullopt, own.legacy)) {
      methods.push_back({older->method, 0, true, {}});
    }
    for (const crypto::SignatureScheme scheme : SchemesOf(key)) {
      std::vector<uint8_t> algorithm = AlgorithmOf(scheme, key);
      if (std::ranges::find(algorithms, algorithm) != algorithms.end()) continue;
      algorithms.push_back(std::move(algorithm));
    }
  }
  for (const auto& algorithm : algorithms) {
    methods.push_back({AuthMethod::kDigitalSignature, 0, true, algorithm});
  }
  AddAuthMethods(message, methods);
}

bool TakesSharedKey(const PeerMethods& peer) {
  return !peer || std::ranges::any_of(*peer, [](const PeerMethod& one) {
    return one.method == AuthMethod::kSharedKey;
  });
}

std::optional<SignatureMethod> ChooseMethod(KeyType own, const PeerHashes& hashes, bool legacy,
                                            const PeerMethods& peer) {
  if (!peer) return ChooseMethod(own, hashes, legacy);
  for (const SignatureMethod& way : WaysOf(own, hashes, legacy)) {
    if (Announces(*peer, way, own)) return way;
  }
  return std::nullopt;
}

std::vector<std::shared_ptr<const Credential>> UsableCredentials(
    std::span<const std::shared_ptr<const Credential>> own, const PeerHashes& hashes, bool legacy,
    const PeerMethods& peer) {
  std::vector<std::shared_ptr<const Credential>> out;
  for (const auto& credential : own) {
    if (ChooseMethod(credential->leaf.key().type(), hashes, legacy, peer)) {
      out.push_back(credential);
    }
  }
  return out;
}

}  // namespace vam::ike::v2
