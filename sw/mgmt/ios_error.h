// Errors of a typed line in the words of IOS, each with the reason behind it.
#ifndef VAM_SW_MGMT_IOS_ERROR_H_
#define VAM_SW_MGMT_IOS_ERROR_H_

#include <string>
#include <string_view>

#include "sw/config/parser.h"

namespace vam::mgmt {

// `line`: what the columns of `error` count in; `indent`: how far right of the screen's edge it was
// typed (prompt, blanks). The caret stands under the wrong word. A line without `line` (an error of
// the configuration as a whole) has the reason alone.
std::string IosError(const config::Diagnostic& error, std::string_view line, size_t indent);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_IOS_ERROR_H_
