#include "deliver/dispatcher_link.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthaste {

namespace asio = boost::asio;

asio::awaitable<std::vector<QueuedMessage>> Dispatcher::Link::pull(std::size_t max) {
  while (true) {
    std::vector<QueuedMessage> messages = co_await take_more(max);
    if (messages.empty()) co_return messages;
    if (dispatcher_.parts_.suppressor != nullptr) {
      messages = co_await without_suppressed(std::move(messages));
      // None of them may go out; an empty answer would close the connection.
      if (messages.empty()) continue;
    }
    co_return co_await with_bodies(std::move(messages));
  }
}

asio::awaitable<std::vector<QueuedMessage>> Dispatcher::Link::take_more(std::size_t max) {
  using Messages = std::vector<QueuedMessage>;
  using Handler = asio::any_completion_handler<void(Messages)>;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto initiate = [this, executor, max](auto handler) {
    auto shared = std::make_shared<Handler>(std::move(handler));
    PullHandler answer = [executor, shared](Messages messages) {
      auto parcel = std::make_shared<Messages>(std::move(messages));
      asio::post(executor, [shared, parcel] { std::move (*shared)(std::move(*parcel)); });
    };
    say({Message::Kind::pull, id, max, std::move(answer), {}, {}});
  };
  Messages messages = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Messages)>(
      initiate, asio::use_awaitable);
  co_return messages;
}

// What was suppressed while it waited. A message of which some recipients are goes back with the
// others.
asio::awaitable<std::vector<QueuedMessage>> Dispatcher::Link::without_suppressed(
    std::vector<QueuedMessage> messages) {
  Suppressor& suppressor = *dispatcher_.parts_.suppressor;
  std::vector<QueuedMessage> allowed;
  allowed.reserve(messages.size());
  for (QueuedMessage& message : messages) {
    std::vector<std::optional<Suppression>> entries;
    bool any = false;
    for (const Recipient& recipient : message.envelope.recipients) {
      Suppressor::Question question{recipient.address, message.tags.tenant, message.tags.stream};
      auto entry = co_await suppressor.check(std::move(question));
      any = any || entry.has_value();
      entries.push_back(std::move(entry));
    }
    if (!any) {
      allowed.push_back(std::move(message));
      continue;
    }
    auto settlement = dispatcher_.parts_.settler.suppress(std::move(message), entries,
                                                          suppressor.config().notify_sender);
    commit_settlement(dispatcher_.parts_.spool, dispatcher_.parts_.manager, std::move(settlement));
  }
  co_return allowed;
}

// Bodies that memory had no room for come from disk now.
asio::awaitable<std::vector<QueuedMessage>> Dispatcher::Link::with_bodies(
    std::vector<QueuedMessage> messages) {
  std::vector<QueuedMessage> whole;
  whole.reserve(messages.size());
  for (QueuedMessage& message : messages) {
    if (!message.body) {
      std::function<Result<SharedBody>()> load = [&spool = dispatcher_.parts_.spool,
                                                  wanted = message.id] {
        return spool.load_body(wanted);
      };
      auto body = co_await dispatcher_.parts_.disk.run<Result<SharedBody>>(load);
      if (body) message.body = std::move(*body);
    }
    if (message.body) {
      whole.push_back(std::move(message));
      continue;
    }
    AttemptFailure failure;
    failure.is_permanent = false;
    failure.classification = Classification::other;
    failure.enhanced_status = "4.3.0";  // RFC 3463 §3.4: other or undefined mail system status
    failure.text = "the message cannot be read from the spool";
    auto settlement = dispatcher_.parts_.settler.settle_all(std::move(message), failure);
    commit_settlement(dispatcher_.parts_.spool, dispatcher_.parts_.manager, std::move(settlement));
  }
  // An empty answer would mean "close"; with all bodies lost that is right, too.
  co_return whole;
}

void Dispatcher::Link::say(Message message) {
  message.outcomes = std::exchange(outcomes_, {});
  dispatcher_.inbox_.push(std::move(message));
}

void Dispatcher::Link::settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts,
                              CellOutcome outcome) {
  outcomes_.emplace_back(message.queue, std::move(outcome));
  auto settlement = dispatcher_.parts_.settler.settle(std::move(message), std::move(verdicts));
  commit_settlement(dispatcher_.parts_.spool, dispatcher_.parts_.manager, std::move(settlement));
}

void Dispatcher::Link::put_back(std::vector<QueuedMessage> messages) {
  say({Message::Kind::put_back, id, 0, nullptr, std::move(messages), {}});
}

void Dispatcher::Link::site_failed(AttemptFailure failure, std::vector<RuleMatch> matches) {
  Message message{Message::Kind::failed, id, 0, nullptr, {}, std::move(failure)};
  message.matches = std::move(matches);
  say(std::move(message));
}

void Dispatcher::Link::site_reached() {
  say({Message::Kind::reached, id, 0, nullptr, {}, {}});
}

void Dispatcher::Link::closed() {
  say({Message::Kind::closed, id, 0, nullptr, {}, {}});
}

}  // namespace posthaste
