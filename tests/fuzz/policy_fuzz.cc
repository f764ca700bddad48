// Policies and flows made of the input: the flattened list and the cache say what the oracle of the
// unit tests says, and packets of any bytes become flows. The input is {length, packet..., then one
// byte for each choice of the generators}.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sw/base/check.h"
#include "sw/ipsec/policy_cache.h"
#include "tests/unit/sw/ipsec/policy_oracle.h"

namespace vam::ipsec {
namespace {

constexpr int kRounds = 3, kFlows = 12;

// The input as a source of choices; zeros when it is used up.
class Choices {
 public:
  explicit Choices(Bytes input) : input_(input) {}
  uint32_t operator()(uint32_t bound) {
    if (input_.empty()) return 0;
    const uint8_t byte = input_[0];
    input_ = input_.subspan(1);
    return byte % bound;
  }

 private:
  Bytes input_;
};

void Judge(PolicyCache& cache, const Policy& policy, const std::vector<PolicyEntry>& entries,
           const Flow& flow) {
  const PolicyMatch expected = test::OracleFind(entries, flow);
  VAM_CHECK(policy.Find(flow) == expected);
  VAM_CHECK(cache.Find(policy, flow) == expected);
  VAM_CHECK(cache.Find(policy, flow) == expected);
  for (uint32_t position = 0; position < entries.size(); ++position) {
    for (const PolicyEntry& entry : entries) {
      if (entry.id != policy.entries()[position].id) continue;
      VAM_CHECK(policy.Admits(position, kAnyLine, flow) ==
                test::OracleAdmits(entry, kAnyLine, flow));
      VAM_CHECK(policy.Admits(position, 1, flow) == test::OracleAdmits(entry, 1, flow));
    }
  }
}

// The packet as it would come from a wire, in either family.
void JudgePacket(PolicyCache& cache, const Policy& policy, const std::vector<PolicyEntry>& entries,
                 Bytes packet) {
  if (const auto header = net::ParseIpv4(packet)) {
    Judge(cache, policy, entries, FlowOf(*header, packet));
  }
  if (const auto header = net::ParseIpv6(packet)) {
    Judge(cache, policy, entries, FlowOf(*header, packet));
  }
}

}  // namespace
}  // namespace vam::ipsec

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vam::ipsec;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const vam::Bytes packet = vam::Bytes(data, size).subspan(1, std::min<size_t>(data[0], size - 1));
  Choices choices(vam::Bytes(data, size).subspan(1 + packet.size()));
  PolicyCache cache(size_t{2} << choices(4), {choices(256), choices(256)}, 0);
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<PolicyEntry> entries = vam::ipsec::test::DrawEntries(choices);
    const Policy policy(entries);
    for (int i = 0; i < kFlows; ++i) {
      Judge(cache, policy, entries, vam::ipsec::test::DrawFlow(choices));
    }
    JudgePacket(cache, policy, entries, packet);
    cache.Invalidate();
  }
  return 0;
}
