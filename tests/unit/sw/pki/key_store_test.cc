#include "sw/pki/key_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/unit/sw/pki/temporary_folder.h"

namespace vam::pki {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;

StoredKey NewKey(const std::string& label, bool exportable = false) {
  return {label, *PrivateKey::Generate(KeyType::kEd25519), exportable, 1'800'000'000};
}

std::vector<std::string> LabelsOf(const KeyStore& store) {
  std::vector<std::string> labels;
  for (const StoredKey& key : store.keys()) labels.push_back(key.label);
  return labels;
}
using Labels = std::vector<std::string>;

class KeyStoreTest : public ::testing::Test {
 protected:
  KeyStore Open() {
    auto store = KeyStore::Open(folder_.path());
    EXPECT_TRUE(store) << store.error().text;
    return std::move(*store);
  }
  std::string File() const { return folder_.path() + "/keys"; }
  std::string Content() const {
    std::ifstream in(File(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void SetContent(const std::string& content) const {
    std::ofstream(File(), std::ios::binary) << content;
  }

  TemporaryFolder folder_;
};

TEST_F(KeyStoreTest, KeysOutliveTheProcess) {
  const StoredKey rsa = {"rsa", *PrivateKey::Generate(KeyType::kRsa, 2048), true, 5};
  {
    KeyStore store = Open();
    ASSERT_TRUE(store.Put(rsa, false));
    ASSERT_TRUE(store.Put(NewKey("ed"), false));
  }
  const KeyStore store = Open();
  ASSERT_EQ(LabelsOf(store), (Labels{"rsa", "ed"}));
  const StoredKey* found = store.Find("rsa");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->exportable);
  EXPECT_EQ(found->made_s, 5u);
  EXPECT_EQ(*found->key.ToDer(), *rsa.key.ToDer());
  EXPECT_FALSE(store.Find("ed")->exportable);
  EXPECT_EQ(store.Find("other"), nullptr);
}

TEST_F(KeyStoreTest, TheFileIsTheOwnersAlone) {
  SetContent("");
  ASSERT_EQ(chmod(File().c_str(), 0644), 0);
  Open();
  struct stat status {};
  ASSERT_EQ(stat(File().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const KeyStore held = Open();
  const auto second = KeyStore::Open(folder_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(KeyStoreTest, WithoutADirectory) {
  const auto store = KeyStore::Open(folder_.path() + "/none");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kIo);
}

TEST_F(KeyStoreTest, LabelsAndReplacing) {
  KeyStore store = Open();
  ASSERT_TRUE(store.Put(NewKey("a"), false));
  const auto first = *store.Find("a")->key.ToDer();
  EXPECT_EQ(store.Put(NewKey("a"), false).error().code, ErrorCode::kExists);
  EXPECT_EQ(*store.Find("a")->key.ToDer(), first);
  ASSERT_TRUE(store.Put(NewKey("a"), true));
  EXPECT_NE(*store.Find("a")->key.ToDer(), first);
  for (const std::string& label : {std::string(), std::string("a b"), std::string("a\n"),
                                   std::string("\xc3\xa4"), std::string(kMaxLabelBytes + 1, 'a')}) {
    EXPECT_EQ(store.Put(NewKey(label), false).error().code, ErrorCode::kInvalidArgument) << label;
  }
  EXPECT_TRUE(store.Put(NewKey(std::string(kMaxLabelBytes, 'a')), false));
}

TEST_F(KeyStoreTest, SixtyFourKeys) {
  KeyStore store = Open();
  for (size_t i = 0; i < kMaxKeys; ++i) ASSERT_TRUE(store.Put(NewKey(std::to_string(i)), false));
  EXPECT_EQ(store.Put(NewKey("more"), false).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(store.Put(NewKey("7"), true));
}

TEST_F(KeyStoreTest, WhatIsRemovedIsNowhere) {
  KeyStore store = Open();
  ASSERT_TRUE(store.Put(NewKey("a"), false));
  ASSERT_TRUE(store.Put(NewKey("b"), false));
  const auto der = *store.Find("a")->key.ToDer();
  const std::string secret(der.end() - 32, der.end());
  EXPECT_NE(Content().find(secret), std::string::npos);
  const auto removed = store.Remove([](const StoredKey& key) { return key.label == "a"; });
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 1u);
  EXPECT_EQ(Content().find(secret), std::string::npos) << "in neither slot";
  EXPECT_EQ(*store.Remove([](const StoredKey&) { return false; }), 0u);
  EXPECT_EQ(LabelsOf(store), Labels{"b"});
}

// Power fails in every write of a change, after some bytes: the old keys or the new ones are there.
TEST_F(KeyStoreTest, OldOrNewAndNeverHalf) {
  for (size_t writes = 0; writes < 2; ++writes) {
    for (const size_t bytes : {size_t{0}, size_t{7}, size_t{20}, size_t{100}, size_t{150},
                               KeyStore::kSlotBytes - 1, KeyStore::kSlotBytes}) {
      SetContent("");
      {
        KeyStore store = Open();
        ASSERT_TRUE(store.Put(NewKey("old"), false));
        store.FailAfter(writes, bytes);
        const Status put = store.Put(NewKey("new"), false);
        ASSERT_FALSE(put);
        EXPECT_EQ(put.error().code, ErrorCode::kIo);
        EXPECT_EQ(LabelsOf(store), Labels{"old"});
        EXPECT_EQ(store.Put(NewKey("x"), false).error().code, ErrorCode::kUnavailable);
      }
      const KeyStore store = Open();
      const Labels labels = LabelsOf(store);
      // A checksum stands over the front: what is cut behind the content is as if it were whole.
      const bool is_new = writes == 1 || bytes > 300;
      EXPECT_EQ(labels, is_new ? (Labels{"old", "new"}) : Labels{"old"}) << writes << ' ' << bytes;
      const std::string content = Content();
      EXPECT_EQ(content.substr(0, KeyStore::kSlotBytes), content.substr(KeyStore::kSlotBytes))
          << "both are made equal again";
    }
  }
}

TEST_F(KeyStoreTest, PowerFailsAtTheVeryFirst) {
  Open();
  std::string content = Content();
  ASSERT_EQ(content.size(), 2 * KeyStore::kSlotBytes);
  for (const size_t bytes : {size_t{0}, size_t{7}, size_t{20}, size_t{51}}) {
    SetContent(content.substr(0, bytes));
    EXPECT_TRUE(Open().keys().empty()) << bytes;
    EXPECT_EQ(Content().size(), 2 * KeyStore::kSlotBytes);
  }
}

TEST_F(KeyStoreTest, OneHalfMayRot) {
  Open().Put(NewKey("a"), false).has_value();
  const std::string good = Content();
  for (const size_t at : {size_t{0}, size_t{9}, size_t{18}, size_t{30}, size_t{60}, size_t{100}}) {
    for (const size_t slot : {size_t{0}, size_t{1}}) {
      std::string bad = good;
      bad[slot * KeyStore::kSlotBytes + at] ^= 1;
      SetContent(bad);
      EXPECT_EQ(LabelsOf(Open()), Labels{"a"}) << at;
      EXPECT_EQ(Content(), good) << "it is mended";
    }
    std::string bad = good;
    bad[at] ^= 1;
    bad[KeyStore::kSlotBytes + at] ^= 1;
    SetContent(bad);
    const auto store = KeyStore::Open(folder_.path());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kMalformed);
    EXPECT_EQ(Content(), bad) << "it is left as it is";
  }
}

}  // namespace
}  // namespace vam::pki
