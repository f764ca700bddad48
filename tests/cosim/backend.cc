#include "tests/cosim/backend.h"

#include <cstdlib>

#include "sim/model/model_card.h"
#include "sim/model/separate_card.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

std::unique_ptr<hal::Card> MakeModel() {
  sim::ModelCardConfig config;
  config.eager = false;
  config.card.batch = 4;
  return std::make_unique<sim::ModelCard>(config);
}

// In lockstep: the same seed gives the same run, cycle by cycle.
std::unique_ptr<hal::Card> MakeRtl() {
  sim::RtlHalConfig config;
  config.clocking = sim::Clocking::kLockstep;
  config.card.knobs.seed = TestSeed();
  return std::make_unique<sim::RtlHal>(config);
}

}  // namespace

std::vector<std::string> BackendNames() {
  return {
      "model",
      "model_separate",
      "rtl",
      "rtl_separate",
  };
}

std::unique_ptr<hal::Card> MakeBackend(const std::string& name) {
  if (name == "model") return MakeModel();
  if (name == "model_separate") return std::make_unique<sim::SeparateCard>(MakeModel());
  if (name == "rtl") return MakeRtl();
  if (name == "rtl_separate") return std::make_unique<sim::SeparateCard>(MakeRtl());
  std::abort();
}

sim::RtlHal* RtlOf(hal::Card& card) {
  if (auto* separate = dynamic_cast<sim::SeparateCard*>(&card)) return RtlOf(separate->inner());
  return dynamic_cast<sim::RtlHal*>(&card);
}

std::vector<std::string> Violations(hal::Card& card) {
  sim::RtlHal* const rtl = RtlOf(card);
  if (rtl == nullptr) return {};
  return rtl->With([](sim::RtlCard& core) { return core.violations(); });
}

}  // namespace vam::test
