// Sequence numbers and IVs of manual keys, made durable before they are used (design.md, law 6;
// docs in README.md).
//
// A counter-mode key must never meet the same IV twice, over restarts, power cuts, clears and
// engine moves. So the next IV belongs to the key: this store keeps, under a keyed hash of each key
// that was ever used, the first number that no one was given yet. A block is on the disk before its
// numbers leave here; a crash costs numbers, never repeats one.
#ifndef VAM_SW_MGMT_NUMBERS_H_
#define VAM_SW_MGMT_NUMBERS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sw/api/channel.h"
#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"

namespace vam::mgmt {

struct Block {
  uint64_t first = 0;
  uint64_t end = 0;  // one past the last
};

// What is asked for.
struct Demand {
  bool inbound = false;
  uint64_t limit = 0;   // 2^32, or 2^64 - 1 with ESN: no block reaches past it
  uint64_t beyond = 0;  // inbound: the block must reach past this number
};

// The file holds everything twice, and both copies are durable before a block leaves: a write that
// was cut short, or a copy that rots, costs no number twice.
//
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
  static constexpr size_t kMaxKeys = 4096;

  // Makes DIR/numbers with a new secret. kExists when there is one: it must never be replaced under
  // keys in use.
  static Status Initialise(const std::string& directory, Rng& rng);
  // Opens DIR/numbers and takes a lock on it. kNotFound: missing. kMalformed: no copy in it is
  // whole. kUnavailable: in use.
  static Result<NumberStore> Open(const std::string& directory);

  // The next block of `key` (the cipher key without its salt), durable when this returns; it begins
  // where the one before ended. kExhausted: the key has no numbers left, or the table is full.
  // kInvalidArgument: the key was used in the other direction. kIo, kUnavailable: the store is
  // closed.
  Result<Block> Reserve(Bytes key, const Demand& demand, uint64_t now_ns);

 private:
  using KeyId = std::array<uint8_t, 16>;
  struct Record {
    uint64_t next = 1;
    bool inbound = false;
  };
  struct Pace {
    uint64_t last_ns = 0;
    uint64_t size = kFirstInboundBlock;
  };

  NumberStore() = default;
  KeyId IdOf(Bytes key) const;
  uint64_t InboundSize(const KeyId& id, uint64_t now_ns);
  Status Write();
  Status Load();
  struct Copy;
  std::optional<Copy> LoadCopy(uint64_t which) const;

  api::OwnedFd fd_;
  Secret<32> secret_;
  uint64_t version_ = 0;  // of the content; grows with each write
  std::map<KeyId, Record> records_;
  std::map<KeyId, Pace> paces_;
  bool closed_ = false;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_NUMBERS_H_
