// CryptoPath over engines: policy entries have SA pairs, SAs have placements, packets become jobs.
#ifndef VAM_SW_FWD_ENGINE_PATH_H_
#define VAM_SW_FWD_ENGINE_PATH_H_

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/fwd/counters.h"
#include "sw/fwd/crypto_path.h"
#include "sw/fwd/inbound_numbers.h"
#include "sw/ipsec/engine.h"
#include "sw/offload/broker.h"

struct rte_mempool;

namespace vam::fwd {

// What passed through one policy entry. Names as `show crypto ipsec sa` has them.
struct FlowCounters {
  Counter encaps, encrypted;
  Counter decaps, decrypted;
  Counter send_errors, recv_errors;
  std::array<Counter, 256> drops;
};

// Packets through one engine, for `show crypto engine`.
struct EngineCounters {
  Counter packets_out, packets_in;
  Counter bytes_out, bytes_in;  // inner
  std::array<Counter, 256> drops;
};

// Belongs to the worker.
class EnginePath final : public CryptoPath {
 public:
  // Both must outlive the path.
  EnginePath(offload::Broker& broker, rte_mempool* pool);
  ~EnginePath() override;
  EnginePath(const EnginePath&) = delete;
  EnginePath& operator=(const EnginePath&) = delete;

  // The SA pair of a policy entry. `outbound` gives the sizes; ids refer to the broker. Replaces
  // what was bound. With `numbers`, inbound packets beyond them end as replay_unreserved; without,
  // there is no limit.
  void Bind(uint32_t policy_entry, const ipsec::SaSettings& outbound,
            const ipsec::SaSettings& inbound, std::optional<InboundNumbers> numbers);
  void Unbind(uint32_t policy_entry);

  // The inbound numbers of an entry; nullptr: no limit, or not bound.
  InboundNumbers* inbound_numbers(uint32_t policy_entry);
  // Policy entries that need more inbound numbers, each once per block.
  std::vector<uint32_t> TakeShortOfNumbers() { return std::exchange(short_of_numbers_, {}); }

  Reason Encapsulate(rte_mbuf* packet) override;
  Reason Decapsulate(rte_mbuf* packet) override;
  void Flush() override;
  size_t Poll(std::span<Done> done) override;
  size_t EncapsulatedBytes(uint32_t policy_entry, size_t inner_bytes) const override;
  size_t PlaintextMtu(uint32_t policy_entry, size_t path_mtu) const override;
  size_t InFlight() const override { return in_flight_; }

  // nullptr: the entry was never bound.
  const FlowCounters* flow_counters(uint32_t policy_entry) const;
  void ClearFlowCounters();
  const EngineCounters& engine_counters(bool card) const { return engines_[card ? 0 : 1].counters; }

 private:
  struct Pair {
    ipsec::SaSettings outbound;
    uint64_t inbound_id = 0;
    uint64_t inbound_key = 0;
    std::optional<InboundNumbers> numbers;
    FlowCounters counters;
  };
  struct Flight {
    rte_mbuf* source = nullptr;
    rte_mbuf* result = nullptr;
    uint64_t sa_id = 0;
    uint32_t entry = 0;
    uint32_t number = 0;  // inbound: the sequence number on the wire
    bool encapsulate = false;
    uint8_t side = 0;  // index into engines_
  };
  struct EngineSide {
    ipsec::Engine* engine = nullptr;
    std::vector<ipsec::Job> batch;
    size_t outstanding = 0;
    EngineCounters counters;
  };

  Reason Start(rte_mbuf* packet, ipsec::Op op, uint32_t entry, uint64_t sa_id, uint32_t number);
  Reason JudgeInbound(const Flight& flight, Pair* pair, Reason verdict);
  bool Finish(EngineSide& side, const ipsec::Done& finished, Done& out);
  void CountDrop(EngineSide& side, Pair* pair, bool encapsulate, Reason reason);
  Pair* FindPair(uint32_t entry);
  size_t AbandonFailed(std::span<Done> done);

  offload::Broker& broker_;
  rte_mempool* pool_;
  std::array<EngineSide, 2> engines_;  // card, software
  std::unordered_map<uint32_t, Pair> pairs_;
  std::unordered_map<uint64_t, uint32_t> inbound_;  // {address, SPI} -> policy entry
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_flights_;
  std::vector<uint32_t> short_of_numbers_;
  size_t in_flight_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ENGINE_PATH_H_
