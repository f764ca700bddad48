#include "sw/ike/fwd_client.h"

#include <cstring>

namespace vam::ike {

namespace {

// Error fields of fwd's answers: ErrorCode + 1.
Status StatusOf(uint32_t error) {
  if (error == 0) return Ok();
  if (error > static_cast<uint32_t>(ErrorCode::kInternal) + 1) {
    return Err(ErrorCode::kInternal, "fwd answered with an unknown error");
  }
  return Err(static_cast<ErrorCode>(error - 1), "fwd refused");
}

// The answer, or the error in it.
template <typename T>
Result<T> Take(Bytes payload) {
  VAM_TRY(T message, api::DecodeFast<T>(payload));
  VAM_TRY_STATUS(StatusOf(message.error));
  return message;
}

template <typename T>
Result<uint64_t> TakeId(Bytes payload) {
  VAM_TRY(const T message, Take<T>(payload));
  return message.sa_id;
}

}  // namespace

uint32_t FwdClient::NextRequest() {
  do {
    ++next_request_;
  } while (next_request_ == 0 || pending_.contains(next_request_));
  return next_request_;
}

template <typename T, typename D>
void FwdClient::Ask(api::MessageType type, api::MessageType answer, const T& message, D done) {
  const auto refuse = [&](const Error& error) {
    ++unsent_;
    refused_.push_back([done = std::move(done), error] { done(error); });
  };
  if (pending_.size() >= kMaxPending) {
    return refuse(Err(ErrorCode::kExhausted, "too many requests wait for fwd"));
  }
  const uint32_t request = NextRequest();
  if (!send_(type, request, api::EncodeFast(message))) {
    return refuse(Err(ErrorCode::kUnavailable, "fwd takes no messages"));
  }
  pending_.emplace(request, Waiting{answer, std::move(done)});
}

void FwdClient::Open(const api::PolicyOpen& message, Done<api::PolicyOpened> done) {
  Ask(api::MessageType::kPolicyOpen, api::MessageType::kPolicyOpened, message, std::move(done));
}

void FwdClient::Reserve(const api::SpiReserve& message, Done<api::SpiReserved> done) {
  Ask(api::MessageType::kSpiReserve, api::MessageType::kSpiReserved, message, std::move(done));
}

void FwdClient::Install(const api::SaInstall& message, Done<uint64_t> done) {
  Ask(api::MessageType::kSaInstall, api::MessageType::kSaInstalled, message, std::move(done));
}

void FwdClient::Delete(const api::SaDelete& message, Done<uint64_t> done) {
  Ask(api::MessageType::kSaDelete, api::MessageType::kSaDeleted, message, std::move(done));
}

void FwdClient::Move(const api::SaMove& message, Done<uint64_t> done) {
  Ask(api::MessageType::kSaMove, api::MessageType::kSaMoved, message, std::move(done));
}

void FwdClient::SendPacket(api::IkePacket packet, Bytes message) {
  packet.length = static_cast<uint32_t>(message.size());
  std::vector<uint8_t> payload(sizeof packet + message.size());
  std::memcpy(payload.data(), &packet, sizeof packet);
  if (!message.empty()) std::memcpy(payload.data() + sizeof packet, message.data(), message.size());
  if (!send_(api::MessageType::kIkePacket, 0, payload)) ++unsent_;
}

void FwdClient::TellSpi(const api::IkeSpi& message) {
  if (!send_(api::MessageType::kIkeSpi, 0, api::EncodeFast(message))) ++unsent_;
}

void FwdClient::TellCookieKeys(const api::IkeCookieKeys& message) {
  if (!send_(api::MessageType::kIkeCookieKeys, 0, api::EncodeFast(message))) ++unsent_;
}

bool FwdClient::Receive(api::MessageType type, uint32_t request, Bytes payload) {
  const auto found = pending_.find(request);
  if (found == pending_.end() || found->second.answer != type) return false;
  // Out of the table first: the callback may ask again.
  const Pending done = std::move(found->second.done);
  pending_.erase(found);
  if (type == api::MessageType::kPolicyOpened) {
    std::get<Done<api::PolicyOpened>>(done)(Take<api::PolicyOpened>(payload));
  } else if (type == api::MessageType::kSpiReserved) {
    std::get<Done<api::SpiReserved>>(done)(Take<api::SpiReserved>(payload));
  } else if (type == api::MessageType::kSaInstalled) {
    std::get<Done<uint64_t>>(done)(TakeId<api::SaInstalled>(payload));
  } else if (type == api::MessageType::kSaMoved) {
    std::get<Done<uint64_t>>(done)(TakeId<api::SaMoved>(payload));
  } else {
    std::get<Done<uint64_t>>(done)(TakeId<api::SaDeleted>(payload));
  }
  return true;
}

void FwdClient::DeliverRefused() {
  while (!refused_.empty()) {
    for (const auto& refused : std::exchange(refused_, {})) refused();
  }
}

void FwdClient::Lose() {
  const Error lost = Err(ErrorCode::kUnavailable, "fwd has gone");
  for (auto& [request, waiting] : std::exchange(pending_, {})) {
    std::visit([&](const auto& done) { done(lost); }, waiting.done);
  }
}

}  // namespace vam::ike
