// Statements whose meaning a later issue brings: understood as text, checked in shape, kept in
// order, shown back in their place, and listed by `show configuration pending`. They change nothing
// that the gateway does.
#ifndef VAM_SW_CONFIG_PENDING_H_
#define VAM_SW_CONFIG_PENDING_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/secret.h"
#include "sw/config/named_list.h"
#include "sw/config/seal.h"

namespace vam::config {

// Under which head a statement will act.
enum class Topic : uint8_t {
  kIkev1,
  kIkev2,
  kPki,
  kVti,
  kIpsec,
  kEasyVpn,
  kAaa,
  kRadius,
  kSnmp,
  kNat,
  kQos,
  kFirewall,
  kSwitching,
  kCard,
  kRouting,
  kSystem,
  kAsa,
  kForeign,
};
inline constexpr size_t kTopics = static_cast<size_t>(Topic::kForeign) + 1;
// "IKEv1", "QoS".
std::string_view TopicName(Topic topic);
// False for what no IPsec gateway does (voice, gatekeepers): it never acts here.
bool ActsLater(Topic topic);

// Where a global line stands in a shown configuration.
enum class Place : uint8_t {
  kSystem,    // behind the host name
  kCrypto,    // before the first crypto statement
  kServices,  // behind the interfaces
  kLast,      // before `end`
};
inline constexpr size_t kPlaces = static_cast<size_t>(Place::kLast) + 1;

// Stands in the text of a line for a secret.
inline constexpr char kSecretMark = '\x01';

struct PendingLine {
  std::string name;  // the words that tell it from the others of its block
  std::string text;  // keywords in full; kSecretMark for each secret
  Topic topic = Topic::kSystem;
  std::vector<std::shared_ptr<const Secret<kLongestSealed>>> secrets;  // shared, never changed
  NamedList<PendingLine> lines;                                        // what stands under it
  bool operator==(const PendingLine& other) const;
};
using PendingLines = NamedList<PendingLine>;

struct Pending {
  std::array<PendingLines, kPlaces> global;
  // By the statement that opens their mode, as HeadOf() gives it: "interface Tunnel0". No list is
  // empty.
  std::map<std::string, PendingLines> under;
  // Words that end the line of a block's head: "type tunnel" of "interface Virtual-Template1".
  std::map<std::string, PendingLine> on_head;
  bool empty() const;
  bool operator==(const Pending&) const = default;
};

// What names the block that a line of a shown configuration opens: "interface Tunnel0", "crypto map
// m 10" whatever the entry's kind is.
std::string HeadOf(std::string_view line);

// How a shown secret is written: what stands in the place of its mark.
using WriteSecret = std::function<std::string(Bytes)>;
// `text`, a rendered configuration, with the pending lines in their places.
std::string Weave(std::string_view text, const Pending& pending, const WriteSecret& write_secret);

// One line for people; secrets are "<removed>".
struct PendingItem {
  std::vector<std::string> within;  // the lines that it stands under, outermost first
  std::string line;
  Topic topic;
};
std::vector<PendingItem> ListPending(const Pending& pending);

// What the operator should know, one sentence each.
std::vector<std::string> PendingWarnings(const Pending& pending);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_PENDING_H_
