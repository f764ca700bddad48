#include "driver/tools/open_card.h"

#include "sim/model/model_card.h"
#include "sim/rtl/rtl_hal.h"

namespace vam::tools {

std::vector<std::string> CardNames() { return {"model", "rtl"}; }

Result<std::unique_ptr<hal::Card>> OpenCard(const std::string& name) {
  if (name == "model") return std::unique_ptr<hal::Card>(std::make_unique<sim::ModelCard>());
  if (name == "rtl") {
    sim::RtlHalConfig config;
    config.clocking = sim::Clocking::kLockstep;
    return std::unique_ptr<hal::Card>(std::make_unique<sim::RtlHal>(config));
  }
  return Err(ErrorCode::kNotFound, "no card of this name");
}

}  // namespace vam::tools
