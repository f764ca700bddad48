#include "sw/fwd/pinger.h"

#include <algorithm>
#include <utility>

namespace vam::fwd {

namespace {

constexpr char kAnswered = '!';
constexpr char kTimedOut = '.';
constexpr char kUnreachable = 'U';
constexpr char kCouldNotFragment = 'M';
constexpr char kTtlExceeded = '&';
constexpr char kWrong = '?';

char MarkOf(EchoTrouble trouble) {
  switch (trouble) {
    case EchoTrouble::kUnreachable:
      return kUnreachable;
    case EchoTrouble::kCouldNotFragment:
      return kCouldNotFragment;
    case EchoTrouble::kTtlExceeded:
      return kTtlExceeded;
    case EchoTrouble::kOther:
      break;
  }
  return kWrong;
}

void Count(char mark, api::Ping& result) {
  result.set_sent(result.sent() + 1);
  switch (mark) {
    case kAnswered:
      return result.set_received(result.received() + 1);
    case kTimedOut:
      return result.set_timed_out(result.timed_out() + 1);
    case kUnreachable:
      return result.set_unreachable(result.unreachable() + 1);
    case kCouldNotFragment:
      return result.set_could_not_fragment(result.could_not_fragment() + 1);
    case kTtlExceeded:
      return result.set_ttl_exceeded(result.ttl_exceeded() + 1);
    default:
      return result.set_wrong_answer(result.wrong_answer() + 1);
  }
}

api::Ping ResultOf(const PingPlan& plan) {
  api::Ping result;
  result.set_destination(net::ToString(plan.echo.destination));
  result.set_source(net::ToString(plan.echo.source));
  result.set_vrf(plan.vrf);
  result.set_bytes(static_cast<uint32_t>(plan.echo.bytes));
  result.set_timeout_seconds(static_cast<uint32_t>(plan.timeout_ns / kNsPerSecond));
  result.set_dont_fragment(plan.echo.dont_fragment);
  result.set_validate(plan.validate);
  result.set_pattern(plan.echo.pattern);
  result.set_repeat(plan.repeat);
  return result;
}

}  // namespace

Pinger::Ping* Pinger::Find(uint64_t id) {
  const auto found =
      std::ranges::find_if(pings_, [id](const Ping& ping) { return ping.plan.id == id; });
  return found == pings_.end() ? nullptr : &*found;
}

Pinger::Ping* Pinger::UnderWay(EchoName name) {
  const auto found = std::ranges::find_if(
      pings_, [name](const Ping& ping) { return ping.under_way && ping.plan.echo.name == name; });
  return found == pings_.end() ? nullptr : &*found;
}

// A link-local address means nothing without its link, but the name is this ping's alone.
Pinger::Ping* Pinger::Meant(const EchoAnswer& answer) {
  Ping* ping = UnderWay(answer.name);
  if (ping == nullptr) return nullptr;
  const OwnEcho& echo = ping->plan.echo;
  const bool same = echo.vrf == answer.vrf && echo.source == answer.source &&
                    echo.destination == answer.destination;
  return same ? ping : nullptr;
}

// Not to be guessed by who did not see the request.
uint16_t Pinger::FreeIdentifier() {
  for (;;) {
    const auto identifier = static_cast<uint16_t>(1 + rng_.Below(0xffff));
    const bool taken = std::ranges::any_of(pings_, [identifier](const Ping& ping) {
      return ping.plan.echo.name.identifier == identifier;
    });
    if (!taken) return identifier;
  }
}

void Pinger::Refuse(uint32_t request, std::string sentence) {
  Answer answer{request, {}};
  answer.reply.set_error(std::move(sentence));
  answers_.push_back(std::move(answer));
}

void Pinger::Start(uint32_t request, PingPlan plan) {
  if (Find(plan.id) != nullptr) return Refuse(request, "This ping is under way.");
  if (pings_.size() >= kMaxPings) {
    return Refuse(request, "8 pings are under way: wait for one of them.");
  }
  plan.echo.name = {FreeIdentifier(), 0};
  Ping ping;
  ping.result = ResultOf(plan);
  ping.plan = std::move(plan);
  ping.asked = request;
  ping.asked_ns = clock_.MonotonicNs();
  pings_.push_back(std::move(ping));
}

void Pinger::Next(uint32_t request, uint64_t id) {
  Ping* ping = Find(id);
  if (ping == nullptr) return Refuse(request, "This ping has ended.");
  if (ping->asked != 0) Refuse(ping->asked, "The next piece was asked for twice.");
  ping->asked = request;
  ping->asked_ns = clock_.MonotonicNs();
}

void Pinger::Stop(uint64_t id) {
  Ping* ping = Find(id);
  if (ping == nullptr) return;
  ping->stopped = true;
  ping->under_way = false;
}

void Pinger::Forget(uint64_t id) {
  std::erase_if(pings_, [id](const Ping& ping) { return ping.plan.id == id; });
}

void Pinger::ForgetAll() {
  pings_.clear();
  answers_.clear();
}

void Pinger::End(Ping& ping, char mark) {
  ping.under_way = false;
  ping.marks += mark;
  Count(mark, ping.result);
}

// A request of several parts counts once, by the first that was dropped.
void Pinger::NoteDrop(Ping& ping, Reason reason) {
  if (std::exchange(ping.drop_noted, true)) return;
  const std::string name(ReasonName(reason));
  for (api::ReasonCount& drop : *ping.result.mutable_drop()) {
    if (drop.reason() == name) return drop.set_packets(drop.packets() + 1);
  }
  api::ReasonCount& drop = *ping.result.add_drop();
  drop.set_reason(name);
  drop.set_packets(1);
}

// What does not fit never will; all else may still find its way (an SA, a neighbour), so that its
// time runs on as for a packet that is lost outside.
void Pinger::OnEchoDropped(EchoName name, Reason reason) {
  Ping* ping = UnderWay(name);
  if (ping == nullptr) return;
  NoteDrop(*ping, reason);
  if (reason == Reason::kMtuExceeded) End(*ping, kCouldNotFragment);
}

void Pinger::OnEchoReply(const EchoAnswer& answer, Bytes data) {
  Ping* ping = Meant(answer);
  if (ping == nullptr) return;
  const OwnEcho& echo = ping->plan.echo;
  const size_t headers =
      (echo.destination.is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes) +
      net::kIcmpHeaderBytes;
  if (ping->plan.validate &&
      (data.size() != echo.bytes - headers || !IsEchoData(echo.pattern, data))) {
    return End(*ping, kWrong);
  }
  const uint64_t us = (clock_.MonotonicNs() - ping->sent_ns) / kNsPerUs;
  End(*ping, kAnswered);
  api::Ping& result = ping->result;
  const bool first = result.received() == 1;
  ping->total_us += us;
  result.set_minimum_microseconds(first ? us : std::min(us, result.minimum_microseconds()));
  result.set_maximum_microseconds(first ? us : std::max(us, result.maximum_microseconds()));
  result.set_average_microseconds(ping->total_us / result.received());
}

void Pinger::OnEchoError(const EchoAnswer& answer, EchoTrouble trouble) {
  Ping* ping = Meant(answer);
  if (ping != nullptr) End(*ping, MarkOf(trouble));
}

// Under way before it is sent, for it may end on the way out.
void Pinger::Send(Ping& ping, uint64_t now_ns) {
  ++ping.plan.echo.name.sequence;
  ping.under_way = true;
  ping.drop_noted = false;
  ping.sent_ns = now_ns;
  const Status sent = forwarder_.SendEcho(ping.plan.echo);
  if (sent) return;
  // The address has left its interface, or that went down; or there is no buffer.
  const bool no_buffer = sent.error().code == ErrorCode::kExhausted;
  NoteDrop(ping, no_buffer ? Reason::kNoBuffer : Reason::kInterfaceDown);
}

bool Pinger::HasNews(const Ping& ping, uint64_t now_ns) {
  if (!ping.begun || ping.ended() || ping.marks.size() >= kPieceMarks) return true;
  if (!ping.marks.empty() && now_ns - ping.told_ns >= kPieceNs) return true;
  return now_ns - ping.asked_ns >= kSilenceNs;
}

void Pinger::Tell(Ping& ping, uint64_t now_ns) {
  Answer answer{std::exchange(ping.asked, 0), {}};
  answer.reply.set_marks(std::exchange(ping.marks, {}));
  answer.reply.set_done(ping.ended());
  *answer.reply.mutable_ping() = ping.result;
  answers_.push_back(std::move(answer));
  ping.begun = true;
  ping.told_ns = now_ns;
}

bool Pinger::Poll() {
  if (pings_.empty()) return false;
  bool sent = false;
  const uint64_t now = clock_.MonotonicNs();
  for (Ping& ping : pings_) {
    if (ping.under_way && now - ping.sent_ns >= ping.plan.timeout_ns) End(ping, kTimedOut);
    if (ping.under_way || ping.ended() || ping.marks.size() >= kMostMarks) continue;
    Send(ping, now);
    sent = true;
  }
  std::vector<uint64_t> told_wholly;
  for (Ping& ping : pings_) {
    if (ping.asked == 0 || !HasNews(ping, now)) continue;
    if (ping.ended()) told_wholly.push_back(ping.plan.id);
    Tell(ping, now);
  }
  for (const uint64_t id : told_wholly) Forget(id);
  return sent;
}

std::vector<Pinger::Answer> Pinger::Take() { return std::exchange(answers_, {}); }

}  // namespace vam::fwd
