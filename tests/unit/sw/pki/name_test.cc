#include "sw/pki/name.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "tests/support/identity.h"
#include "tests/support/vectors.h"

namespace vam::pki {
namespace {

std::shared_ptr<X509_NAME> Read(const std::vector<uint8_t>& der) {
  const uint8_t* end = der.data();
  return {d2i_X509_NAME(nullptr, &end, static_cast<long>(der.size())), X509_NAME_free};
}

// libcrypto's text of the same standard's forerunner.
std::string Rfc2253(const X509_NAME* name, unsigned long more = 0) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | more);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string Again(const std::string& text) {
  const auto der = NameFromText(text);
  if (!der) return std::string("error: ") + der.error().text;
  const auto back = NameToText(*der);
  return back ? *back : std::string("error: ") + back.error().text;
}

TEST(NameTest, TextThereAndBack) {
  for (const char* text : {
           "",
           "CN=gw.example.com,O=Example",
           "CN=gw,OU=vpn+OU=west,O=Example\\, Inc.,C=DE",
           "UID=jsmith,DC=example,DC=net",
           "CN=Before\\0DAfter,DC=example,DC=net",
           "CN=Lu\xc4\x8di\xc4\x87",
           "CN=\\ leading and trailing\\ ",
           "CN=\\#1",
           "CN=a\\+b\\\"c\\\\d\\<e\\>f\\;g\\=h",
           "E=admin@example.com,CN=gw",
           "UNSTRUCTUREDNAME=gw.example.com",
           "SERIALNUMBER=FDO1234,CN=gw",
       }) {
    EXPECT_EQ(Again(text), text);
  }
}

// The same bytes as OpenSSL builds from the same parts.
TEST(NameTest, DerIsOpenSsls) {
  const auto identity = test::Identity::SelfSigned({.subject = "CN=gw,OU=vpn,O=Example,C=DE"});
  const uint8_t* der = nullptr;
  size_t size = 0;
  ASSERT_EQ(X509_NAME_get0_der(X509_get_subject_name(identity.x509()), &der, &size), 1);
  const auto ours = NameFromText("CN=gw,OU=vpn,O=Example,C=DE");
  ASSERT_TRUE(ours);
  EXPECT_EQ(*ours, std::vector<uint8_t>(der, der + size));
}

TEST(NameTest, WaysToWriteTheSame) {
  EXPECT_EQ(Again(" cn = gw , o = Example "), "CN=gw,O=Example");
  EXPECT_EQ(Again("email=a@b.c,S=Bavaria"), "E=a@b.c,ST=Bavaria");
  EXPECT_EQ(Again("2.5.4.3=gw"), "CN=gw");
  EXPECT_EQ(Again("CN=L\\C3\\BCbeck"),
            "CN=L\xc3\xbc"
            "beck");
}

TEST(NameTest, ControlCharactersAreEscaped) {
  EXPECT_EQ(Again("CN=a\\1B[2Jb\\7F"), "CN=a\\1B[2Jb\\7F");
  EXPECT_EQ(Again("CN=a\xc2\x9b"
                  "b"),
            "CN=a\\C2\\9Bb")
      << "a control character of two bytes";
}

TEST(NameTest, UnknownTypesStandInNumbers) {
  const auto der = NameFromText("1.2.3.4=ABC,CN=gw");
  ASSERT_TRUE(der);
  const auto text = NameToText(*der);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "1.2.3.4=#0C03414243,CN=gw");
}

TEST(NameTest, WhatIsWrong) {
  for (const char* text : {"gw", "CN", "CN=", "=gw", "CN=gw,", "CN=gw+", ",CN=gw", "CN=a,,CN=b",
                           "XX=gw", "CN=a\\", "CN=#0403414243", "CN=\"a\"", "C=DEU", "CN=\xff\xfe",
                           "1..2=x", "E=m\xc3\xbcller@example.com"}) {
    const auto der = NameFromText(text);
    ASSERT_FALSE(der) << text;
    EXPECT_EQ(der.error().code, ErrorCode::kInvalidArgument) << text;
  }
}

TEST(NameTest, Limits) {
  EXPECT_FALSE(NameFromText("CN=" + std::string(65, 'a'))) << "RFC 5280, appendix A: 64";
  std::string parts = "CN=a";
  for (size_t i = 1; i < kMaxNameParts; ++i) parts += ",OU=b";
  EXPECT_EQ(Again(parts), parts);
  const auto more = NameFromText(parts + ",OU=b");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(NameFromText(std::string(kMaxNameText + 1, ' ')));
  EXPECT_FALSE(NameToText(std::vector<uint8_t>(kMaxNameDer + 1)));
  EXPECT_FALSE(NameToText(std::vector<uint8_t>{0x30, 0x00, 0x00}));
  EXPECT_FALSE(NameToText(std::vector<uint8_t>{0x02, 0x01, 0x00}));
}

// Every name of PKITS: text as libcrypto writes it, and read back the same name.
TEST(NameTest, NamesOfPkits) {
  size_t names = 0;
  const std::string folder = "x509/PKITS_data/certs/";
  for (const std::string& file : test::ListDebianFiles(folder)) {
    const std::vector<uint8_t> der = test::LoadDebianFile(folder + file);
    const uint8_t* end = der.data();
    const std::shared_ptr<X509> x509(d2i_X509(nullptr, &end, static_cast<long>(der.size())),
                                     X509_free);
    ASSERT_NE(x509, nullptr) << file;
    const X509_NAME* name = X509_get_subject_name(x509.get());
    const uint8_t* name_der = nullptr;
    size_t size = 0;
    ASSERT_EQ(X509_NAME_get0_der(name, &name_der, &size), 1);
    const auto text = NameToText(Bytes(name_der, size));
    ASSERT_TRUE(text) << file << ": " << text.error().text;
    std::string theirs = Rfc2253(name);
    for (const auto& [longer, shorter] :
         {std::pair("serialNumber=", "SERIALNUMBER="), std::pair("title=", "TITLE="),
          std::pair("SN=", "SURNAME="), std::pair("GN=", "GIVENNAME="),
          std::pair("emailAddress=", "E=")}) {
      const size_t at = theirs.find(longer);
      if (at != std::string::npos) theirs.replace(at, std::string(longer).size(), shorter);
    }
    ++names;
    if (text->find("=#") != std::string::npos) continue;  // libcrypto has more names than we do
    EXPECT_EQ(*text, theirs) << file;
    const auto back = NameFromText(*text);
    ASSERT_TRUE(back) << file << ": " << *text << ": " << back.error().text;
    EXPECT_EQ(X509_NAME_cmp(Read(*back).get(), name), 0) << file << ": " << *text;
  }
  EXPECT_EQ(names, 405u);
}

}  // namespace
}  // namespace vam::pki
