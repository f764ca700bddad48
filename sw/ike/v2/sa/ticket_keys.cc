#include "sw/ike/v2/sa/ticket_keys.h"

#include <algorithm>

#include "sw/crypto/aead.h"

namespace vam::ike::v2 {

namespace {

using crypto::Aead;
using crypto::AeadAlgorithm;
using crypto::AeadPurpose;

constexpr uint8_t kSealVersion = 1;
constexpr size_t kAadBytes = 1 + kTicketKeyNameBytes;

Result<Aead> CipherOf(Bytes key, AeadPurpose purpose) {
  return Aead::Create(AeadAlgorithm::kAesGcm, key, purpose, kTicketIvBytes, kTicketTagBytes);
}

}  // namespace

void TicketKeys::SetLife(uint64_t life_ns) {
  life_ns_ = life_ns;
  if (life_ns == 0) keys_ = {};
  Expire();
}

void TicketKeys::Expire() {
  for (TicketKey& one : keys_) {
    const bool over = clock_.MonotonicNs() - one.drawn_ns >= 2 * life_ns_;
    if (!one.key.empty() && over) one = {};
  }
}

uint64_t TicketKeys::next_ns() const {
  uint64_t next = UINT64_MAX;
  for (const TicketKey& one : keys_) {
    if (!one.key.empty()) next = std::min(next, one.drawn_ns + 2 * life_ns_);
  }
  return next;
}

const TicketKeys::TicketKey& TicketKeys::Current() {
  const uint64_t now_ns = clock_.MonotonicNs();
  TicketKey& current = keys_[0];
  if (!current.key.empty() && now_ns - current.drawn_ns < life_ns_) return current;
  keys_[1] = std::move(current);
  rng_.Fill(current.name);
  rng_.Fill(current.key.Resize(32));
  current.drawn_ns = now_ns;
  return current;
}

Result<std::vector<uint8_t>> TicketKeys::Seal(const TicketState& state) {
  if (life_ns_ == 0) return Err(ErrorCode::kUnavailable, "there are no tickets");
  VAM_TRY(const TicketText text, EncodeTicket(state));
  const TicketKey& key = Current();
  VAM_TRY(Aead cipher, CipherOf(key.key.bytes(), AeadPurpose::kSeal));
  std::vector<uint8_t> out(kTicketHeadBytes + text.size() + kTicketTagBytes);
  const MutableBytes all(out);
  out[0] = kSealVersion;
  std::ranges::copy(key.name, out.begin() + 1);
  rng_.Fill(all.subspan(kAadBytes, kTicketIvBytes));
  const bool sealed =
      cipher.Seal(all.subspan(kAadBytes, kTicketIvBytes), all.first(kAadBytes), text.bytes(),
                  all.subspan(kTicketHeadBytes, text.size()), all.last(kTicketTagBytes));
  if (!sealed) return Err(ErrorCode::kInternal, "libcrypto: AES-GCM");
  return out;
}

Result<TicketKeys::Opened> TicketKeys::Open(Bytes ticket) {
  Expire();
  if (ticket.size() <= kTicketHeadBytes + kTicketTagBytes) {
    return Err(ErrorCode::kTruncated, "a ticket that ends before its text");
  }
  if (ticket.size() > kMaxTicketBytes || ticket[0] != kSealVersion) {
    return Err(ErrorCode::kMalformed, "a ticket of another form");
  }
  const Bytes name = ticket.subspan(1, kTicketKeyNameBytes);
  const auto key = std::ranges::find_if(keys_, [name](const TicketKey& one) {
    return !one.key.empty() && std::ranges::equal(one.name, name);
  });
  if (key == keys_.end()) return Err(ErrorCode::kNotFound, "the key of a ticket is not known");
  VAM_TRY(Aead cipher, CipherOf(key->key.bytes(), AeadPurpose::kOpen));
  const size_t text_bytes = ticket.size() - kTicketHeadBytes - kTicketTagBytes;
  TicketText text;
  const bool opened =
      cipher.Open(ticket.subspan(kAadBytes, kTicketIvBytes), ticket.first(kAadBytes),
                  ticket.subspan(kTicketHeadBytes, text_bytes), ticket.last(kTicketTagBytes),
                  text.Resize(text_bytes));
  if (!opened) return Err(ErrorCode::kAuthFailed, "a ticket that is none of ours");
  Opened out;
  std::ranges::copy(ticket.subspan(1, out.id.size()), out.id.begin());
  VAM_TRY(out.state, DecodeTicket(text.bytes()));
  return out;
}

bool UsedTickets::HasRoom(uint64_t now_ns) {
  while (!by_end_.empty() && by_end_.begin()->first <= now_ns) {
    ids_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  return ids_.size() < kMost;
}

bool UsedTickets::Add(const TicketId& id, uint64_t expires_ns, uint64_t now_ns) {
  if (!HasRoom(now_ns) || !ids_.insert(id).second) return false;
  by_end_.emplace(expires_ns, id);
  return true;
}

}  // namespace vam::ike::v2
