// What the parts of the policy compiler share: for compile.cc and compile_children.cc.
#ifndef VAM_SW_IKE_V2_POLICY_COMPILE_PARTS_H_
#define VAM_SW_IKE_V2_POLICY_COMPILE_PARTS_H_

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/config/numbering.h"
#include "sw/config/running.h"
#include "sw/ike/v2/policy/policy.h"

namespace vam::ike::v2 {

// Sentences about things that are not used, and no end of them.
class Notes {
 public:
  void Add(std::string sentence);
  std::vector<std::string> Take() &&;

 private:
  std::vector<std::string> notes_;
  size_t more_ = 0;
};

// Pointers lead into objects that outlive the compilation.
struct CompileContext {
  const config::Running& running;
  const config::VrfNumbers& vrfs;
  Notes& notes;
  // Those that can be used, by name.
  std::unordered_map<std::string_view, std::shared_ptr<const Profile>> profiles;
};

// One for each place where an entry acts, in the order of the maps.
std::vector<std::shared_ptr<const ChildConfig>> CompileChildren(const CompileContext& context);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_COMPILE_PARTS_H_
