#include "sw/api/turn.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::api {
namespace {

class TurnTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = Channel::Pair();
    ASSERT_TRUE(pair);
    a_ = std::move(pair->first);
    b_ = std::move(pair->second);
  }
  void Send(Channel& channel, uint32_t requests) {
    for (uint32_t i = 0; i < requests; ++i) {
      ASSERT_TRUE(channel.Send(MessageType::kHealth, i, Bytes()));
    }
  }
  // The requests of the messages that one turn takes from `a_`.
  Result<bool> Take(size_t most) {
    taken_.clear();
    return TakeMessages(a_, most,
                        [this](const Message& message) { taken_.push_back(message.request); });
  }
  void FillUp(Channel& channel) {
    const std::vector<uint8_t> payload(kMaxRecordPayload);
    while (!channel.pending()) {
      ASSERT_TRUE(channel.Send(MessageType::kShowReply, 0, Bytes(payload)));
    }
  }

  Channel a_, b_;
  std::vector<uint32_t> taken_;
};

TEST_F(TurnTest, WaitsForWhatComesAndForRoom) {
  EXPECT_EQ(WaitFor(a_).fd, a_.fd());
  EXPECT_EQ(WaitFor(a_).events, POLLIN);
  FillUp(a_);
  EXPECT_EQ(WaitFor(a_).events, POLLIN | POLLOUT);
}

TEST_F(TurnTest, WaitsForNothingOfAChannelThatIsNotOpen) {
  EXPECT_EQ(WaitFor(Channel()).fd, -1);
  b_ = Channel();
  ASSERT_FALSE(a_.Receive());
  ASSERT_GE(a_.fd(), 0);
  EXPECT_EQ(WaitFor(a_).fd, -1);
}

TEST_F(TurnTest, TakesABoundedNumber) {
  Send(b_, 5);
  auto more = Take(3);
  ASSERT_TRUE(more);
  EXPECT_TRUE(*more);
  EXPECT_EQ(taken_, (std::vector<uint32_t>{0, 1, 2}));
  more = Take(3);
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_EQ(taken_, (std::vector<uint32_t>{3, 4}));
}

TEST_F(TurnTest, TakesWhatCameBeforeTheEnd) {
  Send(b_, 2);
  b_ = Channel();
  EXPECT_FALSE(Take(3));
  EXPECT_EQ(taken_, (std::vector<uint32_t>{0, 1}));
  const auto more = Take(3);  // no longer open
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
}

TEST_F(TurnTest, SendsWhatWaitsForRoom) {
  FillUp(a_);
  while (true) {
    const auto received = b_.Receive();
    ASSERT_TRUE(received);
    if (!*received) break;
  }
  ASSERT_TRUE(a_.pending());
  ASSERT_TRUE(Take(1));
  EXPECT_FALSE(a_.pending());
}

}  // namespace
}  // namespace vam::api
