// vamsh: the operator's command line.
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "sw/vamsh/interactive.h"
#include "sw/vamsh/session.h"

int main(int argc, char** argv) {
  using namespace vam::vamsh;  // NOLINT(google-build-using-namespace): this is its entry point
  std::string socket_path = "/run/vam.sock";
  std::string secret_path;
  std::vector<std::string> commands;
  CLI::App app(
      "OpenVAM command line. Exit codes: 0, 1 a command failed, 2 it was not understood, "
      "3 no connection.");
  app.add_option("--socket", socket_path, "vamd's socket")
      ->envname("VAM_SOCKET")
      ->capture_default_str();
  app.add_option("-c", commands, "run this command (or lines) and end; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--enable-secret-file", secret_path,
                 "file whose first line is the secret of 'enable', for scripts");
  CLI11_PARSE(app, argc, argv);
  signal(SIGPIPE, SIG_IGN);
  std::optional<std::string> secret;
  if (!secret_path.empty()) {
    std::ifstream file(secret_path);
    if (!std::getline(file, secret.emplace())) {
      fmt::print(stderr, "vamsh: {}: no secret can be read there\n", secret_path);
      return 1;
    }
  }
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
    return RunScript(*client, lines, secret);
  }
  if (isatty(STDIN_FILENO) == 0) {
    const std::string text((std::istreambuf_iterator<char>(std::cin)), {});
    return RunScript(*client, LinesOf(text), secret);
  }
  return RunInteractive(*client);
}
