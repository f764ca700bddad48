// vamdev: looks at a card, tests it, empties it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "driver/device/device.h"
#include "driver/gen/vam_reg_table.h"
#include "driver/tools/open_card.h"
#include "driver/tools/self_test.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"

namespace vam::tools {
namespace {

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

int Fail(const Error& error) {
  std::fprintf(stderr, "vamdev: %s\n", ToString(error).c_str());
  return 1;
}

int Identify(hal::Card& card) {
  const auto regs = driver::Registers::Probe(card.bar());
  if (!regs) return Fail(regs.error());
  const driver::Identity& id = regs->identity();
  Print(
      fmt::format("card         {}\nmap          {}.{}\nbuild        {:016x}\nclock        {} Hz\n",
                  card.name(), id.map_major, id.map_minor, id.build_id, id.clock_hz));
  for (const driver::BlockInfo& b : regs->blocks()) {
    Print(fmt::format("block        type {} version {} at {:#x}", b.type, b.version, b.offset));
    Print(b.count != 0 ? fmt::format(", {} at {:#x}\n", b.count, b.base) : "\n");
  }
  return 0;
}

int Capabilities(hal::Card& card) {
  const auto regs = driver::Registers::Probe(card.bar());
  if (!regs) return Fail(regs.error());
  const driver::Capabilities& c = regs->capabilities();
  const auto bit = [](const char* name, uint32_t word, uint32_t mask) {
    Print(fmt::format("{:<24} {}\n", name, (word & mask) != 0 ? "yes" : "no"));
  };
  bit("esp-gcm 128", c.algorithms, map::kCapAlgorithmsAesGcm128);
  bit("esp-gcm 192", c.algorithms, map::kCapAlgorithmsAesGcm192);
  bit("esp-gcm 256", c.algorithms, map::kCapAlgorithmsAesGcm256);
  bit("tunnel, IPv4 in IPv4", c.modes, map::kCapModesEspTunnelV4);
  bit("outer IPv6", c.modes, map::kCapModesEspOuterV6);
  bit("inner IPv6", c.modes, map::kCapModesEspInnerV6);
  bit("transport", c.modes, map::kCapModesEspTransport);
  bit("nat-t", c.modes, map::kCapModesNatT);
  bit("raw aead", c.modes, map::kCapModesRawAead);
  bit("esn", c.options, map::kCapOptionsEsn);
  bit("lifetimes in bytes", c.options, map::kCapOptionsByteLifetime);
  bit("lifetimes in packets", c.options, map::kCapOptionsPacketLifetime);
  bit("selectors", c.options, map::kCapOptionsSelectors);
  bit("segment lists", c.options, map::kCapOptionsScatterGather);
  Print(
      fmt::format("{:<24} {}\n{:<24} {} to {}\n{:<24} {}\n{:<24} {}\n{:<24} {}\n{:<24} {} bits, {} "
                  "lanes\n{:<24} {} bytes\n",
                  "SAs", c.max_sas, "replay window", c.window_min, c.window_max, "data queues",
                  c.data_queues, "vectors", c.vectors, "segments", c.max_segments, "datapath",
                  c.data_width, c.lanes, "largest packet", c.max_bytes));
  return 0;
}

int ShowCounters(hal::Card& card, bool json) {
  const auto regs = driver::Registers::Probe(card.bar());
  if (!regs) return Fail(regs.error());
  std::string out = json ? "{" : "";
  const char* comma = "";
  const auto add = [&](std::string_view name, uint64_t value) {
    out += json ? fmt::format("{}\"{}\": {}", comma, name, value)
                : fmt::format("{:<28} {}\n", name, value);
    comma = ", ";
  };
  const auto read = [&regs](uint32_t offset) {
    return regs->Read64(map::BlockType::kCounters, offset);
  };
  for (const map::RegInfo& info : map::kRegs) {
    constexpr std::string_view kPrefix = "counters.";
    if (!info.name.starts_with(kPrefix) || info.count != 1) continue;
    add(info.name.substr(kPrefix.size()), read(info.offset));
  }
  const driver::Counters counters = driver::ReadCounters(*regs);
  for (const ReasonInfo& info : kReasons) {
    if (static_cast<size_t>(info.reason) >= counters.reasons.size()) continue;
    add(fmt::format("reason.{}", info.name), counters.Of(info.reason));
  }
  for (size_t i = 0; i < counters.latency.size(); ++i) {
    if (counters.latency[i] != 0)
      add(fmt::format("latency.{}", uint64_t{1} << i), counters.latency[i]);
  }
  Print(json ? out + "}\n" : out);
  return 0;
}

int Dump(hal::Card& card) {
  for (const map::RegInfo& info : map::kRegs) {
    if (info.readable == 0) continue;
    for (uint32_t i = 0; i < info.count; ++i) {
      const uint32_t offset = info.offset + i * info.stride;
      const std::string name =
          info.stride == 0 ? std::string(info.name) : fmt::format("{}[{}]", info.name, i);
      Print(info.bits == 64
                ? fmt::format("{:#07x} {:<28} {:016x}\n", offset, name, card.bar().Read64(offset))
                : fmt::format("{:#07x} {:<28} {:08x}\n", offset, name, card.bar().Read32(offset)));
    }
  }
  return 0;
}

int WithDevice(hal::Card& card, const std::function<int(driver::Device&, const Clock&)>& work) {
  const SystemClock clock;
  SystemRng rng;
  const auto device = driver::Device::Open(card, clock, rng);
  return device ? work(**device, clock) : Fail(device.error());
}

int SelfTest(hal::Card& card) {
  return WithDevice(card, [](driver::Device& device, const Clock& clock) {
    int failed = 0;
    for (const SelfTestLine& line : RunSelfTest(device, clock, 30 * kNsPerSecond)) {
      Print(fmt::format("{:<28} {}{}{}\n", line.name, line.passed ? "passed" : "FAILED",
                        line.passed ? "" : ": ", line.detail));
      failed += line.passed ? 0 : 1;
    }
    return failed == 0 ? 0 : 1;
  });
}

int Zeroise(hal::Card& card) {
  return WithDevice(card, [](driver::Device& device, const Clock&) {
    const auto lost = device.Zeroise();
    if (!lost) return Fail(lost.error());
    Print("zeroised: no key is left on the card\n");
    return 0;
  });
}

}  // namespace
}  // namespace vam::tools

int main(int argc, char** argv) {
  namespace tools = vam::tools;
  CLI::App app("Looks at a card, tests it, empties it.");
  app.require_subcommand(1);
  std::string name = "model";
  app.add_option("--card", name, "Which card")->check(CLI::IsMember(tools::CardNames()));
  bool json = false;
  std::function<int(vam::hal::Card&)> command;
  const auto add = [&](const char* word, const char* help,
                       const std::function<int(vam::hal::Card&)>& run) {
    CLI::App* sub = app.add_subcommand(word, help)->fallthrough();
    sub->callback([&command, run] { command = run; });
    return sub;
  };
  add("identify", "Versions, build, clock and register blocks", tools::Identify);
  add("capabilities", "What the card can do", tools::Capabilities);
  add("self-test", "Known answers through the rings; resets the card", tools::SelfTest);
  add("counters", "Counters and reason counters", [&json](vam::hal::Card& card) {
    return tools::ShowCounters(card, json);
  })->add_flag("--json", json, "As JSON");
  add("dump", "Every readable register", tools::Dump);
  add("zeroise", "Deletes and scrubs every SA; resets the card", tools::Zeroise);
  CLI11_PARSE(app, argc, argv);

  const auto card = tools::OpenCard(name);
  return card ? command(**card) : tools::Fail(card.error());
}
