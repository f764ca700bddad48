#include "sw/config/render.h"

#include <fmt/core.h>

#include "sw/base/bytes.h"
#include "sw/config/arguments.h"
#include "sw/config/enable_secret.h"
#include "sw/config/line_writer.h"
#include "sw/config/render_crypto.h"
#include "sw/config/render_ike.h"
#include "sw/config/render_net.h"

namespace vam::config {
namespace {

class Renderer : private LineWriter {
 public:
  // `write_secret` writes keys of SAs, `write_ike_key` pre-shared keys with their form.
  Renderer(WriteSecret write_secret, WriteSecret write_ike_key, bool masked)
      : write_secret_(std::move(write_secret)),
        write_ike_key_(std::move(write_ike_key)),
        masked_(masked) {}

  std::string Render(const Running& running) {
    Text(RenderService(running.logging));
    Line("hostname " + running.hostname);
    Break();
    if (!running.enable_secret.empty()) {
      Line(EnableLine(running.enable_secret));
      Break();
    }
    if (running.card != CardKind::kNone) {
      Line(running.card == CardKind::kRtl ? "engine card rtl" : "engine card model");
      Break();
    }
    Text(RenderNames(running.names));
    Text(RenderVrfs(running));
    if (running.ipv6_routing) {
      Line("ipv6 unicast-routing");
      Break();
    }
    Text(RenderCrypto(running, write_secret_, write_ike_key_));
    for (const Interface& interface : running.interfaces) Text(RenderInterface(running, interface));
    Text(RenderPools(running));
    Text(RenderRoutes(running));
    Text(RenderLogging(running.logging));
    Text(RenderMetrics(running));
    for (const Acl& acl : running.acls) Text(RenderAcl(acl));
    Text(RenderNeighbors(running));
    Line("end");
    return Take();
  }

 private:
  // A hash is no secret that opens anything, but it may be guessed at: it goes where sealed secrets
  // go.
  std::string EnableLine(const std::string& hash) const {
    return fmt::format("enable secret {} {}", EnableHashType(hash),
                       masked_ ? kRemovedSecret : std::string_view(hash));
  }

  WriteSecret write_secret_;
  WriteSecret write_ike_key_;
  bool masked_;
};

}  // namespace

std::string Render(const Running& running, Keys keys) {
  const std::string text =
      Renderer(
          [keys](Bytes secret) {
            return keys == Keys::kShown ? FormatHex(secret) : std::string(kRemovedSecret);
          },
          [keys](Bytes key) {
            return keys == Keys::kShown ? ClearIkeKey(key) : std::string(kRemovedSecret);
          },
          keys == Keys::kMasked)
          .Render(running);
  return Weave(text, running.pending, [keys](Bytes secret) {
    if (keys == Keys::kMasked) return std::string(kRemovedSecret);
    return "0 " + std::string(secret.begin(), secret.end());
  });
}

std::string Render(const Running& running, const Sealer& sealer, Rng& rng) {
  const auto seal = [&](Bytes secret) { return "6 " + sealer.Seal(secret, rng); };
  return Weave(Renderer(seal, seal, false).Render(running), running.pending, seal);
}

}  // namespace vam::config
