#include "sw/mgmt/metrics_worker.h"

#include <fmt/core.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sw/api/metrics.pb.h"
#include "sw/base/clock.h"
#include "sw/base/log.h"
#include "sw/mgmt/worker_keeper.h"
#include "sw/net/address.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kLongestWaitMs = 1000;
constexpr uint64_t kBusyWaitMs = 50;  // while something has a time to end, or to begin
constexpr int kBacklog = 16;
constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};

Result<api::OwnedFd> ListenAt(const net::Address& address, uint16_t port) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  api::OwnedFd fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Err(ErrorCode::kIo, "no socket");
  const int on = 1;
  sockaddr_storage where{};
  socklen_t size = 0;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
    size = sizeof v4;
    std::memcpy(&where, &v4, size);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
    size = sizeof v6;
    std::memcpy(&where, &v6, size);
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), size) != 0) {
    return Err(ErrorCode::kIo, errno == EADDRINUSE      ? "the port is in use"
                               : errno == EADDRNOTAVAIL ? "the host has no such address"
                                                        : "the address is refused");
  }
  if (listen(fd.get(), kBacklog) != 0) return Err(ErrorCode::kIo, "listen failed");
  return fd;
}

// One request. libmicrohttpd knows its address, and calls when it is over.
struct Scrape {
  uint32_t number = 0;
  MHD_Connection* connection = nullptr;
  bool asked = false;
  bool suspended = false;
  std::optional<api::MetricsReply> reply;
};

class Worker {
 public:
  Worker(api::Channel channel, const MetricsLimits& limits)
      : channel_(std::move(channel)), limits_(limits) {}
  ~Worker() { Stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int Run() {
    for (;;) {
      Wait();
      if (channel_.pending() && !channel_.Flush()) return 0;
      for (;;) {
        auto received = channel_.Receive();
        if (!received) return 0;  // mgmt is gone
        if (!*received) break;
        Take(**received);
      }
      if (daemon_ == nullptr && where_ && clock_.MonotonicNs() >= listen_at_ns_) Start();
      EndLate();
      if (daemon_ != nullptr) MHD_run(daemon_.get());
    }
  }

 private:
  void Wait() {
    pollfd waits[2] = {{channel_.fd(), POLLIN, 0}, {-1, POLLIN, 0}};
    if (channel_.pending()) waits[0].events |= POLLOUT;
    const bool busy = !connections_.empty() || (where_ && daemon_ == nullptr);
    MHD_UNSIGNED_LONG_LONG most = busy ? kBusyWaitMs : kLongestWaitMs;
    if (daemon_ != nullptr) {
      waits[1].fd = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
      MHD_UNSIGNED_LONG_LONG sooner = 0;
      if (MHD_get_timeout(daemon_.get(), &sooner) == MHD_YES) most = std::min(most, sooner);
    }
    poll(waits, 2, static_cast<int>(most));
  }

  void Take(const api::Message& message) {
    if (message.type == api::MessageType::kMetricsListen) {
      if (const auto listen = api::ParseAs<api::MetricsListen>(Bytes(message.payload))) {
        Stop();
        where_.reset();
        listen_at_ns_ = 0;
        if (!listen->address().empty()) where_ = *listen;
        Tell("");
      }
      return;
    }
    if (message.type != api::MessageType::kMetricsReply) return;
    const auto at = scrapes_.find(message.request);
    if (at == scrapes_.end()) return;  // its client has gone
    auto reply = api::ParseAs<api::MetricsReply>(Bytes(message.payload));
    if (!reply) return;
    at->second->reply = std::move(*reply);
    Resume(*at->second);
  }

  void Tell(const std::string& error) {
    api::MetricsState state;
    state.set_listening(daemon_ != nullptr);
    state.set_error(error);
    const Status sent = channel_.Send(api::MessageType::kMetricsState, 0, state);
    if (!sent) Log(LogLevel::kWarning, "metrics: mgmt was not told: {}", sent.error().text);
  }

  void Start() {
    listen_at_ns_ = clock_.MonotonicNs() + limits_.listen_again_milliseconds * kNsPerMs;
    const auto address = net::Address::Parse(where_->address());
    auto socket = address ? ListenAt(*address, static_cast<uint16_t>(where_->port()))
                          : Result<api::OwnedFd>(address.error());
    if (!socket) {
      return Tell(fmt::format("Metrics are not served at {} port {}: {}.", where_->address(),
                              where_->port(), socket.error().text));
    }
    daemon_.reset(MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Worker::OnRequest, this,
        MHD_OPTION_LISTEN_SOCKET, static_cast<MHD_socket>(socket->get()),
        MHD_OPTION_CONNECTION_LIMIT, limits_.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        limits_.connection_bytes, MHD_OPTION_NOTIFY_COMPLETED, &Worker::OnCompleted, this,
        MHD_OPTION_NOTIFY_CONNECTION, &Worker::OnConnection, this, MHD_OPTION_END));
    if (daemon_ == nullptr) return Tell("Metrics are not served: libmicrohttpd does not start.");
    static_cast<void>(socket->Release());  // the daemon closes it
    Tell("");
  }
  // Nobody may be suspended when the daemon stops.
  void Stop() {
    if (daemon_ == nullptr) return;
    for (auto& [number, scrape] : scrapes_) Refuse(*scrape);
    MHD_run(daemon_.get());
    daemon_.reset();
    scrapes_.clear();
    connections_.clear();
  }

  // A client that is slow in asking or reading costs a connection for a while, and no more.
  void EndLate() {
    const uint64_t now = clock_.MonotonicNs();
    for (auto& [connection, begun_ns] : connections_) {
      if (begun_ns == 0 || now - begun_ns < limits_.milliseconds * kNsPerMs) continue;
      begun_ns = 0;
      for (auto& [number, scrape] : scrapes_) {
        if (scrape->connection == connection) Refuse(*scrape);
      }
      const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      if (fd != nullptr) shutdown(fd->connect_fd, SHUT_RDWR);
    }
  }
  static void Refuse(Scrape& scrape) {
    if (!scrape.reply) {
      scrape.reply.emplace();
      scrape.reply->set_error("There was no answer in time.");
    }
    Resume(scrape);
  }
  static void Resume(Scrape& scrape) {
    if (std::exchange(scrape.suspended, false)) MHD_resume_connection(scrape.connection);
  }

  static void OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                           MHD_ConnectionNotificationCode code) {
    auto& worker = *static_cast<Worker*>(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      worker.connections_[connection] = worker.clock_.MonotonicNs();
    } else {
      worker.connections_.erase(connection);
    }
  }
  static void OnCompleted(void* self, MHD_Connection* /*connection*/, void** state,
                          MHD_RequestTerminationCode /*code*/) {
    if (*state == nullptr) return;
    static_cast<Worker*>(self)->scrapes_.erase(static_cast<Scrape*>(*state)->number);
    *state = nullptr;
  }

  static MHD_Result Queue(MHD_Connection* connection, unsigned code, std::string_view text) {
    MHD_Response* response = MHD_create_response_from_buffer(
        text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, kContentType);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (code == MHD_HTTP_METHOD_NOT_ALLOWED) {
      MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    const MHD_Result queued = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return queued;
  }

  // Called when the headers are there, with each part of a body, after that, and when it goes on.
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              size_t* upload_bytes, void** state) {
    auto& worker = *static_cast<Worker*>(self);
    const std::string_view verb(method);
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
      return Queue(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET alone is served here.\n");
    }
    if (std::string_view(url) != "/metrics") {
      return Queue(connection, MHD_HTTP_NOT_FOUND, "The metrics are at /metrics.\n");
    }
    if (*state == nullptr) {
      *state = worker.Open(connection);
      return MHD_YES;
    }
    *upload_bytes = 0;
    return worker.Serve(*static_cast<Scrape*>(*state));
  }
  Scrape* Open(MHD_Connection* connection) {
    auto scrape = std::make_unique<Scrape>();
    scrape->number = next_++;
    scrape->connection = connection;
    return (scrapes_[scrape->number] = std::move(scrape)).get();
  }
  MHD_Result Serve(Scrape& scrape) {
    if (!scrape.asked) {
      scrape.asked = true;
      const Status sent = channel_.Send(api::MessageType::kMetricsRequest, scrape.number, Bytes());
      if (!sent) {
        return Queue(scrape.connection, MHD_HTTP_SERVICE_UNAVAILABLE, "mgmt is busy.\n");
      }
    }
    if (!scrape.reply) {
      scrape.suspended = true;
      MHD_suspend_connection(scrape.connection);
      return MHD_YES;
    }
    if (!scrape.reply->error().empty()) {
      return Queue(scrape.connection, MHD_HTTP_SERVICE_UNAVAILABLE, scrape.reply->error() + "\n");
    }
    return Queue(scrape.connection, MHD_HTTP_OK, scrape.reply->text());
  }

  api::Channel channel_;
  const MetricsLimits& limits_;
  const SystemClock clock_;
  std::unique_ptr<MHD_Daemon, StopDaemon> daemon_;
  std::optional<api::MetricsListen> where_;
  uint64_t listen_at_ns_ = 0;                        // not before
  std::map<MHD_Connection*, uint64_t> connections_;  // when each began; 0: it was ended
  std::map<uint32_t, std::unique_ptr<Scrape>> scrapes_;
  uint32_t next_ = 1;
};

}  // namespace

int RunMetricsWorker(api::Channel channel, const MetricsLimits& limits) {
  return Worker(std::move(channel), limits).Run();
}

Result<api::Channel> StartMetricsKeeper(const MetricsLimits& limits,
                                        const std::function<Status()>& confine) {
  return StartKeeper(
      {.name = "metrics",
       .keeper = "vamd-metrics-k",
       .prepare = [] {},
       .confine = confine,
       .run = [&limits](
                  api::Channel channel) { return RunMetricsWorker(std::move(channel), limits); }});
}

}  // namespace vam::mgmt
