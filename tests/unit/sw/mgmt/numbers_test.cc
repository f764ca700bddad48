#include "sw/mgmt/numbers.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "sw/mgmt/config_file.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kLimit = uint64_t{1} << 32;
constexpr size_t kSecondCopy = NumberFile::kCopyBytes;  // offset in the file

Demand Outbound(uint64_t limit = kLimit) { return {{}, false, limit, 0}; }
Demand Inbound(uint64_t beyond = 0, uint64_t limit = kLimit) { return {{}, true, limit, beyond}; }

Result<Block> Reserve(NumberStore& store, Bytes key, Demand demand, uint64_t now_ns = 0) {
  demand.key = key;
  return store.Reserve({&demand, 1}, now_ns).front();
}
Result<Block> Reserve(NumberStore&& store, Bytes key, const Demand& demand) {
  return Reserve(store, key, demand);
}

class StateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vam-numbers-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    ASSERT_TRUE(NumberStore::Initialise(directory_, rng_));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  // A store that must open.
  NumberStore Open() {
    auto store = NumberStore::Open(directory_);
    EXPECT_TRUE(store) << store.error().text;
    return std::move(*store);
  }
  void Corrupt(size_t offset) {
    std::fstream file(directory_ + "/numbers", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x5A));
  }

  SeededRng rng_{7};
  std::string directory_;
  std::vector<uint8_t> key_ = std::vector<uint8_t>(16, 1);
  std::vector<uint8_t> other_ = std::vector<uint8_t>(16, 2);
};

TEST_F(StateTest, BlocksFollowEachOtherOverRestarts) {
  uint64_t next = 1;
  for (int start = 0; start < 5; ++start) {
    NumberStore store = Open();
    for (int i = 0; i < 3; ++i) {
      const auto block = Reserve(store, key_, Outbound());
      ASSERT_TRUE(block);
      EXPECT_EQ(block->first, next);
      EXPECT_GT(block->end, block->first);
      next = block->end;
    }
  }
  EXPECT_EQ(Reserve(Open(), other_, Outbound())->first, 1u);
}

TEST_F(StateTest, AKeyServesOneDirectionForever) {
  ASSERT_TRUE(Reserve(Open(), key_, Inbound()));
  EXPECT_EQ(Reserve(Open(), key_, Outbound()).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StateTest, NumbersEnd) {
  NumberStore store = Open();
  uint64_t end = 0;
  for (;;) {
    const auto block = Reserve(store, key_, Outbound(1'000'000));
    if (!block) {
      EXPECT_EQ(block.error().code, ErrorCode::kExhausted);
      break;
    }
    end = block->end;
  }
  EXPECT_EQ(end, 1'000'000u);
}

TEST_F(StateTest, InboundBlocksFollowTheRate) {
  NumberStore store = Open();
  uint64_t now = kNsPerSecond;
  const auto size = [&](uint64_t gap) {
    now += gap;
    const auto block = Reserve(store, key_, Inbound(), now);
    return block->end - block->first;
  };
  EXPECT_EQ(size(0), 1024u);
  EXPECT_EQ(size(kNsPerMs), 8192u);
  EXPECT_EQ(size(4 * kNsPerSecond), 8192u);
  EXPECT_EQ(size(8 * kNsPerSecond), 4096u);
  EXPECT_EQ(size(100 * kNsPerSecond), 1024u);
  EXPECT_EQ(size(1000 * kNsPerSecond), 256u);
  EXPECT_EQ(size(1000 * kNsPerSecond), 64u);
  EXPECT_EQ(size(1000 * kNsPerSecond), 64u);
  for (int i = 0; i < 10; ++i) size(kNsPerMs);
  EXPECT_EQ(size(kNsPerMs), NumberStore::kLargestInboundBlock);
}

TEST_F(StateTest, AMissingFileIsNotMade) {
  std::filesystem::remove(directory_ + "/numbers");
  EXPECT_EQ(NumberStore::Open(directory_).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/numbers"));
}

TEST_F(StateTest, AnExistingFileIsNotReplaced) {
  EXPECT_EQ(NumberStore::Initialise(directory_, rng_).error().code, ErrorCode::kExists);
}

TEST_F(StateTest, TwoProcessesDoNotShareIt) {
  NumberStore store = Open();
  EXPECT_EQ(NumberStore::Open(directory_).error().code, ErrorCode::kUnavailable);
}

TEST_F(StateTest, AnInboundBlockReachesPastANumber) {
  NumberStore store = Open();
  EXPECT_EQ(Reserve(store, key_, Inbound())->end, 1025u);
  // The peer restarted and jumped: from the end of the block before, so that nothing in between is
  // refused, to a block's length past the jump.
  const auto jump = Reserve(store, key_, Inbound(262145));
  ASSERT_TRUE(jump);
  EXPECT_EQ(jump->first, 1025u);
  EXPECT_EQ(jump->end, 262145u + 1024);
  // A number that is covered already asks for no more than the next block.
  EXPECT_EQ(Reserve(store, key_, Inbound(262145))->end, jump->end + 1024);
  EXPECT_EQ(Reserve(store, key_, Inbound(kLimit - 1))->end, kLimit);
  EXPECT_EQ(Reserve(store, key_, Inbound(kLimit - 1)).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(Reserve(store, key_, Inbound(UINT64_MAX, UINT64_MAX))->end, UINT64_MAX);
}

// One copy of the secret or of a record is cut short by a crash, or rots: the other knows every
// block that has left. Opening mends it, so the next fault finds two copies again.
TEST_F(StateTest, OneBadCopyCostsNoNumberTwice) {
  constexpr size_t kSecret = 10, kRecord = NumberFile::kHeaderBytes + 20;
  uint64_t next = 1;
  for (const size_t bad :
       {kSecret, kSecondCopy + kSecret, kRecord, kSecondCopy + kRecord, kSecret}) {
    for (const auto& key : {key_, other_}) {
      const auto block = Reserve(Open(), key, Outbound());
      ASSERT_TRUE(block);
      EXPECT_EQ(block->first, next) << "copy at " << bad;
    }
    next += NumberStore::kOutboundBlock;
    Corrupt(bad);
  }
}

TEST_F(StateTest, TwoBadCopiesAreRefused) {
  ASSERT_TRUE(Reserve(Open(), key_, Outbound()));
  for (const size_t bad : {size_t{40}, NumberFile::kHeaderBytes + 5}) {
    Corrupt(bad);
    Corrupt(kSecondCopy + bad);
    const auto store = NumberStore::Open(directory_);
    EXPECT_EQ(store.error().code, ErrorCode::kMalformed) << bad;
    EXPECT_STREQ(store.error().text, "the number file is corrupt");
    Corrupt(bad);  // as it was
    Corrupt(kSecondCopy + bad);
  }
  EXPECT_EQ(Reserve(Open(), key_, Outbound())->first, 1 + NumberStore::kOutboundBlock);
}

// The first write for a key reached one copy in part: its numbers did not leave.
TEST_F(StateTest, AFirstWriteCutShortIsNoRecord) {
  Corrupt(NumberFile::kHeaderBytes + 3);
  EXPECT_EQ(Reserve(Open(), key_, Outbound())->first, 1u);
  EXPECT_EQ(Reserve(Open(), key_, Outbound())->first, 1 + NumberStore::kOutboundBlock);
}

TEST_F(StateTest, FilesCutOffOrOfAnEarlierVersionAreRefused) {
  std::filesystem::resize_file(directory_ + "/numbers", kSecondCopy + 4095);
  EXPECT_STREQ(NumberStore::Open(directory_).error().text, "the number file is corrupt");
  std::filesystem::resize_file(directory_ + "/numbers", 0);
  EXPECT_STREQ(NumberStore::Open(directory_).error().text, "the number file is corrupt");
  std::ofstream(directory_ + "/numbers") << "VAMNUMB1 and what it had";
  EXPECT_EQ(NumberStore::Open(directory_).error().code, ErrorCode::kMalformed);
  EXPECT_STREQ(NumberStore::Open(directory_).error().text,
               "the number file is of an earlier version");
}

// As many keys as there are places, by few writes; then each goes on where it was.
TEST_F(StateTest, AFileFullOfKeys) {
  std::vector<std::array<uint8_t, 32>> keys(NumberStore::kMaxKeys + 1);
  for (size_t i = 0; i < keys.size(); ++i) StoreBe64(keys[i].data(), i);
  std::vector<Demand> demands;
  for (const auto& key : keys) demands.push_back({key, false, kLimit, 0});
  for (const uint64_t first : {uint64_t{1}, 1 + NumberStore::kOutboundBlock}) {
    NumberStore store = Open();
    const auto blocks = store.Reserve(demands, 0);
    ASSERT_EQ(blocks.size(), keys.size());
    EXPECT_EQ(blocks.back().error().code, ErrorCode::kExhausted);
    for (size_t i = 0; i + 1 < blocks.size(); ++i) ASSERT_EQ(blocks[i]->first, first) << i;
  }
}

// A refused demand takes nothing along; the same key twice gets two blocks.
TEST_F(StateTest, DemandsOfOneCallAreApart) {
  NumberStore store = Open();
  const std::vector<Demand> demands = {{key_, false, kLimit, 0},
                                       {key_, true, kLimit, 0},
                                       {other_, true, kLimit, 0},
                                       {key_, false, kLimit, 0}};
  const auto blocks = store.Reserve(demands, 0);
  EXPECT_EQ(blocks[0]->first, 1u);
  EXPECT_EQ(blocks[1].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(blocks[2]->end, 1025u);
  EXPECT_EQ(blocks[3]->first, blocks[0]->end);
}

TEST_F(StateTest, TheFileHoldsNoKey) {
  const std::vector<uint8_t> key(16, 0xC7);
  ASSERT_TRUE(Reserve(Open(), key, Outbound()));
  std::ifstream file(directory_ + "/numbers", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(bytes.find(std::string(8, '\xC7')), std::string::npos);
}

// Killed at random points, 200 times: no number is handed out twice for a key.
TEST_F(StateTest, KilledAnywhereNoNumberRepeats) {
  const char* text = std::getenv("VAM_TEST_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20240607;
  RecordProperty("VAM_TEST_SEED", std::to_string(seed));
  SeededRng rng(seed);
  std::map<uint8_t, uint64_t> next;
  for (int run = 0; run < 200; ++run) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      auto store = NumberStore::Open(directory_);
      for (uint8_t which = 0; store; which ^= 1) {
        const std::vector<uint8_t> key(16, which);
        const auto block = Reserve(*store, key, Outbound(UINT64_MAX));
        if (!block) break;
        uint8_t record[17] = {which};
        StoreBe64(record + 1, block->first);
        StoreBe64(record + 9, block->end);
        if (write(fds[1], record, sizeof record) != static_cast<ssize_t>(sizeof record)) break;
      }
      _exit(1);
    }
    close(fds[1]);
    // Half of them while the file is opened, half after the first block has left.
    pollfd left{fds[0], POLLIN, 0};
    if (run % 2 == 0) {
      ASSERT_EQ(poll(&left, 1, 20'000), 1);
    }
    usleep(static_cast<useconds_t>(rng.Below(8000)));
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    uint8_t record[17];
    while (read(fds[0], record, sizeof record) == static_cast<ssize_t>(sizeof record)) {
      EXPECT_GE(LoadBe64(record + 1), next[record[0]]) << "seed " << seed << ", run " << run;
      next[record[0]] = LoadBe64(record + 9);
    }
    close(fds[0]);
  }
  EXPECT_GT(next[0], 1u) << "no block was ever handed out";
}

TEST_F(StateTest, AConfigurationFileIsReplacedAsAWhole) {
  const std::string path = directory_ + "/start.cfg";
  std::ofstream(path) << "hostname one\n";
  auto file = ConfigFile::Open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->Read(), "hostname one\n");
  for (const char* text : {"hostname two\n", "hostname a-longer-name\n", "short\n"}) {
    ASSERT_TRUE(file->Save(text));
    EXPECT_EQ(*file->Read(), text);
    std::ifstream again(path);
    EXPECT_EQ(std::string((std::istreambuf_iterator<char>(again)), {}), text);
  }
  EXPECT_EQ(ConfigFile::Open(directory_ + "/none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ConfigFile::Open(directory_).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace vam::mgmt
