// An exchange that we begin: from the moment it is wanted until its answer is there.
#ifndef VAM_SW_IKE_V2_EXCHANGE_REQUEST_H_
#define VAM_SW_IKE_V2_EXCHANGE_REQUEST_H_

#include <optional>
#include <vector>

#include "sw/ike/v2/sa/window.h"
#include "sw/ike/v2/wire/message.h"
#include "sw/ike/v2/wire/payloads.h"

namespace vam::ike::v2 {

class Core;
struct IkeSa;

// A message of the peer, verified and taken apart. Spans belong to the caller.
struct Incoming {
  Header header;
  Bytes raw;  // of IKE_SA_INIT: as it came; of IKE_INTERMEDIATE: what IntAuth covers
  std::vector<RawPayload> payloads;
  std::vector<NotifyPayload> notifies;
};

class Request {
 public:
  virtual ~Request() = default;

  virtual ExchangeType type() const = 0;
  // False: waits for another role; whoever brings what lacks calls Core::Touch.
  virtual bool Ready(const IkeSa& /*sa*/) const { return true; }
  // Writes the payloads, when there is room in the window. False: it is not needed any more.
  virtual bool Write(Core& core, IkeSa& sa, MessageBuilder& message) = 0;
  // When it is sent again. Nothing: as every request.
  virtual std::optional<RetryPolicy> retry(const IkeSa& /*sa*/) const { return std::nullopt; }
  virtual void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) = 0;
  // There will be no answer: the IKE SA ends, and its children with it.
  virtual void OnLost(Core& /*core*/, IkeSa& /*sa*/) {}
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_REQUEST_H_
