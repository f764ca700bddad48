#include "sw/ike/v2/policy/mark.h"

#include <openssl/evp.h>

#include <algorithm>

#include "sw/base/check.h"

namespace vam::ike::v2 {

namespace {

PolicyMark Digest(const void* data, size_t size) {
  PolicyMark mark{};
  VAM_CHECK(EVP_Digest(data, size, mark.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return mark;
}

}  // namespace

PolicyMark MarkOf(std::string_view text) { return Digest(text.data(), text.size()); }

PolicyMark MarkOf(const PolicyMark& a, const PolicyMark& b) {
  std::array<uint8_t, 2 * sizeof(PolicyMark)> both;
  std::ranges::copy(b, std::ranges::copy(a, both.begin()).out);
  return Digest(both.data(), both.size());
}

PolicyMark MarkOf(const Profile& profile, const KeyringPeer* peer) {
  return MarkOf(profile.mark, peer == nullptr ? PolicyMark{} : peer->mark);
}

}  // namespace vam::ike::v2
