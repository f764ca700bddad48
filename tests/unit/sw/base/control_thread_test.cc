// The control thread: what goes there, what comes back, and in which thread things happen and end.
#include "sw/base/control_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

namespace vam::test {
namespace {

// Until `reached`, at most half a minute of real time: only a thread that hangs takes so long.
testing::AssertionResult Eventually(const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!reached()) {
    if (std::chrono::steady_clock::now() > end) {
      return testing::AssertionFailure() << "not within half a minute";
    }
    std::this_thread::yield();
  }
  return testing::AssertionSuccess();
}

class FunctionTask final : public ControlThread::Task {
 public:
  FunctionTask(std::function<void()> work, std::function<void()> done)
      : work_(std::move(work)), done_(std::move(done)) {}
  void Work() override { work_(); }
  void Done() override { done_(); }

 private:
  std::function<void()> work_, done_;
};

void Add(
    ControlThread& control, std::function<void()> work, std::function<void()> done = [] {}) {
  control.Add(std::make_unique<FunctionTask>(std::move(work), std::move(done)));
}

// Says where it ended.
struct Trace {
  std::atomic<bool>* gone;
  std::thread::id* where;
  ~Trace() {
    *where = std::this_thread::get_id();
    *gone = true;
  }
};

TEST(ControlThreadTest, WorksApartAndEndsHereInOrder) {
  std::thread::id prologue, work;
  ControlThread control([&] { prologue = std::this_thread::get_id(); });
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    Add(
        control, [&] { work = std::this_thread::get_id(); },
        [&, i] {
          order.push_back(i);
          EXPECT_NE(work, std::this_thread::get_id());
          EXPECT_EQ(work, prologue);
        });
  }
  EXPECT_TRUE(control.busy());
  ASSERT_TRUE(Eventually([&] {
    control.Poll();
    return !control.busy();
  }));
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(ControlThreadTest, ATaskThatIsAddedByTheEndOfAnotherRuns) {
  ControlThread control;
  int ran = 0;
  Add(
      control, [] {}, [&] { Add(control, [&] { ++ran; }); });
  EXPECT_FALSE(control.Poll()) << "it came back before anybody worked on it";
  EXPECT_TRUE(control.Step());
  EXPECT_FALSE(control.Step()) << "a second task was given before the first came back";
  EXPECT_TRUE(control.Poll());
  EXPECT_TRUE(control.Step());
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(control.Poll());
  EXPECT_FALSE(control.busy());
}

TEST(ControlThreadTest, GarbageEndsInTheThreadBehindTasks) {
  std::thread::id work, freed;
  std::atomic<bool> gone{false};
  ControlThread control([&] { work = std::this_thread::get_id(); });
  bool before = true;
  control.Free(nullptr);
  EXPECT_FALSE(control.busy());
  Add(control, [&] { before = !gone; });
  control.Free(std::shared_ptr<const Trace>(new Trace{&gone, &freed}));
  ASSERT_TRUE(Eventually([&] {
    control.Poll();
    return !control.busy();
  }));
  EXPECT_TRUE(before);
  EXPECT_TRUE(gone);
  EXPECT_EQ(freed, work);
}

// The end waits for the task that is being worked on; the others never run.
TEST(ControlThreadTest, EndsWhileWorking) {
  std::atomic<bool> begun{false}, let_go{false}, through{false};
  bool second = false, done = false;
  std::thread::id where;
  std::atomic<bool> gone{false};
  std::thread letting;
  {
    ControlThread control([] {});
    Add(
        control,
        [&] {
          begun = true;
          let_go.wait(false);
          through = true;
        },
        [&] { done = true; });
    Add(control, [&] { second = true; });
    control.Free(std::shared_ptr<const Trace>(new Trace{&gone, &where}));
    ASSERT_TRUE(Eventually([&] { return begun.load(); }));
    letting = std::thread([&] {
      let_go = true;
      let_go.notify_one();
    });
  }
  letting.join();
  EXPECT_TRUE(through);
  EXPECT_FALSE(second);
  EXPECT_FALSE(done);
  EXPECT_TRUE(gone) << "garbage leaked";
}

}  // namespace
}  // namespace vam::test
