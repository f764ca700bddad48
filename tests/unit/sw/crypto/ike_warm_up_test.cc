#include "sw/crypto/ike_warm_up.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <vector>

#include "sw/base/rng.h"
#include "sw/crypto/key_exchange.h"
#include "sw/crypto/prf.h"
#include "sw/crypto/signature.h"

namespace vam::crypto {
namespace {

// From here on the process ends when it looks for a file or asks for a socket.
bool Confine() {
  constexpr std::array<int, 7> kForbidden = {SYS_open,     SYS_openat, SYS_stat,   SYS_access,
                                             SYS_readlink, SYS_socket, SYS_connect};
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int number : kForbidden) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<uint16_t>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool UseGroups() {
  SystemRng rng;
  for (const GroupInfo& info : Groups()) {
    const auto initiator = KeyExchange::Start(info.group, rng);
    if (!initiator) return false;
    const auto answer = KeyExchange::Respond(info.group, initiator->public_data(), rng);
    if (!answer || !initiator->Finish(answer->own.public_data())) return false;
  }
  return true;
}

// RSA's keys and signatures too, which the warm-up does not make.
bool UseKeys() {
  const std::array<uint8_t, 3> text = {1, 2, 3};
  for (const KeyType type : {KeyType::kRsa, KeyType::kEcdsaP256, KeyType::kEd25519}) {
    const auto made = PrivateKey::Generate(type, kMinRsaBits);
    if (!made) return false;
    const auto der = made->ToDer();
    const auto again = PrivateKey::FromDer(*der);
    if (!again) return false;
    for (const SignatureKind kind :
         {SignatureKind::kRsaPkcs1, SignatureKind::kRsaPss, SignatureKind::kEcdsaDer,
          SignatureKind::kEcdsaPlain, SignatureKind::kEdDsa}) {
      for (const Hash hash : {Hash::kIdentity, Hash::kSha1, Hash::kSha256, Hash::kSha512}) {
        if (!SchemeFits({kind, hash}, type)) continue;
        const auto signature = again->Sign({kind, hash}, text);
        if (!signature || !again->public_key().Verify({kind, hash}, text, *signature)) return false;
      }
    }
  }
  return true;
}

TEST(IkeWarmUpTest, AfterItNothingIsLookedFor) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!UseEveryIkeAlgorithm()) _exit(1);
    if (!Confine()) _exit(2);
    if (!UseGroups()) _exit(3);
    _exit(UseKeys() ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace vam::crypto
