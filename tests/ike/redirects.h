// A client that follows redirects (RFC 5685), and the gateways that it is sent to and fro between:
// one machine under several addresses.
#ifndef VAM_TESTS_IKE_REDIRECTS_H_
#define VAM_TESTS_IKE_REDIRECTS_H_

#include <memory>
#include <vector>

#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test::redirects {

constexpr net::Address kA = net::Address::V4(0xc0000201);  // the client
constexpr net::Address kB = net::Address::V4(0xc0000202);  // whom it calls
constexpr net::Address kC = net::Address::V4(0xc633640c);  // 198.51.100.12
constexpr net::Address kD = net::Address::V4(0xc633640d);

// Takes those for its peers, with the tunnel's key.
std::shared_ptr<v2::Profile> ProfileFor(const Tunnel& tunnel,
                                        const std::vector<net::Address>& peers);
// What a says with B as its peer; `peers`: whom it takes for that.
v2::Policy::Parts Client(uint32_t most, const std::vector<net::Address>& peers = {kB, kC, kD});
// B under all of its addresses.
v2::Policy::Parts Gateways();
// The same for any tunnel of b, which has `others` too.
v2::Policy::Parts GatewaysOf(const Tunnel& tunnel, const std::vector<net::Address>& others);

// A message in clear.
struct Seen {
  v2::Header header;
  v2::Chain chain;
  std::vector<v2::NotifyPayload> notifies;
};
Seen Read(const Buffer& bytes);
Buffer NonceOf(const Buffer& request);

}  // namespace vam::ike::test::redirects

#endif  // VAM_TESTS_IKE_REDIRECTS_H_
