// interface NAME and what stands under it.
#include "sw/config/statements.h"

namespace vam::config {
namespace {

Interface& Current(Editor& editor) { return FindOrAdd(editor.running.interfaces, editor.object); }

std::optional<Fault> IpAddress(Editor& editor, const Match& match) {
  const Token& own = match.Argument("address");
  const Token& netmask = match.Argument("mask");
  const net::Address address = AddressOf(own);
  const uint32_t mask = AddressOf(netmask).v4();
  const uint8_t length = *net::LengthFromMask(mask);
  if (address.IsUnspecified() || address.IsMulticast() || address.IsLoopback() ||
      address.IsLimitedBroadcast()) {
    return Fault{&own, "not an address that an interface can have"};
  }
  if (length == 0) return Fault{&netmask, "not a netmask for an interface"};
  const uint32_t host = address.v4() & ~mask;
  if (length < 31 && (host == 0 || host == ~mask)) {
    return Fault{&own, host == 0 ? "is the network's own address" : "is the network's broadcast"};
  }
  Interface& interface = Current(editor);
  interface.address = address;
  interface.prefix_length = length;
  editor.Note("interface " + interface.name);
  return {};
}
std::optional<Fault> NoIpAddress(Editor& editor, const Match&) {
  Current(editor).address.reset();
  Current(editor).prefix_length = 0;
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
    {{Mode::kInterface, "ip address <address> <mask>", "Address and netmask"}, IpAddress},
    {{Mode::kInterface, "no ip address [ <address> <mask> ]", "Remove the address"}, NoIpAddress},
    {{Mode::kInterface, "crypto map <name>", "Protect what leaves here as the crypto map says"},
     CryptoMapOn},
    {{Mode::kInterface, "no crypto map [ <name> ]", "Take the crypto map off"}, NoCryptoMapOn},
    {{Mode::kInterface, "shutdown", "Carry no packet"}, Shutdown},
    {{Mode::kInterface, "no shutdown", "Carry packets (default)"}, Shutdown},
    {{Mode::kInterface, "mtu <number:68-9216>", "Longest IP packet in bytes (default 1500)"}, Mtu},
    {{Mode::kInterface, "ip mtu <number:68-9216>", "The same as mtu"}, Mtu},
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
