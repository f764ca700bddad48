// A second opinion on LZS: the format of ANSI X3.241-1994 read bit by bit from a text of zeros and
// ones, without any bound or cleverness.
#ifndef VAM_TESTS_UNIT_SW_IPSEC_LZS_ORACLE_H_
#define VAM_TESTS_UNIT_SW_IPSEC_LZS_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vam::ipsec::test {

class LzsOracle {
 public:
  // What `data` stands for; nothing when it is no LZS.
  static std::optional<std::vector<uint8_t>> Decode(std::span<const uint8_t> data) {
    LzsOracle oracle(data);
    while (!oracle.ended_) {
      if (!oracle.Step()) return std::nullopt;
    }
    return oracle.out_;
  }

 private:
  explicit LzsOracle(std::span<const uint8_t> data) {
    for (const uint8_t byte : data) {
      for (int bit = 7; bit >= 0; --bit) bits_ += (byte >> bit & 1) != 0 ? '1' : '0';
    }
  }

  std::optional<unsigned> Number(size_t bits) {
    if (bits_.size() - at_ < bits) return std::nullopt;
    const auto value = static_cast<unsigned>(std::stoul(bits_.substr(at_, bits), nullptr, 2));
    at_ += bits;
    return value;
  }

  std::optional<size_t> Length() {
    static const std::map<std::string, size_t> kCodes = {{"00", 2},   {"01", 3},   {"10", 4},
                                                         {"1100", 5}, {"1101", 6}, {"1110", 7}};
    for (const auto& [code, length] : kCodes) {
      if (bits_.compare(at_, code.size(), code) != 0) continue;
      at_ += code.size();
      return length;
    }
    if (bits_.compare(at_, 4, "1111") != 0) return std::nullopt;
    at_ += 4;
    for (size_t length = 8;;) {
      const auto more = Number(4);
      if (!more.has_value()) return std::nullopt;
      length += *more;
      if (*more != 15) return length;
    }
  }

  bool Step() {
    const auto kind = Number(1);
    if (!kind.has_value()) return false;
    if (*kind == 0) {
      const auto literal = Number(8);
      if (literal.has_value()) out_.push_back(static_cast<uint8_t>(*literal));
      return literal.has_value();
    }
    const auto is_short = Number(1);
    if (!is_short.has_value()) return false;
    const auto offset = Number(*is_short == 1 ? 7 : 11);
    if (!offset.has_value()) return false;
    if (*is_short == 1 && *offset == 0) {
      ended_ = true;
      return true;
    }
    const auto length = Length();
    if (!length.has_value() || *offset == 0 || *offset > out_.size()) return false;
    for (size_t i = 0; i < *length; ++i) out_.push_back(out_[out_.size() - *offset]);
    return true;
  }

  std::string bits_;
  size_t at_ = 0;
  bool ended_ = false;
  std::vector<uint8_t> out_;
};

}  // namespace vam::ipsec::test

#endif  // VAM_TESTS_UNIT_SW_IPSEC_LZS_ORACLE_H_
