// crypto ikev2 proposal and policy.
#include <fmt/core.h>

#include <algorithm>

#include "sw/base/check.h"
#include "sw/config/arguments.h"
#include "sw/config/statements_ike.h"

namespace vam::config {
namespace {

// What IOS says at a new one.
constexpr std::string_view kNewProposalNote =
    "IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an "
    "integrity algorithm and a DH group configured or\n"
    " encryption algorithm aes-gcm, a prf algorithm and a DH group configured";
constexpr std::string_view kNewPolicyNote =
    "IKEv2 policy MUST have atleast one complete proposal attached";

// A sentence about the default ones would be wrong: they have all they need.
void NoteNew(Editor& editor, bool is_new, const std::string& name, std::string_view note) {
  if (is_new && editor.interactive && name != kIkev2Default) editor.notices.emplace_back(note);
}

std::optional<Fault> EnterProposal(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  Ike& ike = editor.running.ike;
  NoteNew(editor, ike.proposals.Find(name) == nullptr, name, kNewProposalNote);
  FindOrAdd(ike.proposals, name);
  if (name == kIkev2Default) ike.globals.default_proposal = true;
  editor.Note("crypto ikev2 proposal " + name);
  editor.Enter(Mode::kIkev2Proposal, name);
  return {};
}
// `no crypto ikev2 proposal default` switches it off, `default ...` brings it back as it was.
std::optional<Fault> NoProposal(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  Ike& ike = editor.running.ike;
  const bool known = EraseNamed(ike.proposals, name.text);
  if (name.text == kIkev2Default) {
    ike.globals.default_proposal = match.tokens[0].text == "default";
  } else if (!known) {
    return Fault{&name, "no such IKEv2 proposal"};
  }
  return {};
}

Ikev2Proposal& Proposal(Editor& editor) {
  editor.Note("crypto ikev2 proposal " + editor.object);
  return FindOrAdd(editor.running.ike.proposals, editor.object);
}

// Reads the words from `first` on.
template <typename T, typename Read>
std::variant<std::vector<T>, Fault> ListOf(const Editor& editor, const Match& match, Read read,
                                           size_t first = 1) {
  std::vector<T> list;
  for (size_t i = first; i < match.tokens.size(); ++i) {
    const Token& token = match.tokens[i];
    std::string word = token.text;
    if (word.ends_with(',')) word.pop_back();
    const auto info = read(word);
    if (!info.name.empty() && info.refused.empty() &&
        std::find(list.begin(), list.end(), info.value) != list.end()) {
      return Fault{&token, "named twice"};
    }
    if (!info.refused.empty()) return Fault{&token, info.refused};
    if (info.legacy && !editor.running.crypto.legacy_algorithms) {
      return NeedsLegacy(token, info.name);
    }
    list.push_back(info.value);
  }
  return list;
}

template <typename T>
struct Word {
  T value{};
  std::string name;
  bool legacy = false;
  std::string refused;
};
Word<IkeCipher> CipherOf(const std::string& word) {
  const IkeCipherInfo* info = FindIkeCipher(word);
  VAM_CHECK(info != nullptr);
  return {info->id, std::string(info->shown), info->legacy, ""};
}
Word<IkeHash> HashOf(const std::string& word) {
  const IkeHashInfo* info = FindIkeHash(word);
  VAM_CHECK(info != nullptr);
  // The name is said of legacy ones, all of which are HMACs.
  return {info->id, "HMAC-" + std::string(info->prf), info->legacy, ""};
}
Word<uint16_t> GroupOf(const std::string& word) {
  const auto number = static_cast<uint16_t>(*ParseNumber(word));
  const IkeGroupInfo* info = FindIkeGroup(number);
  const std::string name = fmt::format("Diffie-Hellman group {}", number);
  if (info == nullptr) {  // 22 to 24
    return {number, name, false,
            name + " is not supported: where its numbers come from is not known (RFC 8247, 2.4)"};
  }
  if (!info->keyword.empty()) {
    return {number, name, false,
            fmt::format("{} is an additional key exchange: IKE_SA_INIT has no fragments",
                        info->keyword)};
  }
  return {number, name, info->legacy, ""};
}
Word<uint16_t> MethodOf(const std::string& word) {
  if (word == "none") return {kNoIkeGroup, word, false, ""};
  const IkeGroupInfo* info = FindIkeGroup(std::string_view(word));
  VAM_CHECK(info != nullptr);
  return {info->number, std::string(info->shown), info->legacy, ""};
}

template <typename T, typename Read>
std::optional<Fault> SetList(Editor& editor, const Match& match,
                             std::vector<T> Ikev2Proposal::*list, Read read) {
  std::vector<T> wanted;
  if (!match.negated()) {
    auto words = ListOf<T>(editor, match, read);
    if (auto* fault = std::get_if<Fault>(&words)) return *fault;
    wanted = std::move(std::get<std::vector<T>>(words));
  }
  Proposal(editor).*list = std::move(wanted);
  return {};
}
std::optional<Fault> Encryption(Editor& editor, const Match& match) {
  return SetList(editor, match, &Ikev2Proposal::encryption, CipherOf);
}
std::optional<Fault> Integrity(Editor& editor, const Match& match) {
  return SetList(editor, match, &Ikev2Proposal::integrity, HashOf);
}
std::optional<Fault> Prf(Editor& editor, const Match& match) {
  return SetList(editor, match, &Ikev2Proposal::prf, HashOf);
}
std::optional<Fault> Groups(Editor& editor, const Match& match) {
  return SetList(editor, match, &Ikev2Proposal::groups, GroupOf);
}

// Which of the seven, then its methods. `no` without a number: all seven.
std::optional<Fault> AdditionalGroups(Editor& editor, const Match& match) {
  auto& lists = Proposal(editor).additional_groups;
  const Token* number = match.Find("number");
  if (number == nullptr) {
    lists = {};
    return {};
  }
  auto& list = lists.at(NumberOf(*number) - 1);
  if (match.negated()) {
    list.clear();
    return {};
  }
  constexpr size_t kFirstMethod = 2;
  auto words = ListOf<uint16_t>(editor, match, MethodOf, kFirstMethod);
  if (auto* fault = std::get_if<Fault>(&words)) return *fault;
  list = std::move(std::get<std::vector<uint16_t>>(words));
  return {};
}

std::optional<Fault> EnterPolicy(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("ikev2-name").text;
  Ike& ike = editor.running.ike;
  NoteNew(editor, ike.policies.Find(name) == nullptr, name, kNewPolicyNote);
  FindOrAdd(ike.policies, name);
  if (name == kIkev2Default) ike.globals.default_policy = true;
  editor.Note("crypto ikev2 policy " + name);
  editor.Enter(Mode::kIkev2Policy, name);
  return {};
}
std::optional<Fault> NoPolicy(Editor& editor, const Match& match) {
  const Token& name = match.Argument("ikev2-name");
  Ike& ike = editor.running.ike;
  const bool known = EraseNamed(ike.policies, name.text);
  if (name.text == kIkev2Default) {
    ike.globals.default_policy = match.tokens[0].text == "default";
  } else if (!known) {
    return Fault{&name, "no such IKEv2 policy"};
  }
  return {};
}

Ikev2Policy& Policy(Editor& editor) {
  editor.Note("crypto ikev2 policy " + editor.object);
  return FindOrAdd(editor.running.ike.policies, editor.object);
}
// Each one behind those that are there.
std::optional<Fault> AddProposal(Editor& editor, const Match& match) {
  auto& names = Policy(editor).proposals;
  const std::string& name = match.Argument("name").text;
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return {};
}
std::optional<Fault> RemoveProposal(Editor& editor, const Match& match) {
  auto& names = Policy(editor).proposals;
  const Token* name = match.Find("name");
  if (name == nullptr) {
    names.clear();
  } else if (std::erase(names, name->text) == 0) {
    return Fault{name, "not a proposal of this policy"};
  }
  return {};
}
std::optional<Fault> PolicyVrf(Editor& editor, const Match& match) {
  auto& fvrf = Policy(editor).fvrf;
  fvrf.reset();
  if (match.negated()) return {};
  const Token* name = match.Find("vrf");
  fvrf = name == nullptr ? std::string(kAnyVrf) : name->text;
  return {};
}
std::optional<Fault> PolicyAddress(Editor& editor, const Match& match) {
  auto& local = Policy(editor).local;
  const net::Address address = IkeAddressOf(match);
  const bool known = std::find(local.begin(), local.end(), address) != local.end();
  if (match.negated()) {
    if (!known) return Fault{&match.tokens.back(), "not a local address of this policy"};
    std::erase(local, address);
  } else if (!address.IsRoutableUnicast()) {
    return Fault{&match.tokens.back(), "not an address of this system"};
  } else if (!known) {
    local.push_back(address);
  }
  return {};
}

std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr Mode kProposal = Mode::kIkev2Proposal;
constexpr Mode kPolicy = Mode::kIkev2Policy;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ikev2 proposal <name>",
      "Edit a proposal; makes it when it is new (SY-29). What is not set of that named default: "
      "aes-cbc-256 aes-cbc-128, sha512 sha384 sha256, group 19 14 21; with legacy algorithms "
      "aes-cbc-128 3des, sha1 md5, group 5 2 (SY-31)"},
     EnterProposal},
    {{Mode::kConfig, "no crypto ikev2 proposal <name>",
      "Remove a proposal; of the default one: switch it off ('default' brings it back)"},
     NoProposal},
    {{kProposal, "encryption @ike-ciphers ...", "Ciphers in the order of preference"}, Encryption},
    {{kProposal, "no encryption [ @ike-ciphers ... ]", "None; of the default one: as it comes"},
     Encryption},
    {{kProposal, "integrity @ike-hashes ...",
      "Integrity algorithms in the order of preference; AES-GCM and ChaCha20-Poly1305 need none"},
     Integrity},
    {{kProposal, "no integrity [ @ike-hashes ... ]", "None; of the default one: as it comes"},
     Integrity},
    {{kProposal, "prf @ike-hashes ...",
      "Pseudo-random functions in the order of preference (default: as the integrity); needed with "
      "AES-GCM and ChaCha20-Poly1305"},
     Prf},
    {{kProposal, "no prf [ @ike-hashes ... ]", "As the integrity"}, Prf},
    {{kProposal, "group @ike-groups ...", "Diffie-Hellman groups in the order of preference"},
     Groups},
    {{kProposal, "no group [ @ike-groups ... ]", "None; of the default one: as it comes"}, Groups},
    {{kProposal, "additional-key-exchange <number:1-7> @ike-methods ...",
      "One more key exchange, by any of these methods in the order of preference, in "
      "IKE_INTERMEDIATE (RFC 9370); ML-KEM is 35 to 37. 'none': may be left out, for peers that "
      "lack it. The same method is never used twice"},
     AdditionalGroups},
    {{kProposal, "no additional-key-exchange [ <number:1-7> [ @ike-methods ... ] ]",
      "None of this number, or none at all"},
     AdditionalGroups},
    {{kProposal, "exit", "Back to global configuration"}, Leave},
    {{Mode::kConfig, "crypto ikev2 policy <ikev2-name>",
      "Edit a policy; makes it when it is new (SY-33). What is not set of that named default: "
      "proposal default, fvrf any. It counts when no other fits"},
     EnterPolicy},
    {{Mode::kConfig, "no crypto ikev2 policy <ikev2-name>",
      "Remove a policy; of the default one: switch it off ('default' brings it back)"},
     NoPolicy},
    {{kPolicy, "proposal <name>", "Offer and take this proposal, behind those before it"},
     AddProposal},
    {{kPolicy, "no proposal [ <name> ]", "Remove a proposal, or all"}, RemoveProposal},
    {{kPolicy, "match fvrf { any | <vrf> }",
      "For packets of this VRF (default the global table; of the default policy: any)"},
     PolicyVrf},
    {{kPolicy, "no match fvrf [ { any | <vrf> } ]", "Back to the default"}, PolicyVrf},
    {{kPolicy, "match address local { <address> | <address6> }",
      "For this local address; several are alternatives (default any)"},
     PolicyAddress},
    {{kPolicy, "no match address local { <address> | <address6> }", "Not for this one"},
     PolicyAddress},
    {{kPolicy, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> Ikev2ProposalStatements() { return kStatements; }

}  // namespace vam::config
