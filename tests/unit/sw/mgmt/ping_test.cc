// `ping`: its words, what it prints, and how mgmt and vamsh carry it, with a played forwarder.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <deque>

#include "sw/mgmt/render_ping.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

ExecCommand Parsed(const std::string& line, config::Mode mode = config::Mode::kExec) {
  auto parsed = ParseExec(mode, line);
  if (const auto* mismatch = std::get_if<config::Mismatch>(&parsed)) {
    ADD_FAILURE() << line << ": " << mismatch->message;
    return {};
  }
  return std::get<ExecCommand>(parsed);
}
config::Mismatch Refused(const std::string& line) {
  auto parsed = ParseExec(config::Mode::kExec, line);
  if (const auto* mismatch = std::get_if<config::Mismatch>(&parsed)) return *mismatch;
  ADD_FAILURE() << line << " was understood";
  return {};
}

TEST(PingGrammar, DefaultsAreThoseOfIos) {
  for (const config::Mode mode : {config::Mode::kExec, config::Mode::kUserExec}) {
    const ExecCommand command = Parsed("ping 10.0.0.2", mode);
    EXPECT_EQ(command.kind, ExecCommand::Kind::kPing);
    const api::PingRequest& ping = command.ping;
    EXPECT_EQ(ping.destination(), "10.0.0.2");
    EXPECT_EQ(ping.repeat(), 5u);
    EXPECT_EQ(ping.bytes(), 100u);
    EXPECT_EQ(ping.timeout_seconds(), 2u);
    EXPECT_EQ(ping.pattern(), 0xabcdu);
    EXPECT_FALSE(ping.dont_fragment() || ping.validate());
    EXPECT_EQ(ping.vrf() + ping.source_address() + ping.source_interface(), "");
  }
}

TEST(PingGrammar, EveryWord) {
  const api::PingRequest ping =
      Parsed(
          "ping vrf red ip 10.0.0.2 timeout 0 repeat 30 source 10.1.0.1 size 18024 df-bit data "
          "00fF validate")
          .ping;
  EXPECT_EQ(ping.vrf(), "red");
  EXPECT_EQ(ping.repeat(), 30u);
  EXPECT_EQ(ping.bytes(), 18024u);
  EXPECT_EQ(ping.timeout_seconds(), 0u);
  EXPECT_EQ(ping.pattern(), 0xffu);
  EXPECT_EQ(ping.source_address(), "10.1.0.1");
  EXPECT_TRUE(ping.dont_fragment() && ping.validate());
  const api::PingRequest v6 = Parsed("ping ipv6 2001:DB8::2 sou GigabitEthernet 0/1 rep 3").ping;
  EXPECT_EQ(v6.destination(), "2001:db8::2");
  EXPECT_EQ(v6.source_interface(), "GigabitEthernet0/1");
  EXPECT_EQ(v6.repeat(), 3u);
  EXPECT_EQ(Parsed("ping 2001:db8::2 source 2001:DB8::1").ping.source_address(), "2001:db8::1");
}

TEST(PingGrammar, WhatIsWrongIsNamed) {
  EXPECT_EQ(Refused("ping").kind, config::ErrorKind::kIncomplete);
  EXPECT_EQ(Refused("ping vrf red").kind, config::ErrorKind::kIncomplete);
  EXPECT_EQ(Refused("ping 10.0.0.2 source").kind, config::ErrorKind::kIncomplete);
  EXPECT_EQ(Refused("ping gateway.example").message,
            "Unrecognized host or address, or protocol not running.");
  EXPECT_THAT(Refused("ping ip 2001:db8::2").message, HasSubstr("not an IPv4 address"));
  EXPECT_THAT(Refused("ping ipv6 10.0.0.2").message, HasSubstr("not an IPv6 address"));
  for (const char* wrong :
       {"size 35", "size 18025", "repeat 0", "timeout 3601", "data 12345", "data xyz", "data 0x"}) {
    EXPECT_EQ(Refused(std::string("ping 10.0.0.2 ") + wrong).kind, config::ErrorKind::kInvalid)
        << wrong;
  }
}

api::Ping Ended(uint32_t sent, uint32_t received) {
  api::Ping ping;
  ping.set_destination("10.0.0.2");
  ping.set_source("10.0.0.1");
  ping.set_bytes(100);
  ping.set_timeout_seconds(2);
  ping.set_pattern(0xabcd);
  ping.set_repeat(sent);
  ping.set_sent(sent);
  ping.set_received(received);
  if (received == 0) return ping;
  ping.set_minimum_microseconds(900);
  ping.set_average_microseconds(3400);
  ping.set_maximum_microseconds(8000);
  return ping;
}

// OUT-05 and DP-41: 28 of 30.
TEST(PingText, AsTheGuidesPrintIt) {
  EXPECT_EQ(RenderPingHead({}, Ended(30, 28)),
            "Type escape sequence to abort.\n"
            "Sending 30, 100-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\n");
  EXPECT_EQ(RenderPingTail(Ended(30, 28)),
            "Success rate is 93 percent (28/30), round-trip min/avg/max = 1/3/8 ms\n");
  EXPECT_EQ(RenderPingTail(Ended(5, 0)), "Success rate is 0 percent (0/5)\n");
  EXPECT_EQ(RenderPingTail(Ended(0, 0)), "Success rate is 0 percent (0/0)\n");
  EXPECT_EQ(RenderPingTail(Ended(2147483647, 2147483647)).find("Success rate is 100 percent"), 0u);
}

TEST(PingText, WhatWasAskedForIsSaid) {
  api::PingRequest asked;
  asked.set_source_interface("net1");
  api::Ping ping = Ended(5, 5);
  ping.set_dont_fragment(true);
  ping.set_validate(true);
  ping.set_pattern(0);
  EXPECT_EQ(RenderPingHead(asked, ping),
            "Type escape sequence to abort.\n"
            "Sending 5, 100-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\n"
            "Packet sent with a source address of 10.0.0.1\n"
            "Packet sent with the DF bit set\n"
            "Reply data will be validated\n"
            "Packet has data pattern 0x0000\n");
  api::ReasonCount& drop = *ping.add_drop();
  drop.set_reason("policy_no_sa");
  drop.set_packets(2);
  EXPECT_THAT(RenderPingTail(ping), HasSubstr("\nDropped by this gateway: 2 (policy_no_sa)\n"));
}

TEST(PingText, SeventyMarksInALine) {
  PingMarks marks;
  EXPECT_EQ(marks.Add(std::string(69, '!')), std::string(69, '!'));
  EXPECT_EQ(marks.Add("!.U"), "!\n.U");
  EXPECT_EQ(marks.Finish(), "\n");
  EXPECT_EQ(marks.Add(std::string(140, '.')),
            std::string(70, '.') + "\n" + std::string(70, '.') + "\n");
  EXPECT_EQ(marks.Finish(), "");  // the line has ended
}

// A forwarder that answers what it is told to; it is asked by PlayFwd of the fixture's turns.
class ServerPingTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
    on_ping_ = [this](uint32_t request, const api::PingRequest& ping) {
      asked_.push_back(ping);
      if (ping.kind() == api::PingRequest::STOP) stopped_ = true;
      if (ping.kind() == api::PingRequest::FORGET) ++forgotten_;
      if (ping.kind() == api::PingRequest::START || ping.kind() == api::PingRequest::NEXT) {
        open_.push_back(request);
      }
    };
  }
  void Answer(const api::PingReply& reply) {
    ASSERT_FALSE(open_.empty());
    ASSERT_TRUE(fwd_.Send(api::MessageType::kPingReply, open_.front(), reply));
    open_.pop_front();
  }
  static api::PingReply Piece(const std::string& marks, bool done, const api::Ping& ping) {
    api::PingReply reply;
    reply.set_marks(marks);
    reply.set_done(done);
    *reply.mutable_ping() = ping;
    return reply;
  }
  // Turns until the forwarder has been asked.
  void AwaitQuestion() {
    while (open_.empty()) Turn();
  }
  // One line of a client, while `play` does the forwarder's part.
  api::CliReply Ping(const std::string& line, const std::function<void()>& play) {
    api::CliReply last;
    std::atomic<bool> done = false;
    std::thread thread([&] {
      auto client = vamsh::Client::Connect(directory_ + "/sock");
      if (client && client->Run("enable")) {
        auto reply = client->Run(line);
        if (reply) last = *reply;
      }
      done = true;
    });
    play();
    while (!done) Turn();
    thread.join();
    return last;
  }

  std::vector<api::PingRequest> asked_;
  std::deque<uint32_t> open_;  // requests without an answer
  bool stopped_ = false;
  int forgotten_ = 0;
};

TEST_F(ServerPingTest, PiecesBecomeTheOutputOfIos) {
  const auto reply = Ping("ping 10.0.0.2 source net1", [this] {
    AwaitQuestion();
    Answer(Piece("", false, Ended(5, 0)));
    AwaitQuestion();
    Answer(Piece("!!", false, Ended(5, 0)));
    AwaitQuestion();
    Answer(Piece(".!!", true, Ended(5, 4)));
  });
  EXPECT_EQ(reply.exit_code(), 0);
  EXPECT_EQ(reply.text(),
            "Type escape sequence to abort.\n"
            "Sending 5, 100-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\n"
            "Packet sent with a source address of 10.0.0.1\n"
            "!!.!!\n"
            "Success rate is 80 percent (4/5), round-trip min/avg/max = 1/3/8 ms\n");
  ASSERT_EQ(asked_.size(), 3u);
  EXPECT_EQ(asked_[0].kind(), api::PingRequest::START);
  EXPECT_EQ(asked_[0].source_interface(), "net1");
  EXPECT_EQ(asked_[1].kind(), api::PingRequest::NEXT);
  EXPECT_EQ(asked_[1].id(), asked_[0].id());
  EXPECT_EQ(forgotten_, 0);
}

TEST_F(ServerPingTest, WithoutAnAnswerTheCommandHasFailed) {
  const auto reply = Ping("ping 10.0.0.2", [this] {
    AwaitQuestion();
    Answer(Piece(".....", true, Ended(5, 0)));
  });
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(), HasSubstr(".....\nSuccess rate is 0 percent (0/5)\n"));
}

TEST_F(ServerPingTest, AsJsonItIsOneObject) {
  const auto reply = Ping("ping 10.0.0.2 | json", [this] {
    AwaitQuestion();
    Answer(Piece("!", false, Ended(5, 1)));
    AwaitQuestion();
    Answer(Piece("!!!!", true, Ended(5, 5)));
  });
  google::protobuf::Struct read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(reply.text(), &read).ok())
      << reply.text();
  EXPECT_EQ(read.fields().at("body").string_value(), "ping");
  EXPECT_EQ(read.fields().at("received").number_value(), 5);
  EXPECT_EQ(read.fields().at("average_microseconds").string_value(), "3400");
}

TEST_F(ServerPingTest, FiltersSeeItsLines) {
  const auto reply = Ping("ping 10.0.0.2 | include Success", [this] {
    AwaitQuestion();
    Answer(Piece("!!!!!", true, Ended(5, 5)));
  });
  EXPECT_THAT(reply.text(), StartsWith("Success rate is 100 percent (5/5)"));
}

TEST_F(ServerPingTest, TheForwardersReasonIsTheError) {
  const auto reply = Ping("ping 10.0.0.2", [this] {
    AwaitQuestion();
    api::PingReply refused;
    refused.set_error("No valid route for destination");
    Answer(refused);
  });
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_EQ(reply.text(), "% No valid route for destination\n");
}

TEST_F(ServerPingTest, AForwarderThatGoesEndsIt) {
  const auto reply = Ping("ping 10.0.0.2", [this] {
    AwaitQuestion();
    fwd_ = api::Channel();
  });
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_EQ(reply.text(), "% The forwarder does not answer.\n");
}

// The time between pieces is the forwarder's to keep: one that is silent for ten seconds is stuck.
TEST_F(ServerPingTest, AForwarderThatIsSilentEndsIt) {
  const auto reply = Ping("ping 10.0.0.2", [this] {
    AwaitQuestion();
    clock_.AdvanceNs(11 * kNsPerSecond);
  });
  EXPECT_EQ(reply.text(), "% The forwarder does not answer.\n");
  while (forgotten_ == 0) Turn();
}

TEST_F(ServerPingTest, AnInterruptAsksForTheEnd) {
  std::atomic<bool> done = false;
  std::string live;
  api::CliReply last;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  std::thread thread([&] {
    auto client = vamsh::Client::Connect(directory_ + "/sock");
    api::CliRequest request;
    request.set_line("ping 10.0.0.2 repeat 1000");
    if (client) {
      auto reply = client->Run(request, {.on_live = [&](std::string_view text) { live += text; },
                                         .keys = pipe_ends[0],
                                         .on_keys =
                                             [&] {
                                               char key = 0;
                                               return read(pipe_ends[0], &key, 1) == 1 && key == 3;
                                             }});
      if (reply) last = *reply;
    }
    done = true;
  });
  AwaitQuestion();
  Answer(Piece("", false, Ended(1000, 0)));
  AwaitQuestion();
  ASSERT_EQ(write(pipe_ends[1], "x\x03", 2), 2);
  while (!stopped_) Turn();
  Answer(Piece("!.", true, Ended(2, 1)));
  while (!done) Turn();
  thread.join();
  EXPECT_THAT(live, HasSubstr("!.\nSuccess rate is 50 percent (1/2)"));
  EXPECT_EQ(last.text(), "");
  EXPECT_EQ(last.exit_code(), 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_F(ServerPingTest, AClosedVamshEndsItsPing) {
  auto pair = std::make_unique<vamsh::Client>(*vamsh::Client::Connect(directory_ + "/sock"));
  std::thread thread([&] {
    api::CliRequest request;
    request.set_line("ping 10.0.0.2 repeat 1000");
    // An error of the callback's side is not there to be had: the connection goes with the client.
    static_cast<void>(pair->Run(request, {.on_live = [&](std::string_view) {}}).has_value());
  });
  AwaitQuestion();
  ASSERT_EQ(shutdown(pair->fd(), SHUT_RDWR), 0);
  thread.join();
  while (forgotten_ == 0) Turn();
  EXPECT_EQ(asked_.back().id(), asked_.front().id());
}

// What comes after the end of a command is for none.
TEST_F(ServerPingTest, ALateInterruptHarmsNothing) {
  auto fd = api::OwnedFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory_ + "/sock").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  api::Channel channel(std::move(fd));
  ASSERT_TRUE(channel.Send(api::MessageType::kCliInterrupt, 1, Bytes()));
  api::CliRequest request;
  request.set_line("show clock");
  ASSERT_TRUE(channel.Send(api::MessageType::kCliRequest, 2, request));
  for (;;) {
    Turn();
    auto received = channel.Receive();
    ASSERT_TRUE(received);
    if (!*received) continue;
    EXPECT_EQ((*received)->request, 2u);
    break;
  }
}

}  // namespace
}  // namespace vam::mgmt
