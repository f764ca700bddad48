#include "sw/base/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace vam {
namespace {

using Key = Secret<16>;
static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
static_assert(std::is_nothrow_move_constructible_v<Key>);

constexpr uint8_t kBytes[] = {1, 2, 3, 4};

TEST(SecretTest, KeepsItsLength) {
  const Result<Key> key = Key::From(kBytes);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->size(), 4u);
  EXPECT_TRUE(std::equal(key->bytes().begin(), key->bytes().end(), kBytes));
  EXPECT_EQ(Key::From(std::array<uint8_t, 17>{}).error().code, ErrorCode::kExhausted);
}

TEST(SecretTest, MovingEmptiesTheSource) {
  Key key = *Key::From(kBytes);
  const Key moved = std::move(key);
  EXPECT_EQ(moved.size(), 4u);
  EXPECT_TRUE(key.empty());  // NOLINT(bugprone-use-after-move): the source is defined to be empty
}

TEST(SecretTest, ClonesAreEqualAndOwn) {
  Key key = *Key::From(kBytes);
  const Key copy = key.Clone();
  EXPECT_TRUE(copy.Equals(key));
  key.Resize(4)[0] = 9;
  EXPECT_FALSE(copy.Equals(key));
  key.Wipe();
  EXPECT_FALSE(copy.Equals(key));
}

TEST(SecretTest, TheDestructorWipes) {
  alignas(Key) unsigned char storage[sizeof(Key)];
  Key* key = new (storage) Key(*Key::From(kBytes));
  const uint8_t* bytes = key->bytes().data();
  ASSERT_EQ(bytes[0], 1);
  const ptrdiff_t offset = bytes - storage;
  key->~Key();
  EXPECT_TRUE(std::all_of(storage + offset, storage + offset + 16,
                          [](unsigned char byte) { return byte == 0; }));
}

TEST(SecretBlockTest, IsAsLongAsItWasMade) {
  SecretBlock block(std::size(kBytes));
  EXPECT_TRUE(std::ranges::all_of(block.bytes(), [](uint8_t byte) { return byte == 0; }));
  std::ranges::copy(kBytes, block.writable().begin());
  const SecretBlock copy = block.Clone();
  const SecretBlock first = block.CloneFirst(2);
  const SecretBlock moved = std::move(block);
  EXPECT_TRUE(std::ranges::equal(moved.bytes(), kBytes));
  EXPECT_TRUE(std::ranges::equal(copy.bytes(), kBytes));
  EXPECT_TRUE(std::ranges::equal(first.bytes(), std::span(kBytes).first(2)));
  EXPECT_EQ(block.size(), 0U);  // NOLINT(bugprone-use-after-move): that it is empty
  EXPECT_TRUE(block.bytes().empty());
  EXPECT_EQ(SecretBlock().Clone().size(), 0U);
}

TEST(ConstantTimeTest, EveryByteAndTheLengthCount) {
  const std::vector<uint8_t> a(16, 7);
  EXPECT_TRUE(ConstantTimeEqual(a, std::vector<uint8_t>(16, 7)));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(a, std::span(a).first(15)));
  for (size_t i = 0; i < a.size(); ++i) {
    std::vector<uint8_t> b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(ConstantTimeEqual(a, b)) << i;
  }
}

}  // namespace
}  // namespace vam
