// The configuration payload (RFC 7296, 2.19, 3.15): what a peer is assigned and told, what we ask
// for. A profile's authorization policy says what peers get; without one a request in IKE_AUTH is
// passed over, as by who does not know the payload.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CONFIGURATION_H_
#define VAM_SW_IKE_V2_EXCHANGE_CONFIGURATION_H_

#include <optional>
#include <utility>
#include <vector>

#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/wire/payload_cp.h"
#include "sw/ike/v2/wire/payload_ts.h"

namespace vam::ike::v2 {

// ---- the side that is asked

// A payload with the bytes of its attributes.
struct OwnedConfiguration {
  ConfigType type = ConfigType::kReply;
  std::vector<std::pair<ConfigAttribute, std::vector<uint8_t>>> attributes;
  void Write(MessageBuilder& message) const;
};

struct ConfigurationAnswer {
  std::optional<OwnedConfiguration> reply;  // nothing: none is due
  std::optional<NotifyType> refusal;        // in the place of a child
};
// Of IKE_AUTH, and of CREATE_CHILD_SA for another child. Assigns what the request asks for and the
// IKE SA does not have. Refused: the pools are empty (INTERNAL_ADDRESS_FAILURE), an address is
// needed and was not asked for (FAILED_CP_REQUIRED), the payload is malformed. Requires: the peer
// has proved who it is.
ConfigurationAnswer AnswerConfiguration(Core& core, IkeSa& sa, const Incoming& request);

// What of `remote` such a peer may have: with an address its own, else all.
std::vector<TrafficSelector> WithinAssigned(const IkeSa& sa, std::vector<TrafficSelector> remote);

// After a new configuration: whether the profile still gives the peer its addresses.
bool KeepsAddresses(Core& core, const IkeSa& sa);

// Of INFORMATIONAL: CFG_REQUEST is answered without assigning anything, CFG_SET by the profile's
// `config-exchange set accept`.
void TakeConfiguration(IkeSa& sa, const Incoming& request, MessageBuilder& answer);

// ---- the side that asks

// With `config-exchange request`. Of an address that this IKE SA takes over, that one.
void WriteConfigurationRequest(const IkeSa& sa, MessageBuilder& message);
// An address was asked for, and has not come yet: another child asks again.
bool LacksAddress(const IkeSa& sa);
// Keeps what came. kMalformed: it cannot be read.
Status ReadConfigurationReply(IkeSa& sa, const Incoming& answer);

// With `config-exchange set send`, once the IKE SA is up: tells the peer what its policy says.
void SendConfiguration(Core& core, IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CONFIGURATION_H_
