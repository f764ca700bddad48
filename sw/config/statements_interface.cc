// interface NAME and what stands under it.
#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

Interface& Current(Editor& editor) { return FindOrAdd(editor.running.interfaces, editor.object); }

constexpr size_t kMostSecondary = 255;

struct ReadAddress {
  InterfaceAddress address;
  std::optional<Fault> fault;
};
ReadAddress Read(const Match& match) {
  const Token& own = match.Argument("address");
  const Token& netmask = match.Argument("mask");
  const uint32_t mask = AddressOf(netmask).v4();
  ReadAddress read{{AddressOf(own), *net::LengthFromMask(mask)}, {}};
  const net::Address& address = read.address.address;
  const uint32_t host = address.v4() & ~mask;
  if (!address.IsRoutableUnicast()) {
    read.fault = Fault{&own, "not an address that an interface can have"};
  } else if (read.address.prefix_length == 0) {
    read.fault = Fault{&netmask, "not a netmask for an interface"};
  } else if (read.address.prefix_length < 31 && (host == 0 || host == ~mask)) {
    read.fault =
        Fault{&own, host == 0 ? "is the network's own address" : "is the network's broadcast"};
  }
  return read;
}
// As in IOS an address moves between primary and secondary when it is given again.
std::optional<Fault> IpAddress(Editor& editor, const Match& match) {
  const ReadAddress read = Read(match);
  if (read.fault) return read.fault;
  Interface& interface = Current(editor);
  const Vrf* vrf = editor.running.FindVrf(interface.vrf);
  if (vrf != nullptr && !vrf->ipv4.on) {
    return Fault{&match.tokens[2], "VRF " + vrf->name + " has no address-family ipv4"};
  }
  const bool secondary = match.Has("secondary");
  if (secondary && (!interface.address || interface.address == read.address.address)) {
    return Fault{match.FindKeyword("secondary"), "the interface has no other address"};
  }
  if (secondary && interface.secondary.size() >= kMostSecondary) {
    return Fault{match.FindKeyword("secondary"), "more than 255 secondary addresses"};
  }
  std::erase_if(interface.secondary, [&](const InterfaceAddress& other) {
    return other.address == read.address.address;
  });
  if (secondary) {
    interface.secondary.push_back(read.address);
  } else {
    interface.address = read.address.address;
    interface.prefix_length = read.address.prefix_length;
    interface.unnumbered.clear();
  }
  editor.Note("interface " + interface.name);
  return {};
}
std::optional<Fault> NoIpAddress(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  if (match.Find("address") == nullptr) {
    interface.address.reset();
    interface.prefix_length = 0;
    interface.secondary.clear();
    return {};
  }
  const ReadAddress read = Read(match);
  if (read.fault) return read.fault;
  const Token& token = match.Argument("address");
  if (match.Has("secondary")) {
    if (std::erase(interface.secondary, read.address) != 0) return {};
    return Fault{&token, "not a secondary address of this interface"};
  }
  if (interface.address != read.address.address ||
      interface.prefix_length != read.address.prefix_length) {
    return Fault{&token, "not the address of this interface"};
  }
  if (!interface.secondary.empty()) {
    return Fault{&token, "the secondary addresses are removed first"};
  }
  interface.address.reset();
  interface.prefix_length = 0;
  return {};
}
std::optional<Fault> Unnumbered(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  if (match.negated()) {
    interface.unnumbered.clear();
    return {};
  }
  const Token& other = match.Argument("interface");
  if (other.text == interface.name) return Fault{&other, "is this interface"};
  interface.address.reset();
  interface.prefix_length = 0;
  interface.secondary.clear();
  interface.unnumbered = other.text;
  editor.Note("interface " + interface.name);
  return {};
}

std::optional<Fault> AccessGroup(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  std::string& list = match.Has("in") ? interface.access_in : interface.access_out;
  const Token* name = match.Find("acl-filter");
  if (!match.negated()) {
    list = name->text;
    editor.Note("interface " + interface.name);
    return {};
  }
  if (name != nullptr && list != name->text) return Fault{name, "not the one of this interface"};
  list.clear();
  return {};
}

std::optional<Fault> CryptoMapOn(Editor& editor, const Match& match) {
  Current(editor).crypto_map = match.Argument("name").text;
  editor.Note("interface " + editor.object + " crypto map");
  return {};
}
std::optional<Fault> NoCryptoMapOn(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  const Token* name = match.Find("name");
  if (name != nullptr && interface.crypto_map != name->text) {
    return Fault{name, "not the crypto map of this interface"};
  }
  interface.crypto_map.clear();
  return {};
}

std::optional<Fault> Shutdown(Editor& editor, const Match& match) {
  Current(editor).shutdown = !match.negated();
  return {};
}

std::optional<Fault> Mtu(Editor& editor, const Match& match) {
  Current(editor).mtu =
      match.negated() ? Interface().mtu : static_cast<uint16_t>(NumberOf(match.Argument("number")));
  editor.Note("interface " + editor.object);
  return {};
}
std::optional<Fault> IpMtu(Editor& editor, const Match& match) {
  Current(editor).ip_mtu =
      match.negated() ? uint16_t{0} : static_cast<uint16_t>(NumberOf(match.Argument("number")));
  editor.Note("interface " + editor.object);
  return {};
}
std::optional<Fault> AdjustMss(Editor& editor, const Match& match) {
  Current(editor).tcp_mss =
      match.negated() ? uint16_t{0} : static_cast<uint16_t>(NumberOf(match.Argument("number")));
  return {};
}
std::optional<Fault> Unreachables(Editor& editor, const Match& match) {
  Current(editor).ip_unreachables = !match.negated();
  return {};
}

std::optional<Fault> Description(Editor& editor, const Match& match) {
  return SetDescription(Current(editor).description, match);
}

std::optional<Fault> SetMac(Editor& editor, const Match& match) {
  const Token& station = match.Argument("mac");
  const net::MacAddress mac = MacOf(station);
  if (mac.IsMulticast() || mac.IsZero()) return Fault{&station, "not the address of one station"};
  Current(editor).mac = mac;
  return {};
}
std::optional<Fault> NoMac(Editor& editor, const Match&) {
  Current(editor).mac.reset();
  return {};
}

std::optional<Fault> SetDevice(Editor& editor, const Match& match) {
  if (Current(editor).loopback()) {
    return Fault{&match.tokens[0], "a loopback interface has nothing behind it"};
  }
  Device device;
  if (match.Has("ethdev")) {
    device.kind = DeviceKind::kEthdev;
    device.name = match.Argument("line").text;
  } else if (match.Has("pcap")) {
    const Token& in = match.Argument("word", 0);
    const Token& out = match.Argument("word", 1);
    for (const Token* file : {&in, &out}) {
      if (file->text.find(',') != std::string::npos) {
        return Fault{file, "a file name here must not hold a comma"};
      }
    }
    device = {DeviceKind::kPcap, in.text, out.text};
  } else {
    const Token& name = match.Argument("word");
    // IFNAMSIZ, and no comma: the name becomes part of a list of DPDK arguments.
    if (name.text.size() > 15 || name.text.find_first_of(",/") != std::string::npos) {
      return Fault{&name, "not the name of a Linux interface"};
    }
    device.kind = match.Has("tap") ? DeviceKind::kTap : DeviceKind::kAfPacket;
    device.name = name.text;
  }
  Current(editor).device = std::move(device);
  editor.Note("interface " + editor.object);
  return {};
}
std::optional<Fault> NoDevice(Editor& editor, const Match&) {
  Current(editor).device.reset();
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kInterface, "ip address <address> <mask> [ secondary ]",
      "Address and netmask; secondary: one more"},
     IpAddress},
    {{Mode::kInterface, "no ip address [ <address> <mask> [ secondary ] ]",
      "Remove an address, or all"},
     NoIpAddress},
    {{Mode::kInterface, "ip unnumbered <interface>", "Use the address of another interface"},
     Unnumbered},
    {{Mode::kInterface, "no ip unnumbered [ <interface> ]", "Use no other interface's address"},
     Unnumbered},
    {{Mode::kInterface, "ip access-group <acl-filter> { in | out }",
      "Filter IPv4 packets by an access list"},
     AccessGroup},
    {{Mode::kInterface, "no ip access-group [ <acl-filter> ] { in | out }", "Filter none"},
     AccessGroup},
    {{Mode::kInterface, "ip unreachables", "Send ICMP unreachable messages (default)"},
     Unreachables},
    {{Mode::kInterface, "no ip unreachables", "Send no ICMP unreachable messages"}, Unreachables},
    {{Mode::kInterface, "ip tcp adjust-mss <number:500-9176>",
      "Lower the MSS of TCP connections that pass to this"},
     AdjustMss},
    {{Mode::kInterface, "no ip tcp adjust-mss [ <number:500-9176> ]", "Leave the MSS alone"},
     AdjustMss},
    {{Mode::kInterface, "crypto map <name>", "Protect what leaves here as the crypto map says"},
     CryptoMapOn},
    {{Mode::kInterface, "no crypto map [ <name> ]", "Take the crypto map off"}, NoCryptoMapOn},
    {{Mode::kInterface, "shutdown", "Carry no packet"}, Shutdown},
    {{Mode::kInterface, "no shutdown", "Carry packets (default)"}, Shutdown},
    {{Mode::kInterface, "mtu <number:68-9216>", "Longest packet in bytes (default 1500)"}, Mtu},
    {{Mode::kInterface, "ip mtu <number:68-9216>",
      "Longest IPv4 packet in bytes (default: as mtu)"},
     IpMtu},
    {{Mode::kInterface, "no ip mtu [ <number:68-9216> ]", "As mtu"}, IpMtu},
    {{Mode::kInterface, "no mtu [ <number:68-9216> ]", "Back to 1500"}, Mtu},
    {{Mode::kInterface, "description <line>", "Text shown with the interface"}, Description},
    {{Mode::kInterface, "no description", "Remove the text"}, Description},
    {{Mode::kInterface, "mac-address <mac>", "Ethernet address instead of the device's own"},
     SetMac},
    {{Mode::kInterface, "no mac-address [ <mac> ]", "Back to the device's own"}, NoMac},
    {{Mode::kInterface,
      "device { af-packet <word> | tap <word> | pcap rx <word> tx <word> | ethdev <line> }",
      "What carries the packets (OpenVAM's own): a Linux interface by AF_PACKET, a new TAP, "
      "capture files, or a DPDK device by its arguments"},
     SetDevice},
    {{Mode::kInterface, "no device", "Nothing behind it: the interface is down"}, NoDevice},
};

}  // namespace

std::span<const ConfigStatement> InterfaceStatements() { return kStatements; }

}  // namespace vam::config
