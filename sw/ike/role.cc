// The ikev2 role of vamd: one loop around the machine, which takes packets from fwd and
// configurations from mgmt (docs/adr/0012-ikev2-core.md).
#include "sw/vamd/role.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <variant>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/api/debug.pb.h"
#include "sw/api/log.h"
#include "sw/api/names.pb.h"
#include "sw/api/peer_names.h"
#include "sw/api/show.pb.h"
#include "sw/api/turn.h"
#include "sw/base/control_thread.h"
#include "sw/base/heap.h"
#include "sw/base/log.h"
#include "sw/crypto/ike_warm_up.h"
#include "sw/ike/message_filter.h"
#include "sw/ike/pki_messages.h"
#include "sw/ike/v2/clear.h"
#include "sw/ike/v2/config_intake.h"
#include "sw/ike/v2/debug_log.h"
#include "sw/ike/v2/event_journal.h"
#include "sw/ike/v2/journals.h"
#include "sw/ike/v2/key_log.h"
#include "sw/ike/v2/machine.h"
#include "sw/ike/v2/show.h"
#include "sw/ike/v2/stats.h"
#include "sw/vamd/prepared.h"
#include "sw/vamd/role_link.h"

namespace vam::ike {

namespace {

// What one turn takes from each peer: the rest waits for the next. A message of fwd may cost a key
// exchange.
constexpr size_t kMessagesPerTurn = 32;
// The control thread has nothing to wait for but its slot.
constexpr uint64_t kBusyWaitNs = 2 * kNsPerMs;
constexpr uint64_t kLongestWaitNs = kNsPerSecond;

class Ikev2Role {
 public:
  explicit Ikev2Role(vamd::RoleContext& context)
      : context_(context),
        supervisor_(context.supervisor, context.role),
        control_(vamd::PrepareControlThread),
        intake_(control_, [this](const v2::PreparedPolicy& next) { Use(next); }),
        client_([this](api::MessageType type, uint32_t request, Bytes payload) {
          return SendToFwd(type, request, payload);
        }),
        signer_client_(
            *context.clock,
            [this](uint32_t request, const SignQuestion& question) {
              return SendSignRequest(signer_, request, question);
            },
            kSignerLimits),
        revocation_(*context.clock,
                    [this](uint32_t request, const pki::FetchNeed& need) {
                      return SendFetchRequest(mgmt_, request, need);
                    }),
        events_(*context.clock),
        debug_(*context.clock),
        stats_(*context.clock),
        journals_({&stats_, &events_, &debug_, &keys_}),
        machine_({*context.clock, *context.rng, client_, signer_client_, revocation_, journals_},
                 std::make_shared<const v2::Policy>(v2::Policy::Parts{})) {
    if (filter() != nullptr) SetFilter();
  }

  int Run();

 private:
  bool Initialise();
  // In a test build: what stands where messages leave and enter.
  MessageFilter* filter() const { return context_.impairment; }
  void SetFilter();
  bool SendToFwd(api::MessageType type, uint32_t request, Bytes payload);
  void OnImpair(const api::Message& message);
  void Wait();
  int WaitMs() const;
  // A turn's share of what the peer `name` has sent. False: the channel is lost.
  template <typename F>
  bool Take(api::Channel& channel, const char* name, F take);
  void PollSupervisor();
  void TakePeer(vamd::Role peer, api::Channel channel);
  void PollFwd();
  void FromFwd(const api::Message& message);
  void LoseFwd();
  void PollMgmt();
  void LoseMgmt();
  void FromMgmt(api::Message message);
  void OnFetched(const api::Message& message);
  void PollSigner();
  void FromSigner(const api::Message& message);
  void OnShow(const api::Message& message);
  void OnClear(const api::Message& message);
  void PollConfiguration();
  void Use(const v2::PreparedPolicy& next);
  void SendEvents();
  void SendDebug();
  void SendWantedNames();
  void SendKeys();
  template <typename Reply>
  void Answer(api::MessageType type, uint32_t request, const Reply& reply);

  vamd::RoleContext& context_;
  vamd::SupervisorLink supervisor_;
  api::Channel mgmt_;
  api::Channel fwd_;
  api::Channel signer_;
  ControlThread control_;
  v2::ConfigIntake intake_;
  FwdClient client_;
  SignerClient signer_client_;
  RevocationClient revocation_;
  v2::EventJournal events_;
  v2::DebugLog debug_;
  v2::KeyLog keys_;
  v2::Stats stats_;
  v2::Journals journals_;
  v2::Names names_;
  v2::Machine machine_;
  HeapTrimmer heap_;
  uint64_t unsent_ = 0;  // that the log was told of
  bool more_ = false;    // messages, than one turn takes
  bool stop_ = false;
  bool failed_ = false;
};

template <typename Reply>
void Ikev2Role::Answer(api::MessageType type, uint32_t request, const Reply& reply) {
  if (const Status sent = mgmt_.Send(type, request, reply); !sent) {
    Log(LogLevel::kWarning, "answer to mgmt not sent: {}", sent.error().text);
  }
}

template <typename F>
bool Ikev2Role::Take(api::Channel& channel, const char* name, F take) {
  const Result<bool> more = api::TakeMessages(channel, kMessagesPerTurn, take);
  if (!more) Log(LogLevel::kWarning, "{}: {}", name, more.error().text);
  if (more && *more) more_ = true;
  return more.has_value();
}

// libcrypto reads its configuration and loads its providers at the first use, and a confined role
// may open no file. What the parser needs was done by the control thread.
bool Ikev2Role::Initialise() {
  return vamd::ConfineAndReport(context_, supervisor_, crypto::UseEveryIkeAlgorithm());
}

int Ikev2Role::Run() {
  if (!Initialise()) return 1;
  while (!stop_) {
    Wait();
    more_ = false;
    PollSupervisor();
    if (stop_) break;
    PollMgmt();
    PollConfiguration();
    PollFwd();
    PollSigner();
    if (filter() != nullptr) filter()->Poll();
    machine_.Poll();
    SendEvents();
    SendDebug();
    SendWantedNames();
    SendKeys();
  }
  return failed_ ? 1 : 0;
}

// ---- waiting

int Ikev2Role::WaitMs() const {
  if (more_) return 0;
  const uint64_t now_ns = context_.clock->MonotonicNs();
  uint64_t next_ns = machine_.next_ns();
  if (filter() != nullptr) next_ns = std::min(next_ns, filter()->next_ns());
  if (next_ns <= now_ns) return 0;
  uint64_t wait_ns = std::min(next_ns - now_ns, kLongestWaitNs);
  if (control_.busy()) wait_ns = std::min(wait_ns, kBusyWaitNs);
  // Up: a wait that ends before its time would be followed by many.
  return static_cast<int>((wait_ns + kNsPerMs - 1) / kNsPerMs);
}

void Ikev2Role::Wait() {
  std::array<pollfd, 4> fds = {api::WaitFor(context_.supervisor), api::WaitFor(mgmt_),
                               api::WaitFor(fwd_), api::WaitFor(signer_)};
  const int timeout_ms = WaitMs();
  if (poll(fds.data(), fds.size(), timeout_ms) == 0 && timeout_ms != 0 && !control_.busy()) {
    heap_.Poll(intake_.generation(), context_.clock->MonotonicNs());
  }
}

// ---- the supervisor

void Ikev2Role::PollSupervisor() {
  while (!stop_) {
    auto event = supervisor_.Poll();
    if (!event) {
      Log(LogLevel::kError, "supervisor: {}", event.error().text);
      stop_ = failed_ = true;
      return;
    }
    if (event->none()) return;
    if (event->stop) stop_ = true;
    if (event->peer) TakePeer(*event->peer, std::move(event->channel));
  }
}

// A peer that comes again was restarted: nothing of the one before is left.
void Ikev2Role::TakePeer(vamd::Role peer, api::Channel channel) {
  switch (peer) {
    case vamd::Role::kFwd:
      // What it says to peers of the loss goes out by the new one.
      if (std::exchange(fwd_, std::move(channel)).open()) machine_.LoseFwd();
      return machine_.MeetFwd();
    case vamd::Role::kMgmt:
      LoseMgmt();
      mgmt_ = std::move(channel);
      return revocation_.Meet();
    case vamd::Role::kSigner:
      signer_ = std::move(channel);
      return signer_client_.Meet();
    case vamd::Role::kIkev2:
    case vamd::Role::kIkev1:
      Log(LogLevel::kWarning, "a channel to role {}, which is no peer", RoleName(peer));
  }
}

// ---- fwd

bool Ikev2Role::SendToFwd(api::MessageType type, uint32_t request, Bytes payload) {
  if (!fwd_.open()) return false;
  if (filter() == nullptr || type != api::MessageType::kIkePacket) {
    return fwd_.Send(type, request, payload).has_value();
  }
  filter()->Outgoing(payload);
  return true;
}

void Ikev2Role::SetFilter() {
  constexpr api::MessageType kPacket = api::MessageType::kIkePacket;
  const auto out = [this](Bytes payload) {
    if (fwd_.open()) static_cast<void>(fwd_.Send(kPacket, 0, payload));
  };
  const auto in = [this](Bytes payload) {
    static_cast<void>(machine_.Receive(kPacket, 0, payload));
  };
  filter()->SetWays(out, in);
}

void Ikev2Role::OnImpair(const api::Message& message) {
  const auto request = api::ParseAs<api::ImpairRequest>(message.payload);
  if (!request) return Log(LogLevel::kWarning, "mgmt sent a malformed impair request");
  api::ClearReply reply;
  reply.set_error(filter() != nullptr ? filter()->Change(*request)
                                      : "This is no test build: nothing is impaired.");
  Answer(api::MessageType::kClearReply, message.request, reply);
}

// Its SAs have gone with it.
void Ikev2Role::LoseFwd() {
  fwd_ = api::Channel();
  machine_.LoseFwd();
}

void Ikev2Role::PollFwd() {
  if (!Take(fwd_, "fwd", [this](const api::Message& message) { FromFwd(message); })) {
    return LoseFwd();
  }
  if (client_.unsent() == unsent_ || !fwd_.open()) return;
  Log(LogLevel::kWarning, "{} messages to fwd were not sent", client_.unsent() - unsent_);
  unsent_ = client_.unsent();
}

void Ikev2Role::FromFwd(const api::Message& message) {
  if (filter() != nullptr && message.type == api::MessageType::kIkePacket) {
    return filter()->Incoming(message.payload);
  }
  if (machine_.Receive(message.type, message.request, message.payload)) return;
  // An answer that nobody waits for any more is none of these.
  Log(LogLevel::kDebug, "a message of fwd, type {}, is not taken",
      static_cast<unsigned>(message.type));
}

// ---- the signer

// What it has not answered is asked of the next one, or fails in its time.
void Ikev2Role::PollSigner() {
  if (!Take(signer_, "signer", [this](const api::Message& message) { FromSigner(message); })) {
    signer_ = api::Channel();
  }
}

void Ikev2Role::FromSigner(const api::Message& message) {
  const auto answer = message.type == api::MessageType::kSignReply
                          ? ReadSignReply(message.payload)
                          : Result<SignAnswer>(Err(ErrorCode::kMalformed, "not an answer"));
  if (answer && signer_client_.Receive(message.request, answer)) return;
  // Of a set-up that has ended meanwhile, or none of these.
  Log(LogLevel::kDebug, "a message of the signer, type {}, is not taken",
      static_cast<unsigned>(message.type));
}

// ---- mgmt

// Nobody waits for answers; what is committed goes on.
void Ikev2Role::LoseMgmt() {
  mgmt_ = api::Channel();
  intake_.ForgetAsker();
  debug_.Set({});
  keys_.Set(false, machine_.core());
}

void Ikev2Role::PollMgmt() {
  if (!Take(mgmt_, "mgmt", [this](api::Message message) { FromMgmt(std::move(message)); })) {
    LoseMgmt();
  }
}

void Ikev2Role::FromMgmt(api::Message message) {
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
    case api::MessageType::kFetchReply:
      return OnFetched(message);
    case api::MessageType::kPeerNames:
      return static_cast<void>(api::Apply(message.payload, machine_.core().names().table()));
    case api::MessageType::kDebugState:
      if (const auto state = api::ParseAs<api::DebugState>(message.payload)) {
        debug_.Set(*state);
        keys_.Set(state->ikev2_keys(), machine_.core());
      }
      return;
    case api::MessageType::kImpairRequest:
      return OnImpair(message);
    default:
      Log(LogLevel::kWarning, "mgmt sent an unknown message, type {}",
          static_cast<unsigned>(message.type));
  }
}

void Ikev2Role::OnShow(const api::Message& message) {
  const auto request = api::ParseAs<api::ShowRequest>(message.payload);
  if (!request) return Log(LogLevel::kWarning, "mgmt sent a malformed show request");
  if (request->kind() == api::SHOW_IMPAIR) {
    api::ShowReply reply;
    api::Impairments& show = *reply.mutable_impairments();
    if (filter() != nullptr) show = filter()->Show();
    return Answer(api::MessageType::kShowReply, message.request, reply);
  }
  Answer(api::MessageType::kShowReply, message.request,
         v2::AnswerShow(machine_.core(), stats_, names_, *request));
}

void Ikev2Role::OnFetched(const api::Message& message) {
  const auto answer = ReadFetchReply(message.payload);
  if (!answer) return Log(LogLevel::kWarning, "mgmt sent a malformed answer to a fetch");
  if (!answer->error.empty()) Log(LogLevel::kWarning, "{}", answer->error);
  revocation_.Receive(message.request, answer);
}

// The turn's Poll of the machine tells the peers.
void Ikev2Role::OnClear(const api::Message& message) {
  const auto request = api::ParseAs<api::ClearRequest>(message.payload);
  if (!request) return Log(LogLevel::kWarning, "mgmt sent a malformed clear request");
  Answer(api::MessageType::kClearReply, message.request,
         v2::AnswerClear(machine_.core(), stats_, names_, *request));
}

// What the control thread has done, and what mgmt is told of it.
void Ikev2Role::PollConfiguration() {
  control_.Poll();
  for (const v2::ConfigIntake::Answer& answer : intake_.TakeAnswers()) {
    if (!mgmt_.open()) continue;
    if (const auto* prepared = std::get_if<api::PrepareReply>(&answer.reply)) {
      Answer(api::MessageType::kPrepareReply, answer.request, *prepared);
    } else {
      Answer(api::MessageType::kCommitReply, answer.request,
             std::get<api::CommitReply>(answer.reply));
    }
  }
}

void Ikev2Role::Use(const v2::PreparedPolicy& next) {
  events_.Enable(next.log);
  names_ = next.names;
  debug_.SetNames(next.names);
  machine_.SetPolicy(next.compiled.policy);
  for (const std::string& note : next.compiled.notes) Log(LogLevel::kWarning, "{}", note);
  Log(LogLevel::kInfo, "configuration generation {} is in force, with {} negotiated entries",
      next.generation, next.compiled.policy->children().size());
}

// Never waits: while mgmt does not read, messages stay, and then are dropped and counted.
void Ikev2Role::SendEvents() {
  if (events_.empty() || !mgmt_.open() || mgmt_.pending()) return;
  for (const v2::SystemEvent& event : events_.Take()) {
    const Status sent =
        api::SendLogRecord(mgmt_, event.facility, event.severity, event.mnemonic, event.text);
    if (!sent) events_.CountLost();
  }
}

// As SendEvents; what is not sent is wiped.
void Ikev2Role::SendKeys() {
  if (keys_.empty() || !mgmt_.open() || mgmt_.pending()) return;
  for (const v2::WipedLine& line : keys_.Take()) {
    if (!mgmt_.Send(api::MessageType::kKeyLog, 0, line.bytes())) return;
  }
}

void Ikev2Role::SendDebug() {
  if (debug_.empty() || !mgmt_.open() || mgmt_.pending()) return;
  for (const api::DebugRecord& record : debug_.Take()) {
    if (!mgmt_.Send(api::MessageType::kDebugRecord, 0, record)) return;
  }
}

// Who waits for one asks again with its next packet.
void Ikev2Role::SendWantedNames() {
  for (const std::string& name : machine_.core().names().TakeWanted()) {
    api::PeerNameWanted message;
    message.set_name(name);
    if (!mgmt_.open() || !mgmt_.Send(api::MessageType::kPeerNameWanted, 0, message)) return;
  }
}

}  // namespace

}  // namespace vam::ike

namespace vam::vamd {

int RunIkev2Role(RoleContext& context) { return std::make_unique<ike::Ikev2Role>(context)->Run(); }

}  // namespace vam::vamd
