#include "sw/ike/v2/debug_log.h"

#include <fmt/core.h>

#include <string_view>

#include "sw/ike/v2/stats.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {
namespace {

constexpr api::DebugArea kArea = api::DEBUG_IKEV2;

std::string Prefix(const IkeSa& sa) {
  return fmt::format("IKEv2:(SESSION ID = {},SA ID = {}):", sa.session, sa.number);
}

std::string_view StateName(IkeSa::State state) {
  switch (state) {
    case IkeSa::State::kInit:
      return "I_WAIT_INIT";
    case IkeSa::State::kHalfOpen:
      return "R_WAIT_AUTH";
    case IkeSa::State::kAuth:
      return "AUTH";
    case IkeSa::State::kUp:
      return "READY";
    case IkeSa::State::kReplaced:
      return "REPLACED";
    case IkeSa::State::kDeleting:
      return "DELETE";
    case IkeSa::State::kGone:
      return "EXIT";
  }
  return "";
}

std::string PortText(const net::Address& address, uint16_t port) {
  return fmt::format("{}:{}", net::ToString(address), port);
}

std::string ChildText(const ChildSa& child) {
  const TrafficSelector& local = child.selectors.local;
  const TrafficSelector& remote = child.selectors.remote;
  return fmt::format("{} spi in/out 0x{:X}/0x{:X}, {} - {} to {} - {}",
                     child.suite.protocol == Protocol::kAh ? "AH" : "ESP", child.spi_in,
                     child.spi_out, net::ToString(local.first), net::ToString(local.last),
                     net::ToString(remote.first), net::ToString(remote.last));
}

// The types of the payloads that are not encrypted, and those of the notifies among them.
std::string Contents(const Header& header, Bytes message) {
  const auto chain = ParseChain(header.next_payload, message.subspan(kHeaderBytes));
  if (!chain) return " malformed";
  std::string text;
  for (const RawPayload& payload : chain->payloads) {
    text += " " + Name(payload.type);
    if (payload.type != PayloadType::kNotify) continue;
    const auto notify = ParseNotify(payload.body);
    if (notify) text += "(" + Name(notify->type) + ")";
  }
  if (chain->encrypted) text += " " + Name(chain->encrypted->payload.type);
  return text;
}

}  // namespace

api::DebugContext DebugLog::ContextOf(const Ends& ends) const {
  api::DebugContext context;
  context.peer = net::ToString(ends.remote);
  context.front_vrf = names_.Vrf(ends.front_vrf);
  return context;
}

api::DebugContext DebugLog::ContextOf(const IkeSa& sa, const ChildSa* child) const {
  api::DebugContext context = ContextOf(sa.ends);
  context.connids = {static_cast<uint32_t>(sa.number), static_cast<uint32_t>(sa.session)};
  if (sa.peer_identity.type == IdentityType::kFqdn) context.hostname = ToString(sa.peer_identity);
  if (child == nullptr) return context;
  context.spis = {child->spi_in, child->spi_out};
  if (child->config != nullptr) context.inside_vrf = names_.Vrf(child->config->inside_vrf);
  return context;
}

void DebugLog::IkeUp(const IkeSa& sa) {
  if (!queue_.Wants(kArea)) return;
  queue_.Say(kArea, false, ContextOf(sa),
             fmt::format("{}SA created, {} with {}, remote id {}, profile {}", Prefix(sa),
                         sa.initiator ? "initiator" : "responder",
                         PortText(sa.ends.remote, sa.ends.remote_port), ToString(sa.peer_identity),
                         sa.profile == nullptr ? "" : sa.profile->name));
}

void DebugLog::IkeDown(const IkeSa& sa, Cause cause, bool was_up) {
  if (!queue_.Wants(kArea)) return;
  queue_.Say(
      kArea, IsFault(cause), ContextOf(sa),
      fmt::format("{}{} with {}: {}", Prefix(sa), was_up ? "SA deleted" : "Failed to make an SA",
                  PortText(sa.ends.remote, sa.ends.remote_port), Meaning(cause)));
}

void DebugLog::ChildUp(const IkeSa& sa, const ChildSa& child) {
  if (!queue_.Wants(kArea)) return;
  queue_.Say(kArea, false, ContextOf(sa, &child),
             fmt::format("{}Child SA created: {}", Prefix(sa), ChildText(child)));
}

void DebugLog::ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) {
  if (!queue_.Wants(kArea)) return;
  queue_.Say(
      kArea, IsFault(cause), ContextOf(sa, &child),
      fmt::format("{}Child SA deleted: {}: {}", Prefix(sa), ChildText(child), Meaning(cause)));
}

void DebugLog::StateChange(const IkeSa& sa, IkeSa::State next) {
  if (!queue_.Wants(api::DEBUG_IKEV2_INTERNAL)) return;
  queue_.Say(api::DEBUG_IKEV2_INTERNAL, false, ContextOf(sa),
             fmt::format("{}SM Trace-> SA: I_SPI={:016X} R_SPI={:016X} ({}) CurState: {} Next: {}",
                         Prefix(sa), sa.spi_i(), sa.spi_r(), sa.initiator ? "I" : "R",
                         StateName(sa.state), StateName(next)));
}

void DebugLog::Packet(const Ends& ends, bool sent, Bytes message) {
  constexpr api::DebugArea kPacket = api::DEBUG_IKEV2_PACKET;
  if (!queue_.Wants(kPacket)) return;
  const auto header = ParseHeader(message);
  const std::string way = sent ? fmt::format("Sending Packet [To {}/From {}/VRF i0:f{}]",
                                             PortText(ends.remote, ends.remote_port),
                                             PortText(ends.local, ends.local_port), ends.front_vrf)
                               : fmt::format("Received Packet [From {}/To {}/VRF i0:f{}]",
                                             PortText(ends.remote, ends.remote_port),
                                             PortText(ends.local, ends.local_port), ends.front_vrf);
  if (message.empty()) {
    queue_.Say(kPacket, false, ContextOf(ends), "IKEv2:" + way + " NAT keepalive");
    return;
  }
  if (!header) {
    queue_.Say(kPacket, true, ContextOf(ends), "IKEv2:" + way + " without a valid header");
    return;
  }
  queue_.Say(kPacket, false, ContextOf(ends),
             fmt::format("IKEv2:{} Initiator SPI : {:016X} - Responder SPI : {:016X} Message id: "
                         "{} IKEv2 {} Exchange {} Payload contents:{}",
                         way, header->initiator_spi, header->responder_spi, header->message_id,
                         Name(header->exchange), header->response ? "RESPONSE" : "REQUEST",
                         Contents(*header, message)));
}

void DebugLog::SentOn(const Ends& ends, RedirectPhase phase, const net::Address& gateway) {
  if (!queue_.Wants(kArea)) return;
  const std::string_view by = phase == RedirectPhase::kInit   ? "the first answer"
                              : phase == RedirectPhase::kAuth ? "the answer to IKE_AUTH"
                                                              : "a request";
  queue_.Say(kArea, false, ContextOf(ends),
             fmt::format("IKEv2:Redirecting {} to {} by {}",
                         PortText(ends.remote, ends.remote_port), net::ToString(gateway), by));
}

void DebugLog::Refused(const Ends& ends, Cause cause) {
  if (!queue_.Wants(kArea)) return;
  queue_.Say(kArea, IsFault(cause), ContextOf(ends),
             fmt::format("IKEv2:Packet from {} dropped: {}",
                         PortText(ends.remote, ends.remote_port), Meaning(cause)));
}

}  // namespace vam::ike::v2
