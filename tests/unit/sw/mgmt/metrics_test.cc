// The metrics endpoint: HTTP against a worker, whose mgmt the test plays; its confinement; and
// mgmt's end, whose roles the test plays.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "sw/mgmt/metrics_service.h"
#include "sw/mgmt/metrics_worker.h"
#include "sw/vamd/sandbox.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kPatienceMs = 20'000;

bool Readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, kPatienceMs) == 1;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}
api::OwnedFd Bound(uint16_t& port) {
  api::OwnedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  port = ntohs(address.sin_port);
  return fd;
}
uint16_t FreePort() {
  uint16_t port = 0;
  Bound(port);
  return port;
}
api::OwnedFd ConnectTo(uint16_t port) {
  api::OwnedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}
void Write(const api::OwnedFd& fd, const std::string& text) {
  EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}
// Until the other side closes.
std::string ReadAll(const api::OwnedFd& fd) {
  std::string text;
  char bytes[4096];
  while (Readable(fd.get())) {
    const ssize_t got = recv(fd.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return text;
    text.append(bytes, static_cast<size_t>(got));
  }
  ADD_FAILURE() << "the connection stays open after: " << text;
  return text;
}

// mgmt's end of a worker's channel.
class Mgmt {
 public:
  explicit Mgmt(api::Channel channel) : channel_(std::move(channel)) {}
  void Listen(uint16_t port, const std::string& address = "127.0.0.1") {
    api::MetricsListen listen;
    listen.set_address(address);
    listen.set_port(port);
    EXPECT_TRUE(channel_.Send(api::MessageType::kMetricsListen, 0, listen));
  }
  void WaitUntilListening() {
    while (!State().listening()) continue;
  }
  api::MetricsState State() {
    return *api::ParseAs<api::MetricsState>(Bytes(Next(api::MessageType::kMetricsState).payload));
  }
  uint32_t Asked() { return Next(api::MessageType::kMetricsRequest).request; }
  void Answer(uint32_t request, const std::string& text, const std::string& error = "") {
    api::MetricsReply reply;
    reply.set_text(text);
    reply.set_error(error);
    EXPECT_TRUE(channel_.Send(api::MessageType::kMetricsReply, request, reply));
    // What the socket did not take at once.
    for (pollfd wait{channel_.fd(), POLLOUT, 0}; channel_.pending() && channel_.Flush();) {
      poll(&wait, 1, kPatienceMs);
    }
  }
  void Hide() {
    EXPECT_TRUE(channel_.Send(api::MessageType::kMetricsListen, 0, api::MetricsListen()));
  }

 private:
  api::Message Next(api::MessageType type) {
    for (;;) {
      auto received = channel_.Receive();
      if (!received) break;
      if (*received && (*received)->type == type) return std::move(**received);
      if (!*received && !Readable(channel_.fd())) break;
    }
    ADD_FAILURE() << "nothing comes";
    return {};
  }
  api::Channel channel_;
};

class MetricsWorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = api::Channel::Pair();
    mgmt_.emplace(std::move(pair->first));
    thread_ = std::thread([this, far = std::move(pair->second)]() mutable {
      RunMetricsWorker(std::move(far), limits_);
    });
    port_ = FreePort();
    mgmt_->Listen(port_);
    mgmt_->WaitUntilListening();
  }
  void TearDown() override {
    mgmt_.reset();
    thread_.join();
  }
  // What is answered to `request` without mgmt.
  std::string Refused(const std::string& request) {
    const api::OwnedFd client = ConnectTo(port_);
    Write(client, request);
    return ReadAll(client);
  }
  std::string Scrape(const std::string& request, const std::string& text) {
    const api::OwnedFd client = ConnectTo(port_);
    Write(client, request);
    mgmt_->Answer(mgmt_->Asked(), text);
    return ReadAll(client);
  }

  const MetricsLimits limits_{.connections = 4,
                              .connection_bytes = 4096,
                              .milliseconds = 1000,
                              .listen_again_milliseconds = 20};
  std::optional<Mgmt> mgmt_;
  std::thread thread_;
  uint16_t port_ = 0;
};

constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(MetricsWorkerTest, TheTextOfMgmt) {
  const std::string text = Scrape(kGet, "vam_x 1\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\nvam_x 1\n"));
  EXPECT_THAT(Scrape("GET /metrics?a=b HTTP/1.0\r\n\r\n", "vam_x 2\n"), EndsWith("vam_x 2\n"));
  const std::string large(300'000, 'x');  // of several records of the channel
  EXPECT_THAT(Scrape(kGet, large).size(), ::testing::Gt(large.size()));
}
TEST_F(MetricsWorkerTest, HeadHasNoBody) {
  const std::string text = Scrape("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "vam_x 1\n");
  EXPECT_THAT(text, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 8\r\n"),
                          EndsWith("\r\n\r\n")));
}
TEST_F(MetricsWorkerTest, NothingElseIsServed) {
  EXPECT_THAT(Refused("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Refused("GET /metrics/../x HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Refused("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxx"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(Refused("\x16\x03\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}
TEST_F(MetricsWorkerTest, LongRequestsAreRefused) {
  const std::string long_line = "GET /metrics?" + std::string(8000, 'x') + " HTTP/1.1\r\n\r\n";
  EXPECT_THAT(Refused(long_line), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(
      Refused("GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + std::string(8000, 'x') + "\r\n\r\n"),
      StartsWith("HTTP/1.1 4"));
}
TEST_F(MetricsWorkerTest, WithoutAnAnswerOfMgmt) {
  const api::OwnedFd client = ConnectTo(port_);
  Write(client, kGet);
  mgmt_->Answer(mgmt_->Asked(), "", "No role is there.");
  EXPECT_THAT(ReadAll(client), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("No role is there.\n")));
  // mgmt is silent: the connection ends in its time.
  EXPECT_THAT(Refused(kGet), Not(HasSubstr("200 OK")));
  mgmt_->Asked();
  EXPECT_THAT(Scrape(kGet, "vam_x 1\n"), EndsWith("vam_x 1\n"));
}
TEST_F(MetricsWorkerTest, SlowClientsCostAConnectionForAWhile) {
  std::vector<api::OwnedFd> slow;
  for (int i = 0; i < 12; ++i) {
    slow.push_back(ConnectTo(port_));
    Write(slow.back(), "GET /metr");
  }
  EXPECT_THAT(Scrape(kGet, "vam_x 1\n"), EndsWith("vam_x 1\n"));
  for (const api::OwnedFd& client : slow) EXPECT_THAT(ReadAll(client), Not(HasSubstr("200 OK")));
}
// One that goes while mgmt thinks, and one whose answer is for nobody.
TEST_F(MetricsWorkerTest, ClientsMayGo) {
  {
    const api::OwnedFd client = ConnectTo(port_);
    Write(client, kGet);
    mgmt_->Answer(mgmt_->Asked() + 1000, "for nobody");
  }
  EXPECT_THAT(Scrape(kGet, "vam_x 1\n"), EndsWith("vam_x 1\n"));
}
TEST_F(MetricsWorkerTest, ItMovesAndStops) {
  const api::OwnedFd waits = ConnectTo(port_);
  Write(waits, kGet);
  mgmt_->Asked();
  const uint16_t before = std::exchange(port_, FreePort());
  mgmt_->Listen(port_);
  mgmt_->WaitUntilListening();
  EXPECT_THAT(ReadAll(waits), Not(HasSubstr("200 OK")));
  EXPECT_THAT(Scrape(kGet, "vam_x 1\n"), EndsWith("vam_x 1\n"));
  mgmt_->Hide();
  EXPECT_FALSE(mgmt_->State().listening());
  for (const uint16_t port : {before, port_}) {
    const api::OwnedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Loopback(port);
    EXPECT_NE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
}
TEST_F(MetricsWorkerTest, APortInUseIsTriedAgain) {
  uint16_t port = 0;
  api::OwnedFd taken = Bound(port);
  ASSERT_EQ(listen(taken.get(), 1), 0);
  mgmt_->Listen(port);
  std::string error;
  while (error.empty()) error = mgmt_->State().error();
  EXPECT_EQ(error, "Metrics are not served at 127.0.0.1 port " + std::to_string(port) +
                       ": the port is in use.");
  taken.Reset();
  mgmt_->WaitUntilListening();
  port_ = port;
  EXPECT_THAT(Scrape(kGet, "vam_x 1\n"), EndsWith("vam_x 1\n"));
}
TEST_F(MetricsWorkerTest, AnAddressThatIsNotThere) {
  mgmt_->Listen(port_, "192.0.2.77");
  std::string error;
  while (error.empty()) error = mgmt_->State().error();
  EXPECT_THAT(error, HasSubstr("the host has no such address"));
}

// The processes themselves, confined as in vamd: a killed worker is replaced.
TEST(MetricsKeeper, AConfinedWorkerServes) {
  const MetricsLimits limits;
  auto keeper = StartMetricsKeeper(limits, vamd::ConfineMetrics);
  ASSERT_TRUE(keeper);
  for (int round = 0; round < 2; ++round) {
    std::optional<api::Message> peer;
    while (!peer) {
      ASSERT_TRUE(Readable(keeper->fd()));
      auto received = keeper->Receive();
      ASSERT_TRUE(received);
      peer = std::move(*received);
    }
    ASSERT_TRUE(peer->fd);
    Mgmt mgmt{api::Channel(std::move(peer->fd))};
    const uint16_t port = FreePort();
    mgmt.Listen(port);
    mgmt.WaitUntilListening();
    const api::OwnedFd client = ConnectTo(port);
    Write(client, kGet);
    mgmt.Answer(mgmt.Asked(), "vam_x 1\n");
    EXPECT_THAT(ReadAll(client), EndsWith("vam_x 1\n"));
    // The channel closes: the worker ends, and another one comes.
  }
}

// mgmt's end: what the roles are asked, and what becomes of it.
class MetricsServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = api::Channel::Pair();
    keeper_ = std::move(pair->first);
    MetricsService::Hooks hooks;
    hooks.ask = [this](vamd::Role role, const api::ShowRequest& request) -> uint32_t {
      if (away_ == role) return 0;
      asked_.emplace_back(role, request);
      return ++number_;
    };
    hooks.head = [] { return Gathered{.version = "7"}; };
    hooks.problem = [this](const std::string& text) { problems_.push_back(text); };
    service_.emplace(std::move(pair->second), clock_, std::move(hooks));
  }
  void StartWorker() {
    auto pair = api::Channel::Pair();
    api::Peer peer;
    peer.set_role("metrics");
    ASSERT_TRUE(keeper_.Send(api::MessageType::kPeer, 0, peer, pair->first.fd()));
    worker_ = std::move(pair->second);
    service_->Turn(listen_);
  }
  std::optional<api::Message> AtWorker() {
    auto received = worker_.Receive();
    return received ? std::move(*received) : std::nullopt;
  }
  void Ask(uint32_t number) {
    ASSERT_TRUE(worker_.Send(api::MessageType::kMetricsRequest, number, Bytes()));
    service_->Turn(listen_);
  }
  bool Reply(const api::ShowReply& reply) {
    api::Message message;
    message.type = api::MessageType::kShowReply;
    message.request = number_;
    const std::string bytes = reply.SerializeAsString();
    message.payload.assign(bytes.begin(), bytes.end());
    const bool taken = service_->OnReply(asked_.back().first, message);
    service_->Turn(listen_);
    return taken;
  }
  // Answers all that is asked, in its order.
  void ReplyToAll() {
    api::ShowReply reply;
    reply.mutable_reasons()->set_offered(5);
    EXPECT_TRUE(Reply(reply));
    reply.mutable_interfaces();
    EXPECT_TRUE(Reply(reply));
    reply.mutable_crypto_engine()->add_engine()->set_name("software");
    EXPECT_TRUE(Reply(reply));
    reply.mutable_sa_placement_counts()->add_row()->set_sas(3);
    reply.mutable_next()->set_id(9);
    EXPECT_TRUE(Reply(reply));
    EXPECT_EQ(asked_.back().second.cursor().id(), 9u);
    reply.clear_next();
    EXPECT_TRUE(Reply(reply));
    reply.mutable_ikev2_stats()->set_half_open(4);
    EXPECT_TRUE(Reply(reply));
  }
  std::string TextFor(uint32_t number) {
    const auto message = AtWorker();
    if (!message || message->type != api::MessageType::kMetricsReply ||
        message->request != number) {
      return "nothing";
    }
    return api::ParseAs<api::MetricsReply>(Bytes(message->payload))->text();
  }

  ManualClock clock_{kNsPerSecond, 1000 * kNsPerSecond};
  std::optional<config::MetricsListen> listen_;
  std::optional<vamd::Role> away_;
  api::Channel keeper_, worker_;
  std::optional<MetricsService> service_;
  std::vector<std::pair<vamd::Role, api::ShowRequest>> asked_;
  uint32_t number_ = 100;
  std::vector<std::string> problems_;
};

TEST_F(MetricsServiceTest, TheWorkerIsToldWhereToListen) {
  StartWorker();
  EXPECT_FALSE(AtWorker());  // nowhere is what it begins with
  listen_ = config::MetricsListen();
  service_->Turn(listen_);
  auto told = AtWorker();
  ASSERT_TRUE(told && told->type == api::MessageType::kMetricsListen);
  auto where = api::ParseAs<api::MetricsListen>(Bytes(told->payload));
  EXPECT_EQ(where->address(), "127.0.0.1");
  EXPECT_EQ(where->port(), 9464u);
  service_->Turn(listen_);
  EXPECT_FALSE(AtWorker());
  StartWorker();  // another one
  EXPECT_TRUE(AtWorker());
  listen_.reset();
  service_->Turn(listen_);
  told = AtWorker();
  ASSERT_TRUE(told);
  EXPECT_EQ(api::ParseAs<api::MetricsListen>(Bytes(told->payload))->address(), "");
}
TEST_F(MetricsServiceTest, WhatTheRolesSayIsServed) {
  StartWorker();
  Ask(1);
  EXPECT_EQ(asked_.size(), 1u);
  Ask(2);
  EXPECT_EQ(asked_.size(), 1u);  // one collection serves both
  ReplyToAll();
  const std::string text = TextFor(1);
  EXPECT_THAT(text, AllOf(HasSubstr("vam_build_info{version=\"7\"} 1\n"),
                          HasSubstr("vam_packets_offered_total 5\n"),
                          HasSubstr("vam_ike_half_open{version=\"2\"} 4\n"),
                          HasSubstr("state=\"\",reason=\"\"} 6\n"),
                          HasSubstr("vam_scrape_answered{role=\"ikev2\"} 1\n")));
  EXPECT_EQ(TextFor(2), text);
  // For a moment the same text; then it is made anew.
  const size_t before = asked_.size();
  Ask(3);
  EXPECT_EQ(TextFor(3), text);
  EXPECT_EQ(asked_.size(), before);
  clock_.AdvanceNs(2 * kNsPerSecond);
  Ask(4);
  EXPECT_EQ(asked_.size(), before + 1);
}
TEST_F(MetricsServiceTest, ARoleThatIsAwaySilentOrWrongCostsItsOwn) {
  away_ = vamd::Role::kFwd;
  StartWorker();
  Ask(1);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_.back().first, vamd::Role::kIkev2);
  clock_.AdvanceNs(5 * kNsPerSecond);
  service_->Turn(listen_);
  EXPECT_THAT(TextFor(1), AllOf(HasSubstr("vam_scrape_answered{role=\"fwd\"} 0\n"),
                                HasSubstr("vam_scrape_answered{role=\"ikev2\"} 0\n")));
  EXPECT_FALSE(Reply(api::ShowReply()));  // late

  away_.reset();
  clock_.AdvanceNs(2 * kNsPerSecond);
  Ask(2);
  api::ShowReply wrong;
  wrong.set_error("Not now.");
  EXPECT_TRUE(Reply(wrong));
  EXPECT_EQ(asked_.back().first, vamd::Role::kIkev2);
  service_->Lose(vamd::Role::kFwd);  // not the one that is asked
  service_->Lose(vamd::Role::kIkev2);
  service_->Turn(listen_);
  EXPECT_THAT(TextFor(2), HasSubstr("vam_scrape_answered{role=\"fwd\"} 0\n"));
}
TEST_F(MetricsServiceTest, ACursorThatStandsStillEnds) {
  StartWorker();
  Ask(1);
  api::ShowReply reply;
  for (int i = 0; i < 3; ++i) {
    reply.mutable_reasons();
    Reply(reply);
  }
  reply.mutable_sa_placement_counts();
  reply.mutable_next()->set_id(9);
  Reply(reply);
  EXPECT_EQ(asked_.back().first, vamd::Role::kFwd);
  Reply(reply);
  EXPECT_EQ(asked_.back().first, vamd::Role::kIkev2);
}
TEST_F(MetricsServiceTest, QuestionsAreBounded) {
  StartWorker();
  for (uint32_t i = 1; i <= 100; ++i) Ask(i);
  ReplyToAll();
  uint32_t answers = 0;
  // What the socket does not hold is sent when it has room.
  for (int i = 0; i < 100; ++i) {
    while (AtWorker()) ++answers;
    service_->Turn(listen_);
  }
  EXPECT_EQ(answers, MetricsService::kMostWaiting);
}
TEST_F(MetricsServiceTest, ProblemsAreToldOnce) {
  listen_ = config::MetricsListen();
  StartWorker();
  api::MetricsState state;
  state.set_error("The port is in use.");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(worker_.Send(api::MessageType::kMetricsState, 0, state));
  }
  service_->Turn(listen_);
  EXPECT_THAT(problems_, ElementsAre("The port is in use."));
  worker_ = api::Channel();
  keeper_ = api::Channel();
  service_->Turn(listen_);  // both gone
}

// Through a whole mgmt.
TEST_F(ServerTest, MetricsAreServedWhereTheConfigurationSays) {
  const MetricsLimits limits;
  auto keeper = StartMetricsKeeper(limits, vamd::ConfineMetrics);
  ASSERT_TRUE(keeper);
  server_->ConnectMetrics(std::move(*keeper));
  Synchronise();
  const uint16_t port = FreePort();
  const auto reply = Run({"configure terminal", "metrics listen port " + std::to_string(port),
                          "end", "show running-config | include metrics"});
  EXPECT_EQ(reply.text(), "metrics listen 127.0.0.1 port " + std::to_string(port) + "\n");
  on_show_ = [](const api::ShowRequest&) {
    api::ShowReply answer;
    answer.mutable_reasons()->set_offered(77);
    return answer;
  };
  std::string text;
  std::atomic<bool> done = false;
  std::thread thread([&] {
    for (;;) {  // until it listens
      const api::OwnedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in address = Loopback(port);
      if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        continue;
      }
      Write(fd, kGet);
      text = ReadAll(fd);
      break;
    }
    done = true;
  });
  while (!done) Turn();
  thread.join();
  EXPECT_THAT(text,
              AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("vam_packets_offered_total 77\n"),
                    HasSubstr("vam_role_up{role=\"fwd\"} 1\n"),
                    HasSubstr("vam_scrape_answered{role=\"ikev2\"} 0\n")));
}

}  // namespace
}  // namespace vam::mgmt
