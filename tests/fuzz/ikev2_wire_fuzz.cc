// IKEv2 messages as a peer may send them. The first byte chooses (bits 0 and 1):
//   0  the rest is a message in clear; its length field is made right, its payloads are parsed
//   1  the second byte is a payload type, the rest its body
//   2  the rest is the data of a notify, for each parser of such data
//   3  the rest says what to build: SA, TS, CP, deletes, notifies; the parsers must read it back
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sw/base/check.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/unit/sw/ike/v2/wire/rewrite.h"

namespace vam::ike::v2 {
namespace {

using Buffer = std::vector<uint8_t>;
using test::Rewrite;
using test::Rewritten;

constexpr size_t kMaxInput = 8192;

bool Inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void NotifyData(Bytes data) {
  if (const auto cookie = ParseCookie(data)) VAM_CHECK(Inside(*cookie, data));
  const auto group = ParseGroup(data);
  const auto window = ParseWindowSize(data);
  const auto lifetime = ParseAuthLifetime(data);
  const auto nat = ParseNatDetection(data);
  VAM_CHECK(!window.has_value() || *window != 0);
  VAM_CHECK(group.has_value() + lifetime.has_value() + nat.has_value() <= 1);
  if (const auto packet = ParseDroppedPacket(data)) {
    VAM_CHECK(packet->source.family() == packet->destination.family());
    VAM_CHECK(!packet->source.is_none());
  }
  if (const auto ipcomp = ParseIpcompSupported(data)) VAM_CHECK(data.size() == 3);
  for (const auto type : {NotifyType::kAdditionalIp4Address, NotifyType::kAdditionalIp6Address}) {
    NotifyPayload notify;
    notify.type = type;
    notify.data = data;
    if (const auto address = ParseAdditionalAddress(notify)) VAM_CHECK(!address->is_none());
  }
  // Those that can be written again.
  const auto same = [data](MessageBuilder& message) {
    const auto bytes = message.payloads();
    VAM_CHECK(bytes.has_value());
    const auto notify = ParseNotify(bytes->subspan(kPayloadHeaderBytes));
    VAM_CHECK(notify.has_value());
    VAM_CHECK(std::equal(notify->data.begin(), notify->data.end(), data.begin(), data.end()));
  };
  MessageBuilder hashes_message, redirect_message, ticket_message, ppk_message, auth_message;
  if (const auto hashes = ParseSignatureHashes(data)) {
    AddSignatureHashes(hashes_message, *hashes);
    same(hashes_message);
  }
  if (const auto redirect = ParseRedirect(data)) {
    AddRedirect(redirect_message, NotifyType::kRedirect, *redirect);
    same(redirect_message);
  }
  if (const auto ticket = ParseTicket(data)) {
    AddTicket(ticket_message, *ticket);
    same(ticket_message);
  }
  if (const auto ppk = ParsePpkIdentity(data)) {
    AddPpkIdentity(ppk_message, *ppk);
    same(ppk_message);
  }
  if (const auto methods = ParseAuthMethods(data)) {
    AddAuthMethods(auth_message, *methods);
    same(auth_message);
  }
}

// What parses is written, and what is written parses and is written the same.
void ThereAndBack(const RawPayload& payload) {
  MessageBuilder once;
  if (Rewrite(once, payload) != Rewritten::kWritten) return;
  const auto bytes = once.payloads();
  VAM_CHECK(bytes.has_value());
  const auto chain = ParseChain(once.first(), *bytes);
  VAM_CHECK(chain.has_value() && chain->payloads.size() == 1);
  VAM_CHECK(chain->payloads[0].critical == payload.critical);
  MessageBuilder twice;
  VAM_CHECK(Rewrite(twice, chain->payloads[0]) == Rewritten::kWritten);
  const auto again = twice.payloads();
  VAM_CHECK(again.has_value() &&
            std::equal(again->begin(), again->end(), bytes->begin(), bytes->end()));
}

void OnePayload(const RawPayload& payload) {
  ThereAndBack(payload);
  // A caller may ask any parser about any body.
  if (const auto ke = ParseKe(payload.body)) VAM_CHECK(Inside(ke->data, payload.body));
  if (const auto id = ParseId(payload.body)) VAM_CHECK(Inside(id->rest_of_id, payload.body));
  if (const auto auth = ParseAuth(payload.body)) {
    if (const auto signature = ParseDigitalSignature(auth->data)) {
      VAM_CHECK(Inside(signature->signature, payload.body) && !signature->signature.empty());
    }
  }
  if (const auto notify = ParseNotify(payload.body)) {
    VAM_CHECK(Inside(notify->data, payload.body));
    NotifyData(notify->data);
  }
  if (const auto fragment = ParseFragmentHeader(payload.body)) {
    VAM_CHECK(fragment->number >= 1 && fragment->number <= fragment->total);
  }
  if (const auto eap = ParseEap(payload.body)) VAM_CHECK(Inside(eap->data, payload.body));
}

void WholeMessage(Bytes input) {
  Buffer message(input.begin(), input.end());
  if (message.size() >= kHeaderBytes) {
    StoreBe32(message.data() + 24, static_cast<uint32_t>(message.size()));
  }
  const auto header = ParseHeader(message);
  VAM_CHECK(header.has_value() == (message.size() >= kHeaderBytes));
  if (!header.has_value()) return;
  std::array<uint8_t, kHeaderBytes> built{};
  BuildHeader(*header, built);
  constexpr size_t kFlags = 19;  // three of them are known
  message[kFlags] &= 0x38;
  VAM_CHECK(std::equal(built.begin(), built.end(), message.begin()));
  const Bytes body = Bytes(message).subspan(kHeaderBytes);
  const auto chain = ParseChain(header->next_payload, body);
  const auto inner = ParseInner(header->next_payload, body);
  VAM_CHECK(inner.has_value() == (chain.has_value() && !chain->encrypted.has_value()));
  if (!chain.has_value()) return;
  VAM_CHECK(chain->payloads.size() <= kMaxPayloads);
  size_t bytes = 0;
  for (const RawPayload& payload : chain->payloads) {
    VAM_CHECK(Inside(payload.body, body));
    bytes += kPayloadHeaderBytes + payload.body.size();
    OnePayload(payload);
  }
  if (chain->encrypted.has_value()) {
    VAM_CHECK(chain->encrypted->offset == kHeaderBytes + bytes);
    bytes += kPayloadHeaderBytes + chain->encrypted->payload.body.size();
    OnePayload(chain->encrypted->payload);
  }
  VAM_CHECK(bytes == body.size());
  if (const auto notifies = ParseNotifies(chain->payloads)) {
    VAM_CHECK(notifies->size() <= chain->payloads.size());
  }
  const RawPayload* unknown = FindUnknownCritical(chain->payloads);
  VAM_CHECK(unknown == nullptr || (unknown->critical && !IsKnown(unknown->type)));
}

// Numbers out of the input; zeros behind its end.
class Draw {
 public:
  explicit Draw(Bytes bytes) : bytes_(bytes) {}
  bool empty() const { return at_ >= bytes_.size(); }
  uint8_t U8() { return empty() ? uint8_t{0} : bytes_[at_++]; }
  uint16_t U16() {
    const uint8_t high = U8();
    return static_cast<uint16_t>(high << 8 | U8());
  }
  uint64_t Number(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | U8();
    return value;
  }
  Buffer Some(size_t size) {
    Buffer some(size);
    for (uint8_t& byte : some) byte = U8();
    return some;
  }

 private:
  Bytes bytes_;
  size_t at_ = 0;
};

// The body of the only payload, or nothing when the builder refused.
std::vector<Buffer> BodyOf(MessageBuilder& message) {
  const auto bytes = message.payloads();
  if (!bytes.has_value()) {
    const ErrorCode code = bytes.error().code;
    VAM_CHECK(code == ErrorCode::kInvalidArgument || code == ErrorCode::kExhausted);
    return {};
  }
  return {Buffer(bytes->begin() + kPayloadHeaderBytes, bytes->end())};
}

void BuildSa(Draw& draw) {
  std::vector<Proposal> offer(draw.U8() % 40);
  const bool counted = draw.U8() % 2 == 0;
  uint8_t number = 0;
  for (Proposal& proposal : offer) {
    proposal.number = counted ? ++number : draw.U8();
    proposal.protocol = static_cast<Protocol>(draw.U8() % 5);
    proposal.spi_bytes = static_cast<uint8_t>(draw.U8() % 4 * 4);
    proposal.spi = draw.Number(std::min<size_t>(proposal.spi_bytes, 8));
    proposal.transforms.resize(draw.U8() % 140);
    for (Transform& transform : proposal.transforms) {
      transform.type = static_cast<TransformType>(draw.U8());
      transform.id = draw.U16();
      transform.key_bits = draw.U16();
      transform.unknown_attribute = draw.U8() == 77;
    }
  }
  MessageBuilder message;
  AddSa(message, offer);
  for (const Buffer& body : BodyOf(message)) {
    const auto parsed = ParseSa(body);
    const auto chosen = ParseChosenSa(body);
    VAM_CHECK(!counted || (parsed.has_value() && *parsed == offer));
    if (offer.size() == 1 && offer[0].number != 0) {
      VAM_CHECK(chosen.has_value() && *chosen == offer[0]);
    } else {
      VAM_CHECK(!chosen.has_value());
    }
  }
}

net::Address AnyAddress(Draw& draw, bool v4) {
  const Buffer bytes = draw.Some(v4 ? 4 : 16);
  const auto address = net::Address::FromBytes(bytes);
  VAM_CHECK(address.has_value());
  return *address;
}

void BuildTs(Draw& draw) {
  std::vector<TrafficSelector> selectors(draw.U8() % 70);
  for (TrafficSelector& selector : selectors) {
    const uint8_t kind = draw.U8();
    selector = {draw.U8(), draw.U16(), draw.U16(), AnyAddress(draw, kind % 2 == 0),
                AnyAddress(draw, kind % 2 == (kind == 99 ? 1 : 0))};
    if (kind % 4 < 2 && selector.last < selector.first) std::swap(selector.first, selector.last);
  }
  MessageBuilder message;
  AddTs(message, PayloadType::kTsInitiator, selectors);
  for (const Buffer& body : BodyOf(message)) {
    const auto parsed = ParseTs(body);
    VAM_CHECK(parsed.has_value() && *parsed == selectors);
  }
}

void BuildCp(Draw& draw) {
  std::vector<Buffer> values(draw.U8() % 70);
  ConfigurationPayload configuration;
  configuration.type = static_cast<ConfigType>(draw.U8());
  for (Buffer& value : values) {
    const uint16_t type = draw.U16();
    value = draw.Some(draw.U8() % 24);
    configuration.attributes.push_back({static_cast<ConfigAttribute>(type), value});
  }
  MessageBuilder message;
  AddConfiguration(message, configuration);
  for (const Buffer& body : BodyOf(message)) {
    const auto parsed = ParseConfiguration(body);
    VAM_CHECK(parsed.has_value() && parsed->type == configuration.type);
    VAM_CHECK(parsed->attributes.size() == values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const ConfigurationAttribute& attribute = parsed->attributes[i];
      VAM_CHECK(attribute.type == configuration.attributes[i].type);
      VAM_CHECK(std::equal(attribute.value.begin(), attribute.value.end(), values[i].begin(),
                           values[i].end()));
    }
  }
}

void BuildNotifyAndDelete(Draw& draw) {
  const auto protocol = static_cast<Protocol>(draw.U8() % 5);
  const auto spi = static_cast<uint32_t>(draw.Number(4));
  const auto type = static_cast<NotifyType>(draw.U16());
  const Buffer data = draw.Some(draw.U8());
  MessageBuilder message;
  AddNotify(message, type, protocol, spi, data);
  for (const Buffer& body : BodyOf(message)) {
    const auto notify = ParseNotify(body);
    VAM_CHECK(notify.has_value() && notify->protocol == protocol && notify->spi == spi);
    VAM_CHECK(notify->type == type && notify->data.size() == data.size());
  }
  std::vector<uint32_t> spis(draw.U16() % 300);
  for (uint32_t& each : spis) each = static_cast<uint32_t>(draw.Number(4));
  MessageBuilder deletion;
  AddDelete(deletion, protocol, spis);
  for (const Buffer& body : BodyOf(deletion)) {
    const auto parsed = ParseDelete(body);
    VAM_CHECK(parsed.has_value() && parsed->protocol == protocol && parsed->spis == spis);
  }
}

void Build(Draw draw) {
  switch (draw.U8() % 4) {
    case 0:
      return BuildSa(draw);
    case 1:
      return BuildTs(draw);
    case 2:
      return BuildCp(draw);
    default:
      return BuildNotifyAndDelete(draw);
  }
}

void Run(Bytes input) {
  if (input.size() < 2 || input.size() > kMaxInput) return;
  const Bytes rest = input.subspan(1);
  switch (input[0] & 3) {
    case 0:
      return WholeMessage(rest);
    case 1:
      if (rest[0] == 0 || rest[0] == static_cast<uint8_t>(PayloadType::kEncrypted) ||
          rest[0] == static_cast<uint8_t>(PayloadType::kEncryptedFragment)) {
        return;
      }
      return OnePayload({static_cast<PayloadType>(rest[0]), (input[0] & 4) != 0, rest.subspan(1)});
    case 2:
      return NotifyData(rest);
    default:
      return Build(Draw(rest));
  }
}

}  // namespace
}  // namespace vam::ike::v2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vam::ike::v2::Run({data, size});
  return 0;
}
