// The extensions of a certificate that are read at once. Those that path validation is about are
// libcrypto's.
#include <algorithm>
#include <chrono>
#include <string_view>

#include "sw/base/text.h"
#include "sw/pki/certificate_fields.h"

namespace vam::pki {
namespace {

constexpr int kMaxExtensions = 64;

using DistPointsPointer = std::unique_ptr<CRL_DIST_POINTS, FreeWith<CRL_DIST_POINTS_free>>;
using AccessPointer = std::unique_ptr<AUTHORITY_INFO_ACCESS, FreeWith<AUTHORITY_INFO_ACCESS_free>>;

Error TooMany(const char* text) { return Err(ErrorCode::kExhausted, text); }

// The extension `nid`, or null. kMalformed when it is there and cannot be read.
template <typename Pointer>
Result<Pointer> Extension(const X509* x509, int nid) {
  int critical = -1;
  Pointer found(
      static_cast<typename Pointer::pointer>(X509_get_ext_d2i(x509, nid, &critical, nullptr)));
  if (found == nullptr && critical != -1) {
    return Err(ErrorCode::kMalformed, "an extension of a certificate cannot be read");
  }
  return found;
}

std::string_view ViewOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// CVE-2009-2408: a NUL or another strange character ends no name early, it ends the certificate.
Status AddText(std::vector<std::string>& names, const ASN1_STRING* string) {
  const std::string_view text = ViewOf(string);
  if (text.empty() || !IsPrintable(text)) {
    return Err(ErrorCode::kMalformed,
               "an alternative name that is empty or has strange characters");
  }
  if (names.size() == kMaxAltNames) return TooMany("over 64 alternative names of one kind");
  names.emplace_back(text);
  return Ok();
}

Status AddAddress(std::vector<net::Address>& addresses, const ASN1_STRING* octets) {
  const std::string_view bytes = ViewOf(octets);
  auto address = net::Address::FromBytes(BytesOf(bytes));
  if (!address) return Err(ErrorCode::kMalformed, "an address of neither 4 nor 16 bytes");
  if (addresses.size() == kMaxAltNames) return TooMany("over 64 alternative names of one kind");
  addresses.push_back(*address);
  return Ok();
}

// Others than http and https are left out: nothing here fetches them.
Status AddUrl(std::vector<std::string>& urls, const GENERAL_NAME* name) {
  if (name->type != GEN_URI) return Ok();
  const std::string_view url = ViewOf(name->d.uniformResourceIdentifier);
  if (url.size() > kMaxUrlBytes || !IsPrintable(url)) return Ok();
  std::string scheme(url.substr(0, std::min(url.find(':'), url.size())));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (scheme != "http" && scheme != "https") return Ok();
  if (std::find(urls.begin(), urls.end(), url) != urls.end()) return Ok();
  if (urls.size() == kMaxUrls) return TooMany("over 8 URLs of one kind");
  urls.emplace_back(url);
  return Ok();
}

}  // namespace

Status CheckExtensions(const X509* x509) {
  const int count = X509_get_ext_count(x509);
  if (count > kMaxExtensions) return TooMany("over 64 extensions");
  for (int i = 0; i < count; ++i) {
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(X509_get_ext(x509, i));
    if (X509_get_ext_by_OBJ(x509, object, i) != -1) {
      return Err(ErrorCode::kMalformed, "one extension twice");
    }
  }
  return Ok();
}

Result<AltNames> ReadAltNames(const X509* x509) {
  VAM_TRY(const GeneralNamesPointer names,
          Extension<GeneralNamesPointer>(x509, NID_subject_alt_name));
  AltNames read;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) VAM_TRY_STATUS(AddText(read.dns, name->d.dNSName));
    if (name->type == GEN_EMAIL) VAM_TRY_STATUS(AddText(read.emails, name->d.rfc822Name));
    if (name->type == GEN_IPADD) VAM_TRY_STATUS(AddAddress(read.addresses, name->d.iPAddress));
  }
  return read;
}

Result<std::vector<std::string>> ReadCrlUrls(const X509* x509) {
  VAM_TRY(const DistPointsPointer points,
          Extension<DistPointsPointer>(x509, NID_crl_distribution_points));
  std::vector<std::string> urls;
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT* point = sk_DIST_POINT_value(points.get(), i);
    // A full name; the other form is relative to the CRL's issuer and never a URL.
    if (point->distpoint == nullptr || point->distpoint->type != 0) continue;
    const GENERAL_NAMES* names = point->distpoint->name.fullname;
    for (int j = 0; j < sk_GENERAL_NAME_num(names); ++j) {
      VAM_TRY_STATUS(AddUrl(urls, sk_GENERAL_NAME_value(names, j)));
    }
  }
  return urls;
}

Result<std::vector<std::string>> ReadOcspUrls(const X509* x509) {
  VAM_TRY(const AccessPointer accesses, Extension<AccessPointer>(x509, NID_info_access));
  std::vector<std::string> urls;
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(accesses.get()); ++i) {
    const ACCESS_DESCRIPTION* access = sk_ACCESS_DESCRIPTION_value(accesses.get(), i);
    if (OBJ_obj2nid(access->method) != NID_ad_OCSP) continue;
    VAM_TRY_STATUS(AddUrl(urls, access->location));
  }
  return urls;
}

Result<int64_t> SecondsOf(const ASN1_TIME* time) {
  const std::string_view text = ViewOf(time);
  const size_t size = ASN1_STRING_type(time) == V_ASN1_UTCTIME ? 13 : 15;
  tm parts{};
  if (text.size() != size || text.back() != 'Z' || ASN1_TIME_to_tm(time, &parts) != 1) {
    return Err(ErrorCode::kMalformed, "a time that is not as RFC 5280 writes it");
  }
  using std::chrono::sys_days, std::chrono::year, std::chrono::month, std::chrono::day;
  const sys_days date = year(parts.tm_year + 1900) /
                        month(static_cast<unsigned>(parts.tm_mon + 1)) /
                        day(static_cast<unsigned>(parts.tm_mday));
  return int64_t{date.time_since_epoch().count()} * 86'400 + parts.tm_hour * 3600 +
         parts.tm_min * 60 + parts.tm_sec;
}

}  // namespace vam::pki
