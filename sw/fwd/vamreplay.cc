// vamreplay: captures through the gateway and its card, without root, in anybody's CI.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "sw/fwd/replay.h"

namespace {

// "PORT=FILE" into `files`; false for another form or a port named twice.
bool Take(const std::vector<std::string>& words, std::map<std::string, std::string>& files) {
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
      std::fprintf(stderr, "vamreplay: '%s' is not PORT=FILE\n", word.c_str());
      return false;
    }
    if (!files.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      std::fprintf(stderr, "vamreplay: port of '%s' is named twice\n", word.c_str());
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs the gateway on capture files; packet timestamps are the clock."};
  vam::fwd::ReplayOptions options;
  std::string card = "none";
  std::vector<std::string> in, out;
  bool json = false;
  app.add_option("--config", options.config_path, "configuration file")->required();
  app.add_option("--state", options.state_dir,
                 "state directory of a vamd: its config-key opens sealed secrets");
  app.add_option("--card", card, "rtl, model or none")
      ->check(CLI::IsMember({"rtl", "model", "none"}));
  app.add_option("--in", in, "PORT=FILE: capture that the interface receives");
  app.add_option("--out", out, "PORT=FILE: capture of what the interface sends");
  app.add_option("--trace", options.trace_path, "FST trace of the verilated card");
  app.add_flag("--json", json, "print all counters as JSON (default: the reasons only)");
  CLI11_PARSE(app, argc, argv);
  if (!Take(in, options.in) || !Take(out, options.out)) return 2;
  options.card = card == "rtl"     ? vam::offload::CardBackend::kRtl
                 : card == "model" ? vam::offload::CardBackend::kModel
                                   : vam::offload::CardBackend::kNone;
  const vam::fwd::ReplayReport report = vam::fwd::Replay(options);
  if (!report.problem.empty()) {
    std::fprintf(stderr, "vamreplay: %s\n", report.problem.c_str());
    return 1;
  }
  std::printf("%s\n", json ? report.json.c_str() : report.summary.c_str());
  return report.balanced ? 0 : 1;
}
