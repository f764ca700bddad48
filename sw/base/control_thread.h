// Work that packets and peers must not wait for, in a thread of its own.
#ifndef VAM_SW_BASE_CONTROL_THREAD_H_
#define VAM_SW_BASE_CONTROL_THREAD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace vam {

// Configurations are parsed and compiled here, and what they replace is freed here. The thread sees
// no packet and nothing of its owner's, the thread that made it, but tasks.
//
// One task at a time goes to the thread through a slot and comes back through another: a task, and
// all that it holds, is the owner's until it is given and when it has come back, the
// control thread's in between. The slots are atomic pointers; neither thread ever waits for the
// other, but the destructor does.
//
// All public functions belong to the owner.
class ControlThread {
 public:
  class Task {
   public:
    virtual ~Task() = default;
    virtual void Work() = 0;  // in the control thread
    virtual void Done() = 0;  // in the owner's, from Poll
  };

  // Starts the thread and waits until `prologue` has run in it: what needs system calls that a
  // confined process may not make later. Aborts, as for memory, when the system has no thread to
  // give.
  explicit ControlThread(std::function<void()> prologue);
  // Without a thread, for tests: Step does the work.
  ControlThread() = default;
  // Waits for the task that the thread works on. Tasks that are not done yet never will be.
  ~ControlThread();
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;

  // Tasks are worked on in the order of the calls.
  void Add(std::unique_ptr<Task> task);
  // Drops a reference there, when no task waits. What it leads to may be freed at any time.
  void Free(std::shared_ptr<const void> garbage);

  // Takes back the task that is worked on, if it is through, and gives the next one. True when one
  // came back.
  bool Poll();
  // A task or garbage waits or is being worked on.
  bool busy() const { return given_ || !waiting_.empty() || !garbage_.empty(); }

  // Without a thread: works on the task that was given. False: there is none.
  bool Step();

 private:
  void Give();
  void Run(const std::function<void()>& prologue);
  bool Work();

  // The owner's.
  std::deque<std::unique_ptr<Task>> waiting_;
  std::vector<std::shared_ptr<const void>> garbage_;
  bool given_ = false;  // a task is in one of the slots or being worked on

  // Shared.
  std::atomic<Task*> to_thread_{nullptr};
  std::atomic<Task*> to_owner_{nullptr};
  std::atomic<uint32_t> signals_{0};  // grows when a task was given, or the thread is to stop
  std::atomic<bool> stop_{false};
  std::atomic<bool> started_{false};

  std::thread thread_;
};

}  // namespace vam

#endif  // VAM_SW_BASE_CONTROL_THREAD_H_
