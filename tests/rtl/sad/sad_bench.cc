#include "tests/rtl/sad/sad_bench.h"

#include <cstring>

#include "Vsad_v.h"
#include "tests/rtl/bench.h"

namespace vam::sad_test {

using test::FieldReader;
using test::FieldWriter;
using test::Words;

map::SaCtx MakeCtx(bool inbound, uint32_t spi, uint64_t sa_id) {
  map::SaCtx ctx{};
  ctx.version = 1;
  ctx.inbound = inbound ? 1 : 0;
  ctx.suite = 1;
  ctx.key_size = 2;
  ctx.icv_len = 16;
  ctx.spi = spi;
  ctx.ttl = 64;
  ctx.outer_src = {192, 0, 2, 1};
  ctx.outer_dst = {192, 0, 2, 2};
  ctx.window = inbound ? 64 : 0;
  ctx.proto = 50;
  ctx.sa_id = sa_id;
  for (size_t i = 0; i < ctx.key.size(); ++i) ctx.key[i] = static_cast<uint8_t>(sa_id * 7 + i);
  ctx.salt = {1, 2, 3, static_cast<uint8_t>(sa_id)};
  ctx.sel_sport_hi = 0xffff;
  ctx.sel_dport_hi = 0xffff;
  return ctx;
}

Lookup KeyOf(const map::SaCtx& ctx, uint32_t seq_lo) {
  Lookup lookup;
  lookup.by_key = true;
  lookup.inbound = true;
  lookup.vrf_tag = ctx.vrf_tag;
  lookup.dst = ctx.outer_dst;
  lookup.spi = ctx.spi;
  lookup.seq_lo = seq_lo;
  return lookup;
}

SadBench::SadBench(uint64_t seed) : dut_(test::MakeModel<Vsad_v>(seed)), rng_(seed) {
  dut_->admin_req_valid_i = 0;
  for (size_t i = 0; i < 4; ++i) dut_->hash_key_i[i] = static_cast<uint32_t>(rng_());
  test::Reset(*dut_);
}

SadBench::~SadBench() { dut_->final(); }

void SadBench::DriveInputs() {
  lookup_offered_ = !lookups_.empty() && (lookup_offered_ || !Chance(gap_percent));
  dut_->req_valid_i = lookup_offered_;
  if (lookup_offered_) {
    const Lookup& l = lookups_.front();
    FieldWriter(Words(dut_->req_i))
        .Put(l.seq_lo, 32)
        .Put(l.spi, 32)
        .Put(l.proto, 8)
        .PutBytes(l.dst)
        .Put(l.vrf_tag, 16)
        .Put(l.handle, 32)
        .Put(l.raw, 1)
        .Put(l.inbound, 1)
        .Put(l.by_key, 1)
        .Put(l.skip, 1);
  }
  seq_offered_ = !seqs_.empty() && (seq_offered_ || !Chance(gap_percent));
  dut_->seq_req_valid_i = seq_offered_;
  if (seq_offered_) {
    dut_->seq_req_i = (uint64_t{seqs_.front().index} << 16) | seqs_.front().text_len;
  }
  commit_offered_ = !commits_.empty() && (commit_offered_ || !Chance(gap_percent));
  dut_->commit_req_valid_i = commit_offered_;
  if (commit_offered_) {
    const CommitRequest& c = commits_.front();
    FieldWriter(Words(dut_->commit_req_i)).Put(c.text_len, 16).Put(c.seq, 64).Put(c.index, 20);
  }
  dut_->rsp_ready_i = !Chance(stall_percent);
  dut_->seq_rsp_ready_i = !Chance(stall_percent);
  dut_->commit_rsp_ready_i = !Chance(stall_percent);
  dut_->admin_rsp_ready_i = !Chance(stall_percent);
  dut_->event_ready_i = event_ready && !Chance(stall_percent);
  dut_->retire_i = to_retire_ != 0;
  if (to_retire_ != 0) --to_retire_;
}

void SadBench::TakeAnswers() {
  if (dut_->req_valid_i != 0) {
    if (dut_->req_ready_o != 0) {
      lookups_.pop_front();
      lookup_offered_ = false;
    } else {
      ++refused_lookup_cycles;
    }
  }
  if (dut_->seq_req_valid_i != 0 && dut_->seq_req_ready_o != 0) {
    seqs_.pop_front();
    seq_offered_ = false;
  }
  if (dut_->commit_req_valid_i != 0 && dut_->commit_req_ready_o != 0) {
    commits_.pop_front();
    commit_offered_ = false;
    ++busy_commit_cycles;
  }
  if (dut_->rsp_valid_o != 0 && dut_->rsp_ready_i != 0) {
    FieldReader in(Words(dut_->rsp_o));
    LookupAnswer answer{};
    in.GetBytes(answer.key);
    in.GetBytes(answer.salt);
    // From sel_dport_hi to tos, see sa_cfg_t.
    in.Skip(4 * 16 + 3 * 8 + 4 * 128 + 2 * 8);
    answer.spi = static_cast<uint32_t>(in.Get(32));
    in.Skip(10);
    answer.seq = in.Get(64);
    answer.handle = static_cast<uint32_t>(in.Get(32));
    answer.reason = static_cast<Reason>(in.Get(8));
    answer.cycle = cycle_;
    lookup_answers.push_back(answer);
    if (auto_retire_) ++to_retire_;
  }
  if (dut_->seq_rsp_valid_o != 0 && dut_->seq_rsp_ready_i != 0) {
    FieldReader in(Words(dut_->seq_rsp_o));
    const uint64_t seq = in.Get(64);
    seq_answers.push_back({static_cast<Reason>(in.Get(8)), seq, cycle_});
  }
  if (dut_->commit_rsp_valid_o != 0 && dut_->commit_rsp_ready_i != 0) {
    commit_answers.push_back(static_cast<Reason>(dut_->commit_rsp_o));
  }
  if (dut_->admin_rsp_valid_o != 0 && dut_->admin_rsp_ready_i != 0) {
    AdminAnswer answer{};
    std::memcpy(&answer.stats, dut_->admin_rsp_o.data(), sizeof(answer.stats));
    FieldReader in(Words(dut_->admin_rsp_o));
    in.Skip(512);
    answer.handle = static_cast<uint32_t>(in.Get(32));
    answer.reason = static_cast<Reason>(in.Get(8));
    answer.cycles = cycle_ - admin_start_;
    admin_answers.push_back(answer);
    admin_pending_ = false;
  }
  if (dut_->event_valid_o != 0 && dut_->event_ready_i != 0) {
    FieldReader in(Words(dut_->event_o));
    Event event{};
    event.value = in.Get(64);
    event.sa_id = in.Get(64);
    event.handle = static_cast<uint32_t>(in.Get(32));
    event.kind = static_cast<map::EventType>(in.Get(8));
    event.cycle = cycle_;
    events.push_back(event);
  }
}

void SadBench::Step(unsigned cycles) {
  for (unsigned i = 0; i < cycles; ++i) {
    if (on_cycle) on_cycle();
    DriveInputs();
    dut_->eval();
    const bool admin_taken = dut_->admin_req_valid_i != 0 && dut_->admin_req_ready_o != 0;
    TakeAnswers();
    test::Clock(*dut_);
    ++cycle_;
    if (admin_taken) dut_->admin_req_valid_i = 0;
  }
}

bool SadBench::StepUntil(const std::function<bool()>& done, unsigned limit) {
  for (unsigned i = 0; i < limit; ++i) {
    if (done()) return true;
    Step();
  }
  return done();
}

void SadBench::PushSeq(uint32_t index, uint16_t text_len) { seqs_.push_back({index, text_len}); }

void SadBench::PushCommit(uint32_t index, uint64_t seq, uint16_t text_len) {
  commits_.push_back({index, seq, text_len});
}

LookupAnswer SadBench::AskLookup(const Lookup& lookup) {
  PushLookup(lookup);
  StepUntil([this] { return !lookup_answers.empty(); });
  const LookupAnswer answer = lookup_answers.at(0);
  lookup_answers.pop_front();
  return answer;
}

SeqAnswer SadBench::AskSeq(uint32_t index, uint16_t text_len) {
  PushSeq(index, text_len);
  StepUntil([this] { return !seq_answers.empty(); });
  const SeqAnswer answer = seq_answers.at(0);
  seq_answers.pop_front();
  return answer;
}

Reason SadBench::AskCommit(uint32_t index, uint64_t seq, uint16_t text_len) {
  PushCommit(index, seq, text_len);
  StepUntil([this] { return !commit_answers.empty(); });
  const Reason answer = commit_answers.at(0);
  commit_answers.pop_front();
  return answer;
}

void SadBench::BeginAdmin(map::SqeOp op, uint32_t handle, const map::SaCtx& ctx,
                          uint16_t event_mask) {
  std::array<uint8_t, sizeof(map::SaCtx)> bytes;
  std::memcpy(bytes.data(), &ctx, sizeof(ctx));
  FieldWriter(Words(dut_->admin_req_i))
      .PutBytes(bytes)
      .Put(event_mask, 16)
      .Put(handle, 32)
      .Put(static_cast<uint8_t>(op), 8);
  dut_->admin_req_valid_i = 1;
  admin_pending_ = true;
  admin_start_ = cycle_;
}

AdminAnswer SadBench::Admin(map::SqeOp op, uint32_t handle, const map::SaCtx& ctx,
                            uint16_t event_mask) {
  BeginAdmin(op, handle, ctx, event_mask);
  StepUntil([this] { return !admin_pending_; });
  const AdminAnswer answer = admin_answers.at(0);
  admin_answers.pop_front();
  return answer;
}

bool SadBench::ready() const { return dut_->ready_o != 0; }
bool SadBench::idle() const { return dut_->idle_o != 0; }
uint32_t SadBench::sa_count() const { return dut_->sa_count_o; }

}  // namespace vam::sad_test
