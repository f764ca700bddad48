#include "tests/ike/fake_fwd.h"

#include <algorithm>
#include <cstring>

namespace vam::ike::test {

template <typename T>
void FakeFwd::Answer(api::MessageType type, uint32_t request, const T& message) {
  const Bytes bytes = api::EncodeFast(message);
  answers_.push_back({type, request, {bytes.begin(), bytes.end()}});
}

uint32_t FakeFwd::RefusalOf(api::MessageType type) {
  const auto found = std::ranges::find(refusals_, type, &decltype(refusals_)::value_type::first);
  if (found == refusals_.end()) return 0;
  const uint32_t error = static_cast<uint32_t>(found->second) + 1;
  refusals_.erase(found);
  return error;
}

bool FakeFwd::Receive(api::MessageType type, uint32_t request, Bytes payload) {
  switch (type) {
    case api::MessageType::kIkePacket: {
      const auto packet = api::DecodeFast<api::IkePacket>(payload);
      if (!packet) return false;
      const Bytes bytes = payload.subspan(sizeof(api::IkePacket));
      packets_.push_back({*packet, {bytes.begin(), bytes.end()}});
      return true;
    }
    case api::MessageType::kPolicyOpen: {
      api::PolicyOpened opened{};
      opened.error = RefusalOf(type);
      // The same line between the same ends is the same set.
      const auto [set, added] = sets_.try_emplace({payload.begin(), payload.end()}, next_policy_);
      next_policy_ += added ? 1 : 0;
      if (opened.error == 0) opened.policy = set->second;
      Answer(api::MessageType::kPolicyOpened, request, opened);
      return true;
    }
    case api::MessageType::kSpiReserve: {
      api::SpiReserved reserved{};
      reserved.error = RefusalOf(type);
      if (reserved.error == 0) {
        reserved.sa_id[0] = next_id_++;
        reserved.spi[0] = next_spi_++;
        larval_[reserved.sa_id[0]] = reserved.spi[0];
      }
      Answer(api::MessageType::kSpiReserved, request, reserved);
      return true;
    }
    case api::MessageType::kSaInstall: {
      auto install = *api::DecodeFast<api::SaInstall>(payload);
      api::SaInstalled installed{};
      installed.error = RefusalOf(type);
      if (install.direction == api::FastDirection::kIn) {
        const auto larval = larval_.find(install.sa_id);
        const bool known = larval != larval_.end() && larval->second == install.spi;
        if (!known) installed.error = static_cast<uint32_t>(ErrorCode::kNotFound) + 1;
        if (known) larval_.erase(larval);
      } else {
        install.sa_id = next_id_++;
      }
      installed.sa_id = install.sa_id;
      if (installed.error == 0) {
        sas_[install.sa_id] = install;
        if (install.direction == api::FastDirection::kOut) installing_.insert(install.sa_id);
      }
      Answer(api::MessageType::kSaInstalled, request, installed);
      if (holds_) {
        held_.push_back(std::move(answers_.back()));
        answers_.pop_back();
        held_sas_.insert(installed.sa_id);
      }
      return true;
    }
    case api::MessageType::kSaDelete: {
      const auto erase = *api::DecodeFast<api::SaDelete>(payload);
      ++deletes_;
      const auto found = sas_.find(erase.sa_id);
      if (found != sas_.end()) {
        ++deleted_;
        if ((erase.flags & api::kDeleteDrain) != 0) draining_.insert(*found);
        const api::SaInstall gone = found->second;
        sas_.erase(found);
        if (gone.direction == api::FastDirection::kOut) CheckGap(gone.policy);
      }
      Answer(api::MessageType::kSaDeleted, request, api::SaDeleted{erase.sa_id, 0, 0});
      return true;
    }
    case api::MessageType::kSaMove: {
      const auto move = *api::DecodeFast<api::SaMove>(payload);
      api::SaMoved moved{};
      moved.sa_id = move.sa_id;
      moved.error = RefusalOf(type);
      const auto found = sas_.find(move.sa_id);
      if (found == sas_.end()) moved.error = static_cast<uint32_t>(ErrorCode::kNotFound) + 1;
      if (larval_.contains(move.sa_id) || held_sas_.contains(move.sa_id)) {
        moved.error = static_cast<uint32_t>(ErrorCode::kUnavailable) + 1;
      }
      if (moved.error == 0) {
        found->second.endpoints = move.endpoints;
        found->second.flags = (found->second.flags & ~api::kSaUdpEncapsulated) | move.flags;
      }
      ++moves_;
      Answer(api::MessageType::kSaMoved, request, moved);
      return true;
    }
    case api::MessageType::kIkeSpi: {
      const auto spi = api::DecodeFast<api::IkeSpi>(payload);
      if (!spi) return false;
      spis_[spi->spi] = spi->state;
      return true;
    }
    case api::MessageType::kIkeCookieKeys: {
      const auto keys = api::DecodeFast<api::IkeCookieKeys>(payload);
      if (!keys) return false;
      cookie_keys_ = *keys;
      return true;
    }
    default:
      return false;
  }
}

void FakeFwd::LetInstallsGo() {
  holds_ = false;
  held_sas_.clear();
  for (Message& message : std::exchange(held_, {})) answers_.push_back(std::move(message));
}

std::vector<uint8_t> AsReceived(const FakeFwd::Packet& sent) {
  api::IkePacket packet = sent.packet;
  std::swap(packet.endpoints.local, packet.endpoints.remote);
  std::swap(packet.endpoints.local_port, packet.endpoints.remote_port);
  packet.length = static_cast<uint32_t>(sent.bytes.size());
  std::vector<uint8_t> payload(sizeof packet + sent.bytes.size());
  std::memcpy(payload.data(), &packet, sizeof packet);
  std::ranges::copy(sent.bytes, payload.begin() + sizeof packet);
  return payload;
}

void FakeFwd::CheckGap(uint64_t policy) {
  bool waits = false;
  for (const auto& [id, sa] : sas_) {
    if (sa.policy != policy || sa.direction != api::FastDirection::kOut) continue;
    if (!installing_.contains(id)) return;
    waits = true;
  }
  gaps_ += waits ? 1 : 0;
}

const api::SaInstall* FakeFwd::Outbound(uint64_t policy) const {
  const api::SaInstall* newest = nullptr;
  for (const auto& [id, sa] : sas_) {
    if (sa.policy == policy && sa.direction == api::FastDirection::kOut) newest = &sa;
  }
  return newest;
}

const api::SaInstall* FakeFwd::Inbound(uint32_t spi) const {
  for (const auto* table : {&sas_, &draining_}) {
    for (const auto& [id, sa] : *table) {
      if (sa.spi == spi && sa.direction == api::FastDirection::kIn) return &sa;
    }
  }
  return nullptr;
}

}  // namespace vam::ike::test
