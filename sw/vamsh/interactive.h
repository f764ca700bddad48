// vamsh at a terminal: editing, history, '?', completion, pages.
#ifndef VAM_SW_VAMSH_INTERACTIVE_H_
#define VAM_SW_VAMSH_INTERACTIVE_H_

#include "sw/vamsh/client.h"

namespace vam::vamsh {

// Until "exit" or the end of the input. Returns vamsh's exit code. Ctrl-C forgets the line, Ctrl-Z
// ends a configuration.
int RunInteractive(Client& client);

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_INTERACTIVE_H_
