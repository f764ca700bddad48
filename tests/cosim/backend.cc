#include "tests/cosim/backend.h"

#include <cstdlib>

#include "sim/model/model_card.h"
#include "sim/model/separate_card.h"

#ifdef VAM_WITH_RTL
#include "sim/rtl/rtl_hal.h"
#include "tests/support/seed.h"
#endif

namespace vam::test {
namespace {

std::unique_ptr<hal::Card> MakeModel() {
  sim::ModelCardConfig config;
  config.eager = false;
  config.card.batch = 4;
  return std::make_unique<sim::ModelCard>(config);
}

#ifdef VAM_WITH_RTL
// In lockstep: the same seed gives the same run, cycle by cycle.
std::unique_ptr<hal::Card> MakeRtl() {
  sim::RtlHalConfig config;
  config.clocking = sim::Clocking::kLockstep;
  config.card.knobs.seed = TestSeed();
  return std::make_unique<sim::RtlHal>(config);
}
#endif

}  // namespace

std::vector<std::string> BackendNames() {
  return {
      "model",
      "model_separate",
#ifdef VAM_WITH_RTL
      "rtl",
      "rtl_separate",
#endif
  };
}

std::unique_ptr<hal::Card> MakeBackend(const std::string& name) {
  if (name == "model") return MakeModel();
  if (name == "model_separate") return std::make_unique<sim::SeparateCard>(MakeModel());
#ifdef VAM_WITH_RTL
  if (name == "rtl") return MakeRtl();
  if (name == "rtl_separate") return std::make_unique<sim::SeparateCard>(MakeRtl());
#endif
  std::abort();
}

std::vector<std::string> Violations(hal::Card& card) {
  if (auto* separate = dynamic_cast<sim::SeparateCard*>(&card)) {
    return Violations(separate->inner());
  }
#ifdef VAM_WITH_RTL
  if (auto* rtl = dynamic_cast<sim::RtlHal*>(&card)) {
    return rtl->With([](sim::RtlCard& core) { return core.violations(); });
  }
#endif
  return {};
}

}  // namespace vam::test
