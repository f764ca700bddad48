// Over random configurations: what is shown reads back as what it was.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/random_ike.h"
#include "tests/unit/sw/config/random_net.h"

namespace vam::config {
namespace {

// No two with different numbers are equal: that would be refused.
Key RandomKey(size_t size, uint32_t number) {
  auto key = std::make_shared<Secret<kLongestKey>>();
  const MutableBytes bytes = key->Resize(size);
  for (uint8_t& byte : bytes) byte = Pick<uint8_t>(0, 254);
  StoreBe32(bytes.data(), number);
  return key;
}
template <typename T>
T OneOf(std::initializer_list<T> values) {
  return *rc::gen::elementOf(std::vector<T>(values));
}

ManualKeys RandomKeys(uint32_t& number) {
  ManualKeys keys;
  if (Flip()) keys.ah = AhKey{++number, RandomKey(OneOf<size_t>({16, 20, 32, 48, 64}), number)};
  if (Flip()) return keys;
  keys.esp.emplace().spi = ++number;
  const bool cipher = Flip();
  if (cipher) {
    keys.esp->cipher = RandomKey(OneOf<size_t>({8, 16, 20, 24, 27, 28, 32, 35, 36}), number);
  }
  if (!cipher || Flip()) {
    keys.esp->authenticator = RandomKey(OneOf<size_t>({16, 20, 32, 48, 64}), number);
  }
  return keys;
}
SaLifetime RandomLifetime() {
  SaLifetime lifetime;
  if (Flip()) lifetime.seconds = Pick<uint32_t>(120, 2'591'999);
  if (Flip()) {
    lifetime.kilobytes = Pick<uint32_t>(2560, 0xFFFFFFFE);
  } else {
    lifetime.kilobytes_disabled = Flip();
  }
  return lifetime;
}
uint16_t RandomWindow() { return OneOf<uint16_t>({0, 64, 128, 256, 512, 1024}); }
ReverseRoute RandomRoute() {
  ReverseRoute route;
  route.is_static = Flip();
  if (Flip()) {
    route.remote_peer = Host();
    route.gateway = Flip();
  }
  if (Flip()) route.distance = Pick<uint8_t>(1, 254);
  if (Flip()) route.tag = Pick<uint32_t>(1, 1000);
  return route;
}
void AddPolicy(SaPolicy& policy) {
  const size_t sets = Pick<size_t>(0, 6);
  for (size_t i = 0; i < sets; ++i) policy.transform_sets.push_back("t" + std::to_string(i));
  policy.lifetime = RandomLifetime();
  if (Flip()) {
    policy.idle_seconds = Pick<uint32_t>(60, 86399);
    policy.idle_to_default_peer = Flip();
  }
  if (Flip()) policy.pfs_group = OneOf<uint8_t>({1, 2, 5, 14, 15, 16, 19, 20, 21});
  policy.per_host = Flip();
  if (Flip()) policy.isakmp_profile = "isa";
  if (Flip()) policy.ikev2_profile = "ike";
  if (Flip()) policy.reverse_route = RandomRoute();
  if (Flip()) policy.policy_limit = Pick<uint32_t>(0, 49999);
}
void AddPeers(CryptoMapEntry& entry, bool ipv6) {
  const size_t peers = Pick<size_t>(0, 3);
  for (size_t i = 0; i < peers; ++i) {
    Peer peer;
    if (Flip()) {
      peer.hostname = "gw" + std::to_string(i) + ".example.com";
      peer.dynamic = Flip();
    } else {
      peer.address = net::Address::V4(0xC6000001 + static_cast<uint32_t>(i));
      if (ipv6) peer.address = *net::Address::Parse("2001:db8::" + std::to_string(i + 1));
    }
    peer.is_default = i == 0 && Flip();
    entry.peers.push_back(std::move(peer));
  }
}
CryptoMapEntry RandomEntry(uint32_t sequence, uint32_t& number, bool ipv6, bool dynamic) {
  CryptoMapEntry entry;
  entry.sequence = sequence;
  entry.kind = dynamic || Flip() ? EntryKind::kIsakmp : EntryKind::kManual;
  if (!dynamic && !ipv6 && Pick(0, 3) == 0) {
    entry.kind = EntryKind::kDynamic;
    entry.dynamic_map = "dyn";
    entry.discover = Flip();
    return entry;
  }
  if (Flip()) entry.description = Text();
  if (Flip()) entry.acl = ipv6 ? "six-list" : "to-branch";
  entry.esn = Flip();
  if (Flip()) entry.replay_window = RandomWindow();
  if (Flip()) entry.df_bit = static_cast<DfBit>(Pick(0, 2));
  if (entry.kind == EntryKind::kManual) {
    if (Flip() && !ipv6) entry.peers.push_back({Host(), "", false, false});
    if (Flip()) entry.transform_sets.emplace_back("undefined");
    entry.inbound = RandomKeys(number);
    entry.outbound = RandomKeys(number);
  } else {
    AddPolicy(entry);
    AddPeers(entry, ipv6);
    entry.per_host = Flip();
    // `any` in the list and these routes exclude each other.
    if (entry.reverse_route) entry.acl = "";
  }
  return entry;
}
TransformUse RandomUse(TransformKind kind) {
  std::vector<Transform> all;
  for (const TransformInfo& info : Transforms()) {
    if (info.kind == kind && info.id != Transform::kEspSeal) all.push_back(info.id);
  }
  TransformUse use = DefaultUse(*rc::gen::elementOf(all));
  const TransformInfo& info = InfoOf(use.transform);
  if (info.sized) use.key_bits = OneOf<uint16_t>({128, 192, 256});
  if (info.icv_choice) use.icv_bytes = OneOf<uint8_t>({8, 12, 16});
  return use;
}
TransformSet RandomSet(std::string name) {
  using K = TransformKind;
  TransformSet set{std::move(name), {}, static_cast<IpsecMode>(Pick(0, 1))};
  const bool ah = Flip();
  if (ah) set.transforms.push_back(RandomUse(K::kAh));
  if (!ah || Flip()) {
    set.transforms.push_back(RandomUse(K::kEspEncryption));
    if (!InfoOf(set.transforms.back().transform).combined) {
      set.transforms.push_back(RandomUse(K::kEspAuthentication));
    }
  }
  if (Flip()) set.transforms.push_back(RandomUse(K::kCompression));
  if (Flip()) std::reverse(set.transforms.begin(), set.transforms.end());
  return set;
}
void AddCrypto(Running& running) {
  CryptoGlobals& crypto = running.crypto;
  crypto.legacy_algorithms = true;
  crypto.manual_counter_mode = Flip();
  crypto.log_sessions = Flip();
  if (Flip()) {
    running.enable_secret = "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6";
  }
  crypto.default_transform_sets = Flip();
  crypto.lifetime = RandomLifetime();
  if (Flip()) crypto.idle_seconds = Pick<uint32_t>(60, 86399);
  crypto.replay_window = RandomWindow();
  crypto.df_bit = static_cast<DfBit>(Pick(0, 2));
  crypto.fragmentation = static_cast<Fragmentation>(Pick(0, 1));
  for (const char* name : {"t0", "t1", "gcm"}) {
    if (Flip()) running.transform_sets.push_back(RandomSet(name));
  }
  if (Flip()) {
    IpsecProfile& profile = running.ipsec_profiles.FindOrAdd("tunnels");
    AddPolicy(profile);
    profile.per_host = false;
    profile.responder_only = Flip();
    if (Flip()) profile.description = Text();
  }
  uint32_t number = 1000;
  if (Flip()) {
    running.dynamic_maps.FindOrAdd("dyn").entries.push_back(RandomEntry(7, number, false, true));
  }
  for (const char* name : {"vpn", "Other", "six"}) {
    CryptoMap map;
    map.name = name;
    map.ipv6 = map.name == "six";
    for (uint32_t at = 10; at <= 30; at += 10) {
      if (Flip()) map.entries.push_back(RandomEntry(at, number, map.ipv6, false));
    }
    if (!map.entries.empty()) running.crypto_maps.push_back(std::move(map));
  }
}

Running RandomRunning() {
  Running running;
  running.hostname = Word(20);
  running.card = static_cast<CardKind>(Pick(0, 2));
  AddCrypto(running);
  AddIke(running);
  AddPki(running);
  RandomNet(running);
  Acl selectors = RandomAcl("to-branch", AclKind::kExtended);
  std::erase_if(selectors.entries, [](const AclEntry& e) { return !e.BeyondSelectors().empty(); });
  selectors.remarks.clear();
  running.acls.push_back(std::move(selectors));
  for (Interface& interface : running.interfaces) {
    if (Flip()) interface.df_bit = static_cast<DfBit>(Pick(0, 2));
    if (Flip()) interface.fragmentation = static_cast<Fragmentation>(Pick(0, 1));
  }
  return running;
}

TEST(RoundTrip, WhatIsShownSealedReadsBack) {
  Sealer sealer;
  ASSERT_TRUE(sealer.Add("open sesame", {}));
  SeededRng rng(1);
  EXPECT_TRUE(rc::check("Parse(Render(c, sealed)) == c", [&] {
    const Running running = RandomRunning();
    const std::string text = Render(running, sealer, rng);
    const auto parsed = Parse(text, {.sealer = &sealer});
    if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
      RC_FAIL(ToString(errors->front()) + "\n" + text);
    }
    if (!(std::get<Parsed>(parsed).running == running)) {
      RC_FAIL(text + "\nreads as\n" + Render(std::get<Parsed>(parsed).running, Keys::kMasked));
    }
    RC_ASSERT(Differences(running, std::get<Parsed>(parsed).running).empty());
  }));
}
TEST(RoundTrip, WhatIsStoredInClearReadsBackAndTheMaskedFormDoesNot) {
  EXPECT_TRUE(rc::check("Parse(Render(c, kShown)) == c", [] {
    const Running running = RandomRunning();
    const auto parsed = Parse(Render(running, Keys::kShown));
    RC_ASSERT(std::holds_alternative<Parsed>(parsed));
    RC_ASSERT(std::get<Parsed>(parsed).running == running);
    const std::string masked = Render(running, Keys::kMasked);
    const bool has_key = masked.find("<removed>") != std::string::npos;
    RC_ASSERT(std::holds_alternative<Parsed>(Parse(masked)) == !has_key);
  }));
}

}  // namespace
}  // namespace vam::config
