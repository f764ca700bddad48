// The show replies that follow from the configuration alone.
#ifndef VAM_SW_MGMT_LOCAL_SHOW_H_
#define VAM_SW_MGMT_LOCAL_SHOW_H_

#include <string>
#include <string_view>

#include "sw/api/show.pb.h"
#include "sw/config/running.h"

namespace vam::mgmt {

// The interface that an operator means: its name, its IOS name in short, or the beginning of the
// name of exactly one; else `word` itself.
std::string ResolveInterface(const config::Running& running, const std::string& word);

// Lists of the kinds that `request.kind` names; no list of the name: none. Standard ones stand
// before extended ones, as in IOS.
api::AccessLists ShowAccessLists(const config::Running& running, const api::ShowRequest& request);
// The lines of a rendered configuration. `interface` not empty: that interface's statements alone.
api::RunningConfig ShowConfiguration(std::string_view text, uint64_t generation,
                                     const std::string& interface);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_LOCAL_SHOW_H_
