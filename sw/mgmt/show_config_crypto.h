// Crypto maps, dynamic maps, transform sets and lifetimes as show replies: they follow from the
// configuration alone.
#ifndef VAM_SW_MGMT_SHOW_CONFIG_CRYPTO_H_
#define VAM_SW_MGMT_SHOW_CONFIG_CRYPTO_H_

#include <string>

#include "sw/api/show.pb.h"
#include "sw/config/running.h"

namespace vam::mgmt {

// Of `request`: map and interface, empty: all.
api::CryptoMap ShowCryptoMap(const config::Running& running, const api::ShowRequest& request);
api::CryptoMap ShowDynamicMap(const config::Running& running, const api::ShowRequest& request);
// All sets, or the one named in `map` of `request`; behind them the default sets.
api::TransformSets ShowTransformSets(const config::Running& running,
                                     const api::ShowRequest& request);
// None when they are switched off.
api::TransformSets ShowDefaultTransformSets(const config::Running& running);
// The global values.
api::CryptoLifetime ShowLifetime(const config::Running& running);

// As text (MG-103, OUT-10, OUT-23).
std::string RenderCryptoMap(const api::CryptoMap& show);
std::string RenderTransformSets(const api::TransformSets& show);
std::string RenderLifetime(const api::CryptoLifetime& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_CONFIG_CRYPTO_H_
