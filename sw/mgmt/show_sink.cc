#include "sw/mgmt/show_sink.h"

#include <fmt/core.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "sw/mgmt/render.h"
#include "sw/mgmt/render_route.h"
#include "sw/mgmt/show_ikev2.h"
#include "sw/mgmt/show_ipsec.h"
#include "sw/mgmt/show_live.h"
#include "sw/mgmt/show_session.h"

namespace vam::mgmt {
namespace {

std::string Render(const api::ShowReply& reply, const ShowOptions& options, bool json) {
  return json ? RenderJson(reply) : RenderText(reply, options);
}

// With its quotes.
std::string JsonString(std::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(text));
  std::string quoted;
  const auto done = google::protobuf::util::MessageToJsonString(value, &quoted);
  return done.ok() ? quoted : "\"\"";
}

// Answers of one piece.
class WholeSink final : public ShowSink {
 public:
  WholeSink(const ShowOptions& options, bool json) : ShowSink(json), options_(options) {}
  std::string Piece(const api::ShowReply& piece) override {
    return Render(piece, options_, json());
  }

 private:
  ShowOptions options_;
};

class IpsecSaSink final : public ShowSink {
 public:
  explicit IpsecSaSink(const ShowOptions& options) : ShowSink(false), text_(options) {}
  std::string Piece(const api::ShowReply& piece) override { return text_.Piece(piece.ipsec_sa()); }
  std::string Finish() override { return text_.Finish(); }

 private:
  IpsecSaText text_;
};

class ConnectionsSink final : public ShowSink {
 public:
  ConnectionsSink() : ShowSink(false) {}
  std::string Piece(const api::ShowReply& piece) override {
    return RenderConnections(piece.ipsec_sa(), std::exchange(first_, false));
  }

 private:
  bool first_ = true;
};

// show crypto engine: the engines, then where each SA runs.
class EngineSink final : public ShowSink {
 public:
  explicit EngineSink(const ShowOptions& options) : ShowSink(false), options_(options) {}
  std::string Piece(const api::ShowReply& piece) override {
    const api::CryptoEngine& show = piece.crypto_engine();
    if (std::exchange(first_, false)) return RenderCryptoEngine(show, options_);
    return options_.view == ShowView::kDefault ? RenderPlacements(show, false) : "";
  }

 private:
  ShowOptions options_;
  bool first_ = true;
};

class Ikev2SaSink final : public ShowSink {
 public:
  explicit Ikev2SaSink(const ShowOptions& options) : ShowSink(false), text_(options) {}
  std::string Piece(const api::ShowReply& piece) override { return text_.Piece(piece.ike_sas()); }
  std::string Finish() override { return text_.Finish(); }

 private:
  Ikev2SaText text_;
};

class RulesetSink final : public ShowSink {
 public:
  explicit RulesetSink(bool detail) : ShowSink(false), detail_(detail) {}
  std::string Piece(const api::ShowReply& piece) override {
    RulesetText made = RenderRuleset(piece.crypto_ruleset(), detail_, std::move(heading_));
    heading_ = std::move(made.heading);
    return std::move(made.text);
  }

 private:
  bool detail_;
  std::string heading_;
};

class RouteSink final : public ShowSink {
 public:
  RouteSink() : ShowSink(false) {}
  std::string Piece(const api::ShowReply& piece) override { return text_.Piece(piece.ip_route()); }
  std::string Finish() override { return text_.Finish(); }
  std::string Fail(std::string_view sentence) override {
    return text_.Finish() + ErrorText(sentence, false);
  }

 private:
  RouteText text_;
};

class CountSink final : public ShowSink {
 public:
  CountSink(const ShowOptions& options, bool json) : ShowSink(json), options_(options) {}
  std::string Piece(const api::ShowReply& piece) override {
    count_.Piece(piece.ipsec_sa());
    return "";
  }
  std::string Finish() override {
    api::ShowReply reply;
    *reply.mutable_ipsec_sa_counts() = count_.counts();
    return Render(reply, options_, json());
  }

 private:
  ShowOptions options_;
  IpsecSaCount count_;
};

class SessionSink final : public ShowSink {
 public:
  SessionSink(const ShowOptions& options, bool json) : ShowSink(json), options_(options) {}
  std::string Piece(const api::ShowReply& piece) override {
    if (piece.has_ike_sas()) {
      table_.Add(piece.ike_sas());
    } else {
      table_.Add(piece.ipsec_sa());
    }
    return "";
  }
  std::string Finish() override {
    api::ShowReply reply;
    if (table_.overflow()) {
      reply.set_error(fmt::format("There are more than {} flows: name a peer or an interface.",
                                  SessionTable::kMostFlows));
    } else {
      *reply.mutable_crypto_sessions() = table_.Sessions();
    }
    return Render(reply, options_, json());
  }

 private:
  ShowOptions options_;
  SessionTable table_;
};

// show crypto isakmp peers: each once, however many IKE SAs there are with it.
class PeerSink final : public ShowSink {
 public:
  PeerSink(const ShowOptions& options, bool json) : ShowSink(json), options_(options) {
    reply_.mutable_ike_peers();
  }
  std::string Piece(const api::ShowReply& piece) override {
    for (const api::IkeSa& sa : piece.ike_sas().sa()) {
      if (sa.status() != "Active") continue;
      if (!shown_.emplace(sa.front_vrf(), sa.remote(), sa.remote_port()).second) continue;
      api::IkePeer& peer = *reply_.mutable_ike_peers()->add_peer();
      peer.set_address(sa.remote());
      peer.set_port(sa.remote_port());
      peer.set_local(sa.local());
      peer.set_description(sa.description());
      peer.set_phase1_id(sa.phase1_id());
      peer.set_front_vrf(sa.front_vrf());
      if (sa.peer_policy()) peer.add_flag("PEER_POLICY");
    }
    return "";
  }
  std::string Finish() override { return Render(reply_, options_, json()); }

 private:
  ShowOptions options_;
  api::ShowReply reply_;
  std::set<std::tuple<std::string, std::string, uint32_t>> shown_;  // VRF, address, port
};

// show crypto map, show crypto dynamic-map: the configuration, and what has come of it.
class CryptoMapSink final : public ShowSink {
 public:
  CryptoMapSink(const ShowOptions& options, bool json, Known known)
      : ShowSink(json),
        options_(options),
        reply_(std::move(known.base)),
        live_(std::move(known.templates)) {}
  std::string Piece(const api::ShowReply& piece) override {
    live_.Piece(piece.ipsec_sa());
    return "";
  }
  std::string Finish() override {
    live_.Complete(*reply_.mutable_crypto_map());
    return Render(reply_, options_, json());
  }

 private:
  ShowOptions options_;
  api::ShowReply reply_;
  LiveCrypto live_;
};

// show access-lists: the lines, and how often they matched.
class AccessListSink final : public ShowSink {
 public:
  AccessListSink(const ShowOptions& options, bool json, api::ShowReply base)
      : ShowSink(json), options_(options), reply_(std::move(base)) {}
  std::string Piece(const api::ShowReply& piece) override {
    AddMatches(piece.access_lists(), *reply_.mutable_access_lists());
    return "";
  }
  std::string Finish() override { return Render(reply_, options_, json()); }

 private:
  ShowOptions options_;
  api::ShowReply reply_;
};

// One object over all pieces: the members of the first, with the elements of all in the array
// `name` of the body.
class JsonSink final : public ShowSink {
 public:
  explicit JsonSink(std::string_view name) : ShowSink(true), name_(name) {}

  std::string Piece(const api::ShowReply& piece) override {
    std::string text;
    if (std::exchange(first_, false)) {
      text = Head(piece);
    }
    Elements(piece, text);
    return text;
  }
  std::string Finish() override { return first_ ? "{}\n" : "]" + tail_; }
  // The object that was begun is closed, with the error as one more member.
  std::string Fail(std::string_view sentence) override {
    if (first_) return ErrorText(sentence, true);
    return "],\n \"error\": " + JsonString(sentence) + tail_;
  }

 private:
  static const google::protobuf::Message& Body(const api::ShowReply& piece) {
    if (piece.has_ipsec_sa()) return piece.ipsec_sa();
    if (piece.has_crypto_ruleset()) return piece.crypto_ruleset();
    if (piece.has_ip_route()) return piece.ip_route();
    if (piece.has_ike_sas()) return piece.ike_sas();
    return piece.crypto_engine();
  }
  // Up to the bracket that opens the array; what follows the array is kept for the end.
  std::string Head(const api::ShowReply& piece) {
    api::ShowReply empty = piece;
    if (empty.has_ipsec_sa()) {
      empty.mutable_ipsec_sa()->clear_interface();
    } else if (empty.has_crypto_ruleset()) {
      empty.mutable_crypto_ruleset()->clear_rule();
    } else if (empty.has_ip_route()) {
      empty.mutable_ip_route()->clear_route();
    } else if (empty.has_ike_sas()) {
      empty.mutable_ike_sas()->clear_sa();
    } else {
      empty.mutable_crypto_engine()->clear_placement();
    }
    std::string text = RenderJson(empty);
    const size_t at = text.find("\"" + name_ + "\": [");
    if (at == std::string::npos) return text;
    const size_t open = text.find('[', at) + 1;
    tail_ = text.substr(text.find(']', open) + 1);
    return text.substr(0, open);
  }
  void Elements(const api::ShowReply& piece, std::string& text) {
    const google::protobuf::Message& body = Body(piece);
    const auto* field = body.GetDescriptor()->FindFieldByName(name_);
    const auto* reflection = body.GetReflection();
    const int count = field == nullptr ? 0 : reflection->FieldSize(body, field);
    for (int i = 0; i < count; ++i) {
      text += std::exchange(comma_, true) ? ",\n" : "\n";
      text += MessageJson(reflection->GetRepeatedMessage(body, field, i));
    }
  }

  std::string name_, tail_;
  bool first_ = true;
  bool comma_ = false;
};

}  // namespace

std::string ErrorText(std::string_view sentence, bool json) {
  api::ShowReply reply;
  reply.set_error(std::string(sentence));
  return json ? RenderJson(reply) : RenderText(reply);
}

std::unique_ptr<ShowSink> MakeShowSink(api::ShowKind kind, const ShowOptions& options, bool json,
                                       Known known) {
  if (kind == api::SHOW_CRYPTO_SESSION) {
    return std::make_unique<SessionSink>(options, json);
  }
  if (kind == api::SHOW_IKE_PEER) return std::make_unique<PeerSink>(options, json);
  if (known.base.has_crypto_map()) {
    return std::make_unique<CryptoMapSink>(options, json, std::move(known));
  }
  if (known.base.has_access_lists()) {
    return std::make_unique<AccessListSink>(options, json, std::move(known.base));
  }
  if (kind == api::SHOW_IPSEC_SA && options.view == ShowView::kCount) {
    return std::make_unique<CountSink>(options, json);
  }
  if (kind == api::SHOW_IPSEC_SA) {
    if (json) return std::make_unique<JsonSink>("interface");
    if (options.view == ShowView::kConnections) return std::make_unique<ConnectionsSink>();
    return std::make_unique<IpsecSaSink>(options);
  }
  if (kind == api::SHOW_CRYPTO_ENGINE) {
    if (json) return std::make_unique<JsonSink>("placement");
    return std::make_unique<EngineSink>(options);
  }
  if (kind == api::SHOW_IP_ROUTE || kind == api::SHOW_IPV6_ROUTE) {
    if (json) return std::make_unique<JsonSink>("route");
    return std::make_unique<RouteSink>();
  }
  if (kind == api::SHOW_IKE_SA && options.version == 2) {
    if (json) return std::make_unique<JsonSink>("sa");
    return std::make_unique<Ikev2SaSink>(options);
  }
  if (kind == api::SHOW_CRYPTO_RULESET) {
    if (json) return std::make_unique<JsonSink>("rule");
    return std::make_unique<RulesetSink>(options.detail);
  }
  return std::make_unique<WholeSink>(options, json);
}

}  // namespace vam::mgmt
