#include "sw/ipsec/lzs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/unit/sw/ipsec/lzs_oracle.h"

namespace vam::ipsec {
namespace {

using Buffer = std::vector<uint8_t>;
using test::LzsOracle;

void FillRandom(std::mt19937_64& random, Buffer& bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
}

Buffer Text(std::string_view text) { return Buffer(text.begin(), text.end()); }

// "0 01100001 1 ..." as bytes, the last one filled with zeros.
Buffer Bits(std::string_view text) {
  Buffer bytes;
  size_t count = 0;
  for (const char c : text) {
    if (c != '0' && c != '1') continue;
    if (count++ % 8 == 0) bytes.push_back(0);
    if (c == '1') bytes.back() |= static_cast<uint8_t>(0x80 >> (count - 1) % 8);
  }
  return bytes;
}

// A file of this repository: text as people write it.
Buffer RepositoryText() {
  std::ifstream file(VAM_SOURCE_DIR "/sw/ipsec/README.md", std::ios::binary);
  Buffer text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_GT(text.size(), 3000u);
  return text;
}

class LzsTest : public testing::Test {
 protected:
  Buffer Compress(const Buffer& in) {
    Buffer out(in.size() * 9 / 8 + 4);
    const auto bytes = compressor_->Compress(in, out);
    EXPECT_TRUE(bytes.has_value());
    out.resize(bytes.value_or(0));
    return out;
  }
  static Decompressed Decompress(const Buffer& in, Buffer& out, size_t room = 65535) {
    out.assign(room, 0xee);
    const Decompressed done = LzsDecompress(in, out);
    out.resize(done.bytes);
    return done;
  }
  // Both readers give back what was packed.
  void CheckThereAndBack(const Buffer& in) {
    const Buffer packed = Compress(in);
    Buffer out;
    ASSERT_EQ(Decompress(packed, out, in.size()).reason, Reason::kOk);
    ASSERT_EQ(out, in);
    ASSERT_EQ(LzsOracle::Decode(packed), in);
  }

  std::unique_ptr<LzsCompressor> compressor_ = std::make_unique<LzsCompressor>();
};

// A packet that another implementation made: test-lzs-decompression.c of lzs-compression by Craig
// McQueen (MIT licence).
constexpr std::string_view kForeignText =
    "Return a string containing a printable representation of an object. For many types, this "
    "function makes an attempt to return a string that would yield an object with the same value "
    "when passed to eval(), otherwise the representation is a string enclosed in angle brackets "
    "that contains the name of the type of the object together with additional information often "
    "including the name and address of the object. A class can control what this function returns "
    "for its instances by defining a __repr__() method.";
constexpr std::string_view kForeignPacked =
    "29194e875391b84061101cce872349b8ce20319bcdc7430e24c5d940e19371c188d865101c8cb8c0ca7332e393a1"
    "a744080de66cf1864c46a3298ce82e10118de72101b7201e440743c9c34a0b30e1a0d27310198ea6ece1acb341af"
    "2a6bedd874329b4e074cf86fe7bf6f6d919d04077379d4d864101e4d265c33def1cb069ce9a061061ccc26dc2876"
    "309b0eb860ef8f3401c0c2738489aa39c9972c8a053f80dfa74e5b032c6c32167ef0937dfe3950c66c37ef6c69ea"
    "4cf0e04c4723098e14e1d348422b220bd8eb361bbf143c5c650e1b19e10a0e840067dc1f86153a61321930e7bd84"
    "89dc4cd11821fa44c3a1f6420dfba75d010f0cec77f88763b42152fb4ec7ac55820c21c36438dc3110c61231c8df"
    "d421f242798affb452f722c615fd988216ec2f0ce11734c51910c865334733c0be5f888d8622524648858a6f320b"
    "b000";

TEST_F(LzsTest, APacketOfAnotherImplementation) {
  const Buffer packed = *ParseHex(kForeignPacked);
  Buffer out;
  ASSERT_EQ(Decompress(packed, out).reason, Reason::kOk);
  EXPECT_EQ(out, Text(kForeignText));
  EXPECT_EQ(LzsOracle::Decode(packed), Text(kForeignText));
  // Ours is no longer than theirs.
  EXPECT_LE(Compress(Text(kForeignText)).size(), packed.size());
}

TEST_F(LzsTest, EveryCodeByHand) {
  const std::string a = "0 01100001 ";
  const std::string end = "1 1 0000000";
  const std::string back1 = "1 1 0000001 ";
  const struct {
    std::string bits;
    size_t as;
  } cases[] = {{"00", 3},
               {"01", 4},
               {"10", 5},
               {"1100", 6},
               {"1101", 7},
               {"1110", 8},
               {"1111 0000", 9},
               {"1111 1110", 23},
               {"1111 1111 0000", 24},
               {"1111 1111 1110", 38},
               {"1111 1111 1111 0000", 39},
               {"1111 1111 1111 1111 0001", 55}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bits);
    const Buffer packed = Bits(a + back1 + c.bits + end);
    const Buffer plain(c.as, 'a');
    Buffer out;
    ASSERT_EQ(Decompress(packed, out).reason, Reason::kOk);
    EXPECT_EQ(out, plain);
    EXPECT_EQ(Compress(plain), packed);
  }
  EXPECT_EQ(Compress({}), Bits(end));
  EXPECT_EQ(Compress(Text("ab")), Bits(a + "0 01100010" + end));
}

// A string 127 back has the short offset, 128 to 2047 the long one, 2048 none.
TEST_F(LzsTest, OffsetsToTheirLimits) {
  std::mt19937_64 random(vam::test::TestSeed());
  for (const size_t offset : {1u, 2u, 126u, 127u, 128u, 129u, 2046u, 2047u, 2048u}) {
    SCOPED_TRACE(offset);
    // No two bytes of the filling are a pair that stood before.
    Buffer in = {0, 1, 2, 3, 4, 5, 6, 7};
    in.resize(8);
    for (size_t i = 8; i < offset; ++i) in.push_back(static_cast<uint8_t>(random() | 8));
    in.resize(offset);
    const Buffer start(in.begin(),
                       in.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(8, offset)));
    const Buffer before = Compress(in);
    in.insert(in.end(), start.begin(), start.end());
    CheckThereAndBack(in);
    const size_t added = Compress(in).size() - before.size();
    // Two or three bytes for the string, or 9 bits for each literal.
    EXPECT_EQ(offset <= 2047 ? added <= 3 : added >= start.size(), true) << added;
  }
}

TEST_F(LzsTest, RandomAndTextThereAndBack) {
  std::mt19937_64 random(vam::test::TestSeed());
  const Buffer text = RepositoryText();
  for (int round = 0; round < 400; ++round) {
    Buffer in(random() % 3000);
    FillRandom(random, in);
    const uint64_t kind = random() % 4;
    // Few symbols: many strings, long and short, near and far.
    if (kind < 3) {
      for (uint8_t& byte : in) byte = static_cast<uint8_t>(byte >> (kind * 2 + 2));
    }
    if (round % 5 == 0)
      in.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(random() % text.size()));
    CheckThereAndBack(in);
  }
  CheckThereAndBack(text);
  Buffer largest(65535);
  FillRandom(random, largest);
  for (uint8_t& byte : largest) byte &= 0x83;
  CheckThereAndBack(largest);
  CheckThereAndBack(Buffer(65535, 0));
}

// The history starts empty with each packet (RFC 2395, 2.1).
TEST_F(LzsTest, PacketsDoNotKnowEachOther) {
  const Buffer text = Text(kForeignText);
  const Buffer first = Compress(text);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Compress(text), first);
}

// 2^32 bytes later the tables are cleared: the same result, no string into nothing.
TEST_F(LzsTest, PositionsComeRound) {
  const Buffer text = Text(kForeignText);
  const Buffer first = Compress(text);
  for (const uint32_t distance : {400'000u, 300'001u, 140'000u, 135'000u, 70'000u, 3'000u, 0u}) {
    compressor_ = std::make_unique<LzsCompressor>(0xffffffff - distance);
    for (int i = 0; i < 300; ++i) ASSERT_EQ(Compress(text), first) << distance << ' ' << i;
  }
}

TEST_F(LzsTest, NothingIsWrittenPastTheRoom) {
  const Buffer text = Text(kForeignText);
  const Buffer packed = Compress(text);
  for (size_t room = 0; room <= packed.size(); ++room) {
    Buffer out(packed.size() + 8, 0xee);
    const auto bytes = compressor_->Compress(text, MutableBytes(out).first(room));
    EXPECT_EQ(bytes.has_value(), room == packed.size());
    EXPECT_EQ(Buffer(out.begin() + static_cast<std::ptrdiff_t>(room), out.end()),
              Buffer(out.size() - room, 0xee));
  }
  for (size_t room = 0; room <= text.size(); ++room) {
    Buffer out(text.size() + 8, 0xee);
    const Decompressed done = LzsDecompress(packed, MutableBytes(out).first(room));
    EXPECT_EQ(ReasonName(done.reason), room == text.size() ? "ok" : "ipcomp_too_long");
    EXPECT_EQ(Buffer(out.begin() + static_cast<std::ptrdiff_t>(room), out.end()),
              Buffer(out.size() - room, 0xee));
  }
}

TEST_F(LzsTest, WhatIsWrongIsMalformed) {
  Buffer out;
  const Buffer packed = Compress(Text(kForeignText));
  for (size_t size = 0; size < packed.size(); ++size) {
    const Buffer cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(ReasonName(Decompress(cut, out).reason), "ipcomp_malformed") << size;
  }
  for (const char* bits : {
           "1 1 0000001 00 1 1 0000000",                    // before the first byte
           "0 01100001 1 1 0000010 00 1 1 0000000",         // one more than there is
           "0 01100001 1 0 00000000000 00 1 1 0000000",     // a long offset of 0
           "0 01100001 1 0 00000000010 00 1 1 0000000",     // a long offset, one too far
           "0 01100001 1 1 0000001 1111 1111 1111 1111 1",  // the length does not end
       }) {
    EXPECT_EQ(ReasonName(Decompress(Bits(bits), out).reason), "ipcomp_malformed") << bits;
  }
  // A long offset that would fit a short one is right (nothing in the standard forbids it).
  EXPECT_EQ(Decompress(Bits("0 01100001 1 0 00000000001 00 1 1 0000000"), out).reason, Reason::kOk);
  EXPECT_EQ(out, Text("aaa"));
}

// Bits and bytes behind the end marker are padding (RFC 2395, 2.3).
TEST_F(LzsTest, PaddingIsIgnored) {
  Buffer packed = Bits("0 01100001 1 1 0000000 111111");
  packed.insert(packed.end(), 7, 0xff);
  Buffer out;
  ASSERT_EQ(Decompress(packed, out).reason, Reason::kOk);
  EXPECT_EQ(out, Text("a"));
}

// 100 bytes that stand for 1500 and more: ended as soon as the room is used up.
TEST_F(LzsTest, ABombIsTooLong) {
  Buffer bomb = Bits("0 01100001 1 1 0000001 1111 11");
  bomb.resize(8000, 0xff);
  Buffer out;
  EXPECT_EQ(ReasonName(Decompress(bomb, out).reason), "ipcomp_too_long");
  EXPECT_EQ(ReasonName(Decompress(bomb, out, 1500).reason), "ipcomp_too_long");
}

// Any bytes: both readers say the same.
TEST_F(LzsTest, RandomBytesAgreeWithTheOracle) {
  std::mt19937_64 random(vam::test::TestSeed());
  int good = 0;
  for (int round = 0; round < 20000; ++round) {
    Buffer in(random() % 60);
    FillRandom(random, in);
    if (!in.empty()) in[0] &= 0x7f;  // a literal first, or the packet ends at once
    Buffer out;
    const Decompressed done = Decompress(in, out);
    const auto expected = LzsOracle::Decode(in);
    ASSERT_EQ(done.reason == Reason::kOk, expected.has_value());
    if (!expected.has_value()) continue;
    ASSERT_EQ(out, *expected);
    ++good;
  }
  EXPECT_GT(good, 20);
}

}  // namespace
}  // namespace vam::ipsec
