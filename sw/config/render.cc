#include "sw/config/render.h"

#include <fmt/core.h>

#include <functional>

#include "sw/base/bytes.h"
#include "sw/config/arguments.h"

namespace vam::config {
namespace {

std::string V4(uint32_t address) { return net::ToString(net::Address::V4(address)); }

std::string RenderAddress(const AddressMatch& match) {
  if (match.wildcard == 0xFFFFFFFF) return "any";
  if (match.wildcard == 0) return "host " + V4(match.address);
  return V4(match.address) + " " + V4(match.wildcard);
}

std::string RenderPorts(const PortRange& range) {
  if (range.any()) return "";
  if (range.first == range.last) return fmt::format(" eq {}", range.first);
  if (range.last == 65535) return fmt::format(" gt {}", range.first - 1);
  if (range.first == 0) return fmt::format(" lt {}", range.last + 1);
  return fmt::format(" range {} {}", range.first, range.last);
}

class Renderer {
 public:
  using WriteSecret = std::function<std::string(Bytes)>;
  explicit Renderer(WriteSecret write_secret) : write_secret_(std::move(write_secret)) {}

  std::string Render(const Running& running) {
    Line("hostname " + running.hostname);
    Break();
    if (running.card != CardKind::kNone) {
      Line(running.card == CardKind::kRtl ? "engine card rtl" : "engine card model");
      Break();
    }
    Global(running);
    for (const TransformSet& set : running.transform_sets) {
      Line(fmt::format("crypto ipsec transform-set {} {}", set.name, RenderTransform(set)));
      Line(" mode tunnel");
      Break();
    }
    for (const CryptoMap& map : running.crypto_maps) Map(map);
    for (const Interface& interface : running.interfaces) OneInterface(interface);
    for (const Route& route : running.routes) OneRoute(route);
    if (!running.routes.empty()) Break();
    for (const Acl& acl : running.acls) List(acl);
    for (const ArpEntry& arp : running.arps) {
      Line(fmt::format("arp {} {} arpa", net::ToString(arp.address), net::ToDottedString(arp.mac)));
    }
    if (!running.arps.empty()) Break();
    Line("end");
    return std::move(text_);
  }

 private:
  void Line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }
  void Break() { Line("!"); }

  void Global(const Running& running) {
    const size_t before = text_.size();
    const Running defaults;
    if (running.manual_counter_mode) Line("crypto ipsec manual-counter-mode enable");
    if (running.replay_window != defaults.replay_window) {
      Line(fmt::format("crypto ipsec security-association replay window-size {}",
                       running.replay_window));
    }
    if (running.df_bit == DfBit::kSet) Line("crypto ipsec df-bit set");
    if (running.df_bit == DfBit::kClear) Line("crypto ipsec df-bit clear");
    if (text_.size() != before) Break();
  }

  void SessionKeyLine(std::string_view direction, const std::optional<SessionKey>& key) {
    if (!key) return;
    Line(fmt::format(" set session-key {} esp {} cipher {}", direction, key->spi,
                     write_secret_(key->key->bytes())));
  }

  void Map(const CryptoMap& map) {
    if (!map.local_address_interface.empty()) {
      Line(fmt::format("crypto map {} local-address {}", map.name, map.local_address_interface));
    }
    for (const CryptoMapEntry& entry : map.entries) {
      Line(fmt::format("crypto map {} {} ipsec-manual", map.name, entry.sequence));
      if (!entry.description.empty()) Line(" description " + entry.description);
      if (entry.peer) Line(" set peer " + net::ToString(*entry.peer));
      SessionKeyLine("inbound", entry.inbound);
      SessionKeyLine("outbound", entry.outbound);
      if (entry.esn) Line(" set security-association esn");
      if (entry.replay_window != 0) {
        Line(fmt::format(" set security-association replay window-size {}", entry.replay_window));
      }
      if (!entry.transform_set.empty()) Line(" set transform-set " + entry.transform_set);
      if (!entry.acl.empty()) Line(" match address " + entry.acl);
    }
    Break();
  }

  void OneInterface(const Interface& interface) {
    Line("interface " + interface.name);
    if (!interface.description.empty()) Line(" description " + interface.description);
    if (interface.device) Line(" device " + RenderDevice(*interface.device));
    if (interface.mac) Line(" mac-address " + net::ToDottedString(*interface.mac));
    if (interface.address) {
      Line(fmt::format(" ip address {} {}", net::ToString(*interface.address),
                       V4(net::MaskFromLength(interface.prefix_length))));
    }
    if (interface.mtu != Interface().mtu) Line(fmt::format(" mtu {}", interface.mtu));
    if (interface.shutdown) Line(" shutdown");
    if (!interface.crypto_map.empty()) Line(" crypto map " + interface.crypto_map);
    Break();
  }

  void OneRoute(const Route& route) {
    std::string line = fmt::format("ip route {} {}", net::ToString(route.destination.base()),
                                   V4(net::MaskFromLength(route.destination.length())));
    if (!route.interface.empty()) line += " " + route.interface;
    if (route.next_hop) line += " " + net::ToString(*route.next_hop);
    if (route.distance != Route().distance) line += fmt::format(" {}", route.distance);
    Line(line);
  }

  // A numbered list with the default numbering is written in the short form.
  void List(const Acl& acl) {
    bool plain = acl.name[0] >= '0' && acl.name[0] <= '9' && !acl.entries.empty();
    for (size_t i = 0; i < acl.entries.size(); ++i) {
      plain = plain && acl.entries[i].sequence == 10 * (i + 1);
    }
    if (!plain) Line("ip access-list extended " + acl.name);
    for (const AclEntry& entry : acl.entries) {
      Line(plain ? fmt::format("access-list {} {}", acl.name, RenderAclEntry(entry))
                 : fmt::format(" {} {}", entry.sequence, RenderAclEntry(entry)));
    }
    Break();
  }

  WriteSecret write_secret_;
  std::string text_;
};

}  // namespace

std::string RenderAclEntry(const AclEntry& entry) {
  std::string line =
      fmt::format("{} {} {}{} {}{}", entry.permit ? "permit" : "deny", ProtocolName(entry.protocol),
                  RenderAddress(entry.source), RenderPorts(entry.source_port),
                  RenderAddress(entry.destination), RenderPorts(entry.destination_port));
  if (entry.icmp_type) line += fmt::format(" {}", *entry.icmp_type);
  if (entry.icmp_code) line += fmt::format(" {}", *entry.icmp_code);
  if (entry.log) line += " log";
  return line;
}

std::string RenderDevice(const Device& device) {
  switch (device.kind) {
    case DeviceKind::kAfPacket:
      return "af-packet " + device.name;
    case DeviceKind::kTap:
      return "tap " + device.name;
    case DeviceKind::kPcap:
      return fmt::format("pcap rx {} tx {}", device.name, device.output);
    case DeviceKind::kEthdev:
      return "ethdev " + device.name;
  }
  return "";
}

std::string RenderTransform(const TransformSet& set) {
  return fmt::format("esp-gcm {}", set.key_bits);
}

std::string Render(const Running& running, Keys keys) {
  return Renderer([keys](Bytes secret) {
           return keys == Keys::kShown ? FormatHex(secret) : std::string(kRemovedSecret);
         })
      .Render(running);
}

std::string Render(const Running& running, const Sealer& sealer, Rng& rng) {
  return Renderer([&](Bytes secret) { return "6 " + sealer.Seal(secret, rng); }).Render(running);
}

}  // namespace vam::config
