#include "sw/fwd/ethdev_port.h"

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <utility>

#include "sw/base/log.h"

namespace vam::fwd {

namespace {

constexpr uint16_t kRingDepth = 512;
constexpr size_t kMaxBurst = 64;

// The kernel's packet ring for 9216-byte packets. A frame must fit a buffer, and the driver wants a
// whole number of frames in a block, which is a whole number of pages: 8 x 9728 = 19 x 4096. Past
// the queueing discipline, a capture on the device would not see what is sent.
constexpr const char* kAfPacketRing =
    ",blocksz=77824,framesz=9728,framecnt=2048,qpairs=1,qdisc_bypass=0";

struct VdevName {
  std::string name;
  std::string arguments;
};

Result<VdevName> ParseDevice(const std::string& port_name, const std::string& device) {
  const size_t colon = device.find(':');
  if (colon == std::string::npos || colon + 1 == device.size()) {
    return Err(ErrorCode::kInvalidArgument, "a device is KIND:NAME");
  }
  const std::string kind = device.substr(0, colon);
  const std::string rest = device.substr(colon + 1);
  // DPDK knows the driver by the front of the name; the rest must be unique in the process.
  std::string suffix = port_name;
  std::replace_if(
      suffix.begin(), suffix.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  if (kind == "af_packet")
    return VdevName{"net_af_packet_" + suffix, "iface=" + rest + kAfPacketRing};
  if (kind == "tap") return VdevName{"net_tap_" + suffix, "iface=" + rest};
  if (kind == "vdev") {
    const size_t comma = rest.find(',');
    if (comma == std::string::npos) return VdevName{rest, ""};
    return VdevName{rest.substr(0, comma), rest.substr(comma + 1)};
  }
  return Err(ErrorCode::kInvalidArgument, "device kinds are af_packet, tap and vdev");
}

Status Configure(uint16_t port, rte_mempool* pool) {
  rte_eth_conf conf{};
  if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
      rte_eth_rx_queue_setup(port, 0, kRingDepth, static_cast<unsigned>(SOCKET_ID_ANY), nullptr,
                             pool) != 0 ||
      rte_eth_tx_queue_setup(port, 0, kRingDepth, static_cast<unsigned>(SOCKET_ID_ANY), nullptr) !=
          0 ||
      rte_eth_dev_start(port) != 0) {
    return Err(ErrorCode::kIo, "the device could not be configured");
  }
  // Frames for other stations are dropped (and counted) by us, so that the counters say what
  // arrived.
  static_cast<void>(rte_eth_promiscuous_enable(port));
  return Ok();
}

}  // namespace

Result<std::unique_ptr<EthdevPort>> EthdevPort::Create(const std::string& name,
                                                       const std::string& device,
                                                       rte_mempool* pool) {
  VAM_TRY(const VdevName vdev, ParseDevice(name, device));
  if (const int failed = rte_vdev_init(vdev.name.c_str(), vdev.arguments.c_str()); failed != 0) {
    Log(LogLevel::kError, "{}: device {} did not open: {}", name, device, rte_strerror(-failed));
    return Err(ErrorCode::kIo, "the device did not open");
  }
  uint16_t port = 0;
  if (rte_eth_dev_get_port_by_name(vdev.name.c_str(), &port) != 0) {
    return Err(ErrorCode::kIo, "the device gave no port");
  }
  VAM_TRY_STATUS(Configure(port, pool));
  rte_ether_addr address{};
  static_cast<void>(rte_eth_macaddr_get(port, &address));
  net::MacAddress mac;
  std::copy_n(address.addr_bytes, mac.bytes.size(), mac.bytes.begin());
  return std::unique_ptr<EthdevPort>(new EthdevPort(name, port, mac));
}

EthdevPort::~EthdevPort() {
  static_cast<void>(rte_eth_dev_stop(port_));
  static_cast<void>(rte_eth_dev_close(port_));
}

size_t EthdevPort::Receive(std::span<rte_mbuf*> frames) {
  const auto count = static_cast<uint16_t>(std::min(frames.size(), kMaxBurst));
  return rte_eth_rx_burst(port_, 0, frames.data(), count);
}

size_t EthdevPort::Transmit(std::span<rte_mbuf* const> frames) {
  const auto count = static_cast<uint16_t>(std::min(frames.size(), kMaxBurst));
  // rte_eth_tx_burst does not write through the array; its type is only older than const.
  return rte_eth_tx_burst(port_, 0, const_cast<rte_mbuf**>(frames.data()), count);
}

}  // namespace vam::fwd
