#include "sw/api/pki_secrets.h"

#include <openssl/crypto.h>

#include <string>

namespace vam::api {
namespace {

void Wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

}  // namespace

void WipeSecrets(KeyRequest::Import& import) {
  Wipe(*import.mutable_data());
  Wipe(*import.mutable_passphrase());
}

void WipeSecrets(KeyRequest& request) {
  if (request.has_certify()) Wipe(*request.mutable_certify()->mutable_challenge_password());
  if (request.has_export_()) Wipe(*request.mutable_export_()->mutable_passphrase());
  if (request.has_import()) WipeSecrets(*request.mutable_import());
}

}  // namespace vam::api
