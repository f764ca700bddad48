// interface NAME and what stands under it.
#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

Interface& Current(Editor& editor) { return FindOrAdd(editor.running.interfaces, editor.object); }

std::optional<Fault> IpAddress(Editor& editor, const Match& match) {
  const net::Address address = *net::Address::Parse(match.tokens[2].text);
  const uint32_t mask = (*net::Address::Parse(match.tokens[3].text)).v4();
  const uint8_t length = *net::LengthFromMask(mask);
  if (address.IsUnspecified() || address.IsMulticast() || address.IsLoopback() ||
      address.IsLimitedBroadcast()) {
    return Fault{2, "not an address that an interface can have"};
  }
  if (length == 0) return Fault{3, "not a netmask for an interface"};
  const uint32_t host = address.v4() & ~mask;
  if (length < 31 && (host == 0 || host == ~mask)) {
    return Fault{2, host == 0 ? "is the network's own address" : "is the network's broadcast"};
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
  Current(editor).crypto_map = match.tokens[2].text;
  editor.Note("interface " + editor.object + " crypto map");
  return {};
}
std::optional<Fault> NoCryptoMapOn(Editor& editor, const Match& match) {
  Interface& interface = Current(editor);
  if (match.tokens.size() > 3 && interface.crypto_map != match.tokens[3].text) {
    return Fault{3, "not the crypto map of this interface"};
  }
  interface.crypto_map.clear();
  return {};
}

std::optional<Fault> Shutdown(Editor& editor, const Match&) {
  Current(editor).shutdown = true;
  return {};
}
std::optional<Fault> NoShutdown(Editor& editor, const Match&) {
  Current(editor).shutdown = false;
  return {};
}

std::optional<Fault> Mtu(Editor& editor, const Match& match) {
  Current(editor).mtu = static_cast<uint16_t>(*ParseNumber(match.tokens.back().text));
  return {};
}
std::optional<Fault> NoMtu(Editor& editor, const Match&) {
  Current(editor).mtu = Interface().mtu;
  return {};
}

std::optional<Fault> Description(Editor& editor, const Match& match) {
  const std::string& text = match.tokens[1].text;
  if (text.size() > 200) return Fault{1, "description longer than 200 characters"};
  Current(editor).description = text;
  return {};
}
std::optional<Fault> NoDescription(Editor& editor, const Match&) {
  Current(editor).description.clear();
  return {};
}

std::optional<Fault> SetMac(Editor& editor, const Match& match) {
  const net::MacAddress mac = *net::MacAddress::Parse(match.tokens[1].text);
  if (mac.IsMulticast() || mac.IsZero()) return Fault{1, "not the address of one station"};
  Current(editor).mac = mac;
  return {};
}
std::optional<Fault> NoMac(Editor& editor, const Match&) {
  Current(editor).mac.reset();
  return {};
}

std::optional<Fault> SetDevice(Editor& editor, const Match& match) {
  const std::string& kind = match.tokens[1].text;
  Device device;
  if (kind == "af-packet" || kind == "tap") {
    device.kind = kind == "tap" ? DeviceKind::kTap : DeviceKind::kAfPacket;
    device.name = match.tokens[2].text;
    // IFNAMSIZ, and no comma: the name becomes part of a list of DPDK arguments.
    if (device.name.size() > 15 || device.name.find_first_of(",/") != std::string::npos) {
      return Fault{2, "not the name of a Linux interface"};
    }
  } else if (kind == "pcap") {
    device.kind = DeviceKind::kPcap;
    device.name = match.tokens[3].text;
    device.output = match.tokens[5].text;
    for (size_t i : {size_t{3}, size_t{5}}) {
      if (match.tokens[i].text.find(',') != std::string::npos) {
        return Fault{i, "a file name here must not hold a comma"};
      }
    }
  } else {
    device.kind = DeviceKind::kEthdev;
    device.name = match.tokens[2].text;
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
    {{Mode::kInterface, "no shutdown", "Carry packets (default)"}, NoShutdown},
    {{Mode::kInterface, "mtu <number:68-9216>", "Longest IP packet in bytes (default 1500)"}, Mtu},
    {{Mode::kInterface, "ip mtu <number:68-9216>", "The same as mtu"}, Mtu},
    {{Mode::kInterface, "no mtu [ <number:68-9216> ]", "Back to 1500"}, NoMtu},
    {{Mode::kInterface, "description <line>", "Text shown with the interface"}, Description},
    {{Mode::kInterface, "no description", "Remove the text"}, NoDescription},
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
