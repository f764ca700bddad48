// Show answers that come in pieces, made into text piece by piece: no answer is held as a whole.
#ifndef VAM_SW_MGMT_SHOW_SINK_H_
#define VAM_SW_MGMT_SHOW_SINK_H_

#include <memory>
#include <string>

#include "sw/api/show.pb.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

// Takes the pieces of one answer in their order.
class ShowSink {
 public:
  virtual ~ShowSink() = default;
  // The text that `piece` adds. Requires: no error in it.
  virtual std::string Piece(const api::ShowReply& piece) = 0;
  // The text after the last piece.
  virtual std::string Finish() { return ""; }
};

// What prints the answers of `kind`. `json`: one object, as RenderJson writes it; the array that
// goes over the pieces is its last member. `ike`: what is known of IKE, for the sessions.
std::unique_ptr<ShowSink> MakeShowSink(api::ShowKind kind, const ShowOptions& options, bool json,
                                       const api::IkeSas& ike);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_SINK_H_
