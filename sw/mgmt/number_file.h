// The file of NumberStore: places for records, each held twice, so that no crash and no single
// fault of the disk loses what a record says.
#ifndef VAM_SW_MGMT_NUMBER_FILE_H_
#define VAM_SW_MGMT_NUMBER_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/base/secret.h"

namespace vam::mgmt {

// Two copies, one behind the other. A copy, big-endian:
//      0  "VAMNUMB2"   8  secret (32)   40  SHA-256 of the 40 bytes before   zeros up to 4096, then
//   kPlaces records of 64 bytes: key id (16), next (8), inbound (1), zeros (7), SHA-256 of the
//   place's number (8) and these 32 bytes. A place of zeros is free.
//
// A write goes to the first copy, and to the second when it is durable there. So of a record's two
// forms one is always whole, and the newer whole one (`next` only grows) is what counts. A write
// touches the records that it is about and no others.
class NumberFile {
 public:
  static constexpr uint32_t kPlaces = 32'768;
  static constexpr size_t kHeaderBytes = 4096;
  static constexpr size_t kRecordBytes = 64;
  static constexpr size_t kCopyBytes = kHeaderBytes + kPlaces * kRecordBytes;

  using KeyId = std::array<uint8_t, 16>;
  struct Record {
    KeyId key{};
    uint64_t next = 0;  // the first number that no one was given
    bool inbound = false;
    bool operator==(const Record&) const = default;
  };
  struct Placed {
    uint32_t place = 0;  // below kPlaces
    Record record;
  };

  // Makes DIR/numbers, of its full length, with a new secret. kExists when there is one: it must
  // never be replaced under keys in use. kIo.
  static Status Initialise(const std::string& directory, Rng& rng);

  struct Opened;
  // Opens DIR/numbers, takes a lock on it, and makes its copies equal. kNotFound: missing.
  // kMalformed: neither copy of something is whole. kUnavailable: in use. kIo.
  static Result<Opened> Open(const std::string& directory);

  // Everything is durable in both copies when this returns. After an error it is unknown what is on
  // the disk, and the file is of no more use.
  Status Write(std::span<const Placed> records);

 private:
  Status WriteHeader(Bytes secret);

  api::OwnedFd fd_;
};

struct NumberFile::Opened {
  NumberFile file;
  Secret<32> secret;
  std::vector<Placed> records;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_NUMBER_FILE_H_
