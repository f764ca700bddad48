// The process that gets revocation data by HTTP, and addresses of names by DNS, for mgmt. It holds
// no secrets and has no files of ours; what it brings is checked by those who use it.
#ifndef VAM_SW_MGMT_FETCH_WORKER_H_
#define VAM_SW_MGMT_FETCH_WORKER_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "sw/api/channel.h"
#include "sw/base/result.h"
#include "sw/net/address.h"

namespace vam::mgmt {

struct FetchLimits {
  size_t bytes = 8 * 1024 * 1024;  // of an answer
  uint32_t milliseconds = 10'000;  // for all URLs of one request
  uint32_t connect_milliseconds = 4'000;
  uint32_t redirects = 3;
  unsigned parallel = 8;  // requests under way; others wait
  unsigned waiting = 256;
  // Of certificates by hash and URL, which a stranger may have named: no redirects.
  size_t certificate_bytes = 64 * 1024;
  uint32_t certificate_milliseconds = 5'000;
  bool certificates_from_anywhere = false;  // also not public addresses: for tests
};

// An address that anybody in the internet could ask: not loopback, a private network's, of one
// link, reserved, or one that hides another one.
bool IsPublic(const net::Address& address);

// Answers FetchRequests and ResolveRequests (name_lookup.h) on `channel` until it closes. Of a
// fetch the next URL is tried when one fails. Only http:// is spoken, also after a redirect;
// certificates come from public addresses (IsPublic), as the socket is opened, whatever names and
// URLs say; no proxy, no cookie, no authentication. Returns the process's exit code.
int RunFetchWorker(api::Channel channel, const FetchLimits& limits);

// Starts a keeper, which starts a worker, again whenever it ends, and sends a channel to it (kPeer)
// each time. Both end with the calling process, and hold none of its descriptors. `confine` is
// called in each worker before it reads anything. To be called before the caller confines itself,
// and while it holds no secret. kIo.
Result<api::Channel> StartFetchKeeper(const FetchLimits& limits,
                                      const std::function<Status()>& confine);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_FETCH_WORKER_H_
