#include "tests/ike/network.h"

#include <algorithm>
#include <cstring>

#include "sw/ike/v2/policy/selectors.h"

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

void Record::IkeUp(const IkeSa& sa) {
  lines_.emplace_back("ike up");
  if (also != nullptr) also->IkeUp(sa);
}
void Record::IkeDown(const IkeSa& sa, Cause cause, bool was_up) {
  lines_.push_back(std::string(was_up ? "ike down " : "ike failed ") + std::string(Name(cause)));
  why_ = sa.setup == nullptr ? "" : sa.setup->why;
  if (also != nullptr) also->IkeDown(sa, cause, was_up);
}
void Record::IkeMoved(const IkeSa& sa) {
  lines_.emplace_back("ike moved");
  if (also != nullptr) also->IkeMoved(sa);
}
void Record::ChildUp(const IkeSa& sa, const ChildSa& child) {
  lines_.emplace_back("child up");
  if (also != nullptr) also->ChildUp(sa, child);
}
void Record::ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) {
  lines_.push_back("child down " + std::string(Name(cause)));
  if (also != nullptr) also->ChildDown(sa, child, cause);
}
void Record::Installing(const api::SaInstall& install) {
  if (also != nullptr) also->Installing(install);
}
void Record::Retransmitted(const IkeSa& sa) {
  if (also != nullptr) also->Retransmitted(sa);
}
void Record::StateChange(const IkeSa& sa, IkeSa::State next) {
  if (also != nullptr) also->StateChange(sa, next);
}
void Record::Packet(const Ends& ends, bool sent, Bytes message) {
  if (also != nullptr) also->Packet(ends, sent, message);
}
void Record::WrongSelectors(const IkeSa& sa, const ChildSa& child, Bytes packet) {
  lines_.emplace_back("wrong selectors");
  if (also != nullptr) also->WrongSelectors(sa, child, packet);
}
void Record::SentOn(const Ends& ends, RedirectPhase phase, const net::Address& gateway) {
  const char* const by = phase == RedirectPhase::kInit   ? "init "
                         : phase == RedirectPhase::kAuth ? "auth "
                                                         : "active ";
  lines_.push_back("sent on " + std::string(by) + net::ToString(gateway));
  if (also != nullptr) also->SentOn(ends, phase, gateway);
}
void Record::Refused(const Ends& ends, Cause cause) {
  lines_.push_back("refused " + std::string(Name(cause)));
  if (also != nullptr) also->Refused(ends, cause);
}
size_t Record::Count(const std::string& line) const {
  return static_cast<size_t>(std::ranges::count(lines_, line));
}

Side::Side(const Clock& clock, uint64_t seed, uint32_t first_spi, net::Address own)
    : address(own),
      rng(seed),
      fwd(first_spi),
      client([this](api::MessageType type, uint32_t request, Bytes payload) {
        return fwd.Receive(type, request, payload);
      }),
      pki(clock),
      machine({clock, rng, client, pki.signer, pki.revocation, record},
              std::make_shared<const Policy>(Policy::Parts{})) {}

void Side::SetPolicy(Policy::Parts parts) {
  machine.SetPolicy(std::make_shared<const Policy>(std::move(parts)));
}

void Side::Acquire(uint64_t policy, const std::string& map, uint32_t sequence) {
  const auto config = machine.core().policy().FindChild(map, sequence, 0, 0);
  api::Acquire acquire{};
  acquire.policy = policy;
  acquire.sequence = sequence;
  std::memcpy(acquire.map.data(), map.data(), map.size());
  if (config != nullptr) {
    const ChildLine& line = config->lines.front();
    acquire.line.local_first = ToFast(line.local.first);
    acquire.line.local_last = ToFast(line.local.last);
    acquire.line.remote_first = ToFast(line.remote.first);
    acquire.line.remote_last = ToFast(line.remote.last);
    acquire.line.local_port_last = acquire.line.remote_port_last = 0xffff;
    acquire.packet = acquire.line;
    if (!config->peers.empty()) acquire.peer = ToFast(config->peers.front());
  }
  machine.Receive(api::MessageType::kAcquire, 0, api::EncodeFast(acquire));
}

void Side::Event(uint64_t sa_id, api::EventKind kind) {
  api::Event event{};
  event.sa_id = sa_id;
  event.kind = kind;
  machine.Receive(api::MessageType::kEvent, 0, api::EncodeFast(event));
}

IkeSa* Side::Up() {
  IkeSa* found = nullptr;
  for (const auto& [spi, sa] : machine.core().sas()) {
    if (sa->state == IkeSa::State::kUp) found = found == nullptr ? sa.get() : nullptr;
  }
  return found;
}

size_t Side::Children() {
  size_t count = 0;
  for (const auto& [spi, sa] : machine.core().sas()) {
    count += static_cast<size_t>(
        std::ranges::count_if(sa->children, [](const auto& child) { return child->carries(); }));
  }
  return count;
}

namespace {

constexpr net::Address kA = net::Address::V4(0xc0000201);  // 192.0.2.1
constexpr net::Address kB = net::Address::V4(0xc0000202);

}  // namespace

Network::Network(uint64_t seed)
    : a(clock_a, seed * 4 + 1, 0x1000, kA),
      b(clock_b, seed * 4 + 2, 0x2000, kB),
      rng_(seed * 4 + 3) {
  a.SetPolicy(PolicyOf(TunnelOfA()));
  b.SetPolicy(PolicyOf(TunnelOfB()));
}

void Network::Collect(Side& from, Side& to) {
  for (FakeFwd::Packet& packet : from.fwd.TakePackets()) {
    const size_t index = sent_++;
    if (on_packet && !on_packet(index, from, packet.bytes)) continue;
    if (reachable && !reachable(packet.packet.endpoints)) continue;
    if (rng_.Below(100) < weather.loss_percent) continue;
    const unsigned copies = rng_.Below(100) < weather.repeat_percent ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
      const uint64_t delay_ms = weather.delay_ms + rng_.Below(weather.jitter_ms + 1);
      flights_.push({clock.MonotonicNs() + delay_ms * kNsPerMs, 2 * index + i, &to, packet});
    }
  }
}

void Network::Deliver(const Flight& flight) {
  std::vector<uint8_t> payload = AsReceived(flight.packet);
  if (translate) {
    api::FastEndpoints ends;
    std::memcpy(&ends, payload.data(), sizeof ends);
    translate(*flight.to, ends);
    std::memcpy(payload.data(), &ends, sizeof ends);
  }
  flight.to->machine.Receive(api::MessageType::kIkePacket, 0, payload);
}

// Answers of fwd, until there are none; what the machines sent goes on its way.
void Network::Settle() {
  for (bool again = true; again;) {
    again = false;
    for (Side* side : {&a, &b}) {
      for (const FakeFwd::Message& answer : side->fwd.TakeAnswers()) {
        side->machine.Receive(answer.type, answer.request, answer.payload);
        again = true;
      }
      if (side->pki.Answer()) {
        side->machine.Poll();
        again = true;
      }
    }
  }
  Collect(a, b);
  Collect(b, a);
}

bool Network::Step(uint64_t until_ns) {
  Settle();
  uint64_t next_ns = std::min(a.machine.next_ns(), b.machine.next_ns());
  if (!flights_.empty()) next_ns = std::min(next_ns, flights_.top().at_ns);
  if (next_ns > until_ns) return false;
  if (next_ns > clock.MonotonicNs()) clock.AdvanceNs(next_ns - clock.MonotonicNs());
  while (!flights_.empty() && flights_.top().at_ns <= clock.MonotonicNs()) {
    const Flight flight = flights_.top();
    flights_.pop();
    Deliver(flight);
  }
  a.machine.Poll();
  b.machine.Poll();
  return true;
}

void Network::Pass(uint64_t ms) {
  const uint64_t until_ns = clock.MonotonicNs() + ms * kNsPerMs;
  while (Step(until_ns)) {
  }
  if (clock.MonotonicNs() < until_ns) clock.AdvanceNs(until_ns - clock.MonotonicNs());
}

void Network::Run(uint64_t ms) {
  const uint64_t until_ns = clock.MonotonicNs() + ms * kNsPerMs;
  const auto waits = [](Side& side) {
    return std::ranges::any_of(side.machine.core().sas(), [](const auto& entry) {
      return !entry.second->requests.empty() || !entry.second->waiting.empty();
    });
  };
  do {
    Settle();
    if (flights_.empty() && !waits(a) && !waits(b)) return;
  } while (Step(until_ns));
}

namespace {

std::string Half(const Side& one, const Side& other) {
  for (const auto& [id, out] : one.fwd.sas()) {
    if (out.direction != api::FastDirection::kOut) continue;
    const api::SaInstall* in = other.fwd.Inbound(out.spi);
    if (in == nullptr) return "an outbound SA whose inbound half is not there";
    if (in->key != out.key || in->auth != out.auth || in->encryption != out.encryption ||
        in->integrity != out.integrity || in->flags != out.flags || in->mode != out.mode) {
      return "two halves of an SA that differ";
    }
    if (std::memcmp(&in->selector.local_first, &out.selector.remote_first,
                    2 * sizeof(api::FastAddress)) != 0) {
      return "selectors that are not each other's mirror";
    }
  }
  return "";
}

}  // namespace

std::string Network::Mismatch() {
  const std::string first = Half(a, b);
  return first.empty() ? Half(b, a) : first;
}

Policy::Parts Changed(const Tunnel& tunnel, const std::function<void(ChildConfig&)>& change) {
  Policy::Parts parts = PolicyOf(tunnel);
  auto child = std::make_shared<ChildConfig>(*parts.children[0]);
  change(*child);
  parts.children = {std::move(child)};
  return parts;
}

Tunnel TunnelOfA() {
  return {kA, kB, *net::Prefix::Parse("10.1.0.0/16"), *net::Prefix::Parse("10.2.0.0/16")};
}
Tunnel TunnelOfB() {
  return {kB, kA, *net::Prefix::Parse("10.2.0.0/16"), *net::Prefix::Parse("10.1.0.0/16")};
}

Policy::Parts PolicyOf(const Tunnel& tunnel) { return PolicyWith(tunnel, ProfileOf(tunnel)); }

std::shared_ptr<Profile> ProfileOf(const Tunnel& tunnel) {
  KeyringPeer peer;
  peer.name = "peer";
  peer.addresses = {net::Prefix::Host(tunnel.remote)};
  const auto bytes = [](const std::string& text) {
    return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  peer.local = std::move(*SharedKey::From(bytes(tunnel.key)));
  peer.remote = std::move(*SharedKey::From(bytes(tunnel.peers_key)));
  auto profile = std::make_shared<Profile>();
  profile->name = "P";
  profile->match =
      IdentityList({{config::IkeIdKind::kAddress, net::Prefix::Host(tunnel.remote), ""}});
  profile->remote_auth = {AuthKind::kSharedKey};
  std::vector<KeyringPeer> peers;
  peers.push_back(std::move(peer));
  profile->keyring = std::make_shared<const Keyring>("K", std::move(peers));
  return profile;
}

Policy::Parts PolicyWith(const Tunnel& tunnel, const std::shared_ptr<const Profile>& profile) {
  Policy::Parts parts;
  IkeOffer offer;
  offer.ciphers = {{EncryptionId::kAesGcm16, 256}, {EncryptionId::kAesCbc, 128}};
  offer.integrities = {IntegrityId::kHmacSha256_128};
  offer.prfs = {PrfId::kHmacSha256};
  offer.groups = {31, 19};
  parts.ike.push_back({{}, {}, {offer}});

  parts.profiles.push_back(profile);

  auto child = std::make_shared<ChildConfig>();
  child->map = "M";
  child->sequence = 10;
  child->local = tunnel.local;
  child->peers = {tunnel.remote};
  child->profile = profile;
  ChildOffer esp;
  esp.ciphers = {{EncryptionId::kAesGcm16, 128}};
  child->offers = {esp};
  TrafficSelector any;
  child->lines = {{WithPrefix(any, tunnel.inside_local), WithPrefix(any, tunnel.inside_remote)}};
  parts.children.push_back(child);
  return parts;
}

}  // namespace vam::ike::test
