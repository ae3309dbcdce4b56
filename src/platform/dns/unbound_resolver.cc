#include "platform/dns/unbound_resolver.h"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// As many as libunbound takes with sockets to spare; the rest wait here.
constexpr std::size_t kMaxStarted = 500;
// Between local data and the outside a chain of CNAMEs may go back and forth.
constexpr int kMaxCrossings = 8;

DnsResult failure(const DnsQuestion& question, DnsStatus status, std::string why) {
  return {.status = status, .canonical_name = question.name, .why = std::move(why)};
}

}  // namespace

// One caller that waits, on its own executor. It may have gone away: then nobody reads the answer.
struct UnboundResolver::Waiter {
  explicit Waiter(asio::any_io_executor executor) : channel(std::move(executor), 1) {}
  asio::experimental::channel<void(boost::system::error_code, DnsResult)> channel;
};

// One question that somebody waits for. From begin() to finish(); started in between.
struct UnboundResolver::Pending {
  UnboundResolver& resolver;
  DnsQuestion question;
  std::uint64_t serial;
  std::vector<std::shared_ptr<Waiter>> waiters;
  // While it is started:
  int number = 0;
  std::optional<TaskGroup::Task> timer;
};

Result<std::unique_ptr<UnboundResolver>> UnboundResolver::create(asio::any_io_executor loop,
                                                                 Clock& clock,
                                                                 const DnsConfig& config) {
  Result<LocalData> local = LocalData::create(config);
  if (!local) return local.error();
  Result<UnboundContext> context = UnboundContext::create(config);
  if (!context) return context.error();
  std::unique_ptr<UnboundResolver> resolver(
      new UnboundResolver(std::move(loop), clock, config, std::move(*local), std::move(*context)));
  // The library closes its descriptor itself, and so does Asio.
  const int descriptor = dup(resolver->context_.descriptor());
  if (descriptor < 0) return {DnsErrc::library_failed, "libunbound has no descriptor to wait on"};
  resolver->descriptor_.assign(descriptor);
  return resolver;
}

UnboundResolver::UnboundResolver(asio::any_io_executor loop, Clock& clock, const DnsConfig& config,
                                 LocalData local, UnboundContext context)
    : loop_(std::move(loop)),
      clock_(clock),
      timeout_(config.timeout),
      local_(std::move(local)),
      cache_(AnswerCache(config.cache_size)),
      context_(std::move(context)),
      descriptor_(loop_),
      tasks_(loop_) {}

UnboundResolver::~UnboundResolver() = default;

asio::awaitable<DnsResult> UnboundResolver::lookup(std::string name, RecordType type) {
  DnsQuestion question{name, type};
  std::optional<std::string> normalized = normalize_dns_name(name);
  if (!normalized) co_return failure(question, DnsStatus::nxdomain, "");
  question.name = std::move(*normalized);

  bool secure = true;
  std::chrono::seconds ttl = std::chrono::hours(24);
  for (int i = 0; i < kMaxCrossings; ++i) {
    DnsResult result;
    const bool is_local = local_.covers(question.name);
    if (is_local) {
      result = local_.answer(question.name, type);
    } else {
      result = co_await ask_outside(question);
    }
    secure = secure && result.secure;
    ttl = std::min(ttl, result.ttl);
    const bool leaves =
        is_local && result.status == DnsStatus::nxdomain && !local_.covers(result.canonical_name);
    if (!leaves) {
      result.secure = secure;
      result.ttl = ttl;
      co_return result;
    }
    question.name = result.canonical_name;
  }
  co_return failure(question, DnsStatus::servfail, "a chain of CNAMEs has no end");
}

asio::awaitable<DnsResult> UnboundResolver::ask_outside(DnsQuestion question) {
  const Clock::time_point now = clock_.now();
  const auto find = [&](AnswerCache& cache) { return cache.find(question, now); };
  std::optional<DnsResult> known = cache_.with(find);
  if (known) co_return std::move(*known);

  const auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
  post_question(question, waiter);
  auto [ec, result] = co_await waiter->channel.async_receive(asio::as_tuple(asio::use_awaitable));
  if (ec) co_return failure(question, DnsStatus::servfail, "the question was given up");
  co_return std::move(result);
}

void UnboundResolver::post_question(DnsQuestion question, std::shared_ptr<Waiter> waiter) {
  asio::post(loop_, [this, question = std::move(question), waiter = std::move(waiter)]() mutable {
    begin(std::move(question), std::move(waiter));
  });
}

void UnboundResolver::answer_waiter(std::shared_ptr<Waiter> waiter, DnsResult result) {
  const asio::any_io_executor executor = waiter->channel.get_executor();
  asio::post(executor, [waiter = std::move(waiter), result = std::move(result)]() mutable {
    waiter->channel.try_send(boost::system::error_code(), std::move(result));
  });
}

void UnboundResolver::begin(DnsQuestion question, std::shared_ptr<Waiter> waiter) {
  if (is_stopped_) {
    answer_waiter(std::move(waiter),
                  failure(question, DnsStatus::servfail, "the resolver is stopped"));
    return;
  }
  std::unique_ptr<Pending>& pending = pending_[question];
  if (pending) {
    pending->waiters.push_back(std::move(waiter));
    return;
  }
  pending = std::make_unique<Pending>(Pending{*this, std::move(question), ++serial_, {}});
  pending->waiters.push_back(std::move(waiter));
  if (started_ < kMaxStarted) {
    start(*pending);
  } else {
    waiting_.push_back(pending->question);
  }
}

void UnboundResolver::start(Pending& pending) {
  // The one watcher begins with the first question: create() may run on another thread.
  if (!is_watching_) tasks_.spawn(watch());
  is_watching_ = true;
  ++started_;
  const Result<int> number = context_.ask(pending.question, &UnboundResolver::on_result, &pending);
  if (!number) {
    finish(pending, failure(pending.question, DnsStatus::servfail, number.error().message()));
    return;
  }
  pending.number = *number;
  pending.timer = tasks_.spawn(expire(pending.question, pending.serial));
}

void UnboundResolver::finish(Pending& pending, DnsResult result) {
  const auto place = pending_.find(pending.question);
  const std::unique_ptr<Pending> ended = std::move(place->second);
  pending_.erase(place);
  --started_;
  const Clock::time_point now = clock_.now();
  cache_.with([&](AnswerCache& cache) { cache.store(ended->question, result, now); });
  for (std::shared_ptr<Waiter>& waiter : ended->waiters) {
    answer_waiter(std::move(waiter), result);
  }
}

void UnboundResolver::start_waiting() {
  while (started_ < kMaxStarted && !waiting_.empty()) {
    const auto next = pending_.find(waiting_.front());
    waiting_.pop_front();
    start(*next->second);
  }
}

void UnboundResolver::on_result(void* data, int error, ub_result* result) {
  Pending& pending = *static_cast<Pending*>(data);
  if (pending.timer) pending.timer->cancel();
  pending.resolver.finish(pending, UnboundContext::take_result(pending.question, error, result));
}

asio::awaitable<void> UnboundResolver::watch() {
  for (;;) {
    const auto [ec] = co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                      asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    context_.process();
    start_waiting();
  }
}

asio::awaitable<void> UnboundResolver::expire(DnsQuestion question, std::uint64_t serial) {
  co_await clock_.sleep_until(clock_.now() + timeout_);
  const auto found = pending_.find(question);
  if (found == pending_.end() || found->second->serial != serial) co_return;
  context_.cancel(found->second->number);
  finish(*found->second, failure(question, DnsStatus::timeout,
                                 fmt::format("no answer for {} {} in {}", question.name,
                                             to_string(question.type), to_string(timeout_))));
  start_waiting();
}

asio::awaitable<void> UnboundResolver::stop() {
  is_stopped_ = true;
  waiting_.clear();
  for (auto& [question, pending] : pending_) {
    if (pending->timer) context_.cancel(pending->number);
    for (std::shared_ptr<Waiter>& waiter : pending->waiters) {
      answer_waiter(std::move(waiter),
                    failure(question, DnsStatus::servfail, "the resolver is stopped"));
    }
  }
  pending_.clear();
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace posthaste
