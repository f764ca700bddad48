// Two IKEv2 machines whose exchanges somebody spoils: the network drops, repeats, holds back and
// changes messages, also what is inside of the encrypted ones, as a peer would that has the keys
// and speaks nonsense. Both gateways go on asking, rekeying, deleting and being configured anew.
// The input is read byte by byte:
//   the first        seed of both sides; from 128 on with additional key exchanges (RFC 9370); with
//                    bit 64 the second assigns the first an address (RFC 7296, 2.19)
//   then             pairs {operation, argument} of what the gateways do, see Operate
//   in between       for each packet on its way one byte, see Spoil, and its arguments
// At the end the network is good again: every IKE SA goes when it is deleted, nothing of it is left
// in fwd, no address is kept, and a new tunnel comes up.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sw/base/check.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/keys/sk_cipher.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr size_t kMaxOperations = 48;
constexpr size_t kMaxSpoiled = 64;
constexpr size_t kMaxHeld = 16;
constexpr size_t kMaxChanges = 8;
constexpr size_t kMostIkeSas = 256;  // of one side, whatever happens
constexpr uint64_t kLongMs = 600'000;

class Input {
 public:
  explicit Input(Bytes bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  // 0 behind the end: the plainest choice everywhere.
  uint8_t Next() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  size_t Below(size_t limit) {
    const size_t number = Next() | size_t{Next()} << 8;
    return limit == 0 ? 0 : number % limit;
  }

 private:
  Bytes bytes_;
};

// Changes bytes, or the length. What is empty may grow.
void Change(Input& input, Buffer& bytes) {
  const size_t changes = 1 + input.Next() % kMaxChanges;
  for (size_t i = 0; i < changes; ++i) {
    const uint8_t kind = input.Next() % 6;
    const size_t at = input.Below(bytes.size() + 1);
    const auto where = bytes.begin() + static_cast<ptrdiff_t>(at);
    if (kind < 3 && at < bytes.size()) {
      bytes[at] = kind == 0 ? input.Next() : static_cast<uint8_t>(bytes[at] ^ 1 << (at % 8));
    } else if (kind == 3) {
      bytes.insert(where, input.Next());
    } else if (kind == 4 && at < bytes.size()) {
      bytes.erase(where);
    } else if (kind == 5) {
      bytes.resize(at);
    }
  }
}

// A copy of one of the payloads, or without one of them, or in another order.
void ChangeOrder(Input& input, PayloadType& first, Buffer& text) {
  const auto payloads = ParseInner(first, text);
  if (!payloads || payloads->empty()) return;
  std::vector<RawPayload> some(payloads->begin(), payloads->end());
  const size_t one = input.Below(some.size());
  const size_t other = input.Below(some.size());
  const uint8_t kind = input.Next() % 4;
  if (kind == 0) some.push_back(some[one]);
  if (kind == 1) some.erase(some.begin() + static_cast<ptrdiff_t>(one));
  if (kind == 2) std::swap(some[one], some[other]);
  if (kind == 3) some[one].type = static_cast<PayloadType>(input.Next());
  Buffer out;
  for (size_t i = 0; i < some.size(); ++i) {
    const bool last = i + 1 == some.size();
    const size_t length = some[i].body.size() + 4;
    out.push_back(last ? 0 : static_cast<uint8_t>(some[i + 1].type));
    out.push_back(some[i].critical ? 0x80 : 0);
    out.push_back(static_cast<uint8_t>(length >> 8));
    out.push_back(static_cast<uint8_t>(length));
    out.insert(out.end(), some[i].body.begin(), some[i].body.end());
  }
  first = some.empty() ? PayloadType::kNone : some.front().type;
  text = std::move(out);
}

class Fuzzed {
 public:
  explicit Fuzzed(Bytes bytes)
      : input_(bytes),
        seed_(input_.Next()),
        net_(seed_),
        additional_(seed_ >= 128),
        addresses_((seed_ & 64) != 0) {
    Configure(net_.a, 0);
    Configure(net_.b, 0);
    net_.on_packet = [this](size_t, const Side& from, Buffer& packet) {
      return Spoil(from, packet);
    };
  }

  void Run() {
    for (size_t i = 0; i < kMaxOperations && !input_.empty(); ++i) {
      Operate();
      BringHeld();
      VAM_CHECK(net_.a.IkeSas() <= kMostIkeSas && net_.b.IkeSas() <= kMostIkeSas);
    }
    net_.on_packet = nullptr;
    Configure(net_.a, 0);
    Configure(net_.b, 0);
    EndAll();
    BeginAgain();
  }

 private:
  Side& Other(const Side& side) { return &side == &net_.a ? net_.b : net_.a; }

  // `which`: 0 as it began; else it may have another address, or not want to be moved.
  void Configure(Side& side, uint8_t which) {
    Tunnel tunnel = &side == &net_.a ? TunnelOfA() : TunnelOfB();
    if ((which & 3) == 3) tunnel.local = net::Address::V4(0xc6336400U | which);
    side.address = tunnel.local;
    auto profile = ProfileOf(tunnel);
    profile->mobike = which % 5 != 4;
    profile->mobike_unchecked = which % 7 == 6;
    if (addresses_) SetAddresses(&side == &net_.b, which, tunnel, *profile);
    Policy::Parts parts = PolicyWith(tunnel, profile);
    if (addresses_ && &side == &net_.b) Assign(which, parts);
    if (additional_) {
      parts.ike.front().offers.front().additional_groups = {{35}, {20}};
      auto child = std::make_shared<ChildConfig>(*parts.children.front());
      child->offers.front().groups = {31};
      parts.children.front() = child;
    }
    side.SetPolicy(std::move(parts));
  }

  // The one asks for an address and its whole end, the other has a policy with a pool.
  static void SetAddresses(bool assigns, uint8_t which, Tunnel& tunnel, Profile& profile) {
    profile.config_exchange = {.request = !assigns,
                               .address = which % 9 != 8,
                               .accept = which % 2 == 0,
                               .send = assigns && which % 3 == 0};
    const auto all = *net::Prefix::Parse("0.0.0.0/0");
    (assigns ? tunnel.inside_remote : tunnel.inside_local) = all;
    if (!assigns || which % 6 == 5) return;
    auto policy = std::make_shared<Authorization>();
    policy->pool = which % 8 == 7 ? "" : "POOL";
    policy->dns = {*net::Address::Parse("10.2.0.53")};
    policy->split_dns = {"example.org"};
    policy->routes = {tunnel.inside_local};
    profile.psk_authorization = policy;
  }
  static void Assign(uint8_t which, Policy::Parts& parts) {
    auto child = std::make_shared<ChildConfig>(*parts.children.front());
    child->peers.clear();
    child->dynamic_sequence = 1;
    parts.children.front() = child;
    const net::Address first = net::Address::V4(0x0a090001U + 256U * (which % 3));
    parts.pools = {{"POOL", false, {{first, 1U + which % 2U}}, {}}};
  }

  // True: the packet goes on, as it is now.
  bool Spoil(const Side& from, Buffer& packet) {
    if (input_.empty() || ++spoiled_ > kMaxSpoiled) return true;
    switch (input_.Next() % 8) {
      case 3:
        return false;
      case 4:  // it comes now, and once more later
        Hold(from, packet);
        return true;
      case 5:  // it comes late
        Hold(from, packet);
        return false;
      case 6:
        Change(input_, packet);
        return true;
      case 7:
        ChangeInside(from, packet);
        return true;
      default:
        return true;
    }
  }

  void Hold(const Side& from, const Buffer& packet) {
    if (held_.size() < kMaxHeld) held_.push_back({&from, packet});
  }

  void BringHeld() {
    if (held_.empty() || (input_.Next() & 1) == 0) return;
    const size_t at = input_.Below(held_.size());
    const Held held = held_[at];
    held_.erase(held_.begin() + static_cast<ptrdiff_t>(at));
    Inject(Other(*held.from), held.from->address, held.packet);
    net_.Pass(1);
  }

  // The sender has the keys: what it says is protected rightly, and wrong.
  void ChangeInside(const Side& from, Buffer& packet) {
    Side& to = Other(from);
    const auto header = ParseHeader(packet);
    if (!header) return;
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    const uint64_t spi = header->from_initiator ? header->responder_spi : header->initiator_spi;
    IkeSa* const sa = to.machine.core().Find(spi);
    const bool open = chain && chain->encrypted && sa != nullptr &&
                      sa->state != IkeSa::State::kInit &&
                      chain->encrypted->payload.type == PayloadType::kEncrypted;
    if (!open) return Change(input_, packet);
    const auto text = v2::Open(sa->inbound(), packet, *chain->encrypted);
    if (!text) return;
    Buffer inner = *text;
    PayloadType first = chain->encrypted->first_inner;
    const uint8_t how = input_.Next();
    if ((how & 1) != 0) ChangeOrder(input_, first, inner);
    if ((how & 2) != 0 || (how & 1) == 0) Change(input_, inner);
    SeededRng rng(7);
    auto sealed = v2::Seal(sa->inbound(), counter_, rng, *header, first, inner);
    if (sealed) packet = std::move(*sealed);
  }

  // An SA that fwd has, or 0.
  uint64_t SomeSa(Side& side, size_t argument) {
    const auto& sas = side.fwd.sas();
    if (sas.empty()) return 0;
    return std::next(sas.begin(), static_cast<ptrdiff_t>(argument % sas.size()))->first;
  }

  void Operate() {
    constexpr std::array kEvents = {
        api::EventKind::kSoftBytes,
        api::EventKind::kHardExpired,
        api::EventKind::kSequenceNear,
        api::EventKind::kSequenceOverflow,
        api::EventKind::kEndpointChanged,
        api::EventKind::kEngineFailed,
        api::EventKind::kIdle,
        api::EventKind::kFirstInbound,
        api::EventKind::kPolicyGone,
        api::EventKind::kCleared,
        api::EventKind::kSilence,
        api::EventKind::kSoftTime,
    };
    constexpr std::array kRefusable = {api::MessageType::kSpiReserve, api::MessageType::kSaInstall,
                                       api::MessageType::kPolicyOpen, api::MessageType::kSaMove};
    const uint8_t operation = input_.Next();
    const uint8_t argument = input_.Next();
    Side& side = (operation & 0x80) != 0 ? net_.b : net_.a;
    switch (operation & 7) {
      case 0:
        side.Acquire(1 + argument % 4);
        break;
      case 1:
        side.Event(SomeSa(side, argument / kEvents.size()), kEvents[argument % kEvents.size()]);
        break;
      case 2:
        for (const auto& [spi, sa] : side.machine.core().sas()) {
          if (sa->up()) return RekeyIke(side.machine.core(), *sa);
        }
        break;
      case 3:
        net_.Pass(uint64_t{argument} * argument * 10);
        break;
      case 4:
        side.fwd.RefuseNext(kRefusable[argument % kRefusable.size()], ErrorCode::kExhausted);
        break;
      case 5:
        Configure(side, argument);
        break;
      case 6:
        for (const auto& [spi, sa] : side.machine.core().sas()) {
          if (sa->up()) return DeleteIke(side.machine.core(), *sa, Cause::kClearedByOperator);
        }
        break;
      default:
        break;
    }
    net_.Pass(argument % 16);
  }

  void EndAll() {
    // Rounds: what is on its way may begin another one.
    for (int round = 0; round < 4; ++round) {
      for (Side* side : {&net_.a, &net_.b}) {
        for (const auto& [spi, sa] : side->machine.core().sas()) {
          if (sa->state == IkeSa::State::kGone) continue;
          DeleteIke(side->machine.core(), *sa, Cause::kClearedByOperator);
        }
        side->machine.Poll();
      }
      net_.Pass(kLongMs);
    }
    for (Side* side : {&net_.a, &net_.b}) {
      VAM_CHECK(side->IkeSas() == 0);
      VAM_CHECK(side->fwd.sas().empty());
      VAM_CHECK(side->machine.core().half_open() == 0 && side->machine.core().calls() == 0);
      VAM_CHECK(side->machine.core().CountWith(Other(*side).address) == 0);
      VAM_CHECK(side->machine.core().leases().in_use() == 0);
    }
  }

  void BeginAgain() {
    // fwd may still have to refuse what it was told to.
    for (uint64_t i = 0; i < kMaxOperations && net_.b.Children() == 0; ++i) {
      net_.a.Acquire(99 + i);
      net_.Pass(kLongMs);
    }
    VAM_CHECK(net_.a.Children() == 1 && net_.b.Children() == 1);
    VAM_CHECK(net_.Mismatch().empty());
  }

  struct Held {
    const Side* from;
    Buffer packet;
  };
  Input input_;
  uint8_t seed_;
  Network net_;
  bool additional_;
  bool addresses_;
  SkCounter counter_{uint64_t{1} << 40};
  std::vector<Held> held_;
  size_t spoiled_ = 0;
};

}  // namespace
}  // namespace vam::ike::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vam::ike::test::Fuzzed({data, size}).Run();
  return 0;
}
