// Parts of patterns and help of words of PKI statements.
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr Macro kMacros[] = {
    {"pki-rule",
     "{ subject-name | issuer-name | alt-subject-name | name | unstructured-subject-name | "
     "serial-number } { eq | ne | co | nc }"},
    {"pki-date-rule", "{ valid-start | expires-on } { lt | ge | eq | ne }"},
};

constexpr WordHelp kWordHelp[] = {
    {"crypto pki", "Keys and certificates"},
    {"crypto ca", "The same as crypto pki"},
    {"pki trustpoint", "Whose certificates are trusted, and this system's own"},
    {"ca trustpoint", "Whose certificates are trusted, and this system's own"},
    {"certificate chain", "Certificates in hexadecimal"},
    {"certificate map", "Rules on certificates of peers"},
    {"certificate ca", "Certificate of a CA"},
    {"certificate self-signed", "Certificate that this system signed itself"},
    {"enrollment", "Where the certificate comes from"},
    {"enrollment terminal", "Requests and certificates are pasted"},
    {"terminal pem", "With lines around the base64"},
    {"enrollment selfsigned", "This system signs its own certificate"},
    {"subject-name", "Distinguished name"},
    {"fqdn", "Host name"},
    {"fqdn none", "No host name"},
    {"ip-address", "IP address"},
    {"ip-address none", "No address"},
    {"rsakeypair", "RSA key by its label"},
    {"eckeypair", "Elliptic-curve key by its label"},
    {"revocation-check", "How revocation is checked"},
    {"revocation-check none", "Not at all"},
    {"crl", "By certificate revocation list (RFC 5280)"},
    {"ocsp", "By the online certificate status protocol (RFC 6960)"},
    {"crl query", "Where the list is"},
    {"crl none", "What nobody answers for is good"},
    {"ocsp none", "What nobody answers for is good"},
    {"ocsp url", "Where the server is"},
    {"certificate url", "Where the own certificate is"},
    {"issuer-name", "Distinguished name of the issuer"},
    {"alt-subject-name", "A name of subjectAltName"},
    {"unstructured-subject-name", "The subject as one text"},
    {"serial-number", "Serial number in hexadecimal"},
    {"valid-start", "Begin of the validity"},
    {"expires-on", "End of the validity"},
    {"ne", "Not equal"},
    {"co", "Contains"},
    {"nc", "Does not contain"},
    {"ge", "Not earlier"},
    {"quit", "The end of the certificate"},
};

}  // namespace

std::span<const Macro> PkiMacros() { return kMacros; }
std::span<const WordHelp> PkiWordHelp() { return kWordHelp; }

}  // namespace vam::config
