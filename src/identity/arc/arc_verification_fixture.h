#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>

#include "identity/arc/arc.h"
#include "identity/dkim/dkim_verification_fixture.h"
#include "platform/io/task_group.h"

namespace posthaste {

// Validates on a loop of its own, for tests.
class ArcVerification {
 public:
  static ArcVerdict verdict(std::string message, WallTime now, DkimKeySource& keys) {
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    ArcVerdict out;
    group.spawn(collect(std::make_shared<const std::string>(std::move(message)), now, keys, out));
    loop.run();
    return out;
  }

 private:
  static boost::asio::awaitable<void> collect(SharedBody message, WallTime now, DkimKeySource& keys,
                                              ArcVerdict& out) {
    out = co_await verify_arc(std::move(message), now, keys);
  }
};

}  // namespace posthaste
