#include "sw/ike/v2/exchange/configuration.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "sw/base/text.h"
#include "sw/ike/v2/policy/selectors.h"

namespace vam::ike::v2 {

namespace {

// A version number would tell strangers what to look up.
constexpr std::string_view kVersion = "OpenVAM";

using Attribute = ConfigAttribute;

// What we know to answer.
constexpr std::array kSupported = {
    Attribute::kInternalIp4Address, Attribute::kInternalIp4Netmask, Attribute::kInternalIp4Dns,
    Attribute::kInternalIp4Nbns,    Attribute::kApplicationVersion, Attribute::kInternalIp6Address,
    Attribute::kInternalIp6Dns,     Attribute::kInternalIp4Subnet,  Attribute::kSupportedAttributes,
    Attribute::kInternalIp6Subnet,  Attribute::kInternalDnsDomain,  Attribute::kUnityDefaultDomain,
};

// Puts attributes together.
class Writer {
 public:
  explicit Writer(ConfigType type) { out_.type = type; }

  void Add(Attribute type, Bytes value = {}) {
    out_.attributes.emplace_back(type, std::vector<uint8_t>(value.begin(), value.end()));
  }
  void Addresses(const std::vector<net::Address>& addresses, Attribute v4, Attribute v6) {
    for (const net::Address& address : addresses) {
      Add(address.is_v4() ? v4 : v6, address.bytes());
    }
  }
  // With the length of its prefix (3.15.1).
  void AddressV6(const net::Address& address, uint8_t length, Attribute type) {
    std::vector<uint8_t> value(address.bytes().begin(), address.bytes().end());
    value.push_back(length);
    Add(type, value);
  }
  void Subnet(const net::Prefix& prefix) {
    if (prefix.base().is_v6()) {
      return AddressV6(prefix.base(), prefix.length(), Attribute::kInternalIp6Subnet);
    }
    std::array<uint8_t, 8> value{};
    std::ranges::copy(prefix.base().bytes(), value.begin());
    StoreBe32(value.data() + 4, net::MaskFromLength(prefix.length()));
    Add(Attribute::kInternalIp4Subnet, value);
  }
  OwnedConfiguration Take() && { return std::move(out_); }

 private:
  OwnedConfiguration out_;
};

// The addresses of an attribute's value: 4 bytes, 16, or 17 with a length. None: empty or no host.
net::Address AddressIn(Bytes value) {
  if (value.size() == 17) value = value.first(16);
  const auto address = net::Address::FromBytes(value);
  return address && address->IsRoutableUnicast() ? *address : net::Address();
}

// Which policy is for a peer, by how it has proved who it is. Null: none.
const Authorization* AuthorizationOf(const Profile& profile, AuthKind proved) {
  return proved == AuthKind::kSharedKey ? profile.psk_authorization.get()
                                        : profile.cert_authorization.get();
}
const Authorization* AuthorizationOf(const IkeSa& sa) {
  return AuthorizationOf(*sa.profile, sa.peer_auth);
}

// What is told without an address of its own: servers, networks; the rest to who asks for it.
void Tell(const Authorization& policy, const ConfigurationPayload* asked, Writer& writer) {
  writer.Addresses(policy.dns, Attribute::kInternalIp4Dns, Attribute::kInternalIp6Dns);
  writer.Addresses(policy.wins, Attribute::kInternalIp4Nbns, Attribute::kInternalIp4Nbns);
  for (const net::Prefix& route : policy.routes) writer.Subnet(route);
  const auto asks = [asked](Attribute type) {
    return asked != nullptr && Find(asked->attributes, type) != nullptr;
  };
  if (asks(Attribute::kUnityDefaultDomain) && !policy.domain.empty()) {
    writer.Add(Attribute::kUnityDefaultDomain, BytesOf(policy.domain));
  }
  // Without name servers the domains mean nothing (RFC 8598, 3.1).
  if (!asks(Attribute::kInternalDnsDomain) || policy.dns.empty()) return;
  for (const std::string& domain : policy.split_dns) {
    writer.Add(Attribute::kInternalDnsDomain, BytesOf(domain));
  }
}

void AnswerCapabilities(const ConfigurationPayload& asked, Writer& writer) {
  if (Find(asked.attributes, Attribute::kApplicationVersion) != nullptr) {
    writer.Add(Attribute::kApplicationVersion, BytesOf(kVersion));
  }
  if (Find(asked.attributes, Attribute::kSupportedAttributes) == nullptr) return;
  std::vector<uint8_t> value(2 * kSupported.size());
  for (size_t i = 0; i < kSupported.size(); ++i) {
    StoreBe16(value.data() + 2 * i, static_cast<uint16_t>(kSupported.at(i)));
  }
  writer.Add(Attribute::kSupportedAttributes, value);
}

// What the peer has, where it asks for it.
void TellAddresses(const IkeSa& sa, const ConfigurationPayload& asked, const Authorization& policy,
                   Writer& writer) {
  const auto asks = [&asked](Attribute type) { return Find(asked.attributes, type) != nullptr; };
  if (sa.assigned.v4 != nullptr && asks(Attribute::kInternalIp4Address)) {
    writer.Add(Attribute::kInternalIp4Address, sa.assigned.v4->address().bytes());
    if (!policy.netmask.is_none()) {
      writer.Add(Attribute::kInternalIp4Netmask, policy.netmask.bytes());
    }
  }
  if (sa.assigned.v6 != nullptr && asks(Attribute::kInternalIp6Address)) {
    writer.AddressV6(sa.assigned.v6->address(), 128, Attribute::kInternalIp6Address);
  }
}

OwnedConfiguration ReplyTo(const IkeSa& sa, const ConfigurationPayload& asked,
                           const Authorization* policy) {
  Writer writer(ConfigType::kReply);
  if (policy != nullptr) {
    TellAddresses(sa, asked, *policy, writer);
    Tell(*policy, &asked, writer);
  }
  AnswerCapabilities(asked, writer);
  return std::move(writer).Take();
}

// One family: what is asked for and not there yet.
void Assign(Core& core, const IkeSa& sa, const ConfigurationPayload& asked, Attribute type,
            const std::string& pool, std::shared_ptr<const AddressLease>& lease) {
  const ConfigurationAttribute* wish = Find(asked.attributes, type);
  if (wish == nullptr || pool.empty() || lease != nullptr) return;
  const bool ipv6 = type == Attribute::kInternalIp6Address;
  auto assigned =
      core.leases().Assign(pool, ipv6, {sa.peer_identity, sa.ends.remote}, AddressIn(wish->value));
  if (assigned) lease = std::move(*assigned);
}

bool AsksForAddress(const ConfigurationPayload& asked) {
  return Find(asked.attributes, Attribute::kInternalIp4Address) != nullptr ||
         Find(asked.attributes, Attribute::kInternalIp6Address) != nullptr;
}

// The CP payload of that type; nothing: there is none, or of another type, which is passed over.
Result<std::optional<ConfigurationPayload>> ReadPayload(const Incoming& message, ConfigType type) {
  const std::optional<ConfigurationPayload> none;
  if (Find(message.payloads, PayloadType::kConfiguration) == nullptr) return none;
  VAM_TRY(const Bytes body, Only(message.payloads, PayloadType::kConfiguration));
  VAM_TRY(ConfigurationPayload payload, ParseConfiguration(body));
  return payload.type == type ? std::optional(std::move(payload)) : none;
}

ConfigurationAnswer Refuse(Core& core, const IkeSa& sa, NotifyType refusal, Cause cause) {
  core.Drop(sa.ends, cause);
  return {std::nullopt, refusal};
}

}  // namespace

void OwnedConfiguration::Write(MessageBuilder& message) const {
  ConfigurationPayload payload;
  payload.type = type;
  for (const auto& [attribute, value] : attributes)
    payload.attributes.push_back({attribute, value});
  AddConfiguration(message, payload);
}

ConfigurationAnswer AnswerConfiguration(Core& core, IkeSa& sa, const Incoming& request) {
  const Authorization* policy = AuthorizationOf(sa);
  if (policy == nullptr) return {};
  const auto asked = ReadPayload(request, ConfigType::kRequest);
  if (!asked) return Refuse(core, sa, NotifyType::kInvalidSyntax, Cause::kMalformed);
  if (*asked && policy->assigns()) {
    Assign(core, sa, **asked, Attribute::kInternalIp4Address, policy->pool, sa.assigned.v4);
    Assign(core, sa, **asked, Attribute::kInternalIp6Address, policy->ipv6_pool, sa.assigned.v6);
  }
  if (policy->assigns() && sa.assigned.empty()) {
    return *asked && AsksForAddress(**asked)
               ? Refuse(core, sa, NotifyType::kInternalAddressFailure, Cause::kNoAddress)
               : Refuse(core, sa, NotifyType::kFailedCpRequired, Cause::kAddressNotAsked);
  }
  if (!*asked) return {};
  return {ReplyTo(sa, **asked, policy), std::nullopt};
}

std::vector<TrafficSelector> WithinAssigned(const IkeSa& sa, std::vector<TrafficSelector> remote) {
  if (sa.assigned.empty()) return remote;
  std::vector<TrafficSelector> out;
  for (const auto& lease : {sa.assigned.v4, sa.assigned.v6}) {
    if (lease == nullptr) continue;
    const TrafficSelector host = WithPrefix(TrafficSelector(), net::Prefix::Host(lease->address()));
    for (const TrafficSelector& selector : remote) {
      if (const auto common = Intersect(selector, host)) out.push_back(*common);
    }
  }
  return out;
}

bool KeepsAddresses(Core& core, const IkeSa& sa) {
  if (sa.assigned.empty()) return true;
  const auto profile = core.policy().FindProfile(sa.profile->name);
  const Authorization* policy =
      profile == nullptr ? nullptr : AuthorizationOf(*profile, sa.peer_auth);
  if (policy == nullptr) return false;
  const auto keeps = [&core](const auto& lease, bool ipv6, const std::string& pool) {
    return lease == nullptr || core.leases().Has(pool, ipv6, lease->address());
  };
  return keeps(sa.assigned.v4, false, policy->pool) &&
         keeps(sa.assigned.v6, true, policy->ipv6_pool);
}

// ---- what a peer tells us

namespace {

// Printable, and no longer than is kept; empty: neither.
std::string TextIn(Bytes value) {
  const bool printable =
      std::ranges::all_of(value, [](uint8_t byte) { return byte > 0x20 && byte < 0x7f; });
  if (!printable || value.size() > kLongestPushedText) return "";
  return {value.begin(), value.end()};
}
// The same of a sentence: with blanks in it.
std::string SentenceIn(Bytes value) {
  std::string text;
  for (const uint8_t byte : value.first(std::min(value.size(), kLongestPushedText))) {
    text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
  }
  return text;
}

// Nothing: empty, or a mask with holes.
std::optional<net::Prefix> SubnetIn(Bytes value) {
  if (value.size() == 8) {
    const auto length = net::LengthFromMask(LoadBe32(value.data() + 4));
    const auto base = net::Address::FromBytes(value.first(4));
    if (!length || !base) return std::nullopt;
    return *net::Prefix::Create(*base, *length);
  }
  if (value.size() != 17) return std::nullopt;
  return *net::Prefix::Create(*net::Address::FromBytes(value.first(16)), value[16]);
}

template <typename T>
bool Keep(std::vector<T>& list, const T& item, size_t most) {
  if (list.size() >= most) return false;
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
  return true;
}

bool KeepAddress(std::vector<net::Address>& list, Bytes value) {
  const net::Address address = AddressIn(value);
  return !address.is_none() && Keep(list, address, kMaxPushedAddresses);
}
bool KeepText(std::string& text, std::string found) {
  if (found.empty()) return false;
  text = std::move(found);
  return true;
}

// Servers and networks: what may also be set. False: it is not kept.
bool TakeTold(const ConfigurationAttribute& attribute, PushedConfiguration& pushed) {
  switch (attribute.type) {
    case Attribute::kInternalIp4Dns:
    case Attribute::kInternalIp6Dns:
      return KeepAddress(pushed.dns, attribute.value);
    case Attribute::kInternalIp4Nbns:
      return KeepAddress(pushed.wins, attribute.value);
    case Attribute::kInternalIp4Subnet:
    case Attribute::kInternalIp6Subnet: {
      const auto subnet = SubnetIn(attribute.value);
      return subnet && Keep(pushed.subnets, *subnet, kMaxPushedSubnets);
    }
    case Attribute::kInternalDnsDomain: {
      const std::string name = TextIn(attribute.value);
      return !name.empty() && Keep(pushed.domains, name, kMaxPushedNames);
    }
    case Attribute::kUnityDefaultDomain:
      return KeepText(pushed.domain, TextIn(attribute.value));
    default:
      return false;
  }
}

void TakeReply(const ConfigurationAttribute& attribute, bool address, PushedConfiguration& pushed) {
  switch (attribute.type) {
    case Attribute::kInternalIp4Address:
    case Attribute::kInternalIp6Address:
      if (address) KeepAddress(pushed.addresses, attribute.value);
      return;
    case Attribute::kInternalIp4Netmask:
      if (attribute.value.size() == 4 && net::LengthFromMask(LoadBe32(attribute.value.data()))) {
        pushed.netmask = *net::Address::FromBytes(attribute.value);
      }
      return;
    case Attribute::kApplicationVersion:
      pushed.version = SentenceIn(attribute.value);
      return;
    default:
      TakeTold(attribute, pushed);
      return;
  }
}

// CFG_ACK names what is accepted, without its value (3.15).
OwnedConfiguration Acknowledge(IkeSa& sa, const ConfigurationPayload& set) {
  Writer ack(ConfigType::kAck);
  if (!sa.profile->config_exchange.accept) return std::move(ack).Take();
  PushedConfiguration pushed;
  for (const ConfigurationAttribute& attribute : set.attributes) {
    if (TakeTold(attribute, pushed)) ack.Add(attribute.type);
  }
  if (sa.pushed != nullptr) {  // what was asked for stays
    pushed.addresses = sa.pushed->addresses;
    pushed.netmask = sa.pushed->netmask;
    pushed.version = sa.pushed->version;
  }
  sa.pushed = std::make_shared<const PushedConfiguration>(std::move(pushed));
  return std::move(ack).Take();
}

}  // namespace

void TakeConfiguration(IkeSa& sa, const Incoming& request, MessageBuilder& answer) {
  const RawPayload* found = Find(request.payloads, PayloadType::kConfiguration);
  if (found == nullptr) return;
  const auto payload = ParseConfiguration(found->body);
  if (!payload) return AddNotify(answer, NotifyType::kInvalidSyntax);
  if (payload->type == ConfigType::kRequest) {
    ReplyTo(sa, *payload, AuthorizationOf(sa)).Write(answer);
  } else if (payload->type == ConfigType::kSet) {
    Acknowledge(sa, *payload).Write(answer);
  }
}

// ---- the side that asks

void WriteConfigurationRequest(const IkeSa& sa, MessageBuilder& message) {
  const config::IkeConfigExchange& wanted = sa.profile->config_exchange;
  if (!wanted.request) return;
  Writer writer(ConfigType::kRequest);
  const bool ipv6 = sa.ends.local.is_v6();
  if (wanted.address) {
    const bool again = sa.pushed != nullptr && !sa.pushed->addresses.empty() &&
                       sa.pushed->addresses.front().is_v6() == ipv6;
    if (again && ipv6) {
      writer.AddressV6(sa.pushed->addresses.front(), 128, Attribute::kInternalIp6Address);
    } else if (again) {
      writer.Add(Attribute::kInternalIp4Address, sa.pushed->addresses.front().bytes());
    } else {
      writer.Add(ipv6 ? Attribute::kInternalIp6Address : Attribute::kInternalIp4Address);
    }
    if (!ipv6) writer.Add(Attribute::kInternalIp4Netmask);
  }
  for (const Attribute type : {ipv6 ? Attribute::kInternalIp6Dns : Attribute::kInternalIp4Dns,
                               ipv6 ? Attribute::kInternalIp6Subnet : Attribute::kInternalIp4Subnet,
                               Attribute::kInternalDnsDomain, Attribute::kApplicationVersion,
                               Attribute::kUnityDefaultDomain}) {
    writer.Add(type);
  }
  if (!ipv6) writer.Add(Attribute::kInternalIp4Nbns);
  std::move(writer).Take().Write(message);
}

bool LacksAddress(const IkeSa& sa) {
  const config::IkeConfigExchange& wanted = sa.profile->config_exchange;
  return wanted.request && wanted.address && (sa.pushed == nullptr || sa.pushed->addresses.empty());
}

Status ReadConfigurationReply(IkeSa& sa, const Incoming& answer) {
  const config::IkeConfigExchange& wanted = sa.profile->config_exchange;
  sa.pushed = nullptr;  // of an IKE SA whose place this one takes
  if (!wanted.request) return Ok();
  VAM_TRY(const auto reply, ReadPayload(answer, ConfigType::kReply));
  if (!reply) return Ok();
  PushedConfiguration pushed;
  for (const ConfigurationAttribute& attribute : reply->attributes) {
    TakeReply(attribute, wanted.address, pushed);
  }
  sa.pushed = std::make_shared<const PushedConfiguration>(std::move(pushed));
  return Ok();
}

namespace {

class SetConfiguration final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& /*core*/, IkeSa& sa, MessageBuilder& message) override {
    const Authorization* policy = sa.up() ? AuthorizationOf(sa) : nullptr;
    if (policy == nullptr) return false;
    Writer writer(ConfigType::kSet);
    Tell(*policy, nullptr, writer);
    std::move(writer).Take().Write(message);
    return true;
  }
  // What the peer makes of it is its own affair.
  void OnAnswer(Core& /*core*/, IkeSa& /*sa*/, const Incoming& /*answer*/) override {}
};

}  // namespace

void SendConfiguration(Core& core, IkeSa& sa) {
  const Authorization* policy = AuthorizationOf(sa);
  if (!sa.profile->config_exchange.send || policy == nullptr) return;
  if (policy->dns.empty() && policy->wins.empty() && policy->routes.empty()) return;
  core.Begin(sa, std::make_unique<SetConfiguration>());
}

}  // namespace vam::ike::v2
