#include "sw/fwd/event_log.h"

#include <fmt/core.h>

#include <optional>

#include "sw/config/ip_names.h"
#include "sw/fwd/engine_numbers.h"
#include "sw/fwd/parsed.h"
#include "sw/ipsec/ip_packet.h"

namespace vam::fwd {
namespace {

struct Row {
  std::string_view facility;
  uint32_t severity;
  std::string_view mnemonic;
};
// By EventName. Mnemonics and severities are those of IOS.
constexpr Row kRows[] = {
    {"CRYPTO", 4, "RECVD_PKT_INV_SPI"},
    {"CRYPTO", 4, "RECVD_PKT_MAC_ERR"},
    {"CRYPTO", 4, "PKT_REPLAY_ERR"},
    {"CRYPTO", 4, "RECVD_PKT_NOT_IPSEC"},
    {"CRYPTO", 4, "RECVD_PKT_INV_IDENTITY"},
    {"SEC", 6, "IPACCESSLOGP"},
    {"SEC", 6, "IPACCESSLOGDP"},
    {"SEC", 6, "IPACCESSLOGNP"},
    {"SEC", 6, "IPACCESSLOGS"},
    {"SEC", 6, "IPACCESSLOGRL"},
    {"IPV6", 6, "ACCESSLOGP"},
    {"IPV6", 6, "ACCESSLOGDP"},
    {"IPV6", 6, "ACCESSLOGNP"},
    {"LINK", 5, "CHANGED"},
    {"LINK", 3, "UPDOWN"},
    {"LINEPROTO", 5, "UPDOWN"},
    {"VPN_HW", 6, "INFO_LOC"},
    {"VPN_HW", 1, "FAILED"},
    {"CRYPTO", 5, "SESSION_STATUS"},
    {"SYS", 3, "LOGGER_DROPPED"},
};
static_assert(std::size(kRows) == static_cast<size_t>(EventName::kNumber));

constexpr size_t kAhSpiOffset = 4;

const Row& RowOf(EventName name) { return kRows[static_cast<size_t>(name)]; }

// The words of IOS are for one family; IPv6 addresses take the same places.
std::string InvalidSpi(const ipsec::IpPacket& ip) {
  const bool ah = ip.upper.protocol == static_cast<uint8_t>(ipsec::Protocol::kAh);
  const Bytes payload = ip.payload();
  const size_t at = ah ? kAhSpiOffset : 0;
  const uint32_t spi = payload.size() < at + 4 ? 0 : LoadBe32(&payload[at]);
  return fmt::format(
      "decaps: rec'd IPSEC packet has invalid spi for destaddr={}, prot={}, spi=0x{:X}({}), "
      "srcaddr={}",
      net::ToString(ip.destination()), ip.upper.protocol, spi, spi, net::ToString(ip.source()));
}

std::string Side(const net::Prefix& prefix, uint8_t protocol, const ipsec::PortRange& ports) {
  const std::string addresses =
      prefix.family() == net::Family::kNone ? "any" : net::ToString(prefix);
  return fmt::format("{}/{}/{}-{}", addresses, protocol, ports.low, ports.high);
}

// What an SA is for: what came out of it is something else.
std::string Identity(const ipsec::SaSettings& sa) {
  const ipsec::Selectors& wanted = sa.selectors;
  return fmt::format(", spi=0x{:X}({}), (ident) local_proxy= {}, remote_proxy= {}", sa.spi.value,
                     sa.spi.value, Side(wanted.local, wanted.protocol, wanted.local_ports),
                     Side(wanted.remote, wanted.protocol, wanted.remote_ports));
}

std::string AclName(const config::Acl* list, const AclLog::Event& event) {
  // IPv6 lists are told with the line, as IOS does it.
  const bool numbered_line =
      list != nullptr && list->kind == config::AclKind::kIpv6 && event.line < list->entries.size();
  return numbered_line ? fmt::format("{}/{}", event.list, list->entries[event.line].sequence)
                       : event.list;
}

struct AclText {
  EventName name;
  std::string text;
};
AclText AclMessage(const config::Acl* list, const AclLog::Event& event) {
  const ipsec::Flow& flow = event.flow;
  const bool v6 = flow.source.is_v6();
  const std::string source = net::ToString(flow.source);
  const std::string destination = net::ToString(flow.destination);
  const std::string head =
      fmt::format("list {} {}", AclName(list, event), event.permit ? "permitted" : "denied");
  const std::string packets =
      fmt::format("{} packet{}", event.packets, event.packets == 1 ? "" : "s");
  if (list != nullptr && list->kind == config::AclKind::kStandard) {
    return {EventName::kAclStandard, fmt::format("{} {} {}", head, source, packets)};
  }
  const std::string protocol =
      v6 ? config::ProtocolNameV6(flow.protocol) : config::ProtocolName(flow.protocol);
  if (flow.ports != ipsec::Field::kAbsent) {
    // A later fragment shows no ports: 0, as IOS has it.
    return {v6 ? EventName::kAcl6Ports : EventName::kAclPorts,
            fmt::format("{} {} {}({}) -> {}({}), {}", head, protocol, source, flow.source_port,
                        destination, flow.destination_port, packets)};
  }
  if (flow.icmp != ipsec::Field::kAbsent) {
    return {v6 ? EventName::kAcl6Icmp : EventName::kAclIcmp,
            fmt::format("{} {} {} -> {} ({}/{}), {}", head, protocol, source, destination,
                        flow.icmp_type, flow.icmp_code, packets)};
  }
  return {v6 ? EventName::kAcl6Other : EventName::kAclOther,
          fmt::format("{} {} {} -> {}, {}", head, flow.protocol, source, destination, packets)};
}

std::optional<EventName> NameOf(Reason reason) {
  switch (reason) {
    case Reason::kNoSa:
      return EventName::kInvalidSpi;
    case Reason::kIcvFailed:
      return EventName::kMacError;
    case Reason::kReplayOld:
    case Reason::kReplayDuplicate:
      return EventName::kReplayError;
    case Reason::kPolicyCleartext:
      return EventName::kNotIpsec;
    case Reason::kSelectorMismatch:
      return EventName::kInvalidIdentity;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool EventLog::Allowed(EventName name) {
  Limit& limit = limits_[static_cast<size_t>(name)];
  const uint64_t now = clock_.MonotonicNs();
  if (limit.said == 0 || now - limit.second_ns >= kNsPerSecond) {
    limit.second_ns = now;
    limit.said = 0;
  }
  if (limit.said >= kPerSecond) return false;
  ++limit.said;
  return true;
}

void EventLog::Say(EventName name, std::string text) {
  if (queue_.size() >= kMostQueued) {
    ++dropped_;
    return;
  }
  const Row& row = RowOf(name);
  queue_.push_back({row.facility, row.severity, row.mnemonic, std::move(text)});
}

void EventLog::SayInbound(Reason reason, const ipsec::SaSettings* sa, Bytes packet) {
  const auto name = NameOf(reason);
  if (!name || !Allowed(*name)) return;
  const uint64_t sa_id = sa == nullptr ? 0 : sa->id;
  if (*name == EventName::kMacError) {
    return Say(*name, fmt::format("decrypt: mac verify failed for connection id={}",
                                  ConnectionNumber(sa_id)));
  }
  if (*name == EventName::kReplayError) {
    return Say(*name, fmt::format("decrypt: replay check failed connection id={}",
                                  ConnectionNumber(sa_id)));
  }
  const auto ip = ipsec::ParseIp(packet);
  if (!ip) return;
  if (*name == EventName::kInvalidSpi) return Say(*name, InvalidSpi(*ip));
  const std::string destination = net::ToString(ip->destination());
  const std::string source = net::ToString(ip->source());
  if (*name == EventName::kNotIpsec) {
    return Say(*name, fmt::format("Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /{}, "
                                  "src_addr= {}, prot= {}",
                                  destination, source, ip->upper.protocol));
  }
  std::string text = fmt::format(
      "identity doesn't match negotiated identity (ip) dest_addr= {}, src_addr= {}, prot= {}",
      destination, source, ip->upper.protocol);
  if (sa != nullptr) text += Identity(*sa);
  Say(*name, std::move(text));
}

void EventLog::SayAcl(const config::Running& running, const AclLog::Event& event) {
  AclText message = AclMessage(running.FindAcl(event.list), event);
  Say(message.name, std::move(message.text));
}

std::vector<SystemEvent> EventLog::Take() {
  std::vector<SystemEvent> taken = std::exchange(queue_, {});
  if (dropped_ != 0) {
    const Row& row = RowOf(EventName::kDropped);
    taken.push_back(
        {row.facility, row.severity, row.mnemonic,
         fmt::format("System dropped {} messages of the forwarder", std::exchange(dropped_, 0))});
  }
  return taken;
}

}  // namespace vam::fwd
