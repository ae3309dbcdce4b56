#include "server/key_watch.h"

#include <chrono>
#include <functional>
#include <vector>

namespace posthaste {
namespace {

constexpr std::chrono::seconds kLookEvery{10};

}  // namespace

boost::asio::awaitable<void> KeyWatch::run() {
  while (true) {
    co_await clock_.sleep_until(clock_.now() + kLookEvery);
    if (!signer_) continue;
    std::function<std::vector<DkimKeyChange>()> look = [signer = signer_] {
      return signer->refresh_keys();
    };
    const auto changes = co_await disk_.run<std::vector<DkimKeyChange>>(std::move(look));
    for (const DkimKeyChange& change : changes) {
      if (change.problem.empty()) {
        log_.info("a DKIM key is replaced", {{"file", change.path}});
      } else {
        log_.error("a new DKIM key is refused; the old one stays",
                   {{"file", change.path}, {"why", change.problem}});
      }
    }
  }
}

}  // namespace posthaste
