#include "sw/ike/v2/keys/negotiation.h"

#include <algorithm>
#include <optional>

namespace vam::ike::v2 {

namespace {

constexpr uint16_t kNoGroup = 0;

Transform Of(TransformType type, uint16_t id, uint16_t key_bits = 0) {
  return {type, id, key_bits, false};
}
template <typename Id>
Transform Of(TransformType type, Id id) {
  return Of(type, static_cast<uint16_t>(id));
}

TransformType AdditionalKe(size_t index) {
  return static_cast<TransformType>(static_cast<size_t>(TransformType::kAdditionalKe1) + index);
}

// Combined ciphers and others never stand in one proposal (RFC 5282, 8).
enum class CipherForm { kCombined, kPlain };

CipherForm FormOf(Cipher cipher) {
  return InfoOf(cipher).combined() ? CipherForm::kCombined : CipherForm::kPlain;
}

std::vector<Cipher> CiphersOf(const std::vector<Cipher>& all, CipherForm form) {
  std::vector<Cipher> out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [form](Cipher cipher) { return FormOf(cipher) == form; });
  return out;
}

void AddCiphers(Proposal& proposal, const std::vector<Cipher>& ciphers) {
  for (const Cipher& cipher : ciphers) {
    proposal.transforms.push_back(
        Of(TransformType::kEncryption, static_cast<uint16_t>(cipher.id), cipher.key_bits));
  }
}

// NONE alone is said by leaving the type out (RFC 7296, 3.3.3).
void AddIntegrities(Proposal& proposal, const std::vector<IntegrityId>& integrities) {
  if (integrities == std::vector{IntegrityId::kNone}) return;
  for (const IntegrityId id : integrities) {
    proposal.transforms.push_back(Of(TransformType::kIntegrity, id));
  }
}

void AddGroups(Proposal& proposal, const std::vector<uint16_t>& groups) {
  for (const uint16_t group : groups) {
    proposal.transforms.push_back(Of(TransformType::kKeyExchange, group));
  }
}

Proposal Begin(Protocol protocol, uint64_t spi, uint8_t spi_bytes) {
  Proposal proposal;
  proposal.protocol = protocol;
  proposal.spi = spi;
  proposal.spi_bytes = spi_bytes;
  return proposal;
}

void Number(std::vector<Proposal>& proposals) {
  for (size_t i = 0; i < proposals.size(); ++i) proposals[i].number = static_cast<uint8_t>(i + 1);
}

void AddAdditional(Proposal& proposal, const std::vector<std::vector<uint16_t>>& additional) {
  for (size_t i = 0; i < additional.size(); ++i) {
    for (const uint16_t group : additional[i]) {
      proposal.transforms.push_back(Of(AdditionalKe(i), group));
    }
  }
}

// The offer without its additional key exchanges; nothing when it has none, or must have them.
template <typename Offer>
std::optional<Offer> Plain(const Offer& offer) {
  const auto needed = [](const auto& groups) {
    return !groups.empty() && std::ranges::find(groups, kNoGroup) == groups.end();
  };
  const auto& additional = offer.additional_groups;
  if (additional.empty() || std::ranges::any_of(additional, needed)) return std::nullopt;
  Offer plain = offer;
  plain.additional_groups.clear();
  return plain;
}

void ProposeIke(const IkeOffer& offer, CipherForm form, uint64_t spi, uint8_t spi_bytes,
                std::vector<Proposal>& out) {
  const std::vector<Cipher> ciphers = CiphersOf(offer.ciphers, form);
  if (ciphers.empty()) return;
  Proposal proposal = Begin(Protocol::kIke, spi, spi_bytes);
  AddCiphers(proposal, ciphers);
  for (const PrfId prf : offer.prfs) proposal.transforms.push_back(Of(TransformType::kPrf, prf));
  if (form == CipherForm::kPlain) AddIntegrities(proposal, offer.integrities);
  AddGroups(proposal, offer.groups);
  AddAdditional(proposal, offer.additional_groups);
  out.push_back(std::move(proposal));
}

void AddChildTail(Proposal& proposal, const ChildOffer& offer, bool with_group) {
  if (with_group) {
    AddGroups(proposal, offer.groups);
    AddAdditional(proposal, offer.additional_groups);
  }
  if (offer.esn) proposal.transforms.push_back(Of(TransformType::kEsn, 1));
  if (offer.short_numbers) proposal.transforms.push_back(Of(TransformType::kEsn, 0));
}

void ProposeEsp(const ChildOffer& offer, CipherForm form, uint32_t spi, bool with_group,
                std::vector<Proposal>& out) {
  const std::vector<Cipher> ciphers = CiphersOf(offer.ciphers, form);
  if (ciphers.empty()) return;
  Proposal proposal = Begin(Protocol::kEsp, spi, 4);
  AddCiphers(proposal, ciphers);
  if (form == CipherForm::kPlain) AddIntegrities(proposal, offer.integrities);
  AddChildTail(proposal, offer, with_group);
  out.push_back(std::move(proposal));
}

// The form of the first cipher goes first: the order of preference holds across both.
template <typename Offer>
std::vector<CipherForm> FormsInOrder(const Offer& offer) {
  if (offer.ciphers.empty() || FormOf(offer.ciphers.front()) == CipherForm::kCombined) {
    return {CipherForm::kCombined, CipherForm::kPlain};
  }
  return {CipherForm::kPlain, CipherForm::kCombined};
}

void ProposeChild(const ChildOffer& offer, uint32_t spi, bool with_group,
                  std::vector<Proposal>& out) {
  if (offer.protocol == Protocol::kAh) {
    Proposal proposal = Begin(Protocol::kAh, spi, 4);
    AddIntegrities(proposal, offer.integrities);
    AddChildTail(proposal, offer, with_group);
    return out.push_back(std::move(proposal));
  }
  for (const CipherForm form : FormsInOrder(offer)) ProposeEsp(offer, form, spi, with_group, out);
}

// Takes one transform of each type out of one proposal, in the proposal's order.
class Picker {
 public:
  explicit Picker(const Proposal& proposal) : from_(proposal) {
    chosen_ = Begin(proposal.protocol, proposal.spi, proposal.spi_bytes);
    chosen_.number = proposal.number;
  }

  bool Has(TransformType type) const {
    return std::ranges::find(from_.transforms, type, &Transform::type) != from_.transforms.end();
  }

  // The first of `type` that `takes` likes. The type is then done with.
  template <typename Takes>
  std::optional<Transform> Take(TransformType type, Takes takes) {
    done_.push_back(type);
    for (const Transform& transform : from_.transforms) {
      if (transform.type != type || transform.unknown_attribute || !takes(transform)) continue;
      chosen_.transforms.push_back(transform);
      return transform;
    }
    return std::nullopt;
  }

  // A type that we do not use may be there only with the choice to do without it (NONE, 0).
  bool TakeNone(TransformType type) {
    if (!Has(type)) {
      done_.push_back(type);
      return true;
    }
    return Take(type, [](const Transform& t) { return t.id == 0 && t.key_bits == 0; }).has_value();
  }

  // A type that was not asked for makes the proposal one we cannot take (RFC 7296, 3.3.6).
  bool AllDone() const {
    return std::ranges::all_of(from_.transforms, [this](const Transform& transform) {
      return std::ranges::find(done_, transform.type) != done_.end();
    });
  }

  Proposal chosen() && { return std::move(chosen_); }

 private:
  const Proposal& from_;
  Proposal chosen_;
  std::vector<TransformType> done_;
};

template <typename List, typename Id>
bool Contains(const List& list, Id id) {
  return std::ranges::find(list, id) != list.end();
}

std::optional<Cipher> TakeCipher(Picker& picker, const std::vector<Cipher>& ours) {
  const auto taken = picker.Take(TransformType::kEncryption, [&](const Transform& t) {
    return Contains(ours, Cipher{static_cast<EncryptionId>(t.id), t.key_bits});
  });
  if (!taken) return std::nullopt;
  return Cipher{static_cast<EncryptionId>(taken->id), taken->key_bits};
}

std::optional<IntegrityId> TakeIntegrity(Picker& picker, const std::vector<IntegrityId>& ours) {
  const auto taken = picker.Take(TransformType::kIntegrity, [&](const Transform& t) {
    return t.key_bits == 0 && Contains(ours, static_cast<IntegrityId>(t.id));
  });
  if (!taken) return std::nullopt;
  return static_cast<IntegrityId>(taken->id);
}

std::optional<uint16_t> TakeGroup(Picker& picker, TransformType type,
                                  const std::vector<uint16_t>& ours, uint16_t preferred,
                                  const std::vector<uint16_t>& used = {}) {
  const auto fits = [&](const Transform& t) {
    const bool again = t.id != kNoGroup && Contains(used, t.id);
    return t.key_bits == 0 && Contains(ours, t.id) && !again;
  };
  auto taken = preferred == kNoGroup ? std::nullopt : picker.Take(type, [&](const Transform& t) {
    return t.id == preferred && fits(t);
  });
  if (!taken) taken = picker.Take(type, fits);
  if (!taken) return std::nullopt;
  return taken->id;
}

// Without additional key exchanges at the end that were done without.
void Trim(std::vector<uint16_t>& additional) {
  while (!additional.empty() && additional.back() == kNoGroup) additional.pop_back();
}

// RFC 9370, 2.2.1: a list that is not in the proposal can only be done without when 0 is in ours.
// `group` is that of the first key exchange. Nothing: they do not fit.
std::optional<std::vector<uint16_t>> TakeAdditional(Picker& picker,
                                                    const std::vector<std::vector<uint16_t>>& ours,
                                                    uint16_t group) {
  constexpr size_t kTypes = 7;
  std::vector<uint16_t> taken;
  std::vector<uint16_t> used = {group};
  for (size_t i = 0; i < kTypes; ++i) {
    const TransformType type = AdditionalKe(i);
    taken.push_back(kNoGroup);
    if (i >= ours.size() || ours[i].empty()) {
      if (!picker.TakeNone(type)) return std::nullopt;
      continue;
    }
    if (!picker.Has(type)) {
      if (!Contains(ours[i], kNoGroup)) return std::nullopt;
      continue;
    }
    const auto one = TakeGroup(picker, type, ours[i], kNoGroup, used);
    if (!one) return std::nullopt;
    used.push_back(taken.back() = *one);
  }
  Trim(taken);
  return taken;
}

std::optional<Choice<IkeSuite>> Match(const Proposal& offered, const IkeOffer& ours,
                                      uint16_t preferred_group) {
  if (offered.protocol != Protocol::kIke) return std::nullopt;
  Picker picker(offered);
  Choice<IkeSuite> choice;
  const auto cipher = TakeCipher(picker, ours.ciphers);
  if (!cipher) return std::nullopt;
  choice.suite.cipher = *cipher;
  const auto prf = picker.Take(TransformType::kPrf, [&](const Transform& t) {
    return t.key_bits == 0 && Contains(ours.prfs, static_cast<PrfId>(t.id));
  });
  if (!prf) return std::nullopt;
  choice.suite.prf = static_cast<PrfId>(prf->id);
  if (InfoOf(*cipher).combined()) {
    if (!picker.TakeNone(TransformType::kIntegrity)) return std::nullopt;
  } else {
    const auto integrity = TakeIntegrity(picker, ours.integrities);
    if (!integrity) return std::nullopt;
    choice.suite.integrity = *integrity;
  }
  const auto group = TakeGroup(picker, TransformType::kKeyExchange, ours.groups, preferred_group);
  if (!group) return std::nullopt;
  choice.suite.group = *group;
  auto additional = TakeAdditional(picker, ours.additional_groups, *group);
  if (!additional || !picker.AllDone()) return std::nullopt;
  choice.suite.additional_groups = std::move(*additional);
  choice.proposal = std::move(picker).chosen();
  return choice;
}

bool TakeChildIntegrity(Picker& picker, const ChildOffer& ours, ChildSuite& suite) {
  if (suite.protocol == Protocol::kEsp && InfoOf(suite.cipher).combined()) {
    return picker.TakeNone(TransformType::kIntegrity);
  }
  const auto integrity = TakeIntegrity(picker, ours.integrities);
  if (integrity) suite.integrity = *integrity;
  // Without integrity only where the configuration says so.
  if (!integrity && !Contains(ours.integrities, IntegrityId::kNone)) return false;
  return integrity || picker.TakeNone(TransformType::kIntegrity);
}

bool TakeEsn(Picker& picker, const ChildOffer& ours, ChildSuite& suite) {
  const auto esn = picker.Take(TransformType::kEsn, [&](const Transform& t) {
    return t.key_bits == 0 && ((t.id == 1 && ours.esn) || (t.id == 0 && ours.short_numbers));
  });
  if (esn) suite.esn = esn->id == 1;
  return esn.has_value();
}

std::optional<Choice<ChildSuite>> Match(const Proposal& offered, const ChildOffer& ours,
                                        bool with_group, uint16_t preferred_group) {
  if (offered.protocol != ours.protocol || offered.spi_bytes != 4) return std::nullopt;
  Picker picker(offered);
  Choice<ChildSuite> choice;
  choice.suite.protocol = offered.protocol;
  if (ours.protocol == Protocol::kEsp) {
    const auto cipher = TakeCipher(picker, ours.ciphers);
    if (!cipher) return std::nullopt;
    choice.suite.cipher = *cipher;
  }
  if (!TakeChildIntegrity(picker, ours, choice.suite)) return std::nullopt;
  if (with_group && !ours.groups.empty()) {
    const auto group = TakeGroup(picker, TransformType::kKeyExchange, ours.groups, preferred_group);
    if (!group) return std::nullopt;
    choice.suite.group = *group;
    auto additional = TakeAdditional(picker, ours.additional_groups, *group);
    if (!additional) return std::nullopt;
    choice.suite.additional_groups = std::move(*additional);
  } else if (!picker.TakeNone(TransformType::kKeyExchange)) {
    return std::nullopt;
  } else if (!TakeAdditional(picker, {}, kNoGroup)) {
    return std::nullopt;
  }
  if (!TakeEsn(picker, ours, choice.suite) || !picker.AllDone()) return std::nullopt;
  choice.proposal = std::move(picker).chosen();
  return choice;
}

void NoteAdditional(const Transform& transform, std::vector<uint16_t>& additional) {
  const size_t index =
      static_cast<size_t>(transform.type) - static_cast<size_t>(TransformType::kAdditionalKe1);
  if (additional.size() <= index) additional.resize(index + 1);
  additional[index] = transform.id;
}

// What the transforms of an answer mean; it was compared with what was offered before.
IkeSuite SuiteOf(const Proposal& answer) {
  IkeSuite suite;
  for (const Transform& t : answer.transforms) {
    switch (t.type) {
      case TransformType::kEncryption:
        suite.cipher = {static_cast<EncryptionId>(t.id), t.key_bits};
        break;
      case TransformType::kPrf:
        suite.prf = static_cast<PrfId>(t.id);
        break;
      case TransformType::kIntegrity:
        suite.integrity = static_cast<IntegrityId>(t.id);
        break;
      case TransformType::kKeyExchange:
        suite.group = t.id;
        break;
      default:
        NoteAdditional(t, suite.additional_groups);
    }
  }
  Trim(suite.additional_groups);
  return suite;
}

ChildSuite ChildSuiteOf(const Proposal& answer) {
  ChildSuite suite;
  suite.protocol = answer.protocol;
  for (const Transform& t : answer.transforms) {
    if (t.type == TransformType::kEncryption) {
      suite.cipher = {static_cast<EncryptionId>(t.id), t.key_bits};
    } else if (t.type == TransformType::kIntegrity) {
      suite.integrity = static_cast<IntegrityId>(t.id);
    } else if (t.type == TransformType::kKeyExchange) {
      suite.group = t.id;
    } else if (t.type == TransformType::kEsn) {
      suite.esn = t.id == 1;
    } else {
      NoteAdditional(t, suite.additional_groups);
    }
  }
  Trim(suite.additional_groups);
  return suite;
}

// NONE for integrity, or for one more key exchange, may be left out of an answer.
bool MayBeAbsent(const Proposal& offered, TransformType type) {
  if (type != TransformType::kIntegrity && type < TransformType::kAdditionalKe1) return false;
  return std::ranges::any_of(offered.transforms,
                             [type](const Transform& t) { return t.type == type && t.id == 0; });
}

// That `answer` is one proposal of ours with one transform of each type.
Status Check(std::span<const Proposal> offered, const Proposal& answer) {
  const Error wrong = Err(ErrorCode::kMalformed, "the peer chose what was not offered");
  const auto found = std::ranges::find(offered, answer.number, &Proposal::number);
  if (found == offered.end() || answer.protocol != found->protocol ||
      answer.spi_bytes != found->spi_bytes) {
    return wrong;
  }
  for (const Transform& transform : answer.transforms) {
    const auto same_type = [&](const Transform& t) { return t.type == transform.type; };
    if (!Contains(found->transforms, transform)) return wrong;
    if (std::ranges::count_if(answer.transforms, same_type) != 1) return wrong;
  }
  for (const Transform& transform : found->transforms) {
    const auto same_type = [&](const Transform& t) { return t.type == transform.type; };
    const bool answered = std::ranges::any_of(answer.transforms, same_type);
    if (!answered && !MayBeAbsent(*found, transform.type)) return wrong;
  }
  return Ok();
}

// No method twice (RFC 9370, 2.2.1).
template <typename Suite>
Result<Suite> WithoutDoubles(Suite suite) {
  std::vector<uint16_t> groups = suite.additional_groups;
  std::erase(groups, kNoGroup);
  groups.push_back(suite.group);
  std::ranges::sort(groups);
  if (std::ranges::adjacent_find(groups) == groups.end()) return suite;
  return Err(ErrorCode::kMalformed, "the peer chose a key exchange method twice");
}

// The first proposal of the peer that one of ours takes. `match(offered, ours)`.
template <typename Suite, typename Offer, typename MatchOne>
Result<Choice<Suite>> ChooseWith(std::span<const Proposal> offered, std::span<const Offer> ours,
                                 MatchOne match) {
  for (const Proposal& proposal : offered) {
    for (size_t i = 0; i < ours.size(); ++i) {
      std::optional<Choice<Suite>> choice = match(proposal, ours[i]);
      if (!choice) continue;
      choice->offer = i;
      return std::move(*choice);
    }
  }
  return Err(ErrorCode::kNotFound, "no proposal of the peer is one of ours");
}

}  // namespace

std::vector<Proposal> Propose(std::span<const IkeOffer> offers, uint64_t spi, uint8_t spi_bytes) {
  std::vector<Proposal> out;
  for (const IkeOffer& offer : offers) {
    for (const CipherForm form : FormsInOrder(offer)) ProposeIke(offer, form, spi, spi_bytes, out);
    const auto plain = Plain(offer);
    if (!plain) continue;
    for (const CipherForm form : FormsInOrder(offer)) ProposeIke(*plain, form, spi, spi_bytes, out);
  }
  Number(out);
  return out;
}

std::vector<Proposal> Propose(std::span<const ChildOffer> offers, uint32_t spi, bool with_group) {
  std::vector<Proposal> out;
  for (const ChildOffer& offer : offers) {
    ProposeChild(offer, spi, with_group, out);
    const auto plain = with_group ? Plain(offer) : std::nullopt;
    if (plain) ProposeChild(*plain, spi, with_group, out);
  }
  Number(out);
  return out;
}

Result<Choice<IkeSuite>> Choose(std::span<const Proposal> offered, std::span<const IkeOffer> ours,
                                uint16_t preferred_group, bool additional) {
  return ChooseWith<IkeSuite>(
      offered, ours,
      [=](const Proposal& proposal, const IkeOffer& offer) -> std::optional<Choice<IkeSuite>> {
        if (additional || offer.additional_groups.empty()) {
          return Match(proposal, offer, preferred_group);
        }
        const auto plain = Plain(offer);
        return plain ? Match(proposal, *plain, preferred_group) : std::nullopt;
      });
}

Result<Choice<ChildSuite>> Choose(std::span<const Proposal> offered,
                                  std::span<const ChildOffer> ours, bool with_group,
                                  uint16_t preferred_group) {
  return ChooseWith<ChildSuite>(offered, ours,
                                [=](const Proposal& proposal, const ChildOffer& offer) {
                                  return Match(proposal, offer, with_group, preferred_group);
                                });
}

Result<IkeSuite> CheckAnswer(std::span<const Proposal> offered, const Proposal& answer) {
  VAM_TRY_STATUS(Check(offered, answer));
  return WithoutDoubles(SuiteOf(answer));
}

Result<ChildSuite> CheckChildAnswer(std::span<const Proposal> offered, const Proposal& answer) {
  VAM_TRY_STATUS(Check(offered, answer));
  return WithoutDoubles(ChildSuiteOf(answer));
}

}  // namespace vam::ike::v2
