// vamsh: the operator's command line.
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>

#include "sw/vamsh/interactive.h"
#include "sw/vamsh/session.h"

int main(int argc, char** argv) {
  using namespace vam::vamsh;  // NOLINT(google-build-using-namespace): this is its entry point
  std::string socket_path = "/run/vam.sock";
  std::vector<std::string> commands;
  CLI::App app(
      "OpenVAM command line. Exit codes: 0, 1 a command failed, 2 it was not understood, "
      "3 no connection.");
  app.add_option("--socket", socket_path, "vamd's socket")
      ->envname("VAM_SOCKET")
      ->capture_default_str();
  app.add_option("-c", commands, "run this command (or lines) and end; may be repeated")
      ->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  signal(SIGPIPE, SIG_IGN);
  auto client = Client::Connect(socket_path);
  if (!client) {
    fmt::print(stderr, "vamsh: {}: {}\n", socket_path, client.error().text);
    return kNoConnection;
  }
  if (!commands.empty()) {
    std::vector<std::string> lines;
    for (const std::string& command : commands) {
      for (std::string& line : LinesOf(command)) lines.push_back(std::move(line));
    }
    return RunScript(*client, lines);
  }
  if (isatty(STDIN_FILENO) == 0) {
    const std::string text((std::istreambuf_iterator<char>(std::cin)), {});
    return RunScript(*client, LinesOf(text));
  }
  return RunInteractive(*client);
}
