// crypto isakmp peer: what a peer is called, whatever version of IKE it speaks (MG-3..MG-6).
#include <fmt/core.h>

#include "sw/config/pending.h"
#include "sw/config/statements_ike.h"

namespace vam::config {
namespace {

constexpr std::string_view kHead = "crypto isakmp peer ";

// What stands behind the words of the statement, each peer in one form alone.
std::string NameOf(const Match& match) {
  std::string line;
  for (const Token& token : match.tokens) {
    if (&token == &match.tokens.front() && match.negated()) continue;
    line += (line.empty() ? "" : " ") + token.text;
  }
  return HeadOf(line).substr(kHead.size());
}

std::optional<Fault> EnterPeer(Editor& editor, const Match& match) {
  IsakmpPeer peer;
  if (const Token* v4 = match.Find("address")) peer.address = net::Prefix::Host(AddressOf(*v4));
  if (const Token* v6 = match.Find("ike-prefix")) {
    const Token* length = match.Find("number");
    const bool slash = v6->text.find('/') != std::string::npos;
    if (slash && length != nullptr) return Fault{length, "the prefix has its length already"};
    const auto prefix = net::Prefix::Parse(
        slash ? v6->text : v6->text + "/" + (length == nullptr ? "128" : length->text));
    if (!prefix || !prefix->base().is_v6())
      return Fault{v6, "not an IPv6 address, or a prefix with bits behind its length"};
    peer.address = *prefix;
  }
  if (const Token* name = match.Find("domain-name")) peer.hostname = name->text;
  if (const Token* vrf = match.Find("vrf")) peer.vrf = vrf->text;
  peer.name = NameOf(match);
  if (const IsakmpPeer* known = editor.running.ike.peers.Find(peer.name)) {
    peer.description = known->description;
  }
  editor.Note(std::string(kHead) + peer.name);
  editor.Enter(Mode::kIsakmpPeer, peer.name);
  editor.running.ike.peers.push_back(std::move(peer));
  return {};
}
std::optional<Fault> NoPeer(Editor& editor, const Match& match) {
  if (!EraseNamed(editor.running.ike.peers, NameOf(match))) {
    return Fault{&match.tokens[3], "no such peer"};
  }
  return {};
}
std::optional<Fault> Description(Editor& editor, const Match& match) {
  return SetDescription(FindOrAdd(editor.running.ike.peers, editor.object).description, match,
                        kLongestPeerDescription);
}
std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr Mode kPeer = Mode::kIsakmpPeer;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto isakmp peer @isakmp-peer [ vrf <vrf> ]",
      "Edit what is known of a peer by its outer address or its name; makes it when it is new"},
     EnterPeer},
    {{Mode::kConfig, "no crypto isakmp peer @isakmp-peer [ vrf <vrf> ]", "Forget it"}, NoPeer},
    {{kPeer, "description <line>",
      "Text for people, up to 80 characters: in show commands and in messages of sessions"},
     Description},
    {{kPeer, "no description", "Remove the text"}, Description},
    {{kPeer, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> IsakmpPeerStatements() { return kStatements; }

}  // namespace vam::config
