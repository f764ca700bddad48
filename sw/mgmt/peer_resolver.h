// Which addresses the names of peers have: `set peer NAME [dynamic]`, `ip host`. Decides who is
// asked when, and tells the roles; the asking itself is the fetch worker's.
#ifndef VAM_SW_MGMT_PEER_RESOLVER_H_
#define VAM_SW_MGMT_PEER_RESOLVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/api/names.pb.h"
#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running.h"
#include "sw/net/address.h"

namespace vam::mgmt {

// Single-threaded; never blocks.
//
// A name without `dynamic` is resolved once when the configuration comes, and keeps what it got;
// until it has got something it is asked for again, with growing pauses. A dynamic one is asked
// again when its time to live is over, and when ikev2 says that the peer does not answer. What a
// name stood for stays while nobody answers; an answer that there is no such name, or no address,
// takes it away. Names of `ip host` are asked of nobody.
class PeerResolver {
 public:
  static constexpr uint64_t kLeastTtlS = 30;
  static constexpr uint64_t kMostTtlS = 86'400;
  // After a failure, twice as long after each further one.
  static constexpr uint64_t kFirstPauseS = 5;
  static constexpr uint64_t kMostPauseS = 300;
  // Between two questions for one name, whoever wants it.
  static constexpr uint64_t kLeastPauseS = 5;
  static constexpr size_t kMostAtOnce = 32;  // questions under way

  // Carries a question to the worker. False: it is not there; asked again after a pause.
  using Ask = std::function<bool(uint32_t request, const api::ResolveRequest&)>;
  // To fwd and ikev2.
  using Tell = std::function<void(const api::PeerNames&)>;
  PeerResolver(const Clock& clock, Ask ask, Tell tell)
      : clock_(clock), ask_(std::move(ask)), tell_(std::move(tell)) {}

  // A configuration is in force: names that it does not have go, new ones are asked for.
  void Configure(const config::Running& running);
  // An answer; one that nobody waits for is passed over.
  void Answer(uint32_t request, const api::ResolveReply& reply);
  // ikev2 wants an address of it, or a new one.
  void Want(std::string_view name);
  // Asks for what is due.
  void Turn();
  // All that is known: for a role that is new.
  api::PeerNames All() const;

  // show hosts
  void Fill(api::Hosts& show) const;
  // Completes the peers of show crypto map that are names.
  void Fill(api::CryptoMap& show) const;

 private:
  struct Name {
    bool dynamic = false;
    bool v4 = false, v6 = false;  // which addresses the maps that name it use
    bool configured = false;      // `ip host`
    std::vector<net::Address> addresses;
    std::string problem;
    bool answered = false;  // `addresses` and `problem` say something
    uint32_t request = 0;   // under way; 0: none
    unsigned failures = 0;
    uint64_t due_ns = UINT64_MAX;
    uint64_t asked_ns = 0;  // 0: never
    uint64_t learnt_ns = 0;
  };

  static std::map<std::string, Name, std::less<>> Wanted(const config::Running& running);
  void SetDue(const std::string& name, Name& entry, uint64_t due_ns);
  void Start(const std::string& name, Name& entry);
  void TakeAnswer(Name& entry, const api::ResolveReply& reply);
  void TakeFailure(Name& entry, const std::string& why);
  void TellOf(const std::string& name, const Name& entry);
  void FillHost(const std::string& name, const Name& entry, api::HostName& out) const;

  const Clock& clock_;
  Ask ask_;
  Tell tell_;
  bool lookup_ = true;
  std::vector<net::Address> servers_;
  std::map<std::string, Name, std::less<>> names_;  // folded
  std::set<std::pair<uint64_t, std::string>> due_;  // when, which
  std::map<uint32_t, std::string> under_way_;       // by request
  uint32_t last_request_ = 0;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PEER_RESOLVER_H_
