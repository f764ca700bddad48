// The same packets through every implementation: each card of the suite and the software engine.
#ifndef VAM_TESTS_COSIM_OPINIONS_H_
#define VAM_TESTS_COSIM_OPINIONS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sw/ipsec/engine.h"
#include "tests/cosim/bench.h"

namespace vam::test {

// A packet for the SA with this number, as Opinions::Add gave it.
struct Packet {
  size_t sa = 0;
  bool inbound = false;
  ByteVector bytes;
};

// What one implementation makes of packets. SAs are numbered by the order of Add.
class Opinion {
 public:
  virtual ~Opinion() = default;
  virtual std::string name() const = 0;
  virtual void Add(const Tunnel& tunnel, bool inbound) = 0;
  // Answers in the order of the packets; Answer::handle is the SA's number if it is ok.
  virtual std::vector<Answer> Run(std::span<const Packet> packets, size_t dst_size) = 0;

  static constexpr uint32_t kNone = 0xffffffff;
};

// All of them together; whatever differs between two fails the running test.
class Opinions {
 public:
  explicit Opinions(const std::vector<std::string>& backends = BackendNames());

  Rng& rng() { return rng_; }

  // Adds the SA to all and returns its number.
  size_t Add(const Tunnel& tunnel, bool inbound);
  // What all of them say. The test fails where one says something else.
  std::vector<Answer> Run(std::span<const Packet> packets, size_t dst_size = 2304);

 private:
  SeededRng rng_;
  std::vector<std::unique_ptr<Opinion>> all_;
  size_t sas_ = 0;
};

// Inner packets of every length from `first` to `last` bytes, each with `link_padding` bytes
// behind: out, and their ESP packets in. Three key sizes in turn, with and without ESN. All must
// agree with each other and with the packets built from the RFCs.
void ExpectAgreementOnLengths(Opinions& all, size_t first, size_t last, size_t link_padding);

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_OPINIONS_H_
