// What a command about keys and certificates asks for.
#ifndef VAM_SW_MGMT_PKI_COMMAND_H_
#define VAM_SW_MGMT_PKI_COMMAND_H_

#include <cstdint>
#include <memory>
#include <string>

#include "sw/api/pki.pb.h"
#include "sw/base/secret.h"
#include "sw/pki/container.h"

namespace vam::mgmt {

struct PkiCommand {
  enum class Action : uint8_t {
    kGenerate,
    kZeroize,
    kShowKeys,
    kShowTrustpoints,  // with what the signer has of their keys
    kAuthenticate,
    kEnroll,
    kImportCertificate,
    kImportPkcs12,
    kImportPem,
    kExportPkcs12,
    kExportPem,
  };
  Action action = Action::kShowKeys;
  std::string name;  // trustpoint, or label of a key; empty: the default one, or all
  api::KeyKind kind = api::KEY_NONE;
  uint32_t bits = 0;
  bool exportable = false;
  bool no_confirm = false;
  std::string file;  // of the operator; empty: what is imported is pasted
  std::shared_ptr<const Secret<pki::kMaxPassphraseBytes>> passphrase;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PKI_COMMAND_H_
