#include "sw/vamd/prepared.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <utility>
#include <variant>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/base/heap.h"
#include "sw/config/parser.h"

namespace vam::vamd {

void PrepareControlThread() {
  // Where processors are few, packets and peers come first. Of this thread alone; it is no harm
  // when the system refuses.
  constexpr int kNice = 10;
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));
  ShrinkThreadHeapOnce();
  static_cast<void>(config::Parse("hostname gateway\n"));
}

ReadConfiguration ReadPrepare(const api::Message& message) {
  ReadConfiguration read;
  Result<api::Prepare> prepare = api::ParseAs<api::Prepare>(message.payload);
  if (!prepare) {
    read.error = "The configuration message is malformed.";
    return read;
  }
  read.generation = prepare->generation();
  auto parsed =
      config::Parse(prepare->configuration(), {.file = "running-config", .warnings = false});
  std::string& text = *prepare->mutable_configuration();
  OPENSSL_cleanse(text.data(), text.size());  // it has keys
  if (auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    read.error = config::ToString(errors->front());
  } else {
    read.running =
        std::make_unique<config::Running>(std::move(std::get<config::Parsed>(parsed).running));
  }
  return read;
}

}  // namespace vam::vamd
