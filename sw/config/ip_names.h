// The words of IOS for numbers in packets: protocols, ports, ICMP messages, DSCP, precedence, TOS.
// Every Parse takes the decimal number too, and every Name gives the number where there is no word.
#ifndef VAM_SW_CONFIG_IP_NAMES_H_
#define VAM_SW_CONFIG_IP_NAMES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vam::config {

inline constexpr uint8_t kProtocolIcmpV6 = 58;

// An IP protocol in access lists ("tcp"; "ip", any protocol, is 0).
std::optional<uint8_t> ParseProtocol(std::string_view word);
std::string ProtocolName(uint8_t protocol);
// The same in IPv6 access lists: "ipv6" is 0, "icmp" is 58.
std::optional<uint8_t> ParseProtocolV6(std::string_view word);
std::string ProtocolNameV6(uint8_t protocol);

// Ports of TCP (6) or UDP (17): some words differ between the two. Another protocol: numbers only.
std::optional<uint16_t> ParsePort(std::string_view word, uint8_t protocol);
std::string PortName(uint16_t port, uint8_t protocol);

// A word for a type alone ("unreachable") or a type with a code ("port-unreachable").
struct IcmpMessage {
  uint8_t type = 0;
  std::optional<uint8_t> code;
  bool operator==(const IcmpMessage&) const = default;
};
struct IcmpWord {
  std::string_view word;
  IcmpMessage message;
};
std::span<const IcmpWord> IcmpWords(bool v6);
// Words only.
std::optional<IcmpMessage> ParseIcmp(std::string_view word, bool v6);
// "echo", "port-unreachable", "8 0".
std::string IcmpName(const IcmpMessage& message, bool v6);

std::optional<uint8_t> ParseDscp(std::string_view word);  // 0-63, "af11", "cs1", "ef"
std::string DscpName(uint8_t dscp);
std::optional<uint8_t> ParsePrecedence(std::string_view word);  // 0-7, "routine" ...
std::string PrecedenceName(uint8_t precedence);
std::optional<uint8_t> ParseTos(std::string_view word);  // 0-15, "normal" ...
std::string TosName(uint8_t tos);

// "syn" is kTcpSyn; words only.
std::optional<uint8_t> ParseTcpFlag(std::string_view word);
struct TcpFlagWord {
  std::string_view word;
  uint8_t flag;
};
std::span<const TcpFlagWord> TcpFlagWords();

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_IP_NAMES_H_
