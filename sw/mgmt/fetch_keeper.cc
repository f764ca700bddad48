// The processes around the fetch worker.
#include <curl/curl.h>
#include <netdb.h>
#include <sys/socket.h>

#include "sw/mgmt/fetch_worker.h"
#include "sw/mgmt/worker_keeper.h"

namespace vam::mgmt {
namespace {

// What the C library and libcurl load on first use: later nothing may be made executable.
void LoadAll() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  addrinfo* found = nullptr;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  // Also the modules for names: this one never exists (RFC 6761, 6.4).
  for (const char* name : {"localhost", "openvam.invalid"}) {
    if (getaddrinfo(name, "80", &hints, &found) == 0) freeaddrinfo(found);
  }
}

}  // namespace

Result<api::Channel> StartFetchKeeper(const FetchLimits& limits,
                                      const std::function<Status()>& confine) {
  return StartKeeper({.name = "fetch",
                      .keeper = "vamd-fetchers",
                      .prepare = LoadAll,
                      .confine = confine,
                      .run = [&limits](api::Channel channel) {
                        return RunFetchWorker(std::move(channel), limits);
                      }});
}

}  // namespace vam::mgmt
