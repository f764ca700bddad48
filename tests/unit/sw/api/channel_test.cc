#include "sw/api/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "sw/api/control.pb.h"
#include "sw/api/fast.h"
#include "sw/base/rng.h"

namespace vam::api {
namespace {

class ChannelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = Channel::Pair();
    ASSERT_TRUE(pair);
    a_ = std::move(pair->first);
    b_ = std::move(pair->second);
  }
  // The raw end of a pair whose other end is `a_`.
  void UseRawPeer() {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
    a_ = Channel(OwnedFd(fds[0]));
    raw_ = OwnedFd(fds[1]);
  }
  void SendRaw(FrameHeader header, size_t payload) {
    std::vector<uint8_t> bytes(sizeof header + payload);
    std::memcpy(bytes.data(), &header, sizeof header);
    ASSERT_EQ(send(raw_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  ErrorCode ReceiveError() {
    const auto received = a_.Receive();
    return received ? ErrorCode::kInternal : received.error().code;
  }

  Channel a_, b_;
  OwnedFd raw_;
};

TEST_F(ChannelTest, CarriesAMessage) {
  Commit commit;
  commit.set_generation(7);
  ASSERT_TRUE(a_.Send(MessageType::kCommit, 42, commit));
  auto received = b_.Receive();
  ASSERT_TRUE(received && *received);
  EXPECT_EQ((*received)->type, MessageType::kCommit);
  EXPECT_EQ((*received)->request, 42u);
  EXPECT_EQ(ParseAs<Commit>(Bytes((*received)->payload))->generation(), 7u);
  auto nothing = b_.Receive();
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
}

TEST_F(ChannelTest, CarriesLongMessagesInRecords) {
  SeededRng rng(1);
  std::vector<uint8_t> payload(3 * 1024 * 1024 + 17);
  rng.Fill(payload);
  ASSERT_TRUE(a_.Send(MessageType::kShowReply, 1, Bytes(payload)));
  EXPECT_TRUE(a_.pending());
  for (int turn = 0; turn < 10000; ++turn) {
    auto received = b_.Receive();
    ASSERT_TRUE(received);
    if (*received) {
      EXPECT_EQ((*received)->payload, payload);
      EXPECT_FALSE(a_.pending());
      return;
    }
    ASSERT_TRUE(a_.Flush());
  }
  FAIL() << "the message did not arrive";
}

TEST_F(ChannelTest, IsBounded) {
  const std::vector<uint8_t> payload(kMaxMessage);
  size_t sent = 0;
  Status status = Ok();
  while (status && sent < 100) {
    status = a_.Send(MessageType::kShowReply, 1, Bytes(payload));
    if (status) ++sent;
  }
  EXPECT_LT(sent, 4u);
  EXPECT_EQ(status.error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(a_.open());
  const std::vector<uint8_t> longer(kMaxMessage + 1);
  EXPECT_EQ(b_.Send(MessageType::kShowReply, 1, Bytes(longer)).error().code, ErrorCode::kExhausted);
}

TEST_F(ChannelTest, CarriesADescriptor) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const OwnedFd reader(fds[0]);
  OwnedFd writer(fds[1]);
  ASSERT_TRUE(a_.Send(MessageType::kPeer, 0, Bytes(), writer.get()));
  writer.Reset();
  auto received = b_.Receive();
  ASSERT_TRUE(received && *received);
  ASSERT_TRUE((*received)->fd);
  ASSERT_EQ(write((*received)->fd.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(reader.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(ChannelTest, AClosedPeerIsUnavailable) {
  b_ = Channel();
  EXPECT_EQ(ReceiveError(), ErrorCode::kUnavailable);
  EXPECT_FALSE(a_.open());
  EXPECT_EQ(a_.Send(MessageType::kStop, 0, Bytes()).error().code, ErrorCode::kUnavailable);
}

TEST_F(ChannelTest, RefusesAWrongVersion) {
  UseRawPeer();
  SendRaw({kProtocolVersion + 1, 64, 0, 0, 0}, 0);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
  EXPECT_TRUE(a_.broken());
}
// A length that a local socket gave was believed.
TEST_F(ChannelTest, Cve2018_5388_RefusesAWrongLength) {
  UseRawPeer();
  SendRaw({kProtocolVersion, 64, 5, 0, 0}, 4);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
}
TEST_F(ChannelTest, RefusesUnknownFlags) {
  UseRawPeer();
  SendRaw({kProtocolVersion, 64, 0, 0, 2}, 0);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
}
TEST_F(ChannelTest, RefusesMixedRecords) {
  UseRawPeer();
  SendRaw({kProtocolVersion, 64, 1, 1, kFlagMore}, 1);
  SendRaw({kProtocolVersion, 64, 1, 2, 0}, 1);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
}
TEST_F(ChannelTest, RefusesARecordWithoutHeader) {
  UseRawPeer();
  ASSERT_EQ(send(raw_.get(), "short", 5, 0), 5);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
}
TEST_F(ChannelTest, RefusesATooLongRecord) {
  UseRawPeer();
  SendRaw({kProtocolVersion, 64, kMaxRecordPayload + 1, 0, 0}, kMaxRecordPayload + 1);
  EXPECT_EQ(ReceiveError(), ErrorCode::kMalformed);
}
TEST_F(ChannelTest, RefusesAnEndlessMessage) {
  UseRawPeer();
  for (size_t i = 0; i <= kMaxMessage / kMaxRecordPayload + 1; ++i) {
    SendRaw({kProtocolVersion, 64, kMaxRecordPayload, 1, kFlagMore}, kMaxRecordPayload);
    const auto received = a_.Receive();
    if (!received) {
      EXPECT_EQ(received.error().code, ErrorCode::kMalformed);
      return;
    }
  }
  FAIL() << "accepted more than kMaxMessage";
}

TEST(FastMessages, AreLengthChecked) {
  Event event{};
  event.sa_id = 0x1122334455667788;
  event.kind = EventKind::kSoftBytes;
  const Bytes bytes = EncodeFast(event);
  ASSERT_EQ(bytes.size(), 72u);
  EXPECT_EQ(DecodeFast<Event>(bytes)->sa_id, event.sa_id);
  EXPECT_EQ(DecodeFast<Event>(bytes.first(71)).error().code, ErrorCode::kTruncated);
  std::vector<uint8_t> longer(bytes.begin(), bytes.end());
  longer.push_back(0);
  EXPECT_EQ(DecodeFast<Event>(Bytes(longer)).error().code, ErrorCode::kMalformed);
}
TEST(FastMessages, AnIkePacketCarriesWhatItSays) {
  IkePacket packet{};
  packet.length = 3;
  const Bytes front = EncodeFast(packet);
  std::vector<uint8_t> whole(front.begin(), front.end());
  whole.insert(whole.end(), {1, 2, 3});
  EXPECT_TRUE(DecodeFast<IkePacket>(Bytes(whole)));
  whole.push_back(4);
  EXPECT_EQ(DecodeFast<IkePacket>(Bytes(whole)).error().code, ErrorCode::kMalformed);
}
TEST(FastMessages, ByteOrderIsWrittenDown) {
  FastAddress address{};
  address.family = 4;
  address.bytes = {192, 0, 2, 1};
  const Bytes bytes = EncodeFast(address);
  EXPECT_EQ(bytes[0], 192);
  EXPECT_EQ(bytes[3], 1);
  EXPECT_EQ(bytes[16], 4);
}

}  // namespace
}  // namespace vam::api
