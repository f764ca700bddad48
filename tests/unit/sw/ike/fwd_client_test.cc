#include "sw/ike/fwd_client.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace vam::ike {
namespace {

using api::MessageType;

class FwdClientTest : public testing::Test {
 protected:
  struct Sent {
    MessageType type;
    uint32_t request;
    std::vector<uint8_t> payload;
  };

  void Reserve() {
    client_.Reserve({}, [this](const Result<api::SpiReserved>& result) {
      ++calls_;
      last_ = result ? std::optional<ErrorCode>() : result.error().code;
    });
  }
  bool Answer(MessageType type, uint32_t request, uint32_t error = 0) {
    api::SpiReserved reserved{};
    reserved.error = error;
    return client_.Receive(type, request, api::EncodeFast(reserved));
  }

  bool accept_ = true;
  std::vector<Sent> sent_;
  int calls_ = 0;
  std::optional<ErrorCode> last_;
  FwdClient client_{[this](MessageType type, uint32_t request, Bytes payload) {
    if (accept_) sent_.push_back({type, request, {payload.begin(), payload.end()}});
    return accept_;
  }};
};

TEST_F(FwdClientTest, EachAnswerOnceToWhoAsked) {
  Reserve();
  Reserve();
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(sent_[0].type, MessageType::kSpiReserve);
  EXPECT_NE(sent_[0].request, sent_[1].request);
  EXPECT_NE(sent_[0].request, 0U);
  EXPECT_EQ(client_.pending(), 2U);
  EXPECT_TRUE(Answer(MessageType::kSpiReserved, sent_[1].request));
  EXPECT_EQ(calls_, 1);
  EXPECT_FALSE(last_.has_value());
  EXPECT_FALSE(Answer(MessageType::kSpiReserved, sent_[1].request));
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(client_.pending(), 1U);
}

TEST_F(FwdClientTest, UnknownAnswersAndWrongTypes) {
  Reserve();
  const uint32_t request = sent_[0].request;
  EXPECT_FALSE(Answer(MessageType::kSpiReserved, request + 1));
  EXPECT_FALSE(Answer(MessageType::kSpiReserved, 0));
  EXPECT_FALSE(Answer(MessageType::kSaInstalled, request));
  EXPECT_FALSE(Answer(MessageType::kSpiReserve, request));
  EXPECT_EQ(calls_, 0);
  // A payload that is none ends the request with an error.
  EXPECT_TRUE(client_.Receive(MessageType::kSpiReserved, request, std::vector<uint8_t>(3)));
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(last_.has_value());
}

TEST_F(FwdClientTest, MovesHaveTheirOwnAnswer) {
  std::optional<uint64_t> moved;
  client_.Move({}, [&moved](const Result<uint64_t>& id) { moved = id.value_or(0); });
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(sent_[0].type, MessageType::kSaMove);
  const api::SaMoved answer{77, 0, 0};
  EXPECT_FALSE(client_.Receive(MessageType::kSaDeleted, sent_[0].request, api::EncodeFast(answer)));
  EXPECT_TRUE(client_.Receive(MessageType::kSaMoved, sent_[0].request, api::EncodeFast(answer)));
  EXPECT_EQ(moved, 77U);
}

TEST_F(FwdClientTest, ErrorsOfFwd) {
  const auto refused = [this](uint32_t error) {
    Reserve();
    EXPECT_TRUE(Answer(MessageType::kSpiReserved, sent_.back().request, error));
    return last_;
  };
  EXPECT_EQ(refused(static_cast<uint32_t>(ErrorCode::kExhausted) + 1), ErrorCode::kExhausted);
  EXPECT_EQ(refused(static_cast<uint32_t>(ErrorCode::kInternal) + 1), ErrorCode::kInternal);
  EXPECT_EQ(refused(9'999), ErrorCode::kInternal);
  EXPECT_EQ(refused(UINT32_MAX), ErrorCode::kInternal);
  EXPECT_EQ(refused(0), std::nullopt);
}

// Never from within the request: who asks may not be ready for the answer.
TEST_F(FwdClientTest, RefusalsComeLater) {
  accept_ = false;
  Reserve();
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(client_.pending(), 0U);
  EXPECT_EQ(client_.unsent(), 1U);
  client_.DeliverRefused();
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(last_, ErrorCode::kUnavailable);
  client_.DeliverRefused();
  EXPECT_EQ(calls_, 1);
  client_.SendPacket({}, std::vector<uint8_t>(5));
  EXPECT_EQ(client_.unsent(), 2U);
}

TEST_F(FwdClientTest, LoseAnswersAllAndTakesNewOnes) {
  Reserve();
  Reserve();
  bool asked_again = false;
  client_.Install({}, [&](const Result<uint64_t>& result) {
    EXPECT_FALSE(result.has_value());
    Reserve();
    asked_again = true;
  });
  client_.Lose();
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(last_, ErrorCode::kUnavailable);
  EXPECT_TRUE(asked_again);
  EXPECT_EQ(client_.pending(), 1U);
  // An answer to one that was lost is nobody's.
  EXPECT_FALSE(Answer(MessageType::kSpiReserved, sent_[0].request));
}

TEST_F(FwdClientTest, NoMoreThanTheLimitWait) {
  for (size_t i = 0; i < FwdClient::kMaxPending; ++i) Reserve();
  EXPECT_EQ(client_.pending(), FwdClient::kMaxPending);
  Reserve();
  EXPECT_EQ(client_.pending(), FwdClient::kMaxPending);
  client_.DeliverRefused();
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(last_, ErrorCode::kExhausted);
}

TEST_F(FwdClientTest, PacketsCarryTheirLength) {
  client_.SendPacket({}, std::vector<uint8_t>{1, 2, 3});
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(sent_[0].type, MessageType::kIkePacket);
  EXPECT_EQ(api::DecodeFast<api::IkePacket>(sent_[0].payload)->length, 3U);
  EXPECT_EQ(sent_[0].payload.size(), sizeof(api::IkePacket) + 3);
  EXPECT_EQ(sent_[0].payload.back(), 3);
}

}  // namespace
}  // namespace vam::ike
