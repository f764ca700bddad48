#include "sw/pki/name.h"

#include <openssl/objects.h>

#include <array>
#include <optional>
#include <utility>

#include "sw/base/text.h"
#include "sw/pki/der.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

struct Type {
  std::string_view name;
  int nid;
};
// The first of those with one number is what is written.
constexpr std::array<Type, 20> kTypes = {{{"CN", NID_commonName},
                                          {"O", NID_organizationName},
                                          {"OU", NID_organizationalUnitName},
                                          {"C", NID_countryName},
                                          {"ST", NID_stateOrProvinceName},
                                          {"S", NID_stateOrProvinceName},
                                          {"L", NID_localityName},
                                          {"STREET", NID_streetAddress},
                                          {"DC", NID_domainComponent},
                                          {"UID", NID_userId},
                                          {"E", NID_pkcs9_emailAddress},
                                          {"EMAIL", NID_pkcs9_emailAddress},
                                          {"EMAILADDRESS", NID_pkcs9_emailAddress},
                                          {"SERIALNUMBER", NID_serialNumber},
                                          {"SURNAME", NID_surname},
                                          {"SN", NID_surname},
                                          {"GIVENNAME", NID_givenName},
                                          {"TITLE", NID_title},
                                          {"UNSTRUCTUREDNAME", NID_pkcs9_unstructuredName},
                                          {"UNSTRUCTUREDADDRESS", NID_pkcs9_unstructuredAddress}}};

using ObjectPointer = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;

Error Wrong(const char* text) { return Err(ErrorCode::kInvalidArgument, text); }

bool SameWord(std::string_view a, std::string_view upper) {
  if (a.size() != upper.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToUpper(a[i]) != upper[i]) return false;
  }
  return true;
}

// "1.2.3.4"; empty when it is too long.
std::string Numbers(const ASN1_OBJECT* object) {
  std::array<char, 128> numbers{};
  const int size = OBJ_obj2txt(numbers.data(), numbers.size(), object, 1);
  if (size <= 0 || static_cast<size_t>(size) >= numbers.size()) return {};
  return numbers.data();
}

ObjectPointer FindType(std::string_view word) {
  for (const Type& type : kTypes) {
    if (SameWord(word, type.name)) return ObjectPointer(OBJ_nid2obj(type.nid));
  }
  if (word.empty() || word.find_first_not_of("0123456789.") != std::string_view::npos) {
    return nullptr;
  }
  ObjectPointer object(OBJ_txt2obj(std::string(word).c_str(), 1));
  // libcrypto takes "1..2" and "01.2" too.
  return object != nullptr && Numbers(object.get()) == word ? std::move(object) : nullptr;
}

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string_view TrimBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// One "type=value" and what stands behind it: ',' or '+', or 0 at the end.
struct Part {
  std::string_view type;
  std::string value;  // unescaped
  char behind = 0;
};

// RFC 4514, 2.4: a backslash stands before a character or two hexadecimal digits.
Status TakeEscaped(std::string_view text, size_t& at, std::string& value) {
  if (at + 1 >= text.size()) return Wrong("a name ends in a backslash");
  const auto high = HexDigit(text[at + 1]);
  const auto low = at + 2 < text.size() ? HexDigit(text[at + 2]) : std::nullopt;
  if (high && low) {
    value += static_cast<char>(*high << 4 | *low);
    at += 3;
    return Ok();
  }
  value += text[at + 1];
  at += 2;
  return Ok();
}

// From the front of `text`, which loses it with the mark behind it.
Result<Part> TakePart(std::string_view& text) {
  const size_t equals = text.find_first_of("=,+");
  if (equals == std::string_view::npos || text[equals] != '=') {
    return Wrong("a part of a name is TYPE=VALUE");
  }
  Part part;
  part.type = TrimBlanks(text.substr(0, equals));
  size_t at = equals + 1;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at < text.size() && (text[at] == '#' || text[at] == '"')) {
    return Wrong("values of names in hexadecimal or in quotes are not taken");
  }
  size_t kept = 0;  // blanks at the end are not part of the value, unless they are escaped
  while (at < text.size() && text[at] != ',' && text[at] != '+') {
    const char c = text[at];
    if (c == '\\') {
      VAM_TRY_STATUS(TakeEscaped(text, at, part.value));
      kept = part.value.size();
      continue;
    }
    part.value += c;
    if (c != ' ') kept = part.value.size();
    ++at;
  }
  part.value.resize(kept);
  if (part.value.empty()) return Wrong("a part of a name has no value");
  part.behind = at < text.size() ? text[at] : '\0';
  text.remove_prefix(std::min(text.size(), at + 1));
  if (part.behind != 0 && TrimBlanks(text).empty()) return Wrong("a name ends in a comma or plus");
  return part;
}

Result<std::vector<Part>> Split(std::string_view text) {
  std::vector<Part> parts;
  while (!TrimBlanks(text).empty()) {
    if (parts.size() == kMaxNameParts) return Err(ErrorCode::kExhausted, "a name of over 32 parts");
    VAM_TRY(Part part, TakePart(text));
    parts.push_back(std::move(part));
  }
  return parts;
}

// Whether the character may stand in text as it is; others are escaped.
bool IsPlain(const std::string& value, size_t at) {
  const auto c = static_cast<uint8_t>(value[at]);
  if (c < 0x20 || c == 0x7f) return false;
  // The control characters U+0080 to U+009F.
  const bool after_c2 = at > 0 && static_cast<uint8_t>(value[at - 1]) == 0xc2;
  const bool before_c1 =
      c == 0xc2 && at + 1 < value.size() && static_cast<uint8_t>(value[at + 1]) < 0xa0;
  return !before_c1 && !(after_c2 && c < 0xa0);
}

void AppendHex(std::string& out, uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

void AppendEscaped(std::string& out, const std::string& value) {
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == value.size() && c == ' ');
    if (!IsPlain(value, i)) {
      out += '\\';
      AppendHex(out, static_cast<uint8_t>(c));
      continue;
    }
    if (edge || std::string_view(",+\"\\<>;=").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

// RFC 4514, 2.4, of what has no other form: the DER of the value.
bool AppendEncoded(std::string& out, const ASN1_STRING* value) {
  ASN1_TYPE type{};
  type.type = ASN1_STRING_type(value);
  type.value.asn1_string = const_cast<ASN1_STRING*>(value);
  const std::vector<uint8_t> encoded = EncodeDer(&type, i2d_ASN1_TYPE);
  if (encoded.empty()) return false;
  out += '#';
  for (const uint8_t byte : encoded) AppendHex(out, byte);
  return true;
}

bool AppendEntry(std::string& out, const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const int nid = OBJ_obj2nid(object);
  for (const Type& type : kTypes) {
    if (type.nid != nid) continue;
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, value);
    if (size < 0) break;
    const TextPointer owner(utf8);
    out.append(type.name).append("=");
    AppendEscaped(out, std::string(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size)));
    return true;
  }
  const std::string numbers = Numbers(object);
  if (numbers.empty()) return false;
  out.append(numbers).append("=");
  return AppendEncoded(out, value);
}

Result<std::string> TextOf(const X509_NAME* name) {
  const int count = X509_NAME_entry_count(name);
  if (count > static_cast<int>(kMaxNameParts)) {
    return Err(ErrorCode::kExhausted, "a name of over 32 parts");
  }
  std::string text;
  for (int end = count; end > 0;) {
    // The values of one part, in their order.
    int first = end - 1;
    const int set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, first));
    while (first > 0 && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, first - 1)) == set) --first;
    for (int i = first; i < end; ++i) {
      if (!text.empty()) text += i == first ? ',' : '+';
      const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
      if (!AppendEntry(text, entry)) return Err(ErrorCode::kMalformed, "a name that has no text");
      if (text.size() > kMaxNameText) {
        return Err(ErrorCode::kExhausted, "a name of over 2048 bytes");
      }
    }
    end = first;
  }
  return text;
}

}  // namespace

Result<std::vector<uint8_t>> NameFromText(std::string_view text) {
  const ErrorsCleared cleared;
  if (text.size() > kMaxNameText) return Err(ErrorCode::kExhausted, "a name of over 2048 bytes");
  VAM_TRY(const std::vector<Part> parts, Split(text));
  const NamePointer name(X509_NAME_new());
  if (name == nullptr) return Err(ErrorCode::kInternal, "libcrypto made no name");
  for (size_t i = parts.size(); i-- > 0;) {
    const Part& part = parts[i];
    const ObjectPointer type = FindType(part.type);
    if (type == nullptr) return Wrong("a part of a name has a type that is not known");
    const auto* value = reinterpret_cast<const uint8_t*>(part.value.data());
    // MBSTRING_UTF8: libcrypto chooses the string type and checks the lengths of appendix A.
    if (X509_NAME_add_entry_by_OBJ(name.get(), type.get(), MBSTRING_UTF8, value,
                                   static_cast<int>(part.value.size()), -1,
                                   part.behind == '+' ? -1 : 0) != 1) {
      return Wrong("a part of a name has a value that its type does not take");
    }
  }
  std::vector<uint8_t> der = EncodeDer(name.get(), i2d_X509_NAME);
  if (der.empty()) return Err(ErrorCode::kInternal, "libcrypto encoded no name");
  if (der.size() > kMaxNameDer) return Err(ErrorCode::kExhausted, "a name of over 4096 bytes");
  return der;
}

Result<std::string> NameToText(Bytes der) {
  const ErrorsCleared cleared;
  if (der.size() > kMaxNameDer) return Err(ErrorCode::kExhausted, "a name of over 4096 bytes");
  VAM_TRY_STATUS(CheckDer(der));
  const uint8_t* end = der.data();
  const NamePointer name(d2i_X509_NAME(nullptr, &end, static_cast<long>(der.size())));
  if (name == nullptr || end != der.data() + der.size()) {
    return Err(ErrorCode::kMalformed, "not a name");
  }
  return TextOf(name.get());
}

}  // namespace vam::pki
