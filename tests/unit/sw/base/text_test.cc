#include "sw/base/text.h"

#include <gtest/gtest.h>

namespace vam {
namespace {

TEST(TextTest, BytesAndBack) {
  const std::string text("gw\0x", 4);
  EXPECT_EQ(BytesOf(text).size(), 4u);
  EXPECT_EQ(TextOf(BytesOf(text)), text);
  EXPECT_TRUE(BytesOf("").empty());
}

TEST(TextTest, CaseIsThatOfAscii) {
  EXPECT_EQ(Lower("GW-1.Example \xc3\x84"), "gw-1.example \xc3\x84");
  EXPECT_EQ(Upper("gw-1.Example \xc3\xa4"), "GW-1.EXAMPLE \xc3\xa4");
}

TEST(TextTest, PlainTextHasNoControlCharacters) {
  for (const char* good :
       {"", "gw.example.com", "CN=G\xc3\xa4te", "\xe2\x82\xac 5", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(IsPlainText(good)) << good;
  }
  for (const char* bad : {"a\nb", "a\x1b[2J", "\x7f", "\xc2\x85", "\xc2\x9b"}) {
    EXPECT_FALSE(IsPlainText(bad)) << bad;
  }
  EXPECT_FALSE(IsPlainText(std::string_view("\0", 1)));
}

// RFC 3629, 3 and 10.
TEST(TextTest, PlainTextIsUtf8) {
  for (const char* bad : {
           "\x80",              // goes on with nothing
           "\xc3",              // ends early
           "\xc3(",             // does not go on
           "\xc0\xaf",          // '/' in two bytes
           "\xe0\x80\xaf",      // in three
           "\xf0\x80\x80\xaf",  // in four
           "\xed\xa0\x80",      // half of a pair
           "\xf4\x90\x80\x80",  // beyond Unicode
           "\xff",
       }) {
    EXPECT_FALSE(IsPlainText(bad));
  }
  EXPECT_TRUE(IsPlainText("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"));
}

TEST(TextTest, FieldsAreFilledUpWithZeros) {
  std::array<char, 4> field{'x', 'x', 'x', 'x'};
  SetText(field, "ab");
  EXPECT_EQ(TextOf(field), "ab");
  EXPECT_TRUE(IsFilledUp(field));
  SetText(field, "abcdef");
  EXPECT_EQ(TextOf(field), "abcd");
  EXPECT_TRUE(IsFilledUp(field));
  field = {'a', 0, 'b', 0};
  EXPECT_EQ(TextOf(field), "a");
  EXPECT_FALSE(IsFilledUp(field));
}

}  // namespace
}  // namespace vam
