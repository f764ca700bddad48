// Sequence numbers and IVs of manual keys, made durable before they are used (design.md, law 6;
// docs in README.md).
//
// A counter-mode key must never meet the same IV twice, over restarts, power cuts, clears and
// engine moves. So the next IV belongs to the key: this store keeps, under a keyed hash of each key
// that was ever used, the first number that no one was given yet. A block is on the disk before its
// numbers leave here; a crash costs numbers, never repeats one.
#ifndef VAM_SW_MGMT_NUMBERS_H_
#define VAM_SW_MGMT_NUMBERS_H_

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"
#include "sw/mgmt/number_file.h"

namespace vam::mgmt {

struct Block {
  uint64_t first = 0;
  uint64_t end = 0;  // one past the last
};

// What is asked for.
struct Demand {
  Bytes key;  // the cipher key without its salt
  bool inbound = false;
  uint64_t limit = 0;   // 2^32, or 2^64 - 1 with ESN: no block reaches past it
  uint64_t beyond = 0;  // inbound: the block must reach past this number
};

// Single-threaded. After any failed write the store is closed: what is on the disk is then unknown.
class NumberStore {
 public:
  static constexpr uint64_t kOutboundBlock = 1 << 18;
  // Inbound: numbers below the block are refused after a restart, so a block is what a crash may
  // lose of the peer's packets: some seconds of traffic at its present rate.
  static constexpr uint64_t kSmallestInboundBlock = 64;
  // The first one after a start: its second half must last until the next block is on the disk,
  // also when the peer begins with a burst.
  static constexpr uint64_t kFirstInboundBlock = 1024;
  static constexpr uint64_t kLargestInboundBlock = 1 << 20;
  static constexpr size_t kMaxKeys = NumberFile::kPlaces;

  // NumberFile::Initialise and Open.
  static Status Initialise(const std::string& directory, Rng& rng) {
    return NumberFile::Initialise(directory, rng);
  }
  static Result<NumberStore> Open(const std::string& directory);

  // The next block of each key, which begins where its one before ended, in the order of `demands`;
  // all are durable when this returns, by one write. kExhausted: the key has no numbers left, or
  // the file is full of keys. kInvalidArgument: the key was used in the other direction. kIo,
  // kUnavailable: the store is closed.
  std::vector<Result<Block>> Reserve(std::span<const Demand> demands, uint64_t now_ns);

 private:
  using KeyId = NumberFile::KeyId;
  struct KeyHash {  // an id is a MAC: any eight bytes of it are as good as a hash
    size_t operator()(const KeyId& id) const { return LoadBe64(id.data()); }
  };
  struct Record {
    uint32_t place = 0;
    bool inbound = false;
    uint64_t next = 1;
    uint64_t asked_ns = 0;  // inbound: the last time; 0: not since the start
    uint64_t size = kFirstInboundBlock;
  };

  NumberStore() = default;
  KeyId IdOf(Bytes key) const;
  static uint64_t InboundSize(Record& record, uint64_t now_ns);
  Result<Block> Advance(const Demand& demand, uint64_t now_ns,
                        std::vector<NumberFile::Placed>& changed);

  NumberFile file_;
  Secret<32> secret_;
  std::unordered_map<KeyId, Record, KeyHash> records_;
  std::vector<uint32_t> free_places_;
  bool closed_ = false;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_NUMBERS_H_
