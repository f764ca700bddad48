#include "sw/ipsec/ipcomp.h"

#include <algorithm>

namespace vam::ipsec {

std::optional<IpCompHeader> ParseIpComp(Bytes payload) {
  if (payload.size() < kIpCompHeaderBytes) return std::nullopt;
  return IpCompHeader{payload[0], LoadBe16(&payload[2])};
}

void WriteIpComp(const IpCompHeader& header, MutableBytes out) {
  out[0] = header.next_header;
  out[1] = 0;
  StoreBe16(&out[2], header.cpi);
}

std::optional<size_t> IpCompCodecs::Compress(Compression algorithm, Bytes in, MutableBytes out) {
  return algorithm == Compression::kLzs ? lzs_.Compress(in, out) : deflate_.Compress(in, out);
}

Decompressed IpCompCodecs::Decompress(Compression algorithm, Bytes in, MutableBytes out) {
  return algorithm == Compression::kLzs ? LzsDecompress(in, out) : inflate_.Decompress(in, out);
}

bool IpCompSa::WorthTrying(size_t payload_bytes, bool whole) {
  if (!whole || payload_bytes < kIpCompThreshold) return false;
  if (pause_ == 0) return true;
  --pause_;
  return false;
}

std::optional<size_t> IpCompSa::Pack(IpCompCodecs& codecs, uint8_t next_header, Bytes payload,
                                     bool whole, MutableBytes out) {
  if (!WorthTrying(payload.size(), whole)) {
    ++stats_.not_compressed;
    return std::nullopt;
  }
  // Only what ends up smaller than the payload fits.
  const MutableBytes room = out.first(payload.size() - 1).subspan(kIpCompHeaderBytes);
  const auto packed = codecs.Compress(algorithm_, payload, room);
  if (!packed.has_value()) {
    ++stats_.compress_failed;
    ++failures_;
    if (failures_ >= kFailuresInARow) {
      pause_ = std::min(kMaxPause, 1u << std::min(failures_ - kFailuresInARow, 16u));
    }
    return std::nullopt;
  }
  failures_ = 0;
  ++stats_.compressed;
  WriteIpComp({next_header, cpi_}, out);
  return kIpCompHeaderBytes + *packed;
}

Decompressed IpCompSa::Unpack(IpCompCodecs& codecs, Bytes compressed, MutableBytes out) {
  const Decompressed plain = codecs.Decompress(algorithm_, compressed, out);
  if (plain.reason == Reason::kOk) {
    ++stats_.decompressed;
  } else {
    ++stats_.decompress_failed;
  }
  return plain;
}

}  // namespace vam::ipsec
