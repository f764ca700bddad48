// The crypto statements as text: parts of render.h's. Internal to sw/config.
#ifndef VAM_SW_CONFIG_RENDER_CRYPTO_H_
#define VAM_SW_CONFIG_RENDER_CRYPTO_H_

#include <functional>
#include <string>

#include "sw/base/bytes.h"
#include "sw/config/running.h"

namespace vam::config {

// How a key is written.
using WriteSecret = std::function<std::string(Bytes)>;

// Whole lines, each section closed by "!"; "" when there is nothing to say.
std::string RenderCrypto(const Running& running, const WriteSecret& write_secret,
                         const WriteSecret& write_ike_key);
// The lines of an interface, indented.
std::string RenderInterfaceCrypto(const Interface& interface);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_CRYPTO_H_
