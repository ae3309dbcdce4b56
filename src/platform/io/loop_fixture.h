#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>

namespace posthaste {

// The loop of a test, run by hand.
class TestLoop {
 public:
  // Runs until it is so; false when it is not within some seconds of nothing else to do.
  bool run_until(const std::function<bool()>& is_so) {
    for (int turn = 0; turn < 5000; ++turn) {
      if (is_so()) return true;
      context.restart();
      context.run_one_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  // Runs what can run now; returns how many steps that were.
  std::size_t settle() {
    std::size_t steps = 0;
    std::size_t fresh = 1;
    while (fresh > 0) {
      context.restart();
      fresh = context.poll();
      steps += fresh;
    }
    return steps;
  }

  boost::asio::io_context context{1};
};

}  // namespace posthaste
