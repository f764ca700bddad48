#include "sw/offload/card_factory.h"

#include <utility>

#include "sim/model/model_card.h"
#include "sim/rtl/rtl_hal.h"

namespace vam::offload {

namespace {

OpenedCard OpenRtl(const CardOptions& options) {
  sim::RtlHalConfig config;
  config.clocking = options.lockstep ? sim::Clocking::kLockstep : sim::Clocking::kFree;
  auto card = std::make_unique<sim::RtlHal>(config);
  if (!options.trace_path.empty()) {
    const Status traced =
        card->With([&](sim::RtlCard& rtl) { return rtl.StartTrace(options.trace_path); });
    if (!traced)
      return {nullptr, std::string("The card cannot be traced: ") + traced.error().text + "."};
  }
  return {std::move(card), ""};
}

}  // namespace

OpenedCard OpenCard(CardBackend backend, const CardOptions& options) {
  switch (backend) {
    case CardBackend::kRtl:
      return OpenRtl(options);
    case CardBackend::kModel:
      return {std::make_unique<sim::ModelCard>(), ""};
    case CardBackend::kNone:
      return {nullptr, "No card is configured."};
  }
  return {nullptr, "No card is configured."};
}

}  // namespace vam::offload
