// What mgmt and IKE ask of the keys (sw/api/pki.proto), answered.
#ifndef VAM_SW_PKI_KEY_OPERATIONS_H_
#define VAM_SW_PKI_KEY_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sw/api/pki.pb.h"
#include "sw/base/clock.h"
#include "sw/base/control_thread.h"
#include "sw/base/rng.h"
#include "sw/pki/key_store.h"

namespace vam::pki {

inline constexpr size_t kMaxSignedOctets = 1024 * 1024;
// Longer ones are imported, but take minutes to make.
inline constexpr uint32_t kMaxMadeRsaBits = 4096;
// RSA keys that are made, and containers that are opened, in the control thread at one time, with
// those that wait for it.
inline constexpr size_t kMaxSlowOperations = 4;

// One thread. `control` does what takes long, so that signing goes on.
class KeyOperations {
 public:
  using Answer = std::function<void(const api::KeyReply&)>;

  // Without a store `problem` says why, as a full sentence, and is the answer to everything.
  KeyOperations(std::optional<KeyStore> store, std::string problem, ControlThread& control,
                const Clock& clock, Rng& rng)
      : store_(std::move(store)),
        problem_(std::move(problem)),
        control_(control),
        clock_(clock),
        rng_(rng) {}

  // `answer` is called once, now or from the control thread's Poll. What is secret in the request
  // is wiped.
  void Do(api::KeyRequest request, Answer answer);
  api::SignReply Sign(const api::SignRequest& request) const;

 private:
  class GenerateTask;
  class ImportTask;

  api::KeyReply DoAtOnce(const api::KeyRequest& request);
  void Generate(const api::KeyRequest::Generate& request, Answer answer);
  void Import(api::KeyRequest::Import request, Answer answer);
  api::KeyReply Remove(const api::KeyRequest::Remove& request);
  api::KeyReply List(const api::KeyRequest::List& request) const;
  api::KeyReply Certify(const api::KeyRequest::Certify& request) const;
  api::KeyReply Export(const api::KeyRequest::Export& request) const;
  // Before anything slow is done for a label that would be refused. Empty: good.
  std::string ProblemOf(const std::string& label, bool replace) const;
  api::KeyReply Keep(StoredKey key, bool replace);
  uint64_t NowS() const { return clock_.WallNs() / kNsPerSecond; }

  std::optional<KeyStore> store_;
  std::string problem_;
  ControlThread& control_;
  const Clock& clock_;
  Rng& rng_;
  size_t slow_ = 0;
};

}  // namespace vam::pki

#endif  // VAM_SW_PKI_KEY_OPERATIONS_H_
