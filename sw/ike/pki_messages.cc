#include "sw/ike/pki_messages.h"

#include <string>

#include "sw/api/pki.pb.h"

namespace vam::ike {

namespace {

std::vector<uint8_t> CopyOf(const std::string& field) { return {field.begin(), field.end()}; }

// kNone: no revocation data, but a certificate by hash and URL.
api::FetchRequest::Kind KindOf(pki::RevocationCheck kind) {
  switch (kind) {
    case pki::RevocationCheck::kOcsp:
      return api::FetchRequest::OCSP;
    case pki::RevocationCheck::kCrl:
      return api::FetchRequest::CRL;
    case pki::RevocationCheck::kNone:
      break;
  }
  return api::FetchRequest::CERTIFICATE;
}

}  // namespace

bool SendSignRequest(api::Channel& signer, uint32_t request, const SignQuestion& question) {
  if (!signer.open()) return false;
  api::SignRequest message;
  message.set_key(question.key);
  message.set_kind(static_cast<uint32_t>(question.scheme.kind));
  message.set_hash(static_cast<uint32_t>(question.scheme.hash));
  message.set_octets(question.octets.data(), question.octets.size());
  return signer.Send(api::MessageType::kSignRequest, request, message).has_value();
}

bool SendFetchRequest(api::Channel& mgmt, uint32_t request, const pki::FetchNeed& need) {
  if (!mgmt.open()) return false;
  api::FetchRequest message;
  message.set_trustpoint(need.trustpoint);
  message.set_kind(KindOf(need.kind));
  for (const std::string& url : need.urls) message.add_url(url);
  message.set_ocsp_request(need.ocsp_request.data(), need.ocsp_request.size());
  return mgmt.Send(api::MessageType::kFetchRequest, request, message).has_value();
}

Result<SignAnswer> ReadSignReply(Bytes payload) {
  VAM_TRY(const auto reply, api::ParseAs<api::SignReply>(payload));
  return SignAnswer{CopyOf(reply.signature()), reply.error()};
}

Result<FetchAnswer> ReadFetchReply(Bytes payload) {
  VAM_TRY(const auto reply, api::ParseAs<api::FetchReply>(payload));
  return FetchAnswer{CopyOf(reply.data()), reply.error()};
}

}  // namespace vam::ike
