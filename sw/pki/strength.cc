#include "sw/pki/strength.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

using PssPointer = std::unique_ptr<RSA_PSS_PARAMS, FreeWith<RSA_PSS_PARAMS_free>>;

const char* WeaknessOfHash(int nid) {
  switch (nid) {
    case NID_sha224:
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
    case NID_sha512_256:
    case NID_sha3_224:
    case NID_sha3_256:
    case NID_sha3_384:
    case NID_sha3_512:
      return nullptr;
    case NID_sha1:
      return "is signed with SHA-1";
    case NID_md5:
    case NID_md4:
    case NID_md2:
      return "is signed with MD5 or its forerunners";
    default:
      return "is signed in a way that is not known here";
  }
}

// RFC 4055, 3.1: without parameters the hash is SHA-1.
int PssHash(const X509_ALGOR* algorithm) {
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return NID_sha1;
  const PssPointer parameters(static_cast<RSA_PSS_PARAMS*>(
      ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), ASN1_ITEM_rptr(RSA_PSS_PARAMS))));
  if (parameters == nullptr) return NID_undef;
  if (parameters->hashAlgorithm == nullptr) return NID_sha1;
  const ASN1_OBJECT* hash = nullptr;
  X509_ALGOR_get0(&hash, nullptr, nullptr, parameters->hashAlgorithm);
  return OBJ_obj2nid(hash);
}

}  // namespace

const char* WeaknessOf(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_ED25519 || nid == NID_ED448) return nullptr;
  if (nid == NID_rsassaPss) return WeaknessOfHash(PssHash(algorithm));
  int hash = NID_undef;
  if (OBJ_find_sigid_algs(nid, &hash, nullptr) != 1) hash = NID_undef;
  return WeaknessOfHash(hash);
}

const char* WeaknessOf(const X509* x509) {
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, x509);
  return WeaknessOf(algorithm);
}

const char* WeaknessOf(const X509_CRL* crl) {
  const X509_ALGOR* algorithm = nullptr;
  X509_CRL_get0_signature(crl, nullptr, &algorithm);
  return WeaknessOf(algorithm);
}

}  // namespace vam::pki
