// Reading and writing wire integers. Big-endian unless the name says otherwise; any alignment.
#ifndef VAM_SW_BASE_BYTES_H_
#define VAM_SW_BASE_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"

namespace vam {

static_assert(std::endian::native == std::endian::little, "big-endian hosts are not built");

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// Load and store at `p`; the caller has checked the length.
inline uint16_t LoadLe16(const uint8_t* p) {
  uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint32_t LoadLe32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint64_t LoadLe64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint16_t LoadBe16(const uint8_t* p) { return __builtin_bswap16(LoadLe16(p)); }
inline uint32_t LoadBe32(const uint8_t* p) { return __builtin_bswap32(LoadLe32(p)); }
inline uint64_t LoadBe64(const uint8_t* p) { return __builtin_bswap64(LoadLe64(p)); }
inline void StoreLe16(uint8_t* p, uint16_t v) { std::memcpy(p, &v, sizeof v); }
inline void StoreLe32(uint8_t* p, uint32_t v) { std::memcpy(p, &v, sizeof v); }
inline void StoreLe64(uint8_t* p, uint64_t v) { std::memcpy(p, &v, sizeof v); }
inline void StoreBe16(uint8_t* p, uint16_t v) { StoreLe16(p, __builtin_bswap16(v)); }
inline void StoreBe32(uint8_t* p, uint32_t v) { StoreLe32(p, __builtin_bswap32(v)); }
inline void StoreBe64(uint8_t* p, uint64_t v) { StoreLe64(p, __builtin_bswap64(v)); }

// Reads big-endian fields from the front of a span. A failed read is kTruncated and consumes
// nothing.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  size_t remaining() const { return bytes_.size() - offset_; }
  size_t offset() const { return offset_; }
  // All unread bytes, not consumed.
  Bytes rest() const { return bytes_.subspan(offset_); }

  Result<uint8_t> U8() {
    if (remaining() < 1) return Short();
    return bytes_[offset_++];
  }
  Result<uint16_t> U16() {
    if (remaining() < 2) return Short();
    return LoadBe16(Advance(2));
  }
  Result<uint32_t> U32() {
    if (remaining() < 4) return Short();
    return LoadBe32(Advance(4));
  }
  Result<uint64_t> U64() {
    if (remaining() < 8) return Short();
    return LoadBe64(Advance(8));
  }
  // The next `size` bytes, still owned by the reader's source.
  Result<Bytes> Take(size_t size) {
    if (remaining() < size) return Short();
    return Bytes(Advance(size), size);
  }
  Status Skip(size_t size) {
    if (remaining() < size) return Short();
    offset_ += size;
    return Ok();
  }

 private:
  static Error Short() { return Err(ErrorCode::kTruncated, "fewer bytes than the field needs"); }
  const uint8_t* Advance(size_t size) {
    const uint8_t* p = bytes_.data() + offset_;
    offset_ += size;
    return p;
  }

  Bytes bytes_;
  size_t offset_ = 0;
};

// Appends big-endian fields to a caller's buffer. A write that does not fit is kExhausted and
// writes nothing.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  size_t size() const { return size_; }
  size_t remaining() const { return buffer_.size() - size_; }
  MutableBytes written() const { return buffer_.first(size_); }

  Status U8(uint8_t v) {
    if (remaining() < 1) return Full();
    *Advance(1) = v;
    return Ok();
  }
  Status U16(uint16_t v) {
    if (remaining() < 2) return Full();
    StoreBe16(Advance(2), v);
    return Ok();
  }
  Status U32(uint32_t v) {
    if (remaining() < 4) return Full();
    StoreBe32(Advance(4), v);
    return Ok();
  }
  Status U64(uint64_t v) {
    if (remaining() < 8) return Full();
    StoreBe64(Advance(8), v);
    return Ok();
  }
  Status Append(Bytes bytes) {
    if (remaining() < bytes.size()) return Full();
    if (!bytes.empty()) std::memcpy(Advance(bytes.size()), bytes.data(), bytes.size());
    return Ok();
  }
  Status Zeros(size_t size) {
    if (remaining() < size) return Full();
    if (size != 0) std::memset(Advance(size), 0, size);
    return Ok();
  }

 private:
  static Error Full() { return Err(ErrorCode::kExhausted, "the buffer is full"); }
  uint8_t* Advance(size_t size) {
    uint8_t* p = buffer_.data() + size_;
    size_ += size;
    return p;
  }

  MutableBytes buffer_;
  size_t size_ = 0;
};

// Hexadecimal without separators. Parse takes both cases; kMalformed for an odd count or another
// character. Not for keys: ParseHexInto leaves no copy behind.
Result<std::vector<uint8_t>> ParseHex(std::string_view text);
// Writes text.size() / 2 bytes to the front of `out` and returns their number; kExhausted when they
// do not fit. Bytes already written on an error are zeroed.
Result<size_t> ParseHexInto(std::string_view text, MutableBytes out);
// Lower case.
std::string FormatHex(Bytes bytes);

}  // namespace vam

#endif  // VAM_SW_BASE_BYTES_H_
