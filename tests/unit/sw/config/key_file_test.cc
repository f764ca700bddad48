// The file of the config-key, as programs beside mgmt read it.
#include "sw/config/key_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace vam::config {
namespace {

class KeyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-key-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void Write(const std::string& passphrase, uint64_t version) {
    KeyFile file;
    file.version = version;
    file.content.salt.fill(7);
    const MutableBytes words = file.content.current.Resize(passphrase.size());
    std::copy(passphrase.begin(), passphrase.end(), words.begin());
    const int fd = open((directory_ + "/config-key").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    EXPECT_TRUE(WriteKeyFileCopy(fd, file));
    close(fd);
  }
  ErrorCode Problem() const {
    const auto sealer = SealerOfState(directory_);
    EXPECT_FALSE(sealer);
    return sealer ? ErrorCode::kInternal : sealer.error().code;
  }
  std::string directory_;
  SeededRng rng_{1};
};

TEST_F(KeyFileTest, OpensWhatWasSealed) {
  Write("a passphrase", 1);
  Write("a passphrase", 2);
  auto writer = SealerOfState(directory_);
  ASSERT_TRUE(writer);
  const std::vector<uint8_t> secret{1, 2, 3};
  const std::string sealed = writer->Seal(secret, rng_);
  auto reader = SealerOfState(directory_);
  ASSERT_TRUE(reader);
  const auto opened = reader->Open(sealed);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(std::ranges::equal(opened->bytes(), secret));
}

TEST_F(KeyFileTest, TheNewerCopyCounts) {
  Write("the older one", 4);
  Write("the newer one", 5);
  const int fd = open((directory_ + "/config-key").c_str(), O_RDONLY | O_CLOEXEC);
  const auto file = ReadKeyFile(fd);
  close(fd);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->version, 5u);
  const Bytes words = file->content.current.bytes();
  EXPECT_EQ(std::string(words.begin(), words.end()), "the newer one");
}

TEST_F(KeyFileTest, SaysWhatIsWrongAndWritesNothing) {
  EXPECT_EQ(Problem(), ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/config-key"));
  std::ofstream(directory_ + "/config-key").flush();
  EXPECT_EQ(Problem(), ErrorCode::kUnavailable) << "empty: no config-key";
  std::ofstream(directory_ + "/config-key") << std::string(5000, 'x');
  EXPECT_EQ(Problem(), ErrorCode::kMalformed);
  std::filesystem::remove(directory_ + "/config-key");
  std::filesystem::create_symlink("/etc/hostname", directory_ + "/config-key");
  EXPECT_EQ(Problem(), ErrorCode::kIo) << "a link is not followed";
}

}  // namespace
}  // namespace vam::config
