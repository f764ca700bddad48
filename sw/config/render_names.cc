#include "sw/config/render_net.h"

namespace vam::config {

std::string RenderNames(const Names& names) {
  std::string text;
  if (!names.lookup) text += "no ip domain lookup\n";
  for (const HostName& host : names.hosts) {
    text += "ip host " + host.name;
    for (const net::Address& address : host.addresses) text += " " + net::ToString(address);
    text += '\n';
  }
  for (const net::Address& server : names.servers) {
    text += "ip name-server " + net::ToString(server) + "\n";
  }
  return text.empty() ? text : text + "!\n";
}

}  // namespace vam::config
