// A program that stands in for vamd in the supervisor's tests: "--role NAME BEHAVIOUR..." where the
// behaviour of role NAME is given as NAME=good|crash|hang|refuse|ikev2; others are good. A good
// role is the real idle role, ikev2 that role as it works.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "sw/base/log.h"
#include "sw/base/sanitizer.h"
#include "sw/vamd/role.h"
#include "sw/vamd/sandbox.h"
#include "sw/vamd/supervisor.h"

#ifdef VAM_ASAN
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main(int argc, char** argv) {
  using namespace vam::vamd;  // NOLINT
  if (argc < 3) return 1;
  const auto role = FindRole(argv[2]);
  if (!role) return 1;
  std::string behaviour = "good";
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string prefix = std::string(RoleName(*role)) + "=";
    if (word.starts_with(prefix)) behaviour = word.substr(prefix.size());
  }
  if (behaviour == "crash") _exit(7);
  if (behaviour == "refuse") _exit(kExitBadConfiguration);
  if (behaviour == "hang") {
    for (;;) pause();
  }
  // As vamd does before it runs a role.
  vam::SetLogName(RoleName(*role));
  setenv("TZ", "UTC0", 1);
  tzset();
  signal(SIGPIPE, SIG_IGN);
  vam::SystemClock clock;
  vam::SystemRng rng;
  RoleContext context{*role,  {},   vam::api::Channel(vam::api::OwnedFd(kSupervisorFd)),
                      &clock, &rng, [&] { return Confine(*role); }};
  return behaviour == "ikev2" ? RunIkev2Role(context) : RunIdleRole(context);
}
