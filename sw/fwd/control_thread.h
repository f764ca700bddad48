// Work that packets must not wait for, in a thread of its own.
#ifndef VAM_SW_FWD_CONTROL_THREAD_H_
#define VAM_SW_FWD_CONTROL_THREAD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace vam::fwd {

// Configurations are parsed and compiled here, and what they replace is freed here. The thread sees
// no packet and nothing of the packet thread's but tasks.
//
// One task at a time goes to the thread through a slot and comes back through another: a task, and
// all that it holds, is the packet thread's until it is given and when it has come back, the
// control thread's in between. The slots are atomic pointers; neither thread ever waits for the
// other, but the destructor does.
//
// All public functions belong to the packet thread.
class ControlThread {
 public:
  class Task {
   public:
    virtual ~Task() = default;
    virtual void Work() = 0;  // in the control thread
    virtual void Done() = 0;  // in the packet thread, from Poll
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

  // The packet thread's.
  std::deque<std::unique_ptr<Task>> waiting_;
  std::vector<std::shared_ptr<const void>> garbage_;
  bool given_ = false;  // a task is in one of the slots or being worked on

  // Shared.
  std::atomic<Task*> to_thread_{nullptr};
  std::atomic<Task*> to_packets_{nullptr};
  std::atomic<uint32_t> signals_{0};  // grows when a task was given, or the thread is to stop
  std::atomic<bool> stop_{false};
  std::atomic<bool> started_{false};

  std::thread thread_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CONTROL_THREAD_H_
