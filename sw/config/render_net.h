// The parts of a shown configuration that hold no secret and no crypto; each ends with "!" when it
// is not empty. Internal to sw/config.
#ifndef VAM_SW_CONFIG_RENDER_NET_H_
#define VAM_SW_CONFIG_RENDER_NET_H_

#include <string>

#include "sw/config/running.h"

namespace vam::config {

std::string RenderVrfs(const Running& running);
std::string RenderInterface(const Running& running, const Interface& interface);
std::string RenderRoutes(const Running& running);
std::string RenderAcl(const Acl& acl);
std::string RenderService(const Logging& logging);
std::string RenderLogging(const Logging& logging);
std::string RenderNames(const Names& names);
std::string RenderMetrics(const Running& running);
std::string RenderPools(const Running& running);
std::string RenderNeighbors(const Running& running);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_NET_H_
