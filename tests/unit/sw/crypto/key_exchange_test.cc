// Agreement of every group with published vectors, and what is drawn from the source of chance.
#include "sw/crypto/key_exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/seed.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/crypto/scripted_rng.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

Buffer Join(const Buffer& a, const Buffer& b) {
  Buffer both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

// Our side with this private key.
KeyExchange WithPrivate(Group group, const Buffer& key) {
  test::ScriptedRng rng(key);
  auto made = KeyExchange::Start(group, rng);
  EXPECT_TRUE(made.has_value()) << ToString(made.error());
  EXPECT_EQ(rng.left(), 0u);
  return std::move(*made);
}

TEST(KeyExchangeTest, GroupsOfTheRegistry) {
  const std::vector<std::pair<uint16_t, std::string_view>> expected = {
      {1, "modp768"},   {2, "modp1024"},  {5, "modp1536"},  {14, "modp2048"},
      {15, "modp3072"}, {16, "modp4096"}, {17, "modp6144"}, {18, "modp8192"},
      {19, "ecp256"},   {20, "ecp384"},   {21, "ecp521"},   {31, "x25519"},
      {32, "x448"},     {35, "mlkem512"}, {36, "mlkem768"}, {37, "mlkem1024"}};
  std::vector<std::pair<uint16_t, std::string_view>> found;
  for (uint32_t number = 0; number <= 0xffff; ++number) {
    const GroupInfo* info = FindGroup(static_cast<uint16_t>(number));
    if (info == nullptr) continue;
    EXPECT_EQ(static_cast<uint32_t>(info->group), number);
    EXPECT_EQ(info->legacy, number <= 5);
    EXPECT_LE(info->initiator_bytes, kMaxPublicBytes);
    EXPECT_LE(info->shared_bytes, kMaxSharedBytes);
    found.emplace_back(number, info->name);
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(Groups().size(), expected.size());
  test::ScriptedRng rng({});
  for (const int number : {0, 3, 4, 22, 23, 24, 25, 27, 30, 33, 34, 38, 65535}) {
    const auto made = KeyExchange::Start(static_cast<Group>(number), rng);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
    const auto answer = KeyExchange::Respond(static_cast<Group>(number), {}, rng);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::kUnsupported);
  }
}

// Both sides, with the private keys and public values of one published example.
struct Example {
  Group group;
  const char* i;
  const char* gi;
  const char* r;
  const char* gr;
  const char* shared;
};

void Check(const Example& e) {
  SCOPED_TRACE(FindGroup(static_cast<uint16_t>(e.group))->name);
  const Buffer gi = *ParseHex(e.gi);
  const Buffer gr = *ParseHex(e.gr);
  const Buffer expected = *ParseHex(e.shared);
  const KeyExchange initiator = WithPrivate(e.group, *ParseHex(e.i));
  EXPECT_EQ(initiator.group(), e.group);
  EXPECT_EQ(Copy(initiator.public_data()), gi);
  const auto finished = initiator.Finish(gr);
  ASSERT_TRUE(finished.has_value());
  EXPECT_EQ(Copy(finished->bytes()), expected);
  test::ScriptedRng rng(*ParseHex(e.r));
  const auto answer = KeyExchange::Respond(e.group, gi, rng);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(Copy(answer->own.public_data()), gr);
  EXPECT_EQ(Copy(answer->shared.bytes()), expected);
}

TEST(KeyExchangeTest, EcpOfRfc5903) {
  Check({Group::kEcp256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
         "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
         "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
         "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
         "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
         "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
         "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"});
  Check({Group::kEcp384,
         "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef8967"
         "83ab194",
         "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee"
         "95f41aa"
         "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634"
         "573a81c",
         "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55"
         "a7448fc",
         "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d07"
         "74a3571"
         "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db"
         "9e6386c",
         "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a27"
         "0f59746"});
  Check({Group::kEcp521,
         "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d93"
         "7ba9777f5957b2639bab072462f68c27a57382d4a52",
         "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2"
         "d107564941885942af5a7f4601723c4195d176ced3e"
         "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e7"
         "b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
         "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3"
         "163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
         "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f"
         "6be64a6c2912d4ef2d0433ced2b6171640012d9460f"
         "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e8"
         "6d678ae49cb57091f4732296579ab44fcd17f0fc56a",
         "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a3478685"
         "9810c06b3c715a3a8cc3151f2bee417996d19f3ddea"});
}

TEST(KeyExchangeTest, X25519OfRfc8031AppendixA) {
  Check({Group::kX25519, "751fb4308655b476b6789b7325f9ea8cddd16a58533ff6d9e60009464a5f9d94",
         "48d5ddd4061257ba166fa3f9bbdb74f1a4e81c089384fa77f790709f0dfbc766",
         "0a54645253290d60ddadd0e030bacd9e5501efdc220755a1e978f1b839a05688",
         "0be7c1f5aad87d7e448662673298a443478b859745179eaf564c79c0ef6eee25",
         "c74950607a12327f3204d94b6825bfb068b7f8319a9e3708ed3d43ce8130c950"});
}

TEST(KeyExchangeTest, MontgomeryOfRfc7748Section6) {
  Check({Group::kX25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
         "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
         "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"});
  Check({Group::kX448,
         "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f"
         "127ab1d9ac2d8c0a598726b",
         "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da8"
         "8120d53177f80e532c41fa0",
         "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921"
         "b09d1b0366f10b65173992d",
         "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57"
         "aec3dae07bdc1c67bf33609",
         "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403"
         "085d59a449a5037514a879d"});
}

TEST(KeyExchangeTest, MontgomeryOfRfc7748Section5) {
  size_t taken = 0;
  for (const Group group : {Group::kX25519, Group::kX448}) {
    const char* file =
        group == Group::kX25519 ? "asymmetric/X25519/rfc7748.txt" : "asymmetric/X448/rfc7748.txt";
    for (const auto& r : test::LoadDebianVectors(file, "COUNT")) {
      SCOPED_TRACE(r.source);
      const auto shared = WithPrivate(group, r.Hex("INPUT_SCALAR")).Finish(r.Hex("INPUT_U"));
      ASSERT_TRUE(shared.has_value());
      EXPECT_EQ(Copy(shared->bytes()), r.Hex("OUTPUT_U"));
      ++taken;
    }
  }
  EXPECT_EQ(taken, 6u);
}

// RFC 7748, 5.2: each result is the next scalar, each scalar the next u.
TEST(KeyExchangeTest, ThousandIterationsOfRfc7748) {
  const struct {
    Group group;
    size_t bytes;
    uint8_t start;
    const char* after;
  } cases[] = {
      {Group::kX25519, 32, 9, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"},
      {Group::kX448, 56, 5,
       "aa3b4749d55b9daf1e5b00288826c467274ce3ebbdd5c17b975e09d4af6c67cf10d087202db88286e2b79fceea3"
       "ec353ef54faa26e219f38"}};
  for (const auto& c : cases) {
    Buffer scalar(c.bytes);
    scalar[0] = c.start;
    Buffer u = scalar;
    for (int i = 0; i < 1000; ++i) {
      const auto result = WithPrivate(c.group, scalar).Finish(u);
      ASSERT_TRUE(result.has_value());
      u = scalar;
      scalar = Copy(result->bytes());
    }
    EXPECT_EQ(FormatHex(scalar), c.after);
  }
}

// Of Wycheproof's points in the encoding of SEC 1, those that RFC 5903 has are 04, x, y; of them
// the 04 is not sent. The other encodings are shown as they are, and must be refused: also the
// compressed point that Wycheproof calls acceptable.
TEST(KeyExchangeTest, EcpOfWycheproof) {
  const struct {
    Group group;
    const char* file;
    size_t records;
    size_t agreed;
  } files[] = {{Group::kEcp256, "wycheproof_ecdh_secp256r1_ecpoint.rsp", 355, 330},
               {Group::kEcp384, "wycheproof_ecdh_secp384r1_ecpoint.rsp", 790, 771},
               {Group::kEcp521, "wycheproof_ecdh_secp521r1_ecpoint.rsp", 661, 632}};
  for (const auto& file : files) {
    const auto records = test::LoadVectors(file.file, "Count");
    EXPECT_EQ(records.size(), file.records) << file.file;
    const size_t bytes = FindGroup(static_cast<uint16_t>(file.group))->shared_bytes;
    size_t agreed = 0;
    for (const auto& r : records) {
      SCOPED_TRACE(r.source);
      Buffer data = r.Hex("Public");
      if (!data.empty() && data[0] == 4) data.erase(data.begin());
      // A number in Wycheproof: leading zeros are cut off or too many.
      Buffer key = r.Hex("Private");
      while (key.size() > bytes && key[0] == 0) key.erase(key.begin());
      key.insert(key.begin(), bytes - key.size(), 0);
      const auto shared = WithPrivate(file.group, key).Finish(data);
      ASSERT_EQ(shared.has_value(), r.fields.at("Result") == "valid");
      if (!shared.has_value()) {
        EXPECT_EQ(shared.error().code, ErrorCode::kMalformed);
        continue;
      }
      EXPECT_EQ(Copy(shared->bytes()), r.Hex("Shared"));
      ++agreed;
    }
    EXPECT_EQ(agreed, file.agreed) << file.file;
  }
}

// What Wycheproof calls acceptable is taken, as RFC 7748, 5 says (points of the twist, values not
// reduced, the ignored top bit of X25519), but for what leads to zeros, which RFC 8031, 5 refuses.
TEST(KeyExchangeTest, MontgomeryOfWycheproof) {
  const struct {
    Group group;
    const char* file;
    size_t records;
    size_t agreed;
  } files[] = {{Group::kX25519, "wycheproof_x25519.rsp", 518, 487},
               {Group::kX448, "wycheproof_x448.rsp", 510, 487}};
  for (const auto& file : files) {
    const auto records = test::LoadVectors(file.file, "Count");
    EXPECT_EQ(records.size(), file.records) << file.file;
    size_t agreed = 0;
    for (const auto& r : records) {
      SCOPED_TRACE(r.source);
      const Buffer expected = r.Hex("Shared");
      const bool zero =
          std::all_of(expected.begin(), expected.end(), [](uint8_t b) { return b == 0; });
      const auto shared = WithPrivate(file.group, r.Hex("Private")).Finish(r.Hex("Public"));
      ASSERT_EQ(shared.has_value(), r.fields.at("Result") != "invalid" && !zero);
      if (!shared.has_value()) {
        EXPECT_EQ(shared.error().code, ErrorCode::kMalformed);
        continue;
      }
      EXPECT_EQ(Copy(shared->bytes()), expected);
      ++agreed;
    }
    EXPECT_EQ(agreed, file.agreed) << file.file;
  }
}

// Under one seed everything is the same again; both sides of each group agree; a key pair serves
// more than one answer.
TEST(KeyExchangeTest, BothSidesAgreeAndChanceIsTheRngAlone) {
  for (const GroupInfo& info : Groups()) {
    SCOPED_TRACE(info.name);
    SeededRng rng(test::TestSeed());
    SeededRng again(test::TestSeed());
    auto started = KeyExchange::Start(info.group, rng);
    ASSERT_TRUE(started.has_value());
    KeyExchange initiator = std::move(*started);
    const auto twin = KeyExchange::Start(info.group, again);
    ASSERT_TRUE(twin.has_value());
    EXPECT_EQ(Copy(initiator.public_data()), Copy(twin->public_data()));
    EXPECT_EQ(initiator.public_data().size(), info.initiator_bytes);
    Buffer before;
    for (int i = 0; i < 2; ++i) {
      const auto answer = KeyExchange::Respond(info.group, initiator.public_data(), rng);
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->own.public_data().size(), info.responder_bytes);
      EXPECT_EQ(answer->shared.size(), info.shared_bytes);
      const auto finished = initiator.Finish(answer->own.public_data());
      ASSERT_TRUE(finished.has_value());
      EXPECT_TRUE(finished->Equals(answer->shared));
      EXPECT_NE(Copy(finished->bytes()), before);
      before = Copy(finished->bytes());
    }
  }
}

// A scalar of ECP is in [1, n - 1]: others are drawn again, and bits beyond the order are not used.
TEST(KeyExchangeTest, EcpScalarsAreDrawnAgain) {
  // n of P-256 (RFC 5903, 3.1), zero, n, all ones, then the largest scalar.
  const Buffer n = *ParseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  Buffer last = n;
  last.back() -= 1;
  test::ScriptedRng rng(Join(Join(Buffer(32, 0), n), Join(Buffer(32, 0xff), last)));
  const auto made = KeyExchange::Start(Group::kEcp256, rng);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(rng.calls(), 4);
  // -G has G's x (RFC 5903, 3.1).
  EXPECT_EQ(FormatHex(made->public_data().first(32)),
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  // P-521's order has 521 bits of 528.
  Buffer two(66, 0);
  two.back() = 2;
  Buffer high = two;
  high.front() = 0xfe;
  EXPECT_EQ(Copy(WithPrivate(Group::kEcp521, high).public_data()),
            Copy(WithPrivate(Group::kEcp521, two).public_data()));
}

class BrokenRng final : public Rng {
 public:
  void Fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{0}); }
};

// A source of chance that only gives zeros ends in an error, not in a loop or a key of zero.
TEST(KeyExchangeTest, NoChanceIsAnError) {
  BrokenRng rng;
  for (const GroupInfo& info : Groups()) {
    // Any string is a key, or makes one.
    if (info.group == Group::kX25519 || info.group == Group::kX448 || info.kem) continue;
    const auto made = KeyExchange::Start(info.group, rng);
    ASSERT_FALSE(made.has_value()) << info.name;
    EXPECT_EQ(made.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace vam::crypto
