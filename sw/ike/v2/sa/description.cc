#include "sw/ike/v2/sa/description.h"

#include <array>

#include "sw/base/text.h"

namespace vam::ike::v2 {

const PeerNote* NoteOf(const Policy& policy, const IkeSa& sa) {
  const bool named = sa.peer_identity.type == IdentityType::kFqdn;
  const std::array<std::string_view, 2> names{
      sa.peer_name, named ? TextOf(sa.peer_identity.data) : std::string_view()};
  return policy.notes().Find(sa.home.remote, sa.home.front_vrf, names);
}

std::string_view DescriptionOf(const Policy& policy, const IkeSa& sa, const PeerNote* note) {
  if (note != nullptr && !note->description.empty()) return note->description;
  if (sa.profile == nullptr) return {};
  // As it is now: an IKE SA outlives configurations.
  const auto profile = policy.FindProfile(sa.profile->name);
  if (profile == nullptr || profile->keyring == nullptr) return {};
  const Keyring& keyring = *profile->keyring;
  const KeyringPeer* const peer = sa.caller ? keyring.ToCall(sa.home.remote, sa.peer_name)
                                            : keyring.ThatCalls(sa.peer_identity, sa.home.remote);
  return peer == nullptr ? std::string_view() : peer->description;
}

}  // namespace vam::ike::v2
