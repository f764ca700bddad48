// The metrics endpoint: OpenVAM's own statement.
#include <fmt/core.h>

#include "sw/config/render_net.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

std::optional<Fault> Listen(Editor& editor, const Match& match) {
  if (match.negated()) {
    editor.running.metrics.reset();
    return {};
  }
  MetricsListen listen;
  const Token* token = match.Find("address");
  if (token == nullptr) token = match.Find("address6");
  if (token != nullptr) listen.address = AddressOf(*token);
  // `::` and 0.0.0.0 are every address; a link-local one would need an interface with it.
  if (listen.address.IsMulticast() || listen.address.IsLimitedBroadcast() ||
      (listen.address.is_v6() && listen.address.IsLinkLocal())) {
    return Fault{token, "not an address to listen at"};
  }
  if (const Token* port = match.Find("number"))
    listen.port = static_cast<uint16_t>(NumberOf(*port));
  if (!listen.address.IsLoopback()) {
    editor.notices.push_back(
        fmt::format("whoever reaches {} port {} of the host can read the metrics",
                    net::ToString(listen.address), listen.port));
  }
  editor.running.metrics = listen;
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "metrics listen [ { <address> | <address6> } ] [ port <number:1024-65535> ]",
      "Serve metrics by HTTP at an address of the host (default 127.0.0.1 port 9464)"},
     Listen},
    {{Mode::kConfig,
      "no metrics listen [ { <address> | <address6> } ] [ port <number:1024-65535> ]",
      "Serve no metrics (default)"},
     Listen},
};

}  // namespace

std::span<const ConfigStatement> MetricsStatements() { return kStatements; }

std::string RenderMetrics(const Running& running) {
  if (!running.metrics) return "";
  return fmt::format("metrics listen {} port {}\n!\n", net::ToString(running.metrics->address),
                     running.metrics->port);
}

}  // namespace vam::config
