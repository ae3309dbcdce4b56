#include "control/operations.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "platform/io/run_on.h"
#include "report/trace.h"

namespace posthaste {

namespace asio = boost::asio;

// On the queue loop.
bool Operations::matches(const QueueFilter& filter, const QueueState& state) const {
  if (!filter.name.empty() && filter.name != state.name.to_string()) return false;
  MailScope wanted = filter.scope;
  if (!wanted.site.empty() && wanted.site != state.site.value()) return false;
  wanted.site.clear();
  return wanted.covers(parts_.manager.scope_of(state.name));
}

asio::awaitable<std::vector<QueueState>> Operations::list(QueueFilter filter) {
  std::function<std::vector<QueueState>()> look = [this, filter] {
    std::vector<QueueState> states = parts_.manager.list();
    std::erase_if(states, [&](const QueueState& state) {
      return state.depth == 0 || !matches(filter, state);
    });
    return states;
  };
  std::vector<QueueState> states = co_await run_on(parts_.queue_loop, look);
  std::sort(states.begin(), states.end(), [](const QueueState& a, const QueueState& b) {
    return a.depth != b.depth ? a.depth > b.depth : a.name < b.name;
  });
  co_return states;
}

asio::awaitable<Result<std::vector<QueuedMessage>>> Operations::messages(QueueName queue,
                                                                         std::size_t max) {
  using Messages = Result<std::vector<QueuedMessage>>;
  std::function<Messages()> look = [this, queue, max]() -> Messages {
    const auto page = parts_.spool.due_page(queue, DueEntry{}, WallTime::max(), max);
    if (!page) return page.error();
    return parts_.spool.load_records(page->entries);
  };
  co_return co_await parts_.disk.run(look);
}

asio::awaitable<std::size_t> Operations::flush(QueueFilter filter) {
  std::function<std::size_t()> work = [this, filter] {
    return parts_.manager.flush([&](const QueueState& state) { return matches(filter, state); });
  };
  co_return co_await run_on(parts_.queue_loop, work);
}

asio::awaitable<Operations::Way> Operations::way_of(QueueName queue) {
  constexpr std::size_t kMostChanges = 10;
  std::function<Way()> look = [this, queue] {
    Way way;
    const auto explanation = parts_.manager.explain(queue);
    if (!explanation) return way;
    const std::string& site = explanation->state.site.value();
    const std::string& provider = explanation->provider;
    for (auto& held : parts_.governor.held_paces()) {
      if (held.towards == (provider.empty() ? site : provider)) way.held.push_back(std::move(held));
    }
    way.changes = parts_.history.towards(provider, site, kMostChanges);
    return way;
  };
  co_return co_await run_on(parts_.queue_loop, look);
}

asio::awaitable<std::vector<WarmupBook::Status>> Operations::warmup() {
  std::function<std::vector<WarmupBook::Status>()> look = [this] {
    return parts_.governor.warmup().status();
  };
  co_return co_await run_on(parts_.queue_loop, look);
}

asio::awaitable<Operations::Touched> Operations::count(MailScope scope) {
  std::function<Touched()> work = [this, scope] { return parts_.manager.count(scope); };
  co_return co_await run_on(parts_.queue_loop, work);
}

asio::awaitable<Result<void>> Operations::written() {
  std::function<Result<void>()> sync = [this] { return parts_.spool.sync(); };
  co_return co_await parts_.disk.run(sync);
}

asio::awaitable<Result<Operations::Touched>> Operations::suspend(Suspension suspension) {
  std::function<Touched()> work = [this, suspension] {
    parts_.governor.suspend(suspension);
    return parts_.manager.count(suspension.scope);
  };
  const Touched touched = co_await run_on(parts_.queue_loop, work);
  const Result<void> kept = co_await written();
  if (!kept) co_return kept.error();
  co_return touched;
}

asio::awaitable<Result<std::size_t>> Operations::resume(MailScope scope) {
  std::function<std::size_t()> work = [this, scope] {
    const std::size_t count = parts_.governor.resume(scope).size();
    parts_.ask_again();
    return count;
  };
  const std::size_t count = co_await run_on(parts_.queue_loop, work);
  const Result<void> kept = co_await written();
  if (!kept) co_return kept.error();
  co_return count;
}

asio::awaitable<std::vector<Suspension>> Operations::suspensions() {
  std::function<std::vector<Suspension>()> look = [this] { return parts_.governor.suspensions(); };
  co_return co_await run_on(parts_.queue_loop, look);
}

asio::awaitable<Result<Operations::Touched>> Operations::order(QueueOrder order) {
  std::function<Result<Touched>()> work = [this, order]() -> Result<Touched> {
    const bool is_rebind = order.kind == QueueOrder::Kind::rebind;
    if (is_rebind && parts_.governor.rules().queues->find(order.to) == nullptr) {
      return Error{make_error_code(boost::system::errc::invalid_argument),
                   "remote_queue \"" + order.to + "\" is not defined: name one that is"};
    }
    return parts_.manager.give_order(order);
  };
  const Result<Touched> touched = co_await run_on(parts_.queue_loop, work);
  if (!touched) co_return touched.error();
  const Result<void> kept = co_await written();
  if (!kept) co_return kept.error();
  co_return *touched;
}

asio::awaitable<std::vector<QueueOrder>> Operations::orders() {
  std::function<std::vector<QueueOrder>()> look = [this] { return parts_.manager.orders(); };
  co_return co_await run_on(parts_.queue_loop, look);
}

asio::awaitable<Result<std::vector<Event>>> Operations::trace(MessageId id) {
  std::function<Result<std::vector<Event>>()> look = [this, id]() -> Result<std::vector<Event>> {
    auto events = trace_message(parts_.spool, id);
    if (!events) return events;
    auto changes = parts_.history.bearing_on(*events);
    return with_changes(std::move(*events), std::move(changes));
  };
  co_return co_await parts_.disk.run(look);
}

asio::awaitable<Result<std::vector<MessageExplanation>>> Operations::explain(MessageId id) {
  using Groups = Result<std::vector<QueuedMessage>>;
  std::function<Groups()> load = [this, id] { return parts_.spool.groups_of(id); };
  Groups groups = co_await parts_.disk.run(load);
  if (!groups) co_return groups.error();
  using Explanations = std::vector<MessageExplanation>;
  std::function<Explanations()> look = [this, &groups] {
    Explanations explanations;
    for (QueuedMessage& message : *groups) {
      auto queue = parts_.manager.explain(message.queue);
      explanations.push_back({std::move(message), std::move(queue)});
    }
    return explanations;
  };
  Explanations explanations = co_await run_on(parts_.queue_loop, look);
  co_return explanations;
}

}  // namespace posthaste
