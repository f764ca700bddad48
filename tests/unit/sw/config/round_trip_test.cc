// Over random configurations: what is shown reads back as what it was.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

template <typename T>
T Pick(T low, T high) {
  return *rc::gen::inRange<T>(low, static_cast<T>(high + 1));
}
bool Flip() { return *rc::gen::arbitrary<bool>(); }

std::string Word(size_t longest) {
  const auto length = Pick<size_t>(1, longest);
  return *rc::gen::container<std::string>(
      length, rc::gen::elementOf(std::string("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.")));
}
// Printable, without a blank at either end.
std::string Text() {
  std::string text = Word(10);
  if (Flip()) text += " ! " + Word(10) + "  \"'?|<>" + Word(3);
  return text;
}
net::Address Host() { return net::Address::V4(Pick<uint32_t>(0x0A000001, 0x0AFFFFFE)); }

// No two with different numbers are equal: that would be refused.
SessionKey RandomKey(uint32_t spi) {
  auto key = std::make_shared<Secret<36>>();
  const size_t size = std::array<size_t, 3>{20, 28, 36}[Pick<size_t>(0, 2)];
  const MutableBytes bytes = key->Resize(size);
  for (uint8_t& byte : bytes) byte = Pick<uint8_t>(0, 254);
  StoreBe32(bytes.data(), spi);
  return {spi, std::move(key)};
}

AddressMatch RandomMatch() {
  switch (Pick(0, 2)) {
    case 0:
      return {};
    case 1:
      return {Host().v4(), 0};
    default: {
      const uint32_t wildcard = (1U << Pick(1, 24)) - 1;
      return {Host().v4() & ~wildcard, wildcard};
    }
  }
}
PortRange RandomPorts() {
  const auto first = Pick<uint16_t>(0, 65534);
  return Flip() ? PortRange() : PortRange{first, Pick<uint16_t>(first, 65534)};
}
Acl RandomAcl(std::string name) {
  Acl acl;
  acl.name = std::move(name);
  uint32_t sequence = 0;
  const size_t lines = Pick<size_t>(0, 6);
  while (acl.entries.size() < lines) {
    AclEntry entry;
    sequence += Flip() ? 10 : Pick<uint32_t>(1, 50);
    entry.sequence = sequence;
    entry.permit = Flip();
    entry.protocol = std::array<uint8_t, 5>{0, 1, 6, 17, 132}[Pick<size_t>(0, 4)];
    entry.source = RandomMatch();
    entry.destination = RandomMatch();
    if (entry.protocol == 6 || entry.protocol == 17) {
      entry.source_port = RandomPorts();
      entry.destination_port = RandomPorts();
    }
    if (entry.protocol == 1 && Flip()) entry.icmp_type = Pick<uint8_t>(0, 254);
    if (entry.icmp_type && Flip()) entry.icmp_code = Pick<uint8_t>(0, 254);
    entry.log = Flip();
    // A line that tests the same as one before it is not entered twice.
    const bool same = std::any_of(acl.entries.begin(), acl.entries.end(), [&](AclEntry other) {
      other.sequence = entry.sequence;
      return other == entry;
    });
    if (!same) acl.entries.push_back(entry);
  }
  return acl;
}

CryptoMapEntry RandomEntry(uint32_t sequence, uint32_t& spi) {
  CryptoMapEntry entry;
  entry.sequence = sequence;
  if (Flip()) entry.description = Text();
  if (Flip()) entry.peer = Host();
  if (Flip()) entry.acl = "101";
  if (Flip()) entry.inbound = RandomKey(++spi);
  if (Flip()) entry.outbound = RandomKey(++spi);
  entry.esn = Flip();
  if (Flip()) entry.replay_window = 64;
  return entry;
}

Running RandomRunning() {
  Running running;
  running.hostname = Word(20);
  running.card = static_cast<CardKind>(Pick(0, 2));
  running.manual_counter_mode = Flip();
  running.df_bit = static_cast<DfBit>(Pick(0, 2));
  running.replay_window = static_cast<uint16_t>(64 << Pick(0, 4));
  const char* const kNames[] = {"GigabitEthernet0/1", "lan0", "Loopback7", "eth0"};
  for (const char* name : kNames) {
    if (Flip()) continue;
    Interface& interface = running.interfaces.FindOrAdd(name);
    if (Flip()) interface.description = Text();
    interface.mtu = Pick<uint16_t>(68, 9216);
    interface.shutdown = Flip();
    if (Flip())
      running.routes.push_back({*net::Prefix::Create(net::Address::V4(0x0B000000), 8), std::nullopt,
                                name, Pick<uint8_t>(1, 254)});
  }
  for (const char* name : {"101", "2001", "branch-list"}) {
    if (Flip()) running.acls.push_back(RandomAcl(name));
  }
  uint32_t spi = 1000;
  for (const char* name : {"vpn", "Other"}) {
    CryptoMap map;
    map.name = name;
    for (uint32_t at = 10; at <= 30; at += 10) {
      if (Flip()) map.entries.push_back(RandomEntry(at, spi));
    }
    if (!map.entries.empty()) running.crypto_maps.push_back(std::move(map));
  }
  std::set<uint32_t> stations;
  for (int i = Pick(0, 3); i > 0; --i) {
    const net::Address host = Host();
    if (stations.insert(host.v4()).second) {
      running.arps.push_back({host, *net::MacAddress::Parse("0200.0000.0001")});
    }
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
    RC_ASSERT(std::get<Parsed>(parsed).running == running);
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
