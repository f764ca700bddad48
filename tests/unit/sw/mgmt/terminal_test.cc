// vamsh as a person meets it: the program at a pseudo-terminal, against the real server.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "sw/mgmt/pki_paste.h"
#include "tests/support/identity.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A child at a terminal of 24 lines.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& words) {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = forkpty(&fd_, nullptr, nullptr, &size);
    if (pid_ != 0) return;
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    setenv("TERM", "dumb", 1);
    execv(VAM_BIN_DIR "/vamsh", arguments.data());
    _exit(127);
  }
  ~Terminal() {
    close(fd_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  // The modes that the far side has set: bits of c_lflag.
  tcflag_t Modes() const {
    termios modes{};
    EXPECT_EQ(tcgetattr(fd_, &modes), 0);
    return modes.c_lflag;
  }
  void Press(const std::string& keys) {
    EXPECT_EQ(write(fd_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Types `keys` and returns what appears until the screen ends with `until`: nothing of an answer
  // is left for the next call.
  std::string Type(const std::string& keys, const std::string& until) {
    Press(keys);
    std::string seen;
    while (!seen.ends_with(until) || seen.empty()) {
      pollfd wait{fd_, POLLIN, 0};
      char buffer[4096];
      if (poll(&wait, 1, 20'000) <= 0) return seen + "<silence>";
      const ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got <= 0) return seen + "<closed>";
      seen.append(buffer, static_cast<size_t>(got));
    }
    return seen;
  }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
};

class TerminalTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  // Of a shell command beside the server; what it prints is added to DIR/out.
  int ExitCodeOf(const std::string& command) {
    int status = -1;
    InSession([&](vamsh::Client&) {
      status = std::system((command + " >> " + directory_ + "/out 2>&1").c_str());
    });
    return WEXITSTATUS(status);
  }
  void AtTerminal(const std::function<void(Terminal&)>& act, const char* name = "vamsh") {
    InSession([&](vamsh::Client&) {
      Terminal terminal({name, "--socket", directory_ + "/sock"});
      act(terminal);
    });
  }
};

TEST_F(TerminalTest, EditingHelpAndModes) {
  AtTerminal([](Terminal& t) {
    EXPECT_THAT(t.Type("", "gw-a>"), HasSubstr("gw-a>"));
    EXPECT_THAT(t.Type("ena\t", "enable "), HasSubstr("enable "));
    EXPECT_THAT(t.Type("\r", "gw-a#"), HasSubstr("gw-a#"));
    EXPECT_THAT(t.Type("show ver?", "gw-a#show ver"), HasSubstr("Product, version, uptime"));
    EXPECT_THAT(t.Type("\r", "gw-a#"), HasSubstr("OpenVAM"));
    EXPECT_THAT(t.Type("\x10\r", "gw-a#"), HasSubstr("show ver")) << "history: Ctrl-P";
    EXPECT_THAT(t.Type("shaw\r", "gw-a#"), HasSubstr("     ^\r\n% Invalid input"));
    EXPECT_THAT(t.Type("half a line\x03", "gw-a#"), HasSubstr("^C"));
    EXPECT_THAT(t.Type("conf t\r", "(config)#"), HasSubstr("CNTL/Z"));
    EXPECT_THAT(t.Type("hostname gw-z\r", "(config)#"), Not(HasSubstr("%")));
    EXPECT_THAT(t.Type("left over\x1a", "gw-z#"), HasSubstr("gw-z#")) << "Ctrl-Z is end";
    EXPECT_THAT(t.Type("exit\r", "never"), HasSubstr("<closed>"));
  });
  EXPECT_EQ(distributor_->running().hostname, "gw-z");
}

// The terminal itself must not take a key: its Ctrl-Z would throw away the line.
TEST_F(TerminalTest, KeysTypedWhileACommandRunsAreKept) {
  std::atomic<bool> asked = false, typed = false;
  on_show_ = [&](const api::ShowRequest&) {
    asked = true;
    while (!typed) std::this_thread::yield();
    return api::ShowReply();
  };
  AtTerminal([&](Terminal& t) {
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    t.Type("conf t\r", "(config)#");
    t.Type("do show arp\r", "do show arp\r\n");
    while (!asked) std::this_thread::yield();
    t.Press("hostname gw-z\rleft over\x1a");
    typed = true;
    const std::string seen = t.Type("", "gw-z#");
    EXPECT_THAT(seen, HasSubstr("(config)#hostname gw-z\r\n"));
    EXPECT_EQ(seen.find("hostname"), seen.rfind("hostname")) << "shown once: " << seen;
    EXPECT_THAT(seen, HasSubstr("left over^Z\r\n"));
    EXPECT_EQ(t.Modes() & (ECHO | ICANON | ISIG), 0U);
    EXPECT_THAT(t.Type("exit\r", "never"), HasSubstr("<closed>"));
    EXPECT_EQ(t.Modes() & (ECHO | ICANON | ISIG), static_cast<tcflag_t>(ECHO | ICANON | ISIG))
        << "as it was before";
  });
}

TEST_F(TerminalTest, CertificatesArePasted) {
  Run({"configure terminal", "crypto pki trustpoint T", "crypto pki trustpoint U", "end"});
  std::string pem = ToPem("CERTIFICATE", test::Identity::SelfSigned({.ca = true}).certificate());
  std::replace(pem.begin(), pem.end(), '\n', '\r');
  AtTerminal([&](Terminal& t) {
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    t.Type("crypto pki authenticate T\r", "by itself\r\n\r\n");
    EXPECT_THAT(t.Type(pem + "\r", "[yes/no]: "), HasSubstr("Fingerprint SHA256: "));
    EXPECT_THAT(t.Type("yes\r", "gw-a#"), HasSubstr("certificate accepted"));
    // The whole dialog in one paste.
    const std::string all = "crypto pki authenticate U\r" + pem + "quit\rno\r";
    EXPECT_THAT(t.Type(all, "gw-a#"), HasSubstr("Nothing is changed."));
    t.Type("crypto pki authenticate U\r", "by itself\r\n\r\n");
    EXPECT_THAT(t.Type("left\r\x03", "gw-a#"), HasSubstr("not ended by 'quit'"));
  });
  EXPECT_NE(distributor_->running().pki.chains.Find("T"), nullptr);
  EXPECT_EQ(distributor_->running().pki.chains.Find("U"), nullptr);
}

TEST_F(TerminalTest, LongOutputIsPaged) {
  AtTerminal([](Terminal& t) {
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    EXPECT_THAT(t.Type("show running-config\r", " --More-- "), Not(HasSubstr("end")));
    EXPECT_THAT(t.Type("q", "gw-a#"), Not(HasSubstr("access-list")));
    EXPECT_THAT(t.Type("terminal length 0\r", "gw-a#"), Not(HasSubstr("%")));
    EXPECT_THAT(t.Type("show running-config\r", "gw-a#"), Not(HasSubstr("--More--")));
  });
}

TEST_F(TerminalTest, KeysStayOutOfTheHistory) {
  AtTerminal([](Terminal& t) {
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    t.Type("conf t\r", "(config)#");
    t.Type("crypto map vpn 10\r", "(config-crypto-map)#");
    t.Type("set sess inb esp 300 cip " + std::string(40, 'c') + "\r", "(config-crypto-map)#");
    const std::string recalled = t.Type("\x10", "vpn 10");
    EXPECT_THAT(recalled, HasSubstr("crypto map vpn 10"));
    EXPECT_THAT(recalled, Not(HasSubstr("cccc")));
  });
}

TEST_F(TerminalTest, AReplaceIsAskedFor) {
  std::ofstream(directory_ + "/new.cfg") << "hostname replaced\n";
  const std::string line = "configure replace " + directory_ + "/new.cfg\r";
  AtTerminal([&](Terminal& t) {
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    t.Type("terminal length 0\r", "gw-a#");
    EXPECT_THAT(t.Type(line, "[no]: "), HasSubstr("+hostname replaced"));
    EXPECT_THAT(t.Type("\r", "gw-a#"), HasSubstr("Nothing is changed."));
    t.Type(line, "[no]: ");
    EXPECT_THAT(t.Type("y\r", "replaced#"), HasSubstr("Rollback Done"));
  });
  EXPECT_EQ(distributor_->running().hostname, "replaced");
}

TEST_F(TerminalTest, AsALoginShell) {
  AtTerminal([](Terminal& t) { EXPECT_THAT(t.Type("exit\r", "never"), HasSubstr("gw-a>")); },
             "-vamsh");
}

// A message takes the place of the line that is typed, which comes again below it.
TEST_F(TerminalTest, MessagesAppearAboveTheLine) {
  InSession([&](vamsh::Client& other) {
    Terminal t({"vamsh", "--socket", directory_ + "/sock"});
    t.Type("", "gw-a>");
    t.Type("enable\r", "gw-a#");
    t.Type("terminal monitor\r", "gw-a#");
    t.Type("show ver", "show ver");
    for (const char* line : {"enable", "configure terminal", "hostname gw-b", "end"}) {
      EXPECT_TRUE(other.Run(line).has_value());
    }
    EXPECT_THAT(t.Type("", "\ngw-a#show ver"),
                HasSubstr("%SYS-5-CONFIG_I: Configured from console by vamsh\r\n"));
    EXPECT_THAT(t.Type("\r", "gw-b#"), HasSubstr("OpenVAM"));
    t.Type("terminal no monitor\r", "gw-b#");
    for (const char* line : {"configure terminal", "hostname gw-c", "end"}) {
      EXPECT_TRUE(other.Run(line).has_value());
    }
    EXPECT_THAT(t.Type("show clock\r", "gw-c#"), Not(HasSubstr("CONFIG_I")));
  });
}

TEST_F(TerminalTest, TheSecretOfEnableIsNotSeen) {
  Run({"configure terminal", "enable secret swordfish", "end"});
  std::ofstream(directory_ + "/secret") << "swordfish\n";
  AtTerminal([](Terminal& t) {
    t.Type("", "gw-a>");
    EXPECT_THAT(t.Type("enable\r", "Password: "), Not(HasSubstr("#")));
    EXPECT_THAT(t.Type("swordfisx\x7fh\r", "gw-a#"), Not(HasSubstr("sword")));
    EXPECT_THAT(t.Type("\x10", "enable"), Not(HasSubstr("sword"))) << "history";
    EXPECT_THAT(t.Type("\x03", "gw-a#"), HasSubstr("^C"));
    t.Type("disable\r", "gw-a>");
    t.Type("enable\r", "Password: ");
    EXPECT_THAT(t.Type("\x03", "gw-a>"), HasSubstr("No secret was given")) << "Ctrl-C gives up";
    t.Type("enable\r", "Password: ");
    t.Type("a\r", "Password: ");
    t.Type("b\r", "Password: ");
    EXPECT_THAT(t.Type("c\r", "gw-a>"), HasSubstr("% Bad secrets"));
  });
  const std::string vamsh = VAM_BIN_DIR "/vamsh --socket " + directory_ + "/sock ";
  const std::pair<std::string, int> kRuns[] = {
      {vamsh + "-c 'show version'", 1},
      {vamsh + "--enable-secret-file " + directory_ + "/secret -c 'show version'", 0},
      {vamsh + "--enable-secret-file " + directory_ + "/start.cfg -c 'show version'", 1},
      {vamsh + "--enable-secret-file /nowhere -c 'show version'", 1}};
  for (const auto& [command, code] : kRuns) {
    EXPECT_EQ(ExitCodeOf(command), code) << command;
  }
}

// Scripts: output to stdout, exit codes, the line that failed.
TEST_F(TerminalTest, ScriptsEndWithACode) {
  const std::string vamsh = VAM_BIN_DIR "/vamsh --socket " + directory_ + "/sock ";
  std::ofstream(directory_ + "/lines") << "configure terminal\nhostname piped\nend\n";
  std::ofstream(directory_ + "/bad") << "show version\nshow nothing\nconf t\nhostname never\nend\n";
  const std::pair<std::string, int> kRuns[] = {
      {vamsh + "-c 'show version'", 0},
      {vamsh + "-c 'show nothing'", 2},
      {vamsh + "-c 'show running-config interface lan0' -c 'show version'", 0},
      {vamsh + "-c 'configure replace /nowhere/x.cfg'", 1},
      {vamsh + "-c 'configure replace startup-config' < /dev/null", 0},
      {vamsh + "< " + directory_ + "/lines", 0},
      {vamsh + "-c 'configure replace startup-config' < /dev/null", 1},  // needs force
      {vamsh + "< " + directory_ + "/bad", 2},
      {std::string(VAM_BIN_DIR "/vamsh --socket /nowhere/sock -c 'show version'"), 3},
      {"VAM_SOCKET=" + directory_ + "/sock " VAM_BIN_DIR "/vamsh -c 'show version\nshow arp'", 0}};
  for (const auto& [command, code] : kRuns) {
    EXPECT_EQ(ExitCodeOf(command), code) << command;
  }
  EXPECT_EQ(distributor_->running().hostname, "piped");
  std::ifstream out(directory_ + "/out");
  const std::string text((std::istreambuf_iterator<char>(out)), {});
  EXPECT_THAT(text, HasSubstr("stopped at line 2"));
  EXPECT_THAT(text, Not(HasSubstr("--More--")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

// Marks appear as they come; Ctrl-C ends the ping; what else was typed meanwhile is the next line.
TEST_F(TerminalTest, CtrlCEndsAPing) {
  std::atomic<bool> stopped = false;
  uint32_t waits = 0;  // the request for more marks, once two have come
  const auto answer = [&](uint32_t request, const char* marks, bool done) {
    api::PingReply reply;
    reply.set_marks(marks);
    reply.set_done(done);
    reply.mutable_ping()->set_pattern(0xabcd);
    reply.mutable_ping()->set_repeat(1000);
    reply.mutable_ping()->set_sent(4);
    reply.mutable_ping()->set_received(1);
    ASSERT_TRUE(fwd_.Send(api::MessageType::kPingReply, request, reply));
  };
  int asked = 0;
  on_ping_ = [&](uint32_t request, const api::PingRequest& ping) {
    if (ping.kind() == api::PingRequest::STOP) {
      stopped = true;
      if (waits != 0) answer(waits, "", true);
    } else if (ping.kind() == api::PingRequest::START) {
      answer(request, "!", false);
    } else if (ping.kind() == api::PingRequest::NEXT) {
      if (stopped || ++asked == 1) return answer(request, stopped ? "" : ".", stopped);
      waits = request;
    }
  };
  AtTerminal([&](Terminal& t) {
    t.Type("", "gw-a>");
    EXPECT_THAT(t.Type("ping 10.0.0.2 repeat 1000\r", "!."), HasSubstr("seconds:\r\n!."));
    const std::string rest = t.Type("show clo\x03", "show clo");
    EXPECT_THAT(rest, HasSubstr("Success rate is 25 percent (1/4)"));
    EXPECT_THAT(t.Type("ck\r", "gw-a>"), HasSubstr("UTC"));
  });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace vam::mgmt
