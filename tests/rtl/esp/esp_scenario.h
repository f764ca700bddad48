// What the benches of rtl/esp share: SAs, jobs with their expected ends, and the comparison.
#ifndef VAM_TESTS_RTL_ESP_ESP_SCENARIO_H_
#define VAM_TESTS_RTL_ESP_ESP_SCENARIO_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/rtl/esp/esp_bench.h"
#include "tests/support/seed.h"

namespace vam::esptest {

class EspScenario : public ::testing::Test {
 protected:
  EspScenario() : rng_(test::TestSeed()) {}

  // SAs are added before the first packet is; the place in the table is the index.
  size_t AddSa(bool inbound) {
    table_.push_back(RandomSa(rng_, static_cast<uint32_t>(table_.size()), inbound));
    next_seq_.push_back(1);
    return table_.size() - 1;
  }
  size_t AddRawSa() {
    const size_t index = AddSa(false);
    table_[index].mode = 2;
    return index;
  }
  Sa& sa(size_t index) { return table_[index]; }

  // Outbound packet that must leave as RFC 4303 says; `behind` bytes of Ethernet padding follow it.
  Job& Out(size_t index, const Bytes& inner, size_t behind = 0) {
    Job job;
    job.op = Op::kOut;
    job.handle = sa(index).handle();
    job.src = inner;
    for (size_t i = 0; i < behind; ++i) job.src.push_back(0x77);
    job.want_out = ExpectedOutbound(sa(index), inner, next_seq_[index]++);
    return Push(std::move(job), "out, inner " + std::to_string(inner.size()));
  }

  // Outbound packet that must be dropped.
  Job& OutDropped(size_t index, const Bytes& source, Reason reason) {
    Job job;
    job.op = Op::kOut;
    job.handle = sa(index).handle();
    job.src = source;
    job.want = reason;
    return Push(std::move(job), "out, dropped");
  }

  // Inbound packet that must come out as `inner`, or be dropped for a reason.
  Job& InPacket(size_t index, Bytes outer, const Bytes& inner, Reason reason = Reason::kOk) {
    Job job;
    job.op = Op::kIn;
    job.vrf_tag = sa(index).vrf_tag;
    job.src = std::move(outer);
    job.want = reason;
    if (reason == Reason::kOk) job.want_out = inner;
    return Push(std::move(job), "in, inner " + std::to_string(inner.size()));
  }
  Job& In(size_t index, const Bytes& inner, const EncapOptions& options = {},
          Reason reason = Reason::kOk) {
    return InPacket(index, Encapsulate(sa(index), inner, next_seq_[index]++, options), inner,
                    reason);
  }

  // Raw operation with random content.
  Job& Raw(size_t index, Op op, size_t aad_len, size_t text_len, uint8_t tag_len, bool damage) {
    Job job;
    job.op = op;
    job.handle = sa(index).handle();
    job.aad_len = static_cast<uint16_t>(aad_len);
    job.tag_len = tag_len;
    for (auto& b : job.iv) b = Byte();
    Bytes aad(aad_len), text(text_len);
    for (auto& b : aad) b = Byte();
    for (auto& b : text) b = Byte();
    Bytes sealed =
        GcmSeal(std::span(sa(index).key).first(sa(index).key_bytes()), job.iv, aad, text);
    sealed.resize(text_len + tag_len);
    job.src = aad;
    job.src.resize((aad_len + 15) / 16 * 16);
    const Bytes& body = op == Op::kSeal ? text : sealed;
    job.src.insert(job.src.end(), body.begin(), body.end());
    job.want_out = op == Op::kSeal ? sealed : text;
    if (damage) {
      job.src[job.src.size() - 1 - rng_() % tag_len] ^= static_cast<uint8_t>(1u << rng_() % 8);
      job.want = Reason::kIcvFailed;
      job.want_out.clear();
    }
    return Push(std::move(job), "raw, aad " + std::to_string(aad_len) + " text " +
                                    std::to_string(text_len) + " tag " + std::to_string(tag_len));
  }

  Job& Push(Job job, std::string note) {
    job.note = std::move(note);
    jobs_.push_back(std::move(job));
    return jobs_.back();
  }

  uint8_t Byte() { return static_cast<uint8_t>(rng_()); }

  // Runs all jobs and compares every result. Returns them for measurements.
  std::vector<Result> RunAndCompare(const BenchOptions& options = {}) {
    bench_ = std::make_unique<EspBench>(test::TestSeed(), options);
    bench_->sad.table = table_;
    std::vector<Result> results = bench_->Run(jobs_);
    EXPECT_EQ(results.size(), jobs_.size()) << "packets are stuck";
    unsigned wrong = 0;
    for (size_t i = 0; i < results.size() && i < jobs_.size(); ++i) {
      const bool same = results[i].reason == jobs_[i].want && results[i].out == jobs_[i].want_out &&
                        results[i].job == i % 64;
      EXPECT_EQ(ReasonName(results[i].reason), ReasonName(jobs_[i].want))
          << "job " << i << ": " << jobs_[i].note;
      EXPECT_EQ(results[i].out, jobs_[i].want_out) << "job " << i << ": " << jobs_[i].note;
      EXPECT_EQ(results[i].job, i % 64);
      if (!same && ++wrong == 3) break;  // the first ones tell enough
    }
    EXPECT_EQ(bench_->retired(), jobs_.size());
    EXPECT_TRUE(bench_->idle());
    return results;
  }

  Rng rng_;
  std::vector<Sa> table_;
  std::vector<uint64_t> next_seq_;
  std::vector<Job> jobs_;
  std::unique_ptr<EspBench> bench_;
};

}  // namespace vam::esptest

#endif  // VAM_TESTS_RTL_ESP_ESP_SCENARIO_H_
