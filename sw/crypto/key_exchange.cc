#include "sw/crypto/key_exchange.h"

#include <array>
#include <utility>

#include "sw/crypto/key_pair.h"

namespace vam::crypto {
namespace {

constexpr GroupInfo Modp(Group group, std::string_view name, size_t bytes, bool legacy) {
  return {group, name, bytes, bytes, bytes, legacy};
}

constexpr std::array<GroupInfo, 16> kGroups = {{
    Modp(Group::kModp768, "modp768", 96, true),
    Modp(Group::kModp1024, "modp1024", 128, true),
    Modp(Group::kModp1536, "modp1536", 192, true),
    Modp(Group::kModp2048, "modp2048", 256, false),
    Modp(Group::kModp3072, "modp3072", 384, false),
    Modp(Group::kModp4096, "modp4096", 512, false),
    Modp(Group::kModp6144, "modp6144", 768, false),
    Modp(Group::kModp8192, "modp8192", 1024, false),
    // RFC 5903, 7: x and y on the wire, x is the secret.
    {Group::kEcp256, "ecp256", 64, 64, 32, false},
    {Group::kEcp384, "ecp384", 96, 96, 48, false},
    {Group::kEcp521, "ecp521", 132, 132, 66, false},
    {Group::kX25519, "x25519", 32, 32, 32, false},
    {Group::kX448, "x448", 56, 56, 56, false},
    {Group::kMlKem512, "mlkem512", 800, 768, 32, false, true},
    {Group::kMlKem768, "mlkem768", 1184, 1088, 32, false, true},
    {Group::kMlKem1024, "mlkem1024", 1568, 1568, 32, false, true},
}};

KeyPairResult MakePair(Group group, Rng& rng) {
  switch (group) {
    case Group::kEcp256:
    case Group::kEcp384:
    case Group::kEcp521:
      return MakeEcpPair(group, rng);
    case Group::kX25519:
    case Group::kX448:
      return MakeMontgomeryPair(group, rng);
    case Group::kMlKem512:
    case Group::kMlKem768:
    case Group::kMlKem1024:
      return MakeMlKemPair(group, rng);
    default:
      return MakeModpPair(group, rng);
  }
}

Error NotBuilt() { return Err(ErrorCode::kUnsupported, "this key exchange method is not built"); }

// RFC 6989, 2, and CVE-2023-41913: nothing of another length goes further.
Error WrongLength() { return Err(ErrorCode::kMalformed, "KE data of the wrong length"); }

}  // namespace

std::span<const GroupInfo> Groups() { return kGroups; }

const GroupInfo* FindGroup(uint16_t number) {
  for (const GroupInfo& info : kGroups) {
    if (static_cast<uint16_t>(info.group) == number) return &info;
  }
  return nullptr;
}

KeyExchange::KeyExchange(Group group, std::unique_ptr<KeyPair> pair)
    : group_(group), pair_(std::move(pair)) {}
KeyExchange::KeyExchange(KeyExchange&&) noexcept = default;
KeyExchange& KeyExchange::operator=(KeyExchange&&) noexcept = default;
KeyExchange::~KeyExchange() = default;

Bytes KeyExchange::public_data() const { return pair_->public_data(); }

Result<KeyExchange> KeyExchange::Start(Group group, Rng& rng) {
  if (FindGroup(static_cast<uint16_t>(group)) == nullptr) return NotBuilt();
  VAM_TRY(std::unique_ptr<KeyPair> pair, MakePair(group, rng));
  return KeyExchange(group, std::move(pair));
}

Result<KeyExchange::Answer> KeyExchange::Respond(Group group, Bytes initiator_data, Rng& rng) {
  const GroupInfo* info = FindGroup(static_cast<uint16_t>(group));
  if (info == nullptr) return NotBuilt();
  if (initiator_data.size() != info->initiator_bytes) return WrongLength();
  if (info->kem) {
    VAM_TRY(Encapsulated made, Encapsulate(group, initiator_data, rng));
    return Answer{KeyExchange(group, std::move(made.own)), std::move(made.shared)};
  }
  VAM_TRY(std::unique_ptr<KeyPair> pair, MakePair(group, rng));
  VAM_TRY(SharedSecret shared, pair->Derive(initiator_data));
  return Answer{KeyExchange(group, std::move(pair)), std::move(shared)};
}

Result<SharedSecret> KeyExchange::Finish(Bytes responder_data) const {
  const GroupInfo* info = FindGroup(static_cast<uint16_t>(group_));
  if (responder_data.size() != info->responder_bytes) return WrongLength();
  return pair_->Derive(responder_data);
}

}  // namespace vam::crypto
