#include "control/operations.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "platform/io/run_on.h"
#include "report/trace.h"

namespace posthaste {

namespace asio = boost::asio;

bool QueueFilter::matches(const QueueState& state) const {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(name, state.name.to_string()) && fits(domain, state.name.domain.ascii()) &&
         fits(tenant, state.name.tenant.value()) && fits(campaign, state.name.campaign.value()) &&
         fits(site, state.site.value());
}

asio::awaitable<std::vector<QueueState>> Operations::list(QueueFilter filter) {
  std::function<std::vector<QueueState>()> look = [this, filter] {
    std::vector<QueueState> states = manager_.list();
    std::erase_if(states, [&filter](const QueueState& state) {
      return state.depth == 0 || !filter.matches(state);
    });
    return states;
  };
  std::vector<QueueState> states = co_await run_on(queue_loop_, look);
  std::sort(states.begin(), states.end(), [](const QueueState& a, const QueueState& b) {
    return a.depth != b.depth ? a.depth > b.depth : a.name < b.name;
  });
  co_return states;
}

asio::awaitable<std::vector<QueuedMessage>> Operations::messages(QueueName queue, std::size_t max) {
  std::function<std::vector<QueuedMessage>()> look = [this, queue, max] {
    const auto page = spool_.due_page(queue, DueEntry{}, WallTime::max(), max);
    if (!page) return std::vector<QueuedMessage>();
    std::vector<QueuedMessage> messages = spool_.load(page->entries);
    for (QueuedMessage& message : messages) message.body = nullptr;
    return messages;
  };
  co_return co_await disk_.run(look);
}

asio::awaitable<std::size_t> Operations::flush(QueueFilter filter) {
  std::function<std::size_t()> work = [this, filter] {
    return manager_.flush([&filter](const QueueState& state) { return filter.matches(state); });
  };
  co_return co_await run_on(queue_loop_, work);
}

asio::awaitable<Result<std::vector<Event>>> Operations::trace(MessageId id) {
  std::function<Result<std::vector<Event>>()> look = [this, id] {
    return trace_message(spool_, id);
  };
  co_return co_await disk_.run(look);
}

}  // namespace posthaste
