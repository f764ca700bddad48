// The cards that the suite runs on, by name.
#ifndef VAM_TESTS_COSIM_BACKEND_H_
#define VAM_TESTS_COSIM_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "driver/hal/card.h"
#include "sim/rtl/rtl_hal.h"

namespace vam::test {

// "model", "model_separate", "rtl", "rtl_separate": the latter of each kind has memory of its own.
std::vector<std::string> BackendNames();

// Aborts on an unknown name.
std::unique_ptr<hal::Card> MakeBackend(const std::string& name);

// The verilated card behind it, for its clock, its bus and its faults; null: it has none.
sim::RtlHal* RtlOf(hal::Card& card);

// Rules of bus and order that the simulated card has broken; none for cards that are not watched.
std::vector<std::string> Violations(hal::Card& card);

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_BACKEND_H_
