#include "tests/ike/forge.h"

#include <algorithm>
#include <cstring>

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

void Inject(Side& to, const net::Address& from, Bytes message, uint16_t port) {
  Ends ends;
  // Both ends of a packet are of one family.
  ends.local = from.is_v6() ? *net::Address::Parse("2001:db8:ff::1") : to.address;
  ends.remote = from;
  ends.remote_port = port;
  api::IkePacket packet{};
  packet.endpoints = ToFast(ends);
  packet.length = static_cast<uint32_t>(message.size());
  Buffer payload(sizeof packet + message.size());
  std::memcpy(payload.data(), &packet, sizeof packet);
  std::ranges::copy(message, payload.begin() + sizeof packet);
  to.machine.Receive(api::MessageType::kIkePacket, 0, payload);
}

void PassOnly(Network& net, size_t count) {
  net.on_packet = [count](size_t index, const Side&, Buffer&) { return index < count; };
}

IkeSa* AnySa(Side& side) {
  const auto& sas = side.machine.core().sas();
  return sas.empty() ? nullptr : sas.begin()->second.get();
}

Buffer MessageFor(const IkeSa& sa, Cover cover, ExchangeType exchange, bool response, uint32_t id,
                  MessageBuilder& inner) {
  Header header;
  header.initiator_spi = sa.spi_i();
  header.responder_spi = sa.spi_r();
  header.exchange = exchange;
  header.from_initiator = !sa.initiator;
  header.response = response;
  header.message_id = id;
  if (cover == Cover::kClear) return *inner.Finish(header);
  const Buffer wrong(64, 0x42);
  SkKeys keys = sa.inbound();
  if (cover == Cover::kWrongKeys) {
    const CipherInfo& cipher = InfoOf(keys.cipher);
    keys.encryption = Bytes(wrong).first(cipher.key_bytes + cipher.salt_bytes);
    keys.integrity_key =
        cipher.combined() ? Bytes{} : Bytes(wrong).first(InfoOf(keys.integrity).key_bytes);
  }
  static SkCounter counter{uint64_t{1} << 40};
  SeededRng rng(9);
  const PayloadType first = inner.first();
  return *Seal(keys, counter, rng, header, first, *inner.payloads());
}

}  // namespace vam::ike::test
