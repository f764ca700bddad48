// The table of configuration statements: pattern, help and what it does to the model. Internal to
// sw/config.
#ifndef VAM_SW_CONFIG_STATEMENTS_H_
#define VAM_SW_CONFIG_STATEMENTS_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sw/config/grammar.h"
#include "sw/config/indexed.h"
#include "sw/config/parser.h"
#include "sw/config/running.h"
#include "sw/config/seal.h"

namespace vam::config {

// Why a well-formed statement is refused.
struct Fault {
  const Token* token;  // the word that is wrong; of the match
  std::string message;
  std::vector<std::string> expected = {};
};

// An access list while it is edited. Its entries are here and not in the model.
struct AclDraft {
  std::map<uint32_t, AclEntry> lines;                 // by sequence
  std::unordered_multimap<uint64_t, uint32_t> tests;  // hash of what a line tests -> sequence
  // Where the text at hand stands in the list, so that remarks that are pasted again are known: the
  // last line that was entered, and the first remark behind it that was not.
  uint32_t cursor = 0;
  size_t next_remark = 0;
};

std::string KeyOf(const Route& route);    // VRF, destination and path
std::string GroupOf(const Route& route);  // VRF and destination
std::string KeyOf(const ArpEntry& arp);
std::string KeyOf(const Neighbor& neighbor);
using IndexedRoutes = Indexed<Route, KeyOf, GroupOf>;
using IndexedArps = Indexed<ArpEntry, KeyOf, KeyOf>;
using IndexedNeighbors = Indexed<Neighbor, KeyOf, KeyOf>;

// Where the pending lines of the mode belong: the statement that opens it ("" in a mode that a
// pending line opens), and the names of the pending blocks from there.
struct BlockPlace {
  std::string head;
  Place place = Place::kSystem;  // of the outermost line, when there is no head
  std::vector<std::string> names;
};

// A model under construction and the mode the next line is read in.
struct Editor {
  Running running;
  Mode mode = Mode::kConfig;
  std::string object;     // interface, map, list, transform set or profile of the mode
  std::string inner;      // what stands in the object: peer of a keyring
  uint32_t sequence = 0;  // crypto map entry of the mode
  uint32_t line = 0;
  bool interactive = false;  // a session of `configure terminal`: `do` and `abort` are possible
  Leaving leaving = Leaving::kNo;
  Sealer* sealer = nullptr;
  Rng* rng = nullptr;  // salts; nullptr: a secret that must be hashed cannot be read
  std::optional<ConfigKeyChange> config_key;  // what the last line asked for
  PkiCertificate certificate;                 // of which the lines are being read (Mode::kPkiHex)
  BlockPlace block;
  std::vector<std::string> notices;  // what else the statements did, for the operator
  // So that long configurations load in linear time; an absent part is made when it is needed.
  std::unordered_map<std::string, AclDraft> acl_drafts;  // by list
  IndexedRoutes routes;
  IndexedArps arps;
  IndexedNeighbors neighbors;
  std::map<std::string, uint32_t> defined_at;  // subject of a Finding -> line

  void Enter(Mode new_mode, std::string name, uint32_t entry = 0) {
    mode = new_mode;
    object = std::move(name);
    sequence = entry;
  }
  // Brings all of it into `running`.
  void Settle();
  // Remembers where `subject` was last touched.
  void Note(const std::string& subject) { defined_at[subject] = line; }
};

// What an argument says; the grammar has checked it.
net::Address AddressOf(const Token& token);
InterfaceAddress PrefixOf(const Token& token);  // of "X::X/LEN", host bits as given
net::MacAddress MacOf(const Token& token);
uint32_t NumberOf(const Token& token);

// A statement and its `no` form may share a handler (Match::negated). A fault leaves the model as
// it was.
using Handler = std::optional<Fault> (*)(Editor& editor, const Match& match);

// Sets `description` of any object; `no description` empties it.
inline constexpr size_t kLongestDescription = 200;
std::optional<Fault> SetDescription(std::string& description, const Match& match,
                                    size_t longest = kLongestDescription);

struct ConfigStatement {
  Statement statement;
  Handler handler;
};

std::span<const ConfigStatement> GlobalStatements();
std::span<const ConfigStatement> InterfaceStatements();
std::span<const ConfigStatement> AclStatements();
std::span<const ConfigStatement> CryptoStatements();       // crypto ipsec ... of all SAs
std::span<const ConfigStatement> TransformStatements();    // transform sets
std::span<const ConfigStatement> CryptoMapStatements();    // maps, dynamic maps, profiles
std::span<const ConfigStatement> CryptoEntryStatements();  // what their entries say
std::span<const ConfigStatement> SessionKeyStatements();   // manual keys

// The map entry, dynamic map entry (Mode::kCryptoMap, kDynamicMap) of the mode.
CryptoMapEntry& CurrentEntry(Editor& editor);
// "crypto map m 10", "crypto dynamic-map d 10", "crypto ipsec profile p": the mode's, as subject.
std::string CurrentSubject(const Editor& editor);
// A Diffie-Hellman group that is too weak for new use.
bool IsLegacyGroup(uint8_t group);
// What needs `crypto legacy-algorithms enable`, which has not been said.
Fault NeedsLegacy(const Token& token, std::string_view what);
// What global statements and those of entries have in common. Negated: the default, or nothing.
void SetLifetime(SaLifetime& lifetime, const Match& match);
std::optional<uint16_t> ReplayWindowOf(const Match& match);
std::optional<DfBit> DfBitOf(const Match& match);
std::span<const ConfigStatement> RouteStatements();  // routes and fixed neighbours
std::span<const ConfigStatement> Ipv6Statements();
std::span<const ConfigStatement> VrfStatements();
std::span<const ConfigStatement> LoggingStatements();
std::span<const ConfigStatement> MetricsStatements();
std::span<const ConfigStatement> AccessStatements();
std::span<const ConfigStatement> NameStatements();
std::span<const ConfigStatement> Ikev2ProposalStatements();  // and policies
std::span<const ConfigStatement> Ikev2KeyringStatements();
std::span<const ConfigStatement> Ikev2AuthorizationStatements();
std::span<const ConfigStatement> IsakmpPeerStatements();
std::span<const ConfigStatement> Ikev2ProfileStatements();
std::span<const ConfigStatement> PoolStatements();
std::span<const ConfigStatement> IkeGlobalStatements();
std::span<const ConfigStatement> PkiStatements();       // trustpoints
std::span<const ConfigStatement> PkiChainStatements();  // and certificate maps

// Parts of patterns and help of words for all but crypto, for IKE, and for PKI.
std::span<const Macro> NetMacros();
std::span<const WordHelp> NetWordHelp();
std::span<const Macro> IkeMacros();
std::span<const WordHelp> IkeWordHelp();
std::span<const Macro> PkiMacros();
std::span<const WordHelp> PkiWordHelp();

struct ConfigGrammar {
  Grammar grammar;
  std::vector<Handler> handlers;  // by Match::statement
  size_t first_pending = 0;       // the statements from here on are those of later issues
};
// Built on first use.
const ConfigGrammar& Configuration();

// Finds by name, or adds at the end.
template <typename T>
T& FindOrAdd(NamedList<T>& list, std::string_view name) {
  return list.FindOrAdd(name);
}
// True when it was there.
template <typename T>
bool EraseNamed(NamedList<T>& list, std::string_view name) {
  return list.Erase(name);
}

// Of an argument: never repeated in a message.
bool IsSecret(const ArgumentType& type);
// The bytes of the secret number `n` (from 0) of a line: hexadecimal digits, or what is sealed.
std::variant<Secret<kLongestSealed>, Fault> SecretOf(Editor& editor, const Match& match,
                                                     size_t n = 0);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_STATEMENTS_H_
