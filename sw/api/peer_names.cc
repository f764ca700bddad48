#include "sw/api/peer_names.h"

#include <utility>
#include <vector>

#include "sw/api/channel.h"

namespace vam::api {

Result<net::Address> AddressOfField(const std::string& field) {
  const std::vector<uint8_t> bytes(field.begin(), field.end());
  return net::Address::FromBytes(bytes);
}

std::string FieldOf(const net::Address& address) {
  const Bytes bytes = address.bytes();
  return {bytes.begin(), bytes.end()};
}

Status Apply(const PeerNames& message, net::NameTable& table) {
  std::vector<net::NameTable::Entry> entries;
  for (const PeerNames::Name& name : message.name()) {
    net::NameTable::Entry entry;
    entry.problem = name.problem();
    for (const std::string& field : name.address()) {
      VAM_TRY(const net::Address address, AddressOfField(field));
      entry.addresses.push_back(address);
    }
    entries.push_back(std::move(entry));
  }
  for (int i = 0; i < message.name_size(); ++i) {
    const PeerNames::Name& name = message.name(i);
    if (name.gone()) {
      table.Remove(name.name());
    } else {
      table.Set(name.name(), std::move(entries[static_cast<size_t>(i)]));
    }
  }
  return {};
}

Status Apply(Bytes payload, net::NameTable& table) {
  VAM_TRY(const PeerNames message, ParseAs<PeerNames>(payload));
  return Apply(message, table);
}

}  // namespace vam::api
