// IKE_SA_INIT (RFC 7296, 1.2, 2.6, 2.7, 2.23): both sides. The responder's takes IKE_SESSION_RESUME
// (session_resume.h), too: the same is asked of both before anything is kept.
#ifndef VAM_SW_IKE_V2_EXCHANGE_SA_INIT_H_
#define VAM_SW_IKE_V2_EXCHANGE_SA_INIT_H_

#include "sw/ike/cookie.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/exchange/incoming.h"

namespace vam::ike::v2 {

// A half-open IKE SA waits so long for IKE_AUTH.
inline constexpr uint64_t kHalfOpenNs = 30 * kNsPerSecond;

// The first message goes out anew so often: with a cookie that the peer wants, or another group.
inline constexpr unsigned kMostRestarts = 4;

// One with the peer of `sa`, at `remote`; nothing is begun. To the configuration the peer is the
// same, by its name, wherever it has moved or sent us since.
IkeSa& CreateAnew(Core& core, const IkeSa& sa, const net::Address& remote);
// What is to be protected goes to such a one with its children; those whose SPI is still asked for
// ask anew.
void TakeAlong(Core& core, IkeSa& from, IkeSa& to);

// Initiator. Begins anew when the peer wants a cookie or another group, some times; then goes on
// with IKE_AUTH.
class SaInitRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeSaInit; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  void Restart(Core& core, IkeSa& sa);
  void OnCookie(Core& core, IkeSa& sa, Bytes cookie);
  void OnOtherGroup(Core& core, IkeSa& sa, Bytes group);
};

// The responder's side. Nothing is kept before the cookie, where one is wanted.
class SaInitResponder {
 public:
  SaInitResponder(Core& core, CookieMaker& cookies) : core_(core), cookies_(cookies) {}

  // A request for a new IKE SA, or the same again.
  void OnRequest(const Ends& ends, const Incoming& request);

 private:
  // False: the answer was a refusal, a cookie or a redirection, or there was none.
  bool Admit(const Ends& ends, const Incoming& request, Bytes nonce);
  void AskForCookie(const Ends& ends, const Incoming& request, Bytes nonce);
  void Refuse(const Ends& ends, const Incoming& request, MessageBuilder& message);
  void Refuse(const Ends& ends, const Incoming& request, NotifyType type);
  void Accept(const Ends& ends, const Incoming& request, const KeyOffer& offer,
              const Choice<IkeSuite>& choice);
  void OnResume(const Ends& ends, const Incoming& request);
  void AcceptTicket(const Ends& ends, const Incoming& request, Bytes nonce,
                    TicketKeys::Opened ticket);

  Core& core_;
  CookieMaker& cookies_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_SA_INIT_H_
