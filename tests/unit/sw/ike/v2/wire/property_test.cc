// What a builder writes, the parser of the same name reads back as the same struct. RapidCheck
// prints its seed; RC_PARAMS="seed=..." repeats a run.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;

// Uniform, whatever the size of the case.
template <typename T>
T Any(T least, T most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(least, static_cast<T>(most + 1)));
}
uint8_t Byte() { return static_cast<uint8_t>(Any<uint16_t>(0, 255)); }
uint16_t Word() { return static_cast<uint16_t>(Any<uint32_t>(0, 65'535)); }
Buffer Some(size_t least, size_t most) {
  Buffer bytes(Any<size_t>(least, most));
  for (uint8_t& byte : bytes) byte = Byte();
  return bytes;
}
bool Same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

Proposal AnyProposal(uint8_t number) {
  Proposal proposal;
  proposal.number = number;
  proposal.protocol = static_cast<Protocol>(Any<uint16_t>(1, 4));
  const bool ipsec = proposal.protocol == Protocol::kAh || proposal.protocol == Protocol::kEsp;
  proposal.spi_bytes = ipsec ? 4 : Byte() % 2 == 0 ? 0 : 8;
  for (unsigned i = 0; i < proposal.spi_bytes; ++i) proposal.spi = proposal.spi << 8 | Byte();
  proposal.transforms.resize(Any<size_t>(1, 12));
  for (Transform& transform : proposal.transforms) {
    transform = {static_cast<TransformType>(Byte()), Word(), Byte() % 2 == 0 ? uint16_t{0} : Word(),
                 false};
  }
  return proposal;
}

net::Address AnyAddress(bool v4) {
  const Buffer bytes = Some(v4 ? 4 : 16, v4 ? 4 : 16);
  return *net::Address::FromBytes(bytes);
}

TrafficSelector AnySelector() {
  const bool v4 = Byte() % 2 == 0;
  TrafficSelector selector{Byte(), Word(), Word(), AnyAddress(v4), AnyAddress(v4)};
  if (selector.first_port > selector.last_port) std::swap(selector.first_port, selector.last_port);
  if (selector.last < selector.first) std::swap(selector.first, selector.last);
  if (Byte() % 8 == 0) selector.first_port = 65'535, selector.last_port = 0;
  return selector;
}

TEST(PropertyTest, Header) {
  EXPECT_TRUE(rc::check("header", [] {
    const Header header{Any<uint64_t>(0, ~uint64_t{1}),
                        Any<uint64_t>(0, ~uint64_t{1}),
                        static_cast<PayloadType>(Byte()),
                        static_cast<uint8_t>(Byte() & 15),
                        static_cast<uint8_t>(Byte() & 15),
                        static_cast<ExchangeType>(Byte()),
                        Byte() % 2 == 0,
                        Byte() % 2 == 0,
                        Byte() % 2 == 0,
                        Any<uint32_t>(0, ~uint32_t{1}),
                        kHeaderBytes};
    std::array<uint8_t, kHeaderBytes> out{};
    BuildHeader(header, out);
    RC_ASSERT(*ParseHeader(out) == header);
  }));
}

TEST(PropertyTest, Chain) {
  EXPECT_TRUE(rc::check("chain", [] {
    struct Part {
      PayloadType type;
      bool critical;
      Buffer body;
    };
    std::vector<Part> parts(Any<size_t>(0, 20));
    MessageBuilder message;
    for (Part& part : parts) {
      do {
        part.type = static_cast<PayloadType>(Byte());
      } while (part.type == PayloadType::kNone || part.type == PayloadType::kEncrypted ||
               part.type == PayloadType::kEncryptedFragment);
      part.critical = Byte() % 2 == 0;
      part.body = Some(0, 40);
      message.Add(part.type, part.body, part.critical);
    }
    const Buffer inside = Some(0, 40);
    const bool encrypted = Byte() % 2 == 0;
    if (encrypted) {
      message.BeginEncrypted(PayloadType::kEncrypted, PayloadType::kAuth);
      message.Append(inside);
    }
    const auto whole = message.Finish({});
    RC_ASSERT(whole.has_value());
    const auto header = ParseHeader(*whole);
    RC_ASSERT(header.has_value());
    const auto chain = ParseChain(header->next_payload, Bytes(*whole).subspan(kHeaderBytes));
    RC_ASSERT(chain.has_value());
    RC_ASSERT(chain->payloads.size() == parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      RC_ASSERT(chain->payloads[i].type == parts[i].type);
      RC_ASSERT(chain->payloads[i].critical == parts[i].critical);
      RC_ASSERT(Same(chain->payloads[i].body, parts[i].body));
    }
    RC_ASSERT(chain->encrypted.has_value() == encrypted);
    if (encrypted) {
      RC_ASSERT(Same(chain->encrypted->payload.body, inside));
      RC_ASSERT((*whole)[chain->encrypted->offset] == static_cast<uint8_t>(PayloadType::kAuth));
    }
  }));
}

TEST(PropertyTest, SecurityAssociation) {
  EXPECT_TRUE(rc::check("SA", [] {
    std::vector<Proposal> offer(Any<size_t>(1, 6));
    for (size_t i = 0; i < offer.size(); ++i) offer[i] = AnyProposal(static_cast<uint8_t>(i + 1));
    MessageBuilder message;
    AddSa(message, offer);
    const auto parsed = ParseSa(Body(message));
    RC_ASSERT(parsed.has_value() && *parsed == offer);
    const Proposal chosen = AnyProposal(static_cast<uint8_t>(Any<uint16_t>(1, 255)));
    MessageBuilder answer;
    AddSa(answer, {&chosen, 1});
    const auto again = ParseChosenSa(Body(answer));
    RC_ASSERT(again.has_value() && *again == chosen);
  }));
}

TEST(PropertyTest, TrafficSelectors) {
  EXPECT_TRUE(rc::check("TS", [] {
    std::vector<TrafficSelector> selectors(Any<size_t>(1, kMaxSelectors));
    for (TrafficSelector& selector : selectors) selector = AnySelector();
    MessageBuilder message;
    AddTs(message, PayloadType::kTsInitiator, selectors);
    const auto parsed = ParseTs(Body(message));
    RC_ASSERT(parsed.has_value() && *parsed == selectors);
  }));
}

TEST(PropertyTest, Configuration) {
  EXPECT_TRUE(rc::check("CP", [] {
    std::vector<Buffer> values(Any<size_t>(0, 20));
    ConfigurationPayload configuration;
    configuration.type = static_cast<ConfigType>(Byte());
    for (Buffer& value : values) {
      value = Some(0, 40);
      // Numbers from 16 on have no length of their own.
      const auto type = static_cast<ConfigAttribute>(Any<uint16_t>(16, 0x7fff));
      configuration.attributes.push_back({type, value});
    }
    MessageBuilder message;
    AddConfiguration(message, configuration);
    const Buffer body = Body(message);
    const auto parsed = ParseConfiguration(body);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->type == configuration.type);
    RC_ASSERT(parsed->attributes.size() == values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      RC_ASSERT(parsed->attributes[i].type == configuration.attributes[i].type);
      RC_ASSERT(Same(parsed->attributes[i].value, values[i]));
    }
  }));
}

TEST(PropertyTest, KeyExchangeIdentityAuthentication) {
  EXPECT_TRUE(rc::check("KE, ID, CERT, AUTH", [] {
    const uint16_t group = Word();
    const Buffer data = Some(1, 300);
    MessageBuilder ke;
    AddKe(ke, group, data);
    const Buffer ke_body = Body(ke);
    RC_ASSERT(ParseKe(ke_body)->group == group && Same(ParseKe(ke_body)->data, data));
    MessageBuilder id;
    AddId(id, PayloadType::kIdResponder, IdType::kKeyId, data);
    const Buffer id_body = Body(id);
    RC_ASSERT(ParseId(id_body)->type == IdType::kKeyId && Same(ParseId(id_body)->data, data));
    MessageBuilder cert;
    const auto encoding = static_cast<CertEncoding>(Byte());
    AddCert(cert, PayloadType::kCert, encoding, data);
    const Buffer cert_body = Body(cert);
    RC_ASSERT(ParseCert(cert_body)->encoding == encoding);
    RC_ASSERT(Same(ParseCert(cert_body)->data, data));
    MessageBuilder auth;
    const auto method = static_cast<AuthMethod>(Byte());
    AddAuth(auth, method, data);
    const Buffer auth_body = Body(auth);
    RC_ASSERT(ParseAuth(auth_body)->method == method);
    RC_ASSERT(Same(ParseAuth(auth_body)->data, data));
    const Buffer algorithm = Some(1, 255);
    MessageBuilder signature;
    AddDigitalSignature(signature, {algorithm, data});
    const Buffer signature_body = Body(signature);
    const auto parsed = ParseDigitalSignature(ParseAuth(signature_body)->data);
    RC_ASSERT(Same(parsed->algorithm, algorithm) && Same(parsed->signature, data));
  }));
}

TEST(PropertyTest, NotifyDeleteEap) {
  EXPECT_TRUE(rc::check("N, D, EAP", [] {
    const Buffer data = Some(0, 100);
    const auto type = static_cast<NotifyType>(Word());
    const auto protocol = Byte() % 2 == 0 ? Protocol::kAh : Protocol::kEsp;
    const auto spi = Any<uint32_t>(0, ~uint32_t{1});
    MessageBuilder notify;
    AddNotify(notify, type, protocol, spi, data);
    const Buffer notify_body = Body(notify);
    const auto n = ParseNotify(notify_body);
    RC_ASSERT(n.has_value() && n->type == type && n->protocol == protocol && n->spi == spi);
    RC_ASSERT(Same(n->data, data));
    std::vector<uint32_t> spis(Any<size_t>(1, kMaxSpis));
    for (uint32_t& each : spis) each = Any<uint32_t>(0, ~uint32_t{1});
    MessageBuilder deletion;
    AddDelete(deletion, protocol, spis);
    const auto d = ParseDelete(Body(deletion));
    RC_ASSERT(d.has_value() && d->protocol == protocol && d->spis == spis);
    const EapPayload eap{Byte() % 2 == 0 ? EapCode::kRequest : EapCode::kResponse, Byte(),
                         static_cast<uint8_t>(Any<uint16_t>(1, 255)), data};
    MessageBuilder eap_message;
    AddEap(eap_message, eap);
    const Buffer eap_body = Body(eap_message);
    const auto e = ParseEap(eap_body);
    RC_ASSERT(e.has_value() && e->code == eap.code && e->identifier == eap.identifier);
    RC_ASSERT(e->type == eap.type && Same(e->data, data));
  }));
}

TEST(PropertyTest, NotifyData) {
  EXPECT_TRUE(rc::check("data of notifies", [] {
    const Buffer ticket = Some(1, 200);
    MessageBuilder message;
    AddTicket(message, {7, ticket});
    const Buffer body = Body(message);
    RC_ASSERT(Same(ParseTicket(ParseNotify(body)->data)->ticket, ticket));
    std::vector<Buffer> algorithms(Any<size_t>(0, 10));
    std::vector<AuthAnnouncement> methods;
    for (Buffer& algorithm : algorithms) {
      AuthAnnouncement method;
      method.method = static_cast<AuthMethod>(Byte());
      method.has_link = Byte() % 2 == 0;
      algorithm = method.has_link ? Some(0, 252) : Buffer();
      method.cert_link = method.has_link ? Byte() : uint8_t{0};
      method.algorithm = algorithm;
      methods.push_back(method);
    }
    MessageBuilder announcement;
    AddAuthMethods(announcement, methods);
    const Buffer announced = Body(announcement);
    const auto parsed = ParseAuthMethods(ParseNotify(announced)->data);
    RC_ASSERT(parsed.has_value() && parsed->size() == methods.size());
    for (size_t i = 0; i < methods.size(); ++i) {
      RC_ASSERT(parsed->at(i).method == methods[i].method);
      RC_ASSERT(parsed->at(i).has_link == methods[i].has_link);
      RC_ASSERT(parsed->at(i).cert_link == methods[i].cert_link);
      RC_ASSERT(Same(parsed->at(i).algorithm, methods[i].algorithm));
    }
  }));
}

}  // namespace
}  // namespace vam::ike::v2
