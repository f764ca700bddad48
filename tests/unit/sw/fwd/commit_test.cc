// Configurations that come while packets flow: what mgmt is answered and when, and that packets of
// what stays notice nothing.
#include <array>
#include <atomic>

#include "sw/base/control_thread.h"
#include "sw/fwd/config_intake.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/ikev2_config.h"
#include "tests/unit/sw/offload/worker_fixture.h"

namespace vam::fwd::test {
namespace {

using offload::test::Eventually;

constexpr int kMany = 600;  // tunnels: more than one turn takes over
constexpr std::array<uint8_t, 28> kIkeMessage{1};

struct Shape {
  int tunnels = 1;
  int key = 0;            // of all tunnels but the first
  std::string more = {};  // after all
};

std::string Host(int tunnel) {
  return "10.64." + std::to_string(tunnel / 250) + "." + std::to_string(tunnel % 250 + 1);
}

// Tunnel i takes what goes to Host(i). Without a window and CBC: no numbers are asked for.
std::string Config(const Shape& shape) {
  std::string text =
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "ip route 0.0.0.0 0.0.0.0 192.0.2.2\narp 192.0.2.2 0200.0002.0001 arpa\n"
      "crypto ipsec transform-set T esp-aes 128 esp-sha256-hmac\n";
  for (int i = 0; i < shape.tunnels; ++i) {
    const std::string n = std::to_string(i + 1);
    const auto keys = [&](const char* direction, int spi) {
      // No two SAs have the same key, nor has one the key of another generation.
      const std::string key =
          std::to_string(100'000'000 + (i == 0 ? 0 : shape.key) * 1'000'000 + spi + i) + "a";
      return std::string(" set session-key ") + direction + " esp " + std::to_string(spi + i) +
             " cipher " + key + "1020304050607080900102" + " authenticator " + key +
             "102030405060708090010203040506070809001020304050607080" + "\n";
    };
    text += "ip access-list extended list" + n + "\n permit ip any host " + Host(i) +
            "\ncrypto map M " + n + " ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n" +
            " match address list" + n + "\n" + keys("inbound", 1000) + keys("outbound", 10'000);
  }
  return text + shape.more;
}

api::Message PrepareOf(uint32_t request, uint64_t generation, const std::string& text) {
  api::Prepare prepare;
  prepare.set_generation(generation);
  prepare.set_configuration(text);
  const std::string bytes = prepare.SerializeAsString();
  api::Message message;
  message.type = api::MessageType::kPrepare;
  message.request = request;
  message.payload.assign(bytes.begin(), bytes.end());
  return message;
}
api::Message CommitOf(uint32_t request, uint64_t generation) {
  api::Commit commit;
  commit.set_generation(generation);
  const std::string bytes = commit.SerializeAsString();
  api::Message message;
  message.type = api::MessageType::kCommit;
  message.request = request;
  message.payload.assign(bytes.begin(), bytes.end());
  return message;
}

// A gateway, the intake before it, and a control thread whose work is done by hand, or not.
class Site {
 public:
  explicit Site(std::unique_ptr<ControlThread> thread)
      : control(std::move(thread)), intake(*control), gateway(1, nullptr, With(*control)) {
    intake.SetGateway(gateway.gateway.get(), [](const config::Running& running) {
      return running.hostname == "other-ports";
    });
  }

  // One turn as the role's; what has been answered, as text.
  std::vector<std::string> Turn() {
    gateway.gateway->RunOnce();
    control->Poll();
    std::vector<std::string> said;
    for (const ConfigIntake::Answer& answer : intake.TakeAnswers()) {
      std::string text = std::to_string(answer.request);
      if (const auto* prepared = std::get_if<api::PrepareReply>(&answer.reply)) {
        text += " prepared " + std::to_string(prepared->generation());
        if (prepared->restart_required()) text += " restart";
        text += prepared->error().empty() ? "" : ": " + prepared->error();
      } else {
        const auto& committed = std::get<api::CommitReply>(answer.reply);
        text += " committed " + std::to_string(committed.generation());
        text += committed.error().empty() ? "" : ": " + committed.error();
      }
      said.push_back(std::move(text));
    }
    return said;
  }
  // Turns, with the control thread's work done between them, until nothing moves.
  std::vector<std::string> Everything() {
    std::vector<std::string> said;
    for (int idle = 0; idle < 4;) {
      idle = control->Step() || gateway.gateway->applying() ? 0 : idle + 1;
      for (std::string& text : Turn()) said.push_back(std::move(text));
    }
    return said;
  }
  void PrepareAndCommit(uint64_t generation, const std::string& text) {
    intake.Prepare(PrepareOf(1, generation, text));
    ASSERT_EQ(Everything(), std::vector{"1 prepared " + std::to_string(generation)});
    intake.Commit(CommitOf(2, generation));
    ASSERT_EQ(Everything(), std::vector{"2 committed " + std::to_string(generation)});
    Rest();
  }
  // Until all SAs are up, or gone.
  void Rest() {
    do {
      gateway.Settle();
    } while (gateway.gateway->broker().busy());
  }
  // A packet to the host of a tunnel; whether it leaves, and nothing but ESP does.
  bool Carries(int tunnel) {
    gateway.ports[0]->in.push_back(
        Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = Host(tunnel)})));
    const auto answers = Turn();
    EXPECT_TRUE(answers.empty());
    std::deque<Frame>& out = gateway.ports[1]->out;
    const bool left = !out.empty();
    for (; !out.empty(); out.pop_front()) {
      EXPECT_EQ(Payload(out.front())[9], net::kProtocolEsp) << "in clear";
    }
    return left;
  }

  std::unique_ptr<ControlThread> control;
  ConfigIntake intake;
  TestGateway gateway;

 private:
  static Gateway::Options With(ControlThread& control) {
    Gateway::Options options;
    options.control = &control;
    return options;
  }
};

class CommitTest : public ::testing::Test {
 protected:
  ~CommitTest() override { site.gateway.ExpectBalanced(); }
  using Said = std::vector<std::string>;

  Site site{std::make_unique<ControlThread>()};
};

TEST_F(CommitTest, AnswersWhenReadAndWhenInForce) {
  site.intake.Prepare(PrepareOf(5, 7, Config({})));
  EXPECT_EQ(site.Turn(), Said{});
  EXPECT_TRUE(site.control->Step());
  EXPECT_EQ(site.Turn(), Said{"5 prepared 7"});
  site.intake.Commit(CommitOf(6, 7));
  EXPECT_EQ(site.Turn(), Said{});
  EXPECT_TRUE(site.gateway.gateway->committing());
  EXPECT_EQ(site.gateway.gateway->generation(), 0u);
  EXPECT_TRUE(site.control->Step());
  EXPECT_EQ(site.Turn(), Said{});
  EXPECT_EQ(site.gateway.gateway->generation(), 7u) << "a small commit is one piece";
  EXPECT_EQ(site.gateway.gateway->sas().pairs().size(), 1u);
  EXPECT_EQ(site.Turn(), Said{"6 committed 7"}) << "and packets meet it";
}

// IKE commits when we have answered, and its first message comes at once: from an address that was
// not ours until then, for a peer that is to learn of it (RFC 4555).
TEST_F(CommitTest, WhatIsAnsweredCountsForTheNextMessage) {
  site.PrepareAndCommit(1, Config({}));
  const std::string moved = "interface Ethernet0/1\n ip address 192.0.2.33 255.255.255.0\n";
  site.intake.Prepare(PrepareOf(1, 2, Config({.more = moved})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 2));
  Said said;
  for (int turn = 0; said.empty() && turn < 10; ++turn) {
    site.control->Step();
    said = site.Turn();
  }
  ASSERT_EQ(said, Said{"2 committed 2"});
  OwnIke ike;
  ike.local = net::Address::V4(0xc0000221);
  ike.remote = net::Address::V4(0xc0000202);
  ike.remote_port = net::kIkePort;
  ike.message = kIkeMessage;
  EXPECT_EQ(site.gateway.gateway->forwarder().SendIke(ike), Reason::kOk);
  site.gateway.gateway->RunOnce();
  EXPECT_EQ(site.gateway.ports[1]->out.size(), 1U);
}

TEST_F(CommitTest, SaysThatPortsAreOthers) {
  site.intake.Prepare(PrepareOf(5, 7, "hostname other-ports\n"));
  EXPECT_EQ(site.Everything(), Said{"5 prepared 7 restart"});
}

TEST_F(CommitTest, RefusesWhatDoesNotParse) {
  site.PrepareAndCommit(1, Config({}));
  site.intake.Prepare(PrepareOf(5, 2, "interface Ethernet0/0\n ip address nowhere\n"));
  const Said said = site.Everything();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].rfind("5 prepared 2: running-config:2", 0), 0u) << said[0];
  site.intake.Commit(CommitOf(6, 2));
  EXPECT_EQ(site.Everything(), Said{"6 committed 2: This generation was not prepared."});
  EXPECT_EQ(site.gateway.gateway->generation(), 1u);

  api::Message malformed;
  malformed.request = 7;
  malformed.payload = {0xff, 0xff};
  site.intake.Prepare(std::move(malformed));
  EXPECT_EQ(site.Everything(), Said{"7 prepared 0: The configuration message is malformed."});
  api::Message no_commit;
  no_commit.request = 8;
  no_commit.payload = {0xff, 0xff};
  site.intake.Commit(no_commit);
  EXPECT_EQ(site.Everything(), Said{"8 committed 0: This generation was not prepared."});
}

TEST_F(CommitTest, AbortWhileReading) {
  site.intake.Prepare(PrepareOf(5, 7, Config({})));
  site.Turn();
  site.intake.Abort();
  EXPECT_EQ(site.Everything(), Said{});
  site.intake.Commit(CommitOf(6, 7));
  EXPECT_EQ(site.Everything(), Said{"6 committed 7: This generation was not prepared."});
  // The next one is as ever.
  site.PrepareAndCommit(8, Config({}));
}

TEST_F(CommitTest, AbortOfWhatIsPrepared) {
  site.intake.Prepare(PrepareOf(5, 7, Config({})));
  site.Everything();
  site.intake.Abort();
  EXPECT_EQ(site.intake.prepared(), nullptr);
  site.intake.Commit(CommitOf(6, 7));
  EXPECT_EQ(site.Everything(), Said{"6 committed 7: This generation was not prepared."});
}

TEST_F(CommitTest, TheNewestOfMorePreparesCounts) {
  for (uint32_t i = 1; i <= 4; ++i) site.intake.Prepare(PrepareOf(i, 10 + i, Config({})));
  EXPECT_EQ(site.Everything(),
            (Said{"2 prepared 0: Another configuration has come since.",
                  "3 prepared 0: Another configuration has come since.",
                  "1 prepared 11: Another configuration has come since.", "4 prepared 14"}));
  site.intake.Commit(CommitOf(9, 14));
  EXPECT_EQ(site.Everything(), Said{"9 committed 14"});
}

TEST_F(CommitTest, CommitsAreIdempotent) {
  site.PrepareAndCommit(3, Config({}));
  site.intake.Commit(CommitOf(5, 3));
  EXPECT_EQ(site.Turn(), Said{"5 committed 3"});
  // Once more while it is under way: one answer, to the last that asked.
  site.intake.Prepare(PrepareOf(6, 4, Config({.tunnels = 2})));
  site.Everything();
  site.intake.Commit(CommitOf(7, 4));
  site.Turn();
  site.intake.Commit(CommitOf(8, 4));
  EXPECT_EQ(site.Everything(), Said{"8 committed 4"});
}

TEST_F(CommitTest, TwoInARow) {
  site.intake.Prepare(PrepareOf(1, 1, Config({.tunnels = 2})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 1));
  site.intake.Prepare(PrepareOf(3, 2, Config({.tunnels = 3})));
  site.Turn();  // begins to build the first, behind the reading of the second
  EXPECT_TRUE(site.control->Step());
  EXPECT_EQ(site.Turn(), Said{"3 prepared 2"});
  site.intake.Commit(CommitOf(4, 2));
  EXPECT_EQ(site.Everything(), (Said{"2 committed 1", "4 committed 2"}));
  EXPECT_EQ(site.gateway.gateway->generation(), 2u);
  EXPECT_EQ(site.gateway.gateway->sas().pairs().size(), 3u);
}

// A mgmt that has gone waits for nothing, but what it committed goes on.
TEST_F(CommitTest, NobodyWaits) {
  site.intake.Prepare(PrepareOf(1, 1, Config({})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 1));
  site.Turn();
  site.intake.ForgetAsker();
  EXPECT_EQ(site.Everything(), Said{});
  EXPECT_EQ(site.gateway.gateway->generation(), 1u);
  site.intake.Prepare(PrepareOf(3, 2, Config({})));
  site.Turn();
  site.intake.ForgetAsker();
  site.intake.Prepare(PrepareOf(4, 3, Config({})));
  EXPECT_EQ(site.Everything(), Said{"4 prepared 3"});
}

TEST_F(CommitTest, NothingIsCommittedBeforePortsAreOpen) {
  ControlThread control;
  ConfigIntake intake(control);
  intake.Prepare(PrepareOf(1, 1, Config({})));
  EXPECT_TRUE(control.Step());
  control.Poll();
  EXPECT_EQ(intake.TakeAnswers().size(), 1u);
  ASSERT_NE(intake.prepared(), nullptr);
  EXPECT_EQ(intake.prepared()->crypto_maps.size(), 1u);
  intake.Commit(CommitOf(2, 1));
  const auto answers = intake.TakeAnswers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(std::get<api::CommitReply>(answers[0].reply).error(),
            "This generation was not prepared.");
}

// All keys but the first tunnel's change, in many pieces. Its packets go on in every turn, and
// those of the others end by a name until their SAs are there; none leaves in clear.
TEST_F(CommitTest, WhatStaysGoesOnWhileAllElseChanges) {
  site.PrepareAndCommit(1, Config({.tunnels = kMany}));
  ASSERT_TRUE(site.Carries(0));
  ASSERT_TRUE(site.Carries(kMany - 1));
  site.intake.Prepare(PrepareOf(1, 2, Config({.tunnels = kMany, .key = 1})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 2));
  site.Turn();
  ASSERT_TRUE(site.Carries(kMany - 1)) << "nothing has begun";
  ASSERT_TRUE(site.control->Step());
  ASSERT_EQ(site.Turn(), Said{});
  int turns = 1;
  for (; site.gateway.gateway->applying(); ++turns) {
    site.gateway.ports[0]->in.push_back(
        Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = Host(0)})));
    site.gateway.ports[0]->in.push_back(
        Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = Host(kMany - 1)})));
    site.gateway.gateway->RunOnce();
    ASSERT_EQ(site.gateway.ports[1]->out.size(), 1u) << "turn " << turns;
    EXPECT_EQ(LoadBe32(&Payload(site.gateway.ports[1]->out.front())[20]), 10'000u);
    site.gateway.ports[1]->out.clear();
  }
  EXPECT_GT(turns, kMany / static_cast<int>(GenerationApplier::kChangesPerTurn));
  EXPECT_EQ(site.gateway.Count(Reason::kPolicyNoSa), static_cast<uint64_t>(turns - 1));
  EXPECT_EQ(site.Everything(), Said{"2 committed 2"});
  site.Rest();
  for (int tunnel = 0; tunnel < kMany; tunnel += 37) EXPECT_TRUE(site.Carries(tunnel)) << tunnel;
  EXPECT_EQ(site.gateway.gateway->sas().pairs().size(), static_cast<size_t>(kMany));
}

// A commit that concerns no tunnel is one piece whatever their number, and keeps all SAs.
TEST_F(CommitTest, OneLineLeavesTunnelsAlone) {
  site.PrepareAndCommit(1, Config({.tunnels = kMany}));
  std::vector<uint64_t> before;
  for (const auto& [id, pair] : site.gateway.gateway->sas().pairs()) {
    before.push_back(pair.layers.at(0).outbound_id);
  }
  site.intake.Prepare(PrepareOf(1, 2, Config({.tunnels = kMany, .more = "hostname other\n"})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 2));
  site.Turn();
  ASSERT_TRUE(site.control->Step());
  // Pairs are looked at for what they wait for, some a turn; that is all.
  int turns = 1;
  while (site.Turn().empty()) ++turns;
  EXPECT_LE(turns, 1 + kMany / static_cast<int>(GenerationApplier::kAskedPerTurn));
  EXPECT_EQ(site.gateway.gateway->running().hostname, "other");
  std::vector<uint64_t> after;
  for (const auto& [id, pair] : site.gateway.gateway->sas().pairs()) {
    after.push_back(pair.layers.at(0).outbound_id);
  }
  EXPECT_EQ(before, after);
}

// An entry that IKE serves, to one host for each of `lines`, and more such maps' worth of entries.
std::string Negotiated(const std::vector<std::string>& lines, int entries) {
  std::string text = kIkev2Profile;
  text +=
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "ip route 0.0.0.0 0.0.0.0 192.0.2.2\narp 192.0.2.2 0200.0002.0001 arpa\n"
      "crypto ipsec transform-set T esp-aes 128 esp-sha256-hmac\n"
      "ip access-list extended L\n";
  for (const std::string& line : lines) text += " " + line + "\n";
  text +=
      "crypto map M 1 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n"
      " set ikev2-profile P\n match address L\n";
  for (int i = 0; i < entries; ++i) {
    const std::string n = std::to_string(i + 2);
    text += "ip access-list extended list" + n + "\n permit ip any host " + Host(i) +
            "\ncrypto map M " + n + " ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n" +
            " set ikev2-profile P\n match address list" + n + "\n";
  }
  return text;
}

// SA sets follow their lines in the turn in which the policy is published; those whose entry is
// gone are closed in pieces.
TEST_F(CommitTest, NegotiatedSetsFollowTheirLines) {
  const std::string first = "permit ip any host 10.9.0.1", second = "permit ip any host 10.9.0.2";
  site.PrepareAndCommit(1, Negotiated({first, second}, kMany));
  Gateway& gateway = *site.gateway.gateway;
  gateway.SetIkePresent(true);
  const auto ask = [&](const std::string& to) {
    site.gateway.ports[0]->in.push_back(
        Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = to})));
    gateway.RunOnce();
  };
  ask("10.9.0.1");
  ask("10.9.0.2");
  for (int i = 0; i < kMany; ++i) ask(Host(i));
  ASSERT_EQ(gateway.sets().All().size(), kMany + 2u);
  const SaSetKey key = gateway.sets().ordered().begin()->first;  // of the first entry
  ASSERT_EQ(key.line, 0u);
  SaSetKey other = key;
  other.line = 1;
  const uint64_t going = gateway.sets().at(gateway.sets().Find(key)).id;
  ASSERT_NE(gateway.sets().Find(other), kNoSet);
  const uint64_t staying = gateway.sets().at(gateway.sets().Find(other)).id;

  // The first line goes, the second is the first now, and all other entries go.
  site.intake.Prepare(PrepareOf(1, 2, Negotiated({second}, 0)));
  site.Everything();
  site.intake.Commit(CommitOf(2, 2));
  site.Turn();
  ASSERT_TRUE(site.control->Step());
  EXPECT_EQ(site.Turn(), Said{});
  ASSERT_TRUE(gateway.applying());
  EXPECT_EQ(gateway.sets().Find(key), gateway.sets().FindId(staying));
  int turns = 1;
  while (site.Turn().empty()) ++turns;
  EXPECT_GE(turns, kMany / static_cast<int>(GenerationApplier::kClosedPerTurn));
  ASSERT_EQ(gateway.sets().All().size(), 1u);
  EXPECT_EQ(gateway.sets().FindId(staying), gateway.sets().All()[0]);
  EXPECT_EQ(gateway.sets().FindId(going), kNoSet);
}

// Every tunnel goes: their SAs go in pieces, and what is not protected any more is forwarded in
// clear from the turn on in which the policy is published, not before.
TEST_F(CommitTest, AllTunnelsGo) {
  site.PrepareAndCommit(1, Config({.tunnels = kMany}));
  ASSERT_EQ(site.gateway.gateway->broker().placements().size(), 2u * kMany);
  site.PrepareAndCommit(
      2, Config({.tunnels = kMany, .more = "interface Ethernet0/1\n no crypto map\n"}));
  EXPECT_TRUE(site.gateway.gateway->sas().pairs().empty());
  EXPECT_TRUE(site.gateway.gateway->broker().placements().empty());
  EXPECT_TRUE(site.gateway.gateway->sets().All().empty());
}

// What is replaced ends in the control thread, and soon: a gateway of 600 tunnels does not keep the
// policies of its past.
TEST_F(CommitTest, TheOldPolicyIsGivenAway) {
  site.PrepareAndCommit(1, Config({.tunnels = kMany}));
  site.intake.Prepare(PrepareOf(1, 2, Config({.tunnels = kMany, .key = 1})));
  site.Everything();
  site.intake.Commit(CommitOf(2, 2));
  site.Turn();
  ASSERT_TRUE(site.control->Step());
  while (site.Turn().empty()) continue;
  EXPECT_TRUE(site.control->busy());
  site.Everything();
  EXPECT_FALSE(site.control->busy());
}

// With a real thread: packets flow while configurations are read, made, taken over and freed.
// tsan: this test is what it is for.
TEST(CommitThreadTest, UnderTraffic) {
  Site site(std::make_unique<ControlThread>([] {}));
  uint64_t generation = 0, sent = 0;
  const auto commit = [&](const std::string& text) {
    bool prepared = false, committed = false;
    site.intake.Prepare(PrepareOf(1, ++generation, text));
    ASSERT_TRUE(Eventually([&] {
      if (sent < 20'000 * generation) {
        ++sent;
        site.gateway.ports[0]->in.push_back(
            Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = Host(0)})));
      }
      for (const std::string& said : site.Turn()) {
        EXPECT_EQ(said.find(':'), std::string::npos) << said;
        if (prepared) committed = true;
        if (!std::exchange(prepared, true)) site.intake.Commit(CommitOf(2, generation));
      }
      site.gateway.ports[1]->out.clear();
      return committed;
    }));
  };
  // Until the first is in force there is nothing to forward by; from then on nothing is lost.
  commit(Config({}));
  site.Rest();
  const ForwardCounters& counters = site.gateway.gateway->forwarder().counters();
  const uint64_t lost = counters.Ended() - counters[Reason::kOk];
  for (int round = 0; round < 4; ++round) {
    commit(Config({.tunnels = round % 2 == 0 ? 200 : 100, .key = round}));
  }
  site.Rest();
  EXPECT_EQ(counters.Ended() - counters[Reason::kOk], lost);
  EXPECT_GT(counters[Reason::kOk], 0u);
  site.gateway.ExpectBalanced();
  EXPECT_EQ(site.gateway.gateway->generation(), generation);
}

// The gateway and all else ends while the thread reads.
TEST(CommitThreadTest, EndsWhileReading) {
  Site site(std::make_unique<ControlThread>([] {}));
  site.intake.Prepare(PrepareOf(1, 1, Config({.tunnels = kMany})));
  site.Turn();
}
TEST(CommitThreadTest, EndsWhileBuilding) {
  Site site(std::make_unique<ControlThread>([] {}));
  site.intake.Prepare(PrepareOf(1, 1, Config({.tunnels = kMany})));
  ASSERT_TRUE(Eventually([&] { return !site.Turn().empty(); }));
  site.intake.Commit(CommitOf(2, 1));
  site.Turn();
}

}  // namespace
}  // namespace vam::fwd::test
