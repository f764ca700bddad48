#include "sw/mgmt/fetch_worker.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sw/api/pki.pb.h"
#include "sw/base/clock.h"
#include "sw/base/log.h"
#include "sw/mgmt/name_lookup.h"

namespace vam::mgmt {
namespace {

constexpr int kTurnMs = 1000;
constexpr size_t kMostUrls = 8;
constexpr size_t kMostShown = 100;
constexpr uint64_t kLeastMs = 20;  // with less time left no further URL is tried

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One FetchRequest. Its address is known to libcurl.
struct Fetch {
  uint32_t request = 0;
  api::FetchRequest wanted;
  int next_url = 0;
  uint64_t deadline_ns = 0;
  std::unique_ptr<CURL, FreeEasy> easy;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::string data;
  size_t most = 0;
  bool too_long = false;
  std::string why;  // the last URL failed
};

size_t Take(char* bytes, size_t size, size_t count, void* user) {
  auto& fetch = *static_cast<Fetch*>(user);
  const size_t length = size * count;
  if (fetch.data.size() + length > fetch.most) {
    fetch.too_long = true;
    return 0;  // ends the transfer
  }
  fetch.data.append(bytes, length);
  return length;
}

net::Address AddressOf(const curl_sockaddr& from) {
  if (from.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from.addr, sizeof v4);
    return net::Address::V4(ntohl(v4.sin_addr.s_addr));
  }
  if (from.family != AF_INET6) return {};
  sockaddr_in6 v6{};
  static_assert(sizeof v6 <= sizeof(sockaddr_storage));
  std::memcpy(&v6, &from.addr, std::min<size_t>(sizeof v6, from.addrlen));
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return net::Address::V6(bytes);
}

// Where libcurl is about to connect to, after names were resolved.
curl_socket_t OpenPublic(void*, curlsocktype, curl_sockaddr* to) {
  if (!IsPublic(AddressOf(*to))) return CURL_SOCKET_BAD;
  return socket(to->family, to->socktype, to->protocol);
}

class Worker {
 public:
  Worker(api::Channel channel, const FetchLimits& limits)
      : channel_(std::move(channel)),
        limits_(limits),
        multi_(curl_multi_init()),
        names_([this](uint32_t request, const api::ResolveReply& reply) {
          Send(api::MessageType::kResolveReply, request, reply);
        }) {}

  int Run() {
    if (multi_ == nullptr) return 1;
    for (;;) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      TakeEnded();
      Begin();
      Wait();
      names_.Turn();
      if (channel_.pending() && !channel_.Flush()) return 0;
      for (;;) {
        auto received = channel_.Receive();
        if (!received) return 0;  // mgmt is gone
        if (!*received) break;
        if ((*received)->type == api::MessageType::kFetchRequest) Accept(**received);
        if ((*received)->type == api::MessageType::kResolveRequest) Resolve(**received);
      }
    }
  }

 private:
  void Wait() {
    std::vector<curl_waitfd> waits{{channel_.fd(), CURL_WAIT_POLLIN, 0}};
    if (channel_.pending()) waits[0].events |= CURL_WAIT_POLLOUT;
    for (const NameLookups::Wait& wait : names_.Waits()) {
      const int events = (wait.read ? CURL_WAIT_POLLIN : 0) | (wait.write ? CURL_WAIT_POLLOUT : 0);
      waits.push_back({wait.fd, static_cast<short>(events), 0});
    }
    curl_multi_poll(multi_.get(), waits.data(), static_cast<unsigned>(waits.size()),
                    names_.WaitMs(kTurnMs), nullptr);
  }
  void Resolve(const api::Message& message) {
    const auto wanted = api::ParseAs<api::ResolveRequest>(Bytes(message.payload));
    if (wanted) return names_.Begin(message.request, *wanted);
    api::ResolveReply reply;
    reply.set_error("The request is malformed.");
    Send(api::MessageType::kResolveReply, message.request, reply);
  }
  void Accept(const api::Message& message) {
    auto fetch = std::make_unique<Fetch>();
    fetch->request = message.request;
    auto wanted = api::ParseAs<api::FetchRequest>(Bytes(message.payload));
    if (!wanted) return Fail(*fetch, "The request is malformed.");
    fetch->wanted = std::move(*wanted);
    fetch->why = "No URL is named.";
    fetch->deadline_ns = clock_.MonotonicNs() + limits_.milliseconds * kNsPerMs;
    if (queue_.size() >= limits_.waiting) return Fail(*fetch, "Too much is being fetched.");
    queue_.push_back(std::move(fetch));
  }
  void Begin() {
    while (!queue_.empty() && running_.size() < limits_.parallel) {
      std::unique_ptr<Fetch> fetch = std::move(queue_.front());
      queue_.pop_front();
      NextUrl(std::move(fetch));
    }
  }

  // Waiting counts as well: who asked has given up by then.
  void NextUrl(std::unique_ptr<Fetch> fetch) {
    const uint64_t now = clock_.MonotonicNs();
    const uint64_t left_ms = now < fetch->deadline_ns ? (fetch->deadline_ns - now) / kNsPerMs : 0;
    const int urls = std::min<int>(fetch->wanted.url_size(), kMostUrls);
    if (fetch->next_url >= urls) return Fail(*fetch, fetch->why);
    if (left_ms < kLeastMs) return Fail(*fetch, "There was no answer in time.");
    const std::string& url = fetch->wanted.url(fetch->next_url++);
    fetch->data.clear();
    fetch->too_long = false;
    fetch->easy.reset(curl_easy_init());
    if (fetch->easy == nullptr || !Prepare(*fetch, url, left_ms)) {
      return Fail(*fetch, "libcurl refuses the request.");
    }
    CURL* easy = fetch->easy.get();
    running_[easy] = std::move(fetch);
    curl_multi_add_handle(multi_.get(), easy);
  }
  bool Prepare(Fetch& fetch, const std::string& url, uint64_t left_ms) {
    CURL* easy = fetch.easy.get();
    const bool certificate = fetch.wanted.kind() == api::FetchRequest::CERTIFICATE;
    fetch.most = certificate ? limits_.certificate_bytes : limits_.bytes;
    if (certificate) left_ms = std::min<uint64_t>(left_ms, limits_.certificate_milliseconds);
    CURLcode code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value);
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http");
    set(CURLOPT_FOLLOWLOCATION, certificate ? 0L : 1L);
    if (certificate && !limits_.certificates_from_anywhere) {
      set(CURLOPT_OPENSOCKETFUNCTION, OpenPublic);
    }
    set(CURLOPT_MAXREDIRS, static_cast<long>(limits_.redirects));
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left_ms));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_milliseconds));
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(fetch.most));
    set(CURLOPT_USERAGENT, "OpenVAM");
    set(CURLOPT_WRITEFUNCTION, Take);
    set(CURLOPT_WRITEDATA, &fetch);
    if (fetch.wanted.kind() != api::FetchRequest::OCSP) return code == CURLE_OK;
    // RFC 6960, A.1.
    fetch.headers.reset(curl_slist_append(nullptr, "Content-Type: application/ocsp-request"));
    if (fetch.headers == nullptr) return false;
    set(CURLOPT_HTTPHEADER, fetch.headers.get());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(fetch.wanted.ocsp_request().size()));
    set(CURLOPT_POSTFIELDS, fetch.wanted.ocsp_request().data());  // lives as long as `fetch`
    return code == CURLE_OK;
  }

  void TakeEnded() {
    int left = 0;
    while (const CURLMsg* ended = curl_multi_info_read(multi_.get(), &left)) {
      if (ended->msg != CURLMSG_DONE) continue;
      CURL* easy = ended->easy_handle;
      const CURLcode code = ended->data.result;
      curl_multi_remove_handle(multi_.get(), easy);
      auto node = running_.extract(easy);
      if (node.empty()) continue;
      Ended(std::move(node.mapped()), code);
    }
  }
  void Ended(std::unique_ptr<Fetch> fetch, CURLcode code) {
    long status = 0;  // NOLINT(google-runtime-int): of libcurl
    curl_easy_getinfo(fetch->easy.get(), CURLINFO_RESPONSE_CODE, &status);
    constexpr long kOk = 200;  // NOLINT(google-runtime-int)
    if (code == CURLE_OK && status == kOk) {
      api::FetchReply reply;
      reply.set_data(std::move(fetch->data));
      return Send(api::MessageType::kFetchReply, fetch->request, reply);
    }
    const std::string& url = fetch->wanted.url(fetch->next_url - 1);
    const bool long_answer = fetch->too_long || code == CURLE_FILESIZE_EXCEEDED;
    fetch->why = fmt::format("{}: {}.", url.substr(0, kMostShown),
                             long_answer        ? fmt::format("longer than {} bytes", fetch->most)
                             : code == CURLE_OK ? fmt::format("HTTP status {}", status)
                                                : curl_easy_strerror(code));
    NextUrl(std::move(fetch));
  }

  void Fail(const Fetch& fetch, const std::string& why) {
    api::FetchReply reply;
    reply.set_error(why);
    Send(api::MessageType::kFetchReply, fetch.request, reply);
  }
  template <typename Reply>
  void Send(api::MessageType type, uint32_t request, const Reply& reply) {
    const Status sent = channel_.Send(type, request, reply);
    if (!sent) Log(LogLevel::kWarning, "fetch: an answer was not sent: {}", sent.error().text);
  }

  api::Channel channel_;
  const FetchLimits& limits_;
  const SystemClock clock_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::map<CURL*, std::unique_ptr<Fetch>> running_;
  std::deque<std::unique_ptr<Fetch>> queue_;
  NameLookups names_;
};

}  // namespace

bool IsPublic(const net::Address& address) {
  if (address.is_v6()) {
    // 2000::/3 but 6to4 and Teredo, in which an IPv4 address stands.
    const auto& bytes = address.raw();
    const bool six_to_four = bytes[0] == 0x20 && bytes[1] == 0x02;
    const bool teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
    return (bytes[0] & 0xe0) == 0x20 && !six_to_four && !teredo;
  }
  if (!address.is_v4()) return false;
  struct Network {
    uint32_t base;
    unsigned length;
  };
  // RFC 6890, without the networks of documentation; multicast and above.
  constexpr std::array kOthers{
      Network{0x00000000, 8},  Network{0x0a000000, 8},  Network{0x64400000, 10},
      Network{0x7f000000, 8},  Network{0xa9fe0000, 16}, Network{0xac100000, 12},
      Network{0xc0000000, 24}, Network{0xc0586300, 24}, Network{0xc0a80000, 16},
      Network{0xc6120000, 15}, Network{0xe0000000, 3},
  };
  const uint32_t number = address.v4();
  return std::ranges::none_of(kOthers, [number](const Network& network) {
    return (number ^ network.base) >> (32 - network.length) == 0;
  });
}

int RunFetchWorker(api::Channel channel, const FetchLimits& limits) {
  return Worker(std::move(channel), limits).Run();
}

}  // namespace vam::mgmt
