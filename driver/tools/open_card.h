// Opens a card by the name an operator gives it.
#ifndef VAM_DRIVER_TOOLS_OPEN_CARD_H_
#define VAM_DRIVER_TOOLS_OPEN_CARD_H_

#include <memory>
#include <string>
#include <vector>

#include "driver/hal/card.h"
#include "sw/base/result.h"

namespace vam::tools {

// Names that OpenCard takes: "model", "rtl".
std::vector<std::string> CardNames();

// kNotFound: no such name. A simulated card lives as long as the object: what is on it ends with
// the program.
Result<std::unique_ptr<hal::Card>> OpenCard(const std::string& name);

}  // namespace vam::tools

#endif  // VAM_DRIVER_TOOLS_OPEN_CARD_H_
