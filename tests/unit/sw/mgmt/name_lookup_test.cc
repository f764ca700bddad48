// Names by DNS: the worker against a server of the test on loopback.
#include "sw/mgmt/name_lookup.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/peer_names.h"
#include "sw/base/bytes.h"

namespace vam::mgmt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint16_t kA = 1, kCname = 5, kAaaa = 28;
constexpr int kPatienceMs = 20'000;

net::Address At(const char* text) { return *net::Address::Parse(text); }

void Put16(std::string& to, size_t value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value);
}

// Answers by UDP what it was told to, and else that there is no such name (RFC 1035, 4).
class DnsServer {
 public:
  struct Record {
    uint16_t type;
    uint32_t ttl;
    std::string data;
  };
  DnsServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_.get(), generic, size), 0);
    EXPECT_EQ(getsockname(fd_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  uint16_t port() const { return port_; }
  int fd() const { return fd_.get(); }
  void Add(const std::string& name, const char* address, uint32_t ttl) {
    const net::Address parsed = At(address);
    records_[name].push_back({parsed.is_v4() ? kA : kAaaa, ttl, api::FieldOf(parsed)});
  }
  void AddAlias(const std::string& name, const std::string& to, uint32_t ttl) {
    records_[name].push_back({kCname, ttl, Encode(to)});
  }

  void Turn() {
    for (;;) {
      char bytes[2048];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto* generic = reinterpret_cast<sockaddr*>(&from);
      const ssize_t got = recvfrom(fd_.get(), bytes, sizeof bytes, 0, generic, &size);
      if (got < 12) return;
      ++asked;
      if (silent) continue;
      const std::string answer = AnswerTo(std::string(bytes, static_cast<size_t>(got)));
      sendto(fd_.get(), answer.data(), answer.size(), 0, generic, size);
    }
  }

  bool silent = false;
  bool nonsense = false;
  uint8_t code = 0;  // RCODE of every answer
  int asked = 0;

 private:
  static std::string Encode(const std::string& name) {
    std::string out;
    for (size_t at = 0; at < name.size();) {
      const size_t end = std::min(name.find('.', at), name.size());
      out += static_cast<char>(end - at);
      out += name.substr(at, end - at);
      at = end + 1;
    }
    return out + '\0';
  }
  void AddRecords(const std::string& name, uint16_t type, std::string& body, size_t& count) {
    const auto found = records_.find(name);
    if (found == records_.end()) return;
    for (const Record& record : found->second) {
      if (record.type != type && record.type != kCname) continue;
      ++count;
      body += Encode(name);
      Put16(body, record.type);
      Put16(body, 1);
      Put16(body, record.ttl >> 16);
      Put16(body, record.ttl & 0xFFFF);
      Put16(body, record.data.size());
      body += record.data;
      if (record.type == kCname) AddRecords(Decode(record.data), type, body, count);
    }
  }
  static std::string Decode(const std::string& wire) {
    std::string name;
    for (size_t at = 0; wire[at] != 0; at += static_cast<size_t>(wire[at]) + 1) {
      name += (name.empty() ? "" : ".") + wire.substr(at + 1, static_cast<size_t>(wire[at]));
    }
    return name;
  }
  std::string AnswerTo(const std::string& question) {
    std::string name = Decode(question.substr(12));
    for (char& c : name) c = static_cast<char>(tolower(c));
    const size_t end = question.find('\0', 12) + 1;
    const auto type = static_cast<uint16_t>(question[end + 1]);
    std::string body;
    size_t count = 0;
    AddRecords(name, type, body, count);
    std::string out = question.substr(0, 2);
    out += '\x81';
    const bool known = records_.contains(name);
    out += static_cast<char>(0x80 | (code != 0 ? code : known ? 0 : 3));
    Put16(out, 1);
    Put16(out, count);
    Put16(out, 0);
    Put16(out, 0);
    out += question.substr(12, end + 4 - 12);
    if (nonsense) return out + "\xFF\xFF";
    return out + body;
  }

  api::OwnedFd fd_;
  uint16_t port_ = 0;
  std::map<std::string, std::vector<Record>> records_;
};

class NameLookupTest : public ::testing::Test {
 protected:
  void Begin(uint32_t request, const std::string& name, bool v4 = true, bool v6 = false) {
    api::ResolveRequest wanted;
    wanted.set_name(name);
    wanted.set_ipv4(v4);
    wanted.set_ipv6(v6);
    wanted.add_server()->set_address(api::FieldOf(At("127.0.0.1")));
    wanted.mutable_server(0)->set_port(server_.port());
    lookups_.Begin(request, wanted);
  }
  void Run(size_t answers) {
    while (answers_.size() < answers) {
      std::vector<pollfd> waits{{server_.fd(), POLLIN, 0}};
      for (const NameLookups::Wait& wait : lookups_.Waits()) {
        waits.push_back({wait.fd,
                         static_cast<short>((wait.read ? POLLIN : 0) | (wait.write ? POLLOUT : 0)),
                         0});
      }
      const int timeout_ms = lookups_.WaitMs(kPatienceMs);
      ASSERT_LT(timeout_ms, kPatienceMs) << "nothing is under way";
      poll(waits.data(), waits.size(), timeout_ms);
      server_.Turn();
      lookups_.Turn();
    }
  }
  api::ResolveReply Resolve(const std::string& name, bool v4 = true, bool v6 = false) {
    answers_.clear();
    Begin(1, name, v4, v6);
    Run(1);
    return answers_.empty() ? api::ResolveReply() : answers_[1];
  }
  static std::vector<net::Address> AddressesOf(const api::ResolveReply& reply) {
    std::vector<net::Address> out;
    for (const std::string& field : reply.address()) out.push_back(*api::AddressOfField(field));
    return out;
  }

  DnsServer server_;
  std::map<uint32_t, api::ResolveReply> answers_;
  NameLookups lookups_{[this](uint32_t request, const api::ResolveReply& reply) {
    EXPECT_TRUE(answers_.emplace(request, reply).second) << "answered twice";
  }};
};

TEST_F(NameLookupTest, AddressesAndTheirTimeToLive) {
  server_.Add("gw.example.com", "192.0.2.1", 300);
  server_.Add("gw.example.com", "192.0.2.2", 200);
  server_.Add("gw.example.com", "2001:db8::1", 100);
  const api::ResolveReply v4 = Resolve("GW.example.com");
  EXPECT_EQ(v4.error(), "");
  EXPECT_THAT(AddressesOf(v4), ElementsAre(At("192.0.2.1"), At("192.0.2.2")));
  EXPECT_EQ(v4.ttl_seconds(), 200u);
  EXPECT_THAT(AddressesOf(Resolve("gw.example.com", false, true)), ElementsAre(At("2001:db8::1")));
  EXPECT_EQ(AddressesOf(Resolve("gw.example.com", true, true)).size(), 3u);
}

TEST_F(NameLookupTest, AliasesAreFollowed) {
  server_.AddAlias("gw.example.com", "host.example.net", 20);
  server_.Add("host.example.net", "192.0.2.1", 300);
  const api::ResolveReply reply = Resolve("gw.example.com");
  EXPECT_THAT(AddressesOf(reply), ElementsAre(At("192.0.2.1")));
  EXPECT_EQ(reply.ttl_seconds(), 20u);
}

TEST_F(NameLookupTest, NegativeAnswers) {
  const api::ResolveReply none = Resolve("nobody.example.com");
  EXPECT_TRUE(none.negative());
  EXPECT_EQ(none.error(), "There is no such name.");
  EXPECT_THAT(none.address(), IsEmpty());
  server_.Add("six.example.com", "2001:db8::1", 100);
  const api::ResolveReply other = Resolve("six.example.com");
  EXPECT_TRUE(other.negative());
  EXPECT_THAT(other.error(), HasSubstr("no address"));
}

TEST_F(NameLookupTest, RefusalAndNonsenseAreNoAnswers) {
  server_.Add("gw.example.com", "192.0.2.1", 300);
  server_.code = 5;
  const api::ResolveReply refused = Resolve("gw.example.com");
  EXPECT_FALSE(refused.negative());
  EXPECT_NE(refused.error(), "");
  server_.code = 0;
  server_.nonsense = true;
  const api::ResolveReply nonsense = Resolve("gw.example.com");
  EXPECT_NE(nonsense.error(), "");
  EXPECT_THAT(nonsense.address(), IsEmpty());
}

TEST_F(NameLookupTest, ASilentServerIsGivenUp) {
  server_.silent = true;
  const api::ResolveReply reply = Resolve("gw.example.com");
  EXPECT_EQ(reply.error(), "No name server answers.");
  EXPECT_FALSE(reply.negative());
  EXPECT_EQ(server_.asked, NameLookups::kTries);
}

TEST_F(NameLookupTest, ManyAtOnceAndNotTooMany) {
  for (uint32_t i = 1; i <= 70; ++i) {
    server_.Add("gw" + std::to_string(i), "192.0.2.1", 300);
    Begin(i, "gw" + std::to_string(i));
  }
  EXPECT_EQ(answers_.size(), 6u);
  EXPECT_EQ(answers_[70].error(), "Too many names are being looked up.");
  Run(70);
  EXPECT_THAT(AddressesOf(answers_[1]), ElementsAre(At("192.0.2.1")));
}

TEST_F(NameLookupTest, WhatIsNoNameIsRefused) {
  EXPECT_NE(Resolve("a..b").error(), "");
  EXPECT_NE(Resolve(std::string(300, 'x')).error(), "");
  answers_.clear();
  lookups_.Begin(5, api::ResolveRequest());
  EXPECT_EQ(answers_[5].error(), "The request is malformed.");
}

}  // namespace
}  // namespace vam::mgmt
