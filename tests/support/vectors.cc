#include "tests/support/vectors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace vam::test {
namespace {

constexpr const char* kCavpFolder =
    "/usr/lib/python3/dist-packages/cryptography_vectors/ciphers/AES/GCM/";
constexpr const char* kWycheproofFile = VAM_SOURCE_DIR "/tests/vectors/wycheproof_aes_gcm.rsp";

std::optional<uint8_t> Nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<std::vector<uint8_t>> Hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const auto high = Nibble(text[i]);
    const auto low = Nibble(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(*high << 4 | *low));
  }
  return bytes;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Where the value of a "Name = hex" line goes; nullptr for a name that no record has.
std::vector<uint8_t>* Field(GcmVector& vector, std::string_view name) {
  if (name == "Key") return &vector.key;
  if (name == "IV") return &vector.iv;
  if (name == "AAD") return &vector.aad;
  if (name == "PT") return &vector.pt;
  if (name == "CT") return &vector.ct;
  if (name == "Tag") return &vector.tag;
  return nullptr;
}

// Takes one line into `vectors`; false if it makes no sense there.
bool TakeLine(std::string_view line, std::vector<GcmVector>& vectors) {
  if (line.empty() || line[0] == '#' || line[0] == '[') return true;
  const size_t equals = line.find('=');
  const std::string_view name = Trim(line.substr(0, equals));
  if (equals == std::string_view::npos) {
    if (name != "FAIL" || vectors.empty()) return false;
    vectors.back().valid = false;
    return true;
  }
  const std::string_view value = Trim(line.substr(equals + 1));
  if (name == "Count") {
    vectors.emplace_back().source = " count " + std::string(value);
    return true;
  }
  if (vectors.empty()) return false;
  std::vector<uint8_t>* field = Field(vectors.back(), name);
  auto bytes = Hex(value);
  if (field == nullptr || !bytes) return false;
  *field = std::move(*bytes);
  return true;
}

}  // namespace

std::vector<GcmVector> LoadGcmFile(const std::string& path, bool decrypt) {
  std::ifstream file(path);
  if (!file) {
    ADD_FAILURE() << "cannot read the test vectors " << path
                  << " (tools/setup.sh --tests installs them)";
    return {};
  }
  const std::string name = path.substr(path.rfind('/') + 1);
  std::vector<GcmVector> vectors;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    const size_t before = vectors.size();
    if (!TakeLine(Trim(line), vectors)) {
      ADD_FAILURE() << path << ":" << number << ": not a vector line: " << line;
      return {};
    }
    if (vectors.size() == before) continue;
    vectors.back().decrypt = decrypt;
    vectors.back().source = name + ":" + std::to_string(number) + vectors.back().source;
  }
  return vectors;
}

std::vector<GcmVector> LoadCavpGcm() {
  std::vector<GcmVector> all;
  for (const char* bits : {"128", "192", "256"}) {
    for (const bool decrypt : {false, true}) {
      const char* stem = decrypt ? "gcmDecrypt" : "gcmEncryptExtIV";
      auto part = LoadGcmFile(std::string(kCavpFolder) + stem + bits + ".rsp", decrypt);
      all.insert(all.end(), std::make_move_iterator(part.begin()),
                 std::make_move_iterator(part.end()));
    }
  }
  return all;
}

std::vector<GcmVector> LoadWycheproofGcm() { return LoadGcmFile(kWycheproofFile, true); }

std::vector<GcmVector> Only96BitIv(std::vector<GcmVector> vectors) {
  std::erase_if(vectors, [](const GcmVector& v) { return v.iv.size() != 12; });
  return vectors;
}

}  // namespace vam::test
