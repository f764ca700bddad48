#include "sw/ike/v2/policy/compile_marks.h"

#include <algorithm>
#include <string>

#include "sw/base/text.h"
#include "sw/config/render_ike.h"
#include "sw/config/render_pki.h"

namespace vam::ike::v2 {

namespace {

// Keys stand there as their digests: none is written in clear.
std::string DigestText(Bytes key) { return FormatHex(MarkOf(TextOf(key))); }

bool Signs(const config::Ikev2Profile& said) {
  const auto signs = [](config::IkeAuth method) { return method != config::IkeAuth::kPreShare; };
  return (said.local_auth && signs(*said.local_auth)) ||
         std::ranges::any_of(said.remote_auth, signs);
}

}  // namespace

bool NeedsMarks(const config::Running& running) {
  return std::ranges::any_of(running.ike.profiles,
                             [](const auto& said) { return said.resumption.has_value(); });
}

PolicyMark MarkOf(const config::Running& running, const config::Ikev2Profile& said) {
  config::Ike alone;
  alone.profiles.push_back(said);
  const PolicyMark own = MarkOf(config::RenderIke(alone, DigestText));
  return Signs(said) ? MarkOf(own, MarkOf(config::RenderPki(running.pki))) : own;
}

PolicyMark MarkOf(const config::Ikev2Peer& said) {
  config::Ike alone;
  alone.keyrings.FindOrAdd("K").peers.push_back(said);
  return MarkOf(config::RenderIke(alone, DigestText));
}

}  // namespace vam::ike::v2
