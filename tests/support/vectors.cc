#include "tests/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace vam::test {
namespace {

constexpr const char* kDebianFolder = "/usr/lib/python3/dist-packages/cryptography_vectors/";
constexpr const char* kCavpFolder =
    "/usr/lib/python3/dist-packages/cryptography_vectors/ciphers/AES/GCM/";
constexpr const char* kOwnFolder = VAM_SOURCE_DIR "/tests/vectors/";
constexpr const char* kWycheproofStem = VAM_SOURCE_DIR "/tests/vectors/wycheproof_";

std::optional<uint8_t> Nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
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

// Puts every "name = value" of a comma list into `fields`.
void TakePairs(std::string_view text, std::map<std::string, std::string>& fields) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    fields[std::string(Trim(pair.substr(0, equals)))] = Trim(pair.substr(equals + 1));
  }
}

bool OpenVectors(const std::string& path, std::ifstream& file) {
  file.open(path);
  if (!file) {
    ADD_FAILURE() << "cannot read the test vectors " << path
                  << " (tools/setup.sh --tests installs them)";
  }
  return static_cast<bool>(file);
}

std::vector<VectorRecord> LoadRecords(const std::string& folder, const std::string& name,
                                      std::string_view start) {
  std::ifstream file;
  if (!OpenVectors(folder + name, file)) return {};
  std::vector<VectorRecord> records;
  std::map<std::string, std::string> common;
  bool inside = false;
  std::string text;
  for (size_t number = 1; std::getline(file, text); ++number) {
    const std::string_view line = Trim(text);
    if (line.empty()) inside = false;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      inside = false;
      TakePairs(line.substr(1, line.find(']') - 1), common);
      continue;
    }
    if (Trim(line.substr(0, line.find('='))) == start) {
      inside = true;
      records.push_back({common, name + ":" + std::to_string(number)});
    }
    TakePairs(line, inside ? records.back().fields : common);
  }
  return records;
}

}  // namespace

std::vector<uint8_t> VectorRecord::Hex(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) return {};
  auto bytes = test::Hex(found->second);
  EXPECT_TRUE(bytes.has_value()) << source << ": " << name;
  return bytes ? std::move(*bytes) : std::vector<uint8_t>();
}

size_t VectorRecord::Number(const std::string& name) const {
  return std::strtoul(fields.at(name).c_str(), nullptr, 10);
}

std::vector<VectorRecord> LoadDebianVectors(const std::string& name, std::string_view start) {
  return LoadRecords(kDebianFolder, name, start);
}
std::vector<VectorRecord> LoadVectors(const std::string& name, std::string_view start) {
  return LoadRecords(kOwnFolder, name, start);
}

std::vector<uint8_t> LoadDebianFile(const std::string& name) {
  std::ifstream file;
  if (!OpenVectors(kDebianFolder + name, file)) return {};
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> ListDebianFiles(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kDebianFolder + folder, error)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename());
  }
  EXPECT_FALSE(names.empty()) << folder << " (tools/setup.sh --tests installs it)";
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<GcmVector> LoadGcmFile(const std::string& path, bool decrypt) {
  std::ifstream file;
  if (!OpenVectors(path, file)) return {};
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

std::vector<GcmVector> LoadWycheproofGcm() {
  return LoadGcmFile(std::string(kWycheproofStem) + "aes_gcm.rsp", true);
}
std::vector<GcmVector> LoadWycheproofCcm() {
  return LoadGcmFile(std::string(kWycheproofStem) + "aes_ccm.rsp", true);
}
std::vector<GcmVector> LoadWycheproofChaCha20Poly1305() {
  return LoadGcmFile(std::string(kWycheproofStem) + "chacha20_poly1305.rsp", true);
}

std::vector<GcmVector> Only96BitIv(std::vector<GcmVector> vectors) {
  std::erase_if(vectors, [](const GcmVector& v) { return v.iv.size() != 12; });
  return vectors;
}

}  // namespace vam::test
