// Opens the card that the configuration names. The one place of the gateway that knows the
// backends.
#ifndef VAM_SW_OFFLOAD_CARD_FACTORY_H_
#define VAM_SW_OFFLOAD_CARD_FACTORY_H_

#include <memory>
#include <string>

#include "driver/hal/card.h"

namespace vam::offload {

enum class CardBackend : uint8_t { kNone, kRtl, kModel };

struct OpenedCard {
  std::unique_ptr<hal::Card> card;  // null: none, for `problem` (a full sentence)
  std::string problem;
};

struct CardOptions {
  std::string trace_path;  // FST trace of the verilated card; empty: none
  // True: the card's time passes only while its driver waits (deterministic); false: in a thread of
  // its own, which sleeps while the card is idle.
  bool lockstep = false;
};

OpenedCard OpenCard(CardBackend backend, const CardOptions& options);

}  // namespace vam::offload

#endif  // VAM_SW_OFFLOAD_CARD_FACTORY_H_
