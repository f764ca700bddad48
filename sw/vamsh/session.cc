#include "sw/vamsh/session.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "sw/base/secret.h"

namespace vam::vamsh {
namespace {

// What mgmt takes; a file above is not sent.
constexpr size_t kLargestFile = 8 * 1024 * 1024;

api::CliReply Failed(std::string text, const api::CliReply& reply) {
  api::CliReply failed = reply;
  failed.clear_wants_file();
  failed.clear_question();
  failed.clear_wants_lines();
  failed.set_text(std::move(text));
  failed.set_exit_code(1);
  return failed;
}

Result<std::string> ReadOperatorsFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char buffer[16384];
  while (file.read(buffer, sizeof buffer), file.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(file.gcount()));
    if (text.size() > kLargestFile) return Err(ErrorCode::kExhausted, "the file is above 8 MiB");
  }
  if (file.bad() || !file.eof()) return Err(ErrorCode::kIo, "the file cannot be read");
  return text;
}

bool SaysYes(const std::optional<std::string>& answer) {
  return answer && !answer->empty() && (answer->front() == 'y' || answer->front() == 'Y');
}

// The whole exchange about one line: mgmt may want a file or pasted lines, then a confirmation.
Result<api::CliReply> Exchange(Client& client, api::CliRequest request, const Terminal& terminal) {
  for (;;) {
    VAM_TRY(api::CliReply reply, client.Run(request, terminal.watch));
    if (!reply.wants_file().empty() && !request.has_file()) {
      auto text = ReadOperatorsFile(reply.wants_file());
      if (!text) {
        return Failed(
            fmt::format("%Error opening {} ({})\n", reply.wants_file(), text.error().text), reply);
      }
      request.set_file(std::move(*text));
    } else if (!reply.wants_lines().empty() && !request.has_lines()) {
      auto lines = terminal.paste ? terminal.paste(reply.wants_lines(), reply.blank_ends())
                                  : std::optional<std::string>();
      if (!lines) return Failed("% What was to be pasted is not ended by 'quit'.\n", reply);
      request.set_lines(*lines);
      Wipe(*lines);
    } else if (!reply.question().empty() && reply.hidden()) {
      auto secret = terminal.ask_secret(reply.question());
      if (!secret) return Failed("% No secret was given.\n", reply);
      request.set_secret(*secret);
      Wipe(*secret);
    } else if (!reply.question().empty() && !request.confirmed()) {
      terminal.print(reply.text(), reply);
      const auto answer = terminal.ask(reply.question());
      if (!answer)
        return Failed("% Nothing is changed: this needs 'force' or 'noconfirm' in a script.\n",
                      reply);
      if (!SaysYes(answer)) return Failed("Nothing is changed.\n", reply);
      request.set_confirmed(true);
    } else {
      return reply;
    }
  }
}

}  // namespace

std::optional<api::CliReply> RunLine(Client& client, const std::string& line,
                                     const Terminal& terminal) {
  api::CliRequest request;
  request.set_line(line);
  auto reply = Exchange(client, std::move(request), terminal);
  if (!reply) {
    fmt::print(stderr, "vamsh: {}\n", reply.error().text);
    return std::nullopt;
  }
  terminal.print(reply->text(), *reply);
  return std::move(*reply);
}

bool PasteEnds(std::string_view line, std::string_view pasted, bool blank_ends) {
  const size_t first = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(first);
  while (!line.empty() && std::string_view(" \t\r").find(line.back()) != std::string_view::npos) {
    line.remove_suffix(1);
  }
  if (line == "quit") return true;
  return blank_ends && line.empty() &&
         pasted.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

int RunScript(Client& client, const std::vector<std::string>& lines,
              const std::optional<std::string>& enable_secret) {
  bool told = false;  // a wrong secret does not become right
  size_t next = 0;
  bool pasted = false;  // by the line that is being run
  const auto next_line = [&]() -> std::optional<std::string> {
    return next < lines.size() ? std::optional(lines[next++]) : std::nullopt;
  };
  const Terminal terminal{
      [](std::string_view text, const api::CliReply& reply) {
        std::FILE* out = reply.exit_code() == 0 ? stdout : stderr;
        fwrite(text.data(), 1, text.size(), out);
        std::fflush(out);
      },
      [&](const std::string&) { return pasted ? next_line() : std::nullopt; },
      [&](const std::string&) { return std::exchange(told, true) ? std::nullopt : enable_secret; },
      [&](const std::string&, bool blank_ends) -> std::optional<std::string> {
        pasted = true;
        std::string text;
        while (const auto line = next_line()) {
          if (PasteEnds(*line, text, blank_ends)) return text;
          text += *line + "\n";
        }
        return std::nullopt;
      },
      {[](std::string_view text) {
        fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
      }}};
  const auto enabled = RunLine(client, "enable", terminal);
  if (!enabled) return kNoConnection;
  if (enabled->exit_code() != 0) return enabled->exit_code();
  while (const auto line = next_line()) {
    pasted = false;
    const auto reply = RunLine(client, *line, terminal);
    if (!reply) return kNoConnection;
    if (reply->exit_code() != 0) {
      if (lines.size() > 1) fmt::print(stderr, "vamsh: stopped at line {}\n", next);
      return reply->exit_code();
    }
    if (reply->closed()) break;
  }
  return 0;
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace vam::vamsh
