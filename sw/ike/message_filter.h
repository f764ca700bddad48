// Where messages leave and enter the ikev2 role: what a test build puts there (impair.h). Any other
// build has nothing there.
#ifndef VAM_SW_IKE_MESSAGE_FILTER_H_
#define VAM_SW_IKE_MESSAGE_FILTER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "sw/api/impair.pb.h"
#include "sw/base/bytes.h"

namespace vam::ike {

// One thread. A payload is that of a kIkePacket (sw/api/fast.h).
class MessageFilter {
 public:
  virtual ~MessageFilter() = default;
  // Takes a message on; called later, more than once, or never.
  using Pass = std::function<void(Bytes payload)>;
  virtual void SetWays(Pass out, Pass in) = 0;
  virtual void Outgoing(Bytes payload) = 0;
  virtual void Incoming(Bytes payload) = 0;
  // Messages that were delayed, and are due.
  virtual void Poll() = 0;
  virtual uint64_t next_ns() const = 0;  // when the next one is; UINT64_MAX: there is none
  // Empty, or why not: a full sentence.
  virtual std::string Change(const api::ImpairRequest& request) = 0;
  virtual api::Impairments Show() const = 0;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_MESSAGE_FILTER_H_
