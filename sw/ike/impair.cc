#include "sw/ike/impair.h"

#include <algorithm>
#include <utility>

#include "sw/ike/v2/wire/header.h"
#include "sw/ike/v2/wire/message.h"

namespace vam::ike {
namespace {

using api::ImpairRule;

// Places in the header (RFC 7296, 3.1).
constexpr size_t kNextPayload = 16, kExchange = 18, kMessageId = 20, kLength = 24;
// In a notify payload: behind the generic header, protocol and SPI size.
constexpr size_t kNotifyType = 6;

// Where the first notify of a message in clear has its type; 0: there is none.
size_t NotifyAt(Bytes message) {
  size_t at = v2::kHeaderBytes;
  uint8_t type = message[kNextPayload];
  while (type != 0 && at + v2::kPayloadHeaderBytes <= message.size()) {
    const size_t length = LoadBe16(message.data() + at + 2);
    if (type == static_cast<uint8_t>(v2::PayloadType::kEncrypted) ||
        type == static_cast<uint8_t>(v2::PayloadType::kEncryptedFragment) ||
        length < v2::kPayloadHeaderBytes || at + length > message.size()) {
      return 0;
    }
    if (type == static_cast<uint8_t>(v2::PayloadType::kNotify) && length >= kNotifyType + 2) {
      return at + kNotifyType;
    }
    type = message[at];
    at += length;
  }
  return 0;
}

// False: there is no such field. Each value is one that the peer cannot take for what was sent.
bool Mutate(ImpairRule::Field field, std::vector<uint8_t>& message) {
  switch (field) {
    case ImpairRule::EXCHANGE:
      message[kExchange] ^= 1;
      return true;
    case ImpairRule::MESSAGE_ID:
      message[kMessageId + 3] ^= 0x55;
      return true;
    case ImpairRule::PAYLOAD:
      message[kNextPayload] ^= 0x55;
      return true;
    case ImpairRule::LENGTH:
      message[kLength + 3] ^= 1;
      return true;
    case ImpairRule::NOTIFY: {
      const size_t at = NotifyAt(message);
      if (at == 0) return false;
      message[at] ^= 0x15;
      return true;
    }
    default:
      return false;
  }
}

std::string Refusal(const ImpairRule& rule, size_t rules) {
  if (rules >= Impairment::kMostRules) return "There are 32 rules, which is the most.";
  if (rule.fault() == ImpairRule::NONE || rule.fault() > ImpairRule::MUTATE) {
    return "There is no such fault.";
  }
  if (rule.fault() == ImpairRule::MUTATE && rule.field() == ImpairRule::FIELD_NONE) {
    return "A field must be named.";
  }
  if (rule.percent() > 100) return "A percentage is 100 at most.";
  if (rule.delay_ms() > Impairment::kLongestDelayMs) return "A delay is 60 seconds at most.";
  return "";
}

}  // namespace

void Impairment::SetWays(Pass out, Pass in) {
  out_ = std::move(out);
  in_ = std::move(in);
}

void Impairment::Forward(bool out, api::IkePacket packet, Bytes message) {
  packet.length = static_cast<uint32_t>(message.size());
  const Bytes head = api::EncodeFast(packet);
  std::vector<uint8_t> payload(head.begin(), head.end());
  payload.insert(payload.end(), message.begin(), message.end());
  (out ? out_ : in_)(payload);
}

bool Impairment::IsAbout(Rule& rule, bool out, Bytes message) {
  ImpairRule& what = rule.rule;
  if (what.direction() == (out ? ImpairRule::INCOMING : ImpairRule::OUTGOING)) return false;
  if (what.exchange() != 0 && message[kExchange] != what.exchange()) return false;
  // A message without a notify in clear is none that a rule of notifies is about.
  if (what.field() == ImpairRule::NOTIFY && NotifyAt(message) == 0) return false;
  what.set_seen(what.seen() + 1);
  return true;
}

bool Impairment::IsItsTime(Rule& rule) {
  const ImpairRule& what = rule.rule;
  if (what.nth() != 0) return what.seen() == what.nth();
  if (what.every() != 0) return what.seen() % what.every() == 0;
  return what.percent() == 0 || rule.rng.Below(100) < what.percent();
}

bool Impairment::Act(Rule& rule, bool out, const api::IkePacket& packet, Message& message,
                     std::vector<Message>& more) {
  const ImpairRule& what = rule.rule;
  switch (what.fault()) {
    case ImpairRule::DROP:
      return false;
    case ImpairRule::DUPLICATE:
      more.push_back(message);
      return true;
    case ImpairRule::DELAY:
      if (late_.size() < kMostDelayed) {
        const uint64_t due_ns = clock_.MonotonicNs() + what.delay_ms() * kNsPerMs;
        late_.emplace(due_ns, Late{out, packet, message});
      }
      return false;
    case ImpairRule::CORRUPT: {
      // The header stays: what is meant to be found is found by the checksum, or by the parser.
      const size_t first = v2::kHeaderBytes;
      const size_t at = first + rule.rng.Below(message.size() - first);
      message[at] ^= static_cast<uint8_t>(1U << rule.rng.Below(8));
      return true;
    }
    case ImpairRule::REPLAY:
      if (!rule.earlier.empty()) more.push_back(rule.earlier);
      return true;
    case ImpairRule::MUTATE:
      static_cast<void>(Mutate(what.field(), message));
      return true;
    default:
      return true;
  }
}

void Impairment::Through(bool out, Bytes payload) {
  const auto packet = api::DecodeFast<api::IkePacket>(payload);
  // What keeps a NAT's mapping, and what is no message, is not spoiled.
  if (rules_.empty() || !packet || packet->length <= v2::kHeaderBytes) {
    return (out ? out_ : in_)(payload);
  }
  Message message(payload.begin() + sizeof *packet, payload.end());
  std::vector<Message> more;
  bool goes_on = true;
  for (Rule& rule : rules_) {
    const ImpairRule& what = rule.rule;
    if (!IsAbout(rule, out, message)) continue;
    const Message before = message;
    const size_t copies = more.size();
    if (IsItsTime(rule)) goes_on = Act(rule, out, *packet, message, more);
    if (!goes_on || message != before || more.size() != copies) {
      rule.rule.set_done(rule.rule.done() + 1);
    }
    if (what.fault() == ImpairRule::REPLAY) rule.earlier = before;
    if (!goes_on) break;
  }
  if (goes_on) Forward(out, *packet, message);
  for (const Message& one : more) Forward(out, *packet, one);
}

void Impairment::Poll() {
  const uint64_t now = clock_.MonotonicNs();
  while (!late_.empty() && late_.begin()->first <= now) {
    const Late late = std::move(late_.begin()->second);
    late_.erase(late_.begin());
    Forward(late.out, late.packet, late.message);
  }
}

uint64_t Impairment::next_ns() const { return late_.empty() ? UINT64_MAX : late_.begin()->first; }

std::string Impairment::Change(const api::ImpairRequest& request) {
  if (request.what_case() == api::ImpairRequest::kAdd) {
    std::string refusal = Refusal(request.add(), rules_.size());
    if (!refusal.empty()) return refusal;
    Rule rule{request.add(), SeededRng(request.add().seed()), {}};
    rule.rule.set_number(++last_number_);
    rule.rule.set_seen(0);
    rule.rule.set_done(0);
    rules_.push_back(std::move(rule));
    return "";
  }
  if (request.what_case() != api::ImpairRequest::kRemove) return "Nothing is asked for.";
  const uint32_t number = request.remove();
  if (number == 0) {
    rules_.clear();
    return "";
  }
  const auto at = std::ranges::find_if(
      rules_, [number](const Rule& rule) { return rule.rule.number() == number; });
  if (at == rules_.end()) return "There is no such rule.";
  rules_.erase(at);
  return "";
}

api::Impairments Impairment::Show() const {
  api::Impairments show;
  show.set_built_in(true);
  for (const Rule& rule : rules_) *show.add_rule() = rule.rule;
  return show;
}

}  // namespace vam::ike
