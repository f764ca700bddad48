#include "sw/bench/ipcomp_bench.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "sw/base/rng.h"
#include "sw/ipsec/ipcomp.h"

namespace vam::bench {
namespace {

constexpr size_t kPayloadBytes = 1400;
constexpr size_t kPayloads = 16;  // few: a pass ends before others get the core
constexpr size_t kMinRuns = 25;

std::vector<uint8_t> ConfigurationText() {
  std::string text;
  for (uint32_t n = 10; text.size() < kPayloads * kPayloadBytes; n += 10) {
    const std::string number = std::to_string(n * 2654435761u % 9973);
    text += "crypto map MAP" + number + " " + std::to_string(n) + " ipsec-manual\n set peer 10." +
            std::to_string(n % 251) + ".7." + std::to_string(n % 241) + "\n set transform-set T" +
            number + "\n match address " + std::to_string(100 + n % 97) + "\n!\n";
  }
  return {text.begin(), text.end()};
}

template <typename Work>
double MedianNs(const Clock& clock, uint64_t budget_ns, Work work) {
  work();
  std::vector<uint64_t> runs;
  for (uint64_t total = 0; total < budget_ns || runs.size() < kMinRuns; total += runs.back()) {
    const uint64_t start = clock.MonotonicNs();
    work();
    runs.push_back(clock.MonotonicNs() - start);
  }
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return static_cast<double>(*middle);
}

// One text cut into payloads, and what they pack to.
class Bench {
 public:
  Bench(ipsec::Compression algorithm, Bytes text) : algorithm_(algorithm), text_(text) {
    room_.resize(kPayloadBytes * 2);
    for (size_t i = 0; i < kPayloads; ++i) {
      const auto bytes = codecs_.Compress(algorithm_, Payload(i), room_);
      VAM_CHECK(bytes.has_value());
      packed_.emplace_back(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(*bytes));
      packed_bytes_ += *bytes;
    }
  }

  // As the engine does it: what does not become smaller is given up.
  void Compress() {
    for (size_t i = 0; i < kPayloads; ++i) {
      sink_ +=
          codecs_.Compress(algorithm_, Payload(i), MutableBytes(room_).first(kPayloadBytes - 5))
              .value_or(0);
    }
  }
  void Decompress() {
    for (const auto& packed : packed_) {
      VAM_CHECK(codecs_.Decompress(algorithm_, packed, room_).bytes == kPayloadBytes);
    }
  }
  double ratio() const {
    return static_cast<double>(packed_bytes_) / static_cast<double>(kPayloads * kPayloadBytes);
  }

 private:
  Bytes Payload(size_t i) const {
    const size_t places = text_.size() / kPayloadBytes;
    return text_.subspan(i % places * kPayloadBytes, kPayloadBytes);
  }

  ipsec::Compression algorithm_;
  Bytes text_;
  ipsec::IpCompCodecs codecs_;
  std::vector<uint8_t> room_;
  std::vector<std::vector<uint8_t>> packed_;
  size_t packed_bytes_ = 0;
  size_t sink_ = 0;
};

}  // namespace

std::vector<Figure> MeasureIpCompOf(const Clock& clock, const IpCompBenchOptions& options,
                                    Bytes text, const char* name) {
  std::vector<Figure> figures;
  for (const ipsec::CompressionInfo& info : ipsec::Compressions()) {
    const auto bench = std::make_unique<Bench>(info.id, text);
    const auto add = [&](const char* dir, double ns) {
      const double megabytes = static_cast<double>(kPayloads * kPayloadBytes) / 1e6;
      figures.push_back({"soft.ipcomp_mbps",
                         megabytes / (ns / 1e9),
                         "MB/s",
                         {{"algorithm", std::string(info.name)}, {"data", name}, {"dir", dir}}});
    };
    add("out", MedianNs(clock, options.ns_per_figure, [&] { bench->Compress(); }));
    if (bench->ratio() >= 1) continue;
    add("in", MedianNs(clock, options.ns_per_figure, [&] { bench->Decompress(); }));
    figures.push_back({"soft.ipcomp_ratio",
                       bench->ratio(),
                       "1",
                       {{"algorithm", std::string(info.name)}, {"data", name}}});
  }
  return figures;
}

std::vector<Figure> MeasureIpComp(const Clock& clock, const IpCompBenchOptions& options) {
  std::vector<Figure> figures = MeasureIpCompOf(clock, options, ConfigurationText(), "text");
  std::vector<uint8_t> random(kPayloads * kPayloadBytes);
  SeededRng(1).Fill(random);
  const std::vector<Figure> more = MeasureIpCompOf(clock, options, random, "random");
  figures.insert(figures.end(), more.begin(), more.end());
  return figures;
}

}  // namespace vam::bench
