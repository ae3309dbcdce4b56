#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>

namespace posthaste {

// Owns coroutines: nothing runs without a group, and a group outlives what it owns. This is the
// only place of the program that starts a coroutine.
//
//   TaskGroup sessions(executor);
//   sessions.spawn(serve(std::move(stream)));
//   ...
//   sessions.cancel();                 // asks every task to stop
//   co_await sessions.join();          // returns when none is left
//
// All calls are made on the group's executor, which must be one thread or a strand. A cancelled
// task sees its pending operation end (operation_aborted); if it then awaits once more it is
// unwound there, quietly. Any other exception that escapes a task ends the program: failures are
// values here.
class TaskGroup {
 public:
  // Names one task. Requires, in use: that the task still runs.
  class Task {
   public:
    void cancel() { signal_->emit(boost::asio::cancellation_type::all); }

   private:
    friend class TaskGroup;
    explicit Task(boost::asio::cancellation_signal& signal) : signal_(&signal) {}
    boost::asio::cancellation_signal* signal_;
  };

  explicit TaskGroup(boost::asio::any_io_executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  // Requires: empty(). Destroying a group whose tasks still run is a bug and aborts.
  ~TaskGroup();

  Task spawn(boost::asio::awaitable<void> task);

  // Cancels every task that runs now; the ones spawned later are not affected.
  void cancel();

  // Returns when the group is empty. Not itself cancellable: tasks hold what they use.
  boost::asio::awaitable<void> join();

  bool empty() const { return tasks_.empty(); }
  std::size_t size() const { return tasks_.size(); }
  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  static boost::asio::awaitable<void> run(boost::asio::awaitable<void> task);

  boost::asio::any_io_executor executor_;
  std::list<boost::asio::cancellation_signal> tasks_;
  boost::asio::steady_timer emptied_;  // never expires; cancelled when the last task ends
};

}  // namespace posthaste
