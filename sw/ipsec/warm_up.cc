#include "sw/ipsec/warm_up.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sw/ipsec/soft_engine.h"

namespace vam::ipsec {
namespace {

constexpr size_t kInnerBytes = 128;  // long enough to be compressed

SaParams MakeSa(Protocol protocol, const Suite& suite, Direction direction) {
  SaParams params;
  params.id = 1;
  params.direction = direction;
  params.protocol = protocol;
  params.suite = suite;
  params.spi = Spi{kFirstSpi};
  params.local = net::Address::V4(0x7f000001);
  params.remote = params.local;
  const EncryptionInfo& encryption = InfoOf(suite.encryption);
  const IntegrityInfo& integrity = InfoOf(suite.integrity);
  params.key_material.Resize(encryption.key_bytes + encryption.salt_bytes);
  params.auth_key.Resize(integrity.key_bytes + integrity.salt_bytes);
  return params;
}

Reason Run(SoftEngine& engine, const Job& job, size_t& out_bytes) {
  Done done;
  if (engine.Submit({&job, 1}) != 1 || engine.Poll({&done, 1}) != 1) return Reason::kEngineFault;
  out_bytes = done.out_bytes;
  return done.reason;
}

bool Add(SoftEngine& engine, const SaParams& params, SaRef& ref) {
  ControlDone done;
  if (!engine.BeginAdd(params) || engine.PollControl({&done, 1}) != 1) return false;
  ref = done.sa;
  return done.status.has_value();
}

struct Ops {
  Op out;
  Op in;
};
Ops OpsOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kEsp:
      return {Op::kEspOut, Op::kEspIn};
    case Protocol::kAh:
      return {Op::kAhOut, Op::kAhIn};
    case Protocol::kIpComp:
      break;
  }
  return {Op::kIpCompOut, Op::kIpCompIn};
}

// One packet there and back.
bool Use(Protocol protocol, const Suite& suite) {
  SoftEngine engine({.max_sas = 2, .queue_jobs = 1, .queue_controls = 1});
  SaRef out;
  SaRef in;
  if (!Add(engine, MakeSa(protocol, suite, Direction::kOut), out) ||
      !Add(engine, MakeSa(protocol, suite, Direction::kIn), in)) {
    return false;
  }
  std::array<uint8_t, kInnerBytes> inner{};
  net::Ipv4Header header;
  header.total_bytes = kInnerBytes;
  header.ttl = 1;
  header.protocol = net::kProtocolUdp;
  header.source = net::Address::V4(0x7f000001);
  header.destination = header.source;
  std::array<uint8_t, 512> wire;
  std::array<uint8_t, 512> back;
  const Ops ops = OpsOf(protocol);
  size_t bytes = 0;
  return net::WriteIpv4(header, inner).has_value() &&
         Run(engine, {ops.out, out, 0, inner, wire, 1}, bytes) == Reason::kOk &&
         Run(engine, {ops.in, SaRef::None(), 0, Bytes(wire).first(bytes), back, 2}, bytes) ==
             Reason::kOk &&
         bytes == inner.size() && std::equal(inner.begin(), inner.end(), back.begin());
}

Status Failed(std::string_view name) {
  // A name of the table is a literal.
  return Err(ErrorCode::kUnavailable, name.data());
}

}  // namespace

Status UseEveryAlgorithm() {
  for (const EncryptionInfo& info : Encryptions()) {
    Suite suite{.encryption = info.id};
    if (!info.combined()) suite.integrity = Integrity::kHmacSha256_128;
    if (!Use(Protocol::kEsp, suite)) return Failed(info.name);
  }
  for (const IntegrityInfo& info : Integrities()) {
    if (!Use(Protocol::kAh, {Encryption::kNone, info.id})) return Failed(info.name);
  }
  for (const CompressionInfo& info : Compressions()) {
    // Coming in it is found by its CPI: the packet was compressed.
    if (!Use(Protocol::kIpComp, {Encryption::kNone, Integrity::kNone, info.id})) {
      return Failed(info.name);
    }
  }
  return Ok();
}

}  // namespace vam::ipsec
