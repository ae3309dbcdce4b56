#include "server/limit_keeper.h"

#include <boost/asio/post.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace posthaste {

Result<void> keep_limits(Governor& governor, Spool& spool,
                         boost::asio::any_io_executor queue_loop) {
  auto kept = spool.scan_state("shape/");
  if (!kept) return kept.error();
  governor.set_keeper([&spool, queue_loop](std::string key, std::optional<std::string> value,
                                           std::function<void(bool)> applied) {
    if (!value) return spool.remove_state(std::move(key));
    std::function<void(bool)> on_loop;
    if (applied) {
      on_loop = [queue_loop, applied = std::move(applied)](bool is_written) {
        boost::asio::post(queue_loop, [applied, is_written] { applied(is_written); });
      };
    }
    spool.put_state(std::move(key), std::move(*value), std::move(on_loop));
  });
  governor.restore(*kept);
  return {};
}

}  // namespace posthaste
