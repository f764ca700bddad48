// The kinds of message between roles, and the frame in front of each record of a channel.
#ifndef VAM_SW_API_MESSAGE_H_
#define VAM_SW_API_MESSAGE_H_

#include <cstddef>
#include <cstdint>

namespace vam::api {

// Fast messages (1..63) are the structs of sw/api/fast.h; the others are protobuf (sw/api/*.proto).
enum class MessageType : uint16_t {
  kIkePacket = 1,
  kAcquire = 2,
  kSpiReserve = 3,
  kSpiReserved = 4,
  kSaInstall = 5,
  kSaInstalled = 6,
  kSaDelete = 7,
  kEvent = 8,
  kPolicyOpen = 9,
  kPolicyOpened = 10,
  kSaDeleted = 11,
  kIkeSpi = 12,
  kSaMove = 13,
  kSaMoved = 14,
  kPacketFault = 15,
  kIkeCookieKeys = 16,

  kPrepare = 64,
  kPrepareReply = 65,
  kCommit = 66,
  kCommitReply = 67,
  kAbort = 68,
  kReserveNumbers = 69,
  kNumberBlock = 70,
  kShowRequest = 71,
  kShowReply = 72,
  kClearRequest = 73,
  kClearReply = 74,
  kPingRequest = 75,
  kPingReply = 76,
  kDebugState = 84,
  kDebugRecord = 85,
  kKeyLog = 86,         // ikev2 -> mgmt: sw/api/key_log.h
  kImpairRequest = 87,  // mgmt -> ikev2

  kLogRecord = 88,    // role -> mgmt, mgmt -> vamsh
  kLogDatagram = 89,  // mgmt -> fwd

  kMetricsListen = 92,   // mgmt -> the process that serves metrics
  kMetricsState = 93,    // and back
  kMetricsRequest = 94,  // without payload
  kMetricsReply = 95,

  kCliRequest = 96,
  kCliReply = 97,
  kCliHelpRequest = 98,
  kCliHelpReply = 99,
  kCliInterrupt = 100,  // vamsh -> mgmt, without payload: end the command under way

  kSignRequest = 104,  // ikev2 -> signer
  kSignReply = 105,
  kKeyRequest = 106,  // mgmt -> signer
  kKeyReply = 107,
  kFetchRequest = 108,  // ikev2 -> mgmt
  kFetchReply = 109,

  kResolveRequest = 80,  // mgmt -> its worker
  kResolveReply = 81,
  kPeerNames = 82,       // mgmt -> fwd, ikev2
  kPeerNameWanted = 83,  // ikev2 -> mgmt

  kHealth = 112,
  kHealthReply = 113,
  kPeer = 114,
  kReady = 115,
  kRestartRole = 116,
  kRoleStates = 117,
  kStop = 118,
};

inline constexpr uint16_t kProtocolVersion = 3;

// In front of every record; little-endian. A message longer than one record goes out as several
// with the same request number, all but the last with kFlagMore.
struct FrameHeader {
  uint16_t version;
  uint16_t type;
  uint32_t length;   // payload bytes in this record
  uint32_t request;  // a reply carries its request's number
  uint32_t flags;
};
static_assert(sizeof(FrameHeader) == 16);

inline constexpr uint32_t kFlagMore = 1;
inline constexpr size_t kMaxRecordPayload = 60 * 1024;
// Longest message: a configuration or a show reply of some ten thousand SAs.
inline constexpr size_t kMaxMessage = 16 * 1024 * 1024;
// What a channel holds for a reader that does not keep up.
inline constexpr size_t kMaxQueued = 32 * 1024 * 1024;

}  // namespace vam::api

#endif  // VAM_SW_API_MESSAGE_H_
