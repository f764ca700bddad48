// Which lines the command line's history keeps.
#ifndef VAM_SW_VAMSH_HISTORY_H_
#define VAM_SW_VAMSH_HISTORY_H_

#include <string_view>

namespace vam::vamsh {

// False for a line that may hold a key: one that names a session key, or, since keywords may be
// abbreviated, one with 16 hexadecimal digits or more in a row.
bool MayBeKept(std::string_view line);

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_HISTORY_H_
