// config::Running as statements, in the order of IOS. Parse(Render(r, kShown)) == r.
#ifndef VAM_SW_CONFIG_RENDER_H_
#define VAM_SW_CONFIG_RENDER_H_

#include <string>
#include <string_view>

#include "sw/base/rng.h"
#include "sw/config/running.h"
#include "sw/config/seal.h"

namespace vam::config {

// kMasked writes "<removed>" for every key; the parser refuses that word by name. kShown is for
// what nobody sees: messages between roles, files of mode 0600.
enum class Keys : uint8_t { kMasked, kShown };

std::string Render(const Running& running, Keys keys);
// Every key as "6 SEALED", each with a fresh nonce. Requires: sealer.ready().
std::string Render(const Running& running, const Sealer& sealer, Rng& rng);

// One line of an access list without its list's name: "permit ip 10.0.0.0 0.0.0.255 any".
std::string RenderAclEntry(const AclEntry& entry, AclKind kind = AclKind::kExtended);
std::string RenderDevice(const Device& device);
// "esp-aes 256 esp-sha256-hmac".
std::string RenderTransform(const TransformSet& set);
// "copy", "set" or "clear".
std::string_view DfBitName(DfBit bit);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_H_
