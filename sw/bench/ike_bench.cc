#include "sw/bench/ike_bench.h"

#include <fcntl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

extern char** environ;

namespace vam::bench {
namespace {

using google::protobuf::Value;

const Value* Field(const Value& object, const char* name) {
  const auto& fields = object.struct_value().fields();
  const auto found = fields.find(name);
  return found == fields.end() ? nullptr : &found->second;
}

Result<Figure> FigureOf(const Value& row) {
  const Value* name = Field(row, "name");
  const Value* value = Field(row, "value");
  const Value* unit = Field(row, "unit");
  const Value* at = Field(row, "at");
  const bool good = name != nullptr && name->has_string_value() && value != nullptr &&
                    value->has_number_value() && unit != nullptr && unit->has_string_value() &&
                    at != nullptr && at->has_struct_value();
  if (!good) return Err(ErrorCode::kMalformed, "a figure without name, value, unit or at");
  Figure figure{name->string_value(), value->number_value(), unit->string_value(), {}};
  for (const auto& [key, said] : at->struct_value().fields()) {
    figure.at[key] = said.string_value();
  }
  return figure;
}

// What a program prints. kUnavailable: it could not be started, or its exit code is not 0.
Result<std::string> OutputOf(const std::vector<std::string>& words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Err(ErrorCode::kIo, "no pipe");
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  char buffer[4096];
  while (failed == 0) {
    const ssize_t got = read(ends[0], buffer, sizeof buffer);
    if (got > 0) out.append(buffer, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  close(ends[0]);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || status != 0) {
    return Err(ErrorCode::kUnavailable, "the script of the IKE figures failed");
  }
  return out;
}

}  // namespace

Result<std::vector<Figure>> ParseFigures(std::string_view json) {
  Value root;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &root);
  const Value* rows = status.ok() ? Field(root, "figures") : nullptr;
  if (rows == nullptr || !rows->has_list_value()) {
    return Err(ErrorCode::kMalformed, "not a JSON object with figures");
  }
  std::vector<Figure> figures;
  for (const Value& row : rows->list_value().values()) {
    VAM_TRY(Figure figure, FigureOf(row));
    figures.push_back(std::move(figure));
  }
  return figures;
}

Result<std::vector<Figure>> MeasureIke(const IkeBenchOptions& options) {
  // Debian's own interpreter, as ctest runs these scripts.
  std::vector<std::string> words = {"/usr/bin/python3", options.script, "--bin", options.programs};
  if (!options.only.empty()) words.insert(words.end(), {"--only", options.only});
  VAM_TRY(const std::string printed, OutputOf(words));
  return ParseFigures(printed);
}

}  // namespace vam::bench
