// Show answers that come in pieces, made into text piece by piece: no answer is held as a whole.
#ifndef VAM_SW_MGMT_SHOW_SINK_H_
#define VAM_SW_MGMT_SHOW_SINK_H_

#include <memory>
#include <string>
#include <string_view>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// A command that failed: "% SENTENCE", or {"error": "SENTENCE"}.
std::string ErrorText(std::string_view sentence, bool json);

// Takes the pieces of one answer in their order.
class ShowSink {
 public:
  explicit ShowSink(bool json) : json_(json) {}
  virtual ~ShowSink() = default;
  // The text that `piece` adds. Requires: no error in it.
  virtual std::string Piece(const api::ShowReply& piece) = 0;
  // The text after the last piece.
  virtual std::string Finish() { return ""; }
  // Instead of Finish: no more pieces come, for this reason. What was printed is whole JSON then.
  virtual std::string Fail(std::string_view sentence) { return ErrorText(sentence, json_); }

 protected:
  bool json() const { return json_; }

 private:
  bool json_;
};

// What mgmt knows of the answer before the forwarder has said anything.
struct Known {
  api::ShowReply base;       // by the configuration: crypto maps, access lists
  api::CryptoMap templates;  // the entries of the dynamic maps, for crypto maps
};

// What prints the answers of `kind`. `json`: one object, as RenderJson writes it; the array that
// goes over the pieces is its last member.
std::unique_ptr<ShowSink> MakeShowSink(api::ShowKind kind, const ShowOptions& options, bool json,
                                       Known known);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_SINK_H_
