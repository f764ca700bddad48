// show crypto ipsec sa, show crypto map, show crypto engine.
#include <fmt/core.h>

#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words,
                 std::string_view separator, bool after_last) {
  std::string text;
  for (int i = 0; i < words.size(); ++i) {
    text += words[i];
    if (after_last || i + 1 < words.size()) text += separator;
  }
  return text;
}

std::string IdentText(const api::Ident& ident) {
  return fmt::format("({}/{}/{}/{})", ident.address(), ident.mask(), ident.protocol(),
                     ident.port());
}

void SaText(const api::SaEntry& sa, std::string& text) {
  text += fmt::format("      spi: 0x{:X}({})\n", sa.spi(), sa.spi());
  text += fmt::format("        transform: {} ,\n", sa.transform());
  text += fmt::format("        in use settings ={{{}}}\n", Join(sa.setting(), ", ", true));
  text += fmt::format("        conn id: {}, flow_id: {}, crypto map: {}\n", sa.conn_id(),
                      sa.flow_id(), sa.crypto_map());
  const std::string type = sa.engine().empty()     ? "none"
                           : sa.engine() == "card" ? "Hardware"
                                                   : "Software";
  text += fmt::format("        crypto engine type: {}", type);
  text += sa.engine_reason().empty() ? "\n" : fmt::format(" ({})\n", sa.engine_reason());
  text += "        sa timing: remaining key lifetime (k/sec): (infinite/infinite)\n";
  text += fmt::format("        IV size: {} bytes\n", sa.iv_size());
  text += fmt::format("        replay detection support: {}", sa.replay_window() != 0 ? "Y" : "N");
  if (sa.replay_window() != 0) text += fmt::format("  replay window size: {}", sa.replay_window());
  text += fmt::format("\n        Status: {}\n", sa.status());
  text += fmt::format("        packets: {}, bytes: {}, sequence number: {}, ESN: {}\n",
                      sa.packets(), sa.bytes(), sa.sequence_number(), sa.esn() ? "Y" : "N");
}

void SaList(std::string_view title, const google::protobuf::RepeatedPtrField<api::SaEntry>& sas,
            std::string& text) {
  text += fmt::format("     {}:\n", title);
  for (const api::SaEntry& sa : sas) SaText(sa, text);
}

void FlowText(const api::IpsecFlow& flow, std::string& text) {
  text += fmt::format("   protected vrf: {}\n",
                      flow.protected_vrf().empty() ? "(none)" : flow.protected_vrf());
  text += fmt::format("   local  ident (addr/mask/prot/port): {}\n", IdentText(flow.local_ident()));
  text +=
      fmt::format("   remote ident (addr/mask/prot/port): {}\n", IdentText(flow.remote_ident()));
  text += fmt::format("   current_peer: {}:{}\n", flow.current_peer(), flow.peer_port());
  text += fmt::format("     {}, flags={{{}}}\n", flow.action(), Join(flow.flag(), ",", true));
  text += fmt::format("    #pkts encaps: {}, #pkts encrypt: {}, #pkts digest: {}\n",
                      flow.pkts_encaps(), flow.pkts_encrypt(), flow.pkts_digest());
  text += fmt::format("    #pkts decaps: {}, #pkts decrypt: {}, #pkts verify: {}\n",
                      flow.pkts_decaps(), flow.pkts_decrypt(), flow.pkts_verify());
  text += "    #pkts compressed: 0, #pkts decompressed: 0\n";
  text += "    #pkts not compressed: 0, #pkts compr. failed: 0\n";
  text += "    #pkts not decompressed: 0, #pkts decompress failed: 0\n";
  text +=
      fmt::format("    #send errors {}, #recv errors {}\n", flow.send_errors(), flow.recv_errors());
  text += fmt::format("     local crypto endpt.: {}, remote crypto endpt.: {}\n",
                      flow.local_crypto_endpoint(), flow.remote_crypto_endpoint());
  text +=
      fmt::format("     plaintext mtu {}, path mtu {}, ip mtu {}, ip mtu idb {}\n",
                  flow.plaintext_mtu(), flow.path_mtu(), flow.ip_mtu(), flow.ip_mtu_interface());
  text += fmt::format("     current outbound spi: {:X}\n", flow.current_outbound_spi());
  SaList("inbound esp sas", flow.inbound_esp(), text);
  text += "     inbound ah sas:\n     inbound pcp sas:\n";
  SaList("outbound esp sas", flow.outbound_esp(), text);
  text += "     outbound ah sas:\n     outbound pcp sas:\n";
  if (!flow.down_reason().empty()) text += fmt::format("     down: {}\n", flow.down_reason());
  for (const api::ReasonCount& drop : flow.drop()) {
    text += fmt::format("     dropped, {}: {}\n", drop.reason(), drop.packets());
  }
}

void EngineText(const api::Engine& engine, std::string& text) {
  text += fmt::format("        crypto engine name:  {}\n", engine.name());
  text += fmt::format("        crypto engine type:  {}\n", engine.type());
  text += fmt::format("                     State:  {}", engine.state());
  text += engine.state_reason().empty() ? "\n" : fmt::format(" ({})\n", engine.state_reason());
  if (!engine.product().empty())
    text += fmt::format("              Product Name:  {}\n", engine.product());
  if (!engine.version().empty())
    text += fmt::format("                   Version:  {}\n", engine.version());
  text += fmt::format("              Capabilities:  {}\n", Join(engine.capability(), ", ", false));
  text +=
      fmt::format("         SAs in use/maximum:  {}/{}\n", engine.sa_in_use(), engine.sa_maximum());
  text += fmt::format("       Packets out/Bytes out:  {}/{}\n", engine.packets_out(),
                      engine.bytes_out());
  text +=
      fmt::format("         Packets in/Bytes in:  {}/{}\n", engine.packets_in(), engine.bytes_in());
  if (engine.cycles() != 0) {
    text +=
        fmt::format("                Cycles/busy:  {}/{}\n", engine.cycles(), engine.busy_cycles());
    text += fmt::format("          Cycles per packet:  {:.2f}\n", engine.cycles_per_packet());
    text += fmt::format("             Bits per cycle:  {:.2f}\n", engine.bits_per_cycle());
  }
  for (const api::ReasonCount& drop : engine.drop()) {
    text += fmt::format("                    Dropped:  {}, {}\n", drop.reason(), drop.packets());
  }
}

}  // namespace

std::string RenderIpsecSa(const api::IpsecSa& show) {
  std::string text;
  for (const api::IpsecInterface& interface : show.interface()) {
    text += fmt::format("\ninterface: {}\n", interface.name());
    text += fmt::format("    Crypto map tag: {}, local addr. {}\n", interface.crypto_map_tag(),
                        interface.local_address());
    for (const api::IpsecFlow& flow : interface.flow()) {
      FlowText(flow, text);
      text += "\n";
    }
  }
  return text.empty() ? "No SAs found\n" : text;
}

std::string RenderCryptoMap(const api::CryptoMap& show) {
  std::string text;
  for (const api::CryptoMapEntry& entry : show.entry()) {
    text += fmt::format("Crypto Map \"{}\" {} {}\n", entry.map(), entry.sequence(), entry.kind());
    if (!entry.description().empty())
      text += fmt::format("  Description: {}\n", entry.description());
    text += fmt::format("  Peer = {}\n", entry.peer());
    text += fmt::format("  Extended IP access list {}\n", entry.acl());
    for (const std::string& line : entry.acl_line()) text += fmt::format("    {}\n", line);
    text += fmt::format("  Current peer: {}\n", entry.peer());
    text += fmt::format(
        "  Session key, inbound esp: {}, outbound esp: {}\n",
        entry.inbound_spi() == 0 ? "not set" : fmt::format("spi {}", entry.inbound_spi()),
        entry.outbound_spi() == 0 ? "not set" : fmt::format("spi {}", entry.outbound_spi()));
    text += fmt::format("  ESN (Y/N): {}, replay window size: {}\n", entry.esn() ? "Y" : "N",
                        entry.replay_window());
    text += "  Transform sets={\n";
    if (!entry.transform_set().empty()) {
      text += fmt::format("    {}: {{ {} }} ,\n", entry.transform_set(), entry.transforms());
    }
    text += "  }\n";
    text += fmt::format("  Interfaces using crypto map {}:\n", entry.map());
    for (const std::string& interface : entry.interface())
      text += fmt::format("    {}\n", interface);
    if (!entry.incomplete().empty()) {
      text += fmt::format("  Incomplete, traffic is dropped: {}\n", entry.incomplete());
    }
  }
  return text.empty() ? "No crypto maps found.\n" : text;
}

std::string RenderCryptoEngine(const api::CryptoEngine& show) {
  std::string text;
  for (const api::Engine& engine : show.engine()) {
    EngineText(engine, text);
    text += "\n";
  }
  if (show.placement_size() == 0) return text;
  text += "Id     SPI         Direction  Crypto map        Engine    Why not on the card\n";
  for (const api::SaPlacement& sa : show.placement()) {
    text += fmt::format("{:<7}0x{:08X}  {:<11}{:<18}{:<10}{}\n", sa.id(), sa.spi(), sa.direction(),
                        fmt::format("{} {}", sa.crypto_map(), sa.sequence()),
                        sa.engine().empty() ? "none" : sa.engine(), sa.reason());
  }
  return text;
}

}  // namespace vam::mgmt
