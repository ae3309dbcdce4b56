#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "platform/dns/answer_cache.h"
#include "platform/dns/dns_config.h"
#include "platform/dns/local_data.h"
#include "platform/dns/resolver.h"
#include "platform/dns/unbound_context.h"
#include "platform/io/task_group.h"

namespace posthaste {

// The real DNS: local data first, then a cache, then libunbound, which recurses and validates (or
// asks the configured servers). Equal questions of several callers are asked once.
//
//   Result<std::unique_ptr<UnboundResolver>> dns = UnboundResolver::create(loop, clock, config);
//   ...
//   co_await (*dns)->stop();   // on the loop
//
// lookup() may be called on any loop. Everything else, and all work behind the cache, happens on
// the loop given to create(): one thread. It must be stopped before it is destroyed, and nobody may
// still be in lookup() then.
class UnboundResolver final : public Resolver {
 public:
  // `clock` outlives the resolver. Errors: local data, servers or trust anchor that are not valid.
  static Result<std::unique_ptr<UnboundResolver>> create(boost::asio::any_io_executor loop,
                                                         Clock& clock, const DnsConfig& config);
  ~UnboundResolver() override;

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

  // Answers whoever waits with servfail, and everybody after. Called on the loop.
  boost::asio::awaitable<void> stop();

 private:
  struct Waiter;
  struct Pending;

  UnboundResolver(boost::asio::any_io_executor loop, Clock& clock, const DnsConfig& config,
                  LocalData local, UnboundContext context);

  // On any loop.
  boost::asio::awaitable<DnsResult> ask_outside(DnsQuestion question);
  void post_question(DnsQuestion question, std::shared_ptr<Waiter> waiter);
  static void answer_waiter(std::shared_ptr<Waiter> waiter, DnsResult result);

  // On the loop.
  void begin(DnsQuestion question, std::shared_ptr<Waiter> waiter);
  void start(Pending& pending);
  void finish(Pending& pending, DnsResult result);
  void start_waiting();
  static void on_result(void* data, int error, ub_result* result);
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<void> expire(DnsQuestion question, std::uint64_t serial);

  const boost::asio::any_io_executor loop_;
  Clock& clock_;
  const Duration timeout_;
  const LocalData local_;
  Guarded<AnswerCache> cache_;

  UnboundContext context_;
  boost::asio::posix::stream_descriptor descriptor_;
  std::unordered_map<DnsQuestion, std::unique_ptr<Pending>> pending_;
  std::deque<DnsQuestion> waiting_;  // pending, but not started: too many are
  std::size_t started_ = 0;
  std::uint64_t serial_ = 0;
  bool is_watching_ = false;
  bool is_stopped_ = false;
  TaskGroup tasks_;
};

}  // namespace posthaste
