// vamsh: the operator's command line.
#include <fmt/core.h>
#include <histedit.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>

#include "sw/vamsh/client.h"
#include "sw/vamsh/history.h"

namespace vam::vamsh {
namespace {

constexpr int kNoConnection = 3;

// What libedit's callbacks need; its client data.
struct Session {
  Client& client;
  std::string prompt;
};

Session& Of(EditLine* edit) {
  void* data = nullptr;
  el_get(edit, EL_CLIENTDATA, &data);
  return *static_cast<Session*>(data);
}

char* Prompt(EditLine* edit) { return Of(edit).prompt.data(); }

std::string BeforeCursor(EditLine* edit) {
  const LineInfo* line = el_line(edit);
  return std::string(line->buffer, line->cursor);
}

unsigned char OnQuestion(EditLine* edit, int) {
  const auto help = Of(edit).client.Help(BeforeCursor(edit));
  fmt::print("?\n{}", help ? help->text() : fmt::format("% {}.\n", help.error().text));
  std::fflush(stdout);
  return CC_REDISPLAY;
}

unsigned char OnTab(EditLine* edit, int) {
  const std::string line = BeforeCursor(edit);
  const auto help = Of(edit).client.Help(line);
  if (!help || help->completion_size() == 0) return CC_REFRESH_BEEP;
  if (help->completion_size() > 1) {
    fmt::print("\n");
    for (const std::string& word : help->completion()) fmt::print("  {}\n", word);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }
  const size_t blank = line.find_last_of(" \t");
  const std::string typed = blank == std::string::npos ? line : line.substr(blank + 1);
  const std::string& word = help->completion(0);
  if (!word.starts_with(typed)) return CC_REFRESH_BEEP;
  const std::string rest = word.substr(typed.size()) + " ";
  return el_insertstr(edit, rest.c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
}

// Prints the answer; nullopt when the connection is gone.
std::optional<api::CliReply> RunLine(Client& client, const std::string& line) {
  const auto reply = client.Run(line);
  if (!reply) {
    fmt::print(stderr, "vamsh: {}\n", reply.error().text);
    return std::nullopt;
  }
  std::FILE* out = reply->exit_code() == 0 ? stdout : stderr;
  fmt::print(out, "{}", reply->text());
  std::fflush(out);
  return *reply;
}

int Interactive(Client& client) {
  Session session{client, ""};
  const auto first = client.Run("");
  if (!first) return kNoConnection;
  session.prompt = first->prompt();
  HistEvent event;
  History* past = history_init();
  history(past, &event, H_SETSIZE, 500);
  EditLine* edit = el_init("vamsh", stdin, stdout, stderr);
  el_set(edit, EL_CLIENTDATA, &session);
  el_set(edit, EL_PROMPT, Prompt);
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_HIST, history, past);
  el_set(edit, EL_ADDFN, "vam-help", "Help", OnQuestion);
  el_set(edit, EL_ADDFN, "vam-complete", "Complete", OnTab);
  el_set(edit, EL_BIND, "?", "vam-help", nullptr);
  el_set(edit, EL_BIND, "\t", "vam-complete", nullptr);
  int code = 0;
  int count = 0;
  while (const char* text = el_gets(edit, &count)) {
    std::string line(text, count > 0 ? static_cast<size_t>(count) : 0);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    if (!line.empty() && MayBeKept(line)) {
      history(past, &event, H_ENTER, line.c_str());
    }
    const auto reply = RunLine(client, line);
    if (!reply) {
      code = kNoConnection;
      break;
    }
    if (reply->closed()) break;
    session.prompt = reply->prompt();
  }
  el_end(edit);
  history_end(past);
  return code;
}

// Stops at the first line that fails; its exit code is ours.
int RunAll(Client& client, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const auto reply = RunLine(client, line);
    if (!reply) return kNoConnection;
    if (reply->exit_code() != 0) return reply->exit_code();
    if (reply->closed()) break;
  }
  return 0;
}

std::vector<std::string> ReadLines(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace
}  // namespace vam::vamsh

int main(int argc, char** argv) {
  std::string socket_path = "/run/vam.sock";
  std::vector<std::string> commands;
  CLI::App app(
      "OpenVAM command line. Exit codes: 0, 1 a command failed, 2 it was not understood, "
      "3 no connection.");
  app.add_option("--socket", socket_path, "vamd's socket")->capture_default_str();
  app.add_option("-c", commands, "run this command and end; may be repeated")
      ->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  auto client = vam::vamsh::Client::Connect(socket_path);
  if (!client) {
    fmt::print(stderr, "vamsh: {}: {}\n", socket_path, client.error().text);
    return vam::vamsh::kNoConnection;
  }
  if (!commands.empty()) return vam::vamsh::RunAll(*client, commands);
  if (isatty(STDIN_FILENO) == 0) {
    return vam::vamsh::RunAll(*client, vam::vamsh::ReadLines(std::cin));
  }
  return vam::vamsh::Interactive(*client);
}
