// Set-ups with additional key exchanges, computed once more by hybrid_oracle.py from what was on
// the wire.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/wire/payloads.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

std::string Hex(Bytes bytes) {
  std::string out;
  for (const uint8_t byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// What the initiator's key exchanges agreed on: its source of chance is copied before each.
class Listener {
 public:
  Listener(Network& net, std::vector<uint16_t> groups) : net_(net), groups_(std::move(groups)) {}

  bool OnPacket(const Side& from, const Buffer& packet) {
    const auto header = ParseHeader(packet);
    text_ += "packet " + Hex(packet) + "\n";
    if (header->exchange == ExchangeType::kIkeSaInit && header->response) {
      const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
      const auto ke = ParseKe(*Only(chain->payloads, PayloadType::kKe));
      Note(*AnySa(net_.a)->setup->exchange->Finish(ke->data));
      Prepare();
    } else if (header->exchange == ExchangeType::kIkeIntermediate) {
      OnIntermediate(from, *header, packet);
    }
    return true;
  }

  const std::string& text() const { return text_; }

 private:
  void Note(const crypto::SharedSecret& shared) { text_ += "shared " + Hex(shared.bytes()) + "\n"; }
  // The initiator makes its next key pair as soon as it has the answer that is on its way.
  void Prepare() {
    if (round_ >= groups_.size()) return;
    SeededRng chance = net_.a.rng;
    own_ = std::move(
        *crypto::KeyExchange::Start(static_cast<crypto::Group>(groups_[round_++]), chance));
  }
  void OnIntermediate(const Side& from, const Header& header, const Buffer& packet) {
    const IkeSa& sa = *AnySa(net_.a);
    const auto chain = ParseChain(header.next_payload, Bytes(packet).subspan(kHeaderBytes));
    if (chain->encrypted->payload.type != PayloadType::kEncrypted) return Collect(sa, from, packet);
    const auto text =
        Open(&from == &net_.a ? sa.outbound() : sa.inbound(), packet, *chain->encrypted);
    ASSERT_TRUE(text.has_value());
    Whole(from, *text);
  }
  void Collect(const IkeSa& sa, const Side& from, const Buffer& packet) {
    const auto header = ParseHeader(packet);
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    const auto number = ParseFragmentHeader(chain->encrypted->payload.body);
    const auto text =
        Open(&from == &net_.a ? sa.outbound() : sa.inbound(), packet, *chain->encrypted);
    ASSERT_TRUE(text.has_value());
    whole_.insert(whole_.end(), text->begin(), text->end());
    if (number->number < number->total) return;
    const Buffer all = std::exchange(whole_, {});
    Whole(from, all);
  }
  // One KE payload.
  void Whole(const Side& from, const Buffer& text) {
    const auto ke = ParseKe(Bytes(text).subspan(4));
    ASSERT_TRUE(ke.has_value());
    if (&from == &net_.a) {
      EXPECT_EQ(Hex(ke->data), Hex(own_->public_data()));
      return;
    }
    Note(*own_->Finish(ke->data));
    Prepare();
  }

  Network& net_;
  std::vector<uint16_t> groups_;
  size_t round_ = 0;
  std::optional<crypto::KeyExchange> own_;
  Buffer whole_;
  std::string text_;
};

std::string Run(const std::string& command) {
  std::string out;
  FILE* const pipe = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a fixed command
  if (pipe == nullptr) return "no shell";
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  pclose(pipe);
  return out;
}

// Verifies AUTH of both sides, hence IntAuth and the keys from the nonces on.
void Verify(const std::vector<uint16_t>& groups, uint32_t fragment_bytes) {
  Network net(7);
  const auto configure = [&](Side& side, const Tunnel& tunnel) {
    Policy::Parts parts = PolicyOf(tunnel);
    auto& lists = parts.ike.front().offers.front().additional_groups;
    for (const uint16_t group : groups) lists.push_back({group});
    parts.settings.fragment_bytes = fragment_bytes;
    side.SetPolicy(std::move(parts));
  };
  configure(net.a, TunnelOfA());
  configure(net.b, TunnelOfB());
  Listener listener(net, groups);
  net.on_packet = [&](size_t, const Side& from, Buffer& packet) {
    return listener.OnPacket(from, packet);
  };
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);

  std::string path = testing::TempDir() + "hybrid_oracle.XXXXXX";
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  close(file);
  const std::string key = "a shared key";
  std::ofstream(path) << "psk "
                      << Hex(Bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size()))
                      << "\n"
                      << listener.text();
  const std::string said = Run("/usr/bin/python3 " + std::string(VAM_SOURCE_DIR) +
                               "/tests/ike/hybrid_oracle.py " + path + " 2>&1");
  EXPECT_EQ(said, "verified " + std::to_string(groups.size()) + " rounds, 0 secrets left\n");
  std::remove(path.c_str());
}

TEST(HybridOracleTest, WithoutAdditionalKeyExchanges) { Verify({}, 1280); }
TEST(HybridOracleTest, OneRound) { Verify({36}, 1280); }
TEST(HybridOracleTest, FourRounds) { Verify({35, 20, 36, 14}, 1280); }
TEST(HybridOracleTest, InFragments) { Verify({37, 36}, 576); }

}  // namespace
}  // namespace vam::ike::test
