#include "sw/ipsec/deflate.h"

// Input pointers become const.
#define ZLIB_CONST
#include <zlib.h>

#include <array>
#include <new>

#include "sw/base/check.h"

namespace vam::ipsec {
namespace {

// Negative: raw, without a header of zlib's. Linux inflates with a window of 2^11
// (DEFLATE_DEF_WINBITS in crypto/deflate.c), so that no packet of ours reaches back further.
constexpr int kOurWindowBits = -11;
constexpr int kEveryWindowBits = -15;
// 2^12 hash places and blocks of 2^11 symbols: what must be cleared for each packet.
constexpr int kMemoryLevel = 5;
constexpr int kLevel = 4;

// From operator new, so that the tests that count allocations see them.
void* Allocate(void*, uInt items, uInt bytes) {
  return ::operator new (size_t{items} * bytes, std::nothrow);
}
void Free(void*, void* place) { ::operator delete(place); }

std::unique_ptr<z_stream> NewStream() {
  auto stream = std::make_unique<z_stream>();
  stream->zalloc = Allocate;
  stream->zfree = Free;
  return stream;
}

void Attach(z_stream& stream, Bytes in, MutableBytes out) {
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
}

}  // namespace

DeflateCompressor::DeflateCompressor() : stream_(NewStream()) {
  VAM_CHECK(deflateInit2(stream_.get(), kLevel, Z_DEFLATED, kOurWindowBits, kMemoryLevel,
                         Z_DEFAULT_STRATEGY) == Z_OK);
}

DeflateCompressor::~DeflateCompressor() { deflateEnd(stream_.get()); }

std::optional<size_t> DeflateCompressor::Compress(Bytes in, MutableBytes out) {
  VAM_CHECK(deflateReset(stream_.get()) == Z_OK);
  Attach(*stream_, in, out);
  if (deflate(stream_.get(), Z_FINISH) != Z_STREAM_END) return std::nullopt;
  return out.size() - stream_->avail_out;
}

DeflateDecompressor::DeflateDecompressor() : stream_(NewStream()) {
  VAM_CHECK(inflateInit2(stream_.get(), kEveryWindowBits) == Z_OK);
  // zlib allocates its window when the output is full for the first time: now, not on a packet. A
  // stored block of two bytes into room for one.
  constexpr std::array<uint8_t, 7> kTwoBytes = {0x01, 0x02, 0x00, 0xfd, 0xff, 0x61, 0x62};
  std::array<uint8_t, 1> room;
  VAM_CHECK(Decompress(kTwoBytes, room).reason == Reason::kIpcompTooLong);
}

DeflateDecompressor::~DeflateDecompressor() { inflateEnd(stream_.get()); }

Decompressed DeflateDecompressor::Decompress(Bytes in, MutableBytes out) {
  VAM_CHECK(inflateReset(stream_.get()) == Z_OK);
  Attach(*stream_, in, out);
  const int ended = inflate(stream_.get(), Z_FINISH);
  if (ended == Z_STREAM_END) return {Reason::kOk, out.size() - stream_->avail_out};
  // Z_BUF_ERROR: the output is full, or the input came to its end first.
  if (ended == Z_BUF_ERROR && stream_->avail_out == 0) return {Reason::kIpcompTooLong, 0};
  return {Reason::kIpcompMalformed, 0};
}

}  // namespace vam::ipsec
