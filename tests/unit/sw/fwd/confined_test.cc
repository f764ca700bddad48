// In a confined process the control thread reads, makes and frees a configuration that is large
// enough for its memory to be given back.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sw/base/control_thread.h"
#include "sw/fwd/config_intake.h"
#include "sw/fwd/generation.h"
#include "sw/vamd/sandbox.h"

namespace vam::fwd::test {
namespace {

constexpr int kTunnels = 3000;

api::Message Large() {
  std::string text =
      "interface Ethernet0/0\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "crypto ipsec transform-set T esp-aes 128 esp-sha256-hmac\n";
  for (int i = 1; i <= kTunnels; ++i) {
    const std::string n = std::to_string(i);
    text += "ip access-list extended list" + n + "\n permit ip any host 10." +
            std::to_string(i / 250) + ".0." + std::to_string(i % 250 + 1) + "\ncrypto map M " + n +
            " ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n match address list" + n +
            "\n";
    for (const char* direction : {"inbound", "outbound"}) {
      text += std::string(" set session-key ") + direction + " esp " + std::to_string(1000 + i) +
              " cipher 000102030405060708090a0b0c0d0e0f authenticator "
              "000102030405060708090a0b0c0d0e0f0f0e0d0c0b0a09080706050403020100\n";
    }
  }
  api::Prepare prepare;
  prepare.set_generation(1);
  prepare.set_configuration(text);
  const std::string bytes = prepare.SerializeAsString();
  api::Message message;
  message.payload.assign(bytes.begin(), bytes.end());
  return message;
}

// Reads and makes; what it made is given to be freed, as a gateway does with what was replaced.
class MakeTask final : public ControlThread::Task {
 public:
  MakeTask(ControlThread& control, api::Message message, int& entries)
      : control_(control), message_(std::move(message)), entries_(entries) {}
  void Work() override {
    ReadConfiguration read = ReadPrepare(message_);
    if (read.running == nullptr) return;
    GenerationBuilder builder({"Ethernet0/0"});
    made_ = std::make_shared<const Generation>(builder.Build(std::move(*read.running), 1));
  }
  void Done() override {
    if (made_ != nullptr) entries_ += static_cast<int>(made_->changes.size());
    control_.Free(std::move(made_));
  }

 private:
  ControlThread& control_;
  api::Message message_;
  int& entries_;
  std::shared_ptr<const Generation> made_;
};

// In the child; its exit code.
int MakeConfined() {
  constexpr int kRounds = 3;
  int entries = 0;
  ControlThread control(PrepareControlThread);
  const api::Message large = Large();
  if (!vamd::Confine(vamd::Role::kFwd)) return 99;
  for (int round = 0; round < kRounds; ++round) {
    api::Message message;
    message.payload = large.payload;
    control.Add(std::make_unique<MakeTask>(control, std::move(message), entries));
    while (control.busy()) {
      control.Poll();
      const timespec pause{0, 1'000'000};
      nanosleep(&pause, nullptr);
    }
  }
  return entries == kRounds * kTunnels ? 0 : 98;
}

TEST(ConfinedTest, TheControlThreadWorks) {
  const pid_t pid = fork();
  if (pid == 0) _exit(MakeConfined());
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace vam::fwd::test
