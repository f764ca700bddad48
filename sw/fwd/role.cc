// The fwd role of vamd: one loop that forwards packets and, between bursts, answers mgmt and the
// supervisor.
#include "sw/vamd/role.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/api/debug.pb.h"
#include "sw/api/log.h"
#include "sw/api/peer_names.h"
#include "sw/api/ping.pb.h"
#include "sw/api/turn.h"
#include "sw/base/heap.h"
#include "sw/base/log.h"
#include "sw/config/numbering.h"
#include "sw/config/render.h"
#include "sw/fwd/config_intake.h"
#include "sw/fwd/eal.h"
#include "sw/fwd/ethdev_port.h"
#include "sw/fwd/gateway.h"
#include "sw/fwd/ike_channel.h"
#include "sw/fwd/pcap_file_port.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/ipsec/warm_up.h"
#include "sw/offload/card_factory.h"
#include "sw/vamd/role_link.h"

namespace vam::fwd {

namespace {

constexpr unsigned kBuffers = 8192;
constexpr unsigned kLargeBuffers = 32;
// Control messages are looked at once in this many busy turns, and on every idle one.
constexpr unsigned kTurnsPerControl = 32;
// What one turn takes from mgmt, and asks it for: the rest waits for the next.
constexpr size_t kMessagesPerTurn = 64;
constexpr size_t kQuestionsPerTurn = 64;
// Messages of the IKE role are looked for once in so many busy turns.
constexpr unsigned kTurnsPerIke = 8;
constexpr uint64_t kStatsTimeoutNs = kNsPerSecond;
// An idle worker looks again so often before it sleeps: other roles may want the processor, to make
// the very thing that it waits for. Then it sleeps longer and longer.
constexpr unsigned kSpinTurns = 4;
constexpr unsigned kSleepsOfALength = 16;
constexpr long kShortestSleepNs = 10'000;
constexpr unsigned kDoublings = 4;     // of the shortest sleep, to 160 us
constexpr long kBusySleepNs = 20'000;  // while packets are with an engine
static_assert(vamd::kMaxWorkers == Gateway::kMaxWorkers);

// "af_packet:eth1" and so on, as EthdevPort takes it; nothing for a device that is no ethdev.
std::optional<std::string> EthdevText(const config::Device& device) {
  switch (device.kind) {
    case config::DeviceKind::kAfPacket:
      return "af_packet:" + device.name;
    case config::DeviceKind::kTap:
      return "tap:" + device.name;
    case config::DeviceKind::kEthdev:
      return "vdev:" + device.name;
    case config::DeviceKind::kPcap:
      return std::nullopt;
  }
  return std::nullopt;
}

// libcrypto reads its configuration and loads its providers at the first use, and a confined role
// may open no file.
bool UseEveryAlgorithm() {
  const Status used = ipsec::UseEveryAlgorithm();
  if (!used) Log(LogLevel::kError, "libcrypto: {}", used.error().text);
  return used.has_value();
}

class FwdRole {
 public:
  explicit FwdRole(vamd::RoleContext& context)
      : context_(context), control_(PrepareControlThread), intake_(control_) {}

  int Run();

 private:
  bool Initialise();
  bool WaitForPrepare();
  bool OpenPorts(const config::Running& running);
  Result<GatewayPort> OpenPort(const config::Interface& interface);
  bool PortsDiffer(const config::Running& running) const;
  void Loop();
  void Idle();
  void PollControl();
  void FromSupervisor(api::Message message);
  void FromMgmt(api::Message message);
  void MgmtChanged();
  void PollConfiguration();
  void OnShow(const api::Message& message);
  void OnClear(const api::Message& message);
  void AnswerShows();
  void OnPing(const api::Message& message);
  void AnswerPings();
  void SendDebug();
  void SendEvents();
  void AskForNumbers();
  template <typename Reply>
  void Answer(api::MessageType type, uint32_t request, const Reply& reply);

  struct PendingShow {
    uint32_t request;
    api::ShowRequest what;
    uint64_t deadline_ns;  // 0: its counters have not been asked for
  };

  vamd::RoleContext& context_;
  api::Channel mgmt_;
  IkeChannel ike_;
  rte_mempool* pool_ = nullptr;
  rte_mempool* large_pool_ = nullptr;
  ControlThread control_;
  ConfigIntake intake_;
  net::NameTable names_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<config::Interface> opened_;  // as they were when their ports were opened
  config::CardKind card_kind_ = config::CardKind::kNone;
  std::deque<PendingShow> shows_;
  bool more_messages_ = false;  // of mgmt, than one turn takes
  bool control_ready_ = true;   // mgmt or the supervisor has something, as an idle turn saw
  bool ike_ready_ = true;
  unsigned idle_turns_ = 0;
  HeapTrimmer heap_;
  bool stop_ = false;
};

template <typename Reply>
void FwdRole::Answer(api::MessageType type, uint32_t request, const Reply& reply) {
  if (const Status sent = mgmt_.Send(type, request, reply); !sent) {
    Log(LogLevel::kWarning, "answer to mgmt not sent: {}", sent.error().text);
  }
}

// More threads than processors is allowed (tests do it) and costs speed.
void NoteProcessors(unsigned workers) {
  const unsigned processors = std::thread::hardware_concurrency();
  if (processors == 0 || workers <= processors) return;
  Log(LogLevel::kWarning, "{} workers share {} processors: fewer would be faster", workers,
      processors);
}

bool FwdRole::Initialise() {
  NoteProcessors(context_.options.workers);
  EalOptions eal;
  eal.file_prefix = context_.options.file_prefix;
  eal.memory_mb = context_.options.memory_mb;
  if (!UseEveryAlgorithm() || !InitEal(eal)) return false;
  const Result<rte_mempool*> pool = CreateBufferPool("packets", kBuffers, kBufferCache);
  if (!pool) {
    Log(LogLevel::kError, "{}", pool.error().text);
    return false;
  }
  pool_ = *pool;
  const Result<rte_mempool*> large = CreateLargeBufferPool("large", kLargeBuffers);
  if (!large) {
    Log(LogLevel::kError, "{}", large.error().text);
    return false;
  }
  large_pool_ = *large;
  return WaitForPrepare() && OpenPorts(*intake_.prepared());
}

// The first Prepare names ports and card. No packet is read before the role is confined.
bool FwdRole::WaitForPrepare() {
  while (!stop_ && intake_.prepared() == nullptr) {
    std::array<pollfd, 2> fds = {{{context_.supervisor.fd(), POLLIN, 0}, api::WaitFor(mgmt_)}};
    const int timeout_ms = control_.busy() ? 1 : 1000;
    if (poll(fds.data(), fds.size(), timeout_ms) < 0 && errno != EINTR) return false;
    PollControl();
    PollConfiguration();
  }
  return !stop_;
}

Result<GatewayPort> FwdRole::OpenPort(const config::Interface& interface) {
  const config::Device& device = *interface.device;
  GatewayPort out;
  out.device = config::RenderDevice(device);
  if (const auto text = EthdevText(device)) {
    VAM_TRY(out.port, EthdevPort::Create(interface.name, *text, pool_));
    return out;
  }
  PcapFilePort::Options options{interface.name, interface.mac.value_or(net::MacAddress{}),
                                device.name, device.output};
  VAM_TRY(out.port, PcapFilePort::Create(std::move(options), pool_, *context_.clock));
  return out;
}

bool FwdRole::OpenPorts(const config::Running& running) {
  Gateway::Options options;
  for (const config::Interface* interface : config::PortsOf(running)) {
    Result<GatewayPort> port = OpenPort(*interface);
    if (!port) {
      Log(LogLevel::kError, "interface {}: {}", interface->name, port.error().text);
      return false;
    }
    options.ports.push_back(std::move(*port));
    opened_.push_back(*interface);
  }
  card_kind_ = running.card;
  offload::OpenedCard card =
      offload::OpenCard(ToBackend(running.card), {.trace_path = context_.options.card_trace});
  options.card = std::move(card.card);
  options.no_card_reason = std::move(card.problem);
  options.pool = pool_;
  options.large_pool = large_pool_;
  options.clock = context_.clock;
  options.rng = context_.rng;
  options.workers = context_.options.workers;
  options.control = &control_;
  options.names = &names_;
  gateway_ = Gateway::Create(std::move(options));
  intake_.SetGateway(gateway_.get(),
                     [this](const config::Running& wanted) { return PortsDiffer(wanted); });
  ike_.SetGateway(gateway_.get());
  return true;
}

bool FwdRole::PortsDiffer(const config::Running& running) const {
  if (running.card != card_kind_) return true;
  const std::vector<const config::Interface*> wanted = config::PortsOf(running);
  if (wanted.size() != opened_.size()) return true;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]->name != opened_[i].name || wanted[i]->device != opened_[i].device) return true;
  }
  return false;
}

int FwdRole::Run() {
  if (!Initialise()) return stop_ ? 0 : 1;
  vamd::SupervisorLink link(context_.supervisor, context_.role);
  if (!vamd::ConfineAndReport(context_, link)) return 1;
  Log(LogLevel::kInfo, "forwarding on {} ports", opened_.size());
  Loop();
  return 0;
}

void FwdRole::Loop() {
  unsigned turn = 0;
  while (!stop_) {
    const bool worked = gateway_->RunOnce();
    ++turn;
    if (control_ready_ || more_messages_ || turn % kTurnsPerControl == 0) PollControl();
    PollConfiguration();
    AnswerShows();
    AnswerPings();
    AskForNumbers();
    if (ike_ready_ || turn % kTurnsPerIke == 0) ike_.Receive();
    ike_.Send();
    SendDebug();
    SendEvents();
    if (worked) {
      idle_turns_ = 0;
      control_ready_ = false;
      ike_ready_ = false;
    } else {
      Idle();
    }
  }
}

// Ports are polled, so an idle worker sleeps a little: shorter while packets are with an engine.
// One call asks for all channels: a turn that finds nothing costs no more.
void FwdRole::Idle() {
  timespec pause{0, 0};
  if (++idle_turns_ >= kSpinTurns) {
    const bool busy = !gateway_->Quiet();
    if (!busy) heap_.Poll(gateway_->generation(), context_.clock->MonotonicNs());
    const unsigned doublings = std::min((idle_turns_ - kSpinTurns) / kSleepsOfALength, kDoublings);
    pause.tv_nsec = busy ? kBusySleepNs : kShortestSleepNs << doublings;
  }
  // What goes to IKE goes out in every turn.
  std::array<pollfd, 3> fds = {
      {{context_.supervisor.fd(), POLLIN, 0}, api::WaitFor(mgmt_), {ike_.fd(), POLLIN, 0}}};
  const bool some = ppoll(fds.data(), fds.size(), &pause, nullptr) > 0;
  control_ready_ = some && (fds[0].revents != 0 || fds[1].revents != 0);
  ike_ready_ = some && fds[2].revents != 0;
}

void FwdRole::PollControl() {
  while (!stop_) {
    Result<std::optional<api::Message>> message = context_.supervisor.Receive();
    if (!message) {
      Log(LogLevel::kError, "supervisor: {}", message.error().text);
      stop_ = true;
      return;
    }
    if (!message->has_value()) break;
    FromSupervisor(std::move(**message));
  }
  const Result<bool> more = api::TakeMessages(
      mgmt_, kMessagesPerTurn, [this](api::Message message) { FromMgmt(std::move(message)); });
  more_messages_ = more && *more;
  if (more) return;
  // mgmt is restarted by the supervisor, which then sends a new channel; packets flow on.
  Log(LogLevel::kWarning, "mgmt: {}", more.error().text);
  mgmt_ = api::Channel();
  MgmtChanged();
}

// Nobody waits for what the last one asked; the next one begins with nothing on.
void FwdRole::MgmtChanged() {
  shows_.clear();
  intake_.ForgetAsker();
  if (gateway_ == nullptr) return;
  gateway_->debug().Set({});
  gateway_->ForgetPings();
}

void FwdRole::FromSupervisor(api::Message message) {
  switch (message.type) {
    case api::MessageType::kStop:
      stop_ = true;
      return;
    case api::MessageType::kHealth:
      static_cast<void>(context_.supervisor.Send(api::MessageType::kHealthReply, message.request,
                                                 Bytes(message.payload)));
      return;
    case api::MessageType::kPeer: {
      const Result<api::Peer> peer = api::ParseAs<api::Peer>(message.payload);
      if (!peer || !message.fd) return;
      if (peer->role() == "mgmt") {
        mgmt_ = api::Channel(std::move(message.fd));
        MgmtChanged();
      }
      if (peer->role() == vamd::RoleName(vamd::Role::kIkev2)) {
        ike_.Replace(api::Channel(std::move(message.fd)));
      }
      return;
    }
    default:
      return;
  }
}

void FwdRole::FromMgmt(api::Message message) {
  switch (message.type) {
    case api::MessageType::kPrepare:
      return intake_.Prepare(std::move(message));
    case api::MessageType::kCommit:
      return intake_.Commit(message);
    case api::MessageType::kAbort:
      return intake_.Abort();
    case api::MessageType::kShowRequest:
      return OnShow(message);
    case api::MessageType::kClearRequest:
      return OnClear(message);
    case api::MessageType::kPingRequest:
      return OnPing(message);
    case api::MessageType::kLogDatagram: {
      // Not logged: that would be the next message to send.
      const Result<api::LogDatagram> log = api::ParseAs<api::LogDatagram>(message.payload);
      if (log && gateway_ != nullptr) static_cast<void>(gateway_->SendLog(*log));
      return;
    }
    case api::MessageType::kPeerNames:
      return static_cast<void>(api::Apply(message.payload, names_));
    case api::MessageType::kDebugState: {
      const auto state = api::ParseAs<api::DebugState>(message.payload);
      if (state && gateway_ != nullptr) gateway_->debug().Set(*state);
      return;
    }
    case api::MessageType::kNumberBlock: {
      const auto m = api::ParseAs<api::NumberBlock>(message.payload);
      if (!m || gateway_ == nullptr) return;
      return gateway_->sas().AddBlock(message.request, {m->first(), m->end(), m->problem()});
    }
    default:
      Log(LogLevel::kWarning, "mgmt sent an unknown message");
  }
}

// What the control thread has done, and what mgmt is told of it.
void FwdRole::PollConfiguration() {
  control_.Poll();
  for (const ConfigIntake::Answer& answer : intake_.TakeAnswers()) {
    if (!mgmt_.open()) continue;
    if (const auto* prepared = std::get_if<api::PrepareReply>(&answer.reply)) {
      Answer(api::MessageType::kPrepareReply, answer.request, *prepared);
    } else {
      Answer(api::MessageType::kCommitReply, answer.request,
             std::get<api::CommitReply>(answer.reply));
    }
  }
}

void FwdRole::OnShow(const api::Message& message) {
  const Result<api::ShowRequest> request = api::ParseAs<api::ShowRequest>(message.payload);
  if (!request || gateway_ == nullptr) {
    api::ShowReply reply;
    reply.set_error("The forwarder is not ready.");
    return Answer(api::MessageType::kShowReply, message.request, reply);
  }
  shows_.push_back({message.request, *request, 0});
}

// While a generation is being taken over nothing is shown that is partly of the one and partly of
// the other. One piece per turn: first its engines are asked for fresh counters, and it goes out
// when they have given them, or with the old ones after a second.
void FwdRole::AnswerShows() {
  if (shows_.empty() || gateway_->applying()) return;
  PendingShow& show = shows_.front();
  const uint64_t now = context_.clock->MonotonicNs();
  if (show.deadline_ns == 0) {
    gateway_->RefreshStats(show.what);
    show.deadline_ns = now + kStatsTimeoutNs;
    return;
  }
  if (gateway_->StatsPending() && now < show.deadline_ns) return;
  Answer(api::MessageType::kShowReply, show.request, gateway_->Show(show.what));
  shows_.pop_front();
}

void FwdRole::OnPing(const api::Message& message) {
  const Result<api::PingRequest> request = api::ParseAs<api::PingRequest>(message.payload);
  if (request && gateway_ != nullptr) return gateway_->Ping(message.request, *request);
  api::PingReply reply;
  reply.set_error("The forwarder is not ready.");
  Answer(api::MessageType::kPingReply, message.request, reply);
}

void FwdRole::AnswerPings() {
  for (const Pinger::Answer& answer : gateway_->TakePings()) {
    Answer(api::MessageType::kPingReply, answer.request, answer.reply);
  }
}

// Never waits: while mgmt does not read, the records stay, and then are dropped and counted.
void FwdRole::SendDebug() {
  if (gateway_->debug().empty() || !mgmt_.open() || mgmt_.pending()) return;
  for (const api::DebugRecord& record : gateway_->debug().Take()) {
    Answer(api::MessageType::kDebugRecord, 0, record);
  }
}

// Never waits either; what the channel does not take counts with what found no room before.
void FwdRole::SendEvents() {
  EventLog& events = gateway_->events();
  if (events.empty() || !mgmt_.open() || mgmt_.pending()) return;
  for (const SystemEvent& event : events.Take()) {
    const Status sent =
        api::SendLogRecord(mgmt_, event.facility, event.severity, event.mnemonic, event.text);
    if (!sent) events.CountLost();
  }
}

void FwdRole::OnClear(const api::Message& message) {
  api::ClearReply reply;
  const Result<api::ClearRequest> request = api::ParseAs<api::ClearRequest>(message.payload);
  reply.set_error("The forwarder is not ready.");
  if (request && gateway_ != nullptr) reply = gateway_->Clear(*request);
  Answer(api::MessageType::kClearReply, message.request, reply);
}

// Of the keys of a generation only when mgmt has heard that it is in force: it answers no other.
void FwdRole::AskForNumbers() {
  if (!mgmt_.open() || gateway_->applying()) return;
  for (const SaManager::Wanted& wanted : gateway_->sas().TakeWanted(kQuestionsPerTurn)) {
    api::ReserveNumbers request;
    request.set_map(wanted.map);
    request.set_sequence(wanted.sequence);
    request.set_inbound(wanted.inbound);
    request.set_beyond(wanted.beyond);
    request.set_protocol(static_cast<uint32_t>(wanted.protocol));
    request.set_generation(gateway_->generation());
    Answer(api::MessageType::kReserveNumbers, wanted.request, request);
  }
}

}  // namespace

}  // namespace vam::fwd

namespace vam::vamd {

int RunFwdRole(RoleContext& context) { return fwd::FwdRole(context).Run(); }

}  // namespace vam::vamd
