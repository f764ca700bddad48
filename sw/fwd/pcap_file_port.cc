#include "sw/fwd/pcap_file_port.h"

#include <pcap/pcap.h>
#include <rte_mbuf.h>

#include <cstring>
#include <utility>

#include "sw/base/log.h"
#include "sw/fwd/eal.h"

namespace vam::fwd {

Result<std::unique_ptr<PcapFilePort>> PcapFilePort::Create(Options options, rte_mempool* pool,
                                                           const Clock& clock) {
  std::unique_ptr<PcapFilePort> port(new PcapFilePort(std::move(options), pool, clock));
  VAM_TRY_STATUS(port->Open());
  port->ReadNext();
  return port;
}

Status PcapFilePort::Open() {
  char text[PCAP_ERRBUF_SIZE];
  if (!options_.in_path.empty()) {
    in_ = pcap_open_offline_with_tstamp_precision(options_.in_path.c_str(),
                                                  PCAP_TSTAMP_PRECISION_NANO, text);
    if (in_ == nullptr) {
      Log(LogLevel::kError, "{}: {}: {}", options_.name, options_.in_path, text);
      return Err(ErrorCode::kIo, "the capture could not be opened");
    }
    if (pcap_datalink(in_) != DLT_EN10MB) return Err(ErrorCode::kIo, "the capture is not Ethernet");
  }
  if (!options_.out_path.empty()) {
    out_format_ =
        pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kBufferBytes, PCAP_TSTAMP_PRECISION_NANO);
    out_ = pcap_dump_open(out_format_, options_.out_path.c_str());
    if (out_ == nullptr) {
      Log(LogLevel::kError, "{}: {}", options_.name, pcap_geterr(out_format_));
      return Err(ErrorCode::kIo, "the capture could not be written");
    }
  }
  return Ok();
}

PcapFilePort::~PcapFilePort() {
  rte_pktmbuf_free(next_);
  if (out_ != nullptr) pcap_dump_close(out_);
  if (out_format_ != nullptr) pcap_close(out_format_);
  if (in_ != nullptr) pcap_close(in_);
}

void PcapFilePort::ReadNext() {
  if (in_ == nullptr) return;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int got = pcap_next_ex(in_, &header, &bytes);
  if (got == PCAP_ERROR) problem_ = std::string("the capture ends early: ") + pcap_geterr(in_);
  if (got != 1) return;
  rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
  if (frame == nullptr || header->caplen > rte_pktmbuf_tailroom(frame)) {
    problem_ = frame == nullptr
                   ? "no buffer for the next frame"
                   : "a frame of " + std::to_string(header->caplen) + " bytes is too long";
    rte_pktmbuf_free(frame);
    return;
  }
  std::memcpy(rte_pktmbuf_append(frame, static_cast<uint16_t>(header->caplen)), bytes,
              header->caplen);
  next_ = frame;
  next_ns_ = static_cast<uint64_t>(header->ts.tv_sec) * kNsPerSecond +
             static_cast<uint64_t>(header->ts.tv_usec);  // nanoseconds, by the precision asked for
}

std::optional<uint64_t> PcapFilePort::NextArrivalNs() const {
  if (next_ == nullptr) return std::nullopt;
  return next_ns_;
}

size_t PcapFilePort::Receive(std::span<rte_mbuf*> frames) {
  if (!released_ || next_ == nullptr || frames.empty()) return 0;
  released_ = false;
  frames[0] = std::exchange(next_, nullptr);
  ReadNext();
  return 1;
}

size_t PcapFilePort::Transmit(std::span<rte_mbuf* const> frames) {
  for (rte_mbuf* frame : frames) {
    if (out_ != nullptr) {
      const uint64_t now = clock_.WallNs();
      pcap_pkthdr header{};
      header.ts.tv_sec = static_cast<time_t>(now / kNsPerSecond);
      header.ts.tv_usec = static_cast<suseconds_t>(now % kNsPerSecond);
      header.caplen = rte_pktmbuf_data_len(frame);
      header.len = header.caplen;
      pcap_dump(reinterpret_cast<u_char*>(out_), &header, rte_pktmbuf_mtod(frame, const u_char*));
    }
    ++sent_;
    rte_pktmbuf_free(frame);
  }
  return frames.size();
}

}  // namespace vam::fwd
