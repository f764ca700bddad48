#include "sw/vamsh/pager.h"

#include <gtest/gtest.h>

#include <string>

#include "sw/vamsh/session.h"

namespace vam::vamsh {
namespace {

constexpr std::string_view kAsk = " --More-- \r          \r";

// What is written when the operator presses `keys`.
std::string Written(std::string_view text, Page page, std::string keys) {
  char* memory = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&memory, &size);
  PrintByPage(out, text, page, [&keys] {
    if (keys.empty()) return -1;
    const int key = static_cast<unsigned char>(keys.front());
    keys.erase(0, 1);
    return key;
  });
  fclose(out);
  const std::string written(memory, size);
  free(memory);
  EXPECT_EQ(keys, "") << "keys that were not read";
  return written;
}

TEST(Pager, WithoutPagesEverythingComesAtOnce) {
  EXPECT_EQ(Written("a\nb\nc\n", {0, 80}, ""), "a\nb\nc\n");
  EXPECT_EQ(Written("", {3, 80}, ""), "");
}
TEST(Pager, AFullScreenIsNotAsked) { EXPECT_EQ(Written("a\nb\n", {3, 80}, ""), "a\nb\n"); }
TEST(Pager, BlankShowsAPage) {
  const std::string ask(kAsk);
  EXPECT_EQ(Written("a\nb\nc\nd\ne\n", {3, 80}, "  "), "a\nb\n" + ask + "c\nd\n" + ask + "e\n");
}
TEST(Pager, EnterShowsALine) {
  const std::string ask(kAsk);
  EXPECT_EQ(Written("a\nb\nc\nd\n", {3, 80}, "\r\n"), "a\nb\n" + ask + "c\n" + ask + "d\n");
}
TEST(Pager, AnyOtherKeyEnds) {
  EXPECT_EQ(Written("a\nb\nc\nd\n", {3, 80}, "q"), "a\nb\n" + std::string(kAsk));
  EXPECT_EQ(Written("a\nb\nc\nd\n", {3, 80}, ""), "a\nb\n" + std::string(kAsk));
}
TEST(Pager, ALongLineTakesItsRows) {
  EXPECT_EQ(Written("aaaaaaaaaa\nb\nc\n", {4, 5}, " "),
            "aaaaaaaaaa\nb\n" + std::string(kAsk) + "c\n");
  // Higher than the screen: it is shown, not asked for for ever.
  EXPECT_EQ(Written("aaaaaaaaaa\nb\n", {2, 5}, " "), "aaaaaaaaaa\n" + std::string(kAsk) + "b\n");
}

TEST(Lines, AreCutAtTheirEnds) {
  EXPECT_EQ(LinesOf("a\r\n\nb"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_TRUE(LinesOf("").empty());
}

}  // namespace
}  // namespace vam::vamsh
