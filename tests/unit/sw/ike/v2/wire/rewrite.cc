#include "tests/unit/sw/ike/v2/wire/rewrite.h"

#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2::test {
namespace {

// Builds into a message of its own first: a refused payload must not spoil the caller's.
template <typename Add>
Rewritten Append(MessageBuilder& message, const RawPayload& payload, const Add& add) {
  MessageBuilder one;
  add(one);
  const auto bytes = one.payloads();
  if (!bytes.has_value()) return Rewritten::kUnwritable;
  message.Add(payload.type, bytes->subspan(kPayloadHeaderBytes), payload.critical);
  return Rewritten::kWritten;
}

Rewritten RewriteSa(MessageBuilder& message, const RawPayload& payload) {
  const auto offer = ParseSa(payload.body);
  const auto chosen = ParseChosenSa(payload.body);
  if (!offer.has_value() && !chosen.has_value()) return Rewritten::kRefused;
  return Append(message, payload, [&](MessageBuilder& one) {
    if (offer.has_value()) {
      AddSa(one, *offer);
    } else {
      AddSa(one, {&*chosen, 1});
    }
  });
}

Rewritten RewriteNotify(MessageBuilder& message, const RawPayload& payload) {
  const auto notify = ParseNotify(payload.body);
  if (!notify.has_value()) return Rewritten::kRefused;
  return Append(message, payload, [&](MessageBuilder& one) {
    if (notify->spi_bytes == 0) {
      AddNotify(one, notify->type, notify->data);
    } else {
      AddNotify(one, notify->type, notify->protocol, static_cast<uint32_t>(notify->spi),
                notify->data);
    }
  });
}

Rewritten RewriteDelete(MessageBuilder& message, const RawPayload& payload) {
  const auto deletion = ParseDelete(payload.body);
  if (!deletion.has_value()) return Rewritten::kRefused;
  return Append(message, payload, [&](MessageBuilder& one) {
    if (deletion->protocol == Protocol::kIke) {
      AddDeleteIke(one);
    } else {
      AddDelete(one, deletion->protocol, deletion->spis);
    }
  });
}

template <typename Parse, typename Add>
Rewritten Simple(MessageBuilder& message, const RawPayload& payload, const Parse& parse,
                 const Add& add) {
  const auto parsed = parse(payload.body);
  if (!parsed.has_value()) return Rewritten::kRefused;
  return Append(message, payload, [&](MessageBuilder& one) { add(one, *parsed); });
}

Rewritten RewriteNamed(MessageBuilder& message, const RawPayload& payload) {
  switch (payload.type) {
    case PayloadType::kKe:
      return Simple(message, payload, ParseKe,
                    [](MessageBuilder& one, const auto& ke) { AddKe(one, ke.group, ke.data); });
    case PayloadType::kIdInitiator:
    case PayloadType::kIdResponder:
      return Simple(message, payload, ParseId, [&](MessageBuilder& one, const auto& id) {
        AddId(one, payload.type, id.type, id.data);
      });
    case PayloadType::kCert:
    case PayloadType::kCertRequest:
      return Simple(message, payload, ParseCert, [&](MessageBuilder& one, const auto& cert) {
        AddCert(one, payload.type, cert.encoding, cert.data);
      });
    case PayloadType::kAuth:
      return Simple(message, payload, ParseAuth, [](MessageBuilder& one, const auto& auth) {
        AddAuth(one, auth.method, auth.data);
      });
    case PayloadType::kNonce:
      return Simple(message, payload, ParseNonce,
                    [](MessageBuilder& one, Bytes nonce) { one.Add(PayloadType::kNonce, nonce); });
    case PayloadType::kTsInitiator:
    case PayloadType::kTsResponder:
      return Simple(message, payload, ParseTs, [&](MessageBuilder& one, const auto& selectors) {
        AddTs(one, payload.type, selectors);
      });
    case PayloadType::kConfiguration:
      return Simple(message, payload, ParseConfiguration, AddConfiguration);
    case PayloadType::kEap:
      return Simple(message, payload, ParseEap, AddEap);
    default:
      message.Add(payload.type, payload.body, payload.critical);
      return Rewritten::kOpaque;
  }
}

}  // namespace

Rewritten Rewrite(MessageBuilder& message, const RawPayload& payload) {
  switch (payload.type) {
    case PayloadType::kEncrypted:
    case PayloadType::kEncryptedFragment:
      return Rewritten::kOpaque;
    case PayloadType::kSa:
      return RewriteSa(message, payload);
    case PayloadType::kNotify:
      return RewriteNotify(message, payload);
    case PayloadType::kDelete:
      return RewriteDelete(message, payload);
    default:
      return RewriteNamed(message, payload);
  }
}

}  // namespace vam::ike::v2::test
