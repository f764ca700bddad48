#include "sw/mgmt/name_lookup.h"

#include <ares.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sw/api/peer_names.h"
#include "sw/net/address.h"

namespace vam::mgmt {
namespace {

constexpr uint32_t kDnsPort = 53;
constexpr size_t kMostServers = 6;

// In the form of c-ares, which copies them.
class Servers {
 public:
  explicit Servers(const api::ResolveRequest& wanted) {
    nodes_.reserve(kMostServers);
    for (const auto& server : wanted.server()) {
      const auto address = api::AddressOfField(server.address());
      if (!address || nodes_.size() == kMostServers) continue;
      ares_addr_port_node& node = nodes_.emplace_back();
      node = {};
      node.family = address->is_v4() ? AF_INET : AF_INET6;
      std::memcpy(&node.addr, address->bytes().data(), address->bytes().size());
      const uint32_t port = server.port() == 0 ? kDnsPort : server.port();
      node.udp_port = node.tcp_port = static_cast<int>(port & 0xffff);
      if (nodes_.size() > 1) nodes_[nodes_.size() - 2].next = &node;
    }
  }
  ares_addr_port_node* list() { return nodes_.empty() ? nullptr : nodes_.data(); }

 private:
  std::vector<ares_addr_port_node> nodes_;
};

net::Address AddressOf(const sockaddr& from) {
  if (from.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    return net::Address::V4(ntohl(v4.sin_addr.s_addr));
  }
  if (from.sa_family != AF_INET6) return {};
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from, sizeof v6);
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return net::Address::V6(bytes);
}

// An answer, as opposed to none.
bool IsNegative(int status) {
  return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
}

const char* Why(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "There is no such name.";
    case ARES_ENODATA:
      return "The name has no address of that kind.";
    case ARES_EBADNAME:
      return "No name of the DNS.";
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return "No name server answers.";
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
      return "The name servers refuse the question.";
    case ARES_EBADRESP:
      return "A name server answers with nonsense.";
    default:
      return "The name cannot be looked up.";
  }
}

api::ResolveReply ReplyOf(int status, const ares_addrinfo* found) {
  api::ResolveReply reply;
  uint32_t ttl = UINT32_MAX;
  const ares_addrinfo_node* node =
      status == ARES_SUCCESS && found != nullptr ? found->nodes : nullptr;
  for (; node != nullptr; node = node->ai_next) {
    const net::Address address =
        node->ai_addr == nullptr ? net::Address() : AddressOf(*node->ai_addr);
    const bool takes = !address.is_none() &&
                       static_cast<size_t>(reply.address_size()) < NameLookups::kMostAddresses;
    if (!takes) continue;
    reply.add_address(api::FieldOf(address));
    ttl = std::min(ttl, static_cast<uint32_t>(std::max(node->ai_ttl, 0)));
  }
  if (found == nullptr || reply.address_size() == 0) {
    const int why = status == ARES_SUCCESS ? ARES_ENODATA : status;
    reply.set_error(Why(why));
    reply.set_negative(IsNegative(why));
    return reply;
  }
  for (const ares_addrinfo_cname* alias = found->cnames; alias != nullptr; alias = alias->next) {
    ttl = std::min(ttl, static_cast<uint32_t>(std::max(alias->ttl, 0)));
  }
  reply.set_ttl_seconds(ttl);
  return reply;
}

}  // namespace

// Its address is known to c-ares.
struct NameLookups::Lookup {
  uint32_t request = 0;
  ares_channel channel = nullptr;
  bool done = false;
  api::ResolveReply reply;

  Lookup() = default;
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (channel != nullptr) ares_destroy(channel);
  }
  static void OnAnswer(void* user, int status, int /*timeouts*/, ares_addrinfo* found) {
    auto& lookup = *static_cast<Lookup*>(user);
    // The channel is going: nobody listens.
    if (status != ARES_EDESTRUCTION && status != ARES_ECANCELLED) {
      lookup.reply = ReplyOf(status, found);
      lookup.done = true;
    }
    if (found != nullptr) ares_freeaddrinfo(found);
  }
};

NameLookups::NameLookups(Answer answer) : answer_(std::move(answer)) {
  ares_library_init(ARES_LIB_INIT_ALL);
}
NameLookups::~NameLookups() {
  lookups_.clear();
  ares_library_cleanup();
}

void NameLookups::Fail(uint32_t request, const char* why) {
  api::ResolveReply reply;
  reply.set_error(why);
  answer_(request, reply);
}

void NameLookups::Begin(uint32_t request, const api::ResolveRequest& wanted) {
  if (lookups_.size() >= kMost) return Fail(request, "Too many names are being looked up.");
  if (!wanted.ipv4() && !wanted.ipv6()) return Fail(request, "The request is malformed.");
  auto lookup = std::make_unique<Lookup>();
  lookup->request = request;
  ares_options options{};
  options.timeout = kTimeoutMs;
  options.tries = kTries;
  // No search list: names are complete. No file: `ip host` is what an operator says here.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  char by_dns[] = "b";
  options.lookups = by_dns;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_LOOKUPS;
  if (ares_init_options(&lookup->channel, &options, mask) != ARES_SUCCESS) {
    lookup->channel = nullptr;
    return Fail(request, "The resolver cannot be started.");
  }
  Servers servers(wanted);
  if (servers.list() != nullptr &&
      ares_set_servers_ports(lookup->channel, servers.list()) != ARES_SUCCESS) {
    return Fail(request, "The name servers cannot be used.");
  }
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;  // by which of our own addresses: those of another system
  hints.ai_family = wanted.ipv4() && wanted.ipv6() ? AF_UNSPEC : wanted.ipv4() ? AF_INET : AF_INET6;
  Lookup* const begun = lookup.get();
  lookups_.push_back(std::move(lookup));
  ares_getaddrinfo(begun->channel, wanted.name().c_str(), nullptr, &hints, Lookup::OnAnswer, begun);
  // A name that needs no server is answered by the next turn.
}

std::vector<NameLookups::Wait> NameLookups::Waits() const {
  std::vector<Wait> waits;
  for (const auto& lookup : lookups_) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    const int bits = ares_getsock(lookup->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const bool read = ARES_GETSOCK_READABLE(bits, i) != 0;
      const bool write = ARES_GETSOCK_WRITABLE(bits, i) != 0;
      if (read || write) waits.push_back({sockets[i], read, write});
    }
  }
  return waits;
}

int NameLookups::WaitMs(int most) const {
  int least = most;
  for (const auto& lookup : lookups_) {
    if (lookup->done) return 0;
    timeval longest{most / 1000, (most % 1000) * 1000};
    timeval wait{};
    const timeval* until = ares_timeout(lookup->channel, &longest, &wait);
    if (until == nullptr) continue;
    const auto ms = static_cast<int>(until->tv_sec * 1000 + (until->tv_usec + 999) / 1000);
    least = std::min(least, ms);
  }
  return least;
}

void NameLookups::Turn() {
  for (auto at = lookups_.begin(); at != lookups_.end();) {
    Lookup& lookup = **at;
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    const int bits = lookup.done ? 0 : ares_getsock(lookup.channel, sockets, ARES_GETSOCK_MAXNUM);
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const bool read = ARES_GETSOCK_READABLE(bits, i) != 0;
      const bool write = ARES_GETSOCK_WRITABLE(bits, i) != 0;
      if (!read && !write) continue;
      // Sockets do not block: one that is not ready yields nothing.
      ares_process_fd(lookup.channel, read ? sockets[i] : ARES_SOCKET_BAD,
                      write ? sockets[i] : ARES_SOCKET_BAD);
    }
    if (!lookup.done) ares_process_fd(lookup.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    if (!lookup.done) {
      ++at;
      continue;
    }
    const std::unique_ptr<Lookup> ended = std::move(*at);
    at = lookups_.erase(at);
    answer_(ended->request, ended->reply);
  }
}

}  // namespace vam::mgmt
