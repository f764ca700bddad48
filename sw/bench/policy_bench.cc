#include "sw/bench/policy_bench.h"

#include <algorithm>
#include <utility>

#include "sw/base/check.h"
#include "sw/base/rng.h"
#include "sw/ipsec/policy.h"
#include "sw/ipsec/policy_cache.h"

namespace vam::bench {
namespace {

constexpr uint32_t kEntries = 100, kLinesPerEntry = 10;
constexpr size_t kFlows = 4096, kPlaces = 16'384;
constexpr size_t kBatch = 64;  // timed at once: short, so that few batches meet another process
constexpr size_t kMinBatches = 5 * kFlows / kBatch;
constexpr uint32_t kInside = 0x0a000000, kOutside = 0xac100000;

// Each line has its own pair of /24 networks.
uint32_t Network(uint32_t base, uint32_t line) { return base + line * 256; }

std::vector<ipsec::PolicyEntry> Entries() {
  std::vector<ipsec::PolicyEntry> entries(kEntries);
  for (uint32_t i = 0; i < kEntries; ++i) {
    entries[i].id = i;
    entries[i].sequence = 10 * (i + 1);
    for (uint32_t j = 0; j < kLinesPerEntry; ++j) {
      ipsec::PolicyLine line;
      line.protocol = net::kProtocolTcp;
      line.source = ipsec::AddressMatch::V4(Network(kInside, i * kLinesPerEntry + j), 0xff);
      line.destination = ipsec::AddressMatch::V4(Network(kOutside, i * kLinesPerEntry + j), 0xff);
      line.destination_ports = {0, 32767};
      entries[i].lines.push_back(line);
    }
  }
  return entries;
}

std::vector<ipsec::Flow> Flows(Rng& rng) {
  std::vector<ipsec::Flow> flows(kFlows);
  for (size_t i = 0; i < flows.size(); ++i) {
    ipsec::Flow& flow = flows[i];
    const auto line = static_cast<uint32_t>(rng.Below(kEntries * kLinesPerEntry));
    // A quarter comes from the networks and goes elsewhere.
    const uint32_t outside = i % 4 == 0 ? 0xc0000000 : kOutside;
    flow.source = net::Address::V4(Network(kInside, line) + static_cast<uint32_t>(rng.Below(256)));
    flow.destination =
        net::Address::V4(Network(outside, line) + static_cast<uint32_t>(rng.Below(256)));
    flow.protocol = net::kProtocolTcp;
    flow.ports = ipsec::Field::kShown;
    flow.source_port = static_cast<uint16_t>(rng.Below(65536));
    // Distinct, so that no two flows are one to the cache.
    flow.destination_port = static_cast<uint16_t>(i);
  }
  return flows;
}

class Bench {
 public:
  Bench(const Clock& clock, uint64_t budget_ns)
      : clock_(clock), budget_ns_(budget_ns), policy_(Entries()), cache_(kPlaces, {1, 2}) {
    SeededRng rng(1);
    flows_ = Flows(rng);
    for (const ipsec::Flow& flow : flows_) expected_ += policy_.Find(flow).protect();
    VAM_CHECK(expected_ == kFlows * 3 / 4);
  }

  double LookupsPerSecond(bool warm) {
    std::vector<uint64_t> batches;
    uint64_t total = 0;
    for (size_t first = 0; first < kFlows; first += kBatch) Batch(first);
    while (total < budget_ns_ || batches.size() < kMinBatches) {
      const uint64_t hits = cache_.hits();
      if (!warm) cache_.Invalidate();
      size_t found = 0;
      for (size_t first = 0; first < kFlows; first += kBatch) {
        const uint64_t start = clock_.MonotonicNs();
        found += Batch(first);
        batches.push_back(clock_.MonotonicNs() - start);
        total += batches.back();
      }
      VAM_CHECK(found == expected_);
      // Where three flows fall into one set of the cache they push each other out.
      const uint64_t hit = cache_.hits() - hits;
      VAM_CHECK(warm ? hit > kFlows * 9 / 10 : hit == 0);
    }
    const auto middle = batches.begin() + static_cast<std::ptrdiff_t>(batches.size() / 2);
    std::nth_element(batches.begin(), middle, batches.end());
    return static_cast<double>(kBatch) * 1e9 / static_cast<double>(*middle);
  }

 private:
  size_t Batch(size_t first) {
    size_t found = 0;
    for (size_t i = first; i < first + kBatch; ++i) {
      found += cache_.Find(policy_, flows_[i]).protect();
    }
    return found;
  }

  const Clock& clock_;
  uint64_t budget_ns_;
  ipsec::Policy policy_;
  ipsec::PolicyCache cache_;
  std::vector<ipsec::Flow> flows_;
  size_t expected_ = 0;
};

}  // namespace

std::vector<Figure> MeasurePolicy(const Clock& clock, const PolicyBenchOptions& options) {
  Bench bench(clock, options.ns_per_figure);
  std::vector<Figure> figures;
  for (const bool warm : {true, false}) {
    figures.push_back({"policy.lookups_per_second",
                       bench.LookupsPerSecond(warm),
                       "1/s",
                       {{"cache", warm ? "warm" : "cold"},
                        {"lines", std::to_string(kEntries * kLinesPerEntry)},
                        {"entries", std::to_string(kEntries)}}});
  }
  return figures;
}

}  // namespace vam::bench
