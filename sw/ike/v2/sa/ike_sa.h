// One IKE SA: what is agreed, what is under way, what it carries. Exchanges (sw/ike/v2/exchange)
// change it; it does nothing by itself.
#ifndef VAM_SW_IKE_V2_SA_IKE_SA_H_
#define VAM_SW_IKE_V2_SA_IKE_SA_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/crypto/key_exchange.h"
#include "sw/ike/identity.h"
#include "sw/ike/v2/auth/signature_method.h"
#include "sw/ike/v2/auth/supported_methods.h"
#include "sw/ike/v2/exchange/request.h"
#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/keys/sk_cipher.h"
#include "sw/ike/v2/policy/policy.h"
#include "sw/ike/v2/sa/address_leases.h"
#include "sw/ike/v2/sa/child_sa.h"
#include "sw/ike/v2/sa/ends.h"
#include "sw/ike/v2/sa/followup_state.h"
#include "sw/ike/v2/sa/fragments.h"
#include "sw/ike/v2/sa/held_tickets.h"
#include "sw/ike/v2/sa/intermediate_state.h"
#include "sw/ike/v2/sa/mobike.h"
#include "sw/ike/v2/sa/peer_limits.h"
#include "sw/ike/v2/sa/pushed_configuration.h"
#include "sw/ike/v2/sa/ticket_keys.h"
#include "sw/ike/v2/sa/window.h"

namespace vam::ike::v2 {

// How we prove who we are: of IKE_AUTH, from the moment when it is made.
struct OwnProof {
  std::vector<uint8_t> rest_of_id;               // of our ID payload
  std::shared_ptr<const Credential> credential;  // null: by a shared key
  AuthMethod method = AuthMethod::kSharedKey;
  std::vector<uint8_t> data;
};

// A post-quantum preshared key while IKE_AUTH runs (RFC 8784).
struct PpkUse {
  bool agreed = false;  // USE_PPK both ways
  // As initiator, where the peer may do without: the keys and the proof for that case.
  std::optional<IkeKeys> plain_keys;
  std::vector<uint8_t> plain_auth;
};

// What an IKE SA is resumed by (RFC 5723).
struct Resuming {
  std::unique_ptr<HeldTicket> held;  // as initiator
  TicketKeys::Opened shown;          // as responder
  // As initiator: the peer has said under its keys what becomes of the ticket, so it is for
  // nothing any more.
  bool known = false;

  const TicketState& from() const {
    if (held != nullptr) return held->state;
    return shown.state;
  }
};

// What is needed until the IKE SA is authenticated, and freed then.
struct Setup {
  std::vector<uint8_t> init_request;  // IKE_SA_INIT (or IKE_SESSION_RESUME) as it went over the
                                      // wire, from the header on
  std::vector<uint8_t> init_response;
  std::vector<uint8_t> nonce_i, nonce_r;
  // As initiator:
  std::optional<crypto::KeyExchange> exchange;
  std::vector<Proposal> offered;
  std::vector<uint8_t> cookie;
  bool peer_childless = false;  // CHILDLESS_IKEV2_SUPPORTED (RFC 6023)
  unsigned restarts = 0;        // IKE_SA_INIT begun anew for a cookie or another group
  IntermediateState intermediate;
  // Of certificates and signatures:
  PeerHashes peer_hashes;
  PeerMethods peer_methods;
  std::vector<KeyHash> peer_authorities;  // what its CERTREQ payloads name
  bool peer_looks_up = false;             // HTTP_CERT_LOOKUP_SUPPORTED
  OwnProof own;
  PpkUse ppk;
  std::unique_ptr<Resuming> resuming;  // null: it is made by IKE_SA_INIT
  bool held = false;  // another role is asked; nothing is taken from the peer meanwhile
  std::string why;    // what there is to say of a failure beside its cause; a sentence
};

// Repeated authentication (RFC 4478). Rekeying hands it on.
struct Reauth {
  bool called = false;      // we did: it is for us to begin
  uint64_t at_ns = 0;       // its next step is due; 0: none
  uint64_t by_ns = 0;       // the IKE SA ends then; 0: never
  uint64_t next = 0;        // SPI of the IKE SA that takes the place of this one; 0: not begun
  bool of_another = false;  // this one takes the place of another
};

// Session resumption (RFC 5723). Rekeying hands it on, but for the tickets.
struct Resumption {
  bool resumed = false;         // it was made by a ticket
  bool asks = false;            // the peer gives us tickets
  uint64_t ask_at_ns = 0;       // for the next one; 0: not
  uint64_t given_until_ns = 0;  // the last one that the peer got ends; 0: it got none
  // What no ticket outlives, nor the IKE SA made by it; 0: never.
  uint64_t reauth_by_ns = 0;
};

struct IkeSa {
  enum class State : uint8_t {
    kInit,      // initiator: IKE_SA_INIT is out
    kHalfOpen,  // responder: IKE_SA_INIT answered
    kAuth,      // IKE_AUTH is out, or being processed
    kUp,
    kReplaced,  // rekeyed; waits to be deleted
    kDeleting,  // the peer is told
    kGone,      // nothing refers to it any more but what is on its way back
  };

  uint64_t spi = 0;  // ours: never used twice, so also its number everywhere
  uint64_t peer_spi = 0;
  // For operators: never used twice while the role runs. `session` is the number of the first one,
  // which rekeying has made into this one.
  uint64_t number = 0;
  uint64_t session = 0;
  bool initiator = false;  // of this IKE SA (the I flag), which a rekey may change
  State state = State::kInit;
  Ends ends;
  // Between whom it was set up: what the configuration knows it by, wherever it has moved since.
  // It is as `ends` but with MOBIKE, or after a redirection.
  Ends home;
  // Redirected (RFC 5685): how often in a row, and by which gateway; it is with another one than
  // the configuration names. Of one that has called us `redirected_from` alone, as it says.
  // `caller`: we began the first of its IKE SAs.
  bool caller = false;
  bool leaving = false;         // one with another gateway is being made in its place
  bool peer_redirects = false;  // who has called us follows redirects
  uint8_t redirects = 0;
  net::Address redirected_from;
  std::unique_ptr<MobikeState> mobike;  // null: not both sides support it
  bool nat_here = false;                // we are behind a NAT
  bool nat_there = false;               // the peer is
  bool peer_fragments = false;
  bool peer_nat_traversal = false;  // it spoke of NATs

  std::shared_ptr<const Profile> profile;
  Identity local_identity;
  Identity peer_identity;
  AuthKind local_auth = AuthKind::kSharedKey;  // as it was done
  AuthKind peer_auth = AuthKind::kSharedKey;
  std::string peer_subject;  // of its certificate; empty: by a shared key
  // When that certificate, or one that it is trusted by, expires: since 1970-01-01 UTC; 0: none.
  int64_t trusted_until_s = 0;
  std::string peer_name;  // by which it was called; empty: by its address, or it has called

  Assigned assigned;                                  // to the peer
  std::shared_ptr<const PushedConfiguration> pushed;  // by the peer; null: nothing

  IkeSuite suite;
  IkeKeys keys;
  std::string ppk;  // id of the post-quantum preshared key that is mixed into `keys`; empty: none
  SkCounter counter;
  std::unique_ptr<Setup> setup;

  RequestWindow requests;
  ResponseWindow responses;
  RequestLimits asked;  // of us, once it is up
  FragmentBuffer fragments;
  std::vector<std::unique_ptr<Request>> waiting;                    // for room in the window
  std::vector<std::pair<uint32_t, std::unique_ptr<Request>>> sent;  // by message number

  // The peer makes this IKE SA anew: its new one, and the lowest nonce of that exchange (2.8.1).
  uint64_t successor = 0;
  uint64_t predecessor = 0;  // the one that the peer made anew into this one
  bool rekeying = false;     // we do: our request is out
  std::vector<uint8_t> peers_nonce;
  std::vector<std::unique_ptr<Followup>> followups;  // that the peer is to go on with

  std::vector<std::unique_ptr<ChildSa>> children;
  uint32_t last_child = 0;

  Reauth reauth;
  Resumption resumption;

  // When, on the monotonic clock; 0: not yet, or never.
  uint64_t begun_ns = 0;
  uint64_t up_ns = 0;
  uint64_t rekey_at_ns = 0;
  uint64_t expires_ns = 0;       // half-open, or the end of its life
  uint64_t keepalive_at_ns = 0;  // the next one for the NAT in front of us
  uint64_t heard_ns = 0;         // the last message of the peer that was verified
  uint64_t liveness_at_ns = 0;   // whether the peer is alive is asked then, unless it was heard

  uint64_t spi_i() const { return initiator ? spi : peer_spi; }
  uint64_t spi_r() const { return initiator ? peer_spi : spi; }
  // From where and to where an answer goes: as the request came, before the peer has said that it
  // moves (RFC 4555, 3.5).
  const Ends& answer_ends() const {
    if (mobike != nullptr) return mobike->asked_from;
    return ends;
  }
  SkKeys outbound() const { return SkOf(initiator); }
  SkKeys inbound() const { return SkOf(!initiator); }
  // A NAT is between us: ESP is in UDP. On port 4500 alone it is not.
  bool esp_in_udp() const { return ends.encapsulated && (nat_here || nat_there); }
  bool up() const { return state == State::kUp || state == State::kReplaced; }

  ChildSa* FindChild(uint32_t id);
  // By the SPI that the peer receives with: what its DELETE and REKEY_SA name.
  ChildSa* FindChildByPeer(uint32_t spi_out);
  ChildSa& AddChild(std::shared_ptr<const ChildConfig> config);
  void RemoveChild(uint32_t id);

 private:
  SkKeys SkOf(bool of_initiator) const {
    return {suite.cipher, suite.integrity, of_initiator ? keys.ei() : keys.er(),
            of_initiator ? keys.ai() : keys.ar()};
  }
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_IKE_SA_H_
