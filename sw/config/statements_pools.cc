// Pools of addresses that peers are assigned from: `ip local pool`, `ipv6 local pool`.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/render_net.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

bool IsAssignable(const net::Address& address) { return address.IsRoutableUnicast(); }

uint64_t SizeOf(const PoolRange& range) { return range.last.v4() - range.first.v4() + uint64_t{1}; }

bool Overlap(const PoolRange& a, const PoolRange& b) {
  return a.first <= b.last && b.first <= a.last;
}

// What is wrong with one range, as it stands.
std::optional<Fault> CheckRange(const PoolRange& range, const Match& match) {
  const Token& first = match.Argument("address");
  const Token& last = match.tokens.back();
  if (!IsAssignable(range.first)) return Fault{&first, "not an address that a peer may have"};
  if (!IsAssignable(range.last)) return Fault{&last, "not an address that a peer may have"};
  if (range.last < range.first) return Fault{&last, "below the first address of the pool"};
  return {};
}

// Whether `pool` has room for another range, and none that overlaps it.
std::optional<Fault> CheckRoom(const LocalPool& pool, const PoolRange& range, const Match& match) {
  const Token& last = match.tokens.back();
  uint64_t size = SizeOf(range);
  for (const PoolRange& other : pool.ranges) {
    if (Overlap(other, range)) {
      return Fault{&match.Argument("address"), "overlaps another range of the pool"};
    }
    size += SizeOf(other);
  }
  if (size > kMaxPoolAddresses) {
    return Fault{&last, fmt::format("more than {} addresses in the pool", kMaxPoolAddresses)};
  }
  if (pool.ranges.size() == kMaxPoolRanges) {
    return Fault{&last, fmt::format("more than {} ranges in the pool", kMaxPoolRanges)};
  }
  return {};
}

std::optional<Fault> Pool(Editor& editor, const Match& match) {
  NamedList<LocalPool>& pools = editor.running.ike.pools;
  const Token& name = match.Argument("name");
  const net::Address first = AddressOf(match.Argument("address"));
  const Token* end = match.Find("address", 1);
  const PoolRange range{first, end == nullptr ? first : AddressOf(*end)};
  if (auto fault = CheckRange(range, match)) return fault;
  const LocalPool fresh;
  const LocalPool* known = pools.Find(name.text);
  const LocalPool& pool = known == nullptr ? fresh : *known;
  if (std::ranges::find(pool.ranges, range) != pool.ranges.end()) return {};
  if (auto fault = CheckRoom(pool, range, match)) return fault;
  if (known == nullptr && pools.size() == kMaxPools) {
    return Fault{&name, fmt::format("more than {} pools", kMaxPools)};
  }
  pools.FindOrAdd(name.text).ranges.push_back(range);
  editor.Note("ip local pool " + name.text);
  return {};
}
std::optional<Fault> NoPool(Editor& editor, const Match& match) {
  NamedList<LocalPool>& pools = editor.running.ike.pools;
  const Token& name = match.Argument("name");
  LocalPool* known = pools.Find(name.text);
  if (known == nullptr) return Fault{&name, "no such pool"};
  const Token* begin = match.Find("address");
  if (begin == nullptr) {
    pools.Erase(name.text);
    return {};
  }
  const Token* end = match.Find("address", 1);
  const PoolRange range{AddressOf(*begin), AddressOf(end == nullptr ? *begin : *end)};
  if (std::erase(known->ranges, range) == 0) return Fault{begin, "not a range of this pool"};
  if (known->ranges.empty()) pools.Erase(name.text);
  return {};
}

std::optional<Fault> PoolV6(Editor& editor, const Match& match) {
  NamedList<LocalPoolV6>& pools = editor.running.ike.ipv6_pools;
  const Token& name = match.Argument("name");
  const Token& word = match.Argument("prefix6");
  const InterfaceAddress said = PrefixOf(word);
  const auto prefix = *net::Prefix::Create(said.address, said.prefix_length);
  if (prefix.base() != said.address) return Fault{&word, "host bits are set"};
  // The first address of a prefix is the routers' anycast one (RFC 4291, 2.6.1).
  if (!IsAssignable(said.address) || said.prefix_length > 127) {
    return Fault{&word, "not a prefix of addresses that peers may have"};
  }
  const Token& assigned = match.Argument("number");
  if (NumberOf(assigned) != 128) {
    return Fault{&assigned, "single addresses (128) alone are assigned, no prefixes"};
  }
  if (pools.Find(name.text) == nullptr && pools.size() == kMaxPools) {
    return Fault{&name, fmt::format("more than {} pools", kMaxPools)};
  }
  pools.FindOrAdd(name.text).prefix = prefix;
  editor.Note("ipv6 local pool " + name.text);
  return {};
}
std::optional<Fault> NoPoolV6(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!editor.running.ike.ipv6_pools.Erase(name.text)) return Fault{&name, "no such pool"};
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "ip local pool <name> <address> [ <address> ]",
      "Addresses for peers, from and to (MG-79); again with others: a range more"},
     Pool},
    {{Mode::kConfig, "no ip local pool <name> [ <address> [ <address> ] ]",
      "Not this range, or no such pool"},
     NoPool},
    {{Mode::kConfig, "ipv6 local pool <name> <prefix6> <number:1-128>",
      "IPv6 addresses for peers: a prefix, and 128 for single addresses of it"},
     PoolV6},
    {{Mode::kConfig, "no ipv6 local pool <name> [ <prefix6> <number:1-128> ]", "No such pool"},
     NoPoolV6},
};

}  // namespace

std::span<const ConfigStatement> PoolStatements() { return kStatements; }

std::string RenderPools(const Running& running) {
  std::string text;
  for (const LocalPool& pool : running.ike.pools) {
    for (const PoolRange& range : pool.ranges) {
      text += fmt::format("ip local pool {} {}", pool.name, net::ToString(range.first));
      if (range.last != range.first) text += " " + net::ToString(range.last);
      text += '\n';
    }
  }
  for (const LocalPoolV6& pool : running.ike.ipv6_pools) {
    text += fmt::format("ipv6 local pool {} {} 128\n", pool.name, net::ToString(pool.prefix));
  }
  return text.empty() ? text : text + "!\n";
}

}  // namespace vam::config
