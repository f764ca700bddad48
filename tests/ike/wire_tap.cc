#include "tests/ike/wire_tap.h"

#include "sw/ike/v2/wire/header.h"
#include "sw/ike/v2/wire/message.h"

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

void WireTap::Packet(const Ends& /*ends*/, bool sent, Bytes message) {
  const auto header = sent ? ParseHeader(message) : Result<Header>(Err(ErrorCode::kNotFound, ""));
  if (!header) return;
  const IkeSa* sa = side_.machine.core().Find(header->from_initiator ? header->initiator_spi
                                                                     : header->responder_spi);
  const auto chain = ParseChain(header->next_payload, message.subspan(kHeaderBytes));
  if (sa == nullptr || !chain || !chain->encrypted) return;
  if (chain->encrypted->payload.type == PayloadType::kEncryptedFragment) return;
  const auto text = Open(sa->outbound(), message, *chain->encrypted);
  const auto payloads = text ? ParseInner(chain->encrypted->first_inner, *text)
                             : Result<std::vector<RawPayload>>(text.error());
  if (!payloads) return;
  for (const RawPayload& payload : *payloads) {
    deletes_ += payload.type == PayloadType::kDelete ? 1 : 0;
  }
  const auto notifies = ParseNotifies(*payloads);
  if (!notifies) return;
  for (const NotifyPayload& notify : *notifies) ++notifies_[notify.type];
}

}  // namespace vam::ike::test
