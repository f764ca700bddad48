#include "sw/ike/v2/sa/ticket.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sw/base/text.h"

namespace vam::ike::v2 {

namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kMaxAdditional = 7;  // transform types 6 to 12

Error Malformed(const char* why) { return Err(ErrorCode::kMalformed, why); }

Status WriteBytes(ByteWriter& out, Bytes bytes) {
  VAM_TRY_STATUS(out.U16(static_cast<uint16_t>(bytes.size())));
  return out.Append(bytes);
}

Result<Bytes> ReadBytes(ByteReader& in) {
  VAM_TRY(const uint16_t size, in.U16());
  return in.Take(size);
}

Result<std::string> ReadText(ByteReader& in) {
  VAM_TRY(const Bytes bytes, ReadBytes(in));
  return std::string(bytes.begin(), bytes.end());
}

Status WriteIdentity(ByteWriter& out, const Identity& identity) {
  VAM_TRY_STATUS(out.U8(static_cast<uint8_t>(identity.type)));
  return WriteBytes(out, identity.data);
}

Result<Identity> ReadIdentity(ByteReader& in) {
  VAM_TRY(const uint8_t type, in.U8());
  VAM_TRY(const Bytes data, ReadBytes(in));
  return Identity::FromWire(type, data);
}

Result<AuthKind> ReadKind(ByteReader& in) {
  VAM_TRY(const uint8_t kind, in.U8());
  if (kind > static_cast<uint8_t>(AuthKind::kEdDsa)) return Malformed("a method that is none");
  return static_cast<AuthKind>(kind);
}

Status WriteSuite(ByteWriter& out, const IkeSuite& suite) {
  VAM_TRY_STATUS(out.U16(static_cast<uint16_t>(suite.cipher.id)));
  VAM_TRY_STATUS(out.U16(suite.cipher.key_bits));
  VAM_TRY_STATUS(out.U16(static_cast<uint16_t>(suite.integrity)));
  VAM_TRY_STATUS(out.U16(static_cast<uint16_t>(suite.prf)));
  VAM_TRY_STATUS(out.U16(suite.group));
  VAM_TRY_STATUS(out.U8(static_cast<uint8_t>(suite.additional_groups.size())));
  for (const uint16_t group : suite.additional_groups) VAM_TRY_STATUS(out.U16(group));
  return Ok();
}

Result<IkeSuite> ReadSuite(ByteReader& in) {
  VAM_TRY(const uint16_t cipher_id, in.U16());
  VAM_TRY(const uint16_t key_bits, in.U16());
  VAM_TRY(const uint16_t integrity, in.U16());
  VAM_TRY(const uint16_t prf, in.U16());
  IkeSuite suite;
  VAM_TRY(suite.group, in.U16());
  VAM_TRY(const uint8_t additional, in.U8());
  if (additional > kMaxAdditional) return Malformed("more key exchanges than there are types");
  for (size_t i = 0; i < additional; ++i) {
    VAM_TRY(const uint16_t group, in.U16());
    suite.additional_groups.push_back(group);
  }
  const CipherInfo* const cipher = FindCipher(cipher_id, key_bits);
  if (cipher == nullptr || !cipher->in_ike) return Malformed("a cipher that is none of IKE");
  suite.cipher = cipher->cipher;
  const bool none = integrity == static_cast<uint16_t>(IntegrityId::kNone);
  if (none != cipher->combined()) return Malformed("integrity that does not go with the cipher");
  if (!none) {
    const IntegrityInfo* const found = FindIntegrity(integrity);
    if (found == nullptr || !found->in_ike) return Malformed("integrity that is none of IKE");
    suite.integrity = found->id;
  }
  const PrfInfo* const found = FindPrf(prf);
  if (found == nullptr) return Malformed("a PRF that is none");
  suite.prf = found->id;
  return suite;
}

Status WriteTimes(ByteWriter& out, const TicketState& state) {
  for (const uint64_t one : {state.expires_ns, state.reauth_by_ns, state.session}) {
    VAM_TRY_STATUS(out.U64(one));
  }
  return out.Append(state.policy);
}

Status ReadTimes(ByteReader& in, TicketState& state) {
  for (uint64_t* const one : {&state.expires_ns, &state.reauth_by_ns, &state.session}) {
    VAM_TRY(*one, in.U64());
  }
  VAM_TRY(const Bytes mark, in.Take(state.policy.size()));
  std::ranges::copy(mark, state.policy.begin());
  return Ok();
}

}  // namespace

Result<TicketText> EncodeTicket(const TicketState& state) {
  TicketText buffer;
  ByteWriter out(buffer.Resize(kMaxTicketText));
  VAM_TRY_STATUS(out.U8(kVersion));
  VAM_TRY_STATUS(WriteTimes(out, state));
  VAM_TRY_STATUS(WriteSuite(out, state.suite));
  VAM_TRY_STATUS(WriteBytes(out, state.sk_d.bytes()));
  VAM_TRY_STATUS(out.U8(static_cast<uint8_t>(state.local_auth)));
  VAM_TRY_STATUS(out.U8(static_cast<uint8_t>(state.peer_auth)));
  for (const Identity* const identity : {&state.local_identity, &state.peer_identity}) {
    VAM_TRY_STATUS(WriteIdentity(out, *identity));
  }
  for (const std::string* const text : {&state.profile, &state.ppk, &state.peer_subject}) {
    VAM_TRY_STATUS(WriteBytes(out, BytesOf(*text)));
  }
  return TicketText::From(out.written());
}

Result<TicketState> DecodeTicket(Bytes text) {
  ByteReader in(text);
  VAM_TRY(const uint8_t version, in.U8());
  if (version != kVersion) return Malformed("a ticket of another version");
  TicketState state;
  VAM_TRY_STATUS(ReadTimes(in, state));
  VAM_TRY(state.suite, ReadSuite(in));
  VAM_TRY(const Bytes sk_d, ReadBytes(in));
  if (sk_d.size() != InfoOf(state.suite.prf).bytes) return Malformed("SK_d of another length");
  VAM_TRY(state.sk_d, Key::From(sk_d));
  VAM_TRY(state.local_auth, ReadKind(in));
  VAM_TRY(state.peer_auth, ReadKind(in));
  VAM_TRY(state.local_identity, ReadIdentity(in));
  VAM_TRY(state.peer_identity, ReadIdentity(in));
  VAM_TRY(state.profile, ReadText(in));
  VAM_TRY(state.ppk, ReadText(in));
  VAM_TRY(state.peer_subject, ReadText(in));
  if (in.remaining() != 0) return Malformed("bytes behind a ticket");
  return state;
}

}  // namespace vam::ike::v2
