#include "sw/pki/der.h"

#include <array>

namespace vam::pki {
namespace {

Error NotDer() { return Err(ErrorCode::kMalformed, "not DER"); }

struct Header {
  bool constructed;
  size_t header_bytes;
  size_t content_bytes;
};

// Tags above 30 are in no certificate, CRL or OCSP answer.
Result<Header> ReadHeader(Bytes der) {
  if (der.size() < 2 || (der[0] & 0x1f) == 0x1f) return NotDer();
  const bool constructed = (der[0] & 0x20) != 0;
  if (der[1] < 0x80) return Header{constructed, 2, der[1]};
  const size_t count = der[1] & 0x7f;
  if (count == 0 || count > 4 || der.size() < 2 + count) return NotDer();
  size_t length = 0;
  for (size_t i = 0; i < count; ++i) length = length << 8 | der[2 + i];
  const bool shortest = length >= 0x80 && (length >> (8 * (count - 1))) != 0;
  if (!shortest) return NotDer();
  return Header{constructed, 2 + count, length};
}

}  // namespace

Status CheckDer(Bytes der) {
  // Where the elements end that are open.
  std::array<size_t, kMaxDerDepth> ends{};
  size_t depth = 0;
  size_t at = 0;
  do {
    const size_t end = depth == 0 ? der.size() : ends[depth - 1];
    VAM_TRY(const Header header, ReadHeader(der.subspan(at, end - at)));
    if (header.content_bytes > end - at - header.header_bytes) return NotDer();
    at += header.header_bytes;
    if (!header.constructed) {
      at += header.content_bytes;
    } else if (header.content_bytes != 0) {
      if (depth == ends.size()) return Err(ErrorCode::kExhausted, "DER is nested too deep");
      ends[depth++] = at + header.content_bytes;
    }
    while (depth > 0 && at == ends[depth - 1]) --depth;
  } while (depth > 0);
  if (at != der.size()) return Err(ErrorCode::kMalformed, "bytes behind the DER");
  return Ok();
}

Result<DerElement> ReadDerElement(Bytes der) {
  VAM_TRY(const Header header, ReadHeader(der));
  if (header.content_bytes > der.size() - header.header_bytes) return NotDer();
  return DerElement{der[0], der.subspan(header.header_bytes, header.content_bytes),
                    der.first(header.header_bytes + header.content_bytes)};
}

}  // namespace vam::pki
