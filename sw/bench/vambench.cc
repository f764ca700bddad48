// vambench: what the card does per cycle of its clock, and what software does on this machine.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "sw/base/clock.h"
#include "sw/bench/card_bench.h"
#include "sw/bench/config_bench.h"
#include "sw/bench/forward_bench.h"
#include "sw/bench/gateway_bench.h"
#include "sw/bench/ike_bench.h"
#include "sw/bench/ipcomp_bench.h"
#include "sw/bench/policy_bench.h"
#include "sw/bench/report.h"
#include "sw/bench/soft_bench.h"

namespace vam::bench {
namespace {

struct Options {
  bool json = false;
  bool quick = false;
  std::string svg;
  std::string only;
  IkeBenchOptions ike;
};

int Run(const Options& options) {
  const SystemClock clock;
  // "card" stands for every figure of the card, "card.latency_cycles" for one.
  const auto wanted = [&options](const std::string& name) {
    return options.only.empty() || name == options.only || name.starts_with(options.only + ".");
  };
  const SoftBenchOptions soft{.ns_per_figure = (options.quick ? 20 : 200) * kNsPerMs};
  std::vector<Figure> figures;
  const auto take = [&](std::vector<Figure> more) {
    for (Figure& figure : more) {
      if (wanted(figure.name)) figures.push_back(std::move(figure));
    }
  };
  // False after a message: the figures could not be measured.
  const auto take_if = [&take](Result<std::vector<Figure>> measured) {
    if (measured) {
      take(std::move(*measured));
    } else {
      std::fprintf(stderr, "vambench: %s\n", ToString(measured.error()).c_str());
    }
    return measured.has_value();
  };
  const auto any = [&wanted](std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, wanted);
  };
  if (any({"card.cycles_per_packet", "card.bits_per_cycle", "card.latency_cycles",
           "engine.gcm.bits_per_cycle", "engine.gcm.bubbles", "sim.cycles_per_second"})) {
    CardBenchOptions card{.quick = options.quick, .wanted = wanted};
    if (options.quick) card.cycles_per_run = 10'000;
    if (!take_if(MeasureCard(clock, card))) return 1;
  }
  if (any({"soft.gbps", "soft.mpps"})) take(MeasureSoftEngine(clock, soft));
  if (any({"soft.ipcomp_mbps", "soft.ipcomp_ratio"})) {
    take(MeasureIpComp(clock, {.ns_per_figure = soft.ns_per_figure}));
  }
  if (any({"openssl.gbps"})) take(MeasureOpenssl(clock, soft));
  if (any({"policy.lookups_per_second"})) {
    take(MeasurePolicy(clock, {.ns_per_figure = soft.ns_per_figure}));
  }
  if (any({"config.load_seconds"})) {
    take(MeasureConfigLoad(clock, options.quick ? 10'000 : 100'000));
  }
  if (any({"config.load_seconds", "config.bytes_per_tunnel", "show.packets_lost",
           "commit.packets_lost", "commit.longest_turn_ms"})) {
    GatewayBenchOptions gateway;
    if (options.quick) gateway.tunnels = 500;
    if (!take_if(MeasureGateway(clock, gateway))) return 1;
  }
  if (any({"fwd.ns_per_packet", "soft.workers_ratio"})) {
    if (!take_if(MeasureForwarder(clock, {.ns_per_figure = soft.ns_per_figure}))) return 1;
  }
  // Minutes, as root: only when it is asked for by name.
  if (options.only == "ike" || options.only.starts_with("ike.")) {
    if (!take_if(MeasureIke(options.ike))) return 1;
  }
  if (figures.empty()) {
    std::fprintf(stderr, "vambench: there is no figure '%s'\n", options.only.c_str());
    return 2;
  }
  const std::string text = options.json ? RenderJson(figures) : RenderTable(figures);
  std::fputs(text.c_str(), stdout);
  if (!options.svg.empty()) {
    std::ofstream file(options.svg);
    file << RenderSvg(figures);
    file.close();  // a full disk shows here
    if (!file) {
      std::fprintf(stderr, "vambench: cannot write '%s'\n", options.svg.c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace vam::bench

int main(int argc, char** argv) {
  CLI::App app("Measures the card in simulated cycles and the software engine in real time.");
  vam::bench::Options options;
  app.add_flag("--json", options.json, "Print JSON instead of a table");
  app.add_flag("--quick", options.quick, "One size, zero bus latency, short runs");
  app.add_option("--svg", options.svg, "Also write a plot to this file");
  app.add_option("--only", options.only, "One figure (card.latency_cycles) or one group (card)");
  app.add_option("--ike-script", options.ike.script,
                 "What measures the group ike, which --only ike alone asks for (as root)");
  CLI11_PARSE(app, argc, argv);
  options.ike.programs = std::filesystem::absolute(argv[0]).parent_path();
  return vam::bench::Run(options);
}
