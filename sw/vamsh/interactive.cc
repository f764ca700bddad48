#include "sw/vamsh/interactive.h"

#include <fmt/core.h>
#include <histedit.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "sw/vamsh/pager.h"
#include "sw/vamsh/session.h"

namespace vam::vamsh {
namespace {

constexpr int kHistoryLines = 500;

// What libedit's callbacks need; its client data.
struct Editing {
  Client& client;
  std::string prompt;
};

Editing& Of(EditLine* edit) {
  void* data = nullptr;
  el_get(edit, EL_CLIENTDATA, &data);
  return *static_cast<Editing*>(data);
}

char* Prompt(EditLine* edit) { return Of(edit).prompt.data(); }

std::string BeforeCursor(EditLine* edit) {
  const LineInfo* line = el_line(edit);
  return std::string(line->buffer, line->cursor);
}

unsigned char OnQuestion(EditLine* edit, int) {
  const auto help = Of(edit).client.Help(BeforeCursor(edit));
  fmt::print("?\n{}\n", help ? help->text() : fmt::format("% {}.\n", help.error().text));
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
  // The whole word is written again: keywords may have been typed in capitals.
  const size_t blank = line.find_last_of(" \t");
  const size_t typed = blank == std::string::npos ? line.size() : line.size() - blank - 1;
  el_deletestr(edit, static_cast<int>(typed));
  return el_insertstr(edit, (help->completion(0) + " ").c_str()) == 0 ? CC_REFRESH
                                                                      : CC_REFRESH_BEEP;
}

unsigned char OnInterrupt(EditLine* edit, int) {
  fmt::print("^C\n");
  std::fflush(stdout);
  const LineInfo* line = el_line(edit);
  el_cursor(edit, static_cast<int>(line->lastchar - line->cursor));
  el_deletestr(edit, static_cast<int>(line->lastchar - line->buffer));
  return CC_REDISPLAY;
}

// In a configuration: "end", whatever stands on the line.
unsigned char OnCtrlZ(EditLine* edit, int) {
  if (Of(edit).prompt.find("(config") == std::string::npos &&
      Of(edit).prompt.find("(cfg") == std::string::npos) {
    return CC_REFRESH_BEEP;
  }
  const LineInfo* line = el_line(edit);
  el_cursor(edit, static_cast<int>(line->lastchar - line->cursor));
  el_deletestr(edit, static_cast<int>(line->lastchar - line->buffer));
  if (el_insertstr(edit, "end") != 0) return CC_REFRESH_BEEP;
  fmt::print("^Z\n");
  std::fflush(stdout);
  return CC_NEWLINE;
}

// The terminal's local modes for a while: `on` and `off` are bits of c_lflag.
class TerminalMode {
 public:
  TerminalMode(tcflag_t on, tcflag_t off) : known_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!known_) return;
    termios wanted = before_;
    wanted.c_lflag = (wanted.c_lflag | on) & ~off;
    tcsetattr(STDIN_FILENO, TCSANOW, &wanted);
  }
  ~TerminalMode() {
    if (known_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;
  bool known() const { return known_; }

 private:
  termios before_{};
  bool known_;
};

// One key, unseen and without Enter; negative at the end of the input.
int ReadKey() {
  const TerminalMode raw(0, ICANON | ECHO | ISIG);
  char key = 0;
  if (!raw.known() || read(STDIN_FILENO, &key, 1) != 1) return -1;
  return static_cast<unsigned char>(key);
}

// A line without libedit: answers stay out of the history.
std::optional<std::string> ReadAnswer(const std::string& question) {
  const TerminalMode cooked(ICANON | ECHO,
                            0);  // before the question: what follows it is its answer
  fmt::print("{}", question);
  std::fflush(stdout);
  std::string answer;
  for (char c = 0; read(STDIN_FILENO, &c, 1) == 1;) {
    if (c == '\n' || c == '\r') return answer;
    answer += c;
  }
  return answer;
}

Page PageOf(const api::CliReply& reply) {
  Page page;
  if (isatty(STDOUT_FILENO) == 0) return page;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
    page.lines = size.ws_row;
    page.columns = size.ws_col;
  } else {
    page.lines = 24;
  }
  if (reply.page_length() >= 0) page.lines = reply.page_length();
  return page;
}

struct FreeEdit {
  void operator()(EditLine* edit) const { el_end(edit); }
};
struct FreeHistory {
  void operator()(History* past) const { history_end(past); }
};

class Interactive {
 public:
  explicit Interactive(Client& client)
      : editing_{client, ""},
        past_(history_init()),
        edit_(el_init("vamsh", stdin, stdout, stderr)) {
    HistEvent event;
    history(past_.get(), &event, H_SETSIZE, kHistoryLines);
    EditLine* edit = edit_.get();
    el_set(edit, EL_CLIENTDATA, &editing_);
    el_set(edit, EL_PROMPT, Prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_HIST, history, past_.get());
    el_set(edit, EL_SETTY, "-d", "-isig", nullptr);
    // Between lines too every key stays a key. libedit shows the prompt before it takes the
    // terminal, and a line may be typed while a command runs: a Ctrl-Z that the terminal took for a
    // signal would throw away all that was typed.
    el_set(edit, EL_SETTY, "-x", "-isig", "-icanon", "-echo", "-iexten", nullptr);
    Bind("vam-help", OnQuestion, "?");
    Bind("vam-complete", OnTab, "\t");
    Bind("vam-interrupt", OnInterrupt, "^C");
    Bind("vam-end", OnCtrlZ, "^Z");
  }

  int Run() {
    const auto first = editing_.client.Run("");
    if (!first) return kNoConnection;
    editing_.prompt = first->prompt();
    int count = 0;
    while (const char* text = el_gets(edit_.get(), &count)) {
      std::string line(text, count > 0 ? static_cast<size_t>(count) : 0);
      while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
      const auto reply = RunLine(editing_.client, line, terminal_);
      if (!reply) return kNoConnection;
      if (reply->closed()) break;
      Remember(line, *reply);
      editing_.prompt = reply->prompt();
    }
    return 0;
  }

 private:
  void Bind(const char* name, unsigned char (*action)(EditLine*, int), const char* key) {
    el_set(edit_.get(), EL_ADDFN, name, name, action);
    el_set(edit_.get(), EL_BIND, key, name, nullptr);
  }
  void Remember(const std::string& line, const api::CliReply& reply) {
    if (line.empty() || reply.sensitive()) return;
    HistEvent event;
    history(past_.get(), &event, H_ENTER, line.c_str());
  }

  Editing editing_;
  std::unique_ptr<History, FreeHistory> past_;
  std::unique_ptr<EditLine, FreeEdit> edit_;
  const Terminal terminal_{[](std::string_view text, const api::CliReply& reply) {
                             PrintByPage(stdout, text, PageOf(reply), ReadKey);
                           },
                           ReadAnswer};
};

}  // namespace

int RunInteractive(Client& client) {
  signal(SIGINT, SIG_IGN);  // while a command runs; at the prompt it is a key
  signal(SIGTSTP, SIG_IGN);
  return Interactive(client).Run();
}

}  // namespace vam::vamsh
