// A commit of the configuration, at once or while packets flow.
#include <string>
#include <utility>
#include <vector>

#include "sw/base/check.h"
#include "sw/base/log.h"
#include "sw/fwd/gateway.h"

namespace vam::fwd {

// Makes a generation in the control thread. It takes the builder along: nobody else has it
// meanwhile.
class Gateway::BuildTask final : public ControlThread::Task {
 public:
  BuildTask(Gateway& gateway, std::unique_ptr<GenerationBuilder> builder,
            std::unique_ptr<config::Running> running, uint64_t number)
      : gateway_(gateway),
        builder_(std::move(builder)),
        running_(std::move(running)),
        number_(number) {}

  void Work() override {
    made_ = builder_->Build(std::move(*running_), number_);
    running_.reset();
  }
  void Done() override { gateway_.Built(std::move(builder_), std::move(made_)); }

 private:
  Gateway& gateway_;
  std::unique_ptr<GenerationBuilder> builder_;
  std::unique_ptr<config::Running> running_;
  uint64_t number_;
  Generation made_;
};

void Gateway::Commit(config::Running running, uint64_t generation) {
  VAM_CHECK(!committing());
  Begin(builder_->Build(std::move(running), generation));
  while (applying()) ContinueApplying();
}

void Gateway::Put(Compiled compiled) {
  VAM_CHECK(!committing());
  const uint64_t generation = compiled.snapshot->generation;
  Begin(builder_->Build(std::move(compiled), generation));
  while (applying()) ContinueApplying();
}

void Gateway::BeginCommit(std::unique_ptr<config::Running> running, uint64_t generation) {
  VAM_CHECK(control_ != nullptr && !committing());
  control_->Add(
      std::make_unique<BuildTask>(*this, std::move(builder_), std::move(running), generation));
}

void Gateway::Built(std::unique_ptr<GenerationBuilder> builder, Generation made) {
  builder_ = std::move(builder);
  Begin(std::move(made));
}

// The policy first: an entry without SAs drops its traffic, so nothing that it protects slips out
// meanwhile. The first piece comes in the same turn, before any packet meets the policy.
void Gateway::Begin(Generation made) {
  if (snapshot_ != nullptr) SayLinks(*snapshot_, *made.snapshot);
  old_snapshot_ = std::exchange(snapshot_, std::move(made.snapshot));
  if (made.running != nullptr) old_running_ = std::exchange(running_, std::move(made.running));
  next_generation_ = made.number;
  std::vector<std::string> vrfs;
  for (const Vrf& vrf : snapshot_->vrfs) vrfs.push_back(vrf.name);
  debug_->SetVrfs(std::move(vrfs));
  forwarder_->Publish(snapshot_);
  applier_->Begin(std::move(made.changes));
  ContinueApplying();
}

void Gateway::ContinueApplying() {
  if (!applier_->Continue()) return;
  generation_ = next_generation_;
  std::shared_ptr<const void> entries = applier_->TakeReplaced();
  if (control_ != nullptr) control_->Free(std::move(entries));
}

// After a turn of the forwarder: it has taken the new policy, so nobody else has the old one.
void Gateway::FreeOld() {
  if (old_snapshot_ == nullptr) return;
  std::shared_ptr<const void> snapshot = std::exchange(old_snapshot_, nullptr);
  std::shared_ptr<const void> running = std::exchange(old_running_, nullptr);
  if (control_ == nullptr) return;
  control_->Free(std::move(snapshot));
  control_->Free(std::move(running));
}

}  // namespace vam::fwd
