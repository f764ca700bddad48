#include "sw/mgmt/show_ipsec.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

namespace vam::mgmt {
namespace {

using Sas = google::protobuf::RepeatedPtrField<api::SaEntry>;

// Each word with the separator behind it, also the last, as IOS prints lists in braces.
std::string Each(const google::protobuf::RepeatedPtrField<std::string>& words,
                 std::string_view separator) {
  std::string text;
  for (const std::string& word : words) text.append(word).append(separator);
  return text;
}

std::string Limit(bool limited, uint64_t value) {
  return limited ? std::to_string(value) : "infinite";
}

std::string SaText(const api::SaEntry& sa, bool detail, std::string_view indent) {
  std::string text;
  const auto line = [&](const std::string& what) {
    text.append(indent).append("  ").append(what).append("\n");
  };
  text += fmt::format("{}spi: 0x{:X}({})\n", indent, sa.spi(), sa.spi());
  line(fmt::format("transform: {} ,", sa.transform()));
  line(fmt::format("in use settings ={{{}}}", Each(sa.setting(), ", ")));
  line(fmt::format("slot: {}, conn id: {}, flow_id: {}, crypto map: {}", sa.slot(), sa.conn_id(),
                   sa.flow_id(), sa.crypto_map()));
  const std::string why =
      sa.engine_reason().empty() ? "" : fmt::format(" ({})", sa.engine_reason());
  line(fmt::format("crypto engine type: {}{}", EngineType(sa), why));
  line(fmt::format("sa timing: remaining key lifetime (k/sec): ({}/{})",
                   Limit(sa.has_remaining_kilobytes(), sa.remaining_kilobytes()),
                   Limit(sa.has_remaining_seconds(), sa.remaining_seconds())));
  if (sa.iv_size() != 0) line(fmt::format("IV size: {} bytes", sa.iv_size()));
  const bool replay = sa.replay_window() != 0;
  const std::string window =
      replay && detail ? fmt::format("  replay window size: {}", sa.replay_window()) : "";
  line(fmt::format("replay detection support: {}{}", replay ? "Y" : "N", window));
  if (!sa.status().empty()) line(fmt::format("Status: {}", sa.status()));
  if (!detail) return text;
  line(fmt::format("packets: {}, bytes: {}, sequence number: {}, ESN: {}", sa.packets(), sa.bytes(),
                   sa.sequence_number(), sa.esn() ? "Y" : "N"));
  if (sa.sequence_limit() != 0) {
    line(fmt::format("sequence numbers reserved up to: {}", sa.sequence_limit()));
  }
  if (sa.has_idle_seconds()) {
    line(fmt::format("idle time left/limit (sec): {}/{}",
                     Limit(sa.has_idle_remaining_seconds(), sa.idle_remaining_seconds()),
                     sa.idle_seconds()));
  }
  if (sa.bundle_position() != 0) line(fmt::format("bundle position: {}", sa.bundle_position()));
  return text;
}

std::string SaList(std::string_view title, const Sas& sas, bool detail) {
  std::string text = fmt::format("     {}:\n", title);
  for (const api::SaEntry& sa : sas) text += SaText(sa, detail, "      ");
  return text;
}

// The classes into which IOS sorts errors under `detail`; each reason is in one of them or among
// the internal ones.
struct ErrorClass {
  bool sent;
  std::array<std::string_view, 6> reasons;
};
enum Class : uint8_t {
  kNoSa,
  kInvalidSa,
  kEncaps,
  kDecaps,
  kProt,
  kVerify,
  kIdentity,
  kLength,
  kRollover,
  kReplay,
  kClasses
};
constexpr std::array<ErrorClass, kClasses> kErrorClasses{{
    {true, {"policy_no_sa", "pending_full", "pending_timeout"}},
    {false, {"no_sa"}},
    {true, {"mtu_exceeded", "dst_too_small", "hard_bytes", "hard_packets", "policy_discard"}},
    {false, {"bad_padding", "bad_next_header", "esp_alignment", "inner_malformed", "ecn_drop"}},
    {false, {"not_esp", "sa_direction"}},
    {false, {"icv_failed"}},
    {false, {"selector_mismatch", "policy_cleartext"}},
    {false, {"esp_short", "bad_length", "outer_malformed", "outer_checksum"}},
    {true, {"seq_overflow"}},
    {false, {"replay_old", "replay_duplicate", "replay_unreserved"}},
}};

std::string DetailedErrors(const api::IpsecFlow& flow) {
  std::array<uint64_t, kClasses> count{};
  uint64_t sent = 0, received = 0;
  for (const api::ReasonCount& drop : flow.drop()) {
    for (size_t i = 0; i < kClasses; ++i) {
      const auto& reasons = kErrorClasses[i].reasons;
      if (std::find(reasons.begin(), reasons.end(), drop.reason()) == reasons.end()) continue;
      count[i] += drop.packets();
      (kErrorClasses[i].sent ? sent : received) += drop.packets();
    }
  }
  const uint64_t other_sent = flow.send_errors() - std::min(sent, flow.send_errors());
  const uint64_t other_received = flow.recv_errors() - std::min(received, flow.recv_errors());
  return fmt::format(
      "    #pkts no sa (send) {}, #pkts invalid sa (rcv) {}\n"
      "    #pkts encaps failed (send) {}, #pkts decaps failed (rcv) {}\n"
      "    #pkts invalid prot (recv) {}, #pkts verify failed: {}\n"
      "    #pkts invalid identity (recv) {}, #pkts invalid len (rcv) {}\n"
      "    #pkts replay rollover (send): {}, #pkts replay rollover (rcv) 0\n"
      "    #pkts replay failed (rcv): {}\n"
      "    #pkts internal err (send): {}, #pkts internal err (recv) {}\n",
      count[kNoSa], count[kInvalidSa], count[kEncaps], count[kDecaps], count[kProt], count[kVerify],
      count[kIdentity], count[kLength], count[kRollover], count[kReplay], other_sent,
      other_received);
}

std::string IdentityText(const api::IpsecFlow& flow, bool detail) {
  const std::string vrf = flow.protected_vrf().empty() ? "" : " " + flow.protected_vrf();
  std::string text = fmt::format("   protected vrf:{}\n", vrf);
  text += fmt::format("   local  ident (addr/mask/prot/port): {}\n", IdentText(flow.local_ident()));
  text +=
      fmt::format("   remote ident (addr/mask/prot/port): {}\n", IdentText(flow.remote_ident()));
  text += fmt::format("   current_peer: {}\n", EndpointText(flow.current_peer(), flow.peer_port()));
  text += fmt::format("     {}, flags={{{}}}\n", flow.action(), Each(flow.flag(), ","));
  text += fmt::format("    #pkts encaps: {}, #pkts encrypt: {}, #pkts digest: {}\n",
                      flow.pkts_encaps(), flow.pkts_encrypt(), flow.pkts_digest());
  text += fmt::format("    #pkts decaps: {}, #pkts decrypt: {}, #pkts verify: {}\n",
                      flow.pkts_decaps(), flow.pkts_decrypt(), flow.pkts_verify());
  text += fmt::format("    #pkts compressed: {}, #pkts decompressed: {}\n", flow.pkts_compressed(),
                      flow.pkts_decompressed());
  text += fmt::format("    #pkts not compressed: {}, #pkts compr. failed: {}\n",
                      flow.pkts_not_compressed(), flow.pkts_compress_failed());
  text += fmt::format("    #pkts not decompressed: {}, #pkts decompress failed: {}\n",
                      flow.pkts_not_decompressed(), flow.pkts_decompress_failed());
  text +=
      fmt::format("    #send errors {}, #recv errors {}\n", flow.send_errors(), flow.recv_errors());
  return detail ? text + DetailedErrors(flow) : text;
}

// The sizes that are known; the guides' sample has path and media mtu.
std::string MtuText(const api::IpsecFlow& flow) {
  std::vector<std::string> parts;
  const auto add = [&](const char* label, uint32_t value) {
    if (value != 0) parts.push_back(fmt::format("{} {}", label, value));
  };
  add("plaintext mtu", flow.plaintext_mtu());
  add("path mtu", flow.path_mtu());
  add("ip mtu", flow.ip_mtu());
  if (flow.ip_mtu() != 0 && !flow.ip_mtu_interface().empty()) {
    parts.push_back("ip mtu idb " + flow.ip_mtu_interface());
  }
  add("media mtu", flow.media_mtu());
  if (parts.empty()) return "";
  std::string text = "     ";
  for (size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : ", ") + parts[i];
  return text + "\n";
}

std::string FlowText(const api::IpsecFlow& flow, bool detail) {
  std::string text = IdentityText(flow, detail);
  text += fmt::format("     local crypto endpt.: {}, remote crypto endpt.: {}\n",
                      flow.local_crypto_endpoint(), flow.remote_crypto_endpoint());
  text += MtuText(flow);
  text += fmt::format("     current outbound spi: {:X}\n", flow.current_outbound_spi());
  text += SaList("inbound esp sas", flow.inbound_esp(), detail);
  text += SaList("inbound ah sas", flow.inbound_ah(), detail);
  text += SaList("inbound pcp sas", flow.inbound_pcp(), detail);
  text += SaList("outbound esp sas", flow.outbound_esp(), detail);
  text += SaList("outbound ah sas", flow.outbound_ah(), detail);
  text += SaList("outbound pcp sas", flow.outbound_pcp(), detail);
  if (!flow.down_reason().empty()) text += fmt::format("     down: {}\n", flow.down_reason());
  for (const api::ReasonCount& drop : flow.drop()) {
    text += fmt::format("     dropped, {}: {}\n", drop.reason(), drop.packets());
  }
  return text;
}

}  // namespace

std::string IdentText(const api::Ident& ident) {
  return fmt::format("({}/{}/{}/{})", ident.address(), ident.mask(), ident.protocol(),
                     ident.port());
}

std::string EndpointText(const std::string& address, uint32_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("{}{}{}", address, v6 ? " port " : ":", port);
}

std::string_view EngineType(const api::SaEntry& sa) {
  if (sa.engine().empty()) return "none";
  return sa.engine() == "card" ? "Hardware" : "Software";
}

std::string IpsecSaText::Header(const api::IpsecInterface& interface, const api::IpsecFlow& flow) {
  std::string header;
  if (options_.view == ShowView::kEntry) {
    header = fmt::format("\npeer address: {}\n", flow.current_peer());
  } else {
    header = fmt::format("\ninterface: {}\n", interface.name());
  }
  header += fmt::format("    Crypto map tag: {}, local addr. {}\n", interface.crypto_map_tag(),
                        interface.local_address());
  if (header == last_) return "";
  last_ = header;
  return header;
}

std::string IpsecSaText::Addresses(const api::IpsecInterface& interface,
                                   const api::IpsecFlow& flow) {
  std::string header = fmt::format("\nfvrf/address: {}/{}\n",
                                   interface.front_vrf().empty() ? "(none)" : interface.front_vrf(),
                                   flow.current_peer());
  std::string text;
  if (header != last_) text = header;
  last_ = std::move(header);
  const auto list = [&](const char* protocol, const Sas& in, const Sas& out) {
    if (in.empty() && out.empty()) return;
    text += fmt::format("   protocol: {}\n", protocol);
    for (const Sas* sas : {&in, &out}) {
      for (const api::SaEntry& sa : *sas) text += SaText(sa, options_.detail, "      ");
    }
  };
  list("AH", flow.inbound_ah(), flow.outbound_ah());
  list("ESP", flow.inbound_esp(), flow.outbound_esp());
  list("IPCOMP", flow.inbound_pcp(), flow.outbound_pcp());
  return text;
}

std::string IpsecSaText::Piece(const api::IpsecSa& show) {
  std::string text;
  for (const api::IpsecInterface& interface : show.interface()) {
    // An interface with a map has its header even when none of its entries has a flow.
    if (interface.flow().empty() && options_.view == ShowView::kDefault) {
      text += Header(interface, {});
    }
    for (const api::IpsecFlow& flow : interface.flow()) {
      if (options_.view == ShowView::kAddress) {
        text += Addresses(interface, flow);
        continue;
      }
      text += Header(interface, flow);
      text += options_.view == ShowView::kIdentity ? IdentityText(flow, options_.detail)
                                                   : FlowText(flow, options_.detail);
      text += "\n";
    }
  }
  any_ = any_ || !text.empty();
  return text;
}

std::string IpsecSaText::Finish() const { return any_ ? "" : "No SAs found\n"; }

void IpsecSaCount::Add(const Sas& sas) {
  std::set<uint32_t> up;  // places in a bundle
  counts_.set_total(counts_.total() + static_cast<uint64_t>(sas.size()));
  for (const api::SaEntry& sa : sas) {
    const bool active = sa.status() == "ACTIVE";
    const bool another_is_up = active && !up.insert(sa.bundle_position()).second;
    if (another_is_up || sa.status() == "EXPIRING") {
      counts_.set_rekeying(counts_.rekeying() + 1);
    } else if (!active) {
      counts_.set_invalid(counts_.invalid() + 1);
    } else {
      counts_.set_active(counts_.active() + 1);
      if (sa.packets() == 0) counts_.set_unused(counts_.unused() + 1);
    }
  }
}

void IpsecSaCount::Piece(const api::IpsecSa& show) {
  for (const api::IpsecInterface& interface : show.interface()) {
    for (const api::IpsecFlow& flow : interface.flow()) {
      for (const Sas* sas : {&flow.inbound_esp(), &flow.inbound_ah(), &flow.inbound_pcp(),
                             &flow.outbound_esp(), &flow.outbound_ah(), &flow.outbound_pcp()}) {
        Add(*sas);
      }
    }
  }
}

std::string RenderIpsecSaCounts(const api::IpsecSaCounts& show) {
  return fmt::format("IPsec SA total: {}, active: {}, rekeying: {}, unused: {}, invalid: {}\n",
                     show.total(), show.active(), show.rekeying(), show.unused(), show.invalid());
}

}  // namespace vam::mgmt
