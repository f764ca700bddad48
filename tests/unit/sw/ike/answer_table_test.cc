// Questions to a role that answers, is slow, ends, or is not there.
#include "sw/ike/answer_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vam::ike {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Asker {
  Asker()
      : table(clock,
              [this](uint32_t request, const std::string& question) {
                if (there) sent.emplace_back(request, question);
                return there;
              },
              {5 * kNsPerSecond, 3}) {}
  void Ask(const std::string& question) {
    table.Ask(question, [this, question](const Result<int>& answer) {
      got.push_back(question + " " +
                    (answer ? std::to_string(*answer) : ErrorCodeName(answer.error().code)));
    });
  }

  ManualClock clock{kNsPerSecond};
  bool there = true;
  std::vector<std::pair<uint32_t, std::string>> sent;
  std::vector<std::string> got;
  AnswerTable<std::string, int> table;
};

TEST(AnswerTableTest, EachAnswerToItsQuestion) {
  Asker asker;
  asker.Ask("a");
  asker.Ask("b");
  ASSERT_EQ(asker.sent.size(), 2U);
  EXPECT_TRUE(asker.table.Receive(asker.sent[1].first, 2));
  EXPECT_TRUE(asker.table.Receive(asker.sent[0].first, 1));
  EXPECT_FALSE(asker.table.Receive(asker.sent[0].first, 1)) << "once";
  EXPECT_FALSE(asker.table.Receive(77, 1));
  EXPECT_THAT(asker.got, ElementsAre("b 2", "a 1"));
  EXPECT_EQ(asker.table.next_ns(), UINT64_MAX);
}

TEST(AnswerTableTest, PatienceEnds) {
  Asker asker;
  asker.Ask("a");
  asker.clock.AdvanceNs(kNsPerSecond);
  asker.Ask("b");
  EXPECT_EQ(asker.table.next_ns(), 6 * kNsPerSecond);
  asker.clock.AdvanceNs(4 * kNsPerSecond - 1);
  asker.table.Poll();
  EXPECT_THAT(asker.got, IsEmpty());
  asker.clock.AdvanceNs(1);
  asker.table.Poll();
  EXPECT_THAT(asker.got, ElementsAre("a kTimedOut"));
  EXPECT_FALSE(asker.table.Receive(asker.sent[0].first, 1)) << "too late";
  EXPECT_EQ(asker.table.pending(), 1U);
}

TEST(AnswerTableTest, ANewOneIsAskedAgain) {
  Asker asker;
  asker.there = false;
  asker.Ask("a");
  EXPECT_THAT(asker.sent, IsEmpty());
  asker.there = true;
  asker.table.Meet();
  ASSERT_EQ(asker.sent.size(), 1U);
  asker.table.Meet();
  ASSERT_EQ(asker.sent.size(), 2U);
  EXPECT_TRUE(asker.table.Receive(asker.sent[1].first, 5));
  EXPECT_THAT(asker.got, ElementsAre("a 5"));
}

TEST(AnswerTableTest, NobodyComes) {
  Asker asker;
  asker.there = false;
  asker.Ask("a");
  asker.clock.AdvanceNs(5 * kNsPerSecond);
  asker.table.Poll();
  EXPECT_THAT(asker.got, ElementsAre("a kUnavailable"));
}

TEST(AnswerTableTest, TooManyAreRefusedLater) {
  Asker asker;
  for (const char* question : {"a", "b", "c", "d"}) asker.Ask(question);
  EXPECT_THAT(asker.got, IsEmpty()) << "never from within Ask";
  EXPECT_LE(asker.table.next_ns(), asker.clock.MonotonicNs());
  asker.table.Poll();
  EXPECT_THAT(asker.got, ElementsAre("d kExhausted"));
  EXPECT_EQ(asker.table.pending(), 3U);
}

TEST(AnswerTableTest, AnAnswerMayAskAgain) {
  Asker asker;
  asker.table.Ask("a", [&](const Result<int>&) { asker.Ask("b"); });
  EXPECT_TRUE(asker.table.Receive(asker.sent[0].first, 1));
  ASSERT_EQ(asker.sent.size(), 2U);
  EXPECT_TRUE(asker.table.Receive(asker.sent[1].first, 2));
  EXPECT_THAT(asker.got, ElementsAre("b 2"));
}

}  // namespace
}  // namespace vam::ike
