#include "sw/ike/v2/show.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/sa/description.h"
#include "sw/ike/v2/sa_filter.h"

namespace vam::ike::v2 {
namespace {

// As IOS names them; a cipher that it does not have by the name of our configuration.
std::string CipherName(const Cipher& cipher) {
  switch (cipher.id) {
    case EncryptionId::kAesCbc:
      return "AES-CBC";
    case EncryptionId::kAesGcm8:
    case EncryptionId::kAesGcm12:
    case EncryptionId::kAesGcm16:
      return "AES-GCM";
    case EncryptionId::kTripleDes:
      return "3DES";
    case EncryptionId::kDes:
      return "DES";
    case EncryptionId::kChaCha20Poly1305:
      return "CHACHA20-POLY1305";
    case EncryptionId::kNull:
      return "NULL";
    default:
      return std::string(InfoOf(cipher).name);
  }
}

uint32_t KeyBits(const Cipher& cipher) {
  return cipher.key_bits != 0 ? cipher.key_bits
                              : static_cast<uint32_t>(InfoOf(cipher).key_bytes * 8);
}

std::string HashName(IntegrityId id) {
  switch (id) {
    case IntegrityId::kNone:
      return "";
    case IntegrityId::kHmacMd5_96:
      return "MD596";
    case IntegrityId::kHmacSha1_96:
      return "SHA96";
    case IntegrityId::kHmacSha256_128:
      return "SHA256";
    case IntegrityId::kHmacSha384_192:
      return "SHA384";
    case IntegrityId::kHmacSha512_256:
      return "SHA512";
    case IntegrityId::kAesXcbc96:
      return "AES-XCBC96";
    case IntegrityId::kAesCmac96:
      return "AES-CMAC96";
    default:
      return std::string(InfoOf(id).name);
  }
}

std::string PrfName(PrfId id) {
  switch (id) {
    case PrfId::kHmacMd5:
      return "MD5";
    case PrfId::kHmacSha1:
      return "SHA1";
    case PrfId::kHmacSha256:
      return "SHA256";
    case PrfId::kHmacSha384:
      return "SHA384";
    case PrfId::kHmacSha512:
      return "SHA512";
    case PrfId::kAesXcbc:
      return "AES-XCBC";
    case PrfId::kAesCmac:
      return "AES-CMAC";
    default:
      return std::string(InfoOf(id).name);
  }
}

const char* AuthName(AuthKind kind) {
  switch (kind) {
    case AuthKind::kSharedKey:
      return "PSK";
    case AuthKind::kRsa:
      return "RSA";
    case AuthKind::kEcdsa:
      return "ECDSA";
    case AuthKind::kEdDsa:
      return "EdDSA";
  }
  return "";
}

struct StateText {
  const char* state;
  const char* status;
  const char* description;
};
StateText TextOf(const IkeSa& sa) {
  switch (sa.state) {
    case IkeSa::State::kInit:
      return {"IN-NEG", "Negotiating", "Initiator waiting for INIT response"};
    case IkeSa::State::kHalfOpen:
      return {"IN-NEG", "Negotiating", "Responder waiting for AUTH message"};
    case IkeSa::State::kAuth:
      return {"IN-NEG", "Negotiating",
              sa.initiator ? "Initiator waiting for AUTH response"
                           : "Responder processing AUTH message"};
    case IkeSa::State::kUp:
      return {"READY", "Active", "Negotiation done"};
    case IkeSa::State::kReplaced:
      return {"READY", "Active", "Rekeyed, waiting for deletion"};
    case IkeSa::State::kDeleting:
    case IkeSa::State::kGone:
      break;
  }
  return {"DELETE", "Inactive", "Waiting for DELETE response"};
}

void FillEnd(const TrafficSelector& selector, api::TrafficEnd& out) {
  out.set_first_address(net::ToString(selector.first));
  out.set_last_address(net::ToString(selector.last));
  out.set_first_port(selector.first_port);
  out.set_last_port(selector.last_port);
  out.set_protocol(selector.protocol);
}

void FillChild(const ChildSa& child, const Names& names, api::IkeChildSa& out) {
  const bool ah = child.suite.protocol == Protocol::kAh;
  out.set_number(child.id);
  out.set_state(child.state == ChildSa::State::kReplaced   ? "REPLACED"
                : child.state == ChildSa::State::kRekeying ? "REKEYING"
                                                           : "UP");
  out.set_protocol(ah ? "AH" : "ESP");
  out.set_inbound_spi(child.spi_in);
  out.set_outbound_spi(child.spi_out);
  FillEnd(child.selectors.local, *out.mutable_local());
  FillEnd(child.selectors.remote, *out.mutable_remote());
  if (!ah) {
    out.set_encryption(CipherName(child.suite.cipher));
    out.set_key_bits(KeyBits(child.suite.cipher));
  }
  out.set_integrity(HashName(child.suite.integrity));
  out.set_dh_group(child.suite.group);
  for (const uint16_t group : child.suite.additional_groups) {
    if (group != 0) out.add_additional_group(group);
  }
  out.set_esn(child.suite.esn);
  out.set_mode(child.transport ? "transport" : "tunnel");
  if (child.config == nullptr) return;
  out.set_crypto_map(child.config->map);
  out.set_sequence(child.config->sequence);
  out.set_dynamic_sequence(child.config->dynamic_sequence);
  out.set_inside_vrf(names.Vrf(child.config->inside_vrf));
}

void FillAgreed(const IkeSa& sa, api::IkeSa& out) {
  if (sa.peer_spi == 0) return;
  out.set_encryption(CipherName(sa.suite.cipher));
  out.set_key_bits(KeyBits(sa.suite.cipher));
  out.set_hash(HashName(sa.suite.integrity));
  out.set_prf(PrfName(sa.suite.prf));
  out.set_dh_group(sa.suite.group);
  for (const uint16_t group : sa.suite.additional_groups) {
    if (group != 0) out.add_additional_group(group);
  }
  out.set_fragmentation(sa.peer_fragments);
  out.set_nat_local(sa.nat_here);
  out.set_nat_remote(sa.nat_there);
  out.set_ppk_id(sa.ppk);
}

void FillMobike(const IkeSa& sa, api::IkeSa& out) {
  if (sa.mobike == nullptr) return;
  out.set_mobike(true);
  out.set_mobike_mover(sa.mobike->mover);
  for (const net::Address& address : sa.mobike->theirs) {
    out.add_remote_additional(net::ToString(address));
  }
  if (sa.home.local == sa.ends.local && sa.home.remote == sa.ends.remote) return;
  out.set_set_up_local(net::ToString(sa.home.local));
  out.set_set_up_remote(net::ToString(sa.home.remote));
}

void FillProfile(const IkeSa& sa, api::IkeSa& out) {
  if (sa.profile == nullptr) return;
  const Profile& profile = *sa.profile;
  out.set_profile(profile.name);
  out.set_authentication_local(AuthName(profile.local_auth));
  // What the peer uses is known when it has proved who it is, or may use one only.
  if (sa.up_ns != 0) {
    out.set_authentication_remote(AuthName(sa.peer_auth));
    out.set_remote_certificate(sa.peer_subject);
  } else if (profile.remote_auth.size() == 1) {
    out.set_authentication_remote(AuthName(profile.remote_auth.front()));
  }
  out.set_authentication(out.authentication_local());
  out.set_nat_keepalive_seconds(profile.nat_keepalive_s);
  if (profile.dpd.interval_s == 0) return;
  out.mutable_dpd()->set_seconds(profile.dpd.interval_s);
  out.mutable_dpd()->set_retry_seconds(profile.dpd.retry_s);
  out.mutable_dpd()->set_periodic(!profile.dpd.on_demand);
}

void FillLife(const IkeSa& sa, uint64_t now_ns, api::IkeSa& out) {
  if (sa.up_ns == 0) return;
  if (sa.profile != nullptr) out.set_lifetime_seconds(sa.profile->lifetime_s);
  out.set_active_seconds((now_ns - sa.up_ns) / kNsPerSecond);
  if (sa.reauth.by_ns > now_ns) {
    out.set_reauth_seconds((sa.reauth.by_ns - now_ns) / kNsPerSecond);
  }
  if (sa.expires_ns > now_ns) out.set_remaining_seconds((sa.expires_ns - now_ns) / kNsPerSecond);
}

void FillWindows(const IkeSa& sa, api::IkeSa& out) {
  out.set_local_next_id(sa.requests.next_id());
  out.set_local_request_id(sa.requests.next_id() - sa.requests.outstanding());
  out.set_local_queued(static_cast<uint32_t>(sa.waiting.size()));
  out.set_remote_next_id(sa.responses.next_id());
  out.set_local_window(sa.responses.size());
  out.set_remote_window(sa.requests.size());
}

// Letters of the table of `show crypto isakmp sa detail`, and F: fragmentation.
std::string Capabilities(const IkeSa& sa) {
  std::string letters;
  if (sa.profile != nullptr && sa.profile->dpd.interval_s != 0) letters += 'D';
  if (sa.nat_here || sa.nat_there) letters += 'N';
  if (sa.peer_fragments) letters += 'F';
  return letters;
}

void FillTickets(const Core& core, const IkeSa& sa, api::IkeSa& out) {
  const uint64_t now_ns = core.now_ns();
  const auto left = [now_ns](uint64_t end_ns) {
    return end_ns > now_ns ? (end_ns - now_ns) / kNsPerSecond : 0;
  };
  out.set_resumed(sa.resumption.resumed);
  const HeldTicket* const held = HeldFor(core, sa);
  if (held != nullptr) out.set_ticket_held_seconds(left(held->state.expires_ns));
  out.set_ticket_given_seconds(left(sa.resumption.given_until_ns));
}

void FillPeer(const Policy& policy, const IkeSa& sa, api::IkeSa& out) {
  const PeerNote* const note = NoteOf(policy, sa);
  out.set_description(std::string(DescriptionOf(policy, sa, note)));
  out.set_peer_policy(note != nullptr);
}

void FillSa(const Core& core, const IkeSa& sa, const Names& names, api::IkeSa& out) {
  const StateText text = TextOf(sa);
  out.set_version(2);
  out.set_front_vrf(names.Vrf(sa.ends.front_vrf));
  out.set_inside_vrf(names.Vrf(InsideVrf(sa)));
  out.set_interface(names.Interface(sa.ends.interface));
  out.set_local(net::ToString(sa.ends.local));
  out.set_local_port(sa.ends.local_port);
  out.set_remote(net::ToString(sa.ends.remote));
  out.set_remote_port(sa.ends.remote_port);
  out.set_state(text.state);
  out.set_status(text.status);
  out.set_state_description(text.description);
  out.set_conn_id(static_cast<uint32_t>(sa.number));
  out.set_session_id(static_cast<uint32_t>(sa.session));
  out.set_capabilities(Capabilities(sa));
  out.set_local_spi(fmt::format("{:016X}", sa.spi));
  out.set_remote_spi(fmt::format("{:016X}", sa.peer_spi));
  out.set_initiator(sa.initiator);
  if (!sa.local_identity.empty()) out.set_local_id(ToString(sa.local_identity));
  if (!sa.peer_identity.empty()) out.set_remote_id(ToString(sa.peer_identity));
  out.set_phase1_id(out.remote_id());
  FillAgreed(sa, out);
  FillProfile(sa, out);
  FillLife(sa, core.now_ns(), out);
  FillWindows(sa, out);
  FillMobike(sa, out);
  FillConfiguration(sa, out);
  FillTickets(core, sa, out);
  FillPeer(core.policy(), sa, out);
  if (sa.redirects != 0) out.set_redirected_from(net::ToString(sa.redirected_from));
  out.set_child_count(static_cast<uint32_t>(
      std::ranges::count_if(sa.children, [](const auto& child) { return child->carries(); })));
}

// IPv4 first, each family by number.
using Place = std::tuple<bool, uint64_t>;
Place PlaceOf(const IkeSa& sa) { return {sa.ends.remote.is_v6(), sa.number}; }

// The IKE SAs that are to be shown from the cursor on: the first `most` of them in their order.
std::vector<const IkeSa*> Next(const Core& core, const api::ShowRequest& request,
                               const SaFilter& filter, const Names& names, size_t most) {
  const api::ShowCursor& cursor = request.cursor();
  const Place last{cursor.ipv6(), cursor.id()};
  std::vector<const IkeSa*> found;
  for (const auto& [spi, sa] : core.sas()) {
    if (sa->state == IkeSa::State::kGone || !filter.Means(*sa)) continue;
    const Place place = PlaceOf(*sa);
    // One whose children were not all shown comes again.
    const bool again = cursor.child() != 0 && place == last;
    if (request.has_cursor() && place <= last && !again) continue;
    if (!request.interface().empty() &&
        names.Interface(sa->ends.interface) != request.interface()) {
      continue;
    }
    found.push_back(sa.get());
  }
  const auto end = found.begin() + static_cast<ptrdiff_t>(std::min(most, found.size()));
  std::partial_sort(found.begin(), end, found.end(),
                    [](const IkeSa* a, const IkeSa* b) { return PlaceOf(*a) < PlaceOf(*b); });
  found.erase(end, found.end());
  return found;
}

// Children behind `after`, as long as there are `rows`. The last one shown where more follow; 0:
// all are there.
uint32_t FillChildren(const IkeSa& sa, uint32_t after, const Names& names, size_t& rows,
                      api::IkeSa& out) {
  uint32_t last = after;
  for (const auto& child : sa.children) {
    if (child->id <= after || !child->carries()) continue;
    // At least one in a piece, so that it moves on.
    if (rows == 0 && out.child_size() != 0) return last;
    rows -= rows == 0 ? 0 : 1;
    FillChild(*child, names, *out.add_child());
    last = child->id;
  }
  return 0;
}

}  // namespace

void FillIkeSas(const Core& core, const api::ShowRequest& request, api::ShowReply& reply,
                const Names& names) {
  const auto filter = FilterOf(request, names);
  if (const auto* error = std::get_if<std::string>(&filter)) {
    reply.set_error(*error);
    return;
  }
  const size_t limit = request.limit() == 0 ? kShowRows : std::min<size_t>(request.limit(), 4096);
  size_t rows = limit;
  api::IkeSas& show = *reply.mutable_ike_sas();
  show.set_version(2);
  const auto next = Next(core, request, std::get<SaFilter>(filter), names, limit + 1);
  for (const IkeSa* sa : next) {
    if (rows == 0) return;  // `next` of the reply names the one before
    const bool again = request.has_cursor() && request.cursor().child() != 0 &&
                       PlaceOf(*sa) == Place{request.cursor().ipv6(), request.cursor().id()};
    api::IkeSa& out = *show.add_sa();
    FillSa(core, *sa, names, out);
    out.set_continued(again);
    --rows;
    const uint32_t after = again ? request.cursor().child() : 0;
    const uint32_t more = request.detail() ? FillChildren(*sa, after, names, rows, out) : 0;
    if (more == 0 && sa == next.back() && next.size() <= limit) {
      reply.clear_next();
      return;
    }
    reply.mutable_next()->set_ipv6(sa->ends.remote.is_v6());
    reply.mutable_next()->set_id(sa->number);
    reply.mutable_next()->set_child(more);
    if (more != 0) return;
  }
}

api::ShowReply AnswerShow(const Core& core, const Stats& stats, const Names& names,
                          const api::ShowRequest& request) {
  api::ShowReply reply;
  switch (request.kind()) {
    case api::SHOW_IKE_SA:
      FillIkeSas(core, request, reply, names);
      break;
    case api::SHOW_IKEV2_STATS:
      FillIkev2Stats(core, stats, reply);
      break;
    case api::SHOW_IKEV2_ERRORS:
      FillIkev2Errors(stats, reply, names);
      break;
    case api::SHOW_ADDRESS_POOLS:
      FillAddressPools(core, request, reply);
      break;
    default:
      reply.set_error("IKEv2 does not know this.");
  }
  return reply;
}

}  // namespace vam::ike::v2
