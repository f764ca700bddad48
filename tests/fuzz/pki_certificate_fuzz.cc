// What a peer, and servers that are fetched from, may send. The first byte chooses (bits 0 and 1):
//   0  the rest is a certificate: the peer's own, and one that comes with it
//   1  the rest is a CRL, 2 an OCSP answer, for a chain that is fixed
//   3  the rest is a name as text, and as DER
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/check.h"
#include "sw/pki/name.h"
#include "sw/pki/revocation_check.h"
#include "sw/pki/verify.h"
#include "tests/fuzz/pki_chain.h"

namespace vam::pki {
namespace {

constexpr int64_t kNow = 1'800'000'000;

const Certificate& Root() {
  static const Certificate root = *Certificate::FromDer(kRoot);
  return root;
}
const Certificate& Leaf() {
  static const Certificate leaf = *Certificate::FromDer(kLeaf);
  return leaf;
}

std::vector<std::shared_ptr<const Trustpoint>> Trust(RevocationCheck check) {
  auto trustpoint = std::make_shared<Trustpoint>();
  trustpoint->name = "CA1";
  trustpoint->anchors = {Root()};
  trustpoint->revocation = {check};
  return {trustpoint};
}

bool IsPrintable(const std::string& text) {
  for (const char c : text) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

// Nobody but the root signs: what is trusted has a key that it signed for, or its own.
void OneCertificate(Bytes der) {
  const auto read = Certificate::FromDer(der);
  if (!read) return;
  VAM_CHECK(IsPrintable(read->subject()) && IsPrintable(read->issuer()));
  VAM_CHECK(read->serial().size() >= 2 && read->crl_urls().size() <= kMaxUrls);
  const RevocationCache cache;
  const std::vector<Certificate> others = {*read};
  const auto trust = Trust(RevocationCheck::kNone);
  const Verification own = Verify(*read, {&Leaf(), 1}, trust, kNow, cache);
  VAM_CHECK(own.verdict == Verdict::kTrusted || !own.why.empty());
  VAM_CHECK(own.verdict != Verdict::kTrusted || read->self_issued() ||
            std::ranges::equal(read->issuer_der(), Root().subject_der()));
  VAM_CHECK(Verify(Leaf(), others, trust, kNow, cache).verdict == Verdict::kTrusted);
  // As what a trustpoint was given.
  auto given = std::make_shared<Trustpoint>();
  given->anchors = {*read};
  given->intermediates = {*read};
  const std::vector<std::shared_ptr<const Trustpoint>> list = {given};
  static_cast<void>(Verify(Leaf(), others, list, kNow, cache));
}

// Whatever was fetched, it is not asked for at once again.
void Fetched(RevocationCheck check, Bytes der) {
  const auto trust = Trust(check);
  const std::string key = check == RevocationCheck::kCrl ? CrlNeed(*trust[0], Leaf()).key
                                                         : OcspNeed(*trust[0], Leaf(), Root()).key;
  RevocationCache cache;
  if (!cache.Put(key, der)) return;
  const Verification said = Verify(Leaf(), {}, trust, kNow, cache);
  VAM_CHECK(said.verdict != Verdict::kNeedsRevocation);
  VAM_CHECK(said.verdict == Verdict::kTrusted || !said.why.empty());
}

void Names(Bytes bytes) {
  if (const auto text = NameToText(bytes)) VAM_CHECK(IsPrintable(*text));
  const auto der = NameFromText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!der) return;
  const auto text = NameToText(*der);
  if (!text) return;  // escapes made it too long
  VAM_CHECK(IsPrintable(*text));
  // Types without a name are written in hexadecimal, which is not read.
  if (text->find("=#") != std::string::npos) return;
  const auto again = NameFromText(*text);
  VAM_CHECK(again.has_value() && *again == *der);
}

}  // namespace
}  // namespace vam::pki

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vam::pki;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const vam::Bytes rest(data + 1, size - 1);
  switch (data[0] & 3) {
    case 0:
      OneCertificate(rest);
      break;
    case 1:
      Fetched(RevocationCheck::kCrl, rest);
      break;
    case 2:
      Fetched(RevocationCheck::kOcsp, rest);
      break;
    default:
      Names(rest);
  }
  return 0;
}
