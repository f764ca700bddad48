#include "sw/base/control_thread.h"

#include <pthread.h>

#include <utility>

#include "sw/base/check.h"

namespace vam {

namespace {

class FreeTask final : public ControlThread::Task {
 public:
  explicit FreeTask(std::vector<std::shared_ptr<const void>> garbage)
      : garbage_(std::move(garbage)) {}
  void Work() override { garbage_ = {}; }
  void Done() override {}

 private:
  std::vector<std::shared_ptr<const void>> garbage_;
};

}  // namespace

ControlThread::ControlThread(std::function<void()> prologue) {
  thread_ = std::thread([this, first = std::move(prologue)] { Run(first); });
  started_.wait(false);
}

ControlThread::~ControlThread() {
  if (thread_.joinable()) {
    stop_.store(true);
    signals_.fetch_add(1);
    signals_.notify_one();
    thread_.join();
  }
  delete to_thread_.load();
  delete to_owner_.load();
}

void ControlThread::Add(std::unique_ptr<Task> task) {
  waiting_.push_back(std::move(task));
  Give();
}

void ControlThread::Free(std::shared_ptr<const void> garbage) {
  if (garbage == nullptr) return;
  garbage_.push_back(std::move(garbage));
  Give();
}

void ControlThread::Give() {
  if (given_) return;
  if (waiting_.empty() && !garbage_.empty()) {
    waiting_.push_back(std::make_unique<FreeTask>(std::exchange(garbage_, {})));
  }
  if (waiting_.empty()) return;
  given_ = true;
  to_thread_.store(waiting_.front().release());
  waiting_.pop_front();
  signals_.fetch_add(1);
  signals_.notify_one();
}

bool ControlThread::Poll() {
  if (!given_) return false;
  const std::unique_ptr<Task> task(to_owner_.exchange(nullptr));
  if (task == nullptr) return false;
  given_ = false;
  task->Done();
  Give();
  return true;
}

bool ControlThread::Step() {
  VAM_CHECK(!thread_.joinable());
  return Work();
}

// ---- The control thread ----

bool ControlThread::Work() {
  Task* task = to_thread_.exchange(nullptr);
  if (task == nullptr) return false;
  task->Work();
  to_owner_.store(task);
  return true;
}

void ControlThread::Run(const std::function<void()>& prologue) {
  static_cast<void>(pthread_setname_np(pthread_self(), "vamd-control"));
  if (prologue) prologue();
  started_.store(true);
  started_.notify_one();
  while (true) {
    // Read first: a task that is given after the look below changes it.
    const uint32_t seen = signals_.load();
    if (stop_.load()) return;
    if (!Work()) signals_.wait(seen);
  }
}

}  // namespace vam
