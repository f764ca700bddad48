#include "sw/fwd/ike_link.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "sw/base/log.h"
#include "sw/base/text.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

using api::MessageType;

// One number for both: the tables must not drift apart.
static_assert(static_cast<size_t>(api::FastEncryption::kAesGmac256) + 1 == ipsec::kEncryptions);
static_assert(static_cast<size_t>(api::FastIntegrity::kAesGmac256) + 1 == ipsec::kIntegrities);
static_assert(static_cast<int>(api::FastEncryption::kAesGcm128Icv16) ==
              static_cast<int>(ipsec::Encryption::kAesGcm128Icv16));
static_assert(static_cast<int>(api::FastEncryption::kAesCcm256Icv16) ==
              static_cast<int>(ipsec::Encryption::kAesCcm256Icv16));
static_assert(static_cast<int>(api::FastEncryption::kChaCha20Poly1305) ==
              static_cast<int>(ipsec::Encryption::kChaCha20Poly1305));
static_assert(static_cast<int>(api::FastIntegrity::kHmacSha512_256) ==
              static_cast<int>(ipsec::Integrity::kHmacSha512_256));
static_assert(static_cast<int>(api::FastIntegrity::kAesCmac96) ==
              static_cast<int>(ipsec::Integrity::kAesCmac96));

constexpr uint32_t kKnownFlags = api::kSaEsn | api::kSaUdpEncapsulated | api::kSaReplaces;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

template <size_t N>
bool AllZero(const std::array<uint8_t, N>& bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

// Addresses first to last, and any of the family: 0 to all ones. Both none: any of both families.
Result<net::Prefix> ToPrefix(const api::FastAddress& from, const api::FastAddress& to) {
  VAM_TRY(const net::Address first, FromFast(from));
  VAM_TRY(const net::Address last, FromFast(to));
  if (first.family() != last.family()) return Malformed("selector of two families");
  if (first.is_none()) return net::Prefix{};
  const Bytes low = first.bytes(), high = last.bytes();
  size_t length = 0;
  while (length < low.size() * 8) {
    const auto bit = static_cast<uint8_t>(0x80 >> (length % 8));
    if (((low[length / 8] ^ high[length / 8]) & bit) != 0) break;
    ++length;
  }
  for (size_t i = length; i < low.size() * 8; ++i) {
    const auto bit = static_cast<uint8_t>(0x80 >> (i % 8));
    if ((low[i / 8] & bit) != 0 || (high[i / 8] & bit) == 0) {
      return Err(ErrorCode::kUnsupported, "selector addresses are no prefix");
    }
  }
  return net::Prefix::Create(first, static_cast<uint8_t>(length));
}

Result<ipsec::PortRange> ToPorts(uint16_t first, uint16_t last) {
  if (first > last) return Malformed("selector ports upside down");
  return ipsec::PortRange{first, last};
}

// The host of a range of one address; none for another range.
Result<net::Address> ToHost(const api::FastAddress& from, const api::FastAddress& to) {
  VAM_TRY(const net::Address first, FromFast(from));
  VAM_TRY(const net::Address last, FromFast(to));
  return first == last ? first : net::Address();
}

Result<ipsec::Protocol> ToProtocol(uint8_t number) {
  if (number == static_cast<uint8_t>(ipsec::Protocol::kEsp)) return ipsec::Protocol::kEsp;
  if (number == static_cast<uint8_t>(ipsec::Protocol::kAh)) return ipsec::Protocol::kAh;
  return Malformed("protocol is neither 50 nor 51");
}

Status FillEnds(const api::SaInstall& m, IkeSaRequest& request) {
  ipsec::SaParams& params = request.params;
  VAM_TRY(params.local, FromFast(m.endpoints.local));
  VAM_TRY(params.remote, FromFast(m.endpoints.remote));
  if (m.endpoints.reserved != 0) return Malformed("reserved field of the endpoints");
  params.vrf_tag = m.endpoints.front_vrf;
  if ((m.flags & api::kSaUdpEncapsulated) == 0) return Ok();
  request.udp_local = m.endpoints.local_port;
  request.udp_remote = m.endpoints.remote_port;
  if (request.udp_local == 0 || request.udp_remote == 0) return Malformed("UDP port 0");
  return Ok();
}

Status FillSuite(const api::SaInstall& m, ipsec::SaParams& params) {
  const auto encryption = static_cast<size_t>(m.encryption);
  const auto integrity = static_cast<size_t>(m.integrity);
  if (encryption >= ipsec::kEncryptions) return Malformed("no such encryption");
  if (integrity >= ipsec::kIntegrities) return Malformed("no such integrity");
  params.suite = {static_cast<ipsec::Encryption>(encryption),
                  static_cast<ipsec::Integrity>(integrity)};
  if (m.key_length > ipsec::kKeyMaterialBytes) return Malformed("key length");
  if (m.auth_length > m.auth.size()) return Malformed("integrity key length");
  VAM_TRY(params.key_material,
          Secret<ipsec::kKeyMaterialBytes>::From(std::span(m.key).first(m.key_length)));
  VAM_TRY(params.auth_key,
          Secret<ipsec::kAuthKeyBytes>::From(std::span(m.auth).first(m.auth_length)));
  return Ok();
}

Status FillShape(const api::SaInstall& m, ipsec::SaParams& params) {
  if (m.direction != api::FastDirection::kOut && m.direction != api::FastDirection::kIn) {
    return Malformed("no such direction");
  }
  if (m.mode != api::FastMode::kTunnel && m.mode != api::FastMode::kTransport) {
    return Malformed("no such mode");
  }
  const bool inbound = m.direction == api::FastDirection::kIn;
  if (!inbound && m.replay_window != 0) return Malformed("replay window of an outbound SA");
  params.direction = inbound ? ipsec::Direction::kIn : ipsec::Direction::kOut;
  params.mode = m.mode == api::FastMode::kTunnel ? ipsec::Mode::kTunnel : ipsec::Mode::kTransport;
  VAM_TRY(params.protocol, ToProtocol(m.protocol));
  params.id = m.sa_id;
  params.spi = {m.spi};
  params.esn = (m.flags & api::kSaEsn) != 0;
  params.replay_window = m.replay_window;
  params.lifetimes = {m.soft_bytes, m.hard_bytes, m.soft_packets, m.hard_packets};
  return Ok();
}

// For messages that people read.
template <size_t N>
Result<std::string> ToShown(const std::array<char, N>& field) {
  const std::string_view text = TextOf(field);
  if (!IsFilledUp(field)) return Malformed("bytes behind a text about the peer");
  if (!IsPlainText(text)) return Malformed("a text about the peer has control characters");
  return std::string(text);
}

// Null: inbound.
Result<std::shared_ptr<const SessionPeer>> ToPeer(const api::SaInstall& m) {
  SessionPeer peer;
  VAM_TRY(peer.identity, ToShown(m.peer_identity));
  VAM_TRY(peer.description, ToShown(m.peer_description));
  peer.port = m.endpoints.remote_port;
  if (m.direction == api::FastDirection::kOut) {
    return std::make_shared<const SessionPeer>(std::move(peer));
  }
  if (!peer.identity.empty() || !peer.description.empty()) {
    return Malformed("an inbound SA tells of the peer");
  }
  return std::shared_ptr<const SessionPeer>();
}

Result<uint64_t> ToNs(uint64_t ms) {
  if (ms > UINT64_MAX / 2 / kNsPerMs) return Malformed("a lifetime of centuries");
  return ms * kNsPerMs;
}

// First and last address of a match, for packets of a family.
std::pair<net::Address, net::Address> RangeOf(const ipsec::AddressMatch& match, bool v6) {
  std::array<uint8_t, 16> low{}, high{};
  const size_t bytes = v6 ? 16 : 4;
  for (size_t i = 0; i < bytes; ++i) {
    const uint8_t wild = match.address.is_none() ? 0xff : match.wildcard[i];
    low[i] = static_cast<uint8_t>(match.address.raw()[i] & ~wild);
    high[i] = static_cast<uint8_t>(low[i] | wild);
  }
  if (v6) return {net::Address::V6(low), net::Address::V6(high)};
  return {net::Address::V4(LoadBe32(low.data())), net::Address::V4(LoadBe32(high.data()))};
}

}  // namespace

uint32_t ErrorField(const Status& status) {
  return status.has_value() ? 0 : static_cast<uint32_t>(status.error().code) + 1;
}

Result<ipsec::Selectors> FromFast(const api::FastSelector& selector) {
  if (!AllZero(selector.reserved)) return Malformed("reserved field of a selector");
  ipsec::Selectors out;
  VAM_TRY(out.local, ToPrefix(selector.local_first, selector.local_last));
  VAM_TRY(out.remote, ToPrefix(selector.remote_first, selector.remote_last));
  VAM_TRY(out.local_ports, ToPorts(selector.local_port_first, selector.local_port_last));
  VAM_TRY(out.remote_ports, ToPorts(selector.remote_port_first, selector.remote_port_last));
  out.protocol = selector.protocol;
  return out;
}

Result<IkeSaRequest> FromFast(const api::SaInstall& message) {
  if ((message.flags & ~kKnownFlags) != 0) return Malformed("no such flag of an SA");
  if (message.reserved != 0) return Malformed("reserved field of an SA");
  if (message.inside_vrf != message.endpoints.front_vrf) {
    return Err(ErrorCode::kUnsupported, "inside VRF other than the front VRF");
  }
  const bool replaces = (message.flags & api::kSaReplaces) != 0;
  if (replaces != (message.replaces != 0)) return Malformed("replaced SA without its flag");
  IkeSaRequest request;
  VAM_TRY_STATUS(FillEnds(message, request));
  VAM_TRY_STATUS(FillShape(message, request.params));
  VAM_TRY_STATUS(FillSuite(message, request.params));
  VAM_TRY(request.params.selectors, FromFast(message.selector));
  request.policy = message.policy;
  request.replaces = message.replaces;
  request.ike_sa = message.ike_sa;
  request.bundle_index = message.bundle_index;
  request.bundle_size = message.bundle_size;
  VAM_TRY(request.soft_ns, ToNs(message.soft_ms));
  VAM_TRY(request.hard_ns, ToNs(message.hard_ms));
  VAM_TRY(request.idle_ns, ToNs(message.idle_ms));
  VAM_TRY(request.silence_ns, ToNs(message.silence_ms));
  VAM_TRY(request.peer, ToPeer(message));
  return request;
}

Result<IkeSas::Proposal> FromFast(const api::PolicyOpen& message) {
  const std::string_view map = TextOf(message.map);
  if (map.empty()) return Malformed("no crypto map is named");
  if (!IsFilledUp(message.map)) return Malformed("bytes behind the name of the crypto map");
  IkeSas::Proposal proposal;
  proposal.map = map;
  proposal.sequence = message.sequence;
  proposal.line = message.line;
  if (message.interface >= kAnyInterface) return Malformed("no such interface");
  proposal.interface = static_cast<uint16_t>(message.interface);
  VAM_TRY(proposal.peer, FromFast(message.peer));
  proposal.dynamic_sequence = message.dynamic_sequence;
  const api::FastSelector& selector = message.selector;
  // Ranges that are no prefix say nothing wrong of an entry whose lines name the addresses.
  auto selectors = FromFast(selector);
  if (!selectors && selectors.error().code != ErrorCode::kUnsupported) return selectors.error();
  if (selectors) proposal.selectors = *selectors;
  VAM_TRY(proposal.source, ToHost(selector.local_first, selector.local_last));
  VAM_TRY(proposal.destination, ToHost(selector.remote_first, selector.remote_last));
  return proposal;
}

Result<OwnIke> IkeFromFast(Bytes payload) {
  VAM_TRY(const api::IkePacket packet, api::DecodeFast<api::IkePacket>(payload));
  const api::FastEndpoints& ends = packet.endpoints;
  if (packet.reserved != 0 || ends.reserved != 0) return Malformed("reserved field of a packet");
  if ((packet.flags & ~api::kIkeEncapsulated) != 0) return Malformed("no such flag of a packet");
  OwnIke ike;
  ike.encapsulated = (packet.flags & api::kIkeEncapsulated) != 0;
  if (ends.local_port != (ike.encapsulated ? net::kNattPort : net::kIkePort)) {
    return Malformed("local port of IKE is neither 500 nor, encapsulated, 4500");
  }
  if (ends.interface > kNoInterface) return Malformed("no such interface");
  ike.interface = static_cast<uint16_t>(ends.interface);
  ike.vrf = ends.front_vrf;
  VAM_TRY(ike.local, FromFast(ends.local));
  VAM_TRY(ike.remote, FromFast(ends.remote));
  ike.remote_port = ends.remote_port;
  ike.message = payload.subspan(sizeof packet);
  return ike;
}

api::FastSelector ToFast(const ipsec::Flow& flow) {
  api::FastSelector fast{};
  fast.local_first = fast.local_last = ToFast(flow.source);
  fast.remote_first = fast.remote_last = ToFast(flow.destination);
  fast.protocol = flow.protocol;
  const bool shown = flow.ports == ipsec::Field::kShown;
  fast.local_port_first = shown ? flow.source_port : 0;
  fast.local_port_last = shown ? flow.source_port : 0xffff;
  fast.remote_port_first = shown ? flow.destination_port : 0;
  fast.remote_port_last = shown ? flow.destination_port : 0xffff;
  return fast;
}

api::FastSelector ToFast(const ipsec::PolicyLine& line, bool v6) {
  api::FastSelector fast{};
  const auto local = RangeOf(line.source, v6), remote = RangeOf(line.destination, v6);
  fast.local_first = ToFast(local.first);
  fast.local_last = ToFast(local.second);
  fast.remote_first = ToFast(remote.first);
  fast.remote_last = ToFast(remote.second);
  fast.local_port_first = line.source_ports.low;
  fast.local_port_last = line.source_ports.high;
  fast.remote_port_first = line.destination_ports.low;
  fast.remote_port_last = line.destination_ports.high;
  fast.protocol = line.protocol;
  return fast;
}

template <typename T>
void IkeLink::Send(MessageType type, uint32_t request, const T& message) {
  if (outgoing_.size() == kMaxOutgoing) {
    ++dropped_;
    return;
  }
  const Bytes bytes = api::EncodeFast(message);
  outgoing_.push_back({type, request, {bytes.begin(), bytes.end()}});
}

bool IkeLink::Receive(MessageType type, uint32_t request, Bytes payload) {
  // What came about before goes out before.
  Collect();
  switch (type) {
    case MessageType::kSpiReserve:
      OnReserve(request, payload);
      return true;
    case MessageType::kSaInstall:
      OnInstall(request, payload);
      return true;
    case MessageType::kSaDelete:
      OnDelete(request, payload);
      return true;
    case MessageType::kSaMove:
      OnMove(request, payload);
      return true;
    case MessageType::kPolicyOpen:
      OnOpen(request, payload);
      return true;
    case MessageType::kIkePacket:
      OnPacket(payload);
      return true;
    case MessageType::kIkeSpi:
      OnSpi(payload);
      return true;
    case MessageType::kIkeCookieKeys:
      OnCookieKeys(payload);
      return true;
    default:
      return false;
  }
}

void IkeLink::OnReserve(uint32_t request, Bytes payload) {
  const auto reserve = [&]() -> Result<std::vector<IkeSas::Reservation>> {
    VAM_TRY(const api::SpiReserve message, api::DecodeFast<api::SpiReserve>(payload));
    if (message.reserved != 0) return Malformed("reserved field of a reservation");
    VAM_TRY(const net::Address local, FromFast(message.local));
    VAM_TRY(const ipsec::Protocol protocol, ToProtocol(message.protocol));
    return sas_.Reserve(message.policy, local, message.front_vrf, protocol, message.count,
                        message.lifetime_ms * kNsPerMs);
  };
  const auto reserved = reserve();
  api::SpiReserved answer{};
  if (!reserved) {
    Log(LogLevel::kWarning, "SPIs are not reserved: {}", reserved.error().text);
    answer.error = ErrorField(reserved.error());
    return Send(MessageType::kSpiReserved, request, answer);
  }
  for (size_t i = 0; i < reserved->size(); ++i) {
    answer.sa_id[i] = (*reserved)[i].sa_id;
    answer.spi[i] = (*reserved)[i].spi;
  }
  Send(MessageType::kSpiReserved, request, answer);
}

void IkeLink::OnInstall(uint32_t request, Bytes payload) {
  const auto install = [&]() -> Result<uint64_t> {
    VAM_TRY(api::SaInstall message, api::DecodeFast<api::SaInstall>(payload));
    Result<IkeSaRequest> wanted = FromFast(message);
    OPENSSL_cleanse(message.key.data(), message.key.size());
    OPENSSL_cleanse(message.auth.data(), message.auth.size());
    if (!wanted) return wanted.error();
    return sas_.Install(std::move(*wanted), request);
  };
  const Result<uint64_t> begun = install();
  if (begun) return;  // the answer comes when an engine holds the SA
  Log(LogLevel::kWarning, "an SA is not installed: {}", begun.error().text);
  api::SaInstalled answer{};
  answer.error = ErrorField(begun.error());
  Send(MessageType::kSaInstalled, request, answer);
}

void IkeLink::OnDelete(uint32_t request, Bytes payload) {
  api::SaDeleted answer{};
  const auto remove = [&]() -> Status {
    VAM_TRY(const api::SaDelete message, api::DecodeFast<api::SaDelete>(payload));
    answer.sa_id = message.sa_id;
    if (message.reserved != 0) return Malformed("reserved field of a removal");
    if ((message.flags & ~api::kDeleteDrain) != 0) return Malformed("no such flag of a removal");
    return sas_.Delete(message.sa_id, (message.flags & api::kDeleteDrain) != 0);
  };
  answer.error = ErrorField(remove());
  Collect();  // an answer to its installation
  Send(MessageType::kSaDeleted, request, answer);
}

void IkeLink::OnMove(uint32_t request, Bytes payload) {
  api::SaMoved answer{};
  const auto move = [&]() -> Status {
    VAM_TRY(const api::SaMove message, api::DecodeFast<api::SaMove>(payload));
    answer.sa_id = message.sa_id;
    const api::FastEndpoints& ends = message.endpoints;
    if (ends.reserved != 0) return Malformed("reserved field of the endpoints");
    if ((message.flags & ~api::kSaUdpEncapsulated) != 0) return Malformed("no such flag of a move");
    IkeSas::Ends to;
    VAM_TRY(to.local, FromFast(ends.local));
    VAM_TRY(to.remote, FromFast(ends.remote));
    to.vrf_tag = ends.front_vrf;
    if ((message.flags & api::kSaUdpEncapsulated) != 0) {
      to.udp_local = ends.local_port;
      to.udp_remote = ends.remote_port;
      if (to.udp_local == 0 || to.udp_remote == 0) return Malformed("UDP port 0");
    }
    return sas_.Move(message.sa_id, to);
  };
  const Status moved = move();
  if (!moved) Log(LogLevel::kWarning, "an SA is not moved: {}", moved.error().text);
  answer.error = ErrorField(moved);
  Collect();  // an answer to its installation
  Send(MessageType::kSaMoved, request, answer);
}

void IkeLink::OnOpen(uint32_t request, Bytes payload) {
  const auto open = [&]() -> Result<IkeSas::Opened> {
    VAM_TRY(const api::PolicyOpen message, api::DecodeFast<api::PolicyOpen>(payload));
    VAM_TRY(const IkeSas::Proposal proposal, FromFast(message));
    return sas_.Open(proposal);
  };
  const Result<IkeSas::Opened> opened = open();
  api::PolicyOpened answer{};
  if (opened) {
    answer.policy = opened->policy;
    answer.dynamic_sequence = opened->dynamic_sequence;
  } else {
    Log(LogLevel::kWarning, "no SA set for a proposal: {}", opened.error().text);
    answer.error = ErrorField(opened.error());
  }
  Send(MessageType::kPolicyOpened, request, answer);
}

void IkeLink::OnPacket(Bytes payload) {
  const Result<OwnIke> ike = IkeFromFast(payload);
  if (ike) {
    static_cast<void>(forwarder_.SendIke(*ike));  // counted there
    return;
  }
  Log(LogLevel::kWarning, "an IKE message is not sent: {}", ike.error().text);
}

void IkeLink::OnSpi(Bytes payload) {
  const auto note = [&]() -> Status {
    VAM_TRY(const api::IkeSpi message, api::DecodeFast<api::IkeSpi>(payload));
    if (!AllZero(message.reserved)) return Malformed("reserved field of an IKE SPI");
    return forwarder_.ike_queues().SetSpi(message.spi, message.state);
  };
  const Status noted = note();
  if (!noted) Log(LogLevel::kWarning, "an IKE SPI is not noted: {}", noted.error().text);
}

void IkeLink::OnCookieKeys(Bytes payload) {
  const auto keys = api::DecodeFast<api::IkeCookieKeys>(payload);
  if (keys && AllZero(keys->reserved)) return forwarder_.ike_queues().SetCookieKeys(*keys);
  Log(LogLevel::kWarning, "keys of cookies are not taken: malformed");
}

void IkeLink::SendAcquire(const EnginePath::AcquireWanted& wanted) {
  const CompiledEntry* entry = sas_.entry(wanted.match.entry);
  // The configuration has changed since: its packets go through policy again.
  if (entry == nullptr || wanted.match.line >= entry->lines.size()) return;
  api::Acquire acquire{};
  acquire.policy = wanted.set;
  acquire.packet = ToFast(wanted.flow);
  acquire.line = ToFast(entry->lines[wanted.match.line], wanted.flow.source.is_v6());
  acquire.peer = ToFast(entry->peer);
  acquire.front_vrf = wanted.front_vrf;
  acquire.inside_vrf = wanted.front_vrf;
  acquire.interface = wanted.interface;
  acquire.sequence = entry->sequence;
  acquire.line_index = wanted.match.line;
  // The grammar allows no longer name (sw/config).
  SetText(acquire.map, entry->map);
  Send(MessageType::kAcquire, 0, acquire);
}

void IkeLink::Collect() {
  for (const EnginePath::AcquireWanted& wanted : path_.TakeAcquires()) SendAcquire(wanted);
  for (const IkeSas::Installed& installed : sas_.TakeInstalled()) {
    api::SaInstalled answer{};
    answer.sa_id = installed.sa_id;
    answer.error = ErrorField(installed.status);
    Send(MessageType::kSaInstalled, installed.token, answer);
  }
  for (const IkeSas::Notice& notice : sas_.TakeNotices()) {
    api::Event event{};
    event.sa_id = notice.sa_id;
    event.kind = notice.kind;
    event.value = notice.value;
    event.endpoints = notice.endpoints;
    Send(MessageType::kEvent, 0, event);
  }
  for (const api::PacketFault& fault : faults_.Take()) {
    Send(MessageType::kPacketFault, 0, fault);
  }
}

std::vector<IkeLink::Outgoing> IkeLink::Take(size_t most) {
  Collect();
  const auto count = static_cast<ptrdiff_t>(std::min(most, outgoing_.size()));
  std::vector<Outgoing> taken(std::make_move_iterator(outgoing_.begin()),
                              std::make_move_iterator(outgoing_.begin() + count));
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + count);
  return taken;
}

void IkeLink::Forget() {
  Collect();
  outgoing_.clear();
}

}  // namespace vam::fwd
