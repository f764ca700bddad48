// Each recorded message and each payload in it, cut, with lengths off by one and bits flipped: an
// error or another message, never anything worse. The sanitizers watch when they are built in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "tests/unit/sw/ike/v2/wire/messages.h"
#include "tests/unit/sw/ike/v2/wire/rewrite.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Recorded;
using test::Rewritten;

struct Counts {
  size_t refused = 0;
  size_t taken = 0;
  size_t total() const { return refused + taken; }
};

// An allocation of exactly its size, so that a read behind it is seen.
struct Exact {
  explicit Exact(Bytes bytes) : size(bytes.size()), data(new uint8_t[bytes.size()]) {
    std::copy(bytes.begin(), bytes.end(), data.get());
  }
  Bytes bytes() const { return {data.get(), size}; }

  size_t size;
  std::unique_ptr<uint8_t[]> data;
};

// No payload's body holds it: all of them are looked at.
constexpr size_t kEverywhere = ~size_t{0};

// Through every parser that the payloads have; what parses must be writable and read back. Of a
// change at `changed` inside one body, the other payloads know nothing.
void Offer(PayloadType first, Bytes bytes, Counts& counts, size_t changed = kEverywhere) {
  const Exact exact(bytes);
  const auto chain = ParseChain(first, exact.bytes());
  if (!chain.has_value()) {
    EXPECT_EQ(chain.error().code, ErrorCode::kMalformed);
    ++counts.refused;
    return;
  }
  const auto holds = [&](const RawPayload& payload) {
    const auto begin = static_cast<size_t>(payload.body.data() - exact.bytes().data());
    return changed >= begin && changed < begin + payload.body.size();
  };
  const bool in_a_body = std::any_of(chain->payloads.begin(), chain->payloads.end(), holds);
  for (const RawPayload& payload : chain->payloads) {
    if (in_a_body && !holds(payload)) continue;
    MessageBuilder once;
    const Rewritten first_time = test::Rewrite(once, payload);
    ++(first_time == Rewritten::kRefused ? counts.refused : counts.taken);
    if (first_time != Rewritten::kWritten) continue;
    const Buffer written = test::Payloads(once);
    const auto again = ParseChain(once.first(), written);
    ASSERT_TRUE(again.has_value());
    MessageBuilder twice;
    ASSERT_EQ(test::Rewrite(twice, again->payloads[0]), Rewritten::kWritten);
    ASSERT_EQ(test::Payloads(twice), written);
  }
}

struct Subject {
  std::string name;
  PayloadType first;
  Buffer bytes;
};

// What is in clear and what was decrypted; fragments are joined.
std::vector<Subject> Subjects() {
  std::vector<Subject> subjects;
  for (const Recorded& message : test::LoadStrongSwan()) {
    const auto header = ParseHeader(message.wire);
    if (!message.encrypted) {
      subjects.push_back({message.name, header->next_payload,
                          Buffer(message.wire.begin() + kHeaderBytes, message.wire.end())});
    } else if (header->next_payload == PayloadType::kEncryptedFragment &&
               message.first == PayloadType::kNone) {
      Buffer& whole = subjects.back().bytes;
      whole.insert(whole.end(), message.plain.begin(), message.plain.end());
    } else if (!message.plain.empty()) {
      subjects.push_back({message.name, message.first, message.plain});
    }
  }
  return subjects;
}

TEST(NegativesTest, EveryTruncationOfAMessageIsRefused) {
  size_t cuts = 0;
  for (const Recorded& message : test::LoadStrongSwan()) {
    for (size_t size = 0; size < message.wire.size(); ++size) {
      const Exact exact(Bytes(message.wire).first(size));
      const auto header = ParseHeader(exact.bytes());
      ASSERT_FALSE(header.has_value());
      EXPECT_EQ(header.error().code,
                size < kHeaderBytes ? ErrorCode::kTruncated : ErrorCode::kMalformed);
      ++cuts;
    }
  }
  EXPECT_GT(cuts, 9'000u);
}

TEST(NegativesTest, EveryTruncationOfAChainIsMalformed) {
  for (const Subject& subject : Subjects()) {
    for (size_t size = 0; size < subject.bytes.size(); ++size) {
      const Exact exact(Bytes(subject.bytes).first(size));
      const auto chain = ParseChain(subject.first, exact.bytes());
      ASSERT_FALSE(chain.has_value()) << subject.name << " of " << size;
      EXPECT_EQ(chain.error().code, ErrorCode::kMalformed);
    }
  }
}

// A body that ends early inside a chain that knows it: the payload's own lengths must catch it.
TEST(NegativesTest, EveryTruncationOfABody) {
  Counts counts;
  for (const Subject& subject : Subjects()) {
    const auto chain = ParseChain(subject.first, subject.bytes);
    ASSERT_TRUE(chain.has_value());
    for (const RawPayload& payload : chain->payloads) {
      for (size_t size = 0; size < payload.body.size(); ++size) {
        MessageBuilder message;
        message.Add(payload.type, payload.body.first(size));
        const size_t taken = counts.taken;
        Offer(payload.type, test::Payloads(message), counts);
        // Those that end with bytes of any number may be cut; these have counts and lengths.
        const bool counted =
            payload.type == PayloadType::kSa || payload.type == PayloadType::kTsInitiator ||
            payload.type == PayloadType::kTsResponder || payload.type == PayloadType::kDelete;
        if (counted) {
          EXPECT_EQ(counts.taken, taken) << subject.name << ": " << Name(payload.type) << size;
        }
      }
    }
  }
  std::printf("%zu refused, %zu taken\n", counts.refused, counts.taken);
  EXPECT_GT(counts.refused, 2'000u);
}

TEST(NegativesTest, EveryLengthOfTheChainOffByOne) {
  for (const Subject& subject : Subjects()) {
    const auto chain = ParseChain(subject.first, subject.bytes);
    ASSERT_TRUE(chain.has_value());
    for (size_t i = 0; i < chain->payloads.size(); ++i) {
      const auto at =
          static_cast<size_t>(chain->payloads[i].body.data() - subject.bytes.data()) - 2;
      for (const int off : {-1, 1}) {
        Buffer bytes = subject.bytes;
        StoreBe16(bytes.data() + at, static_cast<uint16_t>(LoadBe16(bytes.data() + at) + off));
        Counts counts;
        Offer(subject.first, bytes, counts);
        // The last one's length is caught for certain; before it the chain may limp on.
        if (i + 1 == chain->payloads.size()) {
          EXPECT_EQ(counts.taken, 0u) << subject.name;
        }
      }
    }
  }
}

// Wherever a length or a count may stand: every 8 and 16-bit number of every message, off by one.
TEST(NegativesTest, EveryNumberOffByOne) {
  Counts counts;
  for (const Subject& subject : Subjects()) {
    for (size_t at = 0; at < subject.bytes.size(); ++at) {
      for (const int off : {-1, 1}) {
        Buffer bytes = subject.bytes;
        bytes[at] = static_cast<uint8_t>(bytes[at] + off);
        Offer(subject.first, bytes, counts, at);
      }
    }
  }
  std::printf("%zu refused, %zu taken\n", counts.refused, counts.taken);
  EXPECT_GT(counts.refused, 1'000u);
  EXPECT_GT(counts.taken, 1'000u);
}

TEST(NegativesTest, EveryBitFlipped) {
  Counts counts;
  for (const Subject& subject : Subjects()) {
    for (size_t bit = 0; bit < 8 * subject.bytes.size(); ++bit) {
      Buffer bytes = subject.bytes;
      bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ 1 << bit % 8);
      Offer(subject.first, bytes, counts, bit / 8);
    }
  }
  std::printf("%zu refused, %zu taken\n", counts.refused, counts.taken);
  EXPECT_GT(counts.refused, 5'000u);
  EXPECT_GT(counts.taken, 5'000u);
}

}  // namespace
}  // namespace vam::ike::v2
