#include "sw/api/pki_secrets.h"

#include "sw/base/secret.h"

namespace vam::api {

void WipeSecrets(KeyRequest::Import& import) {
  vam::Wipe(*import.mutable_data());
  vam::Wipe(*import.mutable_passphrase());
}

void WipeSecrets(KeyRequest& request) {
  if (request.has_certify()) vam::Wipe(*request.mutable_certify()->mutable_challenge_password());
  if (request.has_export_()) vam::Wipe(*request.mutable_export_()->mutable_passphrase());
  if (request.has_import()) WipeSecrets(*request.mutable_import());
}

}  // namespace vam::api
