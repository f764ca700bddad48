#include "sw/mgmt/numbers.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sw/base/check.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kInboundBlockNs = 4 * kNsPerSecond;  // of traffic at the present rate
constexpr uint64_t kMostGrowth = 8;                     // from one block to the next
constexpr uint64_t kMostShrinking = 4;

}  // namespace

Result<NumberStore> NumberStore::Open(const std::string& directory) {
  VAM_TRY(NumberFile::Opened opened, NumberFile::Open(directory));
  NumberStore store;
  store.file_ = std::move(opened.file);
  store.secret_ = std::move(opened.secret);
  std::vector<bool> taken(kMaxKeys);
  for (const NumberFile::Placed& placed : opened.records) {
    taken[placed.place] = true;
    Record record{
        .place = placed.place, .inbound = placed.record.inbound, .next = placed.record.next};
    if (!store.records_.emplace(placed.record.key, record).second) {
      return Err(ErrorCode::kMalformed, "the number file has a key twice");
    }
  }
  for (uint32_t place = kMaxKeys; place-- > 0;) {
    if (!taken[place]) store.free_places_.push_back(place);
  }
  return store;
}

NumberStore::KeyId NumberStore::IdOf(Bytes key) const {
  uint8_t mac[EVP_MAX_MD_SIZE] = {};
  unsigned length = 0;
  const Bytes secret = secret_.bytes();
  VAM_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), key.data(),
                 key.size(), mac, &length) != nullptr);
  KeyId id;
  std::memcpy(id.data(), mac, id.size());
  return id;
}

uint64_t NumberStore::InboundSize(Record& record, uint64_t now_ns) {
  if (record.asked_ns != 0) {
    // About one block was used since the last question.
    const uint64_t gap = std::max(now_ns - record.asked_ns, kNsPerMs);
    const uint64_t wanted = record.size * kInboundBlockNs / gap;
    const uint64_t size =
        std::clamp(wanted, record.size / kMostShrinking, record.size * kMostGrowth);
    record.size = std::clamp(size, kSmallestInboundBlock, kLargestInboundBlock);
  }
  record.asked_ns = now_ns;
  return record.size;
}

Result<Block> NumberStore::Advance(const Demand& demand, uint64_t now_ns,
                                   std::vector<NumberFile::Placed>& changed) {
  const KeyId id = IdOf(demand.key);
  const auto found = records_.find(id);
  const bool is_new = found == records_.end();
  if (is_new && free_places_.empty()) {
    return Err(ErrorCode::kExhausted, "the number file is full of keys");
  }
  if (!is_new && found->second.inbound != demand.inbound) {
    return Err(ErrorCode::kInvalidArgument, "this key was used in the other direction");
  }
  const uint64_t next = is_new ? 1 : found->second.next;
  if (next >= demand.limit) return Err(ErrorCode::kExhausted, "the key's numbers are used up");

  Record& record = is_new ? records_[id] : found->second;
  if (is_new) {
    record.place = free_places_.back();
    record.inbound = demand.inbound;
    free_places_.pop_back();
  }
  const uint64_t size = demand.inbound ? InboundSize(record, now_ns) : kOutboundBlock;
  // What the block must hold before `size` numbers more.
  const uint64_t from = std::min(std::max(next, demand.beyond), demand.limit);
  record.next = from + std::min(size, demand.limit - from);
  changed.push_back({record.place, {id, record.next, record.inbound}});
  return Block{next, record.next};
}

std::vector<Result<Block>> NumberStore::Reserve(std::span<const Demand> demands, uint64_t now_ns) {
  if (closed_) {
    return {demands.size(),
            Err(ErrorCode::kUnavailable, "the number file could not be written before")};
  }
  std::vector<Result<Block>> blocks;
  std::vector<NumberFile::Placed> changed;
  for (const Demand& demand : demands) blocks.push_back(Advance(demand, now_ns, changed));
  const Status written = file_.Write(changed);
  if (written) return blocks;
  closed_ = true;
  return {demands.size(), written.error()};
}

}  // namespace vam::mgmt
