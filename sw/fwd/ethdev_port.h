// A port on a DPDK ethernet device: af_packet (a Linux interface), tap, pcap, or a NIC.
#ifndef VAM_SW_FWD_ETHDEV_PORT_H_
#define VAM_SW_FWD_ETHDEV_PORT_H_

#include <memory>
#include <string>

#include "sw/fwd/port.h"

struct rte_mempool;

namespace vam::fwd {

class EthdevPort final : public Port {
 public:
  // `device`: "af_packet:IFACE", "tap:IFACE" or "vdev:DPDK-DEVICE-ARGUMENTS" (for example
  // "vdev:net_null0"). kInvalidArgument for another form, kIo when DPDK refuses. Requires: InitEal
  // succeeded.
  static Result<std::unique_ptr<EthdevPort>> Create(const std::string& name,
                                                    const std::string& device, rte_mempool* pool);
  ~EthdevPort() override;
  EthdevPort(const EthdevPort&) = delete;
  EthdevPort& operator=(const EthdevPort&) = delete;

  const std::string& name() const override { return name_; }
  net::MacAddress mac() const override { return mac_; }
  size_t Receive(std::span<rte_mbuf*> frames) override;
  size_t Transmit(std::span<rte_mbuf* const> frames) override;

 private:
  EthdevPort(std::string name, uint16_t port, net::MacAddress mac)
      : name_(std::move(name)), port_(port), mac_(mac) {}

  std::string name_;
  uint16_t port_;
  net::MacAddress mac_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ETHDEV_PORT_H_
