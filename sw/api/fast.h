// Fast messages between fwd and the IKE roles: fixed structs, length-checked. Integers are in host
// order (both ends are one binary on one machine); addresses are 16 bytes in network order behind a
// family tag. Reserved fields are 0. A new size is a new kProtocolVersion (sw/api/message.h).
#ifndef VAM_SW_API_FAST_H_
#define VAM_SW_API_FAST_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "sw/api/message.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::api {

// family 4: bytes[0..3] hold the address, the rest is 0. family 6: all 16. family 0: none.
struct FastAddress {
  std::array<uint8_t, 16> bytes;
  uint8_t family;
  std::array<uint8_t, 3> reserved;
};
static_assert(sizeof(FastAddress) == 20);

// Where a packet came from or goes to, as IKE sees it.
struct FastEndpoints {
  FastAddress local;
  FastAddress remote;
  uint16_t local_port;
  uint16_t remote_port;
  uint16_t front_vrf;
  uint16_t reserved;
  uint32_t interface;  // index in the configuration's order
};
static_assert(sizeof(FastEndpoints) == 52);

// Which of the four bounded queues an IKE packet came through. kCookie: a first message whose
// sender has a cookie of ours (sw/api/cookie_tag.h), so it receives at its address.
enum class IkeClass : uint8_t { kKnownSpi = 1, kHalfOpen = 2, kCookie = 3, kNew = 4 };

inline constexpr uint16_t kIkeEncapsulated =
    1;  // UDP 4500; the non-ESP marker is already off, or to be put on

// Both directions. `length` bytes of IKE message follow the struct. ike -> fwd: with `length` 0 and
// kIkeEncapsulated it stands for one NAT keepalive, the byte 0xff (RFC 3948, 2.3); the local port
// is 4500 with that flag and 500 without.
struct IkePacket {
  FastEndpoints endpoints;
  uint16_t flags;
  IkeClass ike_class;
  uint8_t reserved;
  uint32_t length;
};
static_assert(sizeof(IkePacket) == 60);

// What fwd sorts incoming IKE messages by. Every SPI is forgotten when the role's channel is
// replaced.
enum class IkeSpiState : uint8_t { kHalfOpen = 1, kUp = 2, kGone = 3 };

// ike -> fwd: `spi` is ours of an IKE SA, as a number (the 8 bytes of the header, big-endian).
struct IkeSpi {
  uint64_t spi;
  IkeSpiState state;
  std::array<uint8_t, 7> reserved;
};
static_assert(sizeof(IkeSpi) == 16);

// ike -> fwd: by which keys the tags of cookies are made now, and were until the last change. Not
// the secrets of the cookies themselves: who has these keys can only come through another queue.
struct IkeCookieKeys {
  std::array<uint64_t, 2> k0, k1;
  std::array<uint8_t, 2> version;  // the first byte of the cookies
  std::array<uint8_t, 6> reserved;
};
static_assert(sizeof(IkeCookieKeys) == 40);

// Traffic selectors of one direction pair: RFC 7296, 3.13. protocol 0: any; 0..65535: any port.
struct FastSelector {
  FastAddress local_first;
  FastAddress local_last;
  FastAddress remote_first;
  FastAddress remote_last;
  uint16_t local_port_first;
  uint16_t local_port_last;
  uint16_t remote_port_first;
  uint16_t remote_port_last;
  uint8_t protocol;
  std::array<uint8_t, 3> reserved;
};
static_assert(sizeof(FastSelector) == 92);

// fwd -> ike: a packet matched a policy line that has no SA.
struct Acquire {
  uint64_t policy;  // id of the SA set that waits
  FastSelector packet;
  FastSelector line;
  FastAddress peer;
  uint16_t front_vrf;
  uint16_t inside_vrf;
  uint32_t interface;
  std::array<char, 64> map;  // name of the crypto map, filled up with zeros
  uint32_t sequence;         // of its entry
  uint32_t line_index;       // of `line` in the entry's access list
  uint32_t reserved;
};
static_assert(sizeof(Acquire) == 296);

// ike -> fwd: reserve `count` inbound SPIs for `local`; they are larval for `lifetime_ms`. fwd
// alone allocates SPIs.
struct SpiReserve {
  uint64_t policy;
  FastAddress local;
  uint16_t front_vrf;
  uint8_t protocol;  // 50 or 51
  uint8_t count;     // 1..4, one per SA of the bundle
  uint32_t lifetime_ms;
  uint32_t reserved;
};
static_assert(sizeof(SpiReserve) == 40);

struct SpiReserved {
  std::array<uint64_t, 4> sa_id;
  std::array<uint32_t, 4> spi;
  uint32_t error;  // ErrorCode + 1, 0: reserved
  uint32_t reserved;
};
static_assert(sizeof(SpiReserved) == 56);

enum class FastDirection : uint8_t { kOut = 1, kIn = 2 };
enum class FastMode : uint8_t { kTunnel = 1, kTransport = 2 };
// What an SA applies: every algorithm of ipsec::Suite, by its number there. IKEv2 transform numbers
// are not used here. AH: encryption kNone.
enum class FastEncryption : uint8_t {
  kNone = 0,
  kNull = 1,
  kDesCbc = 2,
  kTripleDesCbc = 3,
  kAesCbc128 = 4,
  kAesCbc192 = 5,
  kAesCbc256 = 6,
  kAesCtr128 = 7,
  kAesCtr192 = 8,
  kAesCtr256 = 9,
  kAesGcm128Icv8 = 10,
  kAesGcm128Icv12 = 11,
  kAesGcm128Icv16 = 12,
  kAesGcm192Icv8 = 13,
  kAesGcm192Icv12 = 14,
  kAesGcm192Icv16 = 15,
  kAesGcm256Icv8 = 16,
  kAesGcm256Icv12 = 17,
  kAesGcm256Icv16 = 18,
  kAesCcm128Icv8 = 19,
  kAesCcm128Icv12 = 20,
  kAesCcm128Icv16 = 21,
  kAesCcm192Icv8 = 22,
  kAesCcm192Icv12 = 23,
  kAesCcm192Icv16 = 24,
  kAesCcm256Icv8 = 25,
  kAesCcm256Icv12 = 26,
  kAesCcm256Icv16 = 27,
  kChaCha20Poly1305 = 28,
  kAesGmac128 = 29,
  kAesGmac192 = 30,
  kAesGmac256 = 31,
};
enum class FastIntegrity : uint8_t {
  kNone = 0,
  kHmacMd5_96 = 1,
  kHmacSha1_96 = 2,
  kHmacSha256_128 = 3,
  kHmacSha384_192 = 4,
  kHmacSha512_256 = 5,
  kAesXcbc96 = 6,
  kAesCmac96 = 7,
  kAesGmac128 = 8,
  kAesGmac192 = 9,
  kAesGmac256 = 10,
};

inline constexpr uint32_t kSaEsn = 1;
inline constexpr uint32_t kSaUdpEncapsulated = 2;
inline constexpr uint32_t kSaReplaces = 4;  // `replaces` names the SA that this one rekeys

// ike -> fwd: one SA of a bundle. Inbound: `sa_id` and `spi` are those of SpiReserved.
struct SaInstall {
  uint64_t sa_id;  // outbound: 0, fwd chooses
  uint64_t policy;
  uint64_t replaces;
  uint64_t ike_sa;
  FastEndpoints endpoints;
  FastSelector selector;
  // Lifetimes: 0 none. A soft one of 0 beside a hard one: 30 s, 256 KB before it (IOS-55).
  uint64_t soft_bytes;
  uint64_t hard_bytes;
  uint64_t soft_packets;
  uint64_t hard_packets;
  uint64_t soft_ms;
  uint64_t hard_ms;
  uint64_t idle_ms;  // without traffic of the set for so long: an event; 0 never
  // Outbound: an event when the set sends and nothing verified has come in for so long; 0 never.
  uint64_t silence_ms;
  uint32_t spi;
  uint32_t replay_window;
  uint32_t flags;
  FastEncryption encryption;
  FastIntegrity integrity;
  uint16_t inside_vrf;
  FastDirection direction;
  FastMode mode;
  uint8_t protocol;
  uint8_t bundle_index;  // 0: innermost
  uint8_t bundle_size;   // 1..4
  uint8_t key_length;
  uint8_t auth_length;
  uint8_t reserved;
  std::array<uint8_t, 64> key;   // cipher key, then salt
  std::array<uint8_t, 64> auth;  // integrity key of non-AEAD suites
  // Outbound: texts about the peer, in UTF-8 without control characters, filled up with zeros.
  std::array<char, 256> peer_identity;
  std::array<char, 80> peer_description;
};
static_assert(sizeof(SaInstall) == 728);

struct SaInstalled {
  uint64_t sa_id;
  uint32_t error;  // ErrorCode + 1, 0: an engine holds it and packets may use it
  uint32_t reserved;
};
static_assert(sizeof(SaInstalled) == 16);

inline constexpr uint32_t kDeleteDrain = 1;  // inbound: keep accepting for the drain time
struct SaDelete {
  uint64_t sa_id;
  uint32_t flags;
  uint32_t reserved;
};
static_assert(sizeof(SaDelete) == 16);
// fwd -> ike.
struct SaDeleted {
  uint64_t sa_id;
  uint32_t error;  // ErrorCode + 1, 0: it takes no more packets, or none after the drain time
  uint32_t reserved;
};
static_assert(sizeof(SaDeleted) == 16);

// ike -> fwd: an SA goes on between other ends (RFC 4555). Keys, numbers and window stay. Tunnel
// mode and ESP alone, of the family that it was installed with.
struct SaMove {
  uint64_t sa_id;
  FastEndpoints endpoints;
  uint32_t flags;  // kSaUdpEncapsulated, or none
};
static_assert(sizeof(SaMove) == 64);
// fwd -> ike.
struct SaMoved {
  uint64_t sa_id;
  uint32_t error;  // ErrorCode + 1, 0: packets take the new ends from now on
  uint32_t reserved;
};
static_assert(sizeof(SaMoved) == 16);

// ike -> fwd: the SA set for what a peer proposed, which no packet of ours asked for.
struct PolicyOpen {
  std::array<char, 64> map;   // name of the crypto map, filled up with zeros
  uint32_t sequence;          // of its entry
  uint32_t line;              // index in the entry's access list: a permit; dynamic map: 0
  uint32_t interface;         // that the peer is reached by
  uint32_t dynamic_sequence;  // of the dynamic map's entry; 0: the first that takes it, or none
  FastSelector selector;      // what was agreed; the host pair with `level per-host`
  FastAddress peer;           // with a dynamic map; else none
};
static_assert(sizeof(PolicyOpen) == 192);
struct PolicyOpened {
  uint64_t policy;
  uint32_t error;             // ErrorCode + 1, 0: opened
  uint32_t dynamic_sequence;  // of the dynamic map's entry that took it; 0: another kind of entry
};
static_assert(sizeof(PolicyOpened) == 16);

// fwd -> ike.
enum class EventKind : uint16_t {
  kSoftBytes = 1,
  kSoftPackets = 2,
  kSoftTime = 3,
  kHardExpired = 4,
  kSequenceNear = 5,
  kSequenceOverflow = 6,
  kEndpointChanged = 7,  // a verified packet came from `endpoints.remote` and its port
  kEngineFailed = 8,     // the SA's engine failed: rekey
  kIdle = 9,
  kFirstInbound = 10,  // traffic seen on a new inbound SA: the old outbound may go
  kPolicyGone = 11,    // removed: the configuration has no such line any more
  kCleared = 12,       // removed by the operator
  kSilence = 13,       // the set sends and hears nothing: see SaInstall; again while it is so
};
struct Event {
  uint64_t sa_id;
  uint64_t value;  // bytes, packets or sequence number, as the kind says
  FastEndpoints endpoints;
  EventKind kind;
  uint16_t reserved;
};
static_assert(sizeof(Event) == 72);

// fwd -> ike: an IPsec packet came in and was dropped, in a way of which its sender may be told.
// Limited there: what anybody can send comes seldom.
enum class FaultKind : uint8_t {
  kUnknownSpi = 1,      // no SA has its SPI; nothing of the packet was verified
  kWrongSelectors = 2,  // what was in it is not what the SA, verified, was agreed for
};
struct PacketFault {
  uint64_t sa_id;  // kWrongSelectors: the inbound SA; else 0
  // local: where it went; remote: where it came from, with the UDP source port or port 0.
  FastEndpoints endpoints;
  uint32_t spi;
  std::array<uint8_t, 72> start;  // of the packet, from its IP header on, filled up with zeros
  uint16_t start_bytes;           // of them; the whole packet may be longer
  FaultKind kind;
  uint8_t protocol;  // 50 or 51
  uint32_t reserved;
};
static_assert(sizeof(PacketFault) == 144);

// The struct at the front of `payload`. kTruncated when the payload is shorter; kMalformed when
// bytes follow a struct that has none behind it (only IkePacket has: its length is checked).
template <typename T>
requires std::is_trivially_copyable_v<T> Result<T> DecodeFast(Bytes payload) {
  if (payload.size() < sizeof(T)) return Err(ErrorCode::kTruncated, "fast message too short");
  T value;
  std::memcpy(&value, payload.data(), sizeof value);
  size_t trailing = 0;
  if constexpr (std::is_same_v<T, IkePacket>) trailing = value.length;
  if (payload.size() - sizeof(T) != trailing) {
    return Err(ErrorCode::kMalformed, "fast message of the wrong length");
  }
  return value;
}

// The bytes to send. Padding does not exist in these structs (asserted above by their sizes).
template <typename T>
requires std::is_trivially_copyable_v<T> Bytes EncodeFast(const T& value) {
  static_assert(std::has_unique_object_representations_v<T>);
  return Bytes(reinterpret_cast<const uint8_t*>(&value), sizeof value);
}

}  // namespace vam::api

#endif  // VAM_SW_API_FAST_H_
