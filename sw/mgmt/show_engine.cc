// show crypto engine in all its forms, show crypto eli.
#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "sw/base/text.h"
#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

using Words = google::protobuf::RepeatedPtrField<std::string>;

std::string CommaList(const Words& words) {
  std::string text;
  for (int i = 0; i < words.size(); ++i) text.append(i == 0 ? "" : ", ").append(words[i]);
  return text;
}

// "Yes (128,192,256)" from the capabilities "aes_gcm_128" and so on; "No" without any.
std::string Has(const api::Engine& engine, std::string_view prefix) {
  std::string sizes;
  bool any = false;
  for (const std::string& capability : engine.capability()) {
    if (!capability.starts_with(prefix)) continue;
    any = true;
    const std::string size = capability.substr(prefix.size());
    if (size.empty() || size.find_first_not_of("_0123456789") != std::string::npos) continue;
    sizes += (sizes.empty() ? "" : ",") + size.substr(size.front() == '_' ? 1 : 0);
  }
  if (!any) return "No";
  return sizes.empty() ? "Yes" : "Yes (" + sizes + ")";
}

std::string StateOf(const api::Engine& engine, std::string_view up) {
  std::string text(engine.state() == "up" ? up : std::string_view(engine.state()));
  return engine.state_reason().empty() ? text : text + " (" + engine.state_reason() + ")";
}

std::string EngineText(const api::Engine& engine) {
  std::string text = fmt::format("        crypto engine name:  {}\n", engine.name());
  text += fmt::format("        crypto engine type:  {}\n", engine.type());
  text += fmt::format("                     State:  {}\n", StateOf(engine, "up"));
  if (!engine.product().empty())
    text += fmt::format("              Product Name:  {}\n", engine.product());
  if (!engine.version().empty())
    text += fmt::format("                   Version:  {}\n", engine.version());
  text += fmt::format("              Capabilities:  {}\n", CommaList(engine.capability()));
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
  for (const api::EngineWorker& worker : engine.worker()) {
    text += fmt::format("                   Worker {}:  {}, {} SAs, {} packets, {} refused\n",
                        worker.number(), worker.state(), worker.sa_in_use(), worker.packets(),
                        worker.refused());
  }
  for (const api::ReasonCount& drop : engine.drop()) {
    text += fmt::format("                    Dropped:  {}, {}\n", drop.reason(), drop.packets());
  }
  return text;
}

std::string BriefText(const api::Engine& engine) {
  std::string text;
  const auto row = [&](std::string_view label, const std::string& value) {
    text += fmt::format("{:>26}:  {}\n", label, value);
  };
  row("crypto engine name", engine.name());
  row("crypto engine type", Lower(engine.type()));
  row("State", StateOf(engine, "Enabled"));
  row("Location", fmt::format("slot {}", engine.slot()));
  row("Product Name", engine.product());
  if (!engine.version().empty()) row("FW Version", engine.version());
  row("Compression", Has(engine, "ipcomp"));
  row("DES", Has(engine, "des"));
  row("3 DES", Has(engine, "3des"));
  row("AES CBC", Has(engine, "aes_cbc"));
  row("AES CNTR", Has(engine, "aes_ctr"));
  row("AES GCM", Has(engine, "aes_gcm"));
  if (engine.max_packet_bytes() != 0) {
    row("Maximum buffer length", std::to_string(engine.max_packet_bytes()));
  }
  row("Maximum SA index", std::to_string(engine.sa_maximum()));
  return text;
}

std::string ConfigurationText(const api::Engine& engine) {
  std::string text;
  const auto row = [&](std::string_view label, const std::string& value) {
    text += fmt::format("{:>26}:  {}\n", label, value);
  };
  row("crypto engine name", engine.name());
  row("crypto engine type", Lower(engine.type()));
  row("crypto engine state", StateOf(engine, "installed"));
  row("crypto engine in slot",
      engine.type() == "Hardware" ? std::to_string(engine.slot()) : std::string("N/A"));
  row("platform", engine.product());
  row("version", engine.version());
  row("capabilities", CommaList(engine.capability()));
  return text;
}

std::string DropText(const api::Engine& engine) {
  std::string text = fmt::format("crypto engine {}:\n", engine.name());
  if (engine.drop().empty()) text += "  no packet was dropped\n";
  for (const api::ReasonCount& drop : engine.drop()) {
    text += fmt::format("  {:<24}{:>20}\n", drop.reason(), drop.packets());
  }
  return text;
}

// Two counters in a row, as the accelerators' statistics are printed.
std::string Two(uint64_t left, std::string_view what, uint64_t right, std::string_view other) {
  return fmt::format("{:>16} {:<24}{:>12} {}\n", left, what, right, other);
}

std::string StatisticText(const api::Engine& engine) {
  std::string text = fmt::format("Device:   {}\n        Location: Slot: {}\n        State: {}\n",
                                 engine.product().empty() ? engine.name() : engine.product(),
                                 engine.slot(), StateOf(engine, "up"));
  text += "        Statistics for Hardware VPN Module\n";
  const uint64_t packets = engine.packets_in() + engine.packets_out();
  const uint64_t bytes = engine.bytes_in() + engine.bytes_out();
  uint64_t dropped = 0;
  for (const api::ReasonCount& drop : engine.drop()) dropped += drop.packets();
  text += Two(packets + dropped, "packets in", packets, "packets out");
  text += Two(bytes, "bytes through", engine.sa_in_use(),
              fmt::format("SAs of {}", engine.sa_maximum()));
  text += Two(engine.packets_in(), "packets decrypted", engine.packets_out(), "packets encrypted");
  text += Two(engine.bytes_in(), "bytes decrypted", engine.bytes_out(), "bytes encrypted");
  text += Two(engine.busy_cycles(), "cycles busy", engine.cycles(), "cycles since reset");
  if (engine.cycles_per_packet() != 0) {
    text += fmt::format("{:>16.2f} cycles per packet, {:.2f} bits per cycle\n",
                        engine.cycles_per_packet(), engine.bits_per_cycle());
  }
  text += "        Errors:\n";
  if (engine.drop().empty()) text += "           none\n";
  for (const api::ReasonCount& drop : engine.drop()) {
    text += fmt::format("           {:<24}: {:>12}\n", drop.reason(), drop.packets());
  }
  return text;
}

std::string AbstractionText(const api::CryptoEngine& show) {
  const bool active =
      std::any_of(show.engine().begin(), show.engine().end(), [](const api::Engine& engine) {
        return engine.type() == "Hardware" && engine.state() == "up";
      });
  std::string text = fmt::format("Hardware Encryption : {}\n", active ? "ACTIVE" : "INACTIVE");
  text += fmt::format(" Number of crypto engines = {}\n", show.engine_size());
  for (const api::Engine& engine : show.engine()) {
    text += fmt::format("\n CryptoEngine {} (slot-{}) details: state = {}\n", engine.name(),
                        engine.slot(), StateOf(engine, "Active"));
    text += fmt::format(" Capability    : {}\n", CommaList(engine.capability()));
    text += fmt::format(" IPSec-Session : {:>5} active, {:>5} max\n", engine.sa_in_use(),
                        engine.sa_maximum());
  }
  return text;
}

bool InSlot(const api::Engine& engine, const ShowOptions& options) {
  return options.slot == engine.slot();
}

std::string ViewText(const api::Engine& engine, const ShowOptions& options) {
  switch (options.view) {
    case ShowView::kBrief:
      return BriefText(engine);
    case ShowView::kConfiguration:
      return ConfigurationText(engine);
    case ShowView::kDroppedPackets:
      return DropText(engine);
    case ShowView::kAccelerator:
      return engine.type() == "Hardware" && InSlot(engine, options) ? StatisticText(engine) : "";
    case ShowView::kQos:
      return fmt::format(
          "crypto engine name: {}\ncrypto engine type: {}\nslot: {}\n"
          "queuing: disabled\n",
          engine.name(), Lower(engine.type()), engine.slot());
    default:
      return EngineText(engine);
  }
}

}  // namespace

std::string RenderPlacements(const api::CryptoEngine& show, bool first) {
  std::string text;
  if (first && show.placement_size() != 0) {
    text = "Id     SPI         Direction  Crypto map        Engine    Why not on the card\n";
  }
  for (const api::SaPlacement& sa : show.placement()) {
    text += fmt::format("{:<7}0x{:08X}  {:<11}{:<18}{:<10}{}\n", sa.id(), sa.spi(), sa.direction(),
                        fmt::format("{} {}", sa.crypto_map(), sa.sequence()),
                        sa.engine().empty() ? "none" : sa.engine(), sa.reason());
  }
  return text;
}

std::string RenderCryptoEngine(const api::CryptoEngine& show, const ShowOptions& options) {
  if (options.view == ShowView::kAbstraction) return AbstractionText(show);
  if (options.view == ShowView::kDiffieHellman) {
    return "Number of DH's pregenerated = 0\n"
           "Conn  Status    Group           Time left\n";
  }
  std::string text;
  for (const api::Engine& engine : show.engine()) {
    const std::string one = ViewText(engine, options);
    if (!one.empty()) text += one + "\n";
  }
  if (text.empty()) text = fmt::format("% There is no hardware engine in slot {}.\n", options.slot);
  return text + (options.view == ShowView::kDefault ? RenderPlacements(show, true) : "");
}

std::string RenderConnections(const api::IpsecSa& show, bool first) {
  std::string text;
  if (first) {
    text =
        "Crypto Engine Connections\n\n"
        "   ID  Type    Algorithm                Encrypt    Decrypt   LastSeqN IP-Address\n";
  }
  using Sas = google::protobuf::RepeatedPtrField<api::SaEntry>;
  const auto rows = [&](const Sas& sas, bool inbound, const std::string& address) {
    for (const api::SaEntry& sa : sas) {
      if (sa.status() == "DOWN") continue;
      text += fmt::format("{:>5}  IPsec   {:<22}{:>10} {:>10} {:>10} {}\n", sa.conn_id(),
                          sa.transform(), inbound ? 0 : sa.packets(), inbound ? sa.packets() : 0,
                          sa.sequence_number(), address);
    }
  };
  for (const api::IpsecInterface& interface : show.interface()) {
    for (const api::IpsecFlow& flow : interface.flow()) {
      for (const Sas* in : {&flow.inbound_ah(), &flow.inbound_esp(), &flow.inbound_pcp()}) {
        rows(*in, true, flow.local_crypto_endpoint());
      }
      for (const Sas* out : {&flow.outbound_ah(), &flow.outbound_esp(), &flow.outbound_pcp()}) {
        rows(*out, false, flow.local_crypto_endpoint());
      }
    }
  }
  return text;
}

}  // namespace vam::mgmt
