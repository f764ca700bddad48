// Messages that no honest peer sends, and the ways to bring them to a gateway.
#ifndef VAM_TESTS_IKE_FORGE_H_
#define VAM_TESTS_IKE_FORGE_H_

#include <cstdint>
#include <vector>

#include "sw/ike/v2/wire/message.h"
#include "sw/net/ports.h"
#include "tests/ike/network.h"

namespace vam::ike::test {

using Buffer = std::vector<uint8_t>;

// A packet that arrives at `to` as if it came from there.
void Inject(Side& to, const net::Address& from, Bytes message, uint16_t port = net::kIkePort);

// Only the first `count` packets arrive.
void PassOnly(Network& net, size_t count);

// Null: it has none.
v2::IkeSa* AnySa(Side& side);

enum class Cover { kClear, kRightKeys, kWrongKeys };

// A message for `sa` as its peer would send it, or as somebody without the keys would.
Buffer MessageFor(const v2::IkeSa& sa, Cover cover, v2::ExchangeType exchange, bool response,
                  uint32_t id, v2::MessageBuilder& inner);

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_FORGE_H_
