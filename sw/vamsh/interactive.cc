#include "sw/vamsh/interactive.h"

#include <fmt/core.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sw/vamsh/pager.h"
#include "sw/vamsh/session.h"

namespace vam::vamsh {
namespace {

constexpr int kHistoryLines = 500;
constexpr size_t kLongestSecret = 256;

// What libedit's callbacks need; its client data.
struct Editing {
  Client& client;
  std::string prompt;
  bool lost = false;                // the connection, while a line was typed
  std::deque<unsigned char> typed;  // keys that came while a command ran
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

// Width of the terminal; 0: not known.
size_t Columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Shows what has come from mgmt, in place of the line that is being typed, which is drawn again
// below.
void ShowMessages(EditLine* edit) {
  Editing& editing = Of(edit);
  auto message = editing.client.TakeMessage();
  if (!message) return;
  const LineInfo* line = el_line(edit);
  const size_t typed = editing.prompt.size() + static_cast<size_t>(line->lastchar - line->buffer);
  // A line of several rows stays where it is.
  const bool one_row = typed < Columns();
  fmt::print("{}", one_row ? "\r" + std::string(typed, ' ') + "\r" : "\n");
  for (; message; message = editing.client.TakeMessage()) fmt::print("{}\n", *message);
  std::fflush(stdout);
  el_set(edit, EL_REFRESH);
}

// libedit's next key; meanwhile messages are shown as they come. 0: the end of the input.
int NextKey(EditLine* edit, wchar_t* key) {
  Editing& editing = Of(edit);
  for (;;) {
    ShowMessages(edit);
    if (!editing.typed.empty()) {
      *key = static_cast<wchar_t>(editing.typed.front());
      editing.typed.pop_front();
      return 1;
    }
    pollfd waits[] = {{STDIN_FILENO, POLLIN, 0}, {editing.client.fd(), POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    if (waits[1].revents != 0 && !editing.client.ReadMessages()) {
      editing.lost = true;
      return 0;
    }
    if (waits[0].revents == 0) continue;
    unsigned char byte = 0;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    if (byte >= 0x80) continue;  // no line may hold it
    *key = static_cast<wchar_t>(byte);
    return 1;
  }
}

// Keys while a command runs: true for one that ends it (Ctrl-C, or the escape sequence of IOS,
// Ctrl-Shift-6). Others are for the next line. At the end of the input too the command ends, and
// so does the session.
bool ReadKeysOfCommand(Editing& editing) {
  constexpr unsigned char kInterrupt = 3, kEscape = 0x1e;
  constexpr size_t kMostTyped = 4096;
  unsigned char byte = 0;
  const ssize_t got = read(STDIN_FILENO, &byte, 1);
  if (got < 0 && errno == EINTR) return false;
  if (got <= 0 || byte == kInterrupt || byte == kEscape) return true;
  if (byte < 0x80 && editing.typed.size() < kMostTyped) editing.typed.push_back(byte);
  return false;
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

// Lines as they are pasted, seen, of any length; Ctrl-C and Ctrl-D give up.
std::optional<std::string> ReadPasted(const std::string& text, bool blank_ends) {
  constexpr char kInterrupt = 3, kEnd = 4, kBackspace = 8, kDelete = 127;
  const TerminalMode seen(ECHO, ICANON | ISIG);
  fmt::print("{}", text);
  std::fflush(stdout);
  std::string pasted;
  std::string line;
  for (char c = 0; read(STDIN_FILENO, &c, 1) == 1 && c != kInterrupt && c != kEnd;) {
    if (c == kBackspace || c == kDelete) {
      if (!line.empty()) line.pop_back();
    } else if (c != '\n' && c != '\r') {
      line += c;
    } else if (PasteEnds(line, pasted, blank_ends)) {
      return pasted;
    } else {
      pasted += std::exchange(line, {}) + "\n";
    }
    if (pasted.size() + line.size() > kMostPasted) break;
  }
  fmt::print("\n");
  return std::nullopt;
}

// The same for a secret: nothing of it is seen. Ctrl-C and Ctrl-D give up.
std::optional<std::string> ReadSecret(const std::string& question) {
  constexpr char kInterrupt = 3, kEnd = 4, kBackspace = 8, kKill = 21, kDelete = 127;
  const TerminalMode unseen(0, ICANON | ECHO | ISIG);
  fmt::print("{}", question);
  std::fflush(stdout);
  std::optional<std::string> secret(std::in_place);
  for (char c = 0;;) {
    const bool got = read(STDIN_FILENO, &c, 1) == 1;
    if (!got || c == kInterrupt || c == kEnd) secret.reset();
    if (!secret || c == '\n' || c == '\r') break;
    if (c == kBackspace || c == kDelete) {
      if (!secret->empty()) secret->pop_back();
    } else if (c == kKill) {
      secret->clear();
    } else if (secret->size() < kLongestSecret) {
      *secret += c;
    }
  }
  fmt::print("\n");
  std::fflush(stdout);
  return secret;
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
      : editing_{client, "", false, {}},
        past_(history_init()),
        edit_(el_init("vamsh", stdin, stdout, stderr)) {
    HistEvent event;
    history(past_.get(), &event, H_SETSIZE, kHistoryLines);
    EditLine* edit = edit_.get();
    el_set(edit, EL_CLIENTDATA, &editing_);
    el_set(edit, EL_PROMPT, Prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_HIST, history, past_.get());
    el_set(edit, EL_GETCFN, NextKey);
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
    if (!editing_.lost) return 0;
    fmt::print(stderr, "\nvamsh: vamd went away\n");
    return kNoConnection;
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
                           ReadAnswer,
                           ReadSecret,
                           ReadPasted,
                           {.on_live =
                                [](std::string_view text) {
                                  fwrite(text.data(), 1, text.size(), stdout);
                                  std::fflush(stdout);
                                },
                            .keys = STDIN_FILENO,
                            .on_keys = [this] { return ReadKeysOfCommand(editing_); }}};
};

}  // namespace

int RunInteractive(Client& client) {
  signal(SIGINT, SIG_IGN);  // while a command runs; at the prompt it is a key
  signal(SIGTSTP, SIG_IGN);
  return Interactive(client).Run();
}

}  // namespace vam::vamsh
