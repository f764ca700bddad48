// Revocation data by HTTP: a worker against a server of the test on loopback, its keeper and its
// confinement, and mgmt's end of both.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "sw/mgmt/fetch_worker.h"
#include "sw/mgmt/fetcher.h"
#include "sw/vamd/sandbox.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kPatienceMs = 20'000;

bool Readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, kPatienceMs) == 1;
}

// Serves one connection after the other, each in a thread of its own.
class HttpServer {
 public:
  HttpServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(listen(listener_.get(), 64), 0);
    EXPECT_EQ(getsockname(listener_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }
  ~HttpServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    for (std::thread& one : serving_) one.join();
  }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int asked() const { return asked_; }

 private:
  void Accept() {
    for (;;) {
      const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      serving_.emplace_back([this, fd] { Serve(api::OwnedFd(fd)); });
    }
  }
  static bool Write(int fd, const std::string& text) {
    return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  static std::string Answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string Moved(const std::string& to) {
    return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n";
  }
  // Until the client closes: the server says nothing more.
  static void WaitForClose(int fd) {
    char byte = 0;
    while (recv(fd, &byte, 1, 0) > 0) continue;
  }
  void Serve(const api::OwnedFd& fd) {
    std::string request;
    char bytes[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = recv(fd.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return;
      request.append(bytes, static_cast<size_t>(got));
    }
    ++asked_;
    const std::string path = request.substr(request.find(' ') + 1);
    const auto is = [&](const char* name) { return path.starts_with(std::string(name) + " "); };
    if (is("/good")) {
      Write(fd.get(), Answer("a CRL"));
    } else if (is("/ocsp")) {
      Write(fd.get(), Answer(request));
    } else if (is("/long")) {
      Write(fd.get(), "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
    } else if (is("/endless")) {
      Write(fd.get(), "HTTP/1.1 200 OK\r\n\r\n");
      while (Write(fd.get(), std::string(4096, 'x'))) continue;
    } else if (is("/slow")) {
      WaitForClose(fd.get());
    } else if (is("/file")) {
      Write(fd.get(), Moved("file:///etc/passwd"));
    } else if (is("/moved")) {
      Write(fd.get(), Moved(Url("/good")));
    } else if (is("/loop")) {
      Write(fd.get(), Moved(Url("/loop")));
    } else {
      Write(fd.get(), "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    }
    shutdown(fd.get(), SHUT_WR);
    WaitForClose(fd.get());
  }

  api::OwnedFd listener_;
  uint16_t port_ = 0;
  std::thread thread_;
  std::vector<std::thread> serving_;
  std::atomic<int> asked_ = 0;
};

api::FetchRequest Wanted(std::vector<std::string> urls) {
  api::FetchRequest request;
  for (std::string& url : urls) request.add_url(std::move(url));
  return request;
}
api::FetchReply ReplyOn(api::Channel& channel) {
  for (;;) {
    auto received = channel.Receive();
    if (received && *received) return *api::ParseAs<api::FetchReply>(Bytes((*received)->payload));
    if (!received || !Readable(channel.fd())) break;
  }
  ADD_FAILURE() << "no answer";
  return {};
}

class FetchWorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = api::Channel::Pair();
    channel_ = std::move(pair->first);
    thread_ = std::thread([this, far = std::move(pair->second)]() mutable {
      RunFetchWorker(std::move(far), limits_);
    });
  }
  void TearDown() override {
    channel_ = api::Channel();
    thread_.join();
  }
  void Ask(const api::FetchRequest& request) {
    ASSERT_TRUE(channel_.Send(api::MessageType::kFetchRequest, 7, request));
  }
  api::FetchReply Fetch(const api::FetchRequest& request) {
    Ask(request);
    return ReplyOn(channel_);
  }
  std::string ErrorOf(const std::string& path) {
    const api::FetchReply reply = Fetch(Wanted({server_.Url(path)}));
    EXPECT_EQ(reply.data(), "");
    return reply.error();
  }

  HttpServer server_;
  FetchLimits limits_{.bytes = 100'000,
                      .milliseconds = 400,
                      .connect_milliseconds = 200,
                      .redirects = 3,
                      .parallel = 2,
                      .waiting = 4};
  api::Channel channel_;
  std::thread thread_;
};

TEST_F(FetchWorkerTest, WhatIsThereComes) {
  EXPECT_EQ(Fetch(Wanted({server_.Url("/good")})).data(), "a CRL");
  EXPECT_EQ(Fetch(Wanted({server_.Url("/moved")})).data(), "a CRL");
}
TEST_F(FetchWorkerTest, OcspIsPosted) {
  api::FetchRequest request = Wanted({server_.Url("/ocsp")});
  request.set_kind(api::FetchRequest::OCSP);
  request.set_ocsp_request(std::string("\0der", 4));
  EXPECT_THAT(Fetch(request).data(),
              AllOf(HasSubstr("POST /ocsp HTTP/1.1\r\n"), HasSubstr("Content-Length: 4\r\n"),
                    HasSubstr("Content-Type: application/ocsp-request\r\n")));
}
TEST_F(FetchWorkerTest, TheNextUrlIsTried) {
  EXPECT_EQ(
      Fetch(Wanted({server_.Url("/none"), "http://127.0.0.1:1/", server_.Url("/good")})).data(),
      "a CRL");
  EXPECT_EQ(server_.asked(), 2);
}
TEST_F(FetchWorkerTest, WhatFailsIsNamed) {
  EXPECT_THAT(ErrorOf("/none"), AllOf(HasSubstr(server_.Url("/none")), HasSubstr("HTTP")));
  EXPECT_THAT(ErrorOf("/long"), HasSubstr("longer than 100000 bytes"));
  EXPECT_THAT(ErrorOf("/endless"), HasSubstr("longer than 100000 bytes"));
  EXPECT_THAT(ErrorOf("/slow"), HasSubstr("Timeout"));
  EXPECT_THAT(ErrorOf("/loop"), HasSubstr("redirects"));
  EXPECT_EQ(Fetch(Wanted({})).error(), "No URL is named.");
  EXPECT_EQ(Fetch(Wanted({server_.Url("/slow"), server_.Url("/good")})).error(),
            "There was no answer in time.");
}
TEST_F(FetchWorkerTest, OnlyHttpIsSpoken) {
  EXPECT_THAT(ErrorOf("/file"), HasSubstr("protocol"));
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "https://127.0.0.1/x",
                          "gopher://127.0.0.1/", "dict://127.0.0.1/", "nonsense"}) {
    EXPECT_NE(Fetch(Wanted({url})).error(), "") << url;
  }
}
TEST_F(FetchWorkerTest, SeveralAtOnceAndNotTooMany) {
  for (int i = 0; i < 2; ++i) Ask(Wanted({server_.Url("/slow")}));
  for (int i = 0; i < 5; ++i) Ask(Wanted({server_.Url("/good")}));
  std::vector<std::string> errors;
  for (int i = 0; i < 7; ++i) errors.push_back(ReplyOn(channel_).error());
  EXPECT_GE(std::ranges::count(errors, "Too much is being fetched."), 1);
}

// By hash and URL, named by a stranger.
TEST_F(FetchWorkerTest, CertificatesComeFromPublicAddressesAlone) {
  for (const std::string& url :
       {server_.Url("/good"), std::string("http://localhost:80/"), std::string("http://[::1]/"),
        std::string("http://10.0.0.1/"), std::string("http://2130706433/")}) {
    api::FetchRequest request = Wanted({url});
    request.set_kind(api::FetchRequest::CERTIFICATE);
    EXPECT_NE(Fetch(request).error(), "") << url;
  }
  EXPECT_EQ(server_.asked(), 0);
}

TEST(FetchAddressTest, WhatIsPublic) {
  for (const char* text :
       {"192.0.2.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
        "198.17.0.1", "223.255.255.255", "2001:db8::1", "2a00::1"}) {
    EXPECT_TRUE(IsPublic(*net::Address::Parse(text))) << text;
  }
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.127.0.1",
                           "127.0.0.1",
                           "127.1.2.3",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.0.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd00::1",
                           "ff02::1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::a00:1",
                           "2002:a00:1::1",
                           "2001::1"}) {
    EXPECT_FALSE(IsPublic(*net::Address::Parse(text))) << text;
  }
  EXPECT_FALSE(IsPublic(net::Address()));
}

// With servers of the test let in, for the other limits.
class CertificateWorkerTest : public FetchWorkerTest {
 protected:
  void SetUp() override {
    limits_.certificates_from_anywhere = true;
    limits_.certificate_bytes = 5;
    FetchWorkerTest::SetUp();
  }
  std::string CertificateError(const std::string& path) {
    api::FetchRequest request = Wanted({server_.Url(path)});
    request.set_kind(api::FetchRequest::CERTIFICATE);
    return Fetch(request).error();
  }
};

TEST_F(CertificateWorkerTest, AreShortAndWithoutRedirects) {
  EXPECT_EQ(CertificateError("/good"), "") << "five bytes";
  EXPECT_THAT(CertificateError("/long"), HasSubstr("longer than 5 bytes"));
  EXPECT_THAT(CertificateError("/endless"), HasSubstr("longer than 5 bytes"));
  EXPECT_THAT(CertificateError("/moved"), HasSubstr("HTTP status 302"));
  EXPECT_THAT(CertificateError("/none"), HasSubstr("HTTP"));
}

// A keeper and workers that the test plays.
class FetcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = api::Channel::Pair();
    keeper_ = std::move(pair->first);
    fetcher_.emplace(
        std::move(pair->second), clock_, [this](uint32_t request, const api::FetchReply& reply) {
          answers_.push_back(std::to_string(request) + " " + reply.data() + reply.error());
        });
  }
  void StartWorker() {
    auto pair = api::Channel::Pair();
    api::Peer peer;
    peer.set_role("fetch");
    ASSERT_TRUE(keeper_.Send(api::MessageType::kPeer, 0, peer, pair->first.fd()));
    worker_ = std::move(pair->second);
  }
  void Ask(uint32_t request) {
    api::Message message;
    message.type = api::MessageType::kFetchRequest;
    message.request = request;
    fetcher_->Ask(message);
  }
  uint32_t NumberAtWorker() {
    auto received = worker_.Receive();
    return received && *received ? (*received)->request : 0;
  }
  void Reply(uint32_t number, const std::string& data) {
    api::FetchReply reply;
    reply.set_data(data);
    ASSERT_TRUE(worker_.Send(api::MessageType::kFetchReply, number, reply));
  }

  ManualClock clock_;
  api::Channel keeper_, worker_;
  std::optional<Fetcher> fetcher_;
  std::vector<std::string> answers_;
};

TEST_F(FetcherTest, AnswersGoToWhoAsked) {
  Ask(5);
  EXPECT_THAT(answers_, ElementsAre("5 The process that fetches is not there."));
  StartWorker();
  Ask(9);
  Ask(4);
  const uint32_t first = NumberAtWorker();
  const uint32_t second = NumberAtWorker();
  Reply(second, "two");
  Reply(first, "one");
  Reply(first, "again");
  Reply(77, "unasked");
  fetcher_->Turn();
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("5 "), "4 two", "9 one"));
}
TEST_F(FetcherTest, EveryQuestionIsAnsweredOnce) {
  StartWorker();
  Ask(1);
  worker_ = api::Channel();
  fetcher_->Turn();
  EXPECT_THAT(answers_, ElementsAre("1 The process that fetches ended."));
  StartWorker();
  Ask(2);
  clock_.AdvanceNs(16 * kNsPerSecond);
  fetcher_->Turn();
  Reply(NumberAtWorker(), "late");
  fetcher_->Turn();
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("1 "), "2 There was no answer in time."));
  Ask(3);
  fetcher_->Forget();
  Reply(NumberAtWorker(), "for nobody");
  fetcher_->Turn();
  EXPECT_EQ(answers_.size(), 2u);
}
TEST_F(FetcherTest, ItIsBoundedAndOutlivesItsKeeper) {
  StartWorker();
  for (uint32_t i = 0; i < 300; ++i) Ask(i);
  EXPECT_EQ(answers_.size(), 44u);
  EXPECT_EQ(answers_[0], "256 Too much is being fetched.");
  keeper_ = api::Channel();
  worker_ = api::Channel();
  fetcher_->Turn();
  EXPECT_EQ(answers_.size(), 300u);
  Ask(300);
  EXPECT_EQ(answers_.back(), "300 The process that fetches is not there.");
}

// The processes themselves, confined as in vamd.
class FetchKeeperTest : public FetcherTest {
 protected:
  void SetUp() override {
    auto keeper = StartFetchKeeper(FetchLimits(), vamd::ConfineFetcher);
    ASSERT_TRUE(keeper);
    fetcher_.emplace(std::move(*keeper), clock_,
                     [this](uint32_t, const api::FetchReply& reply) { replies_.push_back(reply); });
    WaitForWorker();
    server_.emplace();
  }
  void TearDown() override {
    fetcher_.reset();
    if (keeper_pid_ <= 0) return;
    kill(keeper_pid_, SIGKILL);
    waitpid(keeper_pid_, nullptr, 0);
  }
  void WaitForWorker() {
    std::vector<pollfd> waits;
    fetcher_->AddWaits(waits);
    ASSERT_EQ(poll(waits.data(), waits.size(), kPatienceMs), 1);
    fetcher_->Turn();
    keeper_pid_ = ChildOf(getpid());
  }
  static pid_t ChildOf(pid_t pid) {
    const std::string id = std::to_string(pid);
    std::ifstream children("/proc/" + id + "/task/" + id + "/children");
    pid_t child = -1;
    children >> child;
    return child;
  }
  api::FetchReply Fetch(const std::string& url) {
    const std::string payload = Wanted({url}).SerializeAsString();
    api::Message message;
    message.payload.assign(payload.begin(), payload.end());
    const size_t before = replies_.size();
    fetcher_->Ask(message);
    while (replies_.size() == before) {
      std::vector<pollfd> waits;
      fetcher_->AddWaits(waits);
      if (poll(waits.data(), waits.size(), kPatienceMs) < 1) return {};
      fetcher_->Turn();
    }
    return replies_.back();
  }

  std::vector<api::FetchReply> replies_;
  std::optional<HttpServer> server_;
  pid_t keeper_pid_ = -1;
};

TEST_F(FetchKeeperTest, AConfinedWorkerFetchesAndResolvesNames) {
  EXPECT_EQ(Fetch(server_->Url("/good")).data(), "a CRL");
  std::string named = server_->Url("/good");
  named.replace(named.find("127.0.0.1"), 9, "localhost");
  const api::FetchReply reply = Fetch(named);
  EXPECT_EQ(reply.data(), "a CRL") << reply.error();
  EXPECT_THAT(Fetch("http://openvam.invalid/").error(), HasSubstr("openvam.invalid"));
  EXPECT_EQ(Fetch(server_->Url("/good")).data(), "a CRL");
}
TEST_F(FetchKeeperTest, AWorkerThatDiesIsReplaced) {
  const pid_t worker = ChildOf(keeper_pid_);
  ASSERT_GT(worker, 0);
  ASSERT_EQ(kill(worker, SIGKILL), 0);
  WaitForWorker();  // it is gone
  EXPECT_NE(Fetch(server_->Url("/good")).error(), "");
  WaitForWorker();
  EXPECT_EQ(Fetch(server_->Url("/good")).data(), "a CRL");
  EXPECT_NE(ChildOf(keeper_pid_), worker);
}

class FetchServerTest : public ServerTest {};

TEST_F(FetchServerTest, TheIkeRoleIsAnswered) {
  Synchronise();
  auto pair = api::Channel::Pair();
  api::Channel ike = std::move(pair->second);
  distributor_->Connect(vamd::Role::kIkev2, std::move(pair->first));
  const auto ask = [&] {
    ASSERT_TRUE(ike.Send(api::MessageType::kFetchRequest, 33, Wanted({"http://x/"})));
  };
  const auto answered = [&] {
    for (int turn = 0; turn < 100; ++turn) {
      auto received = ike.Receive();
      if (received && *received && (*received)->type == api::MessageType::kFetchReply) {
        EXPECT_EQ((*received)->request, 33u);
        return *api::ParseAs<api::FetchReply>(Bytes((*received)->payload));
      }
      Turn();
    }
    return api::FetchReply();
  };
  ask();
  EXPECT_EQ(answered().error(), "Nothing can be fetched here.");
  auto keeper = api::Channel::Pair();
  auto worker = api::Channel::Pair();
  server_->ConnectFetcher(std::move(keeper->first));
  ASSERT_TRUE(keeper->second.Send(api::MessageType::kPeer, 0, api::Peer(), worker->first.fd()));
  Turn();
  ask();
  Turn();
  auto received = worker->second.Receive();
  ASSERT_TRUE(received && *received);
  api::FetchReply reply;
  reply.set_data("a CRL");
  ASSERT_TRUE(worker->second.Send(api::MessageType::kFetchReply, (*received)->request, reply));
  EXPECT_EQ(answered().data(), "a CRL");
}

}  // namespace
}  // namespace vam::mgmt
