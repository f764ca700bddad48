// The startup configuration on disk: whole at every instant.
#include "sw/mgmt/config_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sw/base/rng.h"
#include "tests/support/seed.h"

namespace vam::mgmt {
namespace {

using Step = ConfigFile::Step;

class ConfigFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-config-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/start.cfg";
    std::ofstream(path_) << kOld;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string OnDisk() const {
    std::ifstream file(path_);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }
  static constexpr std::string_view kOld = "hostname old\n";
  std::string directory_, path_;
};

TEST_F(ConfigFileTest, SavesAndReads) {
  auto file = ConfigFile::Open(path_);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->Read(), kOld);
  for (const char* text : {"hostname new\n", "", "hostname newer\n"}) {
    ASSERT_TRUE(file->Save(text));
    EXPECT_EQ(OnDisk(), text);
    EXPECT_EQ(*file->Read(), text);
  }
}

TEST_F(ConfigFileTest, WhatIsSavedIsPrivate) {
  chmod(path_.c_str(), 0644);
  auto file = ConfigFile::Open(path_);
  for (int i = 0; i < 3; ++i) {  // the two names change places each time
    ASSERT_TRUE(file->Save("x\n"));
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
}

// Power fails before each step, with everything lost that was not synced: the next start reads one
// of the two texts, whole, and can save again.
TEST_F(ConfigFileTest, SurvivesPowerLossBeforeEachStep) {
  const std::string long_text(100'000, 'n');
  for (const Step stop :
       {Step::kTruncate, Step::kWrite, Step::kSync, Step::kExchange, Step::kSyncDirectory}) {
    std::ofstream(path_, std::ios::trunc) << kOld;
    {
      auto file = ConfigFile::Open(path_);
      ASSERT_TRUE(file);
      std::vector<Step> seen;
      file->StopBefore([&](Step step) {
        seen.push_back(step);
        return step == stop;
      });
      EXPECT_FALSE(file->Save(long_text));
      ASSERT_EQ(seen.size(), static_cast<size_t>(stop) + 1) << "each step once, in order";
    }
    // What was written and never synced may be there in part.
    if (stop <= Step::kSync) std::filesystem::resize_file(path_ + ".new", 10);
    EXPECT_EQ(OnDisk(), stop <= Step::kExchange ? kOld : long_text);
    auto again = ConfigFile::Open(path_);
    ASSERT_TRUE(again);
    ASSERT_TRUE(again->Save("hostname later\n"));
    EXPECT_EQ(OnDisk(), "hostname later\n");
  }
}

// The process is killed at random moments of its saves: what is on the disk is one text, whole.
TEST_F(ConfigFileTest, SurvivesAKillAtAnyMoment) {
  SeededRng rng(test::TestSeed());
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto file = ConfigFile::Open(path_);
      for (int i = 0;; ++i) {
        if (!file || !file->Save(std::string(50'000, i % 2 == 0 ? 'a' : 'b') + "\n")) _exit(1);
      }
    }
    usleep(static_cast<useconds_t>(rng.Below(5000)));  // when it dies
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "a save failed";
    const std::string text = OnDisk();
    if (text == kOld) continue;
    ASSERT_EQ(text.size(), 50'001u);
    ASSERT_EQ(text.find_first_not_of(text[0]), 50'000u);
  }
  auto file = ConfigFile::Open(path_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->Save("hostname later\n"));
  EXPECT_EQ(OnDisk(), "hostname later\n");
}

TEST_F(ConfigFileTest, AFullDiskLeavesTheOldText) {
  ASSERT_EQ(symlink("/dev/full", (path_ + ".new").c_str()), 0);
  auto file = ConfigFile::Open(path_);
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->Save("hostname new\n"));
  EXPECT_EQ(OnDisk(), kOld);
}

}  // namespace
}  // namespace vam::mgmt
