#include "sw/mgmt/show_sink.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "sw/mgmt/render.h"
#include "sw/mgmt/show_ipsec.h"
#include "sw/mgmt/show_session.h"

namespace vam::mgmt {
namespace {

std::string Render(const api::ShowReply& reply, const ShowOptions& options, bool json) {
  return json ? RenderJson(reply) : RenderText(reply, options);
}

// Answers of one piece.
class WholeSink final : public ShowSink {
 public:
  WholeSink(const ShowOptions& options, bool json) : options_(options), json_(json) {}
  std::string Piece(const api::ShowReply& piece) override { return Render(piece, options_, json_); }

 private:
  ShowOptions options_;
  bool json_;
};

class IpsecSaSink final : public ShowSink {
 public:
  explicit IpsecSaSink(const ShowOptions& options) : text_(options) {}
  std::string Piece(const api::ShowReply& piece) override { return text_.Piece(piece.ipsec_sa()); }
  std::string Finish() override { return text_.Finish(); }

 private:
  IpsecSaText text_;
};

class ConnectionsSink final : public ShowSink {
 public:
  std::string Piece(const api::ShowReply& piece) override {
    return RenderConnections(piece.ipsec_sa(), std::exchange(first_, false));
  }

 private:
  bool first_ = true;
};

// show crypto engine: the engines, then where each SA runs.
class EngineSink final : public ShowSink {
 public:
  explicit EngineSink(const ShowOptions& options) : options_(options) {}
  std::string Piece(const api::ShowReply& piece) override {
    const api::CryptoEngine& show = piece.crypto_engine();
    if (std::exchange(first_, false)) return RenderCryptoEngine(show, options_);
    return options_.view == ShowView::kDefault ? RenderPlacements(show, false) : "";
  }

 private:
  ShowOptions options_;
  bool first_ = true;
};

class CountSink final : public ShowSink {
 public:
  CountSink(const ShowOptions& options, bool json) : options_(options), json_(json) {}
  std::string Piece(const api::ShowReply& piece) override {
    count_.Piece(piece.ipsec_sa());
    return "";
  }
  std::string Finish() override {
    api::ShowReply reply;
    *reply.mutable_ipsec_sa_counts() = count_.counts();
    return Render(reply, options_, json_);
  }

 private:
  ShowOptions options_;
  bool json_;
  IpsecSaCount count_;
};

class SessionSink final : public ShowSink {
 public:
  SessionSink(const ShowOptions& options, bool json, const api::IkeSas& ike)
      : options_(options), json_(json), ike_(ike) {}
  std::string Piece(const api::ShowReply& piece) override {
    table_.Add(piece.ipsec_sa());
    return "";
  }
  std::string Finish() override {
    api::ShowReply reply;
    table_.Add(ike_);
    if (table_.overflow()) {
      reply.set_error(fmt::format("There are more than {} flows: name a peer or an interface.",
                                  SessionTable::kMostFlows));
    } else {
      *reply.mutable_crypto_sessions() = table_.Sessions();
    }
    return Render(reply, options_, json_);
  }

 private:
  ShowOptions options_;
  bool json_;
  api::IkeSas ike_;
  SessionTable table_;
};

// One object over all pieces: the members of the first, with the elements of all in the array
// `name` of the body.
class JsonSink final : public ShowSink {
 public:
  explicit JsonSink(std::string_view name) : name_(name) {}

  std::string Piece(const api::ShowReply& piece) override {
    std::string text;
    if (std::exchange(first_, false)) {
      text = Head(piece);
    }
    Elements(piece, text);
    return text;
  }
  std::string Finish() override { return first_ ? "{}\n" : "]" + tail_; }

 private:
  static const google::protobuf::Message& Body(const api::ShowReply& piece) {
    if (piece.has_ipsec_sa()) return piece.ipsec_sa();
    return piece.crypto_engine();
  }
  // Up to the bracket that opens the array; what follows the array is kept for the end.
  std::string Head(const api::ShowReply& piece) {
    api::ShowReply empty = piece;
    if (empty.has_ipsec_sa()) {
      empty.mutable_ipsec_sa()->clear_interface();
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

std::unique_ptr<ShowSink> MakeShowSink(api::ShowKind kind, const ShowOptions& options, bool json,
                                       const api::IkeSas& ike) {
  if (kind == api::SHOW_CRYPTO_SESSION) {
    return std::make_unique<SessionSink>(options, json, ike);
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
  return std::make_unique<WholeSink>(options, json);
}

}  // namespace vam::mgmt
