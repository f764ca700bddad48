#include "sw/bench/soft_bench.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "sw/bench/workload.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/net/ipv4.h"

namespace vam::bench {
namespace {

using ipsec::Done;
using ipsec::Job;
using ipsec::SaRef;

constexpr size_t kBatch = 60;  // a multiple of the IMIX period
constexpr size_t kRoomBytes = 9216;
constexpr size_t kMinRuns = 25;

ipsec::SaParams MakeSa(ipsec::Direction direction) {
  ipsec::SaParams params;
  params.id = 1;
  params.direction = direction;
  params.spi = ipsec::Spi{0x1000};
  const net::Address a = net::Address::V4(0xc0000201);
  const net::Address b = net::Address::V4(0xc0000202);
  params.local = direction == ipsec::Direction::kOut ? a : b;
  params.remote = direction == ipsec::Direction::kOut ? b : a;
  params.esn = true;  // the run must not end at 2^32 packets
  if (direction == ipsec::Direction::kIn) params.replay_window = 1024;
  for (uint8_t& byte : params.key_material.Resize(20)) byte = 0x5a;
  return params;
}

// An engine with one SA each way and a batch of packets.
class Bench {
 public:
  explicit Bench(const Workload& workload)
      : engine_({4, kBatch, 4}),
        inner_(kBatch * kRoomBytes),
        outer_(kBatch * kRoomBytes),
        out_sa_(Add(ipsec::Direction::kOut)) {
    Add(ipsec::Direction::kIn);
    for (size_t i = 0; i < kBatch; ++i) {
      sizes_[i] = workload.SizeOf(i);
      bits_ += sizes_[i] * 8;
      net::Ipv4Header header;
      header.total_bytes = static_cast<uint16_t>(sizes_[i]);
      header.ttl = 64;
      header.protocol = net::kProtocolUdp;
      header.source = net::Address::V4(0x0a010001);
      header.destination = net::Address::V4(0x0a020001);
      VAM_CHECK(net::WriteIpv4(header, Inner(i)).has_value());
    }
  }

  void SealBatch() {
    for (size_t i = 0; i < kBatch; ++i) {
      jobs_[i] = {ipsec::Op::kEspOut, out_sa_, 0, Inner(i).first(sizes_[i]), Outer(i), i};
    }
    Run();
    for (size_t i = 0; i < kBatch; ++i) sealed_bytes_[i] = done_[i].out_bytes;
  }
  void OpenBatch() {
    for (size_t i = 0; i < kBatch; ++i) {
      jobs_[i] = {
          ipsec::Op::kEspIn, SaRef::None(), 0, Outer(i).first(sealed_bytes_[i]), Inner(i), i};
    }
    Run();
  }
  uint64_t bits_per_batch() const { return bits_; }

 private:
  SaRef Add(ipsec::Direction direction) {
    ipsec::ControlDone done;
    VAM_CHECK(engine_.BeginAdd(MakeSa(direction)).has_value());
    VAM_CHECK(engine_.PollControl({&done, 1}) == 1 && done.status.has_value());
    return done.sa;
  }
  MutableBytes Inner(size_t i) { return MutableBytes(inner_).subspan(i * kRoomBytes, kRoomBytes); }
  MutableBytes Outer(size_t i) { return MutableBytes(outer_).subspan(i * kRoomBytes, kRoomBytes); }
  void Run() {
    VAM_CHECK(engine_.Submit(jobs_) == kBatch);
    VAM_CHECK(engine_.Poll(done_) == kBatch);
    for (const Done& done : done_) VAM_CHECK(done.reason == Reason::kOk);
  }

  ipsec::SoftEngine engine_;
  std::vector<uint8_t> inner_;
  std::vector<uint8_t> outer_;
  SaRef out_sa_;
  std::array<size_t, kBatch> sizes_{};
  std::array<size_t, kBatch> sealed_bytes_{};
  std::array<Job, kBatch> jobs_;
  std::array<Done, kBatch> done_;
  uint64_t bits_ = 0;
};

// Runs `prepare` untimed and `work` timed until `work` has taken its time. Returns the nanoseconds
// of the median run: those in which the machine did something else do not count.
template <typename Prepare, typename Work>
double MedianNs(const Clock& clock, uint64_t budget_ns, Prepare prepare, Work work) {
  for (int i = 0; i < 4; ++i) {
    prepare();
    work();
  }
  std::vector<uint64_t> runs;
  uint64_t total = 0;
  while (total < budget_ns || runs.size() < kMinRuns) {
    prepare();
    const uint64_t start = clock.MonotonicNs();
    work();
    runs.push_back(clock.MonotonicNs() - start);
    total += runs.back();
  }
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return static_cast<double>(*middle);
}

double Gbps(double batch_ns, uint64_t batch_bits) {
  return static_cast<double>(batch_bits) / batch_ns;
}
double Mpps(double batch_ns) { return static_cast<double>(kBatch) * 1e3 / batch_ns; }

void AddFigures(std::vector<Figure>& figures, const Workload& workload, const char* dir,
                double batch_ns, uint64_t bits) {
  const std::map<std::string, std::string> at = {
      {"size", workload.name}, {"dir", dir}, {"transform", "esp-gcm 128"}};
  figures.push_back({"soft.gbps", Gbps(batch_ns, bits), "Gb/s", at});
  figures.push_back({"soft.mpps", Mpps(batch_ns), "Mpacket/s", at});
}

// One message with everything but the key new, through EVP directly.
void SealWithEvp(EVP_CIPHER_CTX* context, uint64_t number, MutableBytes text) {
  std::array<uint8_t, 12> nonce{};
  StoreBe64(nonce.data() + 4, number);
  std::array<uint8_t, 8> aad{};
  std::array<uint8_t, 16> tag;
  int size = 0;
  VAM_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  VAM_CHECK(EVP_EncryptUpdate(context, nullptr, &size, aad.data(), aad.size()) == 1);
  VAM_CHECK(EVP_EncryptUpdate(context, text.data(), &size, text.data(),
                              static_cast<int>(text.size())) == 1);
  VAM_CHECK(EVP_EncryptFinal_ex(context, tag.data(), &size) == 1);
  VAM_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag.size(), tag.data()) == 1);
}

}  // namespace

std::vector<Figure> MeasureSoftEngine(const Clock& clock, const SoftBenchOptions& options) {
  std::vector<Figure> figures;
  for (const Workload& workload : Workloads()) {
    const auto bench = std::make_unique<Bench>(workload);
    const uint64_t bits = bench->bits_per_batch();
    const auto seal = [&] { bench->SealBatch(); };
    const auto open = [&] { bench->OpenBatch(); };
    AddFigures(figures, workload, "out",
               MedianNs(
                   clock, options.ns_per_figure, [] {}, seal),
               bits);
    AddFigures(figures, workload, "in", MedianNs(clock, options.ns_per_figure, seal, open), bits);
  }
  return figures;
}

std::vector<Figure> MeasureOpenssl(const Clock& clock, const SoftBenchOptions& options) {
  using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const std::array<uint8_t, 16> key{};
  VAM_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), nullptr) ==
            1);
  std::vector<uint8_t> text(kRoomBytes);
  uint64_t number = 0;
  std::vector<Figure> figures;
  for (const Workload& workload : Workloads()) {
    uint64_t bits = 0;
    for (size_t i = 0; i < kBatch; ++i) bits += workload.SizeOf(i) * 8;
    const auto seal = [&] {
      for (size_t i = 0; i < kBatch; ++i) {
        const size_t inner = workload.SizeOf(i);
        const size_t size = ipsec::LayoutOf(ipsec::Suite{}).TextBytes(inner);
        SealWithEvp(context.get(), ++number, MutableBytes(text).first(size));
      }
    };
    const double batch_ns = MedianNs(
        clock, options.ns_per_figure, [] {}, seal);
    figures.push_back({"openssl.gbps",
                       Gbps(batch_ns, bits),
                       "Gb/s",
                       {{"size", workload.name}, {"dir", "out"}, {"transform", "esp-gcm 128"}}});
  }
  return figures;
}

}  // namespace vam::bench
