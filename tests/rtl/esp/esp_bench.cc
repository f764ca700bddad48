#include "tests/rtl/esp/esp_bench.h"

#include "tests/rtl/bench.h"

namespace vam::esptest {
namespace {

constexpr uint64_t kStuckCycles = 20000;
constexpr uint32_t kJobs = 64;  // vam_pkg::JobCount

using test::FieldReader;
using test::FieldWriter;
using test::Words;

// An IPv4 address as it lies in a 128-bit field in network order.
std::array<uint8_t, 16> AddressField(uint32_t address) {
  return {static_cast<uint8_t>(address >> 24), static_cast<uint8_t>(address >> 16),
          static_cast<uint8_t>(address >> 8), static_cast<uint8_t>(address)};
}

}  // namespace

EspBench::EspBench(uint64_t seed, const BenchOptions& options)
    : top_(test::MakeModel<Vesp_test_v>(seed)),
      options_(options),
      metas_(seed + 1, {options.in_gaps}),
      beats_(seed + 2, {options.in_gaps}),
      result_sink_(seed + 3, {options.out_gaps}),
      out_sink_(seed + 4, {options.out_gaps}),
      sad_sink_(seed + 5, {options.sad_gaps}),
      seq_sink_(seed + 6, {options.sad_gaps}),
      commit_sink_(seed + 7, {options.sad_gaps}) {
  test::Reset(*top_);
}

void EspBench::Load(const std::vector<Job>& jobs) {
  results_.clear();
  out_left_.clear();
  complete_ = 0;
  first_in_.assign(jobs.size(), 0);
  for (size_t n = 0; n < jobs.size(); ++n) {
    const Job& job = jobs[n];
    MetaBits meta;
    FieldWriter(meta.words)
        .PutBytes(job.iv)
        .Put(job.tag_len, 8)
        .Put(job.aad_len, 16)
        .Put(job.handle, 32)
        .Put(job.vrf_tag, 16)
        .Put(job.dst_cap, 16)
        .Put(job.src.size(), 16)
        .Put(static_cast<uint8_t>(job.op), 8)
        .Put(static_cast<uint8_t>(job.fault), 8)
        .Put(n % kJobs, 6);
    metas_.Push(meta);
    if (job.fault != Reason::kOk) continue;
    for (size_t at = 0; at < job.src.size(); at += 16) {
      Beat beat;
      beat.job = static_cast<uint32_t>(n);
      beat.first = at == 0;
      beat.last = at + 16 >= job.src.size();
      // What stands behind the end must not matter.
      test::Block bytes;
      for (size_t i = 0; i < 16; ++i) bytes[i] = at + i < job.src.size() ? job.src[at + i] : 0xee;
      test::PutBytes(beat.data, 0, bytes);
      beats_.Push(beat);
    }
  }
}

SadRequest EspBench::ReadSadRequest() const {
  FieldReader in(Words(top_->sad_req_o));
  SadRequest request;
  request.seq_lo = static_cast<uint32_t>(in.Get(32));
  request.spi = static_cast<uint32_t>(in.Get(32));
  request.proto = static_cast<uint8_t>(in.Get(8));
  request.dst = __builtin_bswap32(static_cast<uint32_t>(in.Get(32)));
  in.Skip(96);
  request.vrf_tag = static_cast<uint16_t>(in.Get(16));
  request.handle = static_cast<uint32_t>(in.Get(32));
  request.raw = in.Get(1) != 0;
  request.inbound = in.Get(1) != 0;
  request.by_key = in.Get(1) != 0;
  request.skip = in.Get(1) != 0;
  return request;
}

void EspBench::WriteSadAnswer(const SadAnswer& answer) {
  const Sa none;
  const Sa& sa = answer.sa != nullptr ? *answer.sa : none;
  FieldWriter(Words(top_->sad_rsp_i))
      .PutBytes(sa.key)
      .PutBytes(sa.salt)
      .Put(sa.sel_dport_hi, 16)
      .Put(sa.sel_dport_lo, 16)
      .Put(sa.sel_sport_hi, 16)
      .Put(sa.sel_sport_lo, 16)
      .Put(sa.sel_proto, 8)
      .Put(sa.sel_dst_bits, 8)
      .Put(sa.sel_src_bits, 8)
      .PutBytes(AddressField(sa.sel_dst))
      .PutBytes(AddressField(sa.sel_src))
      .PutBytes(AddressField(sa.outer_dst))
      .PutBytes(AddressField(sa.outer_src))
      .Put(sa.tos, 8)
      .Put(sa.ttl, 8)
      .Put(sa.spi, 32)
      .Put(sa.check_selectors ? 1 : 0, 1)
      .Put(sa.dscp_fixed ? 1 : 0, 1)
      .Put(sa.df_mode, 2)
      .Put(sa.esn ? 1 : 0, 1)
      .Put(sa.key_size, 2)
      .Put(sa.mode, 2)
      .Put(sa.inbound ? 1 : 0, 1)
      .Put(answer.seq, 64)
      .Put(answer.handle, 32)
      .Put(static_cast<uint8_t>(answer.reason), 8);
}

void EspBench::DriveInputs() {
  const MetaBits* meta = metas_.Drive();
  top_->meta_valid_i = meta != nullptr;
  if (meta != nullptr) {
    for (size_t i = 0; i < meta->words.size(); ++i) top_->meta_i[i] = meta->words[i];
  }
  const Beat* beat = beats_.Drive();
  top_->in_valid_i = beat != nullptr;
  if (beat != nullptr) {
    for (size_t i = 0; i < 4; ++i) top_->in_i[i] = beat->data[i];
    top_->in_i[4] = beat->last ? 1 : 0;
  }
  top_->result_ready_i = result_sink_.Drive();
  top_->out_ready_i = out_sink_.Drive();
  top_->sad_req_ready_i = sad_sink_.Drive() && sad_answers_.size() < 32;
  top_->seq_req_ready_i = seq_sink_.Drive() && seq_answers_.size() < 32;
  top_->commit_req_ready_i = commit_sink_.Drive() && commit_answers_.size() < 32;
  top_->sad_rsp_valid_i = !sad_answers_.empty() && sad_answers_.front().due <= cycle_;
  if (top_->sad_rsp_valid_i != 0) WriteSadAnswer(sad_answers_.front().item);
  top_->seq_rsp_valid_i = !seq_answers_.empty() && seq_answers_.front().due <= cycle_;
  if (top_->seq_rsp_valid_i != 0) {
    FieldWriter(Words(top_->seq_rsp_i))
        .Put(seq_answers_.front().item.seq, 64)
        .Put(static_cast<uint8_t>(seq_answers_.front().item.reason), 8);
  }
  top_->commit_rsp_valid_i = !commit_answers_.empty() && commit_answers_.front().due <= cycle_;
  if (top_->commit_rsp_valid_i != 0) {
    top_->commit_rsp_i = static_cast<uint8_t>(commit_answers_.front().item);
  }
}

void EspBench::SampleDma() {
  if (top_->in_valid_i != 0 && top_->in_ready_o != 0) {
    const Beat* beat = beats_.Drive();
    if (beat->first) first_in_[beat->job] = cycle_;
    moved_ = cycle_;
  }
  metas_.Sample(top_->meta_ready_o != 0);
  beats_.Sample(top_->in_ready_o != 0);
  if (top_->result_valid_o != 0 && top_->result_ready_i != 0) {
    const uint64_t bits = top_->result_o;
    Result result;
    result.handle = static_cast<uint32_t>(bits);
    result.reason = static_cast<Reason>(bits >> 48 & 0xff);
    result.job = static_cast<uint32_t>(bits >> 56 & 0x3f);
    result.first_in = first_in_[results_.size()];
    result.done = cycle_;
    out_left_.push_back(static_cast<uint32_t>(bits >> 32 & 0xffff));
    if (out_left_.back() != 0) {
      out_pending_.push_back(results_.size());
    } else {
      ++complete_;
    }
    results_.push_back(result);
    moved_ = cycle_;
  }
  if (top_->out_valid_o != 0 && top_->out_ready_i != 0) {
    moved_ = cycle_;
    if (out_pending_.empty()) return;  // a beat without a result: the job's comparison fails
    Result& result = results_[out_pending_.front()];
    uint32_t& left = out_left_[out_pending_.front()];
    const uint32_t take = left < 16 ? left : 16;
    for (uint32_t i = 0; i < take; ++i) result.out.push_back(test::GetByte(top_->out_o, i));
    left -= take;
    const bool last = (top_->out_o[4] & 1) != 0;
    if (last != (left == 0)) result.reason = Reason::kEngineFault;  // length and end disagree
    if (last) {
      result.done = cycle_;
      out_pending_.pop_front();
      ++complete_;
    }
  }
}

void EspBench::SampleSad() {
  if (top_->sad_rsp_valid_i != 0 && top_->sad_rsp_ready_o != 0) sad_answers_.pop_front();
  if (top_->seq_rsp_valid_i != 0 && top_->seq_rsp_ready_o != 0) seq_answers_.pop_front();
  if (top_->commit_rsp_valid_i != 0 && top_->commit_rsp_ready_o != 0) commit_answers_.pop_front();
  if (top_->sad_req_valid_o != 0 && top_->sad_req_ready_i != 0) {
    sad_answers_.push_back({cycle_ + options_.lookup_latency, sad.Lookup(ReadSadRequest())});
  }
  if (top_->seq_req_valid_o != 0 && top_->seq_req_ready_i != 0) {
    const uint64_t bits = top_->seq_req_o;
    seq_answers_.push_back(
        {cycle_ + options_.commit_latency,
         sad.Allocate(static_cast<uint32_t>(bits >> 16), static_cast<uint32_t>(bits & 0xffff))});
  }
  if (top_->commit_req_valid_o != 0 && top_->commit_req_ready_i != 0) {
    FieldReader in(Words(top_->commit_req_o));
    const auto text_len = static_cast<uint32_t>(in.Get(16));
    const uint64_t seq = in.Get(64);
    const auto index = static_cast<uint32_t>(in.Get(20));
    commit_answers_.push_back({cycle_ + options_.commit_latency, sad.Commit(index, seq, text_len)});
  }
}

void EspBench::Clock() {
  DriveInputs();
  top_->eval();
  bubbles_ += top_->lane_bubble_o;
  retired_ += top_->retire_o;
  SampleDma();
  SampleSad();
  test::Clock(*top_);
  ++cycle_;
}

std::vector<Result> EspBench::Run(const std::vector<Job>& jobs) {
  Load(jobs);
  moved_ = cycle_;
  while (complete_ < jobs.size() && cycle_ - moved_ < kStuckCycles) Clock();
  for (int i = 0; i < 64; ++i) Clock();  // drained packets, retirement
  return std::move(results_);
}

}  // namespace vam::esptest
