// A port on capture files: frames come from one, go to another, and the capture's time drives the
// injected clock.
#ifndef VAM_SW_FWD_PCAP_FILE_PORT_H_
#define VAM_SW_FWD_PCAP_FILE_PORT_H_

#include <memory>
#include <optional>
#include <string>

#include "sw/base/clock.h"
#include "sw/fwd/port.h"

struct pcap;
struct pcap_dumper;
struct rte_mempool;

namespace vam::fwd {

class PcapFilePort final : public Port {
 public:
  struct Options {
    std::string name;
    net::MacAddress mac;
    std::string in_path;   // empty: nothing arrives
    std::string out_path;  // empty: frames sent are only counted
  };

  // Frames sent are stamped with `clock`, which must outlive the port. kIo: a file that cannot be
  // opened, or is no Ethernet capture.
  static Result<std::unique_ptr<PcapFilePort>> Create(Options options, rte_mempool* pool,
                                                      const Clock& clock);
  ~PcapFilePort() override;
  PcapFilePort(const PcapFilePort&) = delete;
  PcapFilePort& operator=(const PcapFilePort&) = delete;

  // Arrival of the next frame, nanoseconds since 1970; nothing at the end of the file.
  std::optional<uint64_t> NextArrivalNs() const;
  // Lets the next frame be received.
  void ReleaseOne() { released_ = true; }

  uint64_t sent() const { return sent_; }
  // Why reading ended before the end of the file; empty: it did not.
  const std::string& problem() const { return problem_; }

  const std::string& name() const override { return options_.name; }
  net::MacAddress mac() const override { return options_.mac; }
  size_t Receive(std::span<rte_mbuf*> frames) override;
  size_t Transmit(std::span<rte_mbuf* const> frames) override;

 private:
  PcapFilePort(Options options, rte_mempool* pool, const Clock& clock)
      : options_(std::move(options)), pool_(pool), clock_(clock) {}

  Status Open();
  void ReadNext();

  Options options_;
  rte_mempool* pool_;
  const Clock& clock_;
  pcap* in_ = nullptr;
  pcap* out_format_ = nullptr;
  pcap_dumper* out_ = nullptr;
  rte_mbuf* next_ = nullptr;  // read ahead, so that its time is known
  uint64_t next_ns_ = 0;
  std::string problem_;
  bool released_ = false;
  uint64_t sent_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PCAP_FILE_PORT_H_
