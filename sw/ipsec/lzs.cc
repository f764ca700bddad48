#include "sw/ipsec/lzs.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "sw/base/check.h"

namespace vam::ipsec {
namespace {

constexpr size_t kMaxShortOffset = 127;
constexpr size_t kMaxOffset = 2047;
constexpr size_t kMinMatch = 2;
// How many older places are looked at, and from which length on the search is over.
constexpr int kMaxSteps = 16;
constexpr size_t kGoodMatch = 48;

// Most significant bit first, into a bounded buffer.
class BitWriter {
 public:
  explicit BitWriter(MutableBytes out) : out_(out) {}

  // Requires: at most 25 bits.
  void Write(uint32_t value, unsigned bits) {
    held_ = held_ << bits | value;
    count_ += bits;
    while (count_ >= 8) WriteByte();
  }

  void WriteLength(size_t bytes) {
    if (bytes <= 4) return Write(static_cast<uint32_t>(bytes - 2), 2);
    if (bytes <= 7) return Write(static_cast<uint32_t>(0b1100 + bytes - 5), 4);
    Write(0b1111, 4);
    size_t rest = bytes - 8;
    for (; rest >= 15 && !full_; rest -= 15) Write(0b1111, 4);
    Write(static_cast<uint32_t>(rest % 15), 4);
  }

  void WriteOffset(size_t offset) {
    if (offset <= kMaxShortOffset) return Write(static_cast<uint32_t>(0b11 << 7 | offset), 9);
    Write(static_cast<uint32_t>(0b10 << 11 | offset), 13);
  }

  // The end marker and the bits up to the next byte.
  void Finish() {
    Write(0b11 << 7, 9);
    if (count_ != 0) Write(0, 8 - count_);
  }

  bool full() const { return full_; }
  size_t bytes() const { return at_; }

 private:
  void WriteByte() {
    count_ -= 8;
    if (at_ == out_.size()) {
      full_ = true;
      return;
    }
    out_[at_++] = static_cast<uint8_t>(held_ >> count_);
  }

  MutableBytes out_;
  size_t at_ = 0;
  uint64_t held_ = 0;  // the lowest `count_` bits are not written yet
  unsigned count_ = 0;
  bool full_ = false;
};

// Bits of a buffer, most significant first. Reads past the end are seen by Take.
class BitReader {
 public:
  explicit BitReader(Bytes in) : in_(in) {}

  // At least 57 bits, or all that are left.
  void Fill() {
    while (count_ <= 56 && at_ < in_.size()) {
      held_ |= uint64_t{in_[at_++]} << (56 - count_);
      count_ += 8;
    }
  }
  // The next bits; zeros behind the end. Requires: 1 to 32.
  uint32_t Peek(unsigned bits) const { return static_cast<uint32_t>(held_ >> (64 - bits)); }
  // False when there are not so many.
  bool Take(unsigned bits) {
    if (bits > count_) return false;
    held_ <<= bits;
    count_ -= bits;
    return true;
  }

 private:
  Bytes in_;
  size_t at_ = 0;
  uint64_t held_ = 0;  // the highest `count_` bits are not taken yet; zeros below
  unsigned count_ = 0;
};

uint32_t Hash(uint32_t value, unsigned bits) { return value * 0x9e3779b1u >> (32 - bits); }

uint32_t PairAt(Bytes in, size_t at) { return uint32_t{in[at]} << 8 | in[at + 1]; }
uint32_t TripleAt(Bytes in, size_t at) { return PairAt(in, at) << 8 | in[at + 2]; }

// How many bytes from `a` and from `b`, which is behind it, are the same.
size_t SameBytes(Bytes in, size_t a, size_t b) {
  const size_t room = in.size() - b;
  size_t same = 0;
  for (; room - same >= 8; same += 8) {
    uint64_t left;
    uint64_t right;
    std::memcpy(&left, &in[a + same], 8);
    std::memcpy(&right, &in[b + same], 8);
    if (left == right) continue;
    const uint64_t differing = left ^ right;
    const int zeros = std::endian::native == std::endian::little ? std::countr_zero(differing)
                                                                 : std::countl_zero(differing);
    return same + static_cast<size_t>(zeros) / 8;
  }
  while (same < room && in[a + same] == in[b + same]) ++same;
  return same;
}

// The length of a string; 0 when the input ends in it. More than `limit` is not told apart.
size_t ReadLength(BitReader& reader, size_t limit) {
  reader.Fill();
  uint32_t code = reader.Peek(4);
  if (code < 0b1100) return reader.Take(2) ? 2 + (code >> 2) : 0;
  if (!reader.Take(4)) return 0;
  if (code < 0b1111) return 5 + (code & 3);
  size_t bytes = 8;
  do {
    reader.Fill();
    code = reader.Peek(4);
    if (!reader.Take(4)) return 0;
    bytes += code;
  } while (code == 0b1111 && bytes <= limit);
  return bytes;
}

// Byte by byte where the string reaches into itself.
void CopyString(MutableBytes out, size_t at, size_t offset, size_t bytes) {
  uint8_t* to = &out[at];
  const uint8_t* from = to - offset;
  if (offset >= bytes) {
    std::memcpy(to, from, bytes);
  } else if (offset == 1) {
    std::memset(to, *from, bytes);
  } else {
    for (size_t i = 0; i < bytes; ++i) to[i] = from[i];
  }
}

}  // namespace

void LzsCompressor::Forget() {
  // Nothing remembered is at or behind `start_`; the tables start with zeros.
  if (start_ > std::numeric_limits<uint32_t>::max() - 2 * (kMaxOffset + kMaxBytes + 1)) {
    pairs_.fill(0);
    triples_.fill(0);
    previous_.fill(0);
    start_ = 0;
  }
  start_ += static_cast<uint32_t>(kMaxOffset + 1);
}

LzsCompressor::Match LzsCompressor::Find(Bytes in, size_t at) const {
  Match best;
  if (in.size() - at < kMinMatch) return best;
  const auto here = start_ + static_cast<uint32_t>(at);
  const auto consider = [&](uint32_t place) {
    const size_t offset = here - place;
    const size_t bytes = SameBytes(in, at - offset, at);
    if (bytes > best.bytes) best = {bytes, offset};
  };
  const uint32_t pair = pairs_[Hash(PairAt(in, at), kHashBits)];
  if (here - pair <= kMaxOffset) consider(pair);
  if (in.size() - at < 3) return best;
  uint32_t place = triples_[Hash(TripleAt(in, at), kHashBits)];
  for (int step = 0; step < kMaxSteps && here - place <= kMaxOffset; ++step) {
    consider(place);
    if (best.bytes >= kGoodMatch) break;
    // Still of `place`: the next position that shares its entry is out of reach.
    place = previous_[place % kPlaces];
  }
  return best;
}

void LzsCompressor::Remember(Bytes in, size_t at) {
  const auto here = start_ + static_cast<uint32_t>(at);
  if (in.size() - at < 2) return;
  pairs_[Hash(PairAt(in, at), kHashBits)] = here;
  if (in.size() - at < 3) return;
  uint32_t& newest = triples_[Hash(TripleAt(in, at), kHashBits)];
  previous_[here % kPlaces] = newest;
  newest = here;
}

std::optional<size_t> LzsCompressor::Compress(Bytes in, MutableBytes out) {
  VAM_CHECK(in.size() <= kMaxBytes);
  Forget();
  BitWriter writer(out);
  for (size_t at = 0; at < in.size() && !writer.full();) {
    const Match match = Find(in, at);
    const size_t bytes = std::max<size_t>(match.bytes, 1);
    if (match.bytes < kMinMatch) {
      writer.Write(in[at], 9);
    } else {
      writer.WriteOffset(match.offset);
      writer.WriteLength(match.bytes);
    }
    for (const size_t end = at + bytes; at < end; ++at) Remember(in, at);
  }
  writer.Finish();
  start_ += static_cast<uint32_t>(in.size());
  if (writer.full()) return std::nullopt;
  return writer.bytes();
}

Decompressed LzsDecompress(Bytes in, MutableBytes out) {
  constexpr Decompressed kMalformed;
  BitReader reader(in);
  size_t at = 0;
  while (true) {
    reader.Fill();
    const uint32_t bits = reader.Peek(13);
    if (bits >> 12 == 0) {
      if (!reader.Take(9)) return kMalformed;
      if (at == out.size()) return {Reason::kIpcompTooLong, 0};
      out[at++] = static_cast<uint8_t>(bits >> 4);
      continue;
    }
    const bool is_short = bits >> 11 == 0b11;
    if (!reader.Take(is_short ? 9 : 13)) return kMalformed;
    const size_t offset = is_short ? bits >> 4 & kMaxShortOffset : bits & kMaxOffset;
    if (offset == 0 && is_short) return {Reason::kOk, at};
    if (offset == 0 || offset > at) return kMalformed;
    const size_t room = out.size() - at;
    const size_t bytes = ReadLength(reader, room);
    if (bytes == 0) return kMalformed;
    if (bytes > room) return {Reason::kIpcompTooLong, 0};
    CopyString(out, at, offset, bytes);
    at += bytes;
  }
}

}  // namespace vam::ipsec
