#include "sw/fwd/sa_sets.h"

#include <algorithm>
#include <utility>

namespace vam::fwd {

namespace {

// Enough for keys that no peer chooses; lookups that a peer does choose insert nothing.
size_t Mix(size_t hash, uint64_t word) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t mixed = (hash ^ word) * kOdd;
  mixed ^= mixed >> 32;
  return mixed;
}

}  // namespace

void FlowCounters::Clear() {
  for (Counter* counter : {&encaps, &encrypted, &decaps, &decrypted, &send_errors, &recv_errors}) {
    counter->Clear();
  }
  drops.Clear();
}

size_t SaSets::SetHash::operator()(const SaSetKey& key) const {
  const net::AddressHash address;
  size_t hash = Mix(key.entry, uint64_t{key.line} << 16 | key.interface);
  if (!key.per_host()) return hash;
  hash = Mix(hash, address(key.source));
  return Mix(hash, address(key.destination));
}

size_t SaSets::InboundHash::operator()(const InboundKey& key) const {
  const uint64_t rest = uint64_t{key.vrf_tag} << 8 | static_cast<uint8_t>(key.protocol);
  return Mix(Mix(net::AddressHash()(key.local), rest), key.spi);
}

// nullptr: nothing was ever said of it.
const SaSets::Entry* SaSets::EntryOf(uint32_t entry) const {
  if (!ipsec::IsTemporary(entry)) return entry < entries_.size() ? &entries_[entry] : nullptr;
  const auto found = temporaries_.find(entry);
  return found == temporaries_.end() ? nullptr : &found->second;
}

SaSets::Entry& SaSets::MakeEntry(uint32_t entry) {
  if (ipsec::IsTemporary(entry)) return temporaries_[entry];
  if (entry >= entries_.size()) entries_.resize(entry + 1);
  return entries_[entry];
}

void SaSets::SetRules(uint32_t entry, const EntryRules& rules) {
  Entry& known = MakeEntry(entry);
  known.rules = rules;
  known.known = true;
}

void SaSets::ForgetRules(uint32_t entry) {
  if (ipsec::IsTemporary(entry)) {
    temporaries_.erase(entry);
  } else if (entry < entries_.size()) {
    entries_[entry].known = false;
  }
}

const EntryRules* SaSets::rules(uint32_t entry) const {
  const Entry* known = EntryOf(entry);
  return known != nullptr && known->known ? &known->rules : nullptr;
}

std::vector<uint32_t> SaSets::OfEntry(uint32_t entry) const {
  SaSetKey first;
  first.entry = entry;
  first.line = 0;
  first.interface = 0;
  std::vector<uint32_t> sets;
  for (auto at = ordered_.lower_bound(first); at != ordered_.end() && at->first.entry == entry;
       ++at) {
    sets.push_back(at->second);
  }
  return sets;
}

SaSetKey SaSets::KeyOf(const ipsec::PolicyMatch& match, uint16_t interface,
                       const ipsec::Flow& flow) const {
  SaSetKey key;
  key.entry = match.entry;
  const EntryRules* rules = this->rules(match.entry);
  if (rules == nullptr || rules->kind == EntryKind::kManual) return key;
  key.line = match.line;
  if (rules->per_interface) key.interface = interface;
  if (rules->per_host) {
    key.source = flow.source;
    key.destination = flow.destination;
  }
  return key;
}

uint32_t SaSets::Find(const ipsec::PolicyMatch& match, uint16_t interface,
                      const ipsec::Flow& flow) const {
  const Entry* entry = EntryOf(match.entry);
  if (entry == nullptr || !entry->known) return kNoSet;
  if (entry->rules.kind == EntryKind::kManual) return entry->only_set;
  return Find(KeyOf(match, interface, flow));
}

uint32_t SaSets::Find(const SaSetKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? kNoSet : found->second;
}

uint32_t SaSets::FindId(uint64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kNoSet : found->second;
}

void SaSets::Note(const SaSetKey& key, uint32_t set) {
  by_key_[key] = set;
  ordered_[key] = set;
  if (key.per_host()) ++host_sets_;
  if (key.line == ipsec::kAnyLine) MakeEntry(key.entry).only_set = set;
}

void SaSets::Forget(const SaSetKey& key) {
  by_key_.erase(key);
  ordered_.erase(key);
  if (key.per_host()) --host_sets_;
  if (key.line == ipsec::kAnyLine) MakeEntry(key.entry).only_set = kNoSet;
}

uint32_t SaSets::TakeSetPlace() {
  if (free_sets_.empty()) {
    sets_.emplace_back();
    return static_cast<uint32_t>(sets_.size() - 1);
  }
  const uint32_t place = free_sets_.back();
  free_sets_.pop_back();
  return place;
}

Result<uint32_t> SaSets::Open(const SaSetKey& key) {
  const uint32_t existing = Find(key);
  if (existing != kNoSet) return existing;
  if (by_key_.size() >= kMaxSets) return Err(ErrorCode::kExhausted, "too many SA sets");
  if (key.per_host() && host_sets_ >= kMaxHostSets) {
    return Err(ErrorCode::kExhausted, "too many SA sets per host pair");
  }
  const uint32_t place = TakeSetPlace();
  sets_[place] = std::make_unique<SaSet>();
  sets_[place]->id = next_id_++;
  sets_[place]->key = key;
  by_id_[sets_[place]->id] = place;
  Note(key, place);
  return place;
}

void SaSets::Close(uint32_t set) {
  SaSet& closing = at(set);
  for (const auto* bundles : {&closing.outbound, &closing.inbound}) {
    for (const uint32_t index : std::vector<uint32_t>(*bundles)) Remove(bundles_[index]->ref);
  }
  if (Find(closing.key) == set) Forget(closing.key);  // else detached
  by_id_.erase(closing.id);
  sets_[set] = nullptr;
  free_sets_.push_back(set);
}

void SaSets::Detach(uint32_t set) {
  SaSet& detached = at(set);
  Forget(detached.key);
  detached.key.entry = ipsec::kNoPolicyEntry;
}

void SaSets::Rekey(const std::vector<std::pair<uint32_t, SaSetKey>>& moved) {
  for (const auto& [set, key] : moved) Forget(at(set).key);
  for (const auto& [set, key] : moved) {
    at(set).key = key;
    Note(key, set);
  }
}

std::vector<uint32_t> SaSets::All() const {
  std::vector<uint32_t> all;
  for (uint32_t set = 0; set < sets_.size(); ++set) {
    if (sets_[set] != nullptr) all.push_back(set);
  }
  return all;
}

uint32_t SaSets::TakeBundlePlace() {
  if (free_bundles_.empty()) {
    bundles_.push_back(std::make_unique<Bundle>());
    return static_cast<uint32_t>(bundles_.size() - 1);
  }
  const uint32_t place = free_bundles_.back();
  free_bundles_.pop_back();
  return place;
}

// IPComp's SA follows from the bundle: its CPI may be one that many share, and a packet that was
// not compressed does not name it.
bool SaSets::IsFound(const ipsec::SaSettings& sa) {
  return sa.protocol != ipsec::Protocol::kIpComp;
}

Result<BundleRef> SaSets::Add(uint32_t set, ipsec::Direction direction, std::vector<PathSa> sas) {
  if (sas.empty() || sas.size() > kMaxBundle) {
    return Err(ErrorCode::kInvalidArgument, "a bundle has 1 to 4 SAs");
  }
  const bool inbound = direction == ipsec::Direction::kIn;
  for (const PathSa& sa : sas) {
    if (inbound && IsFound(sa.settings) && inbound_.contains(KeyOf(sa.settings))) {
      return Err(ErrorCode::kExists, "an inbound SA has this address, protocol and SPI");
    }
  }
  const uint32_t place = TakeBundlePlace();
  Bundle& bundle = *bundles_[place];
  bundle.ref = {place, bundle.ref.generation + 1};
  bundle.set = set;
  bundle.direction = direction;
  bundle.sas = std::move(sas);
  bundle.packets = 0;
  for (uint32_t i = 0; inbound && i < bundle.sas.size(); ++i) {
    if (IsFound(bundle.sas[i].settings)) inbound_[KeyOf(bundle.sas[i].settings)] = {place, i};
  }
  (inbound ? at(set).inbound : at(set).outbound).push_back(place);
  ++changes_;
  return bundle.ref;
}

void SaSets::Remove(BundleRef ref) {
  Bundle* bundle = Get(ref);
  if (bundle == nullptr) return;
  SaSet& set = at(bundle->set);
  const bool inbound = bundle->direction == ipsec::Direction::kIn;
  for (const PathSa& sa : bundle->sas) {
    if (!inbound || !IsFound(sa.settings)) continue;
    inbound_.erase(KeyOf(sa.settings));
    if (sa.has_moved()) inbound_.erase(InstalledKeyOf(sa));
  }
  std::erase(inbound ? set.inbound : set.outbound, ref.index);
  bundle->set = kNoSet;
  bundle->sas = std::vector<PathSa>();
  ++changes_;
  ++bundle->ref.generation;
  free_bundles_.push_back(ref.index);
}

SaSets::InboundKey SaSets::InstalledKeyOf(const PathSa& sa) {
  InboundKey key = KeyOf(sa.settings);
  if (sa.has_moved()) key.local = sa.installed_local;
  return key;
}

Status SaSets::Move(BundleRef ref, const net::Address& local, const net::Address& remote,
                    uint16_t udp_local, uint16_t udp_remote) {
  Bundle* bundle = Get(ref);
  if (bundle == nullptr) return Err(ErrorCode::kNotFound, "no such bundle");
  PathSa& sa = bundle->sas.front();
  if (bundle->direction == ipsec::Direction::kIn && local != sa.settings.local) {
    const InboundKey installed = InstalledKeyOf(sa);
    InboundKey next = installed;
    next.local = local;
    const bool back = next == installed;
    if (!back && inbound_.contains(next)) {
      return Err(ErrorCode::kExists, "an inbound SA has this address, protocol and SPI");
    }
    if (KeyOf(sa.settings) != installed) inbound_.erase(KeyOf(sa.settings));
    if (!back) inbound_[next] = {ref.index, 0};
  }
  if (!sa.has_moved()) sa.installed_local = sa.settings.local;
  sa.settings.local = local;
  sa.settings.remote = remote;
  sa.settings.udp_local = udp_local;
  sa.settings.udp_remote = udp_remote;
  sa.seen.reset();
  ++changes_;
  return Ok();
}

Bundle* SaSets::Get(BundleRef ref) {
  if (ref.index >= bundles_.size()) return nullptr;
  Bundle* bundle = bundles_[ref.index].get();
  return bundle->ref == ref && bundle->set != kNoSet ? bundle : nullptr;
}

const SaSets::InboundPlace* SaSets::FindInbound(const InboundKey& key) const {
  const auto found = inbound_.find(key);
  return found == inbound_.end() ? nullptr : &found->second;
}

}  // namespace vam::fwd
