// The two phases with several roles: who takes part, who holds up whom, what stands.
#include "sw/mgmt/distributor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sw/config/parser.h"
#include "tests/unit/sw/config/example.h"

namespace vam::mgmt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using vamd::Role;

class DistributorTest : public ::testing::Test {
 protected:
  // What a role was told: "prepare", "commit", "abort", in its order over all roles.
  struct Told {
    std::string what;
    uint64_t generation = 0;
    std::string configuration;
  };

  static config::Running Named(const std::string& hostname) {
    auto parsed = config::Parse(config::kExample);
    config::Running running = std::get<config::Parsed>(parsed).running;
    running.hostname = hostname;
    return running;
  }
  api::Channel& Far(Role role) { return far_[static_cast<size_t>(role)]; }
  void Connect(Role role) {
    auto pair = api::Channel::Pair();
    Far(role) = std::move(pair->second);
    distributor_.Connect(role, std::move(pair->first));
    distributor_.SetReady(role, true);
  }
  void End(Role role) {
    Far(role) = api::Channel();
    distributor_.Disconnect(role);
  }
  // All that the role was told since the last call.
  std::vector<Told> Read(Role role) {
    std::vector<Told> told;
    while (Far(role).open()) {
      auto received = Far(role).Receive();
      if (!received || !*received) break;
      const Bytes payload((*received)->payload);
      if ((*received)->type == api::MessageType::kPrepare) {
        const auto m = api::ParseAs<api::Prepare>(payload);
        told.push_back({"prepare", m->generation(), m->configuration()});
      } else if ((*received)->type == api::MessageType::kCommit) {
        told.push_back({"commit", api::ParseAs<api::Commit>(payload)->generation(), ""});
      } else {
        told.push_back({"abort", api::ParseAs<api::Abort>(payload)->generation(), ""});
      }
    }
    return told;
  }
  std::vector<std::string> Words(Role role) {
    std::vector<std::string> words;
    for (const Told& told : Read(role)) words.push_back(told.what);
    return words;
  }
  void Accept(Role role, uint64_t generation, const std::string& error = "") {
    api::PrepareReply reply;
    reply.set_generation(generation);
    reply.set_error(error);
    distributor_.OnPrepareReply(role, reply);
  }
  void Committed(Role role, uint64_t generation) {
    api::CommitReply reply;
    reply.set_generation(generation);
    distributor_.OnCommitReply(role, reply);
  }
  // Answers everything as a role does that agrees.
  void Settle(Role role) {
    for (std::vector<Told> told = Read(role); !told.empty(); told = Read(role)) {
      for (const Told& one : told) {
        if (one.what == "prepare") {
          shown_[static_cast<size_t>(role)] = one.configuration;
          Accept(role, one.generation);
        } else if (one.what == "commit") {
          Committed(role, one.generation);
        }
      }
    }
  }
  void ConnectBoth() {
    for (const Role role : {Role::kFwd, Role::kIkev2}) {
      Connect(role);
      Settle(role);
    }
  }
  void Change(const std::string& hostname) {
    distributor_.Change(Named(hostname), [this](const std::string& e) { ends_.push_back(e); });
  }

  ManualClock clock_{kNsPerSecond, 1000 * kNsPerSecond};
  std::vector<Role> restarts_;
  std::vector<std::string> committed_;
  Distributor distributor_{
      Named("start"), std::nullopt, "", clock_,
      Distributor::Hooks{[this](Role role) { restarts_.push_back(role); },
                         [this](const config::Running& r) { committed_.push_back(r.hostname); }}};
  std::array<api::Channel, vamd::kRoles> far_;
  std::array<std::string, vamd::kRoles> shown_;
  std::vector<std::string> ends_;  // of changes
};

TEST_F(DistributorTest, ARoleThatComesGetsTheRunningConfiguration) {
  Connect(Role::kIkev2);
  const auto told = Read(Role::kIkev2);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0].configuration, HasSubstr("hostname start"));
  EXPECT_FALSE(distributor_.serves(Role::kIkev2));
  Accept(Role::kIkev2, told[0].generation);
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("commit"));
  Committed(Role::kIkev2, told[0].generation);
  EXPECT_TRUE(distributor_.serves(Role::kIkev2));
  EXPECT_FALSE(distributor_.synchronised()) << "the forwarder has nothing";
}

TEST_F(DistributorTest, TheForwarderCommitsFirstAndWhenAllHaveAccepted) {
  ConnectBoth();
  Change("next");
  const uint64_t generation = Read(Role::kFwd).at(0).generation;
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("prepare"));
  Accept(Role::kFwd, generation);
  EXPECT_THAT(Words(Role::kFwd), IsEmpty());
  Accept(Role::kIkev2, generation);
  EXPECT_THAT(Words(Role::kFwd), ElementsAre("commit"));
  EXPECT_THAT(Words(Role::kIkev2), IsEmpty());
  EXPECT_EQ(distributor_.running().hostname, "start");
  Committed(Role::kFwd, generation);
  EXPECT_EQ(distributor_.running().hostname, "next");
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("commit"));
  EXPECT_THAT(ends_, IsEmpty());
  Committed(Role::kIkev2, generation);
  EXPECT_THAT(ends_, ElementsAre(""));
  EXPECT_THAT(committed_, ElementsAre("next"));
  EXPECT_EQ(distributor_.generation(), generation);
}

TEST_F(DistributorTest, OneThatRefusesIsNamedAndAllAreTold) {
  ConnectBoth();
  Change("next");
  const uint64_t generation = Read(Role::kFwd).at(0).generation;
  Read(Role::kIkev2);
  Accept(Role::kFwd, generation);
  Accept(Role::kIkev2, generation, "Profile P has no keyring.");
  EXPECT_THAT(ends_, ElementsAre("IKEv2 refuses: Profile P has no keyring."));
  EXPECT_THAT(Words(Role::kFwd), ElementsAre("abort"));
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("abort"));
  EXPECT_EQ(distributor_.running().hostname, "start");
  EXPECT_TRUE(distributor_.synchronised());
}

// The answer to an attempt that was given up must not count for the next one.
TEST_F(DistributorTest, ALateAnswerBelongsToItsOwnAttempt) {
  ConnectBoth();
  Change("first");
  const uint64_t first = Read(Role::kFwd).at(0).generation;
  Accept(Role::kFwd, first, "No memory.");
  EXPECT_THAT(ends_, ElementsAre("The forwarder refuses: No memory."));
  Change("second");
  const auto told = Read(Role::kFwd);
  const uint64_t second = told.at(1).generation;
  EXPECT_NE(first, second);
  Accept(Role::kFwd, second);
  Accept(Role::kIkev2, first);  // says nothing of the second
  EXPECT_THAT(Words(Role::kFwd), IsEmpty());
  Accept(Role::kIkev2, second, "Not that.");
  EXPECT_EQ(ends_.back(), "IKEv2 refuses: Not that.");
  EXPECT_EQ(distributor_.running().hostname, "start");
}

TEST_F(DistributorTest, ARoleThatIsAwayGetsTheChangeWhenItIsBack) {
  ConnectBoth();
  End(Role::kIkev2);
  EXPECT_FALSE(distributor_.serves(Role::kIkev2));
  Change("next");
  Settle(Role::kFwd);
  EXPECT_THAT(ends_, ElementsAre(""));
  Connect(Role::kIkev2);
  Settle(Role::kIkev2);
  EXPECT_THAT(shown_[static_cast<size_t>(Role::kIkev2)], HasSubstr("hostname next"));
}

TEST_F(DistributorTest, OneThatEndsWhilePreparingIsLeftOut) {
  ConnectBoth();
  Change("next");
  Settle(Role::kFwd);
  EXPECT_THAT(ends_, IsEmpty());
  End(Role::kIkev2);
  Settle(Role::kFwd);
  EXPECT_THAT(ends_, ElementsAre(""));
  EXPECT_EQ(distributor_.running().hostname, "next");
}

TEST_F(DistributorTest, OneThatEndsWhileCommittingChangesNothing) {
  ConnectBoth();
  Change("next");
  const uint64_t generation = Read(Role::kFwd).at(0).generation;
  Accept(Role::kFwd, generation);
  Accept(Role::kIkev2, generation);
  Committed(Role::kFwd, generation);
  EXPECT_THAT(ends_, IsEmpty());
  End(Role::kIkev2);
  EXPECT_THAT(ends_, ElementsAre(""));
  EXPECT_TRUE(distributor_.synchronised());
}

TEST_F(DistributorTest, WithoutTheForwarderNothingChanges) {
  ConnectBoth();
  Change("next");
  Read(Role::kIkev2);
  End(Role::kFwd);
  EXPECT_THAT(ends_, ElementsAre("The forwarder ended; nothing is changed."));
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("abort"));
  Change("again");
  EXPECT_EQ(ends_.back(), "The forwarder is not running; nothing is changed.");
  EXPECT_EQ(distributor_.running().hostname, "start");
}

// It may have committed before it ended: so must the others.
TEST_F(DistributorTest, AForwarderThatEndsWhileCommittingHasCommitted) {
  ConnectBoth();
  Change("next");
  const uint64_t generation = Read(Role::kFwd).at(0).generation;
  Accept(Role::kFwd, generation);
  Accept(Role::kIkev2, generation);
  Read(Role::kIkev2);
  End(Role::kFwd);
  EXPECT_EQ(distributor_.running().hostname, "next");
  EXPECT_THAT(Words(Role::kIkev2), ElementsAre("commit"));
  Committed(Role::kIkev2, generation);
  EXPECT_THAT(ends_, ElementsAre(""));
  Connect(Role::kFwd);
  Settle(Role::kFwd);
  EXPECT_THAT(shown_[static_cast<size_t>(Role::kFwd)], HasSubstr("hostname next"));
}

TEST_F(DistributorTest, OneThatIsSilentIsRestartedAndLeftOut) {
  ConnectBoth();
  Change("next");
  Settle(Role::kFwd);
  clock_.AdvanceNs(31 * kNsPerSecond);
  distributor_.Tick();
  EXPECT_THAT(restarts_, ElementsAre(Role::kIkev2));
  Settle(Role::kFwd);
  EXPECT_THAT(ends_, ElementsAre(""));
}

TEST_F(DistributorTest, OneThatNeverAnsweredHoldsUpNothing) {
  Connect(Role::kFwd);
  Settle(Role::kFwd);
  Connect(Role::kIkev2);
  clock_.AdvanceNs(31 * kNsPerSecond);
  distributor_.Tick();
  EXPECT_THAT(restarts_, IsEmpty());
  for (const char* name : {"one", "two", "three"}) {
    Change(name);
    Settle(Role::kFwd);
  }
  EXPECT_THAT(ends_, ElementsAre("", "", ""));
  // Its channel is not filled: one question waits, and the next comes with its answer.
  const auto told = Read(Role::kIkev2);
  ASSERT_EQ(told.size(), 1u);
  Accept(Role::kIkev2, told[0].generation);
  Settle(Role::kIkev2);
  EXPECT_THAT(shown_[static_cast<size_t>(Role::kIkev2)], HasSubstr("hostname three"));
  EXPECT_TRUE(distributor_.serves(Role::kIkev2));
}

TEST_F(DistributorTest, AFirstConfigurationThatIsRefusedCanBeMended) {
  Connect(Role::kFwd);
  Settle(Role::kFwd);
  Connect(Role::kIkev2);
  Accept(Role::kIkev2, Read(Role::kIkev2).at(0).generation, "No.");
  Change("mended");
  Settle(Role::kFwd);
  EXPECT_THAT(ends_, IsEmpty());
  Settle(Role::kIkev2);
  Settle(Role::kFwd);
  Settle(Role::kIkev2);
  EXPECT_THAT(ends_, ElementsAre(""));
  EXPECT_THAT(shown_[static_cast<size_t>(Role::kIkev2)], HasSubstr("hostname mended"));
}

TEST_F(DistributorTest, ABrokenPromiseEndsInARestart) {
  ConnectBoth();
  Change("next");
  const uint64_t generation = Read(Role::kFwd).at(0).generation;
  Accept(Role::kFwd, generation);
  Accept(Role::kIkev2, generation);
  Committed(Role::kFwd, generation);
  api::CommitReply reply;
  reply.set_generation(generation);
  reply.set_error("It is lost.");
  distributor_.OnCommitReply(Role::kIkev2, reply);
  EXPECT_THAT(restarts_, ElementsAre(Role::kIkev2));
  EXPECT_THAT(ends_, ElementsAre(""));
  EXPECT_EQ(distributor_.running().hostname, "next");
}

TEST_F(DistributorTest, OneChangeAtATime) {
  ConnectBoth();
  Change("one");
  Change("two");
  EXPECT_THAT(ends_, ElementsAre("Another change is under way; nothing is changed."));
  Settle(Role::kFwd);
  Settle(Role::kIkev2);
  Settle(Role::kFwd);
  Settle(Role::kIkev2);
  EXPECT_EQ(distributor_.running().hostname, "one");
  EXPECT_THAT(shown_[static_cast<size_t>(Role::kFwd)], Not(HasSubstr("hostname two")));
}

}  // namespace
}  // namespace vam::mgmt
