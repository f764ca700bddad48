#include "driver/tools/self_test.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "sw/base/bytes.h"

namespace vam::tools {
namespace {

using driver::Completion;
using driver::Submission;
using ByteVector = std::vector<uint8_t>;

constexpr size_t kMemoryBytes = 16384;
constexpr size_t kSourceAt = 0;
constexpr size_t kResultAt = 4096;

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 4, 10 and 16.
struct GcmAnswer {
  const char* name;
  const char* key;
  const char* cipher;
  const char* tag;
};
constexpr const char* kNonce = "cafebabefacedbaddecaf888";
constexpr const char* kAad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
constexpr const char* kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
constexpr std::array<GcmAnswer, 3> kAnswers = {{
    {"aes-gcm 128", "feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"aes-gcm 192", "feffe9928665731c6d6a8f9467308308feffe9928665731c",
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
     "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd6d27618c"},
    {"aes-gcm 256", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
}};

ByteVector Hex(const char* text) { return *ParseHex(text); }

void Append(ByteVector& out, const ByteVector& more) {
  out.insert(out.end(), more.begin(), more.end());
}

map::SaCtx BaseCtx(const ByteVector& key) {
  map::SaCtx ctx{};
  ctx.version = 1;
  ctx.suite = 1;
  ctx.key_size = static_cast<uint8_t>((key.size() - 16) / 8);
  ctx.icv_len = 16;
  ctx.proto = 50;
  ctx.ttl = 64;
  ctx.sel_sport_hi = ctx.sel_dport_hi = 0xffff;
  ctx.spi = 0x5e1f7e57;
  StoreBe32(ctx.outer_src.data(), 0xc0000201);  // RFC 5737 addresses
  StoreBe32(ctx.outer_dst.data(), 0xc0000202);
  std::copy(key.begin(), key.end(), ctx.key.begin());
  return ctx;
}

class SelfTest {
 public:
  SelfTest(driver::Device& device, const Clock& clock, uint64_t timeout_ns)
      : device_(device), clock_(clock), timeout_ns_(timeout_ns) {}
  ~SelfTest() {
    queue_.reset();
    if (!memory_.host.empty()) device_.card().dma().Free(memory_);
  }

  std::vector<SelfTestLine> Run();

 private:
  void Report(const std::string& name, const Status& status) {
    lines_.push_back({name, status.has_value(), status ? "" : status.error().text});
  }
  Status Registers();
  Status FaultEvent();
  Status Open();
  Status RawAnswer(const GcmAnswer& answer);
  Status EspLoop();

  template <typename Done>
  Status Wait(Done&& done);
  Result<uint32_t> Add(const map::SaCtx& ctx);
  Status Delete(uint32_t handle);
  Result<driver::SaDone> Finish(Result<uint64_t> token);
  // Runs one operation on `source`; the result is in memory at kResultAt.
  Result<Completion> Operate(Submission submission, const ByteVector& source);
  Result<ByteVector> Expect(const Submission& submission, const ByteVector& source, Reason reason);

  driver::Device& device_;
  const Clock& clock_;
  const uint64_t timeout_ns_;
  std::unique_ptr<driver::QueuePair> queue_;
  hal::DmaRegion memory_;
  std::vector<SelfTestLine> lines_;
};

template <typename Done>
Status SelfTest::Wait(Done&& done) {
  const uint64_t start = clock_.MonotonicNs();
  for (;;) {
    VAM_TRY(const bool ended, done());
    if (ended) return Ok();
    if (clock_.MonotonicNs() - start > timeout_ns_) {
      return Err(ErrorCode::kTimedOut, "the card does not answer");
    }
    device_.card().Relax();
  }
}

Result<driver::SaDone> SelfTest::Finish(Result<uint64_t> token) {
  if (!token) return token.error();
  driver::SaDone done;
  VAM_TRY_STATUS(Wait([&]() -> Result<bool> {
    VAM_TRY(const size_t found, device_.sas().Poll({&done, 1}));
    return found == 1 && done.token == *token;
  }));
  return done;
}

Result<uint32_t> SelfTest::Add(const map::SaCtx& ctx) {
  VAM_TRY(const driver::SaDone done, Finish(device_.sas().BeginAdd(ctx)));
  if (done.reason != Reason::kOk) return Err(ErrorCode::kDevice, "the card refuses the SA");
  return done.handle;
}

Status SelfTest::Delete(uint32_t handle) {
  VAM_TRY(const driver::SaDone done, Finish(device_.sas().BeginDelete(handle)));
  if (done.reason != Reason::kOk) return Err(ErrorCode::kDevice, "the SA cannot be deleted");
  return Ok();
}

Result<Completion> SelfTest::Operate(Submission submission, const ByteVector& source) {
  const hal::DmaRegion src = memory_.Slice(kSourceAt, source.size());
  const hal::DmaRegion dst = memory_.Slice(kResultAt, 4096);
  std::copy(source.begin(), source.end(), src.host.begin());
  std::ranges::fill(dst.host, uint8_t{0});
  device_.card().dma().ToDevice(src);
  device_.card().dma().ToDevice(dst);
  submission.src = {src.bus, static_cast<uint32_t>(source.size())};
  submission.dst = {dst.bus, static_cast<uint32_t>(dst.host.size())};
  VAM_TRY(const size_t taken, queue_->Submit({&submission, 1}));
  if (taken != 1) return Err(ErrorCode::kDevice, "the queue takes nothing");
  Completion completion;
  VAM_TRY_STATUS(Wait([&]() -> Result<bool> {
    VAM_TRY(const size_t found, queue_->Poll({&completion, 1}));
    return found == 1;
  }));
  device_.card().dma().ToHost(dst);
  return completion;
}

Result<ByteVector> SelfTest::Expect(const Submission& submission, const ByteVector& source,
                                    Reason reason) {
  VAM_TRY(const Completion completion, Operate(submission, source));
  if (completion.reason != reason) {
    return Err(ErrorCode::kDevice, ReasonName(completion.reason).data());
  }
  const auto bytes = memory_.host.subspan(kResultAt, completion.out_size);
  return ByteVector(bytes.begin(), bytes.end());
}

Status SelfTest::Registers() {
  const driver::Registers& regs = device_.registers();
  for (const uint32_t pattern : {0x00000000u, 0xffffffffu, 0x55555555u, 0xaaaaaaaau, 0x00010000u}) {
    regs.Write(map::BlockType::kTest, map::RegTestScratch(0), pattern);
    if (regs.Read(map::BlockType::kTest, map::RegTestScratch(0)) != pattern ||
        regs.Read(map::BlockType::kTest, map::kRegTestInverted) != ~pattern) {
      return Err(ErrorCode::kDevice, "a scratch register does not hold its bits");
    }
  }
  if (device_.CheckHealth() != driver::Health::kGood ||
      device_.CheckHealth() != driver::Health::kGood) {
    return Err(ErrorCode::kDevice, "the heartbeat does not beat");
  }
  return Ok();
}

Status SelfTest::FaultEvent() {
  device_.registers().Write(map::BlockType::kTest, map::kRegTestInject, map::kTestInjectFaultEvent);
  return Wait([this]() -> Result<bool> {
    driver::Event event;
    VAM_TRY(const size_t found, device_.PollEvents({&event, 1}));
    return found == 1 && event.kind == map::EventType::kFault;
  });
}

Status SelfTest::Open() {
  VAM_TRY(queue_, device_.OpenQueue(1, {.sq_log2 = 4, .cq_log2 = 4}));
  VAM_TRY(memory_, device_.card().dma().Allocate(kMemoryBytes, 4096));
  return Ok();
}

Status SelfTest::RawAnswer(const GcmAnswer& answer) {
  map::SaCtx ctx = BaseCtx(Hex(answer.key));
  ctx.mode = 2;
  VAM_TRY(const uint32_t handle, Add(ctx));
  driver::RawFields raw{
      .aad_size = static_cast<uint16_t>(Hex(kAad).size()), .tag_size = 16, .iv = {}};
  const ByteVector nonce = Hex(kNonce);
  std::copy(nonce.begin(), nonce.end(), raw.iv.begin());
  Submission submission;
  submission.sa_handle = handle;
  submission.raw = &raw;

  ByteVector padded_aad = Hex(kAad);
  padded_aad.resize((padded_aad.size() + 15) / 16 * 16);
  ByteVector sealed = Hex(answer.cipher);
  Append(sealed, Hex(answer.tag));
  ByteVector source = padded_aad;
  Append(source, Hex(kPlain));
  submission.op = map::SqeOp::kRawSeal;
  VAM_TRY(const ByteVector made, Expect(submission, source, Reason::kOk));
  if (made != sealed) return Err(ErrorCode::kDevice, "sealed text or tag is wrong");

  source = padded_aad;
  Append(source, sealed);
  submission.op = map::SqeOp::kRawOpen;
  VAM_TRY(const ByteVector opened, Expect(submission, source, Reason::kOk));
  if (opened != Hex(kPlain)) return Err(ErrorCode::kDevice, "opened text is wrong");
  source.back() ^= 1;
  VAM_TRY([[maybe_unused]] const ByteVector refused,
          Expect(submission, source, Reason::kIcvFailed));
  return Delete(handle);
}

Status SelfTest::EspLoop() {
  map::SaCtx ctx = BaseCtx(Hex(kAnswers[0].key));
  VAM_TRY(const uint32_t out, Add(ctx));
  ctx.inbound = 1;
  ctx.window = 64;
  VAM_TRY(const uint32_t in, Add(ctx));
  ByteVector inner(64);
  for (size_t i = 0; i < inner.size(); ++i) inner[i] = static_cast<uint8_t>(i);
  inner[0] = 0x45;
  StoreBe16(&inner[2], static_cast<uint16_t>(inner.size()));
  StoreBe16(&inner[6], 0);

  Submission submission;
  submission.op = map::SqeOp::kEspOut;
  submission.sa_handle = out;
  VAM_TRY(const ByteVector outer, Expect(submission, inner, Reason::kOk));
  // 20 outer header, 16 ESP header and IV, 64 inner, 2 padding, 2 trailer, 16 ICV.
  if (outer.size() != 120 || LoadBe32(&outer[20]) != ctx.spi || LoadBe32(&outer[24]) != 1) {
    return Err(ErrorCode::kDevice, "the outer packet is malformed");
  }
  submission.op = map::SqeOp::kEspIn;
  submission.sa_handle = 0;
  VAM_TRY(const ByteVector back, Expect(submission, outer, Reason::kOk));
  if (back != inner) return Err(ErrorCode::kDevice, "the inner packet came back changed");
  VAM_TRY([[maybe_unused]] const ByteVector again,
          Expect(submission, outer, Reason::kReplayDuplicate));
  VAM_TRY_STATUS(Delete(out));
  return Delete(in);
}

std::vector<SelfTestLine> SelfTest::Run() {
  Report("registers and heartbeat", Registers());
  Report("event ring", FaultEvent());
  const Status open = Open();
  Report("data queue", open);
  if (!open) return lines_;
  for (const GcmAnswer& answer : kAnswers) Report(answer.name, RawAnswer(answer));
  Report("esp out and in", EspLoop());
  return lines_;
}

}  // namespace

std::vector<SelfTestLine> RunSelfTest(driver::Device& device, const Clock& clock,
                                      uint64_t timeout_ns) {
  return SelfTest(device, clock, timeout_ns).Run();
}

}  // namespace vam::tools
