#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace posthaste {

// Hands things over to another loop, in order and in batches: however many are pushed before the
// loop gets to them, it is woken once.
//
//   Inbox<Arrival> inbox(loop.executor(), take_arrivals);
//   inbox.push(arrival);           // any thread
//
// `take` runs on the executor, never after close().
template <class T>
class Inbox {
 public:
  using Take = std::function<void(std::vector<T>)>;

  Inbox(boost::asio::any_io_executor executor, Take take)
      : state_(std::make_shared<State>(std::move(executor), std::move(take))) {}
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void push(T item) {
    const bool is_first = state_->items.with([&](std::vector<T>& items) {
      items.push_back(std::move(item));
      return items.size() == 1;
    });
    if (is_first) boost::asio::post(state_->executor, [state = state_] { deliver(*state); });
  }

  // Drops what is pending and takes nothing more. Called on the executor.
  void close() { state_->take = nullptr; }

 private:
  struct State {
    State(boost::asio::any_io_executor executor_in, Take take_in)
        : executor(std::move(executor_in)), take(std::move(take_in)) {}
    boost::asio::any_io_executor executor;
    Take take;
    Guarded<std::vector<T>> items;
  };

  static void deliver(State& state) {
    auto items =
        state.items.with([](std::vector<T>& pending) { return std::exchange(pending, {}); });
    if (state.take) state.take(std::move(items));
  }

  std::shared_ptr<State> state_;
};

}  // namespace posthaste
