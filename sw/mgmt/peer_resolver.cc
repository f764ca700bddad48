#include "sw/mgmt/peer_resolver.h"

#include <algorithm>
#include <utility>

#include "sw/api/peer_names.h"
#include "sw/base/log.h"
#include "sw/net/name_table.h"

namespace vam::mgmt {
namespace {

constexpr const char* kNoLookup = "Names are not looked up ('no ip domain lookup').";
constexpr size_t kLongestProblem = 300;

uint64_t PauseNs(unsigned failures) {
  uint64_t seconds = PeerResolver::kFirstPauseS;
  for (unsigned i = 1; i < failures && seconds < PeerResolver::kMostPauseS; ++i) seconds *= 2;
  return std::min(seconds, PeerResolver::kMostPauseS) * kNsPerSecond;
}

void AddName(const std::string& name, const std::vector<net::Address>& addresses,
             const std::string& problem, api::PeerNames& message) {
  api::PeerNames::Name& out = *message.add_name();
  out.set_name(name);
  for (const net::Address& address : addresses) out.add_address(api::FieldOf(address));
  out.set_problem(problem);
}

}  // namespace

// The version of IP of a dynamic map is that of the map that has it: nobody asks, so both.
std::map<std::string, PeerResolver::Name, std::less<>> PeerResolver::Wanted(
    const config::Running& running) {
  std::map<std::string, Name, std::less<>> wanted;
  const auto add = [&wanted](const config::CryptoMapEntry& entry, bool v4, bool v6) {
    for (const config::Peer& peer : entry.peers) {
      if (peer.hostname.empty()) continue;
      Name& name = wanted[net::FoldName(peer.hostname)];
      name.dynamic |= peer.dynamic;
      name.v4 |= v4;
      name.v6 |= v6;
    }
  };
  for (const config::CryptoMap& map : running.crypto_maps) {
    for (const config::CryptoMapEntry& entry : map.entries) add(entry, !map.ipv6, map.ipv6);
  }
  for (const config::DynamicMap& map : running.dynamic_maps) {
    for (const config::CryptoMapEntry& entry : map.entries) add(entry, true, true);
  }
  for (const config::HostName& host : running.names.hosts) {
    Name& name = wanted[host.name];
    name.configured = name.answered = true;
    name.addresses = host.addresses;
  }
  return wanted;
}

void PeerResolver::SetDue(const std::string& name, Name& entry, uint64_t due_ns) {
  due_.erase({entry.due_ns, name});
  entry.due_ns = due_ns;
  if (due_ns != UINT64_MAX) due_.insert({due_ns, name});
}

void PeerResolver::Configure(const config::Running& running) {
  const uint64_t now_ns = clock_.MonotonicNs();
  const bool ask_anew = lookup_ != running.names.lookup || servers_ != running.names.servers;
  lookup_ = running.names.lookup;
  servers_ = running.names.servers;
  auto wanted = Wanted(running);
  api::PeerNames changes;
  for (auto at = names_.begin(); at != names_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    changes.add_name()->set_name(at->first);
    changes.mutable_name(changes.name_size() - 1)->set_gone(true);
    SetDue(at->first, at->second, UINT64_MAX);
    under_way_.erase(at->second.request);
    at = names_.erase(at);
  }
  for (auto& [key, want] : wanted) {
    Name& name = names_[key];
    if (want.configured) {
      const bool same = name.configured && name.addresses == want.addresses;
      SetDue(key, name, UINT64_MAX);
      under_way_.erase(name.request);
      name = std::move(want);
      name.learnt_ns = now_ns;
      if (!same) AddName(key, name.addresses, "", changes);
      continue;
    }
    const bool other = name.configured || (want.v4 && !name.v4) || (want.v6 && !name.v6);
    if (name.configured) name.addresses.clear();
    // The question under way is another one.
    if (other) under_way_.erase(std::exchange(name.request, 0));
    const bool never = name.request == 0 && name.due_ns == UINT64_MAX && name.addresses.empty();
    const bool more = want.dynamic && !name.dynamic;
    name.configured = false;
    name.dynamic = want.dynamic;
    name.v4 = want.v4;
    name.v6 = want.v6;
    if (!lookup_) {
      SetDue(key, name, UINT64_MAX);
      name.problem = kNoLookup;
      name.answered = true;
      AddName(key, name.addresses, name.problem, changes);
    } else if (name.request == 0 && (other || never || more || ask_anew)) {
      if (name.problem == kNoLookup) name.problem.clear();
      // One that has an address and is not dynamic keeps it.
      if (other || never || name.dynamic || name.addresses.empty()) {
        name.failures = 0;
        SetDue(key, name, now_ns);
      }
    }
  }
  if (changes.name_size() > 0) tell_(changes);
  Turn();
}

void PeerResolver::Start(const std::string& name, Name& entry) {
  api::ResolveRequest request;
  request.set_name(name);
  request.set_ipv4(entry.v4);
  request.set_ipv6(entry.v6);
  for (const net::Address& server : servers_) {
    request.add_server()->set_address(api::FieldOf(server));
  }
  entry.asked_ns = clock_.MonotonicNs();
  const uint32_t number = ++last_request_ == 0 ? ++last_request_ : last_request_;
  if (!ask_(number, request)) {
    TakeFailure(entry, "The process that resolves names is not there.");
    SetDue(name, entry, clock_.MonotonicNs() + PauseNs(entry.failures));
    return TellOf(name, entry);
  }
  entry.request = number;
  under_way_[number] = name;
  SetDue(name, entry, UINT64_MAX);
}

void PeerResolver::Turn() {
  const uint64_t now_ns = clock_.MonotonicNs();
  while (!due_.empty() && due_.begin()->first <= now_ns && under_way_.size() < kMostAtOnce) {
    const std::string name = due_.begin()->second;
    Start(name, names_.find(name)->second);
  }
}

void PeerResolver::TakeFailure(Name& entry, const std::string& why) {
  ++entry.failures;
  entry.problem = why.substr(0, kLongestProblem);
  entry.answered = true;
}

void PeerResolver::TakeAnswer(Name& entry, const api::ResolveReply& reply) {
  std::vector<net::Address> addresses;
  for (const std::string& field : reply.address()) {
    const auto address = api::AddressOfField(field);
    const bool usable = address && address->IsRoutableUnicast() &&
                        (address->is_v4() ? entry.v4 : entry.v6) &&
                        addresses.size() < net::NameTable::kMaxAddresses;
    if (usable) addresses.push_back(*address);
  }
  if (addresses.empty()) {
    // Also one that names loopback or multicast alone.
    if (reply.error().empty() || reply.negative()) entry.addresses.clear();
    return TakeFailure(
        entry, reply.error().empty() ? "The name has no address that can be used." : reply.error());
  }
  // Servers turn their answers round: what has not changed stays in its order.
  if (!std::ranges::is_permutation(addresses, entry.addresses)) {
    entry.addresses = std::move(addresses);
  }
  entry.failures = 0;
  entry.problem.clear();
  entry.answered = true;
  entry.learnt_ns = clock_.MonotonicNs();
}

void PeerResolver::Answer(uint32_t request, const api::ResolveReply& reply) {
  const auto at = under_way_.find(request);
  if (at == under_way_.end()) return;
  const std::string name = at->second;
  under_way_.erase(at);
  Name& entry = names_.find(name)->second;
  entry.request = 0;
  const std::vector<net::Address> before = entry.addresses;
  const std::string problem = entry.problem;
  const bool known = entry.answered;
  TakeAnswer(entry, reply);
  const uint64_t now_ns = clock_.MonotonicNs();
  if (!lookup_) {
    entry.problem = kNoLookup;
  } else if (entry.failures != 0) {
    const bool again = entry.dynamic || entry.addresses.empty();
    SetDue(name, entry, again ? now_ns + PauseNs(entry.failures) : UINT64_MAX);
  } else if (entry.dynamic) {
    const uint64_t ttl_s = std::clamp<uint64_t>(reply.ttl_seconds(), kLeastTtlS, kMostTtlS);
    SetDue(name, entry, now_ns + ttl_s * kNsPerSecond);
  }
  if (!known || before != entry.addresses || problem != entry.problem) TellOf(name, entry);
  Turn();
}

void PeerResolver::Want(std::string_view name) {
  const auto at = names_.find(net::FoldName(name));
  if (at == names_.end()) return;
  Name& entry = at->second;
  const bool asks = lookup_ && !entry.configured && entry.request == 0 &&
                    (entry.dynamic || entry.addresses.empty());
  if (!asks) return;
  const uint64_t earliest_ns =
      entry.asked_ns == 0 ? 0 : entry.asked_ns + kLeastPauseS * kNsPerSecond;
  const uint64_t due_ns = std::max(clock_.MonotonicNs(), earliest_ns);
  if (due_ns < entry.due_ns) SetDue(at->first, entry, due_ns);
  Turn();
}

void PeerResolver::TellOf(const std::string& name, const Name& entry) {
  if (!entry.problem.empty()) {
    Log(LogLevel::kWarning, "peer {}: {}", name, entry.problem);
  } else {
    std::string text;
    for (const net::Address& address : entry.addresses) text += " " + net::ToString(address);
    Log(LogLevel::kInfo, "peer {}:{}", name, text);
  }
  api::PeerNames message;
  AddName(name, entry.addresses, entry.problem, message);
  tell_(message);
}

api::PeerNames PeerResolver::All() const {
  api::PeerNames all;
  for (const auto& [name, entry] : names_) {
    if (entry.answered) AddName(name, entry.addresses, entry.problem, all);
  }
  return all;
}

void PeerResolver::FillHost(const std::string& name, const Name& entry, api::HostName& out) const {
  const uint64_t now_ns = clock_.MonotonicNs();
  out.set_name(name);
  for (const net::Address& address : entry.addresses) out.add_address(net::ToString(address));
  out.set_configured(entry.configured);
  out.set_dynamic(entry.dynamic);
  out.set_problem(entry.problem);
  out.set_asking(entry.request != 0);
  if (entry.learnt_ns != 0 && !entry.addresses.empty()) {
    out.set_age_seconds(static_cast<uint32_t>((now_ns - entry.learnt_ns) / kNsPerSecond));
  }
  if (entry.due_ns != UINT64_MAX && entry.due_ns > now_ns) {
    out.set_next_seconds(static_cast<uint32_t>((entry.due_ns - now_ns) / kNsPerSecond));
  }
}

void PeerResolver::Fill(api::Hosts& show) const {
  show.set_lookup(lookup_);
  for (const net::Address& server : servers_) show.add_server(net::ToString(server));
  for (const auto& [name, entry] : names_) FillHost(name, entry, *show.add_host());
}

void PeerResolver::Fill(api::CryptoMap& show) const {
  for (api::CryptoMapEntry& entry : *show.mutable_entry()) {
    for (const std::string& peer : entry.configured_peer()) {
      const auto at = names_.find(net::FoldName(peer));
      if (at != names_.end()) FillHost(peer, at->second, *entry.add_peer_name());
    }
  }
}

}  // namespace vam::mgmt
